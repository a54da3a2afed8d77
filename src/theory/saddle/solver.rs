//! From a start to a fixed point: a few rounds of the equations, then Newton's method.
//!
//! Rounds choose the basin; Newton's method finishes, also near marginal points where rounds would take thousands. The
//! Jacobian is dense for few modes and a Krylov operator for many, so that a solve stays linear in their number. A mode
//! that starts at m = 0 without field and under symmetric laws stays there exactly, and is left out of the unknowns.

use super::disordered::spin_glass_overlap;
use super::ensemble::{Ensemble, Symmetry};
use super::equations::Equations;
use super::fixed_point::{FixedPoint, Kind, Status};
use crate::error::Result;
use crate::linalg::{largest_modulus, spectral_radius};
use crate::theory::average::Backend;
use nalgebra::DVector;

/// Unknowns up to which the Jacobian is formed.
pub(super) const DENSE: usize = 40;
/// Dimension of the Krylov space beyond.
pub(super) const KRYLOV: usize = 60;
/// Eigenvalues this close to 1 are marginal: neither grows nor decays within the accuracy of a solution.
const MARGINAL: f64 = 1e-10;
/// Magnetizations below this are examined for being zero: a state that vanishes continuously is this small only within
/// 1e-6 of its transition.
const SMALL: f64 = 1e-3;

/// Magnetizations from which Newton's method is tried again where a mode should not have vanished.
const REGROWTH: [f64; 8] = [0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 1e-4, 1e-5];
/// Magnetizations up to which a mode counts as not condensed where fields act.
const FIELD_INDUCED: f64 = 1e-6;

/// Where a solve starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// m_α, one a mode.
    pub magnetization: DVector<f64>,
    /// q.
    pub overlap: f64,
}

impl Start {
    /// m = q = 0.
    pub fn paramagnet(modes: usize) -> Self {
        Self { magnetization: DVector::zeros(modes), overlap: 0.0 }
    }

    /// m = 0, q = 1.
    pub fn spin_glass(modes: usize) -> Self {
        Self { overlap: 1.0, ..Self::paramagnet(modes) }
    }

    /// The given modes (counted from 0) magnetized in equal parts, as at low temperature.
    pub fn condensed(modes: usize, which: &[usize]) -> Self {
        let mut magnetization = DVector::zeros(modes);
        for &mode in which {
            magnetization[mode] = 0.8 / (which.len() as f64).sqrt();
        }
        Self { magnetization, overlap: 0.8 }
    }

    pub(super) fn state(&self) -> DVector<f64> {
        self.magnetization.push(self.overlap)
    }
}

impl From<&FixedPoint> for Start {
    fn from(point: &FixedPoint) -> Self {
        Self { magnetization: point.magnetization.clone(), overlap: point.overlap }
    }
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
    pub(super) ensemble: Ensemble,
    pub(super) equations: Equations,
    pub(super) symmetry: Symmetry,
    pub(super) settings: Settings,
    /// One round of the last linearized state.
    pub(super) image: DVector<f64>,
}

/// A state with its residual, and how it was reached.
pub(super) struct Iterate {
    pub state: DVector<f64>,
    pub residual: f64,
    pub iterations: usize,
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
        Ok(Self {
            equations: Equations::new(ensemble)?,
            symmetry: ensemble.symmetry(),
            image: DVector::zeros(ensemble.modes().len() + 1),
            ensemble: ensemble.clone(),
            settings,
        })
    }

    /// The ensemble whose equations are solved.
    pub fn ensemble(&self) -> &Ensemble {
        &self.ensemble
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
        let iterate = self.iterate(start.state(), self.settings.rounds)?;
        let iterate = self.settle_small_modes(iterate)?;
        self.describe(iterate)
    }

    /// Whether nothing is magnetized and nothing can be.
    fn is_disordered(&self, magnetization: &DVector<f64>) -> bool {
        !self.ensemble.has_fields() && magnetization.iter().all(|&m| m == 0.0)
    }

    /// The paramagnet, or the spin glass where there is one.
    fn disordered(&mut self, spin_glass: bool) -> Result<Iterate> {
        let modes = self.equations.modes();
        if spin_glass && self.ensemble.sigma() > 1.0 && self.ensemble.backend() != Backend::Fourier {
            // The accurate overlap does not solve the equations of a rule that is less accurate.
            return self.iterate(Start::spin_glass(modes).state(), self.settings.rounds);
        }
        let (overlap, iterations) = if spin_glass { spin_glass_overlap(&self.ensemble)? } else { (0.0, 0) };
        let state = Start { overlap, ..Start::paramagnet(modes) }.state();
        Ok(Iterate { state, residual: 0.0, iterations })
    }

    /// The solution that Newton's method alone leads to, if any.
    pub(super) fn polish(&mut self, start: &Start) -> Result<Option<FixedPoint>> {
        let state = start.state();
        let unknowns = self.unknowns(&state);
        let iterate = self.newton(&state, &unknowns)?;
        if iterate.residual > self.settings.tolerance {
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
            let Some(away) = self.unstable_direction(last)? else { break };
            let mut state = last.state() + away * 0.02;
            let modes = self.equations.modes();
            state[modes] = state[modes].clamp(0.0, 1.0);
            let iterate = self.iterate(state, 60)?;
            let iterate = self.settle_small_modes(iterate)?;
            points.push(self.describe(iterate)?);
        }
        Ok(points)
    }

    /// The unknowns: modes that are magnetized or that a field or the lack of symmetry can magnetize, and q.
    pub(super) fn unknowns(&self, state: &DVector<f64>) -> Vec<usize> {
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

    /// A mode that ends with a tiny magnetization may be zero to the accuracy that a marginal point allows (residual m³),
    /// and a mode that should not be zero may have come too close to it: it is set to zero if the state without it does
    /// not grow back, and grown back if that state does. Without any magnetization q has its own equation.
    pub(super) fn settle_small_modes(&mut self, iterate: Iterate) -> Result<Iterate> {
        let modes = self.equations.modes();
        if self.is_disordered(&iterate.state.rows(0, modes).into_owned()) {
            let settled = self.disordered(true)?;
            return Ok(Iterate { iterations: iterate.iterations + settled.iterations, ..settled });
        }
        let may_vanish = |mode: &usize| match &self.symmetry {
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
        let growth = self.growth(&without.state, &small)?;
        let is_solution = without.residual <= self.settings.tolerance;
        // Rounding alone: a tolerance here would move every onset by as much.
        let marginal = growth <= 1.0 + 1e-13;
        if is_solution && (marginal || iterate.residual > self.settings.tolerance) {
            return Ok(without);
        }
        if !marginal && is_solution && !self.is_grown(&iterate.state, &small, growth)? {
            for size in REGROWTH {
                let mut state = without.state.clone();
                small.iter().for_each(|&mode| state[mode] = size);
                state[modes] = (state[modes] + size * size).min(1.0);
                let grown = self.newton(&state, &self.unknowns(&state))?;
                let converged = grown.residual <= self.settings.tolerance;
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
        if self.is_disordered(&state.rows(0, self.equations.modes()).into_owned()) {
            return self.disordered(true);
        }
        let without = self.iterate(state, 0)?;
        self.settle_small_modes(without)
    }

    /// Largest factor by which a round multiplies small magnetizations of modes that a state lacks.
    fn growth(&mut self, state: &DVector<f64>, modes: &[usize]) -> Result<f64> {
        self.linearize(&mut state.clone())?;
        if self.symmetry == Symmetry::GlobalFlip {
            return Ok(largest_modulus(self.equations.jacobian(modes)).unwrap_or(f64::NAN));
        }
        // Modes are ordered, and under symmetric laws they decouple.
        Ok(self.ensemble.modes()[modes[0]].powi(2) * self.susceptibility())
    }

    /// Whether small magnetizations are balanced, rather than about to grow from zero.
    fn is_grown(&mut self, state: &DVector<f64>, modes: &[usize], growth: f64) -> Result<bool> {
        self.linearize(&mut state.clone())?;
        let balanced = |&mode: &usize| (self.image[mode] / state[mode] - 1.0).abs() < 0.1 * (growth - 1.0);
        Ok(modes.iter().all(balanced))
    }

    /// (1 − q)(1 − q̄) at the last linearized state.
    fn susceptibility(&self) -> f64 {
        let (visible, hidden) = self.equations.averages();
        visible.sech2 * hidden.sech2
    }

    pub(super) fn describe(&mut self, iterate: Iterate) -> Result<FixedPoint> {
        let Iterate { mut state, iterations, .. } = iterate;
        let modes = self.equations.modes();
        let is_paramagnet = !self.ensemble.has_fields() && state.iter().all(|&x| x == 0.0);
        let residual = self.linearize(&mut state)?;
        let mut bar = self.equations.bar().clone();
        if is_paramagnet {
            // Exactly: what the averages leave is rounding.
            state.fill(0.0);
            bar.fill(0.0);
        }
        let magnetization = state.rows(0, modes).into_owned();
        let (visible, hidden) = self.equations.averages();
        let complements = (hidden.sech2, visible.sech2);
        let variance = self.ensemble.sigma().powi(2);
        let at_number = (variance * visible.sech4) * (variance * hidden.sech4);
        let unknowns = self.unknowns(&state);
        let spectral_radius = self.spectral_radius(&unknowns).unwrap_or(f64::NAN);
        let free_energy = self.equations.free_energy(&state, &bar)?;
        let overlap = state[modes];
        // A mode is condensed if it is magnetized on either side, by more than a weak field alone would.
        let threshold = if self.ensemble.has_fields() { FIELD_INDUCED } else { 0.0 };
        let is_condensed = |&mode: &usize| magnetization[mode].abs().max(bar[mode].abs()) > threshold;
        let modes_condensed: Vec<usize> = (0..modes).filter(is_condensed).map(|mode| mode + 1).collect();
        let kind = self.kind(&modes_condensed, overlap);
        let stable = spectral_radius < 1.0 + MARGINAL && !(kind == Kind::Paramagnet && self.ensemble.sigma() > 1.0);
        let converged = residual <= self.settings.tolerance;
        Ok(FixedPoint {
            kind,
            degeneracy: self.symmetry.degeneracy(&magnetization),
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
        let continuum = condensed.iter().any(|&rank| self.ensemble.rotation_group(rank - 1).len() > 1);
        match condensed.len() {
            _ if continuum => Kind::Continuum,
            0 if overlap > 0.0 && self.ensemble.sigma() > 1.0 => Kind::SpinGlass,
            0 => Kind::Paramagnet,
            1 => Kind::Single,
            _ => Kind::Mixture,
        }
    }

    /// Spectral radius of one round at the last linearized state. Modes left out of the unknowns decouple, each with
    /// the eigenvalue `w_β² (1 − q)(1 − q̄)`; without any magnetized mode the q block is left out.
    fn spectral_radius(&mut self, unknowns: &[usize]) -> Option<f64> {
        let modes = self.equations.modes();
        let inactive = (0..modes).find(|a| !unknowns.contains(a)).map_or(0.0, |mode| {
            // Modes are ordered: the first one left out is the most dangerous.
            self.ensemble.modes()[mode].powi(2) * self.susceptibility()
        });
        if matches!(self.symmetry, Symmetry::GlobalFlip) && unknowns.iter().all(|&e| e == modes) {
            // Nothing is magnetized but the modes do not decouple from each other.
            let all: Vec<usize> = (0..modes).collect();
            return largest_modulus(self.equations.jacobian(&all));
        }
        if unknowns.iter().all(|&entry| entry == modes) {
            return Some(inactive);
        }
        let active = if unknowns.len() <= DENSE {
            largest_modulus(self.equations.jacobian(unknowns))?
        } else {
            spectral_radius(&mut self.restricted(unknowns), unknowns.len(), KRYLOV)?
        };
        Some(active.max(inactive))
    }

    /// The direction in which rounds leave an unstable point: the most unstable mode that it lacks, or the dominant
    /// eigenvector among its own.
    fn unstable_direction(&mut self, point: &FixedPoint) -> Result<Option<DVector<f64>>> {
        let modes = self.equations.modes();
        let mut state = point.state();
        let unknowns = self.unknowns(&state);
        let mut direction = DVector::zeros(modes + 1);
        if let Some(mode) = (0..modes).find(|a| !unknowns.contains(a))
            && self.ensemble.modes()[mode].powi(2) * point.susceptibility() > 1.0
        {
            direction[mode] = 1.0;
            return Ok(Some(direction));
        }
        if unknowns.is_empty() {
            return Ok(None);
        }
        // Power iteration: the eigenvalue exceeds 1 and a rough direction is enough.
        self.linearize(&mut state)?;
        for (i, &entry) in unknowns.iter().enumerate() {
            direction[entry] = 1.0 + 0.5 * (1.7 * i as f64).sin();
        }
        let mut image = direction.clone();
        for _ in 0..30 {
            self.equations.derivative(&direction, &mut image);
            direction = &image / image.norm().max(f64::MIN_POSITIVE);
        }
        Ok(direction.iter().all(|d| d.is_finite()).then_some(direction))
    }
}
