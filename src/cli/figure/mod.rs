//! `figure`: the letter's figures, those beyond it, and the table of what they claim.

mod claims;
mod command;

pub(super) use command::FigureOptions;
