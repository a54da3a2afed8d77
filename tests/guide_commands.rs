//! The examples of the guide: runs every `console` block of `docs/` and compares its output with the page.
//!
//! In a block, lines that begin with `$ spectral-rbm` are commands, and the lines below a command are its output. A
//! line `…` stands for any lines, and `…` within a line for one word. Words have to be the same. Numbers may differ by
//! one and a half of the last digit shown. In blocks marked `console simulated` numbers are statistical: processors
//! with other vector instructions draw other spins after a while (docs/simulation.md).

use crate::guide;
use std::path::Path;

/// How closely numbers have to agree.
#[derive(Clone, Copy)]
enum Numbers {
    /// To the last digit shown.
    Digits,
    /// To half of the larger number, or to 0.5.
    Simulated,
}

/// The unit of the last digit of a written number.
fn last_digit(text: &str) -> f64 {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    10f64.powi(exponent.parse::<i32>().unwrap() - i32::try_from(decimals).unwrap())
}

/// Whether two words agree, within the tolerance for numbers.
fn word_agrees(shown: &str, printed: &str, numbers: Numbers) -> bool {
    if shown == "…" || shown == printed {
        return true;
    }
    let bare = |word: &str| word.trim_matches(|letter| "()[],;:%".contains(letter)).to_owned();
    let (shown, printed) = (bare(shown), bare(printed));
    let (Ok(a), Ok(b)) = (shown.parse::<f64>(), printed.parse::<f64>()) else { return false };
    match numbers {
        // Below 1e-12 there are only residuals, which are rounding.
        Numbers::Digits => (a - b).abs() <= 1.5 * last_digit(&shown) + 1e-12,
        Numbers::Simulated => (a - b).abs() <= 0.5 * a.abs().max(b.abs()) + 0.5,
    }
}

fn line_agrees(shown: &str, printed: &str, numbers: Numbers) -> bool {
    let (shown, printed): (Vec<_>, Vec<_>) = (shown.split_whitespace().collect(), printed.split_whitespace().collect());
    shown.len() == printed.len() && shown.iter().zip(&printed).all(|(a, b)| word_agrees(a, b, numbers))
}

/// The first line of the page that is not printed, and the printed line in its place, in the best match.
fn first_difference(shown: &[String], printed: &[&str], numbers: Numbers) -> Option<(String, String)> {
    let Some((line, rest)) = shown.split_first() else {
        return printed.first().map(|extra| (String::new(), (*extra).to_owned()));
    };
    if line.trim() == "…" {
        let tries = (0..=printed.len()).map(|skipped| first_difference(rest, &printed[skipped..], numbers));
        let mut last = None;
        for difference in tries {
            difference.as_ref()?;
            last = last.or(difference);
        }
        return last;
    }
    match printed.split_first() {
        Some((found, after)) if line_agrees(line, found, numbers) => first_difference(rest, after, numbers),
        found => Some((line.clone(), found.map_or(String::new(), |(found, _)| (*found).to_owned()))),
    }
}

/// Runs the examples of one page, in order and in one folder: those that need MNIST, or the others. Returns their
/// number.
fn check(name: &str, page: &str, folder: &Path, mnist: bool) -> usize {
    let mut count = 0;
    for block in guide::blocks(page) {
        let numbers = match block.info.as_str() {
            "console" => Numbers::Digits,
            "console simulated" => Numbers::Simulated,
            _ => continue,
        };
        for (arguments, shown) in guide::commands(&block) {
            if arguments.contains("mnist") != mnist {
                continue;
            }
            count += 1;
            let printed = guide::run(&arguments, folder);
            let printed: Vec<_> = printed.trim_end().lines().collect();
            if let Some((expected, found)) = first_difference(&shown, &printed, numbers) {
                panic!(
                    "{name}, line {}: spectral-rbm {arguments}\n shown:   {expected}\n printed: {found}\n\n{}",
                    block.line,
                    printed.join("\n")
                );
            }
        }
    }
    count
}

#[test]
fn the_examples_print_what_the_guide_shows() {
    let folder = tempfile::tempdir().unwrap();
    let page = guide::page("commands.md");
    assert!(check("commands.md", &page, folder.path(), false) >= 12);
    // Every command of the program has an example.
    let help = guide::run("--help", folder.path());
    let lines = help.split("Commands:\n").nth(1).unwrap().lines().map_while(|line| line.strip_prefix("  "));
    // Lines with more indentation continue a description.
    let entries = lines.filter(|line| !line.starts_with(' '));
    let names: Vec<_> = entries.filter_map(|line| line.split(' ').next()).filter(|name| *name != "help").collect();
    assert!(names.len() >= 12 && names.contains(&"phase-diagram"), "{help}");
    for name in names {
        let mut examples = page.lines().filter_map(|line| line.strip_prefix("$ spectral-rbm "));
        assert!(examples.any(|example| example.split(' ').next() == Some(name)), "{name} has no example");
    }
}

#[test]
fn the_first_figure_is_made_and_its_state_is_the_one_shown() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(check("README.md", &guide::page("README.md"), folder.path(), false), 2);
    assert!(folder.path().join("results/bernoulli/phase-diagram.png").exists());
}

#[test]
fn the_tutorial_prints_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/patterns.csv");
    std::fs::copy(data, folder.path().join("patterns.csv")).unwrap();
    assert_eq!(check("tutorial.md", &guide::page("tutorial.md"), folder.path(), false), 4);
}

#[test]
fn the_comparison_can_fail() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let differs = |shown: &str, printed: &str, numbers| {
        first_difference(&lines(shown), &printed.lines().collect::<Vec<_>>(), numbers).is_some()
    };
    assert!(!differs("a 0.123 (4.5,\n…\nend", "a  0.124 (4.5,\nb\nc\nend", Numbers::Digits));
    assert!(differs("a 0.123", "a 0.125", Numbers::Digits));
    assert!(differs("a 1.2e-6", "a 1.5e-6", Numbers::Digits));
    assert!(differs("a\n…\nend", "a\nb", Numbers::Digits));
    assert!(differs("a", "a\nb", Numbers::Digits));
    assert!(differs("a b", "a", Numbers::Digits));
    assert!(!differs("w 1.8", "w 1.5", Numbers::Simulated) && differs("w 1.8", "w 0.2", Numbers::Simulated));
}

#[test]
#[ignore = "needs MNIST, in the folder SPECTRAL_RBM_MNIST"]
fn the_examples_on_mnist_print_what_the_guide_shows() {
    assert!(std::env::var_os("SPECTRAL_RBM_MNIST").is_some(), "SPECTRAL_RBM_MNIST says where MNIST is");
    let folder = tempfile::tempdir().unwrap();
    assert!(check("commands.md", &guide::page("commands.md"), folder.path(), true) >= 1);
}
