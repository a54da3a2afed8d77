//! `figure`: the letter's figures, those beyond it, and the table of what the letter claims.
//!
//! One file per figure or family of figures. Each computes with the library, draws with [`crate::plot`], and writes
//! PNG, SVG and the CSV of the drawn data to the [`Gallery`]'s folder. Data and training runs that several figures need
//! are made once.

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
