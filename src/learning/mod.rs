//! Learning dynamics: the deterministic flow of the singular values w_α, their vectors and the fields (`docs/theory.md`,
//! sections 2 and 5).
//!
//! ```text
//! dW/dt = ⟨s σᵀ⟩_Data − ⟨s σᵀ⟩_RBM,    deta/dt = ⟨s⟩_Data − ⟨s⟩_RBM,    dtheta/dt = ⟨σ⟩_Data − ⟨σ⟩_RBM
//! ```

mod data_term;
mod events;
mod flow;
mod frame;
mod frame_flow;
mod gaussian;
mod integrate;
pub mod linear;
mod mean_field;
mod noise;
pub mod response;
mod setup;
mod state;
mod trajectory;

pub use data_term::{Clamped, Component, DataTerm, Mixture, Samples, Source};
pub use events::{Event, EventKind};
pub use flow::Flow;
pub use frame::{Frame, FrameRates};
pub use frame_flow::{FrameFlow, FrameState};
pub use gaussian::{Averages, Covariance, SingleState, linear_response};
pub use integrate::{Integrator, Method, Point, Split, Statistics, Tolerance};
pub use linear::{LinearMode, LinearTheory, LinearUnits};
pub use noise::{Noise, rates_of_map};
pub use setup::{Closure, MOST_DIRECTIONS, NoiseKind, Prepared, ResponseKind, Setup};
pub use state::{Basis, Layers, State};
pub use trajectory::{FOLLOWED, Plan, Snapshot, Trajectory, follow};
