//! The architecture: imports go down the list of folders, files do not import each other in a circle, and a `mod.rs`
//! only declares and re-exports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The folders of `src`, from the top down: an import never points up.
const ROOMS: [&str; 10] = ["cli", "study", "learning", "simulator", "data", "theory", "plot", "linalg", "io", "error"];

type Module = Vec<String>;

struct Source {
    file: PathBuf,
    code: String,
}

fn words(path: &str) -> Vec<String> {
    path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The code of a file without comments, strings and tests.
fn code_of(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        // A string can contain what looks like a path; a character '"' looks like the start of a string.
        let parts: Vec<&str> = line.split('"').collect();
        code.extend(parts.iter().step_by(2).copied());
        code.push('\n');
    }
    while let Some(start) = code.find("#[cfg(test)]") {
        let rest = &code[start..];
        let end = match (rest.find(';'), rest.find('{')) {
            (Some(semicolon), brace) if brace.is_none_or(|brace| semicolon < brace) => semicolon + 1,
            (_, Some(brace)) => brace + closing(&rest[brace..]),
            _ => rest.len(),
        };
        code.replace_range(start..start + end, "");
    }
    code
}

/// Position of the closing brace for the brace at the start of a text.
fn closing(text: &str) -> usize {
    let mut depth = 0;
    for (place, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => return place + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// All files of `src` by their modules, without test modules in files of their own.
fn sources() -> BTreeMap<Module, Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut folders) = (BTreeMap::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let inside = path.strip_prefix(&root).unwrap().with_extension("");
            let mut module: Module = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
                module.pop();
            }
            if matches!(module.last().map(String::as_str), Some("tests" | "main")) {
                continue;
            }
            let code = code_of(&std::fs::read_to_string(&path).unwrap());
            found.insert(module, Source { file: path.strip_prefix(&root).unwrap().to_owned(), code });
        }
    }
    found
}

/// The single paths in a tree of imports such as `a::{b, c::d as e}`.
fn branches(tree: &str) -> Vec<String> {
    let Some(open) = tree.find('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let (stem, inner) = (&tree[..open], &tree[open + 1..tree.rfind('}').unwrap()]);
    let (mut paths, mut depth, mut start) = (Vec::new(), 0, 0);
    for (place, character) in inner.char_indices().chain([(inner.len(), ',')]) {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let branch = inner[start..place].trim();
                paths.extend(
                    branches(branch).iter().filter(|path| !path.is_empty()).map(|path| format!("{stem}{path}")),
                );
                start = place + 1;
            }
            _ => {}
        }
    }
    paths
}

/// All paths in some code that start at the crate's root, at a parent or at the module itself. `uses` holds those in
/// imports.
fn paths(code: &str) -> (Vec<String>, Vec<String>) {
    let (mut uses, mut rest, mut others) = (Vec::new(), code, String::new());
    while let Some(start) = rest.find("use ") {
        let own = rest[..start].chars().next_back().is_none_or(char::is_whitespace);
        let end = start + rest[start..].find(';').unwrap_or(rest.len() - start);
        others.push_str(&rest[..start]);
        if own {
            uses.extend(branches(&rest[start + 4..end].replace('\n', " ")));
        }
        rest = &rest[if own { end } else { start + 4 }..];
    }
    others.push_str(rest);
    let inline = others.replace("(in crate::", "(");
    let is_of_path = |character: char| character.is_alphanumeric() || character == '_' || character == ':';
    let inline = inline
        .split(|character| !is_of_path(character))
        .filter(|path| ["crate::", "super::", "self::"].iter().any(|start| path.starts_with(start)));
    (uses, inline.map(str::to_owned).collect())
}

/// The module that a path leads to from another module, and the rest of the path.
fn resolve(from: &Module, path: &str, sources: &BTreeMap<Module, Source>) -> Option<(Module, Vec<String>)> {
    let mut parts = words(path);
    let mut module = from.clone();
    match parts.first()?.as_str() {
        "crate" => module.clear(),
        "self" | "super" => {}
        first => {
            module.push(first.to_owned());
            if !sources.contains_key(&module) {
                return None;
            }
            module.pop();
            parts.insert(0, "self".to_owned());
        }
    }
    let climbs = parts.iter().take_while(|part| matches!(part.as_str(), "crate" | "self" | "super")).count();
    for part in parts.drain(..climbs) {
        if part == "super" {
            module.pop();
        }
    }
    let mut below = module.clone();
    while let Some(part) = parts.first() {
        below.push(part.clone());
        if !sources.contains_key(&below) {
            break;
        }
        module = below.clone();
        parts.remove(0);
    }
    Some((module, parts))
}

/// The modules that each module imports. A name from the crate's root counts as an import of the file that defines it.
fn arrows(sources: &BTreeMap<Module, Source>) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut arrows: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    let exported = |module: &Module, name: &str| {
        let uses = paths(&sources[module].code).0;
        let from = uses.iter().find(|path| words(path).last().is_some_and(|last| last == name));
        from.and_then(|path| resolve(module, path, sources)).map(|(found, _)| found)
    };
    for (module, source) in sources.iter().filter(|(module, _)| !module.is_empty()) {
        let (uses, inline) = paths(&source.code);
        for path in uses.iter().chain(&inline) {
            let Some((mut target, rest)) = resolve(module, path, sources) else { continue };
            if target.is_empty() {
                // A name of the root counts for the file that defines it.
                let Some(name) = rest.first() else { continue };
                let Some(first) = exported(&target, name) else { continue };
                target = exported(&first, name).unwrap_or(first);
            }
            if target != *module {
                arrows.entry(module.clone()).or_default().insert(target);
            }
        }
    }
    arrows
}

/// A path along arrows from a module back to itself, if there is one.
fn circle(start: &Module, arrows: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    let (mut before, mut next) = (BTreeMap::new(), vec![start.clone()]);
    while let Some(module) = next.pop() {
        for target in arrows.get(&module).into_iter().flatten() {
            if target == start {
                let mut way = vec![module];
                while let Some(module) = before.get(way.last()?) {
                    way.push(Module::clone(module));
                }
                return Some(way);
            }
            if !before.contains_key(target) {
                before.insert(target.clone(), module.clone());
                next.push(target.clone());
            }
        }
    }
    None
}

#[test]
fn no_import_points_up_and_there_is_no_circle() {
    let sources = sources();
    let arrows = arrows(&sources);
    assert!(
        sources.len() > 200 && arrows.values().map(BTreeSet::len).sum::<usize>() > 700,
        "the reader of imports reads"
    );
    let floor = |module: &Module| ROOMS.iter().position(|room| *room == module[0]);
    let mut faults = Vec::new();
    for (module, targets) in &arrows {
        let Some(from) = floor(module) else { panic!("{} is in no room", module.join("::")) };
        for target in targets {
            if floor(target).is_none_or(|to| to < from) {
                faults.push(format!("{} imports {}, which is above it", module.join("::"), target.join("::")));
            }
        }
        if let Some(way) = circle(module, &arrows) {
            let way: Vec<String> = way.iter().rev().map(|module| module.join("::")).collect();
            faults.push(format!("a circle: {} and back", way.join(" to ")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn faces_hold_no_definitions() {
    for source in sources().values().filter(|source| source.file.ends_with("mod.rs")) {
        let defines = |line: &&str| {
            let line = line.trim_start();
            let line = line.strip_prefix("pub").map_or(line, |rest| rest.split_once(' ').map_or("", |(_, rest)| rest));
            ["fn ", "const ", "static ", "struct ", "enum ", "trait ", "type ", "impl ", "impl<"]
                .iter()
                .any(|word| line.starts_with(word))
        };
        let found = source.code.lines().find(defines);
        assert!(found.is_none(), "{}: {}", source.file.display(), found.unwrap_or_default());
    }
}

#[test]
fn no_function_is_allowed_too_many_arguments() {
    for source in sources().values() {
        assert!(!source.code.contains("too_many_arguments"), "{}", source.file.display());
    }
}

/// What is compiled anew wherever it is used stays in one room.
#[test]
fn linear_algebra_is_in_its_room() {
    for source in sources().values().filter(|source| !source.file.starts_with("linalg")) {
        let found = ["faer", "pulp", "argmin"].into_iter().find(|name| source.code.contains(&format!("{name}::")));
        assert!(found.is_none(), "{} uses {} itself", source.file.display(), found.unwrap_or_default());
    }
}
