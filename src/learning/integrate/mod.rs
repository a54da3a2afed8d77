//! Integration of flows whose rate has a slow, costly part and a fast, cheap part.
//!
//! A learning flow is `dy/dt = data(y) − machine(y)`. The data term is smooth but passes over all samples. The machine's own term
//! is cheap, but stiff where a mode is about to condense: w/(1 − w²) has the slope 2λ² where it balances a growth rate λ. There
//! are two methods:
//!
//! * [`Method::Dop853`]: the Dormand–Prince method of order 8 for the whole rate (crate `ode_solvers`). Stability limits
//!   its steps where the flow is stiff;
//! * [`Method::Multirate`]: the data term as a polynomial in time, the rest integrated under it by DOP853. Accuracy alone
//!   then determines the steps of the data term.
//!
//! A finite learning rate γ gives the map `y → y + γ (data − machine)`, [`Method::Map`].

mod dop853;
mod integrator;
mod multirate;
mod split;
#[cfg(test)]
mod tests;

pub use integrator::Integrator;
pub use split::{Method, SolutionPoint, Split, Statistics, Tolerance};
