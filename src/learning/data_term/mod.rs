//! The data term of learning under the fixed-prior closure, the letter's equation (9) (`docs/theory.md`, section 2a).
//!
//! In an orthonormal visible basis B of D directions and an orthonormal hidden basis V₀ of H directions the weights are
//! `W = B Y V₀ᵀ + noise`, with Y of `D × H`. A clamped sample s has the projections `z = Bᵀs` and puts the field
//!
//! ```text
//! f = Yᵀ z + θ,    θ = V₀ᵀ theta
//! ```
//!
//! on the hidden directions. Hidden unit j feels `N_h^{-1/2} Σ_β f_β v̂_jβ` and Gaussian noise of variance n = κ^{-1/2} σ².
//! Averaged over components v̂ of a prior and over the data, the learning equations need
//!
//! ```text
//! ⟨z_a σ_β⟩ and ⟨σ_β⟩,   σ_β = √N_h E[ v̂_β tanh( N_h^{-1/2} Σ_γ f_γ v̂_γ + √n x ) ]     (any prior)
//!                        σ_β = f_β V( |f|²/N_h + n ),   V(x) = ∫ Dy sech²(√x y)          (Gaussian, Stein's lemma)
//! ```
//!
//! | data | prior | how |
//! |---|---|---|
//! | [`Samples`] | Gaussian | two matrix products per block of samples, V between them; their triangular halves where D ≲ H |
//! | [`Samples`] | uniform, Bernoulli, Laplace | [`Averager`](crate::theory::average::Averager) in the frame of Y's singular vectors, sample by sample |
//! | [`Samples`] | empirical | the same in the hidden basis, with the machine's own rows of `√N_h V₀` |
//! | [`Mixture`] | Gaussian | exactly: V's integral over tilted Gaussians |
//!
//! A mixture under another prior is refused: [draw](Mixture::draw) samples from it. To include fields outside the hidden basis,
//! extend the basis. Results do not depend on the number of threads.

pub(super) mod clamped;
mod exact;
mod frame;
mod mixture;
mod samples;
mod source;
mod sums;
mod term;
#[cfg(test)]
mod tests;

pub use clamped::Clamped;
pub use mixture::{Component, Mixture};
pub use samples::Samples;
pub use source::Source;
pub use term::DataTerm;
