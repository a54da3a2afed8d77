//! A folder with a valid file of every kind that the program reads.

use flate2::{Compression, write::GzEncoder};
use spectral_rbm::io::Archive;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Folders of runs that a command continues, and so are copied for it.
pub const COPIED: [&str; 2] = ["stopped", "done"];

/// Options of a tiny training run.
const TINY: &str = "--data clusters --visible 12 --samples 30 --hidden 4 --batch-size 10 --records 3";

/// Commands that write the folders that other commands read.
const COMMANDS: [(&str, &str); 8] = [
    ("run", "train --updates 4 --vectors"),
    ("solve", "solve --modes 1.5,1.3 --eta 0.1,0 --size 100 --all"),
    ("diagram", "phase-diagram --grid 4 --modes-ratio 1,0.9"),
    ("average", "average tanh --coefficients 1,0.5 --noise 0.3"),
    ("learn", "learn --data clusters --visible 12 --samples 30 --hidden 4 --t-end 0.01 --times 2"),
    (
        "compare",
        "compare --data clusters --visible 12 --samples 30 --hidden 4 --runs 1 --updates 3 --records 3 --closures linear-ising --learning-rate 0.05",
    ),
    ("sample", "sample seeds/ising.npz --chains 3 --steps 2"),
    ("inspect", "inspect seeds/ising.npz --modes 1"),
];

/// The folder, and the paths in it by kind of content.
pub struct Seeds {
    folder: TempDir,
    pub tables: Vec<String>,
    pub models: Vec<String>,
    pub runs: Vec<String>,
}

impl Seeds {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("work/seeds");
        std::fs::create_dir_all(&root).unwrap();
        let mut seeds = Self { folder, tables: Vec::new(), models: Vec::new(), runs: Vec::new() };
        seeds.tables = seeds.fixtures("tables");
        seeds.models = seeds.fixtures("models");
        seeds.images();
        // Initial machines for the twelve sites of the clusters.
        seeds.machine("strong.npz", 1.0, 1e3);
        seeds.machine("huge.npz", 1e20, 1e30);
        seeds.machine("flat.npz", 0.0, 0.0);
        for (name, line) in COMMANDS {
            let more = if line.starts_with("train") { TINY } else { "" };
            seeds.program(&format!("{line} {more} --out seeds/{name}"), true);
            seeds.runs.push(format!("{name}/run.toml"));
        }
        seeds.models.push("run/model.h5".to_owned());
        copy(&root.join("run"), &root.join("done"));
        // A run that stops because its weights become too large.
        seeds.program(&format!("train {TINY} --updates 20 --l2 1e6 --learning-rate 1e3 --out seeds/stopped"), false);
        assert!(root.join("stopped/checkpoints").is_dir());
        seeds
    }

    /// The folder `seeds`.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("work/seeds")
    }

    /// Files of a folder and its subfolders, as paths within the seeds.
    pub fn files_of(&self, name: &str) -> Vec<String> {
        let folder = self.root().join(name);
        let mut paths = Vec::new();
        let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()).collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let path = format!("{name}/{}", entry.file_name().display());
            let kind = entry.path().extension().unwrap_or_default().to_owned();
            if entry.path().is_dir() {
                paths.extend(self.files_of(&path));
            } else if kind != "png" && kind != "svg" {
                paths.push(path);
            }
        }
        paths
    }

    /// Copies the files of one folder of fixtures and its subfolders.
    fn fixtures(&self, kind: &str) -> Vec<String> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(kind);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(source).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                names.extend(self.fixtures(&format!("{kind}/{name}")));
            } else if !name.ends_with(".json") {
                std::fs::copy(&path, self.root().join(&name)).unwrap();
                names.push(name);
            }
        }
        names.sort();
        names
    }

    /// Writes images in IDX files, gzipped and plain, and a folder laid out like MNIST.
    fn images(&mut self) {
        let images = [&[0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 3], [0_u8, 200].repeat(12).as_slice()].concat();
        let labels = [0, 0, 8, 1, 0, 0, 0, 4, 3, 1, 4, 1];
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&images).unwrap();
        let packed = encoder.finish().unwrap();
        std::fs::create_dir(self.root().join("digits")).unwrap();
        for (name, bytes) in [
            ("images-idx3-ubyte", &images[..]),
            ("images-idx3-ubyte.gz", &packed),
            ("digits/train-images-idx3-ubyte.gz", &packed),
            ("digits/train-labels-idx1-ubyte", &labels),
        ] {
            std::fs::write(self.root().join(name), bytes).unwrap();
            self.tables.push(name.to_owned());
        }
    }

    /// Writes a machine of 12 and 4 units with weights of one size and fields of another.
    fn machine(&mut self, name: &str, weight: f64, field: f64) {
        let sign = |index: usize| if index.is_multiple_of(3) { -1.0 } else { 1.0 };
        let values = |count, size: f64| (0..count).map(|index| size * sign(index)).collect::<Vec<f64>>();
        let mut archive = Archive::new();
        archive.add("W", &[12, 4], &values(48, weight)).unwrap();
        archive.add("eta", &[12], &values(12, field)).unwrap();
        archive.add("theta", &[4], &values(4, field)).unwrap();
        std::fs::write(self.root().join(name), archive.finish().unwrap()).unwrap();
        self.models.push(name.to_owned());
    }

    fn program(&self, line: &str, succeeds: bool) {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let ending = super::child::run(&arguments, &self.folder.path().join("work"), 60);
        assert_eq!(ending.status() == Some(0), succeeds, "{line}: {}", ending.stderr);
    }
}

/// Copies a folder and its subfolders.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => _ = std::fs::copy(entry.path(), target).unwrap(),
        }
    }
}
