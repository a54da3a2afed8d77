//! Files of arrays: HDF5 and NumPy's.
//!
//! Files are not trusted: the sizes that they state are compared with their length before they are used. Errors of the
//! content have the kind [`InvalidData`](std::io::ErrorKind::InvalidData); other errors are those of the system.

mod array;
pub(crate) mod bounds;
mod content;
pub(crate) mod half;
pub(crate) mod hdf5;
pub mod input;
pub(crate) mod npy;
mod npz;
pub mod number;
pub mod output;
mod table;

pub use array::Array;

pub(crate) use content::is_content;
pub use npz::Archive;
pub(crate) use npz::NpzReader;
pub use table::Table;
