//! The iteration: rounds of the equations and Newton's method.

use super::deflation::Problem;
use super::ensemble::{Ensemble, Symmetry};
use super::equations::Equations;
use crate::error::Result;
use crate::linalg::gmres;
use nalgebra::{DMatrix, DVector};

/// Unknowns up to which the Jacobian is formed.
pub(super) const DENSE: usize = 40;
/// Dimension of the Krylov space beyond.
pub(super) const KRYLOV: usize = 60;

/// Relative accuracy of the inner solve of a Krylov step: four digits a Newton step.
const FORCING: f64 = 1e-4;
/// Newton steps of one attempt.
const NEWTON_STEPS: usize = 60;
/// Newton steps in a row that may fail to reduce the residual.
const PATIENCE: usize = 2;
/// Order parameters below this are critical: a residual at the tolerance does not yet fix them.
const CRITICAL: f64 = 1e-2;
/// Largest change of an order parameter in one Newton step, in units of the largest or of 1.
const LONGEST_STEP: f64 = 0.3;
/// Part of its magnetization that a mode loses in a step when it is found to vanish.
const VANISHING: f64 = 0.99;
/// Smallest factor by which a Newton step multiplies a squared magnetization.
const SMALLEST_SQUARE: f64 = 1e-2;

/// A Newton step in the unknowns: the change of each, and whether it is that of its square over twice itself.
struct Step {
    change: DVector<f64>,
    squared: Vec<bool>,
}

/// Settings of the solver.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Largest |change| of an order parameter in one round at which a point counts as a solution.
    pub tolerance: f64,
    /// Rounds before the first attempt at Newton's method; each further attempt comes after twice as many.
    pub rounds: usize,
    /// Rounds and Newton steps in all.
    pub max_iterations: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tolerance: 1e-12, rounds: 4, max_iterations: 4000 }
    }
}

/// The equations of one ensemble, iterated.
#[derive(Clone, Debug)]
pub(super) struct Iteration {
    pub ensemble: Ensemble,
    pub equations: Equations,
    pub symmetry: Symmetry,
    pub settings: Settings,
    /// One round of the last linearized state.
    pub image: DVector<f64>,
}

/// A state with its residual, and how it was reached.
pub(super) struct Iterate {
    pub state: DVector<f64>,
    pub residual: f64,
    pub iterations: usize,
}

impl Iteration {
    /// # Errors
    /// A backend that cannot serve the ensemble.
    pub fn new(ensemble: &Ensemble, settings: Settings) -> Result<Self> {
        Ok(Self {
            equations: Equations::new(ensemble)?,
            symmetry: ensemble.symmetry(),
            image: DVector::zeros(ensemble.modes().len() + 1),
            ensemble: ensemble.clone(),
            settings,
        })
    }

    /// The unknowns: modes that are magnetized or that a field or the lack of symmetry can magnetize, and q.
    pub fn unknowns(&self, state: &DVector<f64>) -> Vec<usize> {
        let modes = self.equations.modes();
        let mut unknowns: Vec<usize> = match &self.symmetry {
            Symmetry::SignOfEachMode(free) => (0..modes).filter(|&a| state[a] != 0.0 || !free[a]).collect(),
            Symmetry::GlobalFlip if state.rows(0, modes).iter().all(|&m| m == 0.0) => Vec::new(),
            _ => (0..modes).collect(),
        };
        if self.ensemble.sigma() > 0.0 {
            unknowns.push(modes);
        }
        unknowns
    }

    /// Rounds, then Newton's method; if it does not converge, its steps are dropped and the next attempt starts after
    /// twice as many rounds, which pass through the bottleneck that a fold nearby leaves behind.
    pub fn iterate(&mut self, mut state: DVector<f64>, mut rounds: usize) -> Result<Iterate> {
        self.keep_leading_group(&mut state);
        let unknowns = self.unknowns(&state);
        let mut iterations = 0;
        loop {
            for _ in 0..rounds {
                self.equations.round(&state, &mut self.image)?;
                std::mem::swap(&mut state, &mut self.image);
            }
            let newton = self.newton(&state, &unknowns)?;
            iterations += rounds + newton.iterations;
            if newton.residual <= self.settings.tolerance || iterations >= self.settings.max_iterations {
                return Ok(Iterate { iterations, ..newton });
            }
            rounds = (2 * rounds).max(4);
        }
    }

    /// Under Gaussian laws `w_α² (1 − q)(1 − q̄) = 1` for every mode condensed without a field: they have one w. Of those
    /// that are magnetized, the group of the largest is kept.
    fn keep_leading_group(&self, state: &mut DVector<f64>) {
        let modes = self.equations.modes();
        if !self.ensemble.is_gaussian() {
            return;
        }
        let condensed = |state: &DVector<f64>, mode: usize| state[mode] != 0.0 && !self.ensemble.has_field(mode);
        let Some(leading) = (0..modes).find(|&mode| condensed(state, mode)) else { return };
        let group = self.ensemble.rotation_group(leading);
        for mode in (0..modes).filter(|mode| !group.contains(mode)) {
            if condensed(state, mode) {
                state[mode] = 0.0;
            }
        }
    }

    /// Newton steps from `state`; returns the iterate of smallest residual. A step may raise the residual if those after
    /// it lower it again: near a transition q follows m² on a curve that a straight step leaves at second order.
    pub fn newton(&mut self, state: &DVector<f64>, unknowns: &[usize]) -> Result<Iterate> {
        let mut current = state.clone();
        let residual = self.linearize(&mut current)?;
        let mut best = Iterate { state: current.clone(), residual, iterations: 0 };
        let mut failures = 0;
        // At the rounding floor there is nothing left to gain.
        while best.iterations < NEWTON_STEPS && best.residual > 4.0 * f64::EPSILON && !unknowns.is_empty() {
            let Some(step) = self.newton_step(&current, unknowns) else { break };
            self.advance(&mut current, unknowns, &step);
            let residual = self.linearize(&mut current)?;
            best.iterations += 1;
            if residual < 0.9 * best.residual {
                best = Iterate { state: current.clone(), residual, ..best };
                failures = 0;
            } else if failures == PATIENCE || best.residual <= self.settings.tolerance && best.state.amax() > CRITICAL {
                break;
            } else {
                failures += 1;
            }
        }
        Ok(best)
    }

    /// Adds a step to the unknowns, shortened where it exceeds the order parameters' own range.
    fn advance(&self, state: &mut DVector<f64>, unknowns: &[usize], step: &Step) {
        let mut change = step.change.clone();
        for ((change, &squared), &entry) in change.iter_mut().zip(&step.squared).zip(unknowns) {
            if squared {
                let m = state[entry];
                *change = m * ((1.0 + 2.0 * *change / m).max(SMALLEST_SQUARE).sqrt() - 1.0);
            }
        }
        let factor = (LONGEST_STEP * state.amax().max(1.0) / change.amax()).min(1.0);
        for (&entry, change) in unknowns.iter().zip(change.iter()) {
            state[entry] += factor * change;
        }
        let modes = self.equations.modes();
        state[modes] = state[modes].clamp(0.0, 1.0);
    }

    /// Linearizes one round at `state`, leaving its image in `self.image`; returns the residual.
    pub fn linearize(&mut self, state: &mut DVector<f64>) -> Result<f64> {
        self.equations.linearize(state, &mut self.image)?;
        if self.ensemble.sigma() == 0.0 {
            // Without noise nothing depends on q, which follows from m.
            let modes = self.equations.modes();
            state[modes] = self.image[modes];
        }
        Ok((&self.image - &*state).amax())
    }

    /// The Newton step at the last linearized state, in the unknowns: (D − J) δ = G(x) − x.
    ///
    /// D is 1, but for modes of free sign it may be G_α/m_α: their equation is then taken as G_α/m_α = 1 and their
    /// variable as m_α² (changing by 2 m_α δ_α), in which a state that vanishes continuously is as regular as any other.
    fn newton_step(&mut self, state: &DVector<f64>, unknowns: &[usize]) -> Option<Step> {
        let mut right = DVector::from_iterator(unknowns.len(), unknowns.iter().map(|&e| self.image[e] - state[e]));
        if unknowns.len() > DENSE {
            let mut jacobian = self.restricted(unknowns);
            let mut operator = |x: &DVector<f64>, out: &mut DVector<f64>| {
                jacobian(x, out);
                out.zip_apply(x, |out, x| *out = x - *out);
            };
            let change = gmres(&mut operator, &right, FORCING, KRYLOV)?;
            return Some(Step { change, squared: vec![false; unknowns.len()] });
        }
        let mut matrix = -self.equations.jacobian(unknowns);
        let mut squared = vec![false; unknowns.len()];
        for (i, &entry) in unknowns.iter().enumerate() {
            if !(entry < self.equations.modes() && self.symmetry.is_free(entry) && state[entry] != 0.0) {
                matrix[(i, i)] += 1.0;
                continue;
            }
            let ratio = self.image[entry] / state[entry];
            squared[i] = 3.0 * ratio + matrix[(i, i)] > 2.0;
            if squared[i] {
                matrix[(i, i)] += ratio;
            } else {
                // With the other unknowns fixed, m² would turn negative: the mode vanishes.
                matrix.row_mut(i).fill(0.0);
                matrix[(i, i)] = 1.0;
                right[i] = -VANISHING * state[entry];
            }
        }
        Some(Step { change: solve_dense(matrix, &right)?, squared })
    }

    /// The Jacobian J of one round restricted to the unknowns, as an operator.
    pub fn restricted<'a>(&'a mut self, unknowns: &'a [usize]) -> impl FnMut(&DVector<f64>, &mut DVector<f64>) + 'a {
        let size = self.equations.modes() + 1;
        let (mut direction, mut image) = (DVector::zeros(size), DVector::zeros(size));
        move |x, out| {
            for (&entry, x) in unknowns.iter().zip(x.iter()) {
                direction[entry] = *x;
            }
            self.equations.derivative(&direction, &mut image);
            for (out, &entry) in out.iter_mut().zip(unknowns) {
                *out = image[entry];
            }
        }
    }
}

/// Newton's method in given unknowns.
pub(super) struct InUnknowns<'a> {
    iteration: &'a mut Iteration,
    unknowns: Vec<usize>,
    /// The last step.
    step: Step,
}

impl<'a> InUnknowns<'a> {
    pub fn of(iteration: &'a mut Iteration, state: &DVector<f64>) -> Self {
        let unknowns = iteration.unknowns(state);
        Self { iteration, unknowns, step: Step { change: DVector::zeros(0), squared: Vec::new() } }
    }
}

impl Problem for InUnknowns<'_> {
    fn linearize(&mut self, state: &mut DVector<f64>) -> Result<f64> {
        self.iteration.linearize(state)
    }

    fn step(&mut self, state: &DVector<f64>) -> Option<DVector<f64>> {
        self.step = self.iteration.newton_step(state, &self.unknowns)?;
        let mut change = DVector::zeros(state.len());
        self.unknowns.iter().zip(&self.step.change).for_each(|(&entry, step)| change[entry] = *step);
        Some(change)
    }

    fn advance(&mut self, state: &mut DVector<f64>, shrink: f64) -> bool {
        self.step.change /= shrink;
        let finite = self.step.change.iter().all(|change| change.is_finite());
        if finite {
            self.iteration.advance(state, &self.unknowns, &self.step);
        }
        finite
    }

    fn coordinate(&self, state: &DVector<f64>, entry: usize) -> (f64, f64) {
        let free = entry < self.iteration.equations.modes() && self.iteration.symmetry.is_free(entry);
        if free { (state[entry] * state[entry], 2.0 * state[entry]) } else { (state[entry], 1.0) }
    }
}

/// Solves by LU, or in the least-squares sense where the matrix is singular (a continuum, or a marginal point).
fn solve_dense(matrix: DMatrix<f64>, right: &DVector<f64>) -> Option<DVector<f64>> {
    let scale = matrix.amax();
    if !matrix.iter().all(|entry| entry.is_finite()) {
        return None;
    }
    let factors = matrix.clone().lu();
    let pivots = factors.u().diagonal();
    let step = if pivots.amin() > 1e-12 * scale {
        factors.solve(right)
    } else {
        matrix.svd(true, true).solve(right, 1e-12 * scale).ok()
    }?;
    step.iter().all(|s| s.is_finite()).then_some(step)
}
