//! Which modes a finite-size integral is over, what the others do, and the grid of its nodes.

use crate::theory::saddle::Symmetry;
use crate::{Ensemble, Error, Prior, Result};
use nalgebra::DVector;

/// Magnetization above which the rest counts as condensed where no sign of its own is free.
pub(super) const REST_CONDENSED: f64 = 0.25;
/// Largest number of modes of an ensemble without symmetry for which all modes take part.
const ALL_TAKE_PART: usize = 40;
/// Beyond this number only modes with w above this take part.
const TAKES_PART: f64 = 0.5;

/// The state around which an integral is taken, over all modes.
#[derive(Clone, Debug)]
pub(super) struct Background {
    pub magnetization: DVector<f64>,
    pub magnetization_bar: DVector<f64>,
    pub overlap: f64,
}

/// The parts of the modes in an integral, by their places in the ensemble.
#[derive(Clone, Debug)]
pub(super) struct Geometry {
    /// Modes integrated over, then the rest, which follows λ.
    pub active: Vec<usize>,
    /// Number of modes integrated over, one or two.
    pub integrated: usize,
    /// Modes that only fluctuate.
    pub spectators: Vec<usize>,
    /// Modes held fixed.
    pub held: Vec<usize>,
    /// For each mode integrated over, whether its sign is free.
    pub free: Vec<bool>,
    /// Whether only all signs together are free, including those of the rest. The sign of the first axis then counts as free.
    pub mirror: bool,
    /// Whether the overlap follows λ besides the rest.
    pub noisy: bool,
}

/// A node of the grid, by its place on each axis.
pub(super) type Index = [i64; 2];

impl Geometry {
    /// Parts of the modes around a state.
    ///
    /// # Errors
    /// [`Error::Range`] unless `integrated` are one or two different modes of the ensemble, [`Error::Length`] for a state of
    /// another ensemble.
    pub fn new(ensemble: &Ensemble, integrated: &[usize], background: &Background) -> Result<Self> {
        check(integrated, ensemble.modes().len(), background)?;
        let symmetry = ensemble.symmetry();
        let (rest, spectators, held) = roles(ensemble, &symmetry, integrated, background);
        let is_condensed = |&mode: &usize| background.magnetization[mode].abs() > REST_CONDENSED;
        let mirror = symmetry == Symmetry::GlobalFlip && !rest.iter().chain(&held).any(is_condensed);
        let is_free = |(axis, &mode): (usize, &usize)| symmetry.is_free(mode) || mirror && axis == 0;
        Ok(Self {
            active: integrated.iter().copied().chain(rest).collect(),
            integrated: integrated.len(),
            spectators,
            held,
            free: integrated.iter().enumerate().map(is_free).collect(),
            mirror,
            noisy: ensemble.sigma() > 0.0,
        })
    }

    /// Number of modes that follow λ.
    pub fn rest(&self) -> usize {
        self.active.len() - self.integrated
    }

    /// Number of unknowns that follow λ: m of the rest, then q if there is noise.
    pub fn unknowns(&self) -> usize {
        self.rest() + usize::from(self.noisy)
    }

    /// The values of the active modes among those of all modes.
    pub fn pick(&self, all: &DVector<f64>) -> DVector<f64> {
        DVector::from_iterator(self.active.len(), self.active.iter().map(|&mode| all[mode]))
    }

    /// The rest at the opposite λ: m changes sign, q does not.
    pub fn flip_rest(&self, rest: &mut DVector<f64>) {
        rest.rows_mut(0, self.rest()).neg_mut();
    }

    /// The node at λ. Modes whose sign is free are integrated over λ > 0 only, on a grid that begins half a step above zero.
    pub fn index(&self, lambda: &DVector<f64>, h: f64) -> Index {
        let mut index = [0; 2];
        for axis in 0..self.integrated {
            let x = lambda[axis] / h;
            index[axis] = if self.free[axis] { x.abs().floor() as i64 } else { x.round() as i64 };
        }
        index
    }

    /// λ of a node.
    pub fn point(&self, index: Index, h: f64) -> DVector<f64> {
        DVector::from_fn(self.integrated, |axis, _| h * (index[axis] as f64 + if self.free[axis] { 0.5 } else { 0.0 }))
    }

    /// The neighbours of a node, with the rest to start from there.
    pub fn neighbours(&self, index: Index, rest: &DVector<f64>) -> Vec<(Index, DVector<f64>)> {
        let mut neighbours = Vec::with_capacity(4);
        for (axis, side) in (0..self.integrated).flat_map(|axis| [(axis, -1), (axis, 1)]) {
            let (mut next, mut rest) = (index, rest.clone());
            next[axis] += side;
            if self.free[axis] && next[axis] < 0 {
                if !self.mirror {
                    continue;
                }
                next = [0, -next[1]];
                self.flip_rest(&mut rest);
            }
            neighbours.push((next, rest));
        }
        neighbours
    }
}

fn check(integrated: &[usize], modes: usize, background: &Background) -> Result<()> {
    let bad = integrated.is_empty()
        || integrated.len() > 2
        || integrated.iter().any(|&mode| mode >= modes)
        || integrated.len() == 2 && integrated[0] == integrated[1];
    if bad {
        let reason = format!("{integrated:?} are not one or two of {modes} modes");
        return Err(Error::Range { name: "the modes integrated over", reason });
    }
    if background.magnetization.len() != modes {
        return Err(Error::Length { name: "m", found: background.magnetization.len(), expected: modes });
    }
    Ok(())
}

/// The modes that follow λ, those that only fluctuate, and those that are held.
fn roles(
    ensemble: &Ensemble,
    symmetry: &Symmetry,
    integrated: &[usize],
    background: &Background,
) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
    let others = (0..ensemble.modes().len()).filter(|mode| !integrated.contains(mode));
    let sums_over_sites = |prior: &Prior| matches!(prior, Prior::Empirical(_));
    if matches!(symmetry, Symmetry::SignOfEachMode(_)) {
        let (rest, spectators) =
            others.partition(|&mode| background.magnetization[mode] != 0.0 || !symmetry.is_free(mode));
        return (rest, spectators, Vec::new());
    }
    let can_hold = sums_over_sites(ensemble.prior_u()) && sums_over_sites(ensemble.prior_v());
    let takes_part =
        |mode: &usize| !can_hold || ensemble.modes().len() <= ALL_TAKE_PART || ensemble.modes()[*mode] > TAKES_PART;
    let (rest, held) = others.partition(takes_part);
    (rest, Vec::new(), held)
}
