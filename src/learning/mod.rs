//! Learning dynamics: the deterministic flow of the singular values w_α, their vectors and the fields (`docs/theory.md`,
//! sections 2 and 5).
//!
//! ```text
//! dW/dt = ⟨s σᵀ⟩_Data − ⟨s σᵀ⟩_RBM,    deta/dt = ⟨s⟩_Data − ⟨s⟩_RBM,    dtheta/dt = ⟨σ⟩_Data − ⟨σ⟩_RBM
//! ```
//!
//! | | |
//! |---|---|
//! | bases of the two layers, and what the flow moves in them | [`Layers`], [`State`] |
//! | averages over the data: (9) and its analogues for other laws of v | [`DataTerm`], [`Samples`], [`Mixture`] |
//! | averages over the machine: one state with Gaussian fluctuations | [`SingleState`] |
//! | … all states, finite-size integrals where modes condense | [`response`] |
//! | … all states of this machine, hidden unit by hidden unit | [`PopulationStates`] |
//! | … states that follow from samples, where there are too many to search for | [`Chains`] |
//! | batches of a simulation instead of all the data | [`BatchSettings`] |
//! | their difference | [`Flow`] |
//! | its description by w, u, v, Ω^v, Ω^h and projected fields | [`Frame`], [`FrameRates`] |
//! | integration, multirate or by DOP853, and the map of a finite learning rate | [`Integrator`] |
//! | a flow followed in time, with its events | [`follow`], [`Trajectory`] |
//! | time from which it is unreliable | [`ReliabilityLog`] |
//! | choice of all this for given data | [`Setup`] |
//! | the linear theory: growth rates, closed forms, emergence | [`LinearTheory`], [`LinearMode`] |
//!
//! ```
//! use spectral_rbm::data::{Moments, digits};
//! use spectral_rbm::learning::{Integrator, Plan, Setup, follow};
//! use spectral_rbm::simulator::machine::Machine;
//!
//! // 500 drawn digits, in the three directions that grow fastest.
//! let data = digits::generate(500, 0)?;
//! let machine = Machine::random(data.units(), 100, 0.01, 0)?.with_mean_of(data.spins()?)?;
//! let setup = Setup { directions: Some(3), ..Setup::default() };
//! let prepared = setup.prepare(&data, &Moments::of(&data)?, &machine)?;
//! let times = (0..=20).map(|k| 0.01 * f64::from(k)).collect();
//! let plan = Plan { times, integrator: Integrator::default(), bulk_edge: prepared.bulk_edge };
//! let trajectory = follow(&prepared.flow, &prepared.start, &plan, &mut |_| {})?;
//! let [first, last] = [&trajectory.snapshots[0], &trajectory.snapshots[20]];
//! assert!(last.singular_values[0] > 3.0 * first.singular_values[0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batches;
mod chains;
mod closures;
mod data_term;
mod events;
mod flow;
mod frame;
mod gaussian;
mod integrate;
pub mod linear;
mod linear_terms;
mod mean_field;
mod noise;
mod population;
mod reliability;
pub mod response;
mod setup;
mod state;
mod term;
mod trajectory;

pub use batches::BatchSettings;
pub use chains::{ChainSettings, Chains, Correction};
pub use data_term::{Clamped, Component, DataTerm, Mixture, Samples, Source};
pub use events::{Event, EventKind};
pub use flow::Flow;
pub use frame::{Frame, FrameRates};
pub use gaussian::{Averages, Covariance, SingleState, linear_response};
pub use integrate::{Integrator, Method, Point, Split, Statistics, Tolerance};
pub use linear::{LEARNING_RATE, LinearMode, LinearTheory, LinearUnits, resolving_rate};
pub use noise::{Noise, rates_of_map};
pub use population::{Order, PopulationStates, Reliability};
pub use reliability::{ReliabilityLog, TOLERATED, Unreliable, WINDOW};
pub use setup::{Closure, MOST_DIRECTIONS, NoiseKind, Prepared, ResponseKind, Setup};
pub use state::{Basis, Layers, State};
pub use trajectory::{FOLLOWED, Plan, Snapshot, Trajectory, follow, follow_states};
