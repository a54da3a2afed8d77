//! Describes files that are not models.

/// Number of bytes that identify the kind of a file.
pub(super) const MODEL_START: u64 = 1 << 10;

/// Kinds of files, by their first bytes.
const MODEL_KINDS: [(&[u8], &str); 13] = [
    (b"\x1f\x8b", "compressed by gzip: unpack it first"),
    (b"BZh", "compressed by bzip2: unpack it first"),
    (b"\xfd7zXZ", "compressed by xz: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd: unpack it first"),
    (b"MATLAB 5", "a MAT-file of version 5: save the parameters as HDF5 or NPZ"),
    (b"PAR1", "a Parquet file: data, not a model"),
    (b"ARROW1", "an Arrow file: data, not a model"),
    (b"\x00\x00\x08", "an IDX file, as of MNIST: data, not a model"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"%PDF", "a PDF file"),
    (b"CDF", "a NetCDF file of version 3: save the parameters as HDF5 or NPZ"),
    (b"\x7fELF", "a program"),
];

/// What is expected instead.
const ACCEPTED: &str = "a model is an HDF5 file (of this program, rbms, TorchRBM or RestrictedBoltzmannMachines.jl), an NPZ archive or \
                     the folder of a run";

/// Says, from its first bytes, what a file is that is neither HDF5 nor NumPy, and what is expected instead.
pub(super) fn describe(start: &[u8]) -> String {
    format!("{}; {ACCEPTED}", kind(start))
}

fn kind(start: &[u8]) -> &'static str {
    if start.is_empty() {
        return "it is empty";
    }
    if let Some((_, kind)) = MODEL_KINDS.iter().find(|(magic, _)| start.starts_with(magic)) {
        return kind;
    }
    // A pickle of protocol 2 or later, as in files of joblib and old files of PyTorch.
    if let [0x80, 2..=5, ..] = start {
        return "a Python pickle (pickle, joblib or PyTorch), which is not read: save the arrays with numpy.savez";
    }
    // The length of a header, then the header in JSON.
    if start.get(8) == Some(&b'{') && start[..8].iter().any(|byte| *byte < b'\t') {
        return "a safetensors file: save the parameters as HDF5 or NPZ";
    }
    match text(start) {
        Some(text) if text.trim_start().starts_with(['{', '[']) => "a JSON or TOML text, not a model",
        Some(_) => "a text, not a model",
        None => "of unknown kind",
    }
}

/// The first bytes as text, if they are text; the last letter may be cut.
fn text(start: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&start[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let control = |letter: char| letter.is_control() && !letter.is_whitespace();
    (!text.contains(control)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_what_they_are() {
        for (start, said) in [
            (&b""[..], "empty"),
            (b"{\"W\": [[1, 2]]}", "JSON"),
            (b"[modes]\nsigma = 1\n", "TOML"),
            (b"1,0,1\n0,1,1\n", "a text"),
            ("σ".repeat(600).as_bytes(), "a text"),
            (b"\x80\x04\x95\x10\x00", "pickle"),
            (b"\x1f\x8b\x08", "gzip"),
            (b"\x40\x00\x00\x00\x00\x00\x00\x00{\"W\":", "safetensors"),
            (b"\x01\x02\x03\x04", "unknown"),
        ] {
            assert!(kind(&start[..start.len().min(MODEL_START as usize)]).contains(said), "{said}");
            assert!(describe(start).contains("a model is an HDF5 file"));
        }
        // Cut in the middle of a letter.
        assert!(kind(&"σ".as_bytes().repeat(600)[..1023]).contains("a text"));
    }
}
