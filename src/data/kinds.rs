//! Files of other kinds. They are refused with the name of the kind and what to do.

/// First bytes of a file, the kind of file, and what to do with it.
const FILE_KINDS: [(&[u8], &str, &str); 21] = [
    (b"PAR1", "Parquet", TABLE),
    (b"ARROW1", "Arrow (Feather)", TABLE),
    (b"FEA1", "Arrow (Feather)", TABLE),
    (b"\x89PNG", "a PNG image", IMAGES),
    (b"\xff\xd8\xff", "a JPEG image", IMAGES),
    (b"GIF8", "a GIF image", IMAGES),
    (b"BM", "a BMP image", IMAGES),
    (b"II*\0", "a TIFF image", IMAGES),
    (b"MM\0*", "a TIFF image", IMAGES),
    (b"MATLAB 5.0 MAT-file", "a MAT file of version 5", "save it with -v7.3, which is HDF5, or write samples as CSV"),
    (b"\x80\x02", "a Python pickle", PICKLE),
    (b"\x80\x03", "a Python pickle", PICKLE),
    (b"\x80\x04", "a Python pickle", PICKLE),
    (b"\x80\x05", "a Python pickle", PICKLE),
    (b"RDX3", "an R workspace", "write the samples with write.csv(x, file, row.names = FALSE)"),
    (b"SQLite format 3", "an SQLite database", "write the samples as CSV"),
    (b"%PDF", "a PDF document", "write the samples as CSV"),
    (b"\xfd7zXZ", "an xz archive", "unpack it first"),
    (b"BZh", "a bzip2 archive", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive", "unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it first"),
];

/// What to do with a table in a binary format.
const TABLE: &str =
    "in Python, pandas.read_parquet or read_feather and to_csv(file, index=False) make it a table that is read";
/// What to do with single images.
const IMAGES: &str = "images are read as one array, samples x rows x columns, in NPY, NPZ or HDF5, or as IDX";
/// What to do with a pickle.
const PICKLE: &str = "loading it can run code, so it is not read: in Python, numpy.save(file, samples)";

/// The kind of a file by its first bytes, and what to do with it; `None` for text and unknown kinds.
pub(super) fn named(start: &[u8]) -> Option<String> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let words = match text.first() {
        Some(b'{' | b'[') => Some(("JSON", "write the samples as CSV, one sample per line, or as NPY")),
        Some(b'<') => Some(("a page of HTML or XML", "a download may have gone wrong")),
        _ => None,
    };
    let found = FILE_KINDS.iter().find(|(magic, ..)| start.starts_with(magic)).map(|&(_, kind, advice)| (kind, advice));
    // Text may begin with these two letters too.
    let found = found.filter(|_| !start.starts_with(b"BM") || start[..start.len().min(16)].contains(&0));
    found.or(words).map(|(kind, advice)| format!("{kind}, not a table of samples: {advice}"))
}
