//! What `learn` reports about the components of the modes: their kurtosis, and the law with the nearest kurtosis.

use super::destination::Destination;
use super::error::CliError;
use super::report::plain;
use crate::io::Table;
use crate::io::number::exact;
use crate::learning::{Snapshot, Trajectory};
use crate::theory::spectrum::nearest_by_kurtosis;

/// Name of the file.
pub(super) const FILE: &str = "components.csv";
/// Number of leading modes in the file.
const MODES_WRITTEN: usize = 10;
/// Number of modes printed.
const COMPONENTS_SHOWN: usize = 3;

fn nearest(kurtosis: f64) -> String {
    nearest_by_kurtosis(kurtosis).map_or("none".to_owned(), |prior| prior.name().to_owned())
}

/// Kurtosis of û and v̂ of the leading modes; empty if the basis is not that of the sites.
fn of(snapshot: &Snapshot) -> impl Iterator<Item = (usize, f64, f64)> {
    let pairs = snapshot.kurtosis_u.iter().zip(&snapshot.kurtosis_v).take(MODES_WRITTEN).enumerate();
    pairs.map(|(mode, (&u, &v))| (mode + 1, u, v))
}

/// Writes one row per time and mode; no file if the basis is not that of the sites.
pub(super) fn write(destination: &mut Destination, trajectory: &Trajectory) -> Result<(), CliError> {
    let rows: Vec<Vec<String>> = trajectory
        .snapshots
        .iter()
        .flat_map(|snapshot| of(snapshot).map(|(mode, u, v)| (snapshot.time, mode, u, v)).collect::<Vec<_>>())
        .map(|(time, mode, u, v)| vec![exact(time), mode.to_string(), exact(u), nearest(u), exact(v), nearest(v)])
        .collect();
    if rows.is_empty() {
        return destination.remove_stale(&[FILE]);
    }
    let header = ["time", "mode", "kurtosis_u", "nearest_u", "kurtosis_v", "nearest_v"];
    destination.table(FILE, &Table::new(header, rows))
}

/// A table of the first modes at the start and at the end.
pub(super) fn text(trajectory: &Trajectory) -> String {
    let ends = [trajectory.snapshots.first(), trajectory.snapshots.last()];
    let mut text = String::new();
    for snapshot in ends.into_iter().flatten() {
        for (mode, u, v) in of(snapshot).take(COMPONENTS_SHOWN) {
            text += &format!(
                "t = {}, mode {mode}: kurtosis u {u:.3} (nearest {}), v {v:.3} (nearest {})\n",
                plain(snapshot.time),
                nearest(u),
                nearest(v)
            );
        }
    }
    if text.is_empty() { text } else { format!("components\n{text}\n") }
}
