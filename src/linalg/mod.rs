//! Linear algebra, roots and vectorised loops, not generic, so that each is compiled once: matrices of nalgebra, their
//! products and factors by faer, roots by argmin, instructions chosen by pulp. Nothing here knows of machines.
//!
//! Everything computes on the calling thread or in parts of a fixed size: results do not depend on the number of threads.

mod cholesky;
mod eigen;
mod gram;
mod krylov;
mod products;
mod root;
mod simd;
mod svd;
mod tanh;
mod view;

pub(crate) use cholesky::Cholesky;
pub(crate) use eigen::increasing_eigen;
pub use eigen::symmetric_eigen;
pub(crate) use gram::{gram, gram_of_rows, scaled_rows};
pub(crate) use krylov::{gmres, largest_modulus, spectral_radius};
pub(crate) use products::{
    add_product, add_product_in_slabs, add_scaled_product, product, product_of, product_with, scaled_product,
    set_product, single_product, transposed_product,
};
pub(crate) use root::bracketed_root;
pub(crate) use simd::{Loop, run, vectorized};
pub(crate) use svd::{singular_values, thin_svd};
pub(crate) use tanh::{ReactionStep, mean_of_tanh_in_place, single_tanh, tanh_in_place};
pub(crate) use view::{Singles, View, columns, columns_mut, single_rows, single_rows_mut, view, view_mut};
