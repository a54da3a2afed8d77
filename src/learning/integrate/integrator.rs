//! Integration in time by the chosen method.

use super::split::Method;
use super::split::SolutionPoint;
use super::split::Split;
use super::split::Statistics;
use super::split::Tolerance;
use crate::error::{Error, Result};
use nalgebra::DVector;

/// Settings of an integration.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Integrator {
    /// Method of integration.
    pub method: Method,
    /// Accuracy of the steps.
    pub tolerance: Tolerance,
    /// Step of [`Method::Map`]; other methods do not use it.
    pub learning_rate: f64,
}

impl Integrator {
    /// Integrates through the given times; y is the solution at the first of them. `visit` sees the solution at each time and
    /// returns true if the problem has changed there: the step from there is then evaluated again. Under the map, times are
    /// rounded to whole numbers of steps.
    ///
    /// # Errors
    /// [`Error::Range`] for times that do not increase or are not finite, for tolerances that [`Tolerance::check`] refuses, and
    /// for a map whose learning rate is not positive and finite; [`Error::Step`] if the tolerance cannot be met; errors of the
    /// problem, and of `visit`.
    pub fn run(
        &self,
        problem: &impl Split,
        times: &[f64],
        y: DVector<f64>,
        visit: &mut dyn FnMut(SolutionPoint) -> Result<bool>,
    ) -> Result<Statistics> {
        self.tolerance.check()?;
        if !times.is_sorted_by(|a, b| a < b) || !times.iter().all(|t| t.is_finite()) {
            return Err(Error::Range { name: "the times", reason: "they must be finite and increase".to_owned() });
        }
        let mut statistics = Statistics::default();
        match self.method {
            Method::Multirate => super::multirate::run(problem, times, y, self.tolerance, &mut statistics, visit)?,
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
        visit: &mut dyn FnMut(SolutionPoint) -> Result<bool>,
    ) -> Result<()> {
        let rate = |t: f64, y: &DVector<f64>| Ok(problem.slow(t, y)? + problem.fast(t, y)?);
        let mut step = 0.0;
        for (index, &time) in times.iter().enumerate() {
            if index > 0 {
                let from = times[index - 1];
                let run = super::dop853::integrate(&rate, from, time, &mut y, self.tolerance, step)?;
                step = run.step;
                statistics.data_evaluations += run.evaluations;
                statistics.machine_evaluations += run.evaluations;
                statistics.refused_at.extend((0..run.rejected).map(|_| from));
                (0..run.accepted).for_each(|_| statistics.note_step(run.step));
            }
            statistics.data_evaluations += 1;
            statistics.machine_evaluations += 1;
            visit(SolutionPoint { time, rate: rate(time, &y)?, y: y.clone() })?;
        }
        Ok(())
    }

    /// The map: steps of the learning rate.
    fn steps(
        &self,
        problem: &impl Split,
        times: &[f64],
        mut y: DVector<f64>,
        statistics: &mut Statistics,
        visit: &mut dyn FnMut(SolutionPoint) -> Result<bool>,
    ) -> Result<()> {
        let rate = self.learning_rate;
        if !(rate.is_finite() && rate > 0.0) {
            let reason = format!("it is {rate}: the map needs a positive one");
            return Err(Error::Range { name: "the learning rate", reason });
        }
        let Some(&start) = times.first() else { return Ok(()) };
        let mut done: u64 = 0;
        // The step from the current y, once it is known.
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
                    let changed = visit(SolutionPoint { time: t, rate: step.clone(), y: y.clone() })?;
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
