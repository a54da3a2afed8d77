//! From a start to a fixed point: a few rounds of the equations, then Newton's method.
//!
//! Rounds choose the basin; Newton's method finishes, also near marginal points where rounds would take thousands. The
//! Jacobian is dense for few modes and a Krylov operator for many, so that a solve stays linear in their number. A mode
//! that starts at m = 0 without field and under symmetric laws stays there exactly, and is left out of the unknowns.

use super::deflation;
use super::disordered::spin_glass_overlap;
use super::ensemble::{Ensemble, Symmetry};
use super::equations::Equations;
use super::fixed_point::{FixedPoint, Kind, Status};
use super::newton::{InUnknowns, Iterate, Iteration, Settings};
use super::stability::{growth, spectral_radius, unstable_direction};
use super::start::Start;
use crate::error::Result;
use crate::theory::average::Backend;
use nalgebra::DVector;

/// Eigenvalues this close to 1 are marginal: neither grows nor decays within the accuracy of a solution.
const MARGINAL: f64 = 1e-10;
/// Magnetizations below this are examined for being zero: a state that vanishes continuously is this small only within
/// 1e-6 of its transition.
const SMALL: f64 = 1e-3;

/// Magnetizations from which Newton's method is tried again where a mode should not have vanished.
const REGROWTH: [f64; 8] = [0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4, 1e-5];
/// Magnetizations up to which a mode counts as not condensed where fields act.
const FIELD_INDUCED: f64 = 1e-6;

/// Solves the saddle-point equations of one ensemble, from as many starts as wanted.
///
/// ```
/// use spectral_rbm::{Ensemble, Prior, theory::saddle::{Solver, Start}};
/// let ensemble = Ensemble::new(1.0, 0.5, &[1.5], Prior::Bernoulli)?;
/// let point = Solver::new(&ensemble)?.solve(&Start::condensed(1, &[0]))?;
/// assert!(point.is_converged() && point.stable);
/// assert!((point.magnetization[0] - 0.7855491076).abs() < 1e-10);
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Solver {
    iteration: Iteration,
}

impl Solver {
    /// Solver with the default settings.
    ///
    /// # Errors
    /// A backend that cannot serve the ensemble (Gauss–Hermite beyond three modes).
    pub fn new(ensemble: &Ensemble) -> Result<Self> {
        Self::with_settings(ensemble, Settings::default())
    }

    /// Solver with the given settings.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_settings(ensemble: &Ensemble, settings: Settings) -> Result<Self> {
        Ok(Self { iteration: Iteration::new(ensemble, settings)? })
    }

    /// The ensemble whose equations are solved.
    pub fn ensemble(&self) -> &Ensemble {
        &self.iteration.ensemble
    }

    /// The equations, with their memory.
    pub(super) fn equations(&mut self) -> &mut Equations {
        &mut self.iteration.equations
    }

    /// The fixed point that `start` leads to. A point that was not reached has [`Status::Unconverged`] and says how far
    /// off it is in its residual.
    ///
    /// # Errors
    /// Fields too large to average ([`Error::FieldTooLarge`](crate::Error::FieldTooLarge)).
    pub fn solve(&mut self, start: &Start) -> Result<FixedPoint> {
        if self.is_disordered(&start.magnetization) {
            let iterate = self.disordered(start.overlap > 0.0)?;
            return self.describe(iterate);
        }
        let iterate = self.iteration.iterate(start.state(), self.iteration.settings.rounds)?;
        let iterate = self.settle_small_modes(iterate)?;
        self.describe(iterate)
    }

    /// Whether nothing is magnetized and nothing can be.
    fn is_disordered(&self, magnetization: &DVector<f64>) -> bool {
        !self.iteration.ensemble.has_fields() && magnetization.iter().all(|&m| m == 0.0)
    }

    /// The paramagnet, or the spin glass where there is one.
    fn disordered(&mut self, spin_glass: bool) -> Result<Iterate> {
        let modes = self.iteration.equations.modes();
        if spin_glass && self.iteration.ensemble.sigma() > 1.0 && self.iteration.ensemble.backend() != Backend::Fourier
        {
            // The accurate overlap does not solve the equations of a rule that is less accurate.
            return self.iteration.iterate(Start::spin_glass(modes).state(), self.iteration.settings.rounds);
        }
        let (overlap, iterations) = if spin_glass { spin_glass_overlap(&self.iteration.ensemble)? } else { (0.0, 0) };
        let state = Start { overlap, ..Start::paramagnet(modes) }.state();
        Ok(Iterate { state, residual: 0.0, iterations })
    }

    /// The solution that Newton's method alone leads to, if any.
    pub(super) fn polish(&mut self, start: &Start) -> Result<Option<FixedPoint>> {
        let state = start.state();
        let unknowns = self.iteration.unknowns(&state);
        let iterate = self.iteration.newton(&state, &unknowns)?;
        if iterate.residual > self.iteration.settings.tolerance {
            return Ok(None);
        }
        let iterate = self.settle_small_modes(iterate)?;
        Ok(Some(self.describe(iterate)?).filter(FixedPoint::is_converged))
    }

    /// [`solve`](Self::solve), then away from the point along its unstable direction if it is unstable, until a stable
    /// one is reached or `attempts` are used up. Returns all points met.
    pub(super) fn descend(&mut self, start: &Start, attempts: usize) -> Result<Vec<FixedPoint>> {
        let mut points = vec![self.solve(start)?];
        for _ in 0..attempts {
            let last = &points[points.len() - 1];
            if !last.is_converged() || last.stable {
                break;
            }
            let Some(away) = unstable_direction(&mut self.iteration, last)? else { break };
            let mut state = last.state() + away * 0.02;
            let modes = self.iteration.equations.modes();
            state[modes] = state[modes].clamp(0.0, 1.0);
            let iterate = self.iteration.iterate(state, 60)?;
            let iterate = self.settle_small_modes(iterate)?;
            points.push(self.describe(iterate)?);
        }
        Ok(points)
    }

    /// A solution that is none of the `known` states, with squared magnetizations where their signs are free; `None` if Newton's
    /// method converges to nothing else.
    pub(super) fn solve_deflated(&mut self, start: &Start, known: &[DVector<f64>]) -> Result<Option<FixedPoint>> {
        let modes = self.iteration.equations.modes();
        let mut state = start.state();
        // Every mode must be free to move.
        state.rows_mut(0, modes).iter_mut().filter(|m| **m == 0.0).for_each(|m| *m = 0.05);
        let problem = &mut InUnknowns::of(&mut self.iteration, &state);
        let Some(state) = deflation::solve_beside(problem, state, known)? else { return Ok(None) };
        let iterate = self.iteration.iterate(state, 0)?;
        let iterate = self.settle_small_modes(iterate)?;
        Ok(Some(self.describe(iterate)?))
    }

    /// A mode that ends with a tiny magnetization may be zero to the accuracy that a marginal point allows (residual m³),
    /// and a mode that should not be zero may have come too close to it: it is set to zero if the state without it does
    /// not grow back, and grown back if that state does. Without any magnetization q has its own equation.
    fn settle_small_modes(&mut self, iterate: Iterate) -> Result<Iterate> {
        let modes = self.iteration.equations.modes();
        if self.is_disordered(&iterate.state.rows(0, modes).into_owned()) {
            let settled = self.disordered(true)?;
            return Ok(Iterate { iterations: iterate.iterations + settled.iterations, ..settled });
        }
        let may_vanish = |mode: &usize| match &self.iteration.symmetry {
            Symmetry::SignOfEachMode(free) => free[*mode],
            Symmetry::GlobalFlip => iterate.state.rows(0, modes).amax() < SMALL,
            Symmetry::None => false,
        };
        let is_small = |mode: &usize| iterate.state[*mode] != 0.0 && iterate.state[*mode].abs() < SMALL;
        let small: Vec<usize> = (0..modes).filter(may_vanish).filter(is_small).collect();
        if small.is_empty() {
            return Ok(iterate);
        }
        let mut without = self.without(&iterate.state, &small)?;
        without.iterations += iterate.iterations;
        let growth = growth(&mut self.iteration, &without.state, &small)?;
        let is_solution = without.residual <= self.iteration.settings.tolerance;
        // Rounding alone: a tolerance here would move every onset by as much.
        let marginal = growth <= 1.0 + 1e-13;
        if is_solution && (marginal || iterate.residual > self.iteration.settings.tolerance) {
            return Ok(without);
        }
        if !marginal && is_solution && !self.is_grown(&iterate.state, &small, growth)? {
            for size in REGROWTH {
                let mut state = without.state.clone();
                small.iter().for_each(|&mode| state[mode] = size);
                state[modes] = (state[modes] + size * size).min(1.0);
                let grown = self.iteration.newton(&state, &self.iteration.unknowns(&state))?;
                let converged = grown.residual <= self.iteration.settings.tolerance;
                if converged && self.is_grown(&grown.state, &small, growth)? {
                    return Ok(Iterate { iterations: without.iterations + grown.iterations, ..grown });
                }
            }
        }
        Ok(iterate)
    }

    /// The state with some modes set to zero.
    fn without(&mut self, state: &DVector<f64>, small: &[usize]) -> Result<Iterate> {
        let mut state = state.clone();
        small.iter().for_each(|&mode| state[mode] = 0.0);
        if self.is_disordered(&state.rows(0, self.iteration.equations.modes()).into_owned()) {
            return self.disordered(true);
        }
        let without = self.iteration.iterate(state, 0)?;
        self.settle_small_modes(without)
    }

    /// Whether small magnetizations are balanced, rather than about to grow from zero.
    fn is_grown(&mut self, state: &DVector<f64>, modes: &[usize], growth: f64) -> Result<bool> {
        self.iteration.linearize(&mut state.clone())?;
        let balanced = |&mode: &usize| (self.iteration.image[mode] / state[mode] - 1.0).abs() < 0.1 * (growth - 1.0);
        Ok(modes.iter().all(balanced))
    }

    fn describe(&mut self, iterate: Iterate) -> Result<FixedPoint> {
        let Iterate { mut state, iterations, .. } = iterate;
        let modes = self.iteration.equations.modes();
        let is_paramagnet = !self.iteration.ensemble.has_fields() && state.iter().all(|&x| x == 0.0);
        let residual = self.iteration.linearize(&mut state)?;
        let mut bar = self.iteration.equations.bar().clone();
        if is_paramagnet {
            // Exactly: what the averages leave is rounding.
            state.fill(0.0);
            bar.fill(0.0);
        }
        let magnetization = state.rows(0, modes).into_owned();
        let (visible, hidden) = self.iteration.equations.averages();
        let complements = (hidden.sech2, visible.sech2);
        let variance = self.iteration.ensemble.sigma().powi(2);
        let at_number = (variance * visible.sech4) * (variance * hidden.sech4);
        let unknowns = self.iteration.unknowns(&state);
        let spectral_radius = spectral_radius(&mut self.iteration, &unknowns).unwrap_or(f64::NAN);
        let free_energy = self.iteration.equations.free_energy(&state, &bar)?;
        let overlap = state[modes];
        // A mode is condensed if it is magnetized on either side, by more than a weak field alone would.
        let threshold = if self.iteration.ensemble.has_fields() { FIELD_INDUCED } else { 0.0 };
        let is_condensed = |&mode: &usize| magnetization[mode].abs().max(bar[mode].abs()) > threshold;
        let modes_condensed: Vec<usize> = (0..modes).filter(is_condensed).map(|mode| mode + 1).collect();
        let kind = self.kind(&modes_condensed, overlap);
        let stable =
            spectral_radius < 1.0 + MARGINAL && !(kind == Kind::Paramagnet && self.iteration.ensemble.sigma() > 1.0);
        let converged = residual <= self.iteration.settings.tolerance;
        Ok(FixedPoint {
            kind,
            degeneracy: self.iteration.symmetry.degeneracy(&magnetization),
            modes_condensed,
            magnetization,
            magnetization_bar: bar.rows(0, modes).into_owned(),
            overlap,
            overlap_bar: bar[modes],
            free_energy,
            spectral_radius,
            stable: stable && converged,
            at_number,
            at_stable: at_number < 1.0,
            weight: None,
            residual,
            status: if converged { Status::Converged } else { Status::Unconverged },
            iterations,
            complements,
        })
    }

    fn kind(&self, condensed: &[usize], overlap: f64) -> Kind {
        let continuum = condensed.iter().any(|&rank| self.iteration.ensemble.rotation_group(rank - 1).len() > 1);
        match condensed.len() {
            _ if continuum => Kind::Continuum,
            0 if overlap > 0.0 && self.iteration.ensemble.sigma() > 1.0 => Kind::SpinGlass,
            0 => Kind::Paramagnet,
            1 => Kind::Single,
            _ => Kind::Mixture,
        }
    }
}
