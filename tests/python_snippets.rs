//! The guide's page on Python, run from top to bottom: its commands and snippets, in one folder.

use crate::guide;
use std::process::Command;

#[test]
#[ignore = "needs NumPy, h5py and Matplotlib, of the Python SPECTRAL_RBM_PYTHON"]
fn the_snippets_of_the_guide_run() {
    let python = std::env::var_os("SPECTRAL_RBM_PYTHON").expect("SPECTRAL_RBM_PYTHON names a Python with Matplotlib");
    let blocks = guide::blocks(&guide::page("python.md"));
    let count = |info: &str| blocks.iter().filter(|block| block.info == info).count();
    assert!(count("console") >= 5 && count("python") >= 7, "{} blocks", blocks.len());
    let folder = tempfile::tempdir().unwrap();
    // All snippets form one session: a later one uses what an earlier one has read, and waits for the command between
    // them.
    let mut session = String::new();
    for block in &blocks {
        match block.info.as_str() {
            "console" => {
                for (arguments, _) in guide::commands(block) {
                    guide::run(&arguments, folder.path());
                }
            }
            "python" => {
                session.push_str(&block.text);
                let script = folder.path().join("session.py");
                std::fs::write(&script, &session).unwrap();
                let output = Command::new(&python).arg(&script).current_dir(folder.path()).output().unwrap();
                assert!(output.status.success(), "{session}\n{}", String::from_utf8_lossy(&output.stderr));
            }
            other => panic!("line {}: what is '{other}'?", block.line),
        }
    }
    for figure in ["boundaries.png", "learning.png", "training.png"] {
        assert!(std::fs::metadata(folder.path().join(figure)).unwrap().len() > 5_000, "{figure}");
    }
}
