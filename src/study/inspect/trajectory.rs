//! A machine through its training: its place, its modes and when they emerged.
//!
//! Modes are followed from checkpoint to checkpoint by their vectors ([`track`]), so that they keep their identity where
//! singular values cross. A mode exists from the first checkpoint at which it lies above the bulk. Back in the bulk it is
//! followed as long as its vectors can be recognised.

use super::modes::Reading;
use super::outlier::Outlier;
use super::states::{Depth, Position};
use crate::error::Result;
use crate::simulator::machine::Machine;
use crate::theory::spectrum::{BulkFit, track};
use serde::Serialize;

/// `|u·u'| |v·v'|` below which a mode in the bulk counts as lost: 45° on both sides.
const RECOGNISED: f64 = 0.5;

/// A checkpoint on the way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Waypoint {
    /// Updates.
    pub update: u64,
    /// Time; NaN if it is not known.
    pub time: f64,
    /// Bulk.
    pub bulk: BulkFit,
    /// Place on the phase diagram; `None` if the bulk is not the ensemble's noise.
    pub position: Option<Position>,
}

/// One mode at one checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Index of the checkpoint in the trajectory, from 0.
    pub step: usize,
    /// Rank there, from 1.
    pub rank: usize,
    /// Singular value.
    pub observed: f64,
    /// `|u·u'| |v·v'|` with the previous checkpoint; NaN at the first.
    pub overlap: f64,
    /// Reading of the mode there, if it is above the bulk.
    pub outlier: Option<Outlier>,
}

/// A mode through training.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FollowedMode {
    /// Number of the mode, from 1, in the order of emergence (then of rank).
    pub mode: usize,
    /// Update of the first checkpoint at which it is above the bulk.
    pub emerged: u64,
    /// Rank at the last checkpoint; `None` if it was lost in the bulk.
    pub last_rank: Option<usize>,
    /// The mode at each checkpoint where it was seen.
    #[serde(skip)]
    pub course: Vec<Passage>,
}

/// All checkpoints of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainingPath {
    /// Checkpoints.
    pub steps: Vec<Waypoint>,
    /// Modes.
    pub modes: Vec<FollowedMode>,
    last: Option<Reading>,
}

impl TrainingPath {
    /// Adds the next checkpoint, of a machine of the same shape.
    ///
    /// # Errors
    /// Those of [`Reading::of`] and [`Position::of`]; machines of different shapes.
    pub fn push(&mut self, update: u64, time: f64, machine: &Machine, depth: &Depth) -> Result<()> {
        let reading = Reading::of(machine)?;
        let step = self.steps.len();
        let mut taken = vec![false; reading.outliers.len()];
        if let Some(last) = &self.last {
            let matches = track(&last.modes, &reading.modes)?;
            for mode in &mut self.modes {
                let Some(rank) = mode.last_rank else { continue };
                let next = matches[rank - 1];
                let outlier = reading.outliers.get(next.index).cloned();
                if outlier.is_none() && next.overlap < RECOGNISED {
                    mode.last_rank = None;
                    continue;
                }
                if let Some(place) = taken.get_mut(next.index) {
                    *place = true;
                }
                mode.last_rank = Some(next.index + 1);
                let observed = reading.modes.singular_values[next.index];
                mode.course.push(Passage { step, rank: next.index + 1, observed, overlap: next.overlap, outlier });
            }
        }
        for (index, outlier) in reading.outliers.iter().enumerate().filter(|(index, _)| !taken[*index]) {
            let outlier = outlier.clone();
            let first = Passage {
                step,
                rank: index + 1,
                observed: outlier.observed,
                overlap: f64::NAN,
                outlier: Some(outlier),
            };
            let mode = self.modes.len() + 1;
            self.modes.push(FollowedMode { mode, emerged: update, last_rank: Some(index + 1), course: vec![first] });
        }
        let position = Position::of(machine, &reading, depth)?;
        self.steps.push(Waypoint { update, time, bulk: reading.bulk.clone(), position });
        self.last = Some(reading);
        Ok(())
    }
}
