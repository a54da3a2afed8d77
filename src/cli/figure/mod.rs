//! `figure`: the letter's figures, those beyond it, and the table of what the letter claims.
//!
//! One file a figure or family; each computes by the library, draws by [`crate::plot`], and leaves PNG, SVG and the CSV of
//! what is drawn in the [`Gallery`]'s folder. Data and training runs that several figures need are made once.

mod averages;
mod claims;
mod closures;
mod command;
mod digits;
mod gallery;
mod learned_modes;
mod learning;
mod linear_dynamics;
mod outcomes;
mod phase_diagrams;
mod runs;
mod spectrum_histogram;
mod spectrum_log_log;
mod stable_states;
mod theory_vs_simulation;
mod training;
mod trajectory;

pub(in crate::cli) use gallery::FigureOptions;
