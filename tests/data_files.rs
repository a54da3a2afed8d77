//! Users' own data: every format against one table, and what is wrong with files said clearly.

use flate2::{Compression, write::GzEncoder};
use spectral_rbm::data::{DataError, Dataset, Expect, Samples, read};
use std::io::Write;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tables").join(name)
}

/// The table of the fixtures (`tables.py`).
fn up(sample: usize, unit: usize) -> bool {
    (sample * sample + sample * unit + unit) % 3 == 1
}

/// Writes `bytes` to a file, and what reading it gives.
fn read_bytes(name: &str, bytes: &[u8], expect: Expect) -> Result<Dataset, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read(&path, expect)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// IDX images of these dimensions with these pixels.
fn idx(dimensions: [u32; 3], pixels: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3];
    bytes.extend(dimensions.iter().flat_map(|dimension| dimension.to_be_bytes()));
    bytes.extend(pixels);
    bytes
}

fn rows(set: &Dataset) -> Vec<Vec<f64>> {
    let value = |sample, unit| match &set.samples {
        Samples::Spins(spins) => spins.value(sample, unit),
        Samples::Real(values) => values[(sample, unit)],
    };
    (0..set.len()).map(|sample| (0..set.units()).map(|unit| value(sample, unit)).collect()).collect()
}

#[track_caller]
fn assert_refused(outcome: Result<Dataset, DataError>, words: &str) {
    match outcome {
        Err(DataError::Format { path: _, reason }) => assert!(reason.contains(words), "{reason:?} without {words:?}"),
        other => panic!("{other:?} instead of a format error with {words:?}"),
    }
}

#[test]
fn every_format_gives_the_same_spins() {
    let names = "bool.npy u1.npy i1-fortran.npy i2-big.npy u8.npy f4.npy f8-big-fortran.npy labels.npz unnamed.npz \
                 spaces.txt signs.csv rbms.h5 chunked.h5 recent.h5";
    for name in names.split_whitespace() {
        let set = read(&fixture(name), Expect::Spins).unwrap_or_else(|error| panic!("{name}: {error}"));
        let spins = set.spins().unwrap();
        assert_eq!((spins.samples(), spins.units()), (7, 5), "{name}");
        for (sample, unit) in (0..7).flat_map(|sample| (0..5).map(move |unit| (sample, unit))) {
            assert_eq!(spins.get(sample, unit), up(sample, unit), "{name}: {sample}, {unit}");
        }
        let labels = ["labels.npz", "rbms.h5"].contains(&name).then(|| (-3..=3).collect());
        assert_eq!(set.labels, labels, "{name}");
        assert_eq!(set.image_shape, None);
    }
}

#[test]
fn real_numbers_are_what_the_file_says() {
    let expected: Vec<Vec<f64>> =
        (0..7).map(|s| (0..5).map(|u| f64::from(s) - 0.125 * f64::from(u)).collect()).collect();
    for name in ["reals.npy", "reals-fortran.npy", "reals.h5"] {
        let set = read(&fixture(name), Expect::Real).unwrap();
        assert_eq!(rows(&set), expected, "{name}");
        assert!(set.spins().is_err());
    }
    let set = read_bytes("a.csv", b"x;y\n1.5;-2e3\n0;.25\n", Expect::Real).unwrap();
    assert_eq!(rows(&set), [[1.5, -2e3], [0.0, 0.25]]);
    // Spins are numbers too; 0 and 1 stay so.
    assert_eq!(rows(&read(&fixture("bool.npy"), Expect::Real).unwrap())[0], [0.0, 1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn text_in_all_its_spellings() {
    let expected = [[1.0, -1.0, -1.0], [-1.0, 1.0, 1.0]];
    let texts = [
        "1,0,0\n0,1,1\n",
        "1;0;0\r\n0;1;1",
        "1\t0\t0\n0\t1\t1\n",
        "  1  0 0\n  0 1   1  \n\n",
        "a,b,c\n1,0,0\n0,1,1\n",
        "# a, comment\n\nthe first;the second;the third\n1;0;0\n# another\n 0 ;1.0;+1\n",
        "\u{feff}1 -1 -1\n-1 1e0 1\n",
        "\"a\",\"b\",\"c\"\n\"1\",-1,-1.0\n-1,1,1\n",
    ];
    for text in texts {
        let set =
            read_bytes("a.txt", text.as_bytes(), Expect::Spins).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(rows(&set), expected, "{text:?}");
        let set = read_bytes("a.txt.gz", &gzip(text.as_bytes()), Expect::Spins).unwrap();
        assert_eq!(rows(&set), expected, "{text:?}, gzipped");
    }
    // One unit.
    assert_eq!(rows(&read_bytes("a", b"1\n0\n1\n", Expect::Spins).unwrap()), [[1.0], [-1.0], [1.0]]);
    // Only ones are +1 under either reading.
    assert_eq!(rows(&read_bytes("a", b"1,1\n1,1\n", Expect::Spins).unwrap()), [[1.0, 1.0], [1.0, 1.0]]);
}

#[test]
fn a_wrong_value_is_named_with_its_place() {
    let at = |text: &[u8], expect| match read_bytes("a.csv", text, expect) {
        Err(DataError::Value { sample, unit, value, .. }) => (sample, unit, value),
        other => panic!("{other:?} instead of a value error"),
    };
    assert_eq!(at(b"x,y\n0,1\n1,0.5\n", Expect::Spins), (2, 2, 0.5));
    assert_eq!(at(b"0,1\n1,1\n-1,0\n", Expect::Spins), (3, 1, -1.0));
    assert_eq!(at(b"-1,1\n1,0\n", Expect::Spins), (2, 2, 0.0));
    assert_eq!(at(b"1,1\n2,1\n", Expect::Spins), (2, 1, 2.0));
    assert_eq!(at(b"1,2\n3,inf\n", Expect::Real), (2, 2, f64::INFINITY));
    assert!(at(b"1,nan\n", Expect::Real).2.is_nan());
    assert!(at(b"1,nan\n", Expect::Spins).2.is_nan());
    // Columns of a Fortran array come first in the file: the second is 0, -0.125, ..., after 0 to 6 in the first.
    let Err(DataError::Value { sample: 3, unit: 1, value: 2.0, .. }) =
        read(&fixture("reals-fortran.npy"), Expect::Spins)
    else {
        panic!("the 2 in the third row is the first that is wrong")
    };
    let message = read_bytes("a.csv", b"0,1\n1,7\n", Expect::Spins).unwrap_err().to_string();
    assert!(message.contains("sample 2, unit 2 is 7: units must be 0 or 1, or else -1 or 1"), "{message}");
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    for (text, words) in [
        ("1,0\n1\n", "line 2 has 1 values, where the rows before have 2"),
        ("a,b\n1,0\n1,0,1\n", "line 3 has 3 values"),
        ("1,0\nx,1\n", "sample 2, unit 1 is \"x\": a number is needed"),
        ("a,b\nc,d\n", "sample 1, unit 1 is \"c\""),
        (",0,1\n0,1,0\n", "sample 1, unit 1 is \"\""),
        ("1,,0\n", "sample 1, unit 2 is \"\""),
        ("# nothing\n", "there are no samples"),
        ("a,b\n", "there are no samples"),
        ("\n\n", "there are no samples"),
        ("", "the file is empty"),
        ("\u{1}binary", "of unknown kind"),
    ] {
        assert_refused(read_bytes("a.csv", text.as_bytes(), Expect::Spins), words);
    }
    for (name, words) in [
        ("empty.npy", "shape [0, 5]: two dimensions are needed"),
        ("vector.npy", "shape [5]: two dimensions are needed"),
        ("images.npy", "shape [2, 3, 4]: two dimensions are needed"),
        ("complex.npy", "elements of type '<c16'"),
        ("ambiguous.npz", "which array has the samples?"),
        ("few-labels.npz", "the labels have shape [6]: one a sample is needed, [7]"),
        ("unnamed.h5", "no data set \"samples\", only [\"data\"]"),
        ("huge.h5", "states a size that a file of this length cannot hold"),
    ] {
        assert_refused(read(&fixture(name), Expect::Spins), words);
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(read(folder.path(), Expect::Spins), Err(DataError::Read { .. })));
    assert!(matches!(read(&folder.path().join("none.csv"), Expect::Spins), Err(DataError::Read { .. })));
}

#[test]
fn npy_of_the_wrong_length_or_with_an_impossible_header() {
    let whole = std::fs::read(fixture("u1.npy")).unwrap();
    for length in 7..whole.len() {
        assert_refused(read_bytes("a.npy", &whole[..length], Expect::Spins), "too early");
    }
    assert_refused(read_bytes("a.npy", &[whole.as_slice(), b"\0"].concat(), Expect::Spins), "goes on after");
    let with_header = |header: &str| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend([1; 100]);
        read_bytes("a.npy", &bytes, Expect::Spins)
    };
    let plain = |shape: &str| format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n");
    assert!(with_header(&plain("(20, 5)")).is_ok());
    assert_refused(with_header(&plain("(1000000000, 10000000)")), "too early");
    assert_refused(with_header(&plain("(4294967296, 4294967296)")), "no plain array of a size that can be");
    assert_refused(with_header(&plain("(0xffffffffffffffff, 0xffffffffffffffff)")), "no plain array");
    assert_refused(with_header(&plain("(-1, 5)")), "cannot be negative");
    // Deep enough to exhaust a parser's stack.
    assert_refused(with_header(&"(".repeat(9000)), "no plain array");
    assert_refused(with_header(&" ".repeat(60_000)), "too long");
}

#[test]
fn idx_images_are_read_by_threshold_or_as_numbers() {
    let bytes = idx([2, 1, 3], &[0, 127, 128, 255, 1, 200]);
    for content in [bytes.clone(), gzip(&bytes)] {
        let set = read_bytes("images", &content, Expect::Spins).unwrap();
        assert_eq!(rows(&set), [[-1.0, -1.0, 1.0], [1.0, -1.0, 1.0]]);
        assert_eq!(set.image_shape, Some((1, 3)));
        let set = read_bytes("images", &content, Expect::Real).unwrap();
        assert_eq!(rows(&set), [[0.0, 127.0, 128.0], [255.0, 1.0, 200.0]]);
    }
}

#[test]
fn idx_of_the_wrong_kind_or_length() {
    let bytes = idx([2, 1, 3], &[0, 127, 128, 255, 1, 200]);
    let read_idx = |bytes: &[u8]| read_bytes("images", bytes, Expect::Spins);
    for length in 4..bytes.len() {
        assert_refused(read_idx(&bytes[..length]), "truncated");
        assert_refused(read_idx(&gzip(&bytes[..length])), "truncated");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert_refused(read_idx(&longer), "23 bytes long, and dimensions [2, 1, 3] in the header make it 22");
    assert_refused(read_idx(&gzip(&longer)), "goes on after its last value");
    let zipped = gzip(&bytes);
    assert_refused(read_idx(&zipped[..zipped.len() - 1]), "too early");
    let mut damaged = zipped.clone();
    // Gzip's own checksum, in the last eight bytes.
    damaged[zipped.len() - 8] ^= 1;
    assert_refused(read_idx(&damaged), "damaged");
    assert_refused(read_idx(&[zipped.as_slice(), b"more, of another kind"].concat()), "damaged");
    assert_refused(read_idx(&[0, 0, 8, 1, 0, 0, 0, 1, 7]), "1 dimensions: images have 3");
    assert_refused(read_idx(&idx([0, 28, 28], &[])), "there is no data");
    // Of the sizes stated here nothing is allocated.
    assert_refused(read_idx(&idx([u32::MAX, 1 << 15, 1 << 15], &[1, 2, 3])), "truncated");
    assert_refused(read_idx(&gzip(&idx([u32::MAX, 1 << 15, 1 << 15], &[1, 2, 3]))), "truncated");
    assert_refused(read_idx(&idx([u32::MAX; 3], &[1, 2, 3])), "too large");
}
