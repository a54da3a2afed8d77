//! Users' own data: every format against one table, and clear messages about what is wrong with a file.

use flate2::{Compression, write::GzEncoder};
use spectral_rbm::data::{
    Binarization, DataError, DataFile, Dataset, Expect, FileOptions, Missing, Samples, read, read_file,
};
use std::io::Write;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tables").join(name)
}

/// Whether a unit is up in the table of the fixtures (`tables.py`).
fn up(sample: usize, unit: usize) -> bool {
    (sample * sample + sample * unit + unit) % 3 == 1
}

/// Writes `bytes` to a file and reads it.
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

/// IDX images with these dimensions and pixels.
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
                 spaces.txt signs.csv rbms.h5 chunked.h5 recent.h5 f2.npy f2-big-fortran.npy f2.h5 csr.npz csc.npz coo.npz \
                 pieces.npz equal-weights.npz matlab.h5 jld2.h5 rhdf5.h5";
    for name in names.split_whitespace() {
        let set = read(&fixture(name), Expect::Spins).unwrap_or_else(|error| panic!("{name}: {error}"));
        let spins = set.spins().unwrap();
        assert_eq!((spins.samples(), spins.units()), (7, 5), "{name}");
        for (sample, unit) in (0..7).flat_map(|sample| (0..5).map(move |unit| (sample, unit))) {
            assert_eq!(spins.get(sample, unit), up(sample, unit), "{name}: {sample}, {unit}");
        }
        let labels = ["labels.npz", "rbms.h5", "equal-weights.npz"].contains(&name).then(|| (-3..=3).collect());
        assert_eq!(set.labels, labels, "{name}");
        assert_eq!(set.image_shape, None);
    }
}

#[test]
fn real_numbers_are_what_the_file_says() {
    let expected: Vec<Vec<f64>> =
        (0..7).map(|s| (0..5).map(|u| f64::from(s) - 0.125 * f64::from(u)).collect()).collect();
    for name in ["reals.npy", "reals-fortran.npy", "reals.h5", "halves.npy", "halves-big.h5"] {
        let set = read(&fixture(name), Expect::Real).unwrap();
        assert_eq!(rows(&set), expected, "{name}");
        assert!(set.spins().is_err());
    }
    let set = read_bytes("a.csv", b"x;y\n1.5;-2e3\n0;.25\n", Expect::Real).unwrap();
    assert_eq!(rows(&set), [[1.5, -2e3], [0.0, 0.25]]);
    // Spins can also be read as numbers; 0 and 1 are kept.
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
    // A single unit.
    assert_eq!(rows(&read_bytes("a", b"1\n0\n1\n", Expect::Spins).unwrap()), [[1.0], [-1.0], [1.0]]);
    // A file with only ones gives +1 in both conventions.
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
    // A Fortran array is stored by columns: 0 to 6 in the first, then 0, -0.125, ... in the second.
    let Err(DataError::Value { sample: 3, unit: 1, value: 2.0, .. }) =
        read(&fixture("reals-fortran.npy"), Expect::Spins)
    else {
        panic!("the 2 in the third row is the first that is wrong")
    };
    let message = read_bytes("a.csv", b"0,1\n1,7\n", Expect::Spins).unwrap_err().to_string();
    assert!(message.contains("sample 2, unit 2 is 7: units must be 0 or 1, or else -1 or 1; grey levels"), "{message}");
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    for (text, words) in [
        ("1,0\n1\n", "line 2 has 1 values, where the rows before have 2"),
        ("a,b\n1,0\n1,0,1\n", "line 3 has 3 values"),
        ("1,0\nx,1\n", "line 2, column 1 is \"x\": a number is needed (--label-column 1"),
        ("0,1,0\n1,0,0\n2,1,1\n", "the first column counts the rows"),
        ("a,b\nc,d\n", "line 2, column 1 is \"c\""),
        (",1,1\n0,1,0\n", "line 1, column 1 has no value, \"\""),
        ("1,,0\n", "line 1, column 2 has no value, \"\""),
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
        ("complex.npy", "elements of type '<c16'"),
        ("ambiguous.npz", "which array has the samples?"),
        ("few-labels.npz", "the labels have shape [6]: one per sample is needed, [7]"),
        ("unnamed.h5", "no data set \"samples\", only [\"data\"]"),
        ("huge.h5", "states a size that a file of this length cannot hold"),
    ] {
        assert_refused(read(&fixture(name), Expect::Spins), words);
    }
    let folder = tempfile::tempdir().unwrap();
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
    assert_refused(with_header(&plain("(1000, 10000000)")), "more than the");
    assert_refused(with_header(&plain("(1000, 1000)")), "too early");
    assert_refused(
        with_header(&plain("(4294967296, 4294967296)")),
        "does not describe a plain array of a possible size",
    );
    assert_refused(with_header(&plain("(0xffffffffffffffff, 0xffffffffffffffff)")), "does not describe a plain array");
    assert_refused(with_header(&plain("(-1, 5)")), "cannot be negative");
    // Nested deeply enough to exhaust a parser's stack.
    assert_refused(with_header(&"(".repeat(9000)), "does not describe a plain array");
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
    // Gzip's checksum is in the last eight bytes.
    damaged[zipped.len() - 8] ^= 1;
    assert_refused(read_idx(&damaged), "damaged");
    assert_refused(read_idx(&[zipped.as_slice(), b"more, of another kind"].concat()), "damaged");
    assert_refused(read_idx(&[0, 0, 8, 1, 0, 0, 0, 1, 7]), "1 dimensions: images have 3");
    assert_refused(read_idx(&idx([0, 28, 28], &[])), "there is no data");
    // Nothing is allocated for the sizes stated here.
    assert_refused(read_idx(&idx([u32::MAX, 1 << 15, 1 << 15], &[1, 2, 3])), "truncated");
    assert_refused(read_idx(&gzip(&idx([u32::MAX, 1 << 15, 1 << 15], &[1, 2, 3]))), "truncated");
    assert_refused(read_idx(&idx([u32::MAX; 3], &[1, 2, 3])), "too large");
}

fn options(expect: Expect) -> FileOptions {
    FileOptions::new(expect)
}

/// The table of the fixtures as ±1.
fn table() -> Vec<Vec<f64>> {
    (0..7).map(|s| (0..5).map(|u| if up(s, u) { 1.0 } else { -1.0 }).collect()).collect()
}

fn transposed(rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    (0..rows[0].len()).map(|unit| rows.iter().map(|row| row[unit]).collect()).collect()
}

/// Writes `text` to a file and reads it.
fn read_text(text: &str, options: &FileOptions) -> Result<DataFile, DataError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.csv");
    std::fs::write(&path, text).unwrap();
    read_file(&path, options)
}

#[test]
fn images_of_three_dimensions_are_flattened_row_by_row() {
    let expected: Vec<Vec<f64>> =
        (0..4).map(|s| (0..6).map(|u| if (s + 2 * (u / 3) + u % 3) % 3 == 0 { 1.0 } else { -1.0 }).collect()).collect();
    let names = "images-u1.npy images-fortran.npy images-channel.npy images.h5 matlab-images.h5";
    for name in names.split_whitespace() {
        let set = read(&fixture(name), Expect::Spins).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(rows(&set), expected, "{name}");
        assert_eq!(set.image_shape, Some((2, 3)), "{name}");
    }
    // Samples along the last dimension.
    let last = FileOptions { transpose: true, ..options(Expect::Spins) };
    let set = read_file(&fixture("images-last.npy"), &last).unwrap().data;
    assert_eq!((rows(&set), set.image_shape), (expected, Some((2, 3))));
}

/// MATLAB, Julia and R store arrays by columns, so HDF5 has 5 × 7 where they show 7 × 5.
#[test]
fn transposed_files_are_read_as_their_writer_shows_them_or_as_asked() {
    for (name, writer) in [("matlab.h5", "MATLAB"), ("jld2.h5", "Julia"), ("rhdf5.h5", "R")] {
        let file = read_file(&fixture(name), &options(Expect::Spins)).unwrap();
        assert_eq!(rows(&file.data), table(), "{name}");
        let [note] = file.notes.as_slice() else { panic!("{name}: {:?}", file.notes) };
        assert!(note.contains(&format!("written by {writer}")) && note.contains("7 samples of 5 units"), "{note}");
        let turned = FileOptions { transpose: true, ..options(Expect::Spins) };
        assert_eq!(rows(&read_file(&fixture(name), &turned).unwrap().data), transposed(&table()), "{name}");
    }
    // A file that does not name its writer is read as stored, with a note if there are fewer samples than units.
    let file = read_file(&fixture("unmarked.h5"), &options(Expect::Spins)).unwrap();
    assert_eq!(rows(&file.data), transposed(&table()));
    assert!(
        file.notes.len() == 1 && file.notes[0].contains("5 samples are fewer than the 7 units"),
        "{:?}",
        file.notes
    );
    assert!(file.notes[0].contains("--transpose"), "{:?}", file.notes);
    assert!(read_file(&fixture("chunked.h5"), &options(Expect::Spins)).unwrap().notes.is_empty());
    for name in
        ["unmarked.h5", "u1.npy", "i1-fortran.npy", "csr.npz", "csc.npz", "pieces.npz", "signs.csv", "labels.npz"]
    {
        let turned = FileOptions { transpose: true, ..options(Expect::Spins) };
        let outcome = read_file(&fixture(name), &turned);
        if name == "labels.npz" {
            assert_refused(outcome.map(|file| file.data), "the labels have shape [7]: one per sample is needed, [5]");
            continue;
        }
        let file = outcome.unwrap();
        let expected = if name == "unmarked.h5" { table() } else { transposed(&table()) };
        assert_eq!(rows(&file.data), expected, "{name}");
        assert!(file.notes.is_empty(), "{name}: {:?}", file.notes);
    }
    // If a transposed file has as many labels as samples, the error suggests --transpose.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turned.npz");
    let mut archive = spectral_rbm::io::Archive::new();
    archive.add("samples", &[2, 3], &[0_u8, 1, 0, 1, 1, 0]).unwrap();
    archive.add("labels", &[3], &[1_i64, 2, 3]).unwrap();
    std::fs::write(&path, archive.finish().unwrap()).unwrap();
    assert_refused(read(&path, Expect::Spins), "with --transpose the columns are the samples");
    let turned = FileOptions { transpose: true, ..options(Expect::Spins) };
    let set = read_file(&path, &turned).unwrap().data;
    assert_eq!((rows(&set).len(), set.labels), (3, Some(vec![1, 2, 3])));
}

#[test]
fn unequal_weights_are_refused_until_they_are_ignored() {
    assert_refused(
        read(&fixture("weights.npz"), Expect::Spins),
        "weights from 1 to 7, and all count alike here: --no-weights",
    );
    let ignoring = FileOptions { ignore_weights: true, ..options(Expect::Spins) };
    let file = read_file(&fixture("weights.npz"), &ignoring).unwrap();
    assert_eq!(rows(&file.data), table());
    assert_eq!(file.notes, ["the file has weights of the samples: they are ignored"]);
    // Only the weights of the samples used must be equal.
    let first = FileOptions { samples: Some(1), ..options(Expect::Spins) };
    assert_eq!(rows(&read_file(&fixture("weights.npz"), &first).unwrap().data), table()[..1]);
    for name in ["equal-weights.npz", "f2.h5"] {
        assert!(read_file(&fixture(name), &options(Expect::Spins)).unwrap().notes.is_empty(), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    for (weights, words) in [
        (vec![1.0, f64::NAN], "the weight NaN"),
        (vec![1.0, -1.0], "the weight -1"),
        (vec![1.0], "the weights have shape [1]"),
    ] {
        let mut archive = spectral_rbm::io::Archive::new();
        archive.add("samples", &[2, 3], &[0_u8, 1, 0, 1, 1, 0]).unwrap();
        archive.add("weights", &[weights.len()], &weights).unwrap();
        std::fs::write(&path, archive.finish().unwrap()).unwrap();
        assert_refused(read(&path, Expect::Spins), words);
    }
}

#[test]
fn the_first_samples_are_those_of_the_file_and_nothing_after_them_is_read() {
    let first = |count| FileOptions { samples: Some(count), ..options(Expect::Spins) };
    let names = "u1.npy i1-fortran.npy f2.npy labels.npz spaces.txt signs.csv rbms.h5 chunked.h5 matlab.h5 csr.npz csc.npz coo.npz";
    for name in names.split_whitespace() {
        for count in [1, 3, 7] {
            let set = read_file(&fixture(name), &first(count)).unwrap_or_else(|error| panic!("{name}: {error}")).data;
            assert_eq!(rows(&set), table()[..count], "{name}");
            assert!(set.labels.is_none_or(|labels| labels == (-3..-3 + count as i64).collect::<Vec<_>>()), "{name}");
        }
        let error = read_file(&fixture(name), &first(8)).unwrap_err();
        assert!(
            matches!(&error, DataError::Parameter(message) if message.contains("8 samples are asked for")),
            "{error}"
        );
    }
    let whole = std::fs::read(fixture("u1.npy")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.npy");
    std::fs::write(&path, &whole[..whole.len() - 20]).unwrap();
    assert_eq!(rows(&read_file(&path, &first(3)).unwrap().data), table()[..3]);
    assert_refused(read_file(&path, &first(4)).map(|file| file.data), "too early");
    assert_eq!(rows(&read_text("0,1\n1,0\nno,number\n", &first(2)).unwrap().data), [[-1.0, 1.0], [1.0, -1.0]]);
}

#[test]
fn a_table_larger_than_memory_is_refused_before_it_is_read() {
    let npy = |shape: &str, options: &FileOptions| {
        let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend([1; 1 << 16]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        std::fs::write(&path, bytes).unwrap();
        read_file(&path, options).map(|file| file.data)
    };
    let first = |expect, count| FileOptions { samples: Some(count), ..options(expect) };
    for (shape, expect) in
        [("(100000, 50000)", Expect::Spins), ("(10000, 10000)", Expect::Real), ("(1000000000, 1)", Expect::Spins)]
    {
        assert_refused(npy(shape, &options(expect)), "take fewer with --samples");
    }
    // The samples that are requested fit into memory.
    assert_eq!(npy("(100000, 50000)", &first(Expect::Spins, 1)).unwrap().units(), 50000);
    assert_eq!(npy("(10000, 10000)", &first(Expect::Real, 2)).unwrap().len(), 2);
}

#[test]
fn columns_that_count_the_rows_are_no_units() {
    let expected = [[1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]];
    for text in [
        // pandas, with and without names.
        ",a,b\n0,1,0\n1,0,1\n2,1,1\n",
        ",0,1\n0,1,0\n1,0,1\n2,1,1\n",
        "Unnamed: 0,a,b\n0,1,0\n1,0,1\n2,1,1\n",
        "index;a;b\n0;1;0\n1;0;1\n2;1;1\n",
        // R: write.csv, and write.table, which does not name the column.
        "\"\",\"V1\",\"V2\"\n\"1\",1,0\n\"2\",0,1\n\"3\",1,1\n",
        "\"V1\" \"V2\"\n\"1\" 1 0\n\"2\" 0 1\n\"3\" 1 1\n",
    ] {
        let file = read_text(text, &options(Expect::Spins)).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(rows(&file.data), expected, "{text:?}");
        assert!(file.notes.iter().any(|note| note.contains("counts the rows and is no unit")), "{:?}", file.notes);
    }
    // A column with such a name that does not count the rows is refused.
    let outcome = read_text(",a,b\n0,1,0\n2,0,1\n", &options(Expect::Real)).map(|file| file.data);
    assert_refused(outcome, "line 3 has \"2\" in the column \"\"");
    // Names that count the columns, as pandas writes them for an array.
    let file = read_text("0,1,2\n0,1,0\n1,1,0\n", &options(Expect::Spins)).unwrap();
    assert_eq!(rows(&file.data), [[-1.0, 1.0, -1.0], [1.0, 1.0, -1.0]]);
    assert!(file.notes[0].contains("counts the columns"), "{:?}", file.notes);
}

#[test]
fn a_label_column_is_taken_by_name_or_number() {
    let labelled = |column: &str| FileOptions { label_column: Some(column.into()), ..options(Expect::Spins) };
    let text = ",x,label,y\n0,1,7,0\n1,0,-2,1\n";
    for column in ["label", "3"] {
        let file = read_text(text, &labelled(column)).unwrap();
        assert_eq!(rows(&file.data), [[1.0, -1.0], [-1.0, 1.0]]);
        assert_eq!(file.data.labels, Some(vec![7, -2]));
    }
    let file = read_text("5 0 1\n6 1 1\n", &labelled("1")).unwrap();
    assert_eq!((rows(&file.data)[0].clone(), file.data.labels), (vec![-1.0, 1.0], Some(vec![5, 6])));
    for (column, words) in
        [("class", "no column \"class\""), ("0", "no column \"0\""), ("5", "[\"\", \"x\", \"label\", \"y\"]")]
    {
        let error = read_text(text, &labelled(column)).unwrap_err();
        assert!(matches!(&error, DataError::Parameter(message) if message.contains(words)), "{error}");
    }
    // Words are numbered in order of appearance; the case of the column's name does not matter.
    let file = read_text("a,b,label\n1,0,cat\n0,1,dog\n1,1,cat\n", &labelled("Label")).unwrap();
    assert_eq!((file.data.labels.clone(), file.data.units()), (Some(vec![0, 1, 0]), 2));
    assert!(file.notes.iter().any(|note| note.contains("cat, dog")), "{:?}", file.notes);
    // A first column that counts the rows without such a name: it is read as a unit with a note, even for grey levels.
    let grey = FileOptions { binarization: Some(Binarization::Threshold(0.5)), ..options(Expect::Spins) };
    let file = read_text("0,1,0\n1,0,0\n2,1,1\n", &grey).unwrap();
    assert!(file.notes.iter().any(|note| note.contains("counts the rows and is read as a unit")), "{:?}", file.notes);
    assert_refused(read_text("a,label\n1,0.5\n", &labelled("label")).map(|file| file.data), "labels must be whole");
    assert!(matches!(read_file(&fixture("u1.npy"), &labelled("1")), Err(DataError::Parameter(_))));
    // A column of labels that is read as a unit is pointed out.
    let file = read_text("label,a\n1,0\n0,0\n", &options(Expect::Spins)).unwrap();
    assert!(file.notes[0].contains("--label-column label"), "{:?}", file.notes);
}

#[test]
fn missing_values_are_refused_with_their_place_or_their_samples_left_out() {
    let dropping = |expect| FileOptions { missing: Missing::Drop, ..options(expect) };
    for word in ["", "NA", "nan", "NaN", "null", "?", "N/A"] {
        let text = format!("a,b,label\n1,0,5\n0,{word},6\n1,1,7\n");
        let refused = read_text(&text, &options(Expect::Real)).map(|file| file.data);
        assert_refused(refused, &format!("line 3, column 2 has no value, {word:?}: --missing drop"));
        let labelled = FileOptions { label_column: Some("label".into()), ..dropping(Expect::Spins) };
        let file = read_text(&text, &labelled).unwrap();
        assert_eq!(rows(&file.data), [[1.0, -1.0], [1.0, 1.0]], "{word:?}");
        assert_eq!(file.data.labels, Some(vec![5, 7]));
        assert_eq!(file.notes, ["1 of 3 samples have missing values and were left out"]);
    }
    // NaN in an array, in the third sample.
    let Err(DataError::Value { sample: 3, unit: 4, .. }) = read(&fixture("missing.npy"), Expect::Spins) else {
        panic!("NaN is found")
    };
    for transpose in [false, true] {
        let file = read_file(&fixture("missing.npy"), &FileOptions { transpose, ..dropping(Expect::Spins) }).unwrap();
        let mut expected = if transpose { transposed(&table()) } else { table() };
        expected.remove(if transpose { 3 } else { 2 });
        assert_eq!(rows(&file.data), expected);
    }
    // The number of samples is counted after dropping.
    let three = FileOptions { samples: Some(3), ..dropping(Expect::Real) };
    let set = read_file(&fixture("missing.npy"), &three).unwrap().data;
    assert_eq!(rows(&set)[2], (0..5).map(|unit| f64::from(u8::from(up(3, unit)))).collect::<Vec<_>>());
    assert_refused(
        read_text("1,NA\nNA,0\n", &dropping(Expect::Real)).map(|file| file.data),
        "all 2 samples have missing",
    );
}

#[test]
fn lines_of_digits_are_samples() {
    let spins = options(Expect::Spins);
    let file = read_text("# words\n0110\n1000\n", &spins).unwrap();
    assert_eq!(rows(&file.data), [[-1.0, 1.0, 1.0, -1.0], [1.0, -1.0, -1.0, -1.0]]);
    for text in ["0110\n100\n", "0110\n1002\n"] {
        assert_refused(read_text(text, &spins).map(|file| file.data), "4 digits 0 and 1 are needed");
    }
    // Read as real numbers, each line is one number.
    assert_eq!(rows(&read_text("0110\n1000\n", &options(Expect::Real)).unwrap().data), [[110.0], [1000.0]]);
}

#[test]
fn grey_levels_of_every_format_become_spins_by_a_threshold() {
    let threshold = |at| FileOptions { binarization: Some(Binarization::Threshold(at)), ..options(Expect::Spins) };
    // Levels are 200 where the table is up, and 40 to 44 elsewhere.
    for at in [44.0, 127.0, 199.5] {
        assert_eq!(rows(&read_file(&fixture("grey.npy"), &threshold(at)).unwrap().data), table());
    }
    let file = read_file(&fixture("grey.npy"), &threshold(43.0)).unwrap();
    assert_eq!(rows(&file.data)[0], [-1.0, 1.0, -1.0, -1.0, 1.0]);
    for (name, at) in [("halves.npy", 2.4), ("halves-big.h5", 2.4), ("signs.csv", 0.0), ("csr.npz", 0.5)] {
        let set = read_file(&fixture(name), &threshold(at)).unwrap().data;
        let above =
            |s: usize, u: usize| if name.starts_with("halves") { s as f64 - 0.125 * u as f64 > at } else { up(s, u) };
        assert!((0..35).all(|k| set.spins().unwrap().get(k / 5, k % 5) == above(k / 5, k % 5)), "{name}");
    }
    assert_refused(
        read_file(&fixture("grey.npy"), &threshold(255.0)).map(|file| file.data),
        "from 40 to 200, lie on one side",
    );
    let error = read(&fixture("grey.npy"), Expect::Spins).unwrap_err().to_string();
    assert!(error.contains("grey levels need --threshold"), "{error}");
    let bytes = idx([2, 1, 3], &[0, 127, 128, 255, 1, 200]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("images");
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(rows(&read_file(&path, &threshold(0.5)).unwrap().data), [[-1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]);
    for at in [255.0, -1.0, f64::NAN] {
        assert!(matches!(read_file(&path, &threshold(at)), Err(DataError::Parameter(_))), "{at}");
    }
    let real = FileOptions { binarization: Some(Binarization::MIDDLE), ..options(Expect::Real) };
    assert!(matches!(read_file(&path, &real), Err(DataError::Parameter(_))));
    // Stochastic: black never becomes +1, white always, and the draws are the same as for the same images in IDX.
    let stochastic = FileOptions { binarization: Some(Binarization::Stochastic { seed: 3 }), ..options(Expect::Spins) };
    let text = read_text("0 127 128\n255 1 200\n", &stochastic).unwrap();
    assert_eq!(rows(&text.data), rows(&read_file(&path, &stochastic).unwrap().data));
    assert_eq!((rows(&text.data)[0][0], rows(&text.data)[1][0]), (-1.0, 1.0));
    assert!(read_text("0 1\n1 1\n", &stochastic).is_err() && read_text("0 256\n1 1\n", &stochastic).is_err());
}

#[test]
fn files_of_other_kinds_are_named_with_what_to_do() {
    for (bytes, kind, advice) in [
        (b"PAR1\x15\x04".as_slice(), "Parquet", "to_csv(file, index=False)"),
        (b"\x89PNG\r\n\x1a\n\0\0", "a PNG image", "samples x rows x columns"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image", "samples x rows x columns"),
        (b"\x80\x04\x95\x1a\0\0\0", "a Python pickle", "numpy.save"),
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64\0\x01IM", "a MAT file of version 5", "-v7.3"),
        (b"{\"samples\": [[0, 1]]}", "JSON", "as CSV"),
        (b"\n[[0, 1],\n [1, 0]]", "JSON", "as CSV"),
        (b"<!DOCTYPE html>\n<html>", "HTML", "download"),
        (b"\xfd7zXZ\0\0", "an xz archive", "unpack"),
    ] {
        let outcome = read_bytes("a", bytes, Expect::Spins);
        let Err(DataError::Format { reason, .. }) = outcome else { panic!("{kind}: {outcome:?}") };
        assert!(reason.contains(kind) && reason.contains(advice), "{reason}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert_refused(read(folder.path(), Expect::Spins), "a folder: data are a file");
    assert_refused(read(&fixture("dia.npz"), Expect::Spins), "format dia: csr, csc and coo are read");
    assert_refused(
        read_bytes("a", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", Expect::Spins),
        "a zip archive without arrays",
    );
}
