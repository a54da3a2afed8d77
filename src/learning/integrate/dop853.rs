//! DOP853 of `ode_solvers`, which also passes on errors of the rate.
//!
//! Time is the last component of y, with rate 1: in version 0.6.2 the node c₁₂ of the method is 0 where it should be 1. A rate
//! that takes its time from the solver would be integrated at first order.

use super::split::{SMALL_STEP, Tolerance};
use crate::error::{Error, Result};
use nalgebra::DVector;
use ode_solvers::dop_shared::OutputType;
use ode_solvers::{Dop853, System};
use std::cell::RefCell;

/// Where a run ends.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Beyond a pole the rate points back with this strength: no tolerance accepts the resulting error.
    wall: f64,
    /// Largest number of steps from one requested time to the next.
    steps: u32,
    /// More small steps in a row than this end the run (undisturbed, steps grow sixfold from one to the next).
    small_steps: u32,
    /// Largest number of evaluations without a step.
    evaluations: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { wall: 1e12, steps: 1_000_000, small_steps: 10, evaluations: 200 }
    }
}

/// Cost of a run.
pub(super) struct RunCost {
    pub evaluations: u64,
    pub accepted: u64,
    pub rejected: u64,
    /// The mean step.
    pub step: f64,
}

struct Timed<'a, F> {
    rate: &'a F,
    error: &'a RefCell<Option<Error>>,
    /// Start of the run.
    from: f64,
    /// Length of the run.
    span: f64,
    pace: RefCell<Pace>,
}

/// Progress of a run.
#[derive(Default)]
struct Pace {
    /// Distance covered.
    reached: f64,
    /// Evaluations since the last step.
    evaluations: u32,
    /// Small steps in a row.
    small: u32,
}

impl<F> Timed<'_, F> {
    /// Ends a run that would take too long.
    fn judge(&self) {
        let limits = Limits::default();
        let Pace { reached, evaluations, small } = *self.pace.borrow();
        if evaluations <= limits.evaluations && small <= limits.small_steps {
            return;
        }
        self.error.borrow_mut().get_or_insert(Error::Step { at: self.from + reached });
    }
}

impl<F: Fn(f64, &DVector<f64>) -> Result<DVector<f64>>> System<f64, DVector<f64>> for Timed<'_, F> {
    fn system(&self, _: f64, y: &DVector<f64>, derivative: &mut DVector<f64>) {
        let limits = Limits::default();
        derivative.fill(0.0);
        self.pace.borrow_mut().evaluations += 1;
        self.judge();
        if self.error.borrow().is_some() {
            return;
        }
        let (y, t) = without_time(y);
        let length = y.len();
        match (self.rate)(t, &y) {
            Ok(rate) => derivative.rows_mut(0, length).copy_from(&rate),
            Err(Error::Divergent | Error::Unsolved { .. }) => {
                derivative.rows_mut(0, length).copy_from(&(y * -limits.wall))
            }
            Err(error) => *self.error.borrow_mut() = Some(error),
        }
        derivative[length] = 1.0;
    }

    /// An error of the rate ends the run.
    fn solout(&mut self, x: f64, _: &DVector<f64>, _: &DVector<f64>) -> bool {
        let mut pace = self.pace.borrow_mut();
        let is_small = x - pace.reached < SMALL_STEP * self.span && x < self.span;
        *pace = Pace { reached: x, evaluations: 0, small: if is_small { pace.small + 1 } else { 0 } };
        drop(pace);
        self.error.borrow().is_some()
    }
}

/// Takes y from `from` to `to`, with `step` as the first step (0: the solver chooses it).
pub(super) fn integrate(
    rate: &impl Fn(f64, &DVector<f64>) -> Result<DVector<f64>>,
    from: f64,
    to: f64,
    y: &mut DVector<f64>,
    tolerance: Tolerance,
    step: f64,
) -> Result<RunCost> {
    let limits = Limits::default();
    let span = to - from;
    let error = RefCell::new(None);
    let problem = Timed { rate, error: &error, from, span, pace: RefCell::default() };
    let mut solver = Dop853::from_param(
        problem,
        0.0,
        span,
        span,
        y.push(from),
        tolerance.relative,
        tolerance.absolute,
        0.9,
        0.0,
        0.333,
        6.0,
        span,
        step.min(span),
        limits.steps,
        // The solver's test of stiffness would end the run. A stiff run is slow here, not wrong.
        u32::MAX,
        OutputType::Sparse,
    );
    let outcome = solver.integrate();
    if let Some(failure) = error.borrow_mut().take() {
        return Err(failure);
    }
    let statistics = outcome.map_err(|_| Error::Step { at: from })?;
    let last = solver.y_out().last().filter(|y| y.iter().all(|value| value.is_finite()));
    *y = without_time(last.ok_or(Error::Step { at: from })?).0;
    let accepted = u64::from(statistics.accepted_steps).max(1);
    Ok(RunCost {
        evaluations: u64::from(statistics.num_eval),
        accepted,
        rejected: u64::from(statistics.rejected_steps),
        step: span / accepted as f64,
    })
}

/// y and t.
fn without_time(y: &DVector<f64>) -> (DVector<f64>, f64) {
    let length = y.len() - 1;
    (y.rows(0, length).into_owned(), y[length])
}
