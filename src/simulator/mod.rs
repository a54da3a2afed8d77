//! The experiment: machines of ±1 units, and recorded training runs that can be resumed (`docs/theory.md`, section 6).

pub mod machine;
pub mod run;
