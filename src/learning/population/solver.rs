//! Mean-field states with the reaction of all other units to each unit (`docs/theory.md`, section 2c).

use super::factors::Factors;
use super::point::{Fluctuations, LOWEST_REACTION, Point, Responses};
use nalgebra::{DMatrix, DVector};
use std::collections::VecDeque;

/// Settings of the iteration with Anderson's acceleration.
#[derive(Clone, Copy, Debug)]
struct AndersonSettings {
    /// Largest number of steps.
    steps: usize,
    /// Number of differences that Anderson's acceleration remembers.
    depth: usize,
    /// Relative size of the part of these differences that counts as linearly dependent.
    cut: f64,
    /// Number of steps before the acceleration begins.
    plain: usize,
    /// Number of steps in which errors have to halve.
    patience: usize,
    /// Shares of the reaction at which a state of naive mean field is followed.
    shares: [f64; 4],
    /// Largest root mean square change of the magnetizations from one share to the next.
    same: f64,
    /// Accuracy at the shares on the way.
    on_the_way: f64,
}

impl Default for AndersonSettings {
    fn default() -> Self {
        Self {
            steps: 100,
            depth: 5,
            cut: 1e-12,
            plain: 3,
            patience: 10,
            shares: [0.25, 0.5, 0.75, 1.0],
            same: 0.3,
            on_the_way: 1e-4,
        }
    }
}

/// Largest root mean square change of the magnetizations for which a state counts as the same when the reaction is switched on at
/// once.
pub(super) const NEAR_BY: f64 = 0.05;

/// A point that solves the equations, with its fluctuations.
#[derive(Clone, Debug)]
pub(super) struct Solved {
    pub point: Point,
    pub fluctuations: Fluctuations,
    pub responses: Responses,
    /// log Z, or the log of the integrand.
    pub log_weight: f64,
}

/// Solves the equations by Newton's method for λ, and by iteration with Anderson's acceleration for V and U. `held` is f in
/// columns and c; the solution then has `fᵀ ŝ = c`. `share` is the share of the reaction, 0 for naive mean field. `found` is the
/// size of the last step in V, and in λ relative to λ: the error of log Z is its square. `None` if there is no stable solution
/// near the start.
pub(super) fn solve(
    factors: &Factors,
    start: (DVector<f64>, DVector<f64>),
    held: Option<(&DMatrix<f64>, &DVector<f64>)>,
    share: f64,
    found: f64,
) -> Option<Solved> {
    let method = AndersonSettings::default();
    let f = held.map(|(f, _)| f);
    let mut mixing = Anderson::default();
    let mut progress = Progress::default();
    let mut point = Point::at(factors, start.0, start.1);
    for step in 0..method.steps {
        let fluctuations = Fluctuations::of(factors, &point, f)?;
        let responses = fluctuations.responses(factors);
        let difference = responses.reaction(&point) * share - &point.reaction;
        let change = difference.amax();
        // Plain iteration contracts quickly in most machines.
        let reaction = if step < method.plain {
            &point.reaction + difference
        } else {
            mixing.next(&point.reaction, difference).map(|v| v.max(LOWEST_REACTION))
        };
        let moved = point.moved_to(factors, point.lambda.clone(), reaction);
        let newton = fluctuations.step(&moved, held.map(|(f, c)| c - f.tr_mul(&moved.sum)));
        let size = newton.amax() / point.lambda.amax().max(1.0);
        let next = moved.moved_to(factors, &moved.lambda + newton, moved.reaction.clone());
        if size.max(change) < found {
            // Stationary except along what is held, where residual = f dE/dc.
            let slope = |(f, c): (&DMatrix<f64>, &DVector<f64>)| {
                let slopes = f.tr_mul(f).lu().solve(&f.tr_mul(&point.residual))?;
                Some(slopes.dot(&(c - f.tr_mul(&point.sum))))
            };
            let exponent = point.exponent() + held.map_or(Some(0.0), slope)?;
            let log_weight = exponent - 0.5 * fluctuations.log_determinant;
            return Some(Solved { point: next, fluctuations, responses, log_weight });
        }
        progress.goes_on(size.max(change))?;
        point = next;
    }
    None
}

/// Errors of the steps so far.
#[derive(Default)]
struct Progress {
    least: Vec<f64>,
}

impl Progress {
    /// `None` if the error is not finite, or has not halved in [`AndersonSettings::patience`] steps.
    fn goes_on(&mut self, error: f64) -> Option<()> {
        let method = AndersonSettings::default();
        let least = self.least.last().map_or(error, |least| least.min(error));
        self.least.push(least);
        let before = self.least.len().checked_sub(1 + method.patience);
        (error.is_finite() && before.is_none_or(|index| least < 0.5 * self.least[index])).then_some(())
    }
}

/// Anderson's acceleration of an iteration x → x + r(x) (D. G. Anderson, J. ACM 12, 547, 1965): the next x is the one with the
/// smallest residual in a linear model of the last ones.
#[derive(Default)]
struct Anderson {
    /// x and r.
    last: Option<(DVector<f64>, DVector<f64>)>,
    /// Their differences from step to step.
    differences: VecDeque<(DVector<f64>, DVector<f64>)>,
}

impl Anderson {
    fn next(&mut self, x: &DVector<f64>, residual: DVector<f64>) -> DVector<f64> {
        let method = AndersonSettings::default();
        if let Some((before, r)) = &self.last {
            self.differences.push_back((x - before, &residual - r));
            if self.differences.len() > method.depth {
                self.differences.pop_front();
            }
        }
        let mut next = x + &residual;
        let count = self.differences.len();
        let mut gram = DMatrix::from_fn(count, count, |a, b| self.differences[a].1.dot(&self.differences[b].1));
        for index in 0..count {
            gram[(index, index)] *= 1.0 + method.cut;
        }
        let along = DVector::from_fn(count, |a, _| self.differences[a].1.dot(&residual));
        if let Some(factor) = gram.cholesky() {
            for ((dx, dr), share) in self.differences.iter().zip(&factor.solve(&along)) {
                next.axpy(-share, dx, 1.0);
                next.axpy(-share, dr, 1.0);
            }
        }
        self.last = Some((x.clone(), residual));
        next
    }
}

/// The state that a state of naive mean field becomes with the reaction. If there is none, the last state on the way.
pub(super) fn switched_on(factors: &Factors, naive: &Point, found: f64) -> Result<Solved, Box<Point>> {
    let method = AndersonSettings::default();
    let start = (naive.lambda.clone(), naive.reaction.clone());
    if let Some(state) = solve(factors, start, None, 1.0, found)
        && naive.distance(&state.point) < NEAR_BY
    {
        return Ok(state);
    }
    let mut last = (0.0, naive.clone());
    for share in method.shares {
        let (before, point) = &last;
        let reaction = if *before > 0.0 { &point.reaction * (share / before) } else { point.reaction.clone() };
        let found = if share < 1.0 { method.on_the_way } else { found };
        match solve(factors, (point.lambda.clone(), reaction), None, share, found) {
            Some(state) if point.distance(&state.point) < method.same => {
                if share == 1.0 {
                    return Ok(state);
                }
                last = (share, state.point);
            }
            _ => return Err(Box::new(last.1)),
        }
    }
    Err(Box::new(last.1))
}
