//! DOP853 of `ode_solvers`, with errors of the rate carried through it.
//!
//! Time is carried as the last component of y, whose rate is 1: in version 0.6.2 the node c₁₂ of the method is 0 where it
//! should be 1, so that a rate which took its time from the solver would be integrated at first order.

use super::Tolerance;
use crate::error::{Error, Result};
use nalgebra::DVector;
use ode_solvers::dop_shared::OutputType;
use ode_solvers::{Dop853, System};
use std::cell::{Cell, RefCell};

/// Beyond a pole the rate points back, this strongly: an error that no tolerance lets pass.
const WALL: f64 = 1e12;
/// Steps from one requested time to the next.
const MAX_STEPS: u32 = 1_000_000;
/// Evaluations that may be needed from one requested time to the next, and after how many that is judged from how far they led.
const MOST_EVALUATIONS: f64 = 1e5;
const JUDGED_AFTER: u64 = 500;

/// What a run took.
pub(super) struct Run {
    pub evaluations: u64,
    pub accepted: u64,
    pub rejected: u64,
    /// The mean step.
    pub step: f64,
}

struct Problem<'a, F> {
    rate: &'a F,
    error: &'a RefCell<Option<Error>>,
    /// From where, to where, and how far it is.
    from: f64,
    span: f64,
    reached: Cell<f64>,
    evaluations: Cell<u64>,
}

impl<F> Problem<'_, F> {
    /// An error if the end would take too many evaluations at this pace.
    fn pace(&self) -> Result<()> {
        let done = self.evaluations.get() + 1;
        self.evaluations.set(done);
        let Self { from, span, .. } = *self;
        let reached = self.reached.get();
        if done < JUDGED_AFTER || done as f64 * span <= MOST_EVALUATIONS * reached {
            return Ok(());
        }
        let needed = done as f64 * span / reached;
        let needed = if needed.is_finite() { format!("some {needed:.0e}") } else { "no end".to_owned() };
        let reason = format!(
            "from t = {from}, {done} evaluations of the rate led to t = {}: up to t = {} there would be {needed}. The flow is too              stiff there, or it is a long way: end earlier, allow larger errors, or take the steps of a learning rate",
            from + reached,
            from + span
        );
        Err(Error::Unsolved { what: "the integration", reason })
    }
}

impl<F: Fn(f64, &DVector<f64>) -> Result<DVector<f64>>> System<f64, DVector<f64>> for Problem<'_, F> {
    fn system(&self, _: f64, y: &DVector<f64>, derivative: &mut DVector<f64>) {
        derivative.fill(0.0);
        if self.error.borrow().is_some() {
            return;
        }
        if let Err(slow) = self.pace() {
            *self.error.borrow_mut() = Some(slow);
            return;
        }
        let (y, t) = without_time(y);
        let length = y.len();
        match (self.rate)(t, &y) {
            Ok(rate) => derivative.rows_mut(0, length).copy_from(&rate),
            Err(Error::Divergent | Error::Unsolved { .. }) => derivative.rows_mut(0, length).copy_from(&(y * -WALL)),
            Err(error) => *self.error.borrow_mut() = Some(error),
        }
        derivative[length] = 1.0;
    }

    /// An error of the rate ends the run.
    fn solout(&mut self, x: f64, _: &DVector<f64>, _: &DVector<f64>) -> bool {
        self.reached.set(x);
        self.error.borrow().is_some()
    }
}

/// Takes y from `from` to `to`, with `step` as the first step (0: to be found).
pub(super) fn integrate(
    rate: &impl Fn(f64, &DVector<f64>) -> Result<DVector<f64>>,
    from: f64,
    to: f64,
    y: &mut DVector<f64>,
    tolerance: Tolerance,
    step: f64,
) -> Result<Run> {
    let span = to - from;
    let error = RefCell::new(None);
    let (reached, evaluations) = (Cell::new(0.0), Cell::new(0));
    let problem = Problem { rate, error: &error, from, span, reached, evaluations };
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
        MAX_STEPS,
        // Its test of stiffness would end the run: what is stiff is slow here, not wrong.
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
    Ok(Run {
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
