//! From a start to a fixed point: a few rounds of the equations, then Newton's method.
//!
//! Rounds choose the basin; Newton's method finishes, also near marginal points where rounds would take thousands. The
//! Jacobian is dense for few modes and a Krylov operator for many, so that a solve stays linear in their number. A mode
//! that starts at m = 0 without field and under symmetric laws stays there exactly, and is left out of the unknowns.

use super::ensemble::{Ensemble, Symmetry};
use super::equations::Equations;
use super::fixed_point::{FixedPoint, Kind, Status};
use super::krylov;
use crate::error::Result;
use nalgebra::{DMatrix, DVector};

/// Unknowns up to which the Jacobian is formed.
const DENSE: usize = 40;
/// Dimension of the Krylov space beyond.
const KRYLOV: usize = 60;
/// Relative accuracy of the inner solve: four digits a Newton step.
const FORCING: f64 = 1e-4;
/// Eigenvalues this close to 1 are marginal: neither grows nor decays within the accuracy of a solution.
const MARGINAL: f64 = 1e-10;
/// Magnetizations below this are examined for being zero: a state that vanishes continuously is this small only within
/// 1e-6 of its transition.
const SMALL: f64 = 1e-3;

/// Newton steps of one attempt.
const NEWTON_STEPS: usize = 40;
/// Newton steps in a row that may fail to reduce the residual.
const PATIENCE: usize = 2;
/// Largest change of an order parameter in one Newton step, in units of the largest or of 1.
const LONGEST_STEP: f64 = 0.3;
/// Part of its magnetization that a mode loses in a step when it is found to vanish.
const VANISHING: f64 = 0.99;
/// Smallest factor by which a Newton step multiplies a squared magnetization.
const SMALLEST_SQUARE: f64 = 1e-2;
/// Steps of a deflated search before it is given up.
const DEFLATED_STEPS: usize = 60;

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

    fn state(&self) -> DVector<f64> {
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
    /// Rounds before the first Newton step, and after each Newton step that fails.
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
/// use spectral_rbm::{Ensemble, Prior, saddle::{Solver, Start}};
/// let ensemble = Ensemble::new(1.0, 0.5, &[1.5], Prior::Bernoulli)?;
/// let point = Solver::new(&ensemble)?.solve(&Start::condensed(1, &[0]))?;
/// assert!(point.is_converged() && point.stable);
/// assert!((point.magnetization[0] - 0.7855491076).abs() < 1e-10);
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Solver {
    ensemble: Ensemble,
    equations: Equations,
    symmetry: Symmetry,
    settings: Settings,
    image: DVector<f64>,
}

/// A state with its residual, and how it was reached.
struct Iterate {
    state: DVector<f64>,
    residual: f64,
    iterations: usize,
}

/// A Newton step in the unknowns: the change of each, and whether it is that of its square over twice itself.
struct Step {
    change: DVector<f64>,
    squared: Vec<bool>,
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
        let iterate = self.iterate(start.state(), self.settings.rounds)?;
        let iterate = self.settle_small_modes(iterate)?;
        self.describe(iterate)
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

    /// Newton's method on the equations multiplied by `Π_i (1 + 1/d_i²)`, where d_i is the distance to the i-th of the
    /// `known` states (with squared magnetizations where their signs are free): it cannot converge to any of them.
    /// `None` if it converges to nothing else.
    pub(super) fn solve_deflated(&mut self, start: &Start, known: &[DVector<f64>]) -> Result<Option<FixedPoint>> {
        let modes = self.equations.modes();
        let mut state = start.state();
        // Every mode must be free to move.
        state.rows_mut(0, modes).iter_mut().filter(|m| **m == 0.0).for_each(|m| *m = 0.05);
        let unknowns = self.unknowns(&state);
        for _ in 0..DEFLATED_STEPS {
            let residual = self.linearize(&mut state)?;
            if residual <= 1e-9 {
                let iterate = self.iterate(state, 0)?;
                let iterate = self.settle_small_modes(iterate)?;
                return Ok(Some(self.describe(iterate)?));
            }
            let Some(step) = self.newton_step(&state, &unknowns) else { return Ok(None) };
            let gradient = self.deflation_gradient(&state, known);
            let along: f64 = unknowns.iter().zip(step.change.iter()).map(|(&entry, step)| gradient[entry] * step).sum();
            // Sherman–Morrison: the deflated step is the plain one, stretched.
            let change = step.change / (1.0 - along);
            if !change.iter().all(|change| change.is_finite()) {
                return Ok(None);
            }
            self.advance(&mut state, &unknowns, &Step { change, squared: step.squared });
        }
        Ok(None)
    }

    /// ∇ log Π_i (1 + 1/d_i²).
    fn deflation_gradient(&self, state: &DVector<f64>, known: &[DVector<f64>]) -> DVector<f64> {
        let modes = self.equations.modes();
        let free = |entry: usize| entry < modes && self.symmetry.is_free(entry);
        let coordinate = |state: &DVector<f64>, e: usize| if free(e) { state[e] * state[e] } else { state[e] };
        let mut gradient = DVector::zeros(modes + 1);
        for other in known {
            let differences =
                DVector::from_fn(modes + 1, |entry, _| coordinate(state, entry) - coordinate(other, entry));
            let square = differences.norm_squared();
            for entry in 0..=modes {
                let slope = if free(entry) { 2.0 * state[entry] } else { 1.0 };
                gradient[entry] -= 2.0 * differences[entry] * slope / (square * (square + 1.0));
            }
        }
        gradient
    }

    /// The unknowns: modes that are magnetized or that a field or the lack of symmetry can magnetize, and q.
    fn unknowns(&self, state: &DVector<f64>) -> Vec<usize> {
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
    fn iterate(&mut self, mut state: DVector<f64>, mut rounds: usize) -> Result<Iterate> {
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

    /// Newton steps from `state`; returns the iterate of smallest residual. A step may raise the residual if those after
    /// it lower it again: near a transition q follows m² on a curve that a straight step leaves at second order.
    fn newton(&mut self, state: &DVector<f64>, unknowns: &[usize]) -> Result<Iterate> {
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
            } else if best.residual <= self.settings.tolerance || failures == PATIENCE {
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
    fn linearize(&mut self, state: &mut DVector<f64>) -> Result<f64> {
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
            let operator = |x: &DVector<f64>, out: &mut DVector<f64>| {
                jacobian(x, out);
                out.zip_apply(x, |out, x| *out = x - *out);
            };
            let change = krylov::gmres(operator, &right, FORCING, KRYLOV)?;
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
    fn restricted<'a>(&'a mut self, unknowns: &'a [usize]) -> impl FnMut(&DVector<f64>, &mut DVector<f64>) + 'a {
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

    /// Without magnetization and noise below the spin-glass transition, q is zero exactly. And a mode that ends with a tiny
    /// magnetization may be zero to the accuracy that a marginal point allows (residual
    /// m³): it is set to zero if the state without it does not grow back.
    fn settle_small_modes(&mut self, iterate: Iterate) -> Result<Iterate> {
        let modes = self.equations.modes();
        let magnetized = iterate.state.rows(0, modes).iter().any(|&m| m != 0.0);
        if !magnetized && !self.ensemble.has_fields() && self.ensemble.sigma() <= 1.0 {
            // q → E tanh² is concave with slope σ⁴ at the origin: without magnetization q = 0 is the only solution.
            let state = DVector::zeros(modes + 1);
            return Ok(Iterate { state, residual: 0.0, ..iterate });
        }
        let Symmetry::SignOfEachMode(free) = &self.symmetry else { return Ok(iterate) };
        let small: Vec<usize> =
            (0..modes).filter(|&a| free[a] && iterate.state[a] != 0.0 && iterate.state[a].abs() < SMALL).collect();
        if small.is_empty() {
            return Ok(iterate);
        }
        let mut state = iterate.state.clone();
        small.iter().for_each(|&mode| state[mode] = 0.0);
        let without = self.iterate(state, 0)?;
        let mut without = self.settle_small_modes(without)?;
        without.iterations += iterate.iterations;
        self.linearize(&mut without.state)?;
        let susceptibility = self.susceptibility();
        let largest = small.iter().map(|&mode| self.ensemble.modes()[mode]).fold(0.0, f64::max);
        // Rounding alone: a tolerance here would move every onset by as much.
        let marginal = largest * largest * susceptibility <= 1.0 + 1e-13;
        let lost = iterate.residual > self.settings.tolerance;
        let is_solution = without.residual <= self.settings.tolerance;
        Ok(if is_solution && (marginal || lost) { without } else { iterate })
    }

    /// (1 − q)(1 − q̄) at the last linearized state.
    fn susceptibility(&self) -> f64 {
        let (visible, hidden) = self.equations.averages();
        visible.sech2 * hidden.sech2
    }

    fn describe(&mut self, iterate: Iterate) -> Result<FixedPoint> {
        let Iterate { mut state, iterations, .. } = iterate;
        let modes = self.equations.modes();
        let residual = self.linearize(&mut state)?;
        let bar = self.equations.bar().clone();
        let (visible, hidden) = self.equations.averages();
        let complements = (hidden.sech2, visible.sech2);
        let at_number = self.ensemble.sigma().powi(4) * visible.sech4 * hidden.sech4;
        let unknowns = self.unknowns(&state);
        let spectral_radius = self.spectral_radius(&unknowns).unwrap_or(f64::NAN);
        let free_energy = self.equations.free_energy(&state, &bar)?;
        let magnetization = state.rows(0, modes).into_owned();
        let overlap = state[modes];
        let modes_condensed: Vec<usize> = (0..modes).filter(|&a| magnetization[a] != 0.0).map(|a| a + 1).collect();
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
            0 if overlap > 0.0 => Kind::SpinGlass,
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
            return krylov::largest_modulus(self.equations.jacobian(&all));
        }
        if unknowns.iter().all(|&entry| entry == modes) {
            return Some(inactive);
        }
        let active = if unknowns.len() <= DENSE {
            krylov::largest_modulus(self.equations.jacobian(unknowns))?
        } else {
            krylov::spectral_radius(self.restricted(unknowns), unknowns.len(), KRYLOV)?
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

/// Solves by LU, or in the least-squares sense where the matrix is singular (a continuum, or a marginal point).
fn solve_dense(matrix: DMatrix<f64>, right: &DVector<f64>) -> Option<DVector<f64>> {
    let scale = matrix.amax();
    let factors = matrix.clone().lu();
    let pivots = factors.u().diagonal();
    let step = if pivots.amin() > 1e-12 * scale {
        factors.solve(right)
    } else {
        matrix.svd(true, true).solve(right, 1e-12 * scale).ok()
    }?;
    step.iter().all(|s| s.is_finite()).then_some(step)
}
