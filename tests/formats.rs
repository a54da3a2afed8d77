//! `docs/formats.md` has every column of the CSV files and every key of the JSON that the commands write.

use crate::guide;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// The names in the code of a page: `modes[]` is the name `modes`.
fn documented(page: &str) -> BTreeSet<String> {
    let code = page.split('`').skip(1).step_by(2);
    let names = code.flat_map(|code| code.split([',', ' ']));
    names.map(|name| name.trim_end_matches("[]").to_owned()).collect()
}

/// A column of a mode as that of the first: `w_12` is `w_1`.
fn of_first_mode(column: &str) -> String {
    match column.rsplit_once('_') {
        Some((name, mode)) if mode.parse::<u32>().is_ok() => format!("{name}_1"),
        _ => column.to_owned(),
    }
}

fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

/// The columns of the CSV files in a folder.
fn columns(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "csv") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(text.lines().next().unwrap().split(',').map(of_first_mode));
        }
    }
}

#[test]
fn every_column_and_key_is_in_the_guide() {
    let folder = tempfile::tempdir().unwrap();
    let clusters = "--data clusters --visible 12 --samples 100";
    let commands = [
        "solve --modes 1.5 --size 100".to_owned(),
        "phase-diagram --grid 5".to_owned(),
        "average tanh --coefficients 1,0.5".to_owned(),
        "average V --x 1".to_owned(),
        format!("learn {clusters} --hidden 6 --modes 2 --closure population --learning-rate 0.02 --t-end 0.2"),
        format!("learn {clusters} --hidden 6 --closure linear-ising --t-end 0.1 --times 3"),
        format!("train {clusters} --hidden 6 --updates 8 --records 4"),
        "sample train-6 --steps 3 --likelihood".to_owned(),
        "spectrum train-6".to_owned(),
        format!("inspect train-6 --update all {clusters}"),
        "compare --data clusters --visible 24 --samples 100 --hidden 24 --runs 2 --updates 20 --records 6".to_owned(),
        format!("compare {clusters} --hidden 6 --runs 2 --updates 20 --records 6 --algorithm cd --closures population"),
        "figure linear-dynamics --quick".to_owned(),
    ];
    let (mut names, mut headers) = (BTreeSet::new(), BTreeSet::new());
    for (number, command) in commands.iter().enumerate() {
        let out = format!("{}-{number}", command.split(' ').next().unwrap());
        let output = guide::run(&format!("{command} --out {out} --format json"), folder.path());
        keys(&serde_json::from_str(&output).unwrap(), &mut names);
        columns(&folder.path().join(out), &mut headers);
    }
    assert!(names.len() > 100 && headers.len() > 50, "{} keys, {} columns", names.len(), headers.len());
    let documented = documented(&guide::page("formats.md"));
    let missing: Vec<_> = names.union(&headers).filter(|name| !documented.contains(*name)).collect();
    assert!(missing.is_empty(), "docs/formats.md lacks {missing:?}");
}
