//! Mean-field states with the reaction of all others to each unit.

use super::factors::Factors;
use super::point::{Fluctuations, LOWEST, Point, Responses};
use nalgebra::{DMatrix, DVector};
use std::collections::VecDeque;

/// Steps at most.
const STEPS: usize = 100;
/// Differences that Anderson's acceleration remembers, and the relative size of what is dependent among them.
const DEPTH: usize = 5;
const CUT: f64 = 1e-12;
/// Steps before it begins, and steps in which errors have to halve.
const PLAIN: usize = 3;
const PATIENCE: usize = 10;
/// Shares of the reaction with which a state of naive mean field is followed.
const SHARES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];
/// Root mean square change of the magnetizations up to which a state is taken for the same: with the reaction switched on
/// at once, and from share to share.
pub(super) const NEAR_BY: f64 = 0.05;
const SAME: f64 = 0.3;
/// Accuracy there.
const ON_THE_WAY: f64 = 1e-4;

/// A point that solves the equations, with its fluctuations.
#[derive(Clone, Debug)]
pub(super) struct Solved {
    pub point: Point,
    pub fluctuations: Fluctuations,
    pub responses: Responses,
    /// log Z, or what is integrated over.
    pub log_weight: f64,
}

/// Newton's method for λ, and for V and U iteration with Anderson's acceleration. With `held`, f in columns and c, at `fᵀ ŝ = c`. `share`
/// of the reaction is taken, none for naive mean field. `found` is the size of the last step in λ, against it, and in V:
/// log Z errs by its square. `None` if there is no stable solution near the start.
pub(super) fn solve(
    factors: &Factors,
    start: (DVector<f64>, DVector<f64>),
    held: Option<(&DMatrix<f64>, &DVector<f64>)>,
    share: f64,
    found: f64,
) -> Option<Solved> {
    let f = held.map(|(f, _)| f);
    let mut mixing = Anderson::default();
    let mut progress = Progress::default();
    let mut point = Point::at(factors, start.0, start.1);
    for step in 0..STEPS {
        let fluctuations = Fluctuations::of(factors, &point, f)?;
        let responses = fluctuations.responses(factors);
        let difference = responses.reaction(&point) * share - &point.reaction;
        let change = difference.amax();
        // Its own iteration contracts quickly in most machines.
        let reaction = if step < PLAIN {
            &point.reaction + difference
        } else {
            mixing.next(&point.reaction, difference).map(|v| v.max(LOWEST))
        };
        let moved = point.moved_to(factors, point.lambda.clone(), reaction);
        let newton = fluctuations.step(&moved, held.map(|(f, c)| c - f.tr_mul(&moved.sum)));
        let size = newton.amax() / point.lambda.amax().max(1.0);
        let next = moved.moved_to(factors, &moved.lambda + newton, moved.reaction.clone());
        if size.max(change) < found {
            // Stationary but along what is held, where residual = f dE/dc.
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
    /// `None` if the error is no number, or has not halved in so many steps.
    fn goes_on(&mut self, error: f64) -> Option<()> {
        let least = self.least.last().map_or(error, |least| least.min(error));
        self.least.push(least);
        let before = self.least.len().checked_sub(1 + PATIENCE);
        (error.is_finite() && before.is_none_or(|index| least < 0.5 * self.least[index])).then_some(())
    }
}

/// Anderson's acceleration of an iteration x → x + r(x) (D. G. Anderson, J. ACM 12, 547, 1965): the next x is the one at which
/// the last residuals, taken for linear, are smallest.
#[derive(Default)]
struct Anderson {
    /// x and r.
    last: Option<(DVector<f64>, DVector<f64>)>,
    /// Their differences from step to step.
    differences: VecDeque<(DVector<f64>, DVector<f64>)>,
}

impl Anderson {
    fn next(&mut self, x: &DVector<f64>, residual: DVector<f64>) -> DVector<f64> {
        if let Some((before, r)) = &self.last {
            self.differences.push_back((x - before, &residual - r));
            if self.differences.len() > DEPTH {
                self.differences.pop_front();
            }
        }
        let mut next = x + &residual;
        let count = self.differences.len();
        let mut gram = DMatrix::from_fn(count, count, |a, b| self.differences[a].1.dot(&self.differences[b].1));
        for index in 0..count {
            gram[(index, index)] *= 1.0 + CUT;
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

/// The state that one of naive mean field becomes with the reaction; if it becomes none, the last one on the way.
pub(super) fn switched_on(factors: &Factors, naive: &Point, found: f64) -> Result<Solved, Box<Point>> {
    let start = (naive.lambda.clone(), naive.reaction.clone());
    if let Some(state) = solve(factors, start, None, 1.0, found)
        && naive.distance(&state.point) < NEAR_BY
    {
        return Ok(state);
    }
    let mut last = (0.0, naive.clone());
    for share in SHARES {
        let (before, point) = &last;
        let reaction = if *before > 0.0 { &point.reaction * (share / before) } else { point.reaction.clone() };
        let found = if share < 1.0 { ON_THE_WAY } else { found };
        match solve(factors, (point.lambda.clone(), reaction), None, share, found) {
            Some(state) if point.distance(&state.point) < SAME => {
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
