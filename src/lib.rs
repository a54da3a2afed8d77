//! Theory of restricted Boltzmann machines with a spectrally structured weight matrix.
//!
//! A. Decelle, G. Fissore and C. Furtlehner, *Spectral dynamics of learning restricted Boltzmann machines*, EPL 119, 60001
//! (2017), describe a trained machine by the singular value decomposition of its weights: a few modes of strength w_α on
//! a background of noise of scale σ,
//!
//! ```text
//! w_ij = Σ_α w_α u_i^α v_j^α + r_ij,    r_ij ~ N(0, σ²/L),    L = √(N_v N_h),    κ = N_h/N_v.        (10)
//! ```
//!
//! What such a machine does depends on w_α, σ, κ, the fields on its modes, and on the law of the components of u and v.
//! This crate solves the replica-symmetric equations for its states, says which are stable and which dominate, and maps
//! phase diagrams in the plane (1/σ, w_max/σ). The equations, in one convention and with the corrections to the letter's
//! printed formulas, are in `docs/theory.md`; how they are solved, and to what accuracy, in `docs/numerics.md`.
//!
//! | equation | what it gives | where |
//! |---|---|---|
//! | (10) | the ensemble: κ, σ, w_α, fields, laws of û and v̂ | [`Ensemble`], [`Prior`] |
//! | section 4 | averages over the fields, by characteristic functions or Gauss rules | [`theory::average`] |
//! | (9) | the response function V(x) | [`theory::average::response`] |
//! | (11), (12) | magnetizations m, m̄ and overlaps q, q̄ of one state | [`theory::saddle::Solver`], [`FixedPoint`] |
//! | section 3 | all stable states, with their weights | [`theory::saddle::enumerate`] |
//! | section 3 | linear response and Gaussian fluctuations around a state | [`theory::saddle::response`], [`theory::saddle::log_determinant`] |
//! | section 3 | phases, and the boundaries between them as curves | [`theory::phase`] |
//! | sections 2, 5 | learning as a deterministic flow of w_α, the frame and the fields | [`learning`] |
//! | section 6 | machines of ±1 units: sampling, training, exact sums | [`simulator::machine`] |
//! | section 5 | the linear machine, its likelihood and exact gradient | [`simulator::machine::LinearMachine`] |
//! | section 8 | singular values: bulk, outliers, planted modes | [`theory::spectrum`] |
//! | sections 1, 3, 8 | a trained machine: its place on the phase diagram, laws of its modes, its states | [`study::inspect`] |
//! | | training runs that record their spectrum and can be resumed | [`simulator::run`] |
//! | | theory against simulation, mode by mode | [`study::compare`] |
//! | | what the letter's figures show and claim (`docs/letter.md`) | [`study::figures`] |
//! | | data: MNIST, drawn digits, clusters, files; moments | [`data`] |
//! | | figures, PNG and SVG | [`plot`] |
//!
//! # A worked example
//!
//! Two modes under ±1 components. The machine is deep in its ferromagnetic phase: besides the state of the first mode,
//! that of the second is metastable.
//!
//! ```
//! use spectral_rbm::{Ensemble, Prior, theory::saddle};
//!
//! let ensemble = Ensemble::new(1.0, 0.3, &[1.8, 1.6], Prior::Bernoulli)?;
//! let mut found = saddle::enumerate(&ensemble)?;
//! found.weigh(&ensemble, 200.0)?; // thermodynamic weights of a machine of size L = 200
//!
//! let states: Vec<_> = found.stable().collect();
//! assert_eq!(states.len(), 2);
//! assert_eq!(states[0].modes_condensed, [1]); // lowest free energy first
//! assert_eq!(states[0].degeneracy, 2.0); // ± m
//! assert!(states[0].weight > states[1].weight);
//! // Equations (11, 12) hold to 1e-12, and the state is stable: its overlap leaves the other mode too little response.
//! assert!(states[0].residual < 1e-12 && states[0].spectral_radius < 1.0);
//! # Ok::<(), spectral_rbm::Error>(())
//! ```
//!
//! The names are the letter's: m and q are hidden, m̄ (`_bar`) and q̄ visible. The numerical modules never print, parse
//! arguments or draw; [`plot`] draws their results and [`cli`] is the program `spectral-rbm`.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

#[cfg(feature = "cli")]
pub mod cli;
pub mod data;
pub mod error;
pub mod io;
pub mod learning;
pub mod linalg;
#[cfg(feature = "plot")]
pub mod plot;
pub mod simulator;
pub mod study;
pub mod theory;

pub use error::{Error, Result};
pub use theory::prior::Prior;
pub use theory::saddle::{Ensemble, FixedPoint};

/// The guide's examples in Rust, compiled and run with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/rust.md")]
struct RustGuide;
