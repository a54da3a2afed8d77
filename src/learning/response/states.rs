//! The states of the machine, followed along a trajectory, and the averages over them.
//!
//! ```text
//! ⟨s_α σ_β⟩ = Σ_q p_q [ L m̄_α m_β + O(1) ],    p_q ∝ (images of q) e^{−F_q}
//! ```
//!
//! (`docs/theory.md`, section 2b.) States are fixed points of the modes that can condense: under symmetric laws those with w
//! above [`CAN_CONDENSE`] or with a field of their own. The other modes only fluctuate in each state. Where the fluctuations of a
//! mode are too large for that, or always on request, a finite-size integral over the mode, or over two, replaces the state and
//! all others that differ from it in these modes only.

use super::assembly::assemble;
use super::averages::MachineAverages;
use super::mean_field::{self, Contribution};
use super::reduced::{CAN_CONDENSE, Integrals, Reduced, Tracked};
use crate::theory::saddle::{self, Search, Settings, Solver, Start, Symmetry};
use crate::{Ensemble, Error, FixedPoint, Result};
use nalgebra::DMatrix;

/// Points closer than this are the same.
const SAME_POINT: f64 = 1e-6;

/// What happened to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was found by a search.
    Appeared,
    /// Its equations have no solution near it any more, or it merged with another.
    Vanished,
    /// It is still a solution, but not a stable one.
    LostStability,
}

/// A state that appeared, vanished or lost its stability.
#[derive(Clone, Debug, PartialEq)]
pub struct StateChange {
    /// What happened.
    pub change: Change,
    /// Ranks (from 1) of the modes magnetized in it.
    pub modes_condensed: Vec<usize>,
    /// Its free energy f, when last seen.
    pub free_energy: f64,
}

/// Averages of the machine over its states, which are followed from one ensemble to the next.
#[derive(Clone, Debug)]
pub struct MeanFieldResponse {
    pub(super) integrals: Integrals,
    states: Vec<Tracked>,
    /// Whether the states come from given starts: no search, equal weights.
    given: bool,
    gone: Vec<StateChange>,
    /// Number of modes with w > 1 at the last full search.
    above_one: Option<usize>,
}

impl MeanFieldResponse {
    /// The response of a machine whose states are searched for.
    pub fn new(integrals: Integrals) -> Self {
        Self { integrals, states: Vec::new(), given: false, gone: Vec::new(), above_one: None }
    }

    /// The response of a machine whose states are those that the given starts (over all modes) lead to: for more condensed modes
    /// than can be enumerated. Each start has the same weight; its images are not added.
    pub fn with_starts(starts: Vec<Start>) -> Self {
        let track = |start| Tracked { start, modes_condensed: Vec::new(), free_energy: f64::NAN };
        Self { states: starts.into_iter().map(track).collect(), given: true, ..Self::new(Integrals::AtTransitions) }
    }

    /// Rotates the magnetizations of the followed states with the frame: m becomes `rotation m` over all modes.
    pub fn turn(&mut self, rotation: &DMatrix<f64>) {
        for state in self.states.iter_mut().filter(|state| state.start.magnetization.len() == rotation.ncols()) {
            state.start.magnetization = rotation * &state.start.magnetization;
        }
    }

    /// Whether the states come from given starts.
    pub fn is_given(&self) -> bool {
        self.given
    }

    /// Number of states followed.
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// The averages of a machine of size L.
    ///
    /// # Errors
    /// L not positive; no stable state found; starts of another number of modes; those of the solver and the averages.
    pub fn averages(&mut self, ensemble: &Ensemble, size: f64) -> Result<MachineAverages> {
        if !(size.is_finite() && size > 0.0) {
            return Err(Error::Size(size));
        }
        let reduced = Reduced::new(ensemble, self.integrals)?;
        let contributions = if self.given {
            self.given_states(&reduced, size)?
        } else if self.integrals == Integrals::Always && reduced.active.len() <= 2 {
            let all: Vec<usize> = (0..reduced.active.len()).collect();
            vec![mean_field::of_integral(&reduced.ensemble, &all, None, &reduced.weak_w, size)?]
        } else {
            let points = self.follow(&reduced)?;
            self.families(&reduced, &points, size)?
        };
        assemble(ensemble, &reduced, contributions, size, self.given)
    }

    /// Searches for states again: quickly, or with everything that [`saddle::enumerate`] tries if a state has vanished or the
    /// number of modes with w > 1 has changed. Returns the changes since the last call.
    ///
    /// # Errors
    /// As [`averages`](Self::averages).
    pub fn refresh(&mut self, ensemble: &Ensemble, size: f64) -> Result<Vec<StateChange>> {
        if !(size.is_finite() && size > 0.0) {
            return Err(Error::Size(size));
        }
        let reduced = Reduced::new(ensemble, self.integrals)?;
        let exact = self.integrals == Integrals::Always && reduced.active.len() <= 2;
        if !self.given && !exact {
            let known = self.states.len();
            self.continue_states(&reduced)?;
            let above_one = ensemble.modes().iter().filter(|&&w| w > 1.0).count();
            let lost = self.states.len() < known;
            if lost || self.above_one != Some(above_one) {
                self.search_fully(&reduced)?;
                self.above_one = Some(above_one);
            } else {
                self.search_quickly(&reduced)?;
            }
        }
        Ok(std::mem::take(&mut self.gone))
    }

    /// The stable states, continued from where they were.
    fn follow(&mut self, reduced: &Reduced) -> Result<Vec<FixedPoint>> {
        let known = self.states.len();
        let mut points = self.continue_states(reduced)?;
        if points.len() < known || points.is_empty() {
            self.search_quickly(reduced)?;
            points = self.continue_states(reduced)?;
        }
        if points.is_empty() {
            self.search_fully(reduced)?;
            points = self.continue_states(reduced)?;
        }
        if points.is_empty() {
            let reason = format!("no stable state was found at w = {:?}", reduced.ensemble.modes().as_slice());
            return Err(Error::Unsolved { what: "the response", reason });
        }
        Ok(points)
    }

    /// Solves for every tracked state from its last position; drops those that have vanished.
    fn continue_states(&mut self, reduced: &Reduced) -> Result<Vec<FixedPoint>> {
        let modes = reduced.active.len() + reduced.weak.len();
        if self.states.iter().any(|state| state.start.magnetization.len() != modes) {
            // The number of modes has changed: the states are no longer known.
            self.states.clear();
        }
        let mut solver = Solver::with_settings(&reduced.ensemble, Settings { rounds: 1, ..Settings::default() })?;
        let mut points: Vec<FixedPoint> = Vec::new();
        let (states, mut kept) = (std::mem::take(&mut self.states), Vec::new());
        for state in states {
            let point = solver.solve(&reduced.restrict(&state.start))?;
            let merged = points.iter().any(|other| is_same(other, &point));
            let change = match () {
                () if !point.is_converged() || merged => Change::Vanished,
                () if !point.stable => Change::LostStability,
                () => {
                    kept.push(reduced.track(&point));
                    points.push(point);
                    continue;
                }
            };
            self.gone.push(StateChange {
                change,
                modes_condensed: state.modes_condensed,
                free_energy: state.free_energy,
            });
        }
        self.states = kept;
        Ok(points)
    }

    /// Adds a point unless it is known.
    fn admit(&mut self, reduced: &Reduced, point: &FixedPoint) {
        let signs = reduced.ensemble.symmetry().signs(&point.magnetization);
        let mut point = point.clone();
        point.magnetization.component_mul_assign(&signs);
        point.magnetization_bar.component_mul_assign(&signs);
        let found = reduced.track(&point);
        let near = |state: &Tracked| {
            (&state.start.magnetization - &found.start.magnetization)
                .amax()
                .max((state.start.overlap - found.start.overlap).abs())
                < SAME_POINT
        };
        if !self.states.iter().any(near) {
            let (modes_condensed, free_energy) = (found.modes_condensed.clone(), found.free_energy);
            self.gone.push(StateChange { change: Change::Appeared, modes_condensed, free_energy });
            self.states.push(found);
        }
    }

    /// Searches from the paramagnet, single modes, pairs, and all modes that can condense.
    fn search_quickly(&mut self, reduced: &Reduced) -> Result<()> {
        let ensemble = &reduced.ensemble;
        let modes = ensemble.modes().len();
        let can: Vec<usize> =
            (0..modes).filter(|&mode| ensemble.modes()[mode] > CAN_CONDENSE || ensemble.has_field(mode)).collect();
        let mut subsets = vec![Vec::new()];
        for (i, &a) in can.iter().enumerate() {
            subsets.push(vec![a]);
            subsets.extend(can[i + 1..].iter().map(|&b| vec![a, b]));
        }
        if can.len() > 2 {
            subsets.push(can);
        }
        let mut solver = Solver::with_settings(ensemble, Settings { rounds: 10, ..Settings::default() })?;
        let symmetry = ensemble.symmetry();
        for subset in subsets {
            for start in signed(&symmetry, modes, &subset) {
                let point = solver.solve(&start)?;
                if point.is_converged() && point.stable {
                    self.admit(reduced, &point);
                }
            }
        }
        Ok(())
    }

    fn search_fully(&mut self, reduced: &Reduced) -> Result<()> {
        self.search_quickly(reduced)?;
        let modes = reduced.ensemble.modes().len();
        // Sums over sites are too slow for more than a few starts.
        let few = modes <= 4 && matches!(reduced.ensemble.symmetry(), Symmetry::SignOfEachMode(_));
        let search = Search {
            random: if few { 8 } else { 2 },
            deflation: few,
            from_low_temperature: few,
            subset: if few { 3 } else { 2 },
            scan: false,
            ..Search::default()
        };
        if modes <= 10 {
            for point in saddle::enumerate_with(&reduced.ensemble, &search)?.stable() {
                self.admit(reduced, point);
            }
        }
        Ok(())
    }

    /// Contributions of the given starts: equal weights, one for every start that leads to the state.
    fn given_states(&mut self, reduced: &Reduced, size: f64) -> Result<Vec<Contribution>> {
        let modes = reduced.active.len() + reduced.weak.len();
        let mut solver = Solver::with_settings(&reduced.ensemble, Settings { rounds: 4, ..Settings::default() })?;
        let mut points: Vec<(FixedPoint, f64)> = Vec::new();
        for state in &mut self.states {
            if state.start.magnetization.len() != modes {
                return Err(Error::Length { name: "a start", found: state.start.magnetization.len(), expected: modes });
            }
            let point = solver.solve(&reduced.restrict(&state.start))?;
            // A start that leads to no stable state has no weight.
            if !(point.is_converged() && point.stable) {
                continue;
            }
            *state = reduced.track(&point);
            match points.iter_mut().find(|(other, _)| is_same(other, &point)) {
                Some((_, count)) => *count += 1.0,
                None => points.push((point, 1.0)),
            }
        }
        if points.is_empty() {
            let reason = "none of the given starts leads to a stable state".to_owned();
            return Err(Error::Unsolved { what: "the response", reason });
        }
        let contribution = |(point, count): &(FixedPoint, f64)| {
            let contribution = mean_field::of_state(&reduced.ensemble, point, &reduced.weak_w, size)?;
            Ok(Contribution { log_weight: count.ln(), ..contribution })
        };
        points.iter().map(contribution).collect()
    }
}

fn is_same(a: &FixedPoint, b: &FixedPoint) -> bool {
    (&a.magnetization - &b.magnetization).amax().max((a.overlap - b.overlap).abs()) < SAME_POINT
}

/// The start that condenses a subset, with every combination of signs that no symmetry makes equivalent.
fn signed(symmetry: &Symmetry, modes: usize, subset: &[usize]) -> Vec<Start> {
    let start = if subset.is_empty() { Start::paramagnet(modes) } else { Start::condensed(modes, subset) };
    let mut broken: Vec<usize> = subset.iter().copied().filter(|&mode| !symmetry.is_free(mode)).collect();
    if *symmetry == Symmetry::GlobalFlip {
        broken.pop();
    }
    broken.truncate(3);
    let mut starts = vec![start];
    for mode in broken {
        for index in 0..starts.len() {
            let mut flipped = starts[index].clone();
            flipped.magnetization[mode] *= -1.0;
            starts.push(flipped);
        }
    }
    starts
}
