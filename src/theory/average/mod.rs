//! Averages over the fields that the units feel: `E[·]` under `S = s x + Σ_γ c_γ û_γ + b` (`docs/theory.md`, section 4).
//!
//! x is standard normal and û_γ are independent components of a [`Prior`](crate::Prior). Everything that the saddle point, its
//! Jacobian, the free energy, the Almeida–Thouless number and the fluctuations need is one of
//!
//! | average | where it enters |
//! |---|---|
//! | `E[û_α tanh S]` | magnetizations (11) |
//! | `E[sech² S] = 1 − q` | overlaps (12); formed as such, so that 1 − q keeps its digits |
//! | `E[û_α û_β sech² S]` | response of the magnetizations, Ā and B |
//! | `E[û_α tanh S sech² S]` | response to and of the overlaps |
//! | `E[sech⁴ S]` | Almeida–Thouless number, response of q to q |
//! | `E[log 2cosh S]` | free energy |
//!
//! Two backends compute them:
//! [`Backend::Fourier`], one integral whatever the number of modes, and [`Backend::Hermite`], the textbook tensor
//! product of Gauss rules. Under a Gaussian prior both reduce to the one dimension of S itself by Stein's lemma; under
//! an empirical prior both average over the sites one by one. The function V(x) of the letter's data term (9) is in
//! [`response`]; what the backends' accuracy costs is measured in [`study`].

mod averager;
mod field;
mod fourier;
mod hermite;
mod product;
pub mod response;
mod scalar;
pub mod study;
mod tilted;

pub use averager::Linearization;
pub use averager::{ACCURACY, Averager};
pub use field::{Averages, Backend, Field, Function};
pub use fourier::MAX_NODES;
pub use scalar::{Scalar, log_2cosh};
