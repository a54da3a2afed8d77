//! Truncated, damaged or malicious model files are refused with an error. The reader does not panic, and does not
//! request more memory than files of this length can need.

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spectral_rbm::simulator::machine::{Checkpoint, Machine, ModelError, ModelFile, ModelReader, Units};

/// Records the largest piece of memory requested.
struct Watching;

/// The largest piece in bytes.
static LARGEST: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static MEMORY: Watching = Watching;

/// The largest piece allowed for any file here, all shorter than 50 kB. The fixed buffers of the HDF5 reader take 4 MB.
const MOST: usize = 16 << 20;
/// Held by a test, since the largest piece is recorded for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// Reads everything in a file, and returns the number of readable parts.
fn read_all(path: &Path) -> usize {
    let mut readers = [None, Some(Units::Bernoulli)].into_iter().flat_map(|units| ModelReader::open(path, units));
    let Some(reader) = readers.next() else { return 0 };
    let machines =
        reader.updates().iter().map(|&update| reader.read(update).is_ok() || reader.machine(Some(update)).is_ok());
    let others = [reader.machine(None).is_ok(), reader.chains().is_ok(), reader.extra().is_ok()];
    machines.chain(others).filter(|&whole| whole).count()
}

/// Changes a few bytes, copies a stretch, replaces words by special numbers, or cuts the file.
fn damage(bytes: &mut Vec<u8>, random: &mut impl Rng) {
    const NUMBERS: [u64; 10] =
        [0, 1, 255, 1 << 20, 1 << 31, u32::MAX as u64, 1 << 40, 1 << 62, i64::MAX as u64, u64::MAX];
    if random.random_range(0..8) == 0 {
        bytes.truncate(random.random_range(0..bytes.len()));
        return;
    }
    let most = if random.random() { 3 } else { 40 };
    for _ in 0..random.random_range(1..=most) {
        let length = bytes.len();
        let at = random.random_range(0..length);
        match random.random_range(0..5) {
            0 => bytes[at] = random.random(),
            1 => bytes[at] ^= 1 << random.random_range(0..8),
            2 => {
                let from = random.random_range(0..length);
                let count = random.random_range(0..64).min(length - at.max(from));
                bytes.copy_within(from..from + count, at);
            }
            width => {
                let width = if width == 3 { 4 } else { 8 };
                let at = at / width * width;
                let number = NUMBERS[random.random_range(0..NUMBERS.len())].to_le_bytes();
                let width = width.min(length - at);
                bytes[at..at + width].copy_from_slice(&number[..width]);
            }
        }
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
}

fn ours(folder: &Path) -> PathBuf {
    let machine = Machine { visible: 3, hidden: 2, weights: vec![0.5; 6], eta: vec![0.1; 3], theta: vec![0.2; 2] };
    let checkpoints = vec![Checkpoint { update: 4, time: 0.04, machine }];
    let path = folder.join("ours.h5");
    ModelFile { checkpoints, ..Default::default() }.write(&path, Units::Ising).unwrap();
    path
}

#[test]
fn damaged_files_neither_panic_nor_take_memory() {
    mutate(2, 500);
}

#[test]
#[ignore = "half a minute"]
fn many_damaged_files_neither_panic_nor_take_memory() {
    mutate(3, 2000);
}

fn mutate(seed: u64, rounds: usize) {
    let _alone = ALONE.lock();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged");
    let names = [
        "rbms-0.5.0-bernoulli.h5",
        "rbms-0.6.0-ising.h5",
        "torchrbm.h5",
        "newest.h5",
        "ising.npz",
        "named.npz",
        "foreign/julia-standardized.h5",
        "foreign/half.h5",
        "foreign/half.npz",
    ];
    for source in names.iter().map(|name| fixture(name)).chain([ours(folder.path())]) {
        let whole = std::fs::read(&source).unwrap();
        let parts = read_all(&source);
        assert!(parts >= 3);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let (mut worse, mut same) = (0, 0);
        LARGEST.store(0, Ordering::Relaxed);
        for _ in 0..rounds {
            let mut bytes = whole.clone();
            damage(&mut bytes, &mut random);
            std::fs::write(&path, &bytes).unwrap();
            if read_all(&path) < parts { worse += 1 } else { same += 1 }
        }
        let largest = LARGEST.load(Ordering::Relaxed);
        assert!(largest < MOST, "{}: {largest} bytes at once", source.display());
        // The mutations reach the important parts, and do not destroy all of them.
        assert!(worse > rounds / 20 && same > 0, "{}: {worse} of {rounds} refused", source.display());
    }
}

#[test]
fn every_truncation_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (source, path) = (ours(folder.path()), folder.path().join("truncated.h5"));
    let whole = std::fs::read(source).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(ModelReader::open(&path, None).and_then(|reader| reader.read(4)).is_err(), "{length} bytes");
    }
}

/// Sizes stated in a file, which a reader may believe without a check.
#[test]
fn stated_sizes_are_not_believed() {
    let _alone = ALONE.lock();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.h5");
    let whole = std::fs::read(fixture("torchrbm.h5")).unwrap();
    let starts = |pattern: &[u8]| -> Vec<usize> {
        whole
            .windows(pattern.len())
            .enumerate()
            .filter(|(_, window)| *window == pattern)
            .map(|(start, _)| start)
            .collect()
    };
    // The stated size of the first chunk, in each node of the trees that index chunks (signature, type 1).
    let nodes = starts(b"TREE\x01");
    // The extents of the weights, followed by their largest extents: 20 × 7.
    let extents = starts(&[20u64, 7, 20, 7].map(u64::to_le_bytes).concat());
    assert!(nodes.len() == 3 && extents.len() == 2);
    let places = nodes.iter().map(|node| (node + 24, &[0xff, 0xff, 0xff, 0x7f][..]));
    let huge = (1u64 << 33).to_le_bytes();
    let places = places.chain(extents.iter().map(|&extent| (extent, &huge[..])));
    for (place, bytes) in places {
        let mut damaged = whole.clone();
        damaged[place..place + bytes.len()].copy_from_slice(bytes);
        std::fs::write(&path, &damaged).unwrap();
        LARGEST.store(0, Ordering::Relaxed);
        let reader = ModelReader::open(&path, Some(Units::Bernoulli)).unwrap();
        let found = [7, 20].map(|update| reader.machine(Some(update)));
        assert!(found.iter().any(|found| matches!(found, Err(ModelError::Format { .. }))), "{place}: {found:?}");
        let largest = LARGEST.load(Ordering::Relaxed);
        assert!(largest < MOST, "{largest} bytes at once, by byte {place}");
    }
}

/// Files of one to four megabytes whose zeros unpack to gigabytes (compressed once more in the fixtures), in a process
/// limited to 2 GB. Every command that reads models or data gives one line and status 2, and the process is not killed.
#[cfg(unix)]
#[test]
fn files_that_unpack_to_gigabytes_are_refused_in_two_gigabytes() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["chunk.h5", "chunks.h5", "archive.npz", "alone.npz"] {
        let packed = std::fs::File::open(fixture("foreign").join(format!("{name}.gz"))).unwrap();
        let path = folder.path().join(name);
        std::io::copy(&mut flate2::read::GzDecoder::new(packed), &mut std::fs::File::create(&path).unwrap()).unwrap();
        assert!((1_000_000..5_000_000).contains(&std::fs::metadata(&path).unwrap().len()));
        for command in ["inspect FILE", "spectrum FILE", "sample FILE", "train --init FILE --updates 1"] {
            let (code, complaint) = limited(&command.replace("FILE", path.to_str().unwrap()), folder.path());
            assert!(code == Some(2) && complaint.lines().count() == 1, "{command}, {name}: {code:?} {complaint}");
        }
        if name.ends_with("h5") {
            let data = folder.path().join(format!("data-{name}"));
            // With another name of its group the file is not a model.
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&data, rename(bytes, b"update_1", b"uxxxxx_1")).unwrap();
            let (code, complaint) = limited(&format!("train --updates 1 --data {}", data.display()), folder.path());
            assert!(code == Some(2) && complaint.lines().count() == 1, "{name}: {code:?} {complaint}");
            assert!(complaint.contains("samples"), "{complaint}");
        }
    }
}

/// Runs the program in 2 GB of memory, and returns its status and stderr.
#[cfg(unix)]
fn limited(arguments: &str, folder: &Path) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_spectral-rbm");
    let out = folder.join("out");
    let line = format!("ulimit -v 2000000 && exec {program} {arguments} --quiet --out {}", out.display());
    let output = std::process::Command::new("sh").args(["-c", &line]).env("RAYON_NUM_THREADS", "2").output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Replaces some bytes by others.
#[cfg(unix)]
fn rename(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    while let Some(start) = bytes.windows(from.len()).position(|window| window == from) {
        bytes[start..start + to.len()].copy_from_slice(to);
    }
    bytes
}
