//! Randomly damaged files of all formats: reading never panics, and whatever can still be read is consistent.

use flate2::{Compression, write::GzEncoder};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spectral_rbm::data::{Expect, Samples, read};
use std::io::Write;
use std::path::Path;

/// Changes a few bytes, cuts the file, or repeats a piece.
fn damage(bytes: &mut Vec<u8>, generator: &mut impl Rng) {
    for _ in 0..generator.random_range(1..4) {
        if bytes.is_empty() {
            return;
        }
        let place = generator.random_range(0..bytes.len());
        match generator.random_range(0..6) {
            0 => bytes[place] = generator.random(),
            1 => bytes[place] ^= 1 << generator.random_range(0..8),
            2 => bytes[place] = *[0, 1, 0x7f, 0xff, b'9', b'('].get(generator.random_range(0..6)).unwrap(),
            3 => bytes.truncate(place),
            4 => bytes.insert(place, generator.random()),
            _ => {
                let end = generator.random_range(place..bytes.len().min(place + 40));
                let piece = bytes[place..end].to_vec();
                let target = generator.random_range(0..bytes.len());
                bytes.splice(target..target, piece);
            }
        }
    }
}

/// Damages a file in many ways, and counts how often it can still be read.
fn read_damaged(name: &str, bytes: &[u8], times: u64) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let mut readable = 0;
    for seed in 0..times {
        let mut damaged = bytes.to_vec();
        damage(&mut damaged, &mut ChaCha8Rng::seed_from_u64(seed));
        std::fs::write(&path, &damaged).unwrap();
        for expect in [Expect::Spins, Expect::Real] {
            let Ok(set) = read(&path, expect) else { continue };
            readable += 1;
            let (samples, units) = (set.len(), set.units());
            assert!(samples > 0 && units > 0, "{name}, seed {seed}: {samples} samples of {units} units");
            assert!(set.labels.is_none_or(|labels| labels.len() == samples), "{name}, seed {seed}");
            match set.samples {
                Samples::Spins(_) => assert_eq!(expect, Expect::Spins, "{name}, seed {seed}"),
                Samples::Real(values) => assert!(values.iter().all(|value| value.is_finite()), "{name}, seed {seed}"),
            }
        }
        // Overwriting the file would wait for the disk.
        std::fs::remove_file(&path).unwrap();
    }
    readable
}

#[test]
fn damaged_files_are_refused_or_read_soundly() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tables");
    let (mut read, mut readable) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        readable += read_damaged(name, &std::fs::read(&path).unwrap(), 600);
        read += 1200;
    }
    // Damage that makes every file unreadable, or none, would test nothing.
    assert!(read > 20_000 && readable > read / 50 && readable < read / 2, "{readable} of {read}");
}

#[test]
fn damaged_idx_files_are_refused_or_read_soundly() {
    let images = [&[0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 3], [7_u8; 24].as_slice()].concat();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&images).unwrap();
    let zipped = encoder.finish().unwrap();
    let plain = read_damaged("images", &images, 3000);
    let packed = read_damaged("images.gz", &zipped, 3000);
    // A pixel may change unnoticed, but not in a gzipped file, where only a few bytes of the header have no effect.
    assert!((600..4000).contains(&plain), "{plain}");
    assert!(packed < 1500, "{packed}");
}
