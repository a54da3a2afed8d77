//! The command line: one file per command, each a thin layer over the library.
//!
//! A command parses its options, calls the library, and hands the result to `report`. Exit status: 0 done, 1 the result
//! could not be computed, 2 bad input or usage. Errors are one line on stderr.

mod average;
mod budget;
mod compare;
mod data;
mod destination;
mod error;
mod figure;
mod ignored;
mod inspect;
mod inspect_report;
mod learn;
mod learn_components;
mod mnist;
mod model;
mod opening;
mod options;
mod phase_diagram;
mod program;
mod progress;
mod report;
mod run;
mod sample;
mod solve;
mod spectrum;
mod train;

pub use program::main;
