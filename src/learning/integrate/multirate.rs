//! A multirate method: the slow part of the rate as a polynomial in time, the fast part integrated under it.
//!
//! A step from t to t + h at order k is
//!
//! ```text
//! predict   P(τ) through the last k values of slow;      dy/dτ = P(τ) + fast(τ, y)   →  y_p
//! evaluate  slow(t + h, y_p)
//! correct   P through these k + 1 values;                dy/dτ = P(τ) + fast(τ, y)   →  y
//! evaluate  slow(t + h, y)
//! ```
//!
//! the predictor–corrector pair of Adams, Bashforth and Moulton with the fast part kept exact (an exponential Adams method whose
//! exponential is an integration by DOP853). Where the fast part vanishes it is that pair, of order k + 1. Where the fast part is
//! stiff, the stiffness costs only evaluations of the fast part. The difference of the two solutions, times the ratio of the
//! pair's error constants, estimates the error at order k. The order rises from 1 to 5 as values of slow become known (E. Hairer,
//! S. P. Nørsett and G. Wanner, *Solving Ordinary Differential Equations I*, section III.1, for the pair; M. Hochbruck and A.
//! Ostermann, *Acta Numerica* 19, 209 (2010), section 2.5, for exponential multistep methods).
//!
//! Steps pass over requested times. The correcting integration also stops at the requested time nearest the middle of a step.
//! There it is compared with the polynomial of degree 5 through the values and rates of the last three points (of degree 3, in
//! the first step). If they agree to the tolerance, the polynomial gives the solution at the other requested times. Otherwise
//! those are integrated to as well.

use super::dop853;
use super::split::{SMALL_STEP, SolutionPoint, Split, Statistics, Tolerance};
use crate::error::{Error, Result};
use nalgebra::DVector;
use std::collections::VecDeque;

/// Highest order of the predictor.
const MAX_ORDER: usize = 5;
/// `|γ*_k/γ_k|`: ratio of the error constants of Adams–Moulton and Adams–Bashforth at order k = 1 to 5.
const RATIO: [f64; MAX_ORDER] = [1.0, 1.0 / 5.0, 1.0 / 9.0, 19.0 / 251.0, 27.0 / 475.0];
/// How steps follow errors.
#[derive(Clone, Copy, Debug)]
struct StepControl {
    /// Tolerance of the fast integration, relative to that of the step.
    inner: f64,
    /// Smallest factor by which a step may change.
    shrink: f64,
    /// Largest factor by which a step may change.
    grow: f64,
    /// Safety factor of the step size.
    safety: f64,
    /// More small steps in a row than this end the run, tried ones included.
    most_small: usize,
}

impl Default for StepControl {
    fn default() -> Self {
        Self { inner: 0.1, shrink: 0.2, grow: 2.0, safety: 0.9, most_small: 50 }
    }
}

/// Values of the slow part at given times.
type SlowValues<'a> = Vec<(f64, &'a DVector<f64>)>;

/// Number of points through which the solution is interpolated.
const INTERPOLATED: usize = 3;

/// The method with its memory.
struct Multirate<'a, P> {
    problem: &'a P,
    tolerance: Tolerance,
    /// Times and values of the slow part at the last accepted points, newest first.
    history: VecDeque<(f64, DVector<f64>)>,
    /// The last accepted points, newest first.
    points: VecDeque<SolutionPoint>,
    step: f64,
    /// Step of the fast integration.
    inner_step: f64,
    order: usize,
}

/// An attempted step.
struct Attempt {
    /// Error in units of the tolerance.
    error: f64,
    /// y at the end.
    y: DVector<f64>,
    /// The requested time nearest the middle, with y at that time.
    middle: Option<(f64, DVector<f64>)>,
}

/// Integrates through the given times; y is the solution at the first of them. `visit` sees the solution at each time.
pub(super) fn run<P: Split>(
    problem: &P,
    times: &[f64],
    y: DVector<f64>,
    tolerance: Tolerance,
    statistics: &mut Statistics,
    visit: &mut dyn FnMut(SolutionPoint) -> Result<bool>,
) -> Result<()> {
    let control = StepControl::default();
    let (Some(&start), Some(&last)) = (times.first(), times.last()) else { return Ok(()) };
    let mut method = Multirate::new(problem, tolerance, start, y, statistics)?;
    if visit(method.points[0].clone())? {
        method.renew(statistics)?;
    }
    let (mut t, mut next, mut refused) = (start, 1, 0);
    let mut small = 0;
    while next < times.len() {
        let steps = ((last - t) / method.step).ceil().max(1.0);
        let step = (last - t) / steps;
        let end = if steps == 1.0 { last } else { t + step };
        small = if step < SMALL_STEP * (times[next] - times[next - 1]) { small + 1 } else { 0 };
        if t + 0.1 * step <= t || small > control.most_small {
            return Err(Error::Step { at: t });
        }
        let passed = times[next..].iter().take_while(|time| **time < end).count();
        let on_the_way = &times[next..next + passed];
        let attempt = match method.attempt((t, end), on_the_way, statistics) {
            // The fast part could not be integrated under a wrong polynomial.
            Err(Error::Step { .. } | Error::Unsolved { .. }) => {
                Attempt { error: f64::INFINITY, y: DVector::zeros(0), middle: None }
            }
            other => other?,
        };
        let accepted = attempt.error <= 1.0;
        method.adapt(step, attempt.error, accepted, refused);
        if !accepted {
            statistics.refused_at.push(t);
            refused += 1;
            continue;
        }
        refused = 0;
        t = end;
        statistics.note_step(step);
        method.accept(end, attempt.y, statistics)?;
        let mut changed = method.pass(on_the_way, attempt.middle, statistics, visit)?;
        next += passed;
        if times[next] == end {
            changed |= visit(method.points[0].clone())?;
            next += 1;
        }
        if changed {
            method.renew(statistics)?;
        }
    }
    Ok(())
}

impl<'a, P: Split> Multirate<'a, P> {
    /// Starts with the first value of slow, and a first step that changes y by a hundredth.
    fn new(
        problem: &'a P,
        tolerance: Tolerance,
        time: f64,
        y: DVector<f64>,
        statistics: &mut Statistics,
    ) -> Result<Self> {
        let slow = problem.slow(time, &y)?;
        let rate = &slow + problem.fast(time, &y)?;
        statistics.data_evaluations += 1;
        statistics.machine_evaluations += 1;
        let (size, speed) = (tolerance.norm(&y, &y), tolerance.norm(&rate, &y));
        let step = (0.01 * size.max(1.0) / speed.max(f64::MIN_POSITIVE)).min(1e3);
        let history = VecDeque::from([(time, slow)]);
        let points = VecDeque::from([SolutionPoint { time, y, rate }]);
        Ok(Self { problem, tolerance, history, points, step, inner_step: 0.0, order: 1 })
    }

    /// Stores an accepted point.
    fn accept(&mut self, time: f64, y: DVector<f64>, statistics: &mut Statistics) -> Result<()> {
        statistics.data_evaluations += 1;
        statistics.machine_evaluations += 1;
        let slow = self.problem.slow(time, &y)?;
        let rate = &slow + self.problem.fast(time, &y)?;
        self.history.push_front((time, slow));
        self.history.truncate(MAX_ORDER + 1);
        self.points.push_front(SolutionPoint { time, y, rate });
        self.points.truncate(INTERPOLATED);
        Ok(())
    }

    /// Evaluates the rate again after the problem has changed; earlier points no longer hold for its fast part.
    fn renew(&mut self, statistics: &mut Statistics) -> Result<()> {
        statistics.machine_evaluations += 1;
        self.points.truncate(1);
        let (slow, point) = (&self.history[0].1, &mut self.points[0]);
        point.rate = slow + self.problem.fast(point.time, &point.y)?;
        Ok(())
    }

    /// Visits the requested times that the last step passed over. Returns true if the problem changed at one of them.
    fn pass(
        &self,
        times: &[f64],
        middle: Option<(f64, DVector<f64>)>,
        statistics: &mut Statistics,
        visit: &mut dyn FnMut(SolutionPoint) -> Result<bool>,
    ) -> Result<bool> {
        let mut changed = false;
        let Some((middle, exact)) = middle else { return Ok(changed) };
        let values = self.known(self.history.len());
        let difference = hermite(&self.points, middle) - &exact;
        let is_smooth = self.tolerance.norm(&difference, &exact) <= 1.0;
        let start = &self.points[1];
        let (mut from, mut y) = (start.time, start.y.clone());
        for &time in times {
            if time == middle {
                y.copy_from(&exact);
            } else if is_smooth {
                y = hermite(&self.points, time);
            } else {
                y = self.under(&values, (from, time), &y, &mut 0.0, statistics)?;
            }
            from = time;
            statistics.machine_evaluations += 1;
            let rate = interpolated(&values, time) + self.problem.fast(time, &y)?;
            changed |= visit(SolutionPoint { time, y: y.clone(), rate })?;
        }
        Ok(changed)
    }

    /// The last `count` values of slow.
    fn known(&self, count: usize) -> SlowValues<'_> {
        self.history.iter().take(count).map(|(time, slow)| (*time, slow)).collect()
    }

    /// Predictor and corrector.
    fn attempt(&mut self, (t, end): (f64, f64), on_the_way: &[f64], statistics: &mut Statistics) -> Result<Attempt> {
        let y = &self.points[0].y;
        let mut inner_step = self.inner_step;
        let known = self.known(self.order);
        let predicted = self.under(&known, (t, end), y, &mut inner_step, statistics)?;
        statistics.data_evaluations += 1;
        let slow = match self.problem.slow(end, &predicted) {
            Ok(slow) => slow,
            Err(Error::Divergent | Error::Unsolved { .. }) => {
                return Ok(Attempt { error: f64::INFINITY, y: predicted, middle: None });
            }
            Err(error) => return Err(error),
        };
        let mut values = vec![(end, &slow)];
        values.extend(known);
        let distance = |time: f64| (time - 0.5 * (t + end)).abs();
        let middle = on_the_way.iter().copied().min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
        let middle = match middle {
            Some(time) => Some((time, self.under(&values, (t, time), y, &mut inner_step, statistics)?)),
            None => None,
        };
        let (from, start) = middle.as_ref().map_or((t, y), |(time, y)| (*time, y));
        let corrected = self.under(&values, (from, end), start, &mut inner_step, statistics)?;
        let scale = y.zip_map(&corrected, |a, b| a.abs().max(b.abs()));
        let error = RATIO[values.len() - 2] * self.tolerance.norm(&(&corrected - predicted), &scale);
        self.inner_step = inner_step;
        Ok(Attempt { error: if error.is_nan() { f64::INFINITY } else { error }, y: corrected, middle })
    }

    /// Sets step and order after an attempt that followed `refused` refused ones.
    fn adapt(&mut self, step: f64, error: f64, accepted: bool, refused: usize) {
        let control = StepControl::default();
        let factor = control.safety * error.powf(-1.0 / (self.order + 1) as f64);
        if accepted {
            self.step = step * factor.clamp(control.shrink, control.grow);
            if refused == 0 {
                self.order = (self.order + 1).min(self.history.len() + 1).min(MAX_ORDER);
            }
        } else {
            self.step = step * factor.clamp(control.shrink, control.safety);
            if refused > 0 {
                self.order = (self.order - 1).max(1);
            }
        }
    }

    /// y at the end of `dy/dτ = P(τ) + fast(τ, y)`, with P through the given values.
    fn under(
        &self,
        values: &SlowValues<'_>,
        (from, to): (f64, f64),
        y: &DVector<f64>,
        step: &mut f64,
        statistics: &mut Statistics,
    ) -> Result<DVector<f64>> {
        let control = StepControl::default();
        let rate = |t: f64, y: &DVector<f64>| Ok(interpolated(values, t) + self.problem.fast(t, y)?);
        let Tolerance { relative, absolute } = self.tolerance;
        let inner = Tolerance { relative: control.inner * relative, absolute: control.inner * absolute };
        let mut y = y.clone();
        let run = dop853::integrate(&rate, from, to, &mut y, inner, *step)?;
        statistics.machine_evaluations += run.evaluations;
        *step = run.step;
        Ok(y)
    }
}

/// The polynomial through values, at time t.
fn interpolated(values: &SlowValues<'_>, t: f64) -> DVector<f64> {
    let mut sum = DVector::zeros(values[0].1.len());
    for (index, (time, value)) in values.iter().enumerate() {
        let others = values.iter().enumerate().filter(|(other, _)| *other != index);
        let weight: f64 = others.map(|(_, (other, _))| (t - other) / (time - other)).product();
        sum.axpy(weight, value, 1.0);
    }
    sum
}

/// The polynomial with the values and rates of the given points, at time t: `Σ_k ℓ_k² [ (1 − 2 ℓ_k'(t_k)(t − t_k)) y_k +
/// (t − t_k) y_k' ]` with the Lagrange polynomials ℓ_k.
fn hermite(points: &VecDeque<SolutionPoint>, t: f64) -> DVector<f64> {
    let mut sum = DVector::zeros(points[0].y.len());
    for (index, point) in points.iter().enumerate() {
        let others = points.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| other.time);
        let lagrange: f64 = others.clone().map(|other| (t - other) / (point.time - other)).product();
        let slope: f64 = others.map(|other| 1.0 / (point.time - other)).sum();
        let (square, away) = (lagrange * lagrange, t - point.time);
        sum.axpy(square * (1.0 - 2.0 * slope * away), &point.y, 1.0);
        sum.axpy(square * away, &point.rate, 1.0);
    }
    sum
}
