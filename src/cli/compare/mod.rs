//! `compare`: theory against simulation.

mod command;
mod curves;
mod options;
mod report;
mod runs;
mod text;

pub(super) use options::CompareOptions;
