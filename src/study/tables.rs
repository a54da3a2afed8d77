//! Tables that commands and figures write.

use crate::io::Table;
use crate::io::number::{exact, numbered};
use crate::learning::{Snapshot, Trajectory};
use crate::simulator::run::{Record, SpectrumLog};
use crate::theory::phase::Boundary;
use std::iter::once;

/// Boundaries of a phase diagram: one row per point, curves in order.
pub fn boundaries(boundaries: &[Boundary]) -> Table {
    let rows = boundaries.iter().flat_map(|boundary| {
        boundary.points.iter().map(|point| {
            let numbers = [point.inv_sigma, point.w_over_sigma, point.bracket].map(exact);
            once(boundary.curve.to_string()).chain(numbers).chain([point.status.name().to_owned()]).collect()
        })
    });
    Table::new(["curve", "inv_sigma", "w_over_sigma", "bracket", "status"], rows)
}

/// Singular values of a training run, one row per record.
pub fn spectrum(log: &SpectrumLog) -> Table {
    let modes = log.records.first().map_or(0, |record| record.singular_values().len());
    let header = ["update", "epoch", "time"].map(str::to_owned).into_iter().chain(numbered("w", modes));
    let row = |record: &Record| {
        let start = [record.update.to_string(), exact(record.epoch), exact(record.time)];
        start.into_iter().chain(record.singular_values().iter().map(|&w| exact(w))).collect()
    };
    Table::new(header, log.records.iter().map(row))
}

/// A learning flow: w by rank and the fields along the modes, one row per time. Only the population closure can become unreliable,
/// and has a column that says so.
pub fn trajectory(trajectory: &Trajectory) -> Table {
    let modes = trajectory.snapshots.first().map_or(0, |first| first.singular_values.len());
    let from = trajectory.unreliable.map_or(f64::INFINITY, |found| found.from);
    let flag = trajectory.reliability.map(|_| |time: f64| u8::from(time >= from).to_string());
    let names = ["w", "eta", "theta"].into_iter().flat_map(|name| numbered(name, modes));
    let header = once("time".to_owned()).chain(names).chain(flag.map(|_| "unreliable".to_owned()));
    let row = |snapshot: &Snapshot| {
        let values = [&snapshot.singular_values, &snapshot.eta, &snapshot.theta];
        let values = values.into_iter().flatten().map(|&value| exact(value));
        once(exact(snapshot.time)).chain(values).chain(flag.map(|flag| flag(snapshot.time))).collect()
    };
    Table::new(header, trajectory.snapshots.iter().map(row))
}
