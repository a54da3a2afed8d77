//! NumPy's formats: NPY, one array, and NPZ, a zip archive of such.

use super::input::{Input, failure, wrong};
use super::table::{Expect, Order, Values, check_labels, label, table_shape};
use super::{Dataset, Result, Samples};
use crate::archive::{damaged, npy};
use npyz::NpyFile;
use npyz::npz::NpzArchive;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;

/// What an NPY file starts with.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";
/// What a zip archive starts with.
pub(super) const ZIP_MAGIC: &[u8] = b"PK";

/// Reads one array of samples.
///
/// # Errors
/// [`DataError::Format`](super::DataError::Format), [`DataError::Value`](super::DataError::Value).
pub(super) fn read_npy(input: Input, expect: Expect) -> Result<Dataset> {
    let path = input.path.clone();
    let array = npy::open(input).map_err(|error| failure(&path, error))?;
    Ok(Dataset { samples: samples(&path, array, expect)?, labels: None, image_shape: None })
}

/// Reads `samples`, or the only two-dimensional array of an archive, and `labels` if there.
///
/// # Errors
/// [`DataError::Format`](super::DataError::Format), [`DataError::Value`](super::DataError::Value).
pub(super) fn read_npz(path: &Path, expect: Expect) -> Result<Dataset> {
    let failed = |error| failure(path, error);
    let mut archive = NpzArchive::open(path).map_err(failed)?;
    let names: Vec<String> = archive.array_names().map(String::from).collect();
    let name = samples_name(path, &mut archive, &names)?;
    let array = entry(&mut archive, &name).map_err(failed)?;
    let samples = samples(path, array, expect)?;
    let mut set = Dataset { samples, labels: None, image_shape: None };
    if names.iter().any(|name| name == "labels") {
        let array = entry(&mut archive, "labels").map_err(failed)?;
        check_labels(path, array.shape(), set.len())?;
        let mut labels = Vec::new();
        each(path, array, |value| {
            labels.push(label(path, labels.len(), value)?);
            Ok(())
        })?;
        set.labels = Some(labels);
    }
    Ok(set)
}

/// Which array of an archive holds the samples.
fn samples_name<R: Read + Seek>(path: &Path, archive: &mut NpzArchive<R>, names: &[String]) -> Result<String> {
    if names.iter().any(|name| name == "samples") {
        return Ok("samples".into());
    }
    let mut tables = Vec::new();
    for name in names {
        if entry(archive, name).map_err(|error| failure(path, error))?.shape().len() == 2 {
            tables.push(name);
        }
    }
    match tables.as_slice() {
        [name] => Ok(name.to_string()),
        _ => Err(wrong(
            path,
            format!(
                "which array has the samples? One named \"samples\" is needed, or only one of two dimensions: {tables:?}"
            ),
        )),
    }
}

fn entry<'a, R: Read + Seek>(archive: &'a mut NpzArchive<R>, name: &str) -> io::Result<NpyFile<impl Read + 'a>> {
    let file = npyz::npz::file_name_from_array_name(name);
    npy::open(archive.zip_archive().by_name(&file).map_err(|error| damaged(error.to_string()))?)
}

/// Checks and keeps an array of samples.
fn samples<R: Read>(path: &Path, array: NpyFile<R>, expect: Expect) -> Result<Samples> {
    let (samples, units) = table_shape(path, array.shape())?;
    let (width, order) = match array.order() {
        npyz::Order::C => (units, Order::BySample),
        npyz::Order::Fortran => (samples, Order::ByUnit),
    };
    let mut values = Values::new(path, expect, width, order);
    each(path, array, |value| values.push(value))?;
    values.finish()
}

/// Hands all values of an array to `take`, in the order of the file, and checks that nothing follows (and with that, an
/// archive's checksum).
fn each<R: Read>(path: &Path, array: NpyFile<R>, mut take: impl FnMut(f64) -> Result<()>) -> Result<()> {
    let failed = |error| failure(path, error);
    let header = array.header().clone();
    let mut reader = BufReader::with_capacity(1 << 16, array.into_inner());
    macro_rules! read_elements {
        ($($element:ty: $convert:expr),*) => {$(
            if let Ok(values) = NpyFile::with_header(header.clone(), &mut reader).data::<$element>() {
                for value in values {
                    take($convert(value.map_err(failed)?))?;
                }
                return match reader.read(&mut [0]).map_err(failed)? {
                    0 => Ok(()),
                    _ => Err(wrong(path, "the file goes on after the array's last value: it is damaged")),
                };
            }
        )*};
    }
    read_elements!(
        bool: |value| f64::from(u8::from(value)),
        i8: f64::from, u8: f64::from, i16: f64::from, u16: f64::from, i32: f64::from, u32: f64::from,
        i64: |value| value as f64, u64: |value| value as f64,
        f32: f64::from, f64: |value| value
    );
    let found = header.dtype().descr();
    Err(wrong(path, format!("elements of type {found}: booleans, integers and floats of 32 or 64 bits are read")))
}
