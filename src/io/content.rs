//! Errors of the content of a file, as distinct from errors of the system.

use std::io::{self, ErrorKind};

/// Number of values of an array of this shape; `None` on overflow.
pub(crate) fn values_of(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &extent| product.checked_mul(extent))
}

/// An error of the content of a file.
pub(crate) fn damaged(reason: impl Into<String>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, reason.into())
}

/// Whether an error concerns the content and not the system.
pub(crate) fn is_content(error: &io::Error) -> bool {
    use ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof | Other)
}
