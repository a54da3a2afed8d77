//! The examples of the guide: reads them from a page and runs them.
use std::path::Path;
use std::process::Command;

/// The text of a page of `docs/`.
pub fn page(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap()
}

/// A fenced block.
pub struct Block {
    /// Text after the opening fence.
    pub info: String,
    pub text: String,
    /// Line number of the opening fence.
    pub line: usize,
}

/// The fenced blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                open = Some(Block { info: info.trim().to_owned(), text: String::new(), line: index + 1 });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    blocks
}

/// The commands of a `console` block, each with the lines of its output.
pub fn commands(block: &Block) -> Vec<(String, Vec<String>)> {
    let mut commands: Vec<(String, Vec<String>)> = Vec::new();
    for line in block.text.lines() {
        if let Some(arguments) = line.strip_prefix("$ spectral-rbm ") {
            commands.push((arguments.to_owned(), Vec::new()));
        } else {
            let last = commands.last_mut().expect("output before the first command");
            last.1.push(line.to_owned());
        }
    }
    commands
}

/// Runs a command of a page and returns its output; `> FILE` writes the output to the file instead.
pub fn run(arguments: &str, folder: &Path) -> String {
    let (arguments, file) = arguments.split_once(" > ").map_or((arguments, None), |(a, b)| (a, Some(b)));
    let output = Command::new(env!("CARGO_BIN_EXE_spectral-rbm"))
        .args(arguments.split_whitespace())
        .arg("--quiet")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    if let Some(file) = file {
        std::fs::write(folder.join(file), printed).unwrap();
        return String::new();
    }
    printed
}
