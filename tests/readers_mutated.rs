//! Property: whatever happens to a file, no reader panics, takes memory out of proportion, or accepts a machine that
//! cannot be inspected. proptest makes the mutations, so a failure is shrunk to the few bytes that matter.

mod damage;

use damage::change;
use proptest::collection::vec;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use spectral_rbm::data::{Expect, Samples, read};
use spectral_rbm::simulator::machine::{ModelReader, Units};
use spectral_rbm::study::inspect::Reading;
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts the memory in use, and records its peak.
struct Watching;

/// Bytes in use.
static IN_USE: AtomicUsize = AtomicUsize::new(0);
/// Largest number of bytes in use.
static PEAK: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(IN_USE.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static MEMORY: Watching = Watching;

/// Additional memory allowed, for files shorter than 60 kB: 16 MB, of which the fixed buffers of the HDF5 reader take
/// 4.
const MOST: usize = 16 << 20;
/// Held by a test, since memory is counted for the whole process.
static ALONE: Mutex<()> = Mutex::new(());

/// Mutates a file `cases` times and passes each result to `reads`, which says whether it could be read. Some must be
/// refused.
fn mutate(source: &Path, cases: u32, reads: impl Fn(&Path) -> bool) {
    let _alone = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let whole = std::fs::read(source).unwrap();
    assert!(whole.len() < 60_000 && reads(source), "{}", source.display());
    let folder = tempfile::tempdir().unwrap();
    let (read, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let result = runner.run(&vec(change(), 1..12), |changes| {
        let mut bytes = whole.clone();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        // The reader identifies tables by the file's name.
        let path = folder.path().join(source.file_name().unwrap());
        std::fs::write(&path, &bytes).unwrap();
        drop(bytes);
        let before = IN_USE.load(Relaxed);
        PEAK.store(before, Relaxed);
        if reads(&path) { &read } else { &refused }.fetch_add(1, Relaxed);
        let taken = PEAK.load(Relaxed).saturating_sub(before);
        std::fs::remove_file(&path).unwrap();
        if taken > MOST { Err(TestCaseError::fail(format!("{taken} bytes in use"))) } else { Ok(()) }
    });
    if let Err(error) = result {
        panic!("{}: {error}", source.display());
    }
    let (read, refused) = (read.into_inner(), refused.into_inner());
    println!("{}: {read} read, {refused} refused", source.display());
    assert!(refused > 0, "{}: {read} read, {refused} refused", source.display());
}

/// Reads everything in a model file, under each choice of units, and inspects the machines.
fn reads_model(path: &Path) -> bool {
    let mut whole = false;
    for units in [None, Some(Units::Ising), Some(Units::Bernoulli)] {
        let Ok(reader) = ModelReader::open_weights(path, units) else { continue };
        for &update in reader.updates().iter().take(8) {
            let _ = reader.read(update);
            let _ = reader.machine(Some(update));
        }
        let _ = (reader.chains(), reader.extra());
        let Ok(machine) = reader.machine(None) else { continue };
        let parameters = machine.weights.iter().chain(&machine.eta).chain(&machine.theta);
        assert!(parameters.clone().all(|value| value.is_finite()));
        assert_eq!(machine.weights.len(), machine.visible * machine.hidden);
        // Weights as large as 1e38 can have singular values beyond single precision, but not beyond double precision.
        let reading = Reading::of(&machine).unwrap();
        assert!(reading.modes.singular_values.iter().all(|value| value.is_finite()));
        whole = true;
    }
    whole
}

fn reads_data(path: &Path) -> bool {
    let mut whole = false;
    for expect in [Expect::Spins, Expect::Real] {
        let Ok(set) = read(path, expect) else { continue };
        assert!(!set.is_empty() && set.units() > 0);
        if let Samples::Real(values) = &set.samples {
            assert!(values.iter().all(|value| value.is_finite()));
        }
        whole = true;
    }
    whole
}

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder)
}

const MODELS: [&str; 9] = [
    "rbms-0.5.0-bernoulli.h5",
    "rbms-0.6.0-ising.h5",
    "torchrbm.h5",
    "newest.h5",
    "ising.npz",
    "named.npz",
    "foreign/julia-standardized.h5",
    "foreign/half.h5",
    "foreign/weights.npy",
];

#[test]
fn mutated_models_are_refused_or_sound() {
    for name in MODELS {
        mutate(&fixtures("models").join(name), 300, reads_model);
    }
}

#[test]
#[ignore = "half a minute"]
fn many_mutated_models_are_refused_or_sound() {
    for name in MODELS {
        mutate(&fixtures("models").join(name), 6000, reads_model);
    }
}

#[test]
fn mutated_data_are_refused_or_sound() {
    for entry in std::fs::read_dir(fixtures("tables")).unwrap() {
        let path = entry.unwrap().path();
        if std::fs::metadata(&path).unwrap().len() < 60_000 && reads_data(&path) {
            mutate(&path, 200, reads_data);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let images = [&[0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 3], [7_u8; 24].as_slice()].concat();
    let plain = folder.path().join("images-idx3-ubyte");
    std::fs::write(&plain, &images).unwrap();
    mutate(&plain, 2000, reads_data);
    let packed = folder.path().join("images-idx3-ubyte.gz");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, &images).unwrap();
    std::fs::write(&packed, encoder.finish().unwrap()).unwrap();
    mutate(&packed, 2000, reads_data);
}
