//! The table of claims: expected against found.

use crate::cli::destination::{Destination, write_json};
use crate::cli::error::CliError;
use crate::cli::report;
use crate::io::Table;
use crate::study::figures::Claim;

const CLAIM_COLUMNS: [&str; 6] = ["figure", "claim", "expected", "found", "holds", "remark"];

/// Writes claims.csv, claims.md and claims.json, if there are claims.
pub(super) fn write(destination: &mut Destination, claims: &[Claim], title: &str) -> Result<(), CliError> {
    if claims.is_empty() {
        return destination.remove_stale(&["claims.csv", "claims.md", "claims.json"]);
    }
    destination.table("claims.csv", &Table::new(CLAIM_COLUMNS, claims.iter().map(row)))?;
    destination.write("claims.md", markdown(claims, title).as_bytes())?;
    write_json(destination, "claims.json", &claims)
}

/// The table for the terminal, with numbered remarks below it.
pub(super) fn text(claims: &[Claim]) -> String {
    if claims.is_empty() {
        return String::new();
    }
    let mut remarks = Vec::new();
    let rows: Vec<Vec<String>> = claims
        .iter()
        .map(|claim| {
            let mut row = row(claim);
            let remark = row.pop().unwrap_or_default();
            if !remark.is_empty() {
                remarks.push(remark);
                row[4] += &format!(" [{}]", remarks.len());
            }
            row
        })
        .collect();
    let mut text = report::prose(&CLAIM_COLUMNS[..5], rows) + "\n";
    for (number, remark) in remarks.iter().enumerate() {
        text += &format!("[{}] {remark}\n", number + 1);
    }
    text + "\n"
}

fn markdown(claims: &[Claim], title: &str) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = format!("{title}\n\n") + &line(&CLAIM_COLUMNS.map(str::to_owned)) + "|---|---|---|---|---|---|\n";
    for claim in claims {
        text += &line(&row(claim).iter().map(|cell| cell.replace('|', "\\|")).collect::<Vec<_>>());
    }
    text
}

fn row(claim: &Claim) -> Vec<String> {
    let holds = match claim.holds {
        Some(true) => "yes",
        Some(false) => "no",
        None => "–",
    };
    [&claim.figure, &claim.statement, &claim.expected, &claim.found, holds, &claim.remark]
        .map(|cell| cell.to_owned())
        .to_vec()
}
