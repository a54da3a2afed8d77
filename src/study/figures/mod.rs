//! The letter's figures and others, each in one file that computes, claims and draws it (`docs/letter.md`).
//!
//! [`FIGURES`] lists them. What the letter says about a figure is a list of [`Claim`]s: what is expected, by the letter or by the
//! theory for the data at hand, and what was found. [`Studio`] holds what the figures of one invocation share, [`Made`] what a
//! figure consists of: drawings, tables and claims.

mod averages;
mod claim;
mod closures;
mod course;
mod digits;
mod learned_modes;
mod learning;
mod linear_dynamics;
mod linear_limit;
mod list;
mod made;
mod outcomes;
mod phase_diagrams;
mod spectrum_histogram;
mod spectrum_log_log;
mod stable_states;
mod studio;
mod theory_vs_simulation;
mod training;
mod trajectory;

pub use claim::Claim;
pub use list::{FIGURES, Named, Shows};
pub use made::{File, Made, Shown};
pub use studio::Studio;
