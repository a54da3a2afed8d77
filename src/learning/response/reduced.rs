//! The ensemble of a learning machine at one time.

use super::mean_field;
use crate::theory::saddle::{Start, Symmetry};
use crate::{Ensemble, FixedPoint, Result};
use nalgebra::DVector;

/// The modes that can condense, as an ensemble of their own.
pub(super) struct Reduced {
    pub ensemble: Ensemble,
    /// Indices of the active modes among all modes.
    pub active: Vec<usize>,
    /// Indices of the other modes.
    pub weak: Vec<usize>,
    pub weak_w: Vec<f64>,
}

impl Reduced {
    pub(super) fn new(ensemble: &Ensemble, integrals: Integrals) -> Result<Self> {
        let modes = ensemble.modes().len();
        let least = if integrals == Integrals::Always { RELEVANT } else { CAN_CONDENSE };
        let symmetric = matches!(ensemble.symmetry(), Symmetry::SignOfEachMode(_));
        let keep = |mode: &usize| !symmetric || ensemble.modes()[*mode] > least || ensemble.has_field(*mode);
        let (mut active, mut weak): (Vec<usize>, Vec<usize>) = (0..modes).partition(keep);
        if active.is_empty() {
            active.push(weak.remove(0));
        }
        let weak_w = weak.iter().map(|&mode| ensemble.modes()[mode]).collect();
        let reduced = if weak.is_empty() {
            ensemble.clone()
        } else {
            mean_field::select_modes(ensemble, ensemble.modes(), &active)?
        };
        Ok(Self { ensemble: reduced, active, weak, weak_w })
    }

    pub(super) fn restrict(&self, start: &Start) -> Start {
        let magnetization =
            DVector::from_iterator(self.active.len(), self.active.iter().map(|&mode| start.magnetization[mode]));
        Start { magnetization, overlap: start.overlap }
    }

    pub(super) fn track(&self, point: &FixedPoint) -> Tracked {
        let mut magnetization = DVector::zeros(self.active.len() + self.weak.len());
        self.active.iter().zip(point.magnetization.iter()).for_each(|(&mode, m)| magnetization[mode] = *m);
        Tracked {
            start: Start { magnetization, overlap: point.overlap },
            modes_condensed: point.modes_condensed.iter().map(|rank| self.active[rank - 1] + 1).collect(),
            free_energy: point.free_energy,
        }
    }
}

/// A state as it was last seen, over all modes of the ensemble.
#[derive(Clone, Debug)]
pub(super) struct Tracked {
    pub(super) start: Start,
    pub(super) modes_condensed: Vec<usize>,
    pub(super) free_energy: f64,
}

/// Without field, a mode below this condenses in no state: w²χ ≤ w² < 1.
pub(super) const CAN_CONDENSE: f64 = 0.9;

/// Modes from this w on are candidates for the integral of [`Integrals::Always`].
pub(super) const RELEVANT: f64 = 0.5;

/// Where finite-size integrals take the place of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrals {
    /// Where a mode is critical; elsewhere each state has its mean field.
    AtTransitions,
    /// Over the one or two modes that fluctuate most, at any w; mean field over the rest.
    Always,
}
