//! Files of arrays: HDF5 and NumPy's.
//!
//! Reading is of files that nobody vouches for: what they state of sizes is compared with their length before it is believed.
//! What is wrong with their content is [`InvalidData`](std::io::ErrorKind::InvalidData); other errors are the system's.

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
