//! Theory against simulation: the curves w_α(t) of both, mode by mode, and how far they are apart.
//!
//! Simulations that differ only in the seed of batches and chains, and theories, start from one machine and one data set. All of
//! them are seen through one [`View`]: the singular value decomposition of
//!
//! ```text
//! Bᵀ W = Σ_α w_α u^α v^αᵀ,    B: orthonormal directions of the visible layer, N_v × D (or all of it)
//! ```
//!
//! The view leaves out of the simulation what a theory leaves out, the noise along other directions. Modes are named by the order
//! in which they emerge in the first simulation, and matched by their vectors ([`Reference`]), in time and between machines.
//! [`Curves`] are the simulations' means with their standard errors, and [`Measures`] are the differences between a theory and
//! the simulations.
//!
//! | | |
//! |---|---|
//! | what is seen of W | [`View`], [`Observation`], [`Course`] |
//! | simulations and theories through it | [`simulate`], [`replay`], [`predict`] |
//! | which mode is which | [`Reference`], [`Followed`] |
//! | means and errors of simulations | [`Curves`] |
//! | a problem, its runs and its theories in one | [`Design`], [`Experiment`], [`Outcome`] |
//! | what each theory assumes | [`Assumptions`], [`Theory`] |
//! | whether simulations are a reference | [`Verdict`] |
//! | clusters learnt from noise, for figures | [`Planted`] |
//! | the path over the phase diagram | [`simulated_path`], [`predicted_path`] |
//! | whether the chains of a simulation are at equilibrium | [`ChainProbe`], [`ChainSummary`] |
//! | deviations, growth rates, times of emergence, plateaus | [`Measures`] |

mod align;
mod assumptions;
mod chains;
mod course;
mod curves;
mod design;
mod experiment;
mod measures;
mod plane;
mod planted;
mod statistics;
mod theory;
mod verdict;
mod view;

pub use align::{EMERGED, Followed, Reference};
pub use assumptions::{Assumptions, Resolved};
pub use chains::{ChainProbe, ChainSummary, ModeProbe, probed, summaries};
pub use course::{Ended, Prediction, predict, replay, simulate, simulate_probed};
pub use curves::{Curves, above_bulk};
pub use design::{BATCH, CLUSTER_SAMPLES, Design, MODES_COMPARED, RUNS, Runs};
pub use experiment::{Beside, Experiment, Outcome};
pub use measures::{Measured, Measures};
pub use plane::{PlanePoint, crossing, predicted_path, simulated_path};
pub use planted::Planted;
pub use theory::Theory;
pub use verdict::Verdict;
pub use view::{Course, Observation, ObservedBulk, View};
