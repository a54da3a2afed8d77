//! What a command prints: one string, once, to stdout.

use super::options::{Common, Format};
use crate::io::number::short;
use crate::learning::{Reliability, Unreliable};
use crate::theory::spectrum::{BulkFit, Standing};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::io::Write;

/// Prints to stdout; a reader that has closed its end is not an error.
pub(super) fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints a result: as JSON, or as text for people.
pub(super) fn show(common: &Common, result: &impl serde::Serialize, text: impl FnOnce() -> String) {
    print(&match common.format {
        Format::Json => json(result),
        Format::Table => text(),
    });
}

/// JSON with all digits, and a line break.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    // Plain structs with string keys always serialise; NaN becomes null.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// A table with right-aligned columns.
pub(super) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header).add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = table.to_string();
    lines.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// Width of a table of sentences, in characters.
const PROSE: u16 = 118;

/// A table of sentences, broken to fit a wide terminal.
pub(super) fn prose(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(header).add_rows(rows);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(PROSE);
    table.to_string() + "\n"
}

/// A sentence about the approximate states of a population closure; empty if there were none.
pub(super) fn reliability(found: &Reliability) -> String {
    let Reliability { evaluations, approximate, largest_weight, late, .. } = *found;
    if approximate == 0 {
        return String::new();
    }
    let late = match late {
        0 => String::new(),
        1 => " A search found a state that must have been there before.".to_owned(),
        _ => format!(" {late} searches found states that must have been there before."),
    };
    format!(
        "In {approximate} of {evaluations} evaluations states that are known only approximately had more than a hundredth of \
         the machine's weight, {largest_weight:.2} at most.{late}\n"
    )
}

/// A sentence that says from what time on something is unreliable.
pub(super) fn unreliable(what: &str, found: &Unreliable) -> String {
    format!(
        "{what} cannot be relied on from t = {} on: states were approximate in {:.0} % of the evaluations there, and what follows \
         builds on them.\n",
        reading(found.from),
        100.0 * found.share
    )
}

/// A number to be read: eight significant digits, in scientific notation if it is far from one.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        format!("{value}")
    } else if (1e-4..1e6).contains(&size) {
        let decimals = (7 - size.log10().floor() as i32).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.7e}")
    }
}

/// A number as the user gave it. A computed one, such as steps times their length, has twelve digits, which hides
/// rounding.
pub(super) fn plain(value: f64) -> String {
    short(value, 12)
}

/// A measured number in a sentence: four digits.
pub(super) fn reading(value: f64) -> String {
    short(value, 4)
}

/// A list of numbers as in [`number`].
pub(super) fn numbers<'a>(values: impl IntoIterator<Item = &'a f64>) -> String {
    values.into_iter().map(|&value| number(value)).collect::<Vec<_>>().join(" ")
}

/// Assumptions made in reading a model, one per line.
pub(super) fn model_notes(notes: &[String]) -> String {
    notes.iter().map(|note| format!("model: {note}\n")).collect()
}

/// A sentence about a machine's size and the bulk of its singular values.
pub(super) fn bulk((visible, hidden): (usize, usize), update: Option<u64>, bulk: &BulkFit) -> String {
    let after = update.map_or(String::new(), |update| format!(", after {update} updates"));
    let note = bulk.note.as_ref().map_or(String::new(), |note| format!("note: {note}\n"));
    let size = format!("{visible} visible and {hidden} hidden units{after}\n");
    let found = if bulk.law.is_none() {
        format!("no bulk: sigma {}\n", if bulk.sigma == 0.0 { "0" } else { "unknown" })
    } else {
        let error = if bulk.is_noise() {
            format!("± {}", number(bulk.sigma_error))
        } else {
            "(by its width; the error for other noise is not known)".to_owned()
        };
        format!(
            "bulk: {} singular values, sigma {} {error}, edge {}, distance from the Marchenko–Pastur law {}\n",
            bulk.modes,
            number(bulk.sigma),
            number(bulk.edge),
            number(bulk.ks_distance)
        )
    };
    size + &found + &note
}

/// A sentence about the number of singular values above the bulk.
pub(super) fn outliers(bulk: &BulkFit, count: usize) -> String {
    match bulk.standing {
        Standing::Noise => format!("{count} singular values above the bulk"),
        Standing::Absent if bulk.law.is_none() => format!("{count} singular values that are not zero"),
        _ => format!("{count} singular values above the bulk; none is claimed to be a planted mode"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::number::exact;

    #[test]
    fn numbers_for_people_and_for_files() {
        assert_eq!(number(0.52831790749), "0.52831791");
        assert_eq!(number(-1234.5678912), "-1234.5679");
        assert_eq!(number(1.5e-13), "1.5000000e-13");
        assert_eq!(number(0.0), "0");
        assert_eq!(
            (plain(95.0 * 0.01), plain(1.0 / 3.0), plain(2e-7)),
            ("0.95".into(), "0.333333333333".into(), "2e-7".into())
        );
        assert_eq!((plain(784.0), plain(f64::NAN), reading(0.123456)), ("784".into(), "NaN".into(), "0.1235".into()));
        let value = 0.1 + 0.2;
        assert_eq!(exact(value).parse::<f64>().unwrap(), value);
    }
}
