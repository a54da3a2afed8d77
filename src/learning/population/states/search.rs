//! The state that a point leads to, with its Gaussian fluctuations or an integral along its soft directions.

use super::known::{Found, Known};
use super::relax::{SAME, Soft, distance, softest_modes};
use crate::Result;
use crate::learning::population::contribution::{Order, Part, contribution};
use crate::learning::population::factors::Factors;
use crate::learning::population::joint;
use crate::learning::population::path::{self, Covered, Integral};
use crate::learning::population::point::Point;
use crate::learning::population::solver::{NEAR_BY, Solved, solve, switched_on};
use crate::learning::population::weights;
use crate::learning::state::{Basis, Layers};
use nalgebra::{DMatrix, DVector};

/// Accuracy of a state with the reaction, in λ and V.
const SOLVED: f64 = 1e-7;
/// Residual above which iteration has not led to a state.
const CONVERGED: f64 = 1e-6;
/// Where `√L` times the smallest eigenvalue of 1 − LᵀBL is below this, the integral replaces the Gaussian.
const SOFT: f64 = 12.0;
/// Same where there are many directions, in which integrals are costly, or where the integral has to be cut off.
const VERY_SOFT: f64 = 2.5;
/// Largest number of directions for which [`SOFT`] holds.
const MOST_INTEGRATED: usize = 64;
/// Where `√L` times a further eigenvalue is below this, the integral is over its direction as well.
const FURTHER: f64 = 6.0;
/// Largest further eigenvalue for which this holds.
const FURTHER_STIFF: f64 = 0.5;
/// Largest number of directions in all for which this holds: such an integral has hundreds of points.
const MOST_IN_JOINT: usize = 8;
/// An integral is continued up to this multiple of the softness where it begins: there it is as good as the Gaussian.
const GOES_ON: f64 = 2.0;
/// Largest eigenvalue for an integral: stiffer fluctuations are Gaussian, however few units share them.
const STIFF: f64 = 0.8;
/// An integral that was refused is tried again once the softness is below this share of its value then.
const AGAIN: f64 = 0.8;
/// Largest move of the flow, in units of the last one, over which the motion of states is extrapolated.
const FARTHEST: f64 = 2.5;

/// States found so far at one state of the flow.
pub(super) struct Search<'a> {
    factors: &'a Factors,
    /// L.
    size: f64,
    /// Softness below which a state is integrated over.
    softest: f64,
    sites: bool,
    order: Order,
    pub(super) found: Vec<Found>,
    /// Whether all that follows from known states has been met.
    pub(super) from_starts: bool,
}

impl<'a> Search<'a> {
    pub(super) fn new(factors: &'a Factors, layers: &Layers, order: Order) -> Self {
        let soft = if factors.dimension() > MOST_INTEGRATED { VERY_SOFT } else { SOFT };
        let softest = (soft / layers.size().sqrt()).min(STIFF);
        let sites = !matches!(layers.basis, Basis::Directions(_));
        Self { factors, size: layers.size(), softest, sites, order, found: Vec::new(), from_starts: false }
    }

    /// Whether λ is that of a state, or on the path of an integral.
    pub(super) fn knows(&self, lambda: &DVector<f64>) -> bool {
        self.found.iter().any(|state| state.along.has(lambda) || distance(&state.lambda, lambda) < SAME)
    }

    /// A state of the last call as it is now, if it is still there.
    pub(super) fn followed(&self, known: &Known, moved: f64) -> Result<Option<Found>> {
        let start = (known.lambda.clone(), known.reaction.clone());
        let before = Point::at(self.factors, start.0.clone(), start.1.clone());
        if let Some(directions) = &known.directions {
            let Some(soft) = softest_modes(self.factors, &before)? else { return Ok(None) };
            let along = |f: &DMatrix<f64>| self.factors.visible.fields(&f.column(0).into_owned()).normalize();
            // Several directions rotate within their span.
            let turned = directions.ncols() == 1 && along(directions).dot(&along(&soft.directions)).powi(2) < 0.5;
            let goes_on = !turned && soft.first() < GOES_ON * self.softest;
            return Ok(if goes_on { self.integral(&before, &soft, false) } else { None });
        }
        // Starts from the extrapolated motion, so that little is left to solve.
        let ahead = known.motion.as_ref().filter(|_| moved.abs() < FARTHEST);
        let ahead = ahead.map(|(lambda, reaction)| (&start.0 + lambda * moved, &start.1 + reaction * moved));
        let solved = |start| solve(self.factors, start, None, self.order.share(), SOLVED);
        let Some(state) = ahead.and_then(solved).or_else(|| solved(start)) else { return Ok(None) };
        if before.distance(&state.point) > NEAR_BY {
            return Ok(None);
        }
        let (mut softness, mut exact) = (None, true);
        if !state.fluctuations.stiffer_than(self.softest) {
            let Some(soft) = softest_modes(self.factors, &state.point)? else { return Ok(None) };
            let now = soft.first();
            softness = known.refused.filter(|before| now > AGAIN * before);
            exact = now > self.very_soft();
            if softness.is_none() {
                match self.integral(&state.point, &soft, false) {
                    Some(integral) => return Ok(Some(integral)),
                    None => softness = Some(now),
                }
            }
        }
        let motion = if moved == 0.0 && known.motion.is_some() {
            known.motion.clone()
        } else {
            Some((&state.point.lambda - &known.lambda, &state.point.reaction - &known.reaction))
        };
        Ok(Some(Found { motion, refused: softness, ..self.gaussian(state, known.naive.clone(), exact) }))
    }

    /// Adds the state that a point of naive mean field leads to. If the point is unstable, returns the points to continue from.
    pub(super) fn examine(&mut self, naive: &Point) -> Result<Vec<DVector<f64>>> {
        let Some(soft) = softest_modes(self.factors, naive)? else { return Ok(Vec::new()) };
        let softness = soft.first();
        let unstable = softness <= 0.0 || naive.error() > CONVERGED;
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
            Order::Full => switched_on(self.factors, naive, SOLVED),
            _ => solve(self.factors, start.clone(), None, 0.0, SOLVED).ok_or_else(|| Box::new(naive.clone())),
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
        let merged =
            |last: Box<Point>| solve(self.factors, (last.lambda, last.reaction), None, self.order.share(), SOLVED);
        let state = continued.or_else(|last| merged(last).ok_or(()));
        let (state, exact) = match state {
            Ok(state) => {
                let exact = state.fluctuations.stiffer_than(self.very_soft());
                (Some(state), exact)
            }
            Err(()) => (solve(self.factors, start, None, 0.0, SOLVED), false),
        };
        if let Some(state) = state
            && !self.knows(&state.point.lambda)
        {
            self.add(self.gaussian(state, vec![naive.lambda.clone()], exact));
        }
        Ok(Vec::new())
    }

    /// A state with its Gaussian fluctuations.
    fn gaussian(&self, state: Solved, naive: Vec<DVector<f64>>, exact: bool) -> Found {
        let log_weight = state.log_weight;
        let parts = vec![Part { log_weight, mean: contribution(&state, self.sites, self.order) }];
        let Point { lambda, reaction, .. } = state.point;
        Found {
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
    fn very_soft(&self) -> f64 {
        VERY_SOFT / self.size.sqrt()
    }

    /// The integral along the softest directions, if there is one. It is over two directions where the second is soft as well, or
    /// becomes soft along the path of the first. An integral that is cut off is accepted if it is `needed`, or if the Gaussian is
    /// worse.
    fn integral(&self, start: &Point, soft: &Soft, needed: bool) -> Option<Found> {
        let further = (FURTHER / self.size.sqrt()).min(FURTHER_STIFF);
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
        if count > soft.eigenvalues.len() || self.factors.dimension() > MOST_IN_JOINT {
            return None;
        }
        let directions = soft.directions.columns(0, count).into_owned();
        let kind = (self.sites, self.order);
        let integral = joint::integrate(self.factors, start, &directions, self.very_soft(), kind).ok()?;
        (!integral.cut).then_some(integral)
    }

    fn integrated(&self, integral: Integral, directions: DMatrix<f64>) -> Found {
        let Integral { parts, highest: (lambda, reaction), peaks, cut, soft, along } = integral;
        Found {
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
    pub(super) fn add(&mut self, mut new: Found) {
        let before = self.found.len();
        self.found.retain(|state| !new.along.has(&state.lambda));
        new.new = self.from_starts && self.found.len() == before;
        self.found.push(new);
    }
}
