//! Replica-symmetric saddle point of the ensemble (10): equations (11) and (12), their solutions and stability.
//!
//! [`Solver`] takes one start to one [`FixedPoint`]; [`enumerate`] looks for all of them. Order parameters follow the
//! letter: m and q are hidden, m̄ and q̄ visible.

mod deflation;
mod disordered;
mod ensemble;
mod enumeration;
mod equations;
mod fixed_point;
mod fluctuation;
mod newton;
mod scan;
mod solver;
mod stability;
mod start;

pub use ensemble::{Ensemble, Symmetry};
pub use enumeration::{Enumeration, Search, check_size, enumerate, enumerate_with, search_seconds};
pub use fixed_point::{FixedPoint, Kind, Status};
pub use fluctuation::{free_energy, log_determinant, response, round};
pub use newton::Settings;
pub use solver::Solver;
pub use start::Start;
