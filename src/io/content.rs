//! What is wrong with the content of a file, told apart from errors of the system.

use std::io::{self, ErrorKind};

/// Number of values of an array of that shape, if it can be had.
pub(crate) fn values_of(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent))
}

/// What is wrong with the content of a file.
pub(crate) fn damaged(reason: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, reason.into())
}

/// Whether an error speaks of the content, not of the system.
pub(crate) fn is_content(error: &io::Error) -> bool {
    use ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof | Other)
}
