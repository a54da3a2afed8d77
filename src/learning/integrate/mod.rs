//! Integration of flows whose rate has a slow and costly part and a fast and cheap one.
//!
//! A learning flow is `dy/dt = data(y) − machine(y)`. The data term is smooth but passes over all samples; the machine's
//! own term is cheap, and stiff where a mode is about to condense: w/(1 − w²) has the slope 2λ² where it balances a growth
//! rate λ. Two ways are offered:
//!
//! * [`Method::Dop853`]: the Dormand–Prince method of order 8 for the whole rate (crate `ode_solvers`), whose steps
//!   stability limits where the flow is stiff;
//! * [`Method::Multirate`]: the data term as a polynomial in time, the rest integrated under it by the former method.
//!   Steps of the data term then follow accuracy alone.
//!
//! A finite learning rate γ makes the map `y → y + γ (data − machine)`, [`Method::Map`].

mod dop853;
mod integrator;
mod multirate;
mod split;
#[cfg(test)]
mod tests;

pub use integrator::Integrator;
pub use split::{Method, Point, Split, Statistics, Tolerance};
