//! Phase diagrams in the plane (1/σ, w_max/σ) (`docs/theory.md`, section 3).
//!
//! 1/σ plays the temperature of the Sherrington–Kirkpatrick model and w_max/σ its ferromagnetic coupling. A
//! [`Family`] of ensembles (κ, priors, ratios of the modes) fills the plane; [`PhaseDiagram`] holds its map and its
//! boundaries. Boundaries are curves: each point is a root found to [`PRECISION`], with the bracket that certifies it,
//! whatever the map's grid.

mod boundary;
mod branches;
mod curve;
mod diagram;
mod root;

pub use boundary::boundaries;
pub use curve::{Boundary, BoundaryPoint, Curve, Family, MapPoint, PRECISION, Phase, PointStatus, ZERO_TEMPERATURE};
pub use diagram::{PhaseDiagram, check_axes};
