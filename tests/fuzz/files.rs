//! Randomly damaged input files, and the commands that read them.

use super::seeds::Seeds;
use crate::damage::{Change, change};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::io::{Cursor, Read, Write};
use zip::write::FileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// A path within the seeds, and commands that read this file; `{}` stands for its name. For a folder of a run that is
/// continued, the command names the folder.
type Victim = (String, &'static [&'static str]);

const DATA: &[&str] = &[
    "sample seeds/ising.npz --from-data --data {} --chains 2 --steps 1",
    "train --data {} --hidden 2 --updates 1 --records 1 --batch-size 1",
    "train --units gaussian --data {} --hidden 2 --updates 1 --records 1 --batch-size 1",
    "learn --closure linear --data {} --hidden 2 --modes 1 --t-end 0.01 --times 1",
];

const MODELS: &[&str] = &[
    "sample {} --chains 2 --steps 1",
    "sample {} --chains 2 --steps 1 --units bernoulli",
    "spectrum {} --format json",
    "inspect {} --modes 1 --format json",
    "sample {} --chains 2 --steps 1 --update 1",
    "learn --data clusters --visible 12 --samples 10 --init {} --closure linear-ising --modes 1 --t-end 0.01 --times 1",
    "learn --data {} --samples 10 --hidden 2 --closure linear-ising --modes 1 --t-end 0.01 --times 1",
];

const RUNS: &[&str] = &["run {} --out out"];

const STOPPED: &[&str] = &["train --resume stopped --updates 20"];
const DONE: &[&str] = &["train --resume done --updates 8", "sample done --chains 2 --steps 1"];
const COMPARED: &[&str] = &["compare --simulation done --closures linear-ising"];

/// Everything that can be damaged.
fn victims(seeds: &Seeds) -> Vec<Victim> {
    let mut victims = Vec::new();
    let mut add = |paths: Vec<String>, commands| {
        victims.extend(paths.into_iter().map(|path| (path, commands)));
    };
    add(seeds.tables.clone(), DATA);
    add(seeds.models.clone(), MODELS);
    add(seeds.runs.clone(), RUNS);
    add(seeds.files_of("stopped"), STOPPED);
    add(seeds.files_of("done"), DONE);
    add(seeds.files_of("done"), COMPARED);
    victims
}

/// One kind of damage.
#[derive(Clone, Debug)]
enum Damage {
    Bytes(Change),
    /// Replaces a number written in digits by another number.
    Number(f64, &'static str),
    /// Replaces a word of the format by another word.
    Word(f64, &'static str, &'static str),
}

/// A damaged file and the command that reads it.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Path of the file within the seeds.
    pub path: String,
    pub command: &'static str,
    /// Position of the damaged entry within compressed content, so that checksums stay valid; `None` damages the file
    /// itself.
    inside: Option<f64>,
    damages: Vec<Damage>,
}

const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1",
    "3",
    "1e300",
    "nan",
    "inf",
    "65536",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "1e30",
    "-1e-300",
    "",
    "99999999999999999999999",
    "0.5",
];

const WORDS: [(&str, &str); 14] = [
    ("<f4", "<f2"),
    ("<f4", ">f4"),
    ("<f8", "<f4"),
    ("<f8", "<c8"),
    ("|u1", "|i1"),
    ("|u1", "|O8"),
    ("|u1", "<u8"),
    ("|i1", "|b1"),
    ("False", "True "),
    ("true", "0"),
    ("\"", "["),
    (",", ";"),
    ("= ", "= -"),
    ("\n", "\n\n["),
];

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => change().prop_map(Damage::Bytes),
        2 => (0.0..1.0, select(&NUMBERS[..])).prop_map(|(at, number)| Damage::Number(at, number)),
        1 => (0.0..1.0, select(&WORDS[..])).prop_map(|(at, (from, to))| Damage::Word(at, from, to)),
    ]
}

/// A random file of the seeds, damaged.
pub fn mutant(seeds: &Seeds) -> impl Strategy<Value = Mutant> {
    let victim = select(victims(seeds)).prop_flat_map(|(path, commands)| (Just(path), select(commands)));
    let inside = proptest::option::weighted(0.6, 0.0..1.0);
    (victim, inside, vec(damage(), 1..6)).prop_map(|((path, command), inside, damages)| Mutant {
        path,
        command,
        inside,
        damages,
    })
}

impl Mutant {
    /// The damaged bytes of a file.
    pub fn apply(&self, whole: &[u8]) -> Vec<u8> {
        let damaged = |bytes: &mut Vec<u8>| self.damages.iter().for_each(|damage| damage.apply(bytes));
        let packed = self.inside.and_then(|place| {
            if whole.starts_with(&[0x1f, 0x8b]) { gzipped(whole, &damaged) } else { zipped(whole, place, &damaged) }
        });
        packed.unwrap_or_else(|| {
            let mut bytes = whole.to_vec();
            damaged(&mut bytes);
            bytes
        })
    }

    /// The arguments of the command, for a file with this name.
    pub fn arguments(&self, name: &str) -> Vec<String> {
        self.command.split(' ').map(|word| if word == "{}" { name.to_owned() } else { word.to_owned() }).collect()
    }
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Damage::Bytes(change) => change.apply(bytes),
            Damage::Number(at, number) => {
                let part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'-');
                let start = (at * bytes.len() as f64) as usize;
                let Some(start) = bytes[start..].iter().position(part).map(|skipped| start + skipped) else { return };
                let length = bytes[start..].iter().take_while(|&byte| part(byte)).count();
                bytes.splice(start..start + length, number.bytes());
            }
            Damage::Word(at, from, to) => {
                let start = (at * bytes.len() as f64) as usize;
                let places = bytes.windows(from.len()).enumerate().filter(|(_, window)| *window == from.as_bytes());
                let places: Vec<usize> = places.map(|(place, _)| place).collect();
                let Some(&place) = places.iter().find(|&&place| place >= start).or(places.first()) else { return };
                bytes.splice(place..place + from.len(), to.bytes());
            }
        }
    }
}

fn gzipped(whole: &[u8], damaged: &impl Fn(&mut Vec<u8>)) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(whole).read_to_end(&mut bytes).ok()?;
    damaged(&mut bytes);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&bytes).ok()?;
    encoder.finish().ok()
}

/// An archive with one of its entries damaged; `None` if the file is not an archive.
fn zipped(whole: &[u8], place: f64, damaged: &impl Fn(&mut Vec<u8>)) -> Option<Vec<u8>> {
    let mut archive = ZipArchive::new(Cursor::new(whole)).ok()?;
    let chosen = (place * archive.len() as f64) as usize;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).ok()?;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).ok()?;
        if index == chosen {
            damaged(&mut bytes);
        }
        writer.start_file(entry.name(), FileOptions::default().compression_method(CompressionMethod::Stored)).ok()?;
        writer.write_all(&bytes).ok()?;
    }
    Some(writer.finish().ok()?.into_inner())
}
