//! The pages of the guide: files, functions and tests that they name exist, links have a target, and formulas are
//! written so that they render where the repository is browsed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The root folder of the crate.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages of `docs/` in order of their names, and the README, with their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let folder = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = folder.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    paths.sort();
    paths.push(root().join("README.md"));
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// The lines of a page outside fences, with line numbers from 1.
fn prose(page: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((index + 1, line));
        }
    }
    lines
}

fn source(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Whether a source file defines a name.
fn defines(source: &str, name: &str) -> bool {
    ["fn", "struct", "enum", "const"].iter().any(|kind| {
        let definition = format!("{kind} {name}");
        source.match_indices(&definition).any(|(start, _)| {
            !source[start + definition.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_')
        })
    })
}

/// Whether a file has a test of this name, and whether the test runs only on request.
fn test_in(source: &str, name: &str) -> Option<bool> {
    let start = source.find(&format!("fn {name}()"))?;
    let attributes = &source[source[..start].rfind("#[test]")?..start];
    (!attributes.contains("fn ")).then(|| attributes.contains("#[ignore"))
}

fn is_source(word: &str) -> bool {
    ["src/", "tests/", "benches/"].iter().any(|folder| word.starts_with(folder))
}

#[test]
fn files_and_functions_that_pages_name_exist() {
    let mut counted = (0, 0);
    for (path, text) in pages() {
        for (number, line) in prose(&text) {
            let mut file: Option<(String, String)> = None;
            let mut pieces = line.split('`').peekable();
            let mut plain = pieces.next().unwrap_or("");
            while let (Some(code), Some(after)) = (pieces.next(), pieces.next()) {
                // Names after a file and a colon are defined in that file, up to the end of the list or the cell.
                if plain.contains([';', '|']) {
                    file = None;
                }
                if is_source(code) && !code.contains(' ') {
                    assert!(root().join(code).exists(), "{}, line {number}: no {code}", path.display());
                    counted.0 += 1;
                    let names = after.starts_with(": ") && code.ends_with(".rs");
                    file = names.then(|| (code.to_owned(), source(code)));
                } else if let Some((file, source)) = &file {
                    assert!(defines(source, code), "{}, line {number}: no {code} in {file}", path.display());
                    counted.1 += 1;
                }
                plain = after;
            }
        }
    }
    assert!(counted.0 > 200 && counted.1 > 200, "{counted:?}");
}

#[test]
fn tests_that_pages_tell_to_run_exist() {
    let mut count = 0;
    for (path, text) in pages() {
        for (number, line) in text.lines().enumerate() {
            for command in line.split("cargo test ").skip(1) {
                let place = format!("{}, line {}", path.display(), number + 1);
                let words: Vec<_> = command.split('`').next().unwrap().split_whitespace().collect();
                let Some(at) = words.iter().position(|word| *word == "--test") else { continue };
                // Either `--test main module::name`, or a separate program and the name.
                let rest = words.get(at + 2).filter(|name| !name.starts_with("--"));
                let (module, name) = match (words[at + 1], rest.and_then(|path| path.split_once("::"))) {
                    ("main", Some((module, name))) => (module, Some(name).filter(|name| !name.is_empty())),
                    (program, _) => (program, rest.copied()),
                };
                let file = format!("tests/{module}.rs");
                assert!(root().join(&file).exists(), "{place}: no {file}");
                count += 1;
                let Some(name) = name else { continue };
                let ignored = test_in(&source(&file), name);
                assert!(ignored.is_some(), "{place}: no test {name} in {file}");
                assert_eq!(ignored, Some(words.contains(&"--ignored")), "{place}: {name} is ignored or is not");
            }
        }
    }
    assert!(count >= 20, "{count}");
}

/// The headings of sections in a page, in order, each with whether a line of the section is of the kind asked for.
fn sections(page: &str, wanted: impl Fn(&str) -> bool) -> Vec<(&str, bool)> {
    let mut sections: Vec<(&str, bool)> = Vec::new();
    for (_, line) in prose(page) {
        if line.starts_with("## ") || line.starts_with("### ") {
            sections.push((line, false));
        } else if let Some((_, found)) = sections.last_mut() {
            *found |= wanted(line);
        }
    }
    sections
}

#[test]
fn every_section_of_the_theory_with_formulas_has_a_table_of_where_they_are_computed() {
    let (theory, formulas) = (source("docs/theory.md"), source("docs/formulas.md"));
    let tables = sections(&formulas, |line| line.starts_with("| formula | computed in | tested in |"));
    let theory = sections(&theory, |line| line.contains("$$"));
    assert!(theory.iter().filter(|(_, formulas)| *formulas).count() > 20);
    for (heading, _) in theory.iter().filter(|(_, formulas)| *formulas) {
        assert!(tables.contains(&(*heading, true)), "{heading}: no table in docs/formulas.md");
    }
    // The page has the sections of the theory, in their order.
    let mut rest = theory.iter();
    for (heading, _) in &tables {
        assert!(
            rest.any(|(section, _)| section == heading),
            "{heading} is not a section of docs/theory.md, or not here"
        );
    }
}

/// The source files of the library.
fn source_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The sections of the theory that a source file points to, as in "`docs/theory.md`, sections 1, 2b and 3".
fn pointers(source: &str) -> Vec<String> {
    let comments = source.lines().filter_map(|line| line.trim_start().strip_prefix("//"));
    let text = comments.map(|line| line.trim_start_matches(['/', '!']).trim()).collect::<Vec<_>>().join(" ");
    let mut found = Vec::new();
    for pointer in text.split("docs/theory.md").skip(1) {
        let words = pointer.trim_start_matches(['`', ',']).split_whitespace();
        let mut words = words.skip_while(|word| *word == "," || *word == "`,").peekable();
        if words.next_if(|word| word.starts_with("section")).is_none() {
            continue;
        }
        for word in words {
            let number = word.trim_end_matches([',', '.', ')', ';', ':']);
            let numbered = number.starts_with(|first: char| first.is_ascii_digit()) && number.len() <= 2;
            match word {
                "and" | "to" => {}
                _ if numbered => found.push(number.to_owned()),
                _ => break,
            }
            if word.ends_with([')', '.', ';', ':']) {
                break;
            }
        }
    }
    found
}

#[test]
fn pointers_from_source_files_lead_to_sections_of_the_theory() {
    let theory = source("docs/theory.md");
    let numbers: Vec<_> = sections(&theory, |_| false)
        .iter()
        .filter_map(|(heading, _)| heading.trim_start_matches('#').trim().split_once(". "))
        .map(|(number, _)| number.to_owned())
        .collect();
    let mut files = Vec::new();
    source_files(&root().join("src"), &mut files);
    let mut cited = Vec::new();
    for path in files {
        for number in pointers(&std::fs::read_to_string(&path).unwrap()) {
            assert!(numbers.contains(&number), "{}: docs/theory.md has no section {number}", path.display());
            cited.push(number);
        }
    }
    assert!(cited.len() > 30, "{cited:?}");
    // What a section with formulas says is computed somewhere, and a file says so.
    for number in ["1", "2", "2a", "2b", "2c", "3", "4", "5", "6", "8"] {
        assert!(cited.iter().any(|found| found.starts_with(number)), "no file points to section {number}");
    }
}

/// The anchor of a heading where the repository is browsed.
fn anchor(heading: &str) -> String {
    let kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
    heading.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    let mut count = 0;
    for (path, text) in pages() {
        for (number, line) in prose(&text) {
            for link in line.split("](").skip(1) {
                let target = link.split(')').next().unwrap();
                if target.contains("://") {
                    continue;
                }
                let place = format!("{}, line {number}: {target}", path.display());
                let (file, fragment) = target.split_once('#').map_or((target, None), |(file, name)| (file, Some(name)));
                let file = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
                assert!(file.exists(), "{place}: no such file");
                count += 1;
                let Some(fragment) = fragment else { continue };
                let page = std::fs::read_to_string(&file).unwrap();
                let found = prose(&page).iter().any(|(_, line)| line.starts_with('#') && anchor(line) == fragment);
                assert!(found, "{place}: no such heading");
            }
        }
    }
    assert!(count > 60, "{count}");
}

#[test]
fn the_index_has_every_page() {
    let index = source("docs/README.md");
    for (path, _) in pages() {
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name == "README.md" || index.contains(&format!("]({name})")), "{name} is not in docs/README.md");
    }
}

/// A formula of a page, inline or displayed.
struct Formula {
    line: usize,
    text: String,
    displayed: bool,
    /// The letters just outside the dollar signs.
    around: (char, char),
}

/// The formulas between dollar signs in a paragraph. Code is left out, including `` $`…`$ ``.
fn formulas(paragraph: &str, first_line: usize) -> Result<Vec<Formula>, String> {
    let letters: Vec<char> = paragraph.chars().collect();
    let mut formulas = Vec::new();
    let (mut at, mut line) = (0, first_line);
    let mut open: Option<Formula> = None;
    while at < letters.len() {
        let letter = letters[at];
        line += usize::from(letter == '\n');
        let doubled = letters.get(at + 1) == Some(&'$');
        let width = if letter == '$' && doubled { 2 } else { 1 };
        match (letter, &mut open) {
            ('`', None) => {
                let end = letters[at + 1..].iter().position(|&next| next == '`');
                at += end.ok_or(format!("line {line}: code is not closed"))? + 2;
                continue;
            }
            // The contents of `` $`…`$ `` are safe.
            ('$', None) if letters.get(at + 1) == Some(&'`') => {
                let end = letters[at + 2..].windows(2).position(|next| next == ['`', '$']);
                at += end.ok_or(format!("line {line}: a formula is not closed"))? + 4;
                continue;
            }
            ('$', None) => {
                let before = if at == 0 { ' ' } else { letters[at - 1] };
                open = Some(Formula { line, text: String::new(), displayed: width == 2, around: (before, ' ') });
            }
            ('$', Some(formula)) if formula.displayed == (width == 2) => {
                formula.around.1 = letters.get(at + width).copied().unwrap_or(' ');
                formulas.extend(open.take());
            }
            (letter, Some(formula)) => formula.text.push(letter),
            (_, None) => {}
        }
        at += width;
    }
    match open {
        Some(formula) => Err(format!("line {}: a formula is not closed: {}", formula.line, formula.text)),
        None => Ok(formulas),
    }
}

/// Paragraphs, list items and table rows, each with its first line.
fn paragraphs(page: &str) -> Vec<(usize, String)> {
    let mut paragraphs: Vec<(usize, String)> = Vec::new();
    let mut ended = true;
    for (number, line) in prose(page) {
        let row = line.starts_with('|');
        // Code: indented by four, after an empty line.
        if line.trim().is_empty() || (ended && line.starts_with("    ")) {
            ended = true;
            continue;
        }
        match paragraphs.last_mut() {
            Some((_, text)) if !ended && !row => {
                text.push('\n');
                text.push_str(line);
            }
            _ => paragraphs.push((number, line.to_owned())),
        }
        ended = row;
    }
    paragraphs
}

/// Whether a text contains an underscore or asterisk that opens emphasis by the rules of CommonMark, and one that
/// closes it.
fn emphasis(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let space = |at: Option<&char>| at.is_none_or(|letter| letter.is_whitespace());
    let punctuation = |at: Option<&char>| at.is_some_and(char::is_ascii_punctuation);
    let mut opened = [false; 2];
    for (at, letter) in letters.iter().enumerate() {
        let Some(kind) = ['_', '*'].iter().position(|mark| mark == letter) else { continue };
        let (before, after) = (at.checked_sub(1).and_then(|before| letters.get(before)), letters.get(at + 1));
        let left = !space(after) && (!punctuation(after) || space(before) || punctuation(before));
        let right = !space(before) && (!punctuation(before) || space(after) || punctuation(after));
        let word = kind == 0;
        if opened[kind] && right && (!word || !left || punctuation(after)) {
            return true;
        }
        opened[kind] |= left && (!word || !right || punctuation(before));
    }
    false
}

/// What is wrong with a formula where Markdown is parsed before the formula.
fn fault(formula: &Formula, paragraph: &str) -> Option<&'static str> {
    let text = &formula.text;
    let backslashed = |pair: &[char]| pair[0] == '\\' && pair[1].is_ascii_punctuation();
    if text.chars().collect::<Vec<_>>().windows(2).any(backslashed) {
        return Some("a backslash before punctuation is taken away");
    }
    if paragraph.starts_with('|') && text.contains('|') {
        return Some("a bar ends the cell");
    }
    if text.as_bytes().windows(2).any(|pair| pair[0] == b'<' && pair[1].is_ascii_alphabetic()) {
        return Some("this is a tag: use \\lt");
    }
    if text.lines().skip(1).any(|line| line.trim_start().starts_with(['-', '+', '*', '>', '#', '='])) {
        return Some("a line begins a list, a quotation or a heading");
    }
    let (before, after) = formula.around;
    if formula.displayed {
        let own = paragraph.starts_with("$$") || paragraph.contains("\n$$");
        return (!own).then_some("not at the beginning of a line");
    }
    if before.is_alphanumeric() || after.is_alphanumeric() {
        return Some("a letter or a digit beside the dollar");
    }
    if text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace) || text.is_empty() {
        return Some("a space within the dollar");
    }
    None
}

#[test]
fn formulas_are_of_forms_that_render() {
    let mut count = BTreeMap::new();
    let mut faults = Vec::new();
    for (path, text) in pages() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        for (line, paragraph) in paragraphs(&text) {
            let found = formulas(&paragraph, line).unwrap_or_else(|error| panic!("{name}: {error}"));
            let all: Vec<_> = found.iter().map(|formula| formula.text.as_str()).collect();
            if emphasis(&all.join(" ")) {
                faults.push(format!("{name}, line {line}: _ or * make emphasis: {all:?}"));
            }
            for formula in found {
                if let Some(what) = fault(&formula, &paragraph) {
                    faults.push(format!("{name}, line {}: {what}: {}", formula.line, formula.text));
                }
                *count.entry(name.clone()).or_insert(0) += 1;
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    assert!(count["theory.md"] > 200, "{count:?}");
}

#[test]
fn the_checks_of_formulas_can_fail() {
    let faults = |text: &str| {
        let found = formulas(text, 1).unwrap();
        found.iter().any(|formula| fault(formula, text).is_some())
    };
    assert!(!faults("so $a_i b_j$, and ($x$)") && !faults("$$a\nb$$"));
    for bad in [r"$a\,b$", "| $|a|$ |", "$a<b$", "n$x$", "$ x$", "$$a\n- b$$", "and $$a$$"] {
        assert!(faults(bad), "{bad}");
    }
    assert!(formulas("a $b", 1).is_err() && formulas(r"code `$`, $`a\,b`$", 1).unwrap().is_empty());
    assert!(emphasis("{a}_i b_{c}") && !emphasis("a_{i} b_{c} q_i^*"));
    assert!(defines("fn ab() {}", "ab") && !defines("fn abc() {}", "ab"));
    assert_eq!(test_in("#[test]\n#[ignore = \"slow\"]\nfn a() {}", "a"), Some(true));
    assert_eq!(anchor("### 2b. The machine's own term"), "2b-the-machines-own-term");
    assert_eq!(pointers("//! As in (`docs/theory.md`,\n//! sections 1, 2b and 3). 4 is not one."), ["1", "2b", "3"]);
    assert!(pointers("// docs/theory.md says so in 3 places").is_empty());
}
