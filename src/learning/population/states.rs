//! All stable states of a machine, followed along the flow.

use super::factors::Factors;
use super::path::{self, Integral};
use super::point::{Contribution, Fluctuations, Order, Point, contribution, symmetric};
use super::weights;
use crate::learning::Averages;
use crate::learning::products::view;
use crate::learning::response::{Change, StateChange};
use crate::learning::state::{Basis, Layers, State};
use crate::{Error, Result};
use faer::Side;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

#[cfg(test)]
mod tests;

/// Rounds of plain iteration that lead to a state, at most; and of Newton's method.
const ROUNDS: usize = 400;
const NEWTON: usize = 50;
/// Residual, against λ, at which Newton's method is tried, and at which a state is found.
const NEAR: f64 = 1e-2;
const FOUND: f64 = 1e-12;
/// Difference of λ, against its size, of two starts that found the same state.
const SAME: f64 = 1e-6;
/// Residual above which iteration has not led to a state.
const CONVERGED: f64 = 1e-6;
/// Where `√L` times the smallest eigenvalue of 1 − LᵀBL is below this the integral replaces the Gaussian.
const SOFT: f64 = 12.0;
/// The same where there are many directions, in which integrals are costly.
const SOFT_OF_MANY: f64 = 2.5;
const MOST_INTEGRATED: usize = 64;
/// States below e^{-NEGLIGIBLE} of the most probable one are left out of the averages.
const NEGLIGIBLE: f64 = 40.0;

/// States of one machine, weighted by their free energies.
#[derive(Clone, Debug)]
pub struct PopulationStates {
    order: Order,
    /// The states of the last call.
    known: Vec<Known>,
    /// Where searches start.
    starts: Vec<DVector<f64>>,
    /// What appeared and went since it was last asked for.
    changes: Vec<StateChange>,
}

/// A state, or the states along a path, as last seen.
#[derive(Clone, Debug)]
struct Known {
    lambda: DVector<f64>,
    /// λ along the path of its integral, if it has one.
    along: Vec<DVector<f64>>,
    /// −log Z of the state, by L.
    free_energy: f64,
    /// In the average.
    weight: f64,
}

/// One state, or the states along a path.
pub(super) struct Found {
    pub lambda: DVector<f64>,
    pub along: Vec<DVector<f64>>,
    pub log_weight: f64,
    pub mean: Contribution,
}

impl PopulationStates {
    /// Knows the state that iteration leads to without magnetization; `starts` are visible configurations (real numbers, one
    /// a column, `N_v` rows) that searches begin at.
    pub fn new(order: Order, starts: Option<&DMatrix<f64>>) -> Self {
        let starts = starts.map_or(Vec::new(), |starts| starts.column_iter().map(|s| s.into_owned()).collect());
        Self { order, known: Vec::new(), starts, changes: Vec::new() }
    }

    /// Weights of the states at the last call.
    pub fn weights(&self) -> Vec<f64> {
        self.known.iter().map(|state| state.weight).collect()
    }

    /// Averages at a state of the flow. With `step`, the learning rate of a map and the averages over the data there, the
    /// weights are those at the end of the step (`docs/theory.md`, section 2c).
    ///
    /// # Errors
    /// [`Error::Unsolved`] if no state is found.
    pub fn averages(&mut self, layers: &Layers, state: &State, step: Option<(f64, &State)>) -> Result<Averages> {
        let factors = Factors::of(layers, state);
        let mut queue: Vec<DVector<f64>> = self.known.iter().map(|state| state.lambda.clone()).collect();
        if queue.is_empty() {
            queue.push(DVector::zeros(factors.dimension()));
        }
        let found = self.settle(&factors, layers, queue)?;
        let logs: Vec<f64> = found.iter().map(|state| state.log_weight).collect();
        let means: Vec<&Contribution> = found.iter().map(|state| &state.mean).collect();
        let weights = match step {
            Some((rate, data)) if found.len() > 1 => {
                let data = Contribution {
                    correlation: data.weights.clone(),
                    visible: data.eta.clone(),
                    hidden: data.theta.clone(),
                };
                weights::at_end_of_step(&logs, &means, &data, rate)?
            }
            _ => weights::of(&logs),
        };
        let mut mean = Contribution::zeros_like(&found[0].mean);
        for (weight, state) in weights.iter().zip(&found) {
            mean.add(*weight, &state.mean);
        }
        self.remember(layers, found, &weights);
        Ok(Averages { correlation: mean.correlation, visible: mean.visible, hidden: mean.hidden })
    }

    /// Keeps what was found, and notes what is new and what has gone.
    fn remember(&mut self, layers: &Layers, found: Vec<Found>, weights: &[f64]) {
        let known = found.into_iter().zip(weights).map(|(state, &weight)| Known {
            free_energy: -state.log_weight / layers.size(),
            lambda: state.lambda,
            along: state.along,
            weight,
        });
        let before = std::mem::replace(&mut self.known, known.collect());
        // States move from call to call, but each remains the nearest to where it was.
        for state in nearest_missing(&before, &self.known) {
            self.changes.push(change(Change::Vanished, state.free_energy));
        }
        if !before.is_empty() {
            for state in nearest_missing(&self.known, &before) {
                self.changes.push(change(Change::Appeared, state.free_energy));
            }
        }
    }

    /// Searches again from the starts, and says what appeared and went since the last call. States that are found enter the
    /// next averages.
    ///
    /// # Errors
    /// [`Error::Unsolved`] if fluctuations cannot be had.
    pub fn refresh(&mut self, layers: &Layers, state: &State) -> Result<Vec<StateChange>> {
        let factors = Factors::of(layers, state);
        let from = |start: &DVector<f64>| {
            // From the configuration of the sites: its field on the hidden units, and theirs back.
            let sum = factors.visible.sum(start);
            let hidden = (factors.hidden.fields(&sum) + &factors.theta).map(f64::tanh);
            factors.hidden.sum(&hidden)
        };
        let mut queue: Vec<DVector<f64>> = self.known.iter().map(|state| state.lambda.clone()).collect();
        queue.extend(self.starts.iter().map(from));
        let found = self.settle(&factors, layers, queue)?;
        let logs: Vec<f64> = found.iter().map(|state| state.log_weight).collect();
        self.remember(layers, found, &weights::of(&logs));
        Ok(std::mem::take(&mut self.changes))
    }

    /// All different states that the given λ lead to.
    pub(super) fn settle(&self, factors: &Factors, layers: &Layers, starts: Vec<DVector<f64>>) -> Result<Vec<Found>> {
        let sites = !matches!(layers.basis, Basis::Directions(_));
        let soft = if factors.dimension() > MOST_INTEGRATED { SOFT_OF_MANY } else { SOFT };
        let softest = soft / layers.size().sqrt();
        let mut seen: Vec<DVector<f64>> = Vec::new();
        let mut found: Vec<Found> = Vec::new();
        let mut budget = 4 * starts.len() + 64;
        let mut queue: Vec<Point> = starts.into_par_iter().map(|start| relax(factors, start)).collect();
        queue.reverse();
        while let Some(point) = queue.pop() {
            budget -= 1;
            if budget == 0 {
                break;
            }
            if contains(&seen, &point.lambda) || found.iter().any(|state| near_path(&state.along, &point.lambda)) {
                continue;
            }
            seen.push(point.lambda.clone());
            let Some((root, coupling)) = symmetric(factors, &point) else { continue };
            let (softness, direction) = softest_mode(&coupling)?;
            if softness < softest {
                let column = DMatrix::from_column_slice(direction.len(), 1, direction.as_slice());
                let f = root.solve_transposed(&column).column(0).into_owned();
                if let Ok(integral) = path::integrate(factors, &point, &f, (layers.size(), softness), sites, self.order)
                {
                    let Integral { log_weight, mean, highest, along } = integral;
                    found.retain(|state| !near_path(&along, &state.lambda));
                    found.push(Found { lambda: highest, along, log_weight, mean });
                    continue;
                }
            }
            if softness <= 0.0 || point.error() > CONVERGED {
                // Unstable: on to either side of it.
                let push = root.solve_transposed(&DMatrix::from_column_slice(direction.len(), 1, direction.as_slice()));
                let push = push.column(0) * layers.size().powf(0.25);
                if softness <= 0.0 {
                    queue.extend([&point.lambda + &push, &point.lambda - &push].map(|start| relax(factors, start)));
                }
                continue;
            }
            let Some(fluctuations) = Fluctuations::from_parts(root, coupling, None) else { continue };
            let log_weight = point.exponent() - 0.5 * fluctuations.log_determinant;
            let mean = contribution(factors, &point, &fluctuations, sites, self.order);
            found.push(Found { lambda: point.lambda, along: Vec::new(), log_weight, mean });
        }
        if found.is_empty() {
            let reason = "no stable state was found from those before, the samples, or no magnetization".to_owned();
            return Err(Error::Unsolved { what: "the states of the machine", reason });
        }
        let best = found.iter().map(|state| state.log_weight).fold(f64::NEG_INFINITY, f64::max);
        found.retain(|state| state.log_weight > best - NEGLIGIBLE);
        Ok(found)
    }
}

fn change(change: Change, free_energy: f64) -> StateChange {
    StateChange { change, modes_condensed: Vec::new(), free_energy }
}

/// Those of `states` that are nobody's nearest one among `others` ... each of which has gone on from, or to, one of them.
fn nearest_missing<'a>(states: &'a [Known], others: &[Known]) -> Vec<&'a Known> {
    let nearest = |other: &Known| {
        let distance = |state: &Known| {
            let path = std::iter::once(&state.lambda).chain(&state.along);
            path.map(|lambda| (lambda - &other.lambda).norm()).fold(f64::INFINITY, f64::min)
        };
        (0..states.len()).min_by(|&a, &b| distance(&states[a]).total_cmp(&distance(&states[b])))
    };
    let reached: Vec<usize> = others.iter().filter_map(nearest).collect();
    states.iter().enumerate().filter(|(index, _)| !reached.contains(index)).map(|(_, state)| state).collect()
}

/// Plain iteration, which leads to a stable state, and Newton's method once it is near.
fn relax(factors: &Factors, start: DVector<f64>) -> Point {
    let mut point = Point::at(factors, start);
    let mut newton = 0;
    for _ in 0..ROUNDS {
        let error = point.error();
        if error < FOUND {
            break;
        }
        if error < NEAR
            && newton < NEWTON
            && let Some(fluctuations) = Fluctuations::of(factors, &point, None)
        {
            newton += 1;
            let next = Point::at(factors, &point.lambda + fluctuations.step(&point, None, 0.0));
            if next.error() < 0.5 * error {
                point = next;
                continue;
            }
            newton = NEWTON;
        }
        let next = point.next();
        point = Point::at(factors, next);
    }
    point
}

/// Smallest eigenvalue of 1 − S, with its vector.
fn softest_mode(coupling: &DMatrix<f64>) -> Result<(f64, DVector<f64>)> {
    let failed = |_| Error::Unsolved {
        what: "the fluctuations of a state",
        reason: "their eigenvalues could not be had".to_owned(),
    };
    let eigen = view(coupling).self_adjoint_eigen(Side::Lower).map_err(failed)?;
    let last = coupling.nrows() - 1;
    let vector = DVector::from_iterator(last + 1, (0..=last).map(|i| eigen.U()[(i, last)]));
    Ok((1.0 - eigen.S()[last], vector))
}

fn distance(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    (a - b).amax() / a.amax().max(b.amax()).max(1e-3)
}

fn contains(seen: &[DVector<f64>], lambda: &DVector<f64>) -> bool {
    seen.iter().any(|other| distance(other, lambda) < SAME)
}

/// Whether λ is on the path, if there is one: nearer to one of its points than the next one is.
fn near_path(along: &[DVector<f64>], lambda: &DVector<f64>) -> bool {
    let step = along.windows(2).map(|pair| (&pair[0] - &pair[1]).norm()).fold(0.0, f64::max);
    along.iter().any(|other| (other - lambda).norm() <= step)
}
