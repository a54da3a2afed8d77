//! Integration of flows whose rate has a slow and costly part and a fast and cheap one.
//!
//! A learning flow is `dy/dt = data(y) − machine(y)`. The data term is smooth but passes over all samples; the machine's
//! own term is cheap, and stiff where a mode is about to condense: w/(1 − w²) has the slope 2λ² where it balances a growth
//! rate λ. Two ways are offered:
//!
//! * [`Method::Dop853`]: the Dormand–Prince method of order 8 for the whole rate (crate `ode_solvers`), whose steps
//!   stability limits where the flow is stiff;
//! * [`Method::Multirate`]: the data term as a polynomial in time, the rest integrated under it by the former method.
//!   Steps of the data term then follow accuracy alone.
//!
//! A finite learning rate γ makes the map `y → y + γ (data − machine)`, [`Method::Map`].

mod dop853;
mod multirate;

use crate::error::{Error, Result};
use nalgebra::DVector;
use serde::{Deserialize, Serialize};

/// A rate in two parts, `dy/dt = slow(t, y) + fast(t, y)`.
pub trait Split {
    /// The costly part.
    ///
    /// # Errors
    /// Whatever prevents the evaluation.
    fn slow(&self, t: f64, y: &DVector<f64>) -> Result<DVector<f64>>;

    /// The cheap part, which may be stiff.
    ///
    /// # Errors
    /// [`Error::Divergent`] beyond a pole that the flow approaches and does not reach, or [`Error::Unsolved`]: the step is
    /// then tried again, smaller. Anything else ends the integration.
    fn fast(&self, t: f64, y: &DVector<f64>) -> Result<DVector<f64>>;

    /// The rate of a step of the map with the given learning rate: that of the flow, unless something has to be known at
    /// the end of the step.
    ///
    /// # Errors
    /// Those of both parts.
    fn step(&self, t: f64, y: &DVector<f64>, _learning_rate: f64) -> Result<DVector<f64>> {
        Ok(self.slow(t, y)? + self.fast(t, y)?)
    }
}

/// How a flow is integrated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// The data term as a polynomial, the rest by DOP853 under it.
    #[default]
    Multirate,
    /// DOP853 for the whole.
    Dop853,
    /// Steps of a finite learning rate.
    Map,
}

/// Tolerances: the error of a step in component y is to stay below `absolute + relative |y|`, in the mean square.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// Share of a component.
    pub relative: f64,
    /// Beside it.
    pub absolute: f64,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { relative: 1e-6, absolute: 1e-9 }
    }
}

impl Tolerance {
    /// Checks that both are finite, and positive.
    ///
    /// # Errors
    /// [`Error::Range`] if not, or if the relative one is below 1e-13, which rounding does not allow.
    pub fn check(&self) -> Result<()> {
        if !(self.relative.is_finite() && self.relative >= 1e-13) {
            let reason = format!("it is {}: it must be finite and at least 1e-13", self.relative);
            return Err(Error::Range { name: "the relative tolerance", reason });
        }
        if !(self.absolute.is_finite() && self.absolute > 0.0) {
            let reason = format!("it is {}: it must be finite and positive", self.absolute);
            return Err(Error::Range { name: "the absolute tolerance", reason });
        }
        Ok(())
    }

    /// `(mean (e/(absolute + relative |y|))²)^{1/2}`: at most 1 where the error e is tolerated.
    fn norm(&self, error: &DVector<f64>, y: &DVector<f64>) -> f64 {
        let scaled = |(e, y): (&f64, &f64)| (e / (self.absolute + self.relative * y.abs())).powi(2);
        (error.iter().zip(y.iter()).map(scaled).sum::<f64>() / error.len().max(1) as f64).sqrt()
    }
}

/// What an integration took.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// Evaluations of the slow part: the data term.
    pub data_evaluations: u64,
    /// Evaluations of the fast part: the machine's own term.
    pub machine_evaluations: u64,
    /// Steps taken; of the multirate method those of the data term.
    pub steps: u64,
    /// Where it was hard: times from which a step was tried and refused because its error was too large. Of DOP853 the
    /// requested times before such steps.
    pub refused_at: Vec<f64>,
    /// The smallest step taken; of DOP853 the smallest mean step between requested times.
    pub smallest_step: Option<f64>,
}

impl Statistics {
    fn note_step(&mut self, step: f64) {
        self.steps += 1;
        self.smallest_step = Some(self.smallest_step.map_or(step, |smallest| smallest.min(step)));
    }
}

/// A point of a solution.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// t.
    pub time: f64,
    /// y(t).
    pub y: DVector<f64>,
    /// dy/dt; of a map its step over the learning rate.
    pub rate: DVector<f64>,
}

/// How a flow is to be integrated.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Integrator {
    /// How.
    pub method: Method,
    /// To what accuracy.
    pub tolerance: Tolerance,
    /// Step of [`Method::Map`]; the others do not use it.
    pub learning_rate: f64,
}

impl Integrator {
    /// Integrates through the given times, the first of which is where `y` is; `visit` sees the solution at each, and says
    /// whether the problem has changed since: the step from there is then evaluated anew. Under the map, times are rounded
    /// to whole numbers of steps.
    ///
    /// # Errors
    /// [`Error::Range`] for times that do not increase or are not finite, for tolerances as [`Tolerance::check`] says, and
    /// for a map whose learning rate is not positive and finite; [`Error::Step`] if the tolerance cannot be met; those of
    /// the problem, and of `visit`.
    pub fn run(
        &self,
        problem: &impl Split,
        times: &[f64],
        y: DVector<f64>,
        visit: &mut dyn FnMut(Point) -> Result<bool>,
    ) -> Result<Statistics> {
        self.tolerance.check()?;
        if !times.is_sorted_by(|a, b| a < b) || !times.iter().all(|t| t.is_finite()) {
            return Err(Error::Range { name: "the times", reason: "they must be finite and increase".to_owned() });
        }
        let mut statistics = Statistics::default();
        match self.method {
            Method::Multirate => multirate::run(problem, times, y, self.tolerance, &mut statistics, visit)?,
            Method::Dop853 => self.whole(problem, times, y, &mut statistics, visit)?,
            Method::Map => self.steps(problem, times, y, &mut statistics, visit)?,
        }
        Ok(statistics)
    }

    /// DOP853 from each time to the next.
    fn whole(
        &self,
        problem: &impl Split,
        times: &[f64],
        mut y: DVector<f64>,
        statistics: &mut Statistics,
        visit: &mut dyn FnMut(Point) -> Result<bool>,
    ) -> Result<()> {
        let rate = |t: f64, y: &DVector<f64>| Ok(problem.slow(t, y)? + problem.fast(t, y)?);
        let mut step = 0.0;
        for (index, &time) in times.iter().enumerate() {
            if index > 0 {
                let from = times[index - 1];
                let run = dop853::integrate(&rate, from, time, &mut y, self.tolerance, step)?;
                step = run.step;
                statistics.data_evaluations += run.evaluations;
                statistics.machine_evaluations += run.evaluations;
                statistics.refused_at.extend((0..run.rejected).map(|_| from));
                (0..run.accepted).for_each(|_| statistics.note_step(run.step));
            }
            statistics.data_evaluations += 1;
            statistics.machine_evaluations += 1;
            visit(Point { time, rate: rate(time, &y)?, y: y.clone() })?;
        }
        Ok(())
    }

    /// Steps of the learning rate.
    fn steps(
        &self,
        problem: &impl Split,
        times: &[f64],
        mut y: DVector<f64>,
        statistics: &mut Statistics,
        visit: &mut dyn FnMut(Point) -> Result<bool>,
    ) -> Result<()> {
        let rate = self.learning_rate;
        if !(rate.is_finite() && rate > 0.0) {
            let reason = format!("it is {rate}: the map needs a positive one");
            return Err(Error::Range { name: "the learning rate", reason });
        }
        let Some(&start) = times.first() else { return Ok(()) };
        let mut done: u64 = 0;
        // The step from where y is, once it is known.
        let mut known: Option<DVector<f64>> = None;
        for &time in times {
            let wanted = ((time - start) / rate).round() as u64;
            loop {
                let t = start + done as f64 * rate;
                let step = match known.take() {
                    Some(step) => step,
                    None => {
                        statistics.data_evaluations += 1;
                        statistics.machine_evaluations += 1;
                        problem.step(t, &y, rate)?
                    }
                };
                if done == wanted {
                    let changed = visit(Point { time: t, rate: step.clone(), y: y.clone() })?;
                    known = (!changed).then_some(step);
                    break;
                }
                y.axpy(rate, &step, 1.0);
                if !y.iter().all(|value| value.is_finite()) {
                    return Err(Error::Step { at: t });
                }
                statistics.note_step(rate);
                done += 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
