//! What the singular values and vectors of a weight matrix tell (`docs/theory.md`, sections 1 and 8).
//!
//! A trained machine is a few modes on a background of noise, `W = Σ_α w_α u^α v^αᵀ + r`, `r_ij ~ N(0, σ²/L)`,
//! `L = √(N_v N_h)`, `κ = N_h/N_v`. The noise alone has singular values between `σ|κ^{1/4} ∓ κ^{-1/4}|`, the bulk, with
//! the law [`MarchenkoPastur`]; [`fit`] finds σ from the values of a machine, and [`fit_weights`] also looks whether the
//! weights that are no modes are such noise. A mode planted in the noise shows as an
//! outlier once its strength exceeds σ: [`spiked`] takes planted strengths to observed ones and back.
//! [`kurtosis`], [`overlaps`] and [`projections`] read the vectors, and [`track`] follows modes from one decomposition to
//! the next.

mod components;
#[cfg(test)]
pub(crate) mod drawn;
mod fit;
mod marchenko_pastur;
mod noise;
pub mod spiked;
mod svd;
mod tracking;

pub use components::{kurtosis, nearest_by_kurtosis, overlaps, projections};
pub use fit::{BulkFit, Standing, fit};
pub use marchenko_pastur::MarchenkoPastur;
pub use noise::fit_weights;
pub use svd::{Decomposition, singular_values};
pub use tracking::{Match, track};
