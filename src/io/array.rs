//! Arrays of numbers, or a text.

use super::content::values_of;

/// Numbers of one type in a shape, or a text; kept in files bit for bit.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// Single precision: shape, and values row after row.
    F32(Vec<usize>, Vec<f32>),
    /// Double precision: shape, and values row after row.
    F64(Vec<usize>, Vec<f64>),
    /// Whole numbers: shape, and values row after row.
    U64(Vec<usize>, Vec<u64>),
    /// Text, such as JSON.
    Text(String),
}

impl Array {
    /// The fault of the array, if it has one.
    pub(crate) fn fault(&self) -> Option<String> {
        let (shape, length) = match self {
            Array::F32(shape, values) => (shape, values.len()),
            Array::F64(shape, values) => (shape, values.len()),
            Array::U64(shape, values) => (shape, values.len()),
            Array::Text(text) => return text.contains('\0').then(|| "a text cannot contain NUL".into()),
        };
        (values_of(shape) != Some(length)).then(|| format!("{length} values do not fill the shape {shape:?}"))
    }
}
