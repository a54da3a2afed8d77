//! Files of other kinds, named so that it is clear what to do with them.

/// Beginnings of files, what such a file is, and what to do.
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

const TABLE: &str =
    "in Python, pandas.read_parquet or read_feather and to_csv(file, index=False) make it a table that is read";
const IMAGES: &str = "images are read as one array, samples x rows x columns, in NPY, NPZ or HDF5, or as IDX";
const PICKLE: &str = "it can run code when it is loaded, so that it is not read: in Python, numpy.save(file, samples)";

/// What a file that starts so is, and what to do with it; none for text and what is not known.
pub(super) fn named(start: &[u8]) -> Option<String> {
    let text = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let words = match text.first() {
        Some(b'{' | b'[') => Some(("JSON", "write the samples as CSV, a sample a line, or as NPY")),
        Some(b'<') => Some(("a page of HTML or XML", "a download may have gone wrong")),
        _ => None,
    };
    let found = FILE_KINDS.iter().find(|(magic, ..)| start.starts_with(magic)).map(|&(_, kind, advice)| (kind, advice));
    // Two letters begin text as well.
    let found = found.filter(|_| !start.starts_with(b"BM") || start[..start.len().min(16)].contains(&0));
    found.or(words).map(|(kind, advice)| format!("{kind}, not a table of samples: {advice}"))
}
