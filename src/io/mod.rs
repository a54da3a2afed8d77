//! Files of arrays: HDF5 and NumPy's.
//!
//! Reading is of files that nobody vouches for: what they state of sizes is compared with their length before it is believed.
//! What is wrong with their content is [`InvalidData`](std::io::ErrorKind::InvalidData); other errors are the system's.

mod array;
pub(crate) mod bounds;
pub(crate) mod half;
pub(crate) mod hdf5;
pub mod input;
pub(crate) mod npy;
mod npz;
pub mod output;

pub use array::Array;
pub use npz::Archive;

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
