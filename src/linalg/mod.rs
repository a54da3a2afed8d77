//! Linear algebra and roots, in f64 and not generic: matrices of nalgebra, their products and eigenvalues by faer, roots by
//! argmin. Nothing here knows of machines.

mod eigen;
mod products;
mod root;

pub use eigen::symmetric_eigen;
pub(crate) use products::{
    add_product, product, product_of, product_with, set_product, transposed_product, view, view_mut,
};
pub(crate) use root::bracketed_root;
