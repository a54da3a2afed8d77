//! The state that a point leads to, with its Gaussian fluctuations or an integral along its soft directions.

use super::relax::{SAME, Soft, contains, distance, relax, softest_modes};
use super::state::FoundState;
use crate::learning::population::contribution::{Order, Part, contribution};
use crate::learning::population::factors::Factors;
use crate::learning::population::joint;
use crate::learning::population::path::{self, Covered, Integral};
use crate::learning::population::point::Point;
use crate::learning::population::solver::{Solved, solve, switched_on};
use crate::learning::population::weights;
use crate::learning::state::{Basis, Layers};
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// States below e^{-NEGLIGIBLE} of the most probable one are left out of the averages.
const NEGLIGIBLE: f64 = 40.0;

/// Settings of the search.
#[derive(Clone, Copy, Debug)]
pub(super) struct SearchSettings {
    /// Accuracy of a state with the reaction, in λ and V.
    pub solved: f64,
    /// Residual above which iteration has not led to a state.
    pub converged: f64,
    /// Where `√L` times the smallest eigenvalue of 1 − LᵀBL is below this, the integral replaces the Gaussian.
    pub soft: f64,
    /// Same where there are many directions, in which integrals are costly, or where the integral has to be cut off.
    pub very_soft: f64,
    /// Largest number of directions for which [`SearchSettings::soft`] holds.
    pub most_integrated: usize,
    /// Where `√L` times a further eigenvalue is below this, the integral is over its direction as well.
    pub further: f64,
    /// Largest further eigenvalue for which this holds.
    pub further_stiff: f64,
    /// Largest number of directions in all for which this holds: such an integral has hundreds of points.
    pub most_in_joint: usize,
    /// An integral is continued up to this multiple of the softness where it begins: there it is as good as the Gaussian.
    pub goes_on: f64,
    /// Largest eigenvalue for an integral: stiffer fluctuations are Gaussian, however few units share them.
    pub stiff: f64,
    /// An integral that was refused is tried again once the softness is below this share of its value then.
    pub again: f64,
    /// Largest move of the flow, in units of the last one, over which the motion of states is extrapolated.
    pub farthest: f64,
}

impl Default for SearchSettings {
    fn default() -> Self {
        Self {
            solved: 1e-7,
            converged: 1e-6,
            soft: 12.0,
            very_soft: 2.5,
            most_integrated: 64,
            further: 6.0,
            further_stiff: 0.5,
            most_in_joint: 8,
            goes_on: 2.0,
            stiff: 0.8,
            again: 0.8,
            farthest: 2.5,
        }
    }
}

/// States found so far at one state of the flow.
pub(super) struct StateSearch<'a> {
    pub(super) factors: &'a Factors,
    /// L.
    size: f64,
    /// Softness below which a state is integrated over.
    pub(super) softest: f64,
    sites: bool,
    pub(super) order: Order,
    pub(super) settings: SearchSettings,
    pub(super) found: Vec<FoundState>,
    /// Whether all that follows from known states has been met.
    pub(super) from_starts: bool,
}

impl<'a> StateSearch<'a> {
    pub(super) fn new(factors: &'a Factors, layers: &Layers, order: Order) -> Self {
        let settings = SearchSettings::default();
        let many = factors.dimension() > settings.most_integrated;
        let soft = if many { settings.very_soft } else { settings.soft };
        let softest = (soft / layers.size().sqrt()).min(settings.stiff);
        let sites = !matches!(layers.basis, Basis::Directions(_));
        Self { factors, size: layers.size(), softest, sites, order, settings, found: Vec::new(), from_starts: false }
    }

    /// Whether λ is that of a state, or on the path of an integral.
    pub(super) fn knows(&self, lambda: &DVector<f64>) -> bool {
        self.found.iter().any(|state| state.along.has(lambda) || distance(&state.lambda, lambda) < SAME)
    }

    /// Adds the state that a point of naive mean field leads to. If the point is unstable, returns the points to continue from.
    pub(super) fn examine(&mut self, naive: &Point) -> Result<Vec<DVector<f64>>> {
        let Some(soft) = softest_modes(self.factors, naive)? else { return Ok(Vec::new()) };
        let softness = soft.first();
        let unstable = softness <= 0.0 || naive.error() > self.settings.converged;
        if softness < self.softest
            && let Some(integral) = self.integral(naive, &soft, unstable)
        {
            self.add(integral);
            return Ok(Vec::new());
        }
        if softness <= 0.0 {
            // Continue on either side of it.
            let push = soft.directions.column(0) * self.size.powf(0.25);
            return Ok(vec![&naive.lambda + &push, &naive.lambda - &push]);
        }
        let start = (naive.lambda.clone(), naive.reaction.clone());
        let continued = match self.order {
            Order::Full => switched_on(self.factors, naive, self.settings.solved),
            _ => solve(self.factors, start.clone(), None, 0.0, self.settings.solved)
                .ok_or_else(|| Box::new(naive.clone())),
        };
        let point = continued.as_ref().map_or_else(|last| &**last, |state| &state.point);
        if self.knows(&point.lambda) {
            return Ok(Vec::new());
        }
        let Some(soft) = softest_modes(self.factors, point)? else { return Ok(Vec::new()) };
        let vanished = continued.is_err();
        if (soft.first() < self.softest || vanished)
            && let Some(integral) = self.integral(point, &soft, vanished)
        {
            self.add(integral);
            return Ok(Vec::new());
        }
        // If the state has vanished, take the one that it merged with; if that fails, naive mean field.
        let merged = |last: Box<Point>| {
            solve(self.factors, (last.lambda, last.reaction), None, self.order.share(), self.settings.solved)
        };
        let state = continued.or_else(|last| merged(last).ok_or(()));
        let (state, exact) = match state {
            Ok(state) => {
                let exact = state.fluctuations.stiffer_than(self.very_soft());
                (Some(state), exact)
            }
            Err(()) => (solve(self.factors, start, None, 0.0, self.settings.solved), false),
        };
        if let Some(state) = state
            && !self.knows(&state.point.lambda)
        {
            self.add(self.gaussian(state, vec![naive.lambda.clone()], exact));
        }
        Ok(Vec::new())
    }

    /// A state with its Gaussian fluctuations.
    pub(super) fn gaussian(&self, state: Solved, naive: Vec<DVector<f64>>, exact: bool) -> FoundState {
        let log_weight = state.log_weight;
        let parts = vec![Part { log_weight, mean: contribution(&state, self.sites, self.order) }];
        let Point { lambda, reaction, .. } = state.point;
        FoundState {
            lambda,
            reaction,
            motion: None,
            refused: None,
            naive,
            directions: None,
            along: Covered::Nothing,
            parts,
            log_weight,
            exact,
            new: false,
        }
    }

    /// Softness below which fluctuations are not Gaussian, whatever the number of directions.
    pub(super) fn very_soft(&self) -> f64 {
        self.settings.very_soft / self.size.sqrt()
    }

    /// The integral along the softest directions, if there is one. It is over two directions where the second is soft as well, or
    /// becomes soft along the path of the first. An integral that is cut off is accepted if it is `needed`, or if the Gaussian is
    /// worse.
    pub(super) fn integral(&self, start: &Point, soft: &Soft, needed: bool) -> Option<FoundState> {
        let further = (self.settings.further / self.size.sqrt()).min(self.settings.further_stiff);
        let wanted = soft.eigenvalues.iter().filter(|softness| **softness < further).count();
        let mut joint = (2..=wanted).rev().find_map(|count| Some((self.joint(start, soft, count)?, count)));
        let path = if joint.is_none() { self.path(start, soft) } else { None };
        let falls_short = match &joint {
            Some((integral, _)) => integral.soft,
            None => path.as_ref().is_none_or(|path| path.cut || path.soft),
        };
        if falls_short {
            let next = joint.as_ref().map_or(1, |(_, count)| *count) + 1;
            joint =
                if next > wanted { self.joint(start, soft, next).map(|found| (found, next)) } else { None }.or(joint);
        }
        if let Some((integral, count)) = joint {
            return Some(self.integrated(integral, soft.directions.columns(0, count).into_owned()));
        }
        let path = path.filter(|path| !path.cut || needed || soft.first() <= self.very_soft())?;
        Some(self.integrated(path, soft.directions.columns(0, 1).into_owned()))
    }

    fn path(&self, start: &Point, soft: &Soft) -> Option<Integral> {
        let f = soft.directions.column(0).into_owned();
        let scale = (self.size, soft.first(), self.very_soft());
        let start = (start.lambda.clone(), start.reaction.clone());
        path::integrate(self.factors, start, &f, scale, (self.sites, self.order)).ok()
    }

    /// The integral over the softest `count` directions, unless it has to be cut off.
    fn joint(&self, start: &Point, soft: &Soft, count: usize) -> Option<Integral> {
        if count > soft.eigenvalues.len() || self.factors.dimension() > self.settings.most_in_joint {
            return None;
        }
        let directions = soft.directions.columns(0, count).into_owned();
        let kind = (self.sites, self.order);
        let integral = joint::integrate(self.factors, start, &directions, self.very_soft(), kind).ok()?;
        (!integral.cut).then_some(integral)
    }

    fn integrated(&self, integral: Integral, directions: DMatrix<f64>) -> FoundState {
        let Integral { parts, highest: (lambda, reaction), peaks, cut, soft, along } = integral;
        FoundState {
            lambda,
            reaction,
            motion: None,
            refused: None,
            naive: peaks,
            directions: Some(directions),
            along,
            log_weight: weights::log_of_sum(&parts),
            parts,
            exact: !cut && !soft,
            new: false,
        }
    }

    /// Adds a state or integral, which replaces the states on its path.
    pub(super) fn add(&mut self, mut new: FoundState) {
        let before = self.found.len();
        self.found.retain(|state| !new.along.has(&state.lambda));
        new.new = self.from_starts && self.found.len() == before;
        self.found.push(new);
    }
}

/// The states of the last call as they are now, and all different states that the given λ lead to. `moved` is the move of the
/// flow in units of its last one. The flag is true if everything that the search met was followed.
pub(super) fn settle(
    mut search: StateSearch,
    known: &[FoundState],
    moved: f64,
    starts: Vec<DVector<f64>>,
) -> Result<(Vec<FoundState>, bool)> {
    let factors = search.factors;
    let mut queue = Vec::new();
    let followed: Result<Vec<_>> = known.par_iter().map(|state| search.followed(state, moved)).collect();
    for (state, now) in known.iter().zip(followed?) {
        match now {
            Some(now) if search.knows(&now.lambda) => {}
            Some(now) => search.add(now),
            None => queue.extend(state.naive.iter().cloned()),
        }
    }
    let mut seen: Vec<DVector<f64>> = Vec::new();
    if !starts.is_empty() {
        // Then other starts need not be followed to the same states.
        let naive = search.found.par_iter_mut().flat_map(|state| state.naive.par_iter_mut());
        naive.for_each(|lambda| *lambda = relax(factors, lambda.clone(), &[]).lambda);
        seen.extend(search.found.iter().flat_map(|state| state.naive.iter().cloned()));
    }
    let of_starts = starts.len();
    queue.extend(starts);
    let mut queue: Vec<Point> = queue.into_par_iter().map(|start| relax(factors, start, &seen)).collect();
    queue.reverse();
    let mut budget = 4 * queue.len() + 64;
    while budget > 0
        && let Some(point) = queue.pop()
    {
        budget -= 1;
        // What follows from known states comes first.
        search.from_starts |= queue.len() < of_starts;
        if !contains(&seen, &point.lambda) && !search.knows(&point.lambda) {
            seen.push(point.lambda.clone());
            let further = search.examine(&point)?;
            queue.extend(further.into_iter().map(|start| relax(factors, start, &[])));
        }
    }
    let mut found = search.found;
    found.retain(|state| state.log_weight.is_finite());
    if found.is_empty() {
        let reason = "no stable state was found from the previous ones, the samples, or zero magnetization".to_owned();
        return Err(Error::Unsolved { what: "the states of the machine", reason });
    }
    let best = found.iter().map(|state| state.log_weight).fold(f64::NEG_INFINITY, f64::max);
    found.retain(|state| state.log_weight >= best - NEGLIGIBLE);
    Ok((found, queue.is_empty()))
}
