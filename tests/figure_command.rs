//! `spectral-rbm figure`: files, claims, repetition, refusals, with settings too small to test any physics.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn output(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spectral-rbm")).args(arguments).output().unwrap()
}

fn succeed(arguments: &[&str]) -> String {
    let output = output(arguments);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Settings of a run that takes one second.
const TINY: [&str; 9] = ["--samples", "300", "--hidden", "24", "--epochs", "2", "--batch-size", "30", "--quick"];

/// Names of files with their bytes, except run.toml.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .filter(|(name, _)| name != "run.toml")
        .collect();
    files.sort();
    files
}

/// Header and rows of a CSV file.
fn table(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().iter().map(str::to_owned).collect();
    // The reader fails on a row of another length.
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    (header, rows)
}

#[test]
fn the_letters_figures_are_written_with_their_claims_and_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    for (name, others) in [
        ("linear-dynamics", &["linear-dynamics.csv"][..]),
        ("spectrum-histogram", &["spectrum-histogram.csv", "spectrum-outliers.csv"]),
        ("learned-modes", &["learned-modes.csv"]),
        ("spectrum-log-log", &["spectrum-log-log.csv", "spectrum-modes.csv"]),
    ] {
        let out = folder.path().join(name);
        let json = succeed(&[&["figure", name, "--out", text(&out), "--format", "json"], &TINY[..]].concat());
        let summary: Value = serde_json::from_str(&json).unwrap();
        let claims = summary["claims"].as_array().unwrap();
        assert!(claims.len() >= 4, "{name}");
        for claim in claims {
            assert_eq!(claim["figure"], name);
            for field in ["statement", "expected", "found"] {
                let told = claim[field].as_str().unwrap();
                assert!(!told.is_empty() && !told.contains("NaN"), "{claim}");
            }
            // A claim that does not hold, or cannot be checked, has a remark.
            assert!(claim["holds"] == true || !claim["remark"].as_str().unwrap().is_empty(), "{claim}");
        }
        let written = files(&out);
        let mut expected: Vec<String> = ["claims.csv", "claims.json", "claims.md"].map(str::to_owned).to_vec();
        expected.extend([format!("{name}.png"), format!("{name}.svg")]);
        expected.extend(others.iter().map(|name| (*name).to_owned()));
        expected.sort();
        assert_eq!(written.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), expected);
        assert!(written.iter().all(|(_, bytes)| bytes.len() > 100));
        for csv in others {
            assert!(table(&out.join(csv)).1.len() >= 5, "{csv}");
        }
        let (header, rows) = table(&out.join("claims.csv"));
        assert_eq!((header.len(), rows.len()), (6, claims.len()));
        // The same bytes from run.toml, on one thread.
        let again = folder.path().join(format!("{name}-again"));
        succeed(&["run", text(&out), "--out", text(&again), "--threads", "1", "--quiet"]);
        assert!(written == files(&again), "{name}");
    }
}

/// Four singular values are too few for a bulk: each row says so, and no claim contains a number about it.
#[test]
fn bulks_that_cannot_be_told_are_noted_in_their_rows() {
    let folder = tempfile::tempdir().unwrap();
    let small = ["--data", "clusters", "--visible", "12", "--samples", "30", "--hidden", "4", "--epochs", "1"];
    let json = succeed(
        &[&["figure", "spectrum-histogram", "--out", text(folder.path()), "--format", "json"], &small[..]].concat(),
    );
    assert!(json.contains("no bulk early, no bulk at the end") && !json.contains("NaN"), "{json}");
    let (header, rows) = table(&folder.path().join("spectrum-outliers.csv"));
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    for row in &rows {
        assert_eq!(row[column("bulk_sigma")], "NaN");
        assert!(row[column("bulk_note")].contains("4 singular values are too few"), "{row:?}");
    }
    assert!(rows.len() >= 2, "{rows:?}");
}

/// The spectra in the figure are those of `train` with the same options.
#[test]
fn the_spectrum_is_that_of_train() {
    let folder = tempfile::tempdir().unwrap();
    let (drawn, trained) = (folder.path().join("figure"), folder.path().join("train"));
    succeed(&[&["figure", "spectrum-log-log", "--out", text(&drawn), "--seed", "4"], &TINY[..]].concat());
    succeed(
        &[
            &[
                "train",
                "--algorithm",
                "cd",
                "--learning-rate",
                "0.01",
                "--values-only",
                "--out",
                text(&trained),
                "--seed",
                "4",
            ],
            &TINY[..8],
        ]
        .concat(),
    );
    let (_, modes) = table(&drawn.join("spectrum-modes.csv"));
    let (header, spectra) = table(&trained.join("spectrum.csv"));
    let column = |name: &str| header.iter().position(|column| column == name).unwrap();
    let number = |text: &str| text.parse::<f64>().unwrap();
    let mut compared = 0;
    for row in &modes {
        let Some(same) = spectra.iter().find(|other| other[column("update")] == row[0]) else { continue };
        compared += 1;
        // Column 4 of the modes is w_1; the last column is the smallest of 24.
        for (mine, theirs) in [(&row[4], &same[column("w_1")]), (&row[row.len() - 1], &same[column("w_24")])] {
            assert_eq!(number(mine), number(theirs));
        }
    }
    assert!(compared >= 10, "{compared}");
}

#[test]
fn data_that_are_no_images_and_options_that_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("clusters");
    let clusters = ["--data", "clusters", "--visible", "40", "--samples", "400", "--hidden", "10", "--epochs", "1"];
    let done = output(&[&["figure", "learned-modes", "--out", text(&out)], &clusters[..]].concat());
    assert!(done.status.success() && String::from_utf8_lossy(&done.stderr).contains("no images"));
    assert!(out.join("learned-modes.csv").exists() && !out.join("learned-modes.png").exists());
    for (option, value) in
        [("--epochs", "0"), ("--epochs", "NaN"), ("--batch-size", "0"), ("--hidden", "0"), ("--samples", "0")]
    {
        let refused =
            output(&["figure", "spectrum-histogram", "--out", text(&folder.path().join("no")), option, value]);
        let complaint = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{option} {value}: {complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
    }
    let refused = output(&["figure", "trajectory", "--data", "mnist", "--out", text(&folder.path().join("no"))]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("takes no --data"));
    let refused = output(&["figure", "trajectory", "--samples", "2", "--out", text(&folder.path().join("no"))]);
    assert_eq!(refused.status.code(), Some(2));
    let refused = output(&["figure", "learned-modes", "--data", "ellipsoid", "--out", text(&folder.path().join("no"))]);
    assert_eq!(refused.status.code(), Some(2));
}
