//! What separates a theory from the simulations, in numbers.
//!
//! With the simulations' mean w(t), its standard error e(t) and the edge b(t) of their bulk, for each mode:
//!
//! * emerged: from the first time at which `w ≥ 1.2 b`; times between records by linear interpolation of ln w;
//! * relative deviation: `theory/w − 1` at the records from emergence to the end (or to where the theory ended); its mean square
//!   is over time, by the trapezoidal rule;
//! * deviation in errors: `|theory − w|/e` at the same records;
//! * plateau: the mean over the last tenth of the time, by the trapezoidal rule, at the same times in both;
//! * growth rate: `ln(w_b/w_a)/(t_b − t_a)` between two levels that are the same in both: w_b, half the simulations' plateau, and
//!   w_a, 5/4 of the smallest w before it. t_b is the first time of w_b and t_a the last time of w_a before it. An exact
//!   exponential has its exact rate. A curve that is only late does not count as slow: the time of emergence measures that.
//!
//! Quantities that do not exist, such as the plateau of a mode that never emerged, are `None`. Quantities of the simulations are
//! means over the runs, each run with its own value, with the standard error of that mean.

use super::align::{EMERGED, Followed};
use super::curves::Curves;
use super::statistics::{mean, standard_error};
use serde::Serialize;

/// Share of the time that counts as plateau.
const PLATEAU: f64 = 0.1;
/// Upper level of growth, in units of the plateau.
const GROWN: f64 = 0.5;
/// Lower level of growth, in units of the smallest value; levels closer to each other than this factor give no rate.
const GROWING: f64 = 1.25;

/// A quantity of simulations and theory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Measured {
    /// Mean over the runs; `None` if a run does not have it.
    pub simulation: Option<f64>,
    /// Its standard error; `None` for one run.
    pub error: Option<f64>,
    /// Value of the theory.
    pub theory: Option<f64>,
}

/// How a theory's mode compares with the simulations'.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measures {
    /// Name of the mode, from 1.
    pub mode: usize,
    /// Largest |theory/simulation − 1| from emergence to the end.
    pub max_relative_deviation: Option<f64>,
    /// Root mean square of the relative deviation over that time.
    pub rms_relative_deviation: Option<f64>,
    /// Largest |theory − simulation| in standard errors of the simulations' mean.
    pub max_deviation_in_errors: Option<f64>,
    /// Growth rate between the two levels.
    pub growth_rate: Measured,
    /// Time at which w is 20 % above the edge of the bulk.
    pub emergence_time: Measured,
    /// Mean w over the last tenth of the time.
    pub plateau: Measured,
    /// Smallest overlap |u·u'| |v·v'| of the theory's mode with that of the reference run, from emergence to the end.
    pub smallest_overlap: Option<f64>,
}

impl Measures {
    /// Compares one mode (from 0) of a theory, or of anything else that was followed, with the simulations.
    pub fn of(curves: &Curves, mode: usize, theory: &Followed) -> Self {
        let edges = curves.bulk_edge.as_deref();
        let (times, ours, theirs) = (&curves.times, &curves.mean[mode], &theory.values[mode]);
        let runs = || curves.runs.iter().map(|run| run[mode].as_slice());
        let measured = |of: &dyn Fn(&[f64]) -> Option<f64>| {
            let values: Option<Vec<f64>> = runs().map(of).collect();
            let error = values.as_deref().and_then(standard_error);
            Measured { simulation: values.as_deref().map(mean), error, theory: of(theirs) }
        };
        let emergence_time = measured(&|curve| crossing_of_edge(times, curve, edges).map(|(_, time)| time));
        let emerged = crossing_of_edge(times, ours, edges).map(|(record, _)| record);
        let plateau = if emerged.is_some() { measured(&|curve| last_mean(times, curve)) } else { Measured::default() };
        let levels = plateau.simulation.and_then(|plateau| levels(ours, plateau));
        let growth_rate = levels.map_or(Measured::default(), |levels| measured(&|curve| rate(times, curve, levels)));
        let seen = emerged.map_or(0..0, |first| first..theirs.len().max(first));
        let deviations: Vec<f64> = seen.clone().map(|k| theirs[k] / ours[k] - 1.0).collect();
        let in_errors = curves.error.as_ref().and_then(|errors| {
            let errors = &errors[mode];
            let known = seen.clone().filter(|&k| errors[k] > 0.0);
            largest(known.map(|k| (theirs[k] - ours[k]).abs() / errors[k]))
        });
        Self {
            mode: mode + 1,
            max_relative_deviation: largest(deviations.iter().map(|deviation| deviation.abs())),
            rms_relative_deviation: root_mean_square(&times[seen.clone()], &deviations),
            max_deviation_in_errors: in_errors,
            growth_rate,
            emergence_time,
            plateau,
            smallest_overlap: seen.map(|k| theory.overlaps[mode][k]).reduce(f64::min),
        }
    }
}

impl Curves {
    /// When each mode of the simulations emerges: the mean over the runs; `None` if it does not emerge in each of them.
    pub fn emergence_times(&self) -> Vec<Option<f64>> {
        let edges = self.bulk_edge.as_deref();
        let emerged = |curve: &[f64]| crossing_of_edge(&self.times, curve, edges).map(|(_, time)| time);
        let of = |mode: usize| -> Option<f64> {
            let times: Option<Vec<f64>> = self.runs.iter().map(|run| emerged(&run[mode])).collect();
            times.as_deref().map(mean)
        };
        (0..self.mean.len()).map(of).collect()
    }
}

fn largest(values: impl Iterator<Item = f64>) -> Option<f64> {
    values.reduce(f64::max)
}

/// The first record at which the curve is 20 % above the edge, and the time of the crossing; the start if there is no edge.
fn crossing_of_edge(times: &[f64], curve: &[f64], edges: Option<&[f64]>) -> Option<(usize, f64)> {
    let Some(edges) = edges else { return times.first().map(|&time| (0, time)) };
    let above: Vec<f64> = curve.iter().zip(edges).map(|(w, edge)| (w / (EMERGED * edge)).ln()).collect();
    let record = above.iter().position(|&above| above >= 0.0)?;
    Some((record, zero(times, &above, record)))
}

/// Zero of the line through the values at a record, where the value is not negative, and at the record before.
fn zero(times: &[f64], values: &[f64], record: usize) -> f64 {
    match record.checked_sub(1) {
        Some(before) if values[before].is_finite() && values[before] < 0.0 => {
            let share = values[before] / (values[before] - values[record]);
            times[before] + share * (times[record] - times[before])
        }
        _ => times[record],
    }
}

/// The levels between which growth is measured, from the simulations' mean.
fn levels(curve: &[f64], plateau: f64) -> Option<(f64, f64)> {
    let upper = GROWN * plateau;
    let reached = curve.iter().position(|&w| w >= upper)?;
    let lower = GROWING * curve[..=reached].iter().copied().fold(f64::INFINITY, f64::min);
    (lower > 0.0 && upper > GROWING * lower).then_some((lower, upper))
}

/// Growth rate between two levels; `None` if the curve does not pass both on its way up.
fn rate(times: &[f64], curve: &[f64], (lower, upper): (f64, f64)) -> Option<f64> {
    let over = |level: f64| curve.iter().map(|w| (w / level).ln()).collect::<Vec<f64>>();
    let (over_lower, over_upper) = (over(lower), over(upper));
    let end = over_upper.iter().position(|&above| above >= 0.0)?;
    let start = (1..=end).rev().find(|&record| over_lower[record] >= 0.0 && over_lower[record - 1] < 0.0)?;
    let span = zero(times, &over_upper, end) - zero(times, &over_lower, start);
    (span > 0.0).then(|| (upper / lower).ln() / span)
}

/// Mean over the last tenth of the time; `None` for a curve that ends before.
fn last_mean(times: &[f64], curve: &[f64]) -> Option<f64> {
    let (&start, &end) = (times.first()?, times.last()?);
    if curve.len() < times.len() {
        return None;
    }
    let from = end - PLATEAU * (end - start);
    let first = times.iter().position(|&time| time >= from)?;
    let (mut shown, mut values) = (times[first..].to_vec(), curve[first..].to_vec());
    if first > 0 && times[first] > from {
        let share = (from - times[first - 1]) / (times[first] - times[first - 1]);
        shown.insert(0, from);
        values.insert(0, curve[first - 1] + share * (curve[first] - curve[first - 1]));
    }
    time_mean(&shown, &values)
}

/// Mean over time by the trapezoidal rule; for one value, that value.
fn time_mean(times: &[f64], values: &[f64]) -> Option<f64> {
    let span = times.last()? - times.first()?;
    if span <= 0.0 {
        return values.last().copied();
    }
    let area = |k: usize| 0.5 * (values[k] + values[k + 1]) * (times[k + 1] - times[k]);
    Some((0..values.len() - 1).map(area).sum::<f64>() / span)
}

fn root_mean_square(times: &[f64], deviations: &[f64]) -> Option<f64> {
    let squares: Vec<f64> = deviations.iter().map(|deviation| deviation * deviation).collect();
    time_mean(times, &squares).map(f64::sqrt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves(times: &[f64], runs: Vec<Vec<f64>>, edge: f64) -> Curves {
        let at = |k: usize| runs.iter().map(|run| run[k]).collect::<Vec<f64>>();
        let records = times.len();
        Curves {
            times: times.to_vec(),
            mean: vec![(0..records).map(|k| mean(&at(k))).collect()],
            error: (runs.len() > 1).then(|| vec![(0..records).map(|k| standard_error(&at(k)).unwrap()).collect()]),
            runs: runs.into_iter().map(|run| vec![run]).collect(),
            bulk_edge: (edge > 0.0).then(|| vec![edge; records]),
            outliers: vec![f64::NAN; records],
            above_bulk: vec![f64::NAN; records],
        }
    }

    fn followed(curve: Vec<f64>) -> Followed {
        Followed { overlaps: vec![vec![0.9; curve.len()]], values: vec![curve] }
    }

    /// Exponentials that stop at a plateau: `w = min(start e^{rate t}, top)`, at times of uneven spacing.
    fn saturating(times: &[f64], start: f64, rate: f64, top: f64) -> Vec<f64> {
        times.iter().map(|t| (start * (rate * t).exp()).min(top)).collect()
    }

    fn close(found: Option<f64>, exact: f64) -> bool {
        found.is_some_and(|found| (found / exact - 1.0).abs() < 1e-12)
    }

    /// Two runs with the rates 2 and 3, and a theory with 2.4 that starts later. Everything is known in closed form, since
    /// interpolation of ln w is exact on exponentials.
    #[test]
    fn exponentials_have_their_rates() {
        let times: Vec<f64> = (0..=40).map(|k| 4.0 * (f64::from(k) / 40.0).powf(1.5)).collect();
        let runs = vec![saturating(&times, 0.05, 2.0, 2.0), saturating(&times, 0.05, 3.0, 2.0)];
        let found = Measures::of(&curves(&times, runs, 0.2), 0, &followed(saturating(&times, 0.03, 2.4, 1.9)));
        let rate = found.growth_rate;
        assert!(close(rate.simulation, 2.5) && close(rate.error, 0.5) && close(rate.theory, 2.4), "{rate:?}");
        let plateau = found.plateau;
        assert!(close(plateau.simulation, 2.0) && close(plateau.theory, 1.9) && plateau.error == Some(0.0));
        // 0.05 e^{rate t} = 1.2 · 0.2.
        let log = 4.8f64.ln();
        let emergence = found.emergence_time;
        assert!(close(emergence.simulation, 0.5 * (log / 2.0 + log / 3.0)) && close(emergence.theory, 8f64.ln() / 2.4));
        assert!(close(emergence.error, 0.5 * (log / 2.0 - log / 3.0)));
        assert_eq!(found.smallest_overlap, Some(0.9));
    }

    /// A theory that is 1 % high for the last quarter of the time after emergence and 2 % high at one record before.
    #[test]
    fn deviations_count_from_emergence() {
        let times: Vec<f64> = (0..9).map(f64::from).collect();
        let ours = vec![0.1, 0.1, 0.1, 0.1, 1.0, 1.0, 1.0, 1.0, 1.0];
        let theirs: Vec<f64> = vec![5.0, 5.0, 5.0, 0.1, 1.0, 1.0, 1.0, 0.98, 1.01];
        let runs = vec![ours.iter().map(|w| 0.99 * w).collect(), ours.iter().map(|w| 1.01 * w).collect()];
        let found = Measures::of(&curves(&times, runs, 0.5), 0, &followed(theirs.clone()));
        let near = |found: Option<f64>, exact: f64| (found.unwrap() - exact).abs() < 1e-12;
        assert!(near(found.max_relative_deviation, 0.02));
        // Trapezoids over t = 4 to 8 of the squares 0, 0, 0, 4e-4, 1e-4.
        let square: f64 = (0.5 * 4e-4 + 0.5 * (4e-4 + 1e-4)) / 4.0;
        assert!(near(found.rms_relative_deviation, square.sqrt()));
        // The standard error is 0.01, half the difference.
        assert!((found.max_deviation_in_errors.unwrap() - 2.0).abs() < 1e-10);
        // One run has no errors.
        let one = Measures::of(&curves(&times, vec![ours.clone()], 0.5), 0, &followed(theirs.clone()));
        assert!(one.max_deviation_in_errors.is_none() && one.plateau.error.is_none());
        assert!(near(one.max_relative_deviation, 0.02));
        // A theory that ended before the end has deviations up to there and no plateau; one that ended before emergence has none.
        let early = Measures::of(&curves(&times, vec![ours.clone()], 0.5), 0, &followed(theirs[..8].to_vec()));
        assert!(near(early.max_relative_deviation, 0.02) && early.plateau.theory.is_none());
        let lost = Measures::of(&curves(&times, vec![ours.clone()], 0.5), 0, &followed(theirs[..2].to_vec()));
        assert!(lost.max_relative_deviation.is_none() && lost.smallest_overlap.is_none());
        assert!(lost.growth_rate.theory.is_none() && lost.growth_rate.simulation.is_some());
        // A mode that never emerged has nothing to compare.
        let never = Measures::of(&curves(&times, vec![ours], 2.0), 0, &followed(theirs));
        assert_eq!((never.plateau, never.growth_rate), (Measured::default(), Measured::default()));
        assert!(never.max_relative_deviation.is_none() && never.emergence_time.simulation.is_none());
    }

    /// A mode that shrinks before it grows: its rate is that of the growth.
    #[test]
    fn growth_is_measured_after_a_decline() {
        let times: Vec<f64> = (0..=80).map(|k| 0.1 * f64::from(k)).collect();
        let curve = |t: &f64| if *t < 3.0 { (-0.2 * t).exp() } else { ((t - 3.0) * 1.5 - 0.6).exp().min(6.0) };
        let curve: Vec<f64> = times.iter().map(curve).collect();
        let found = Measures::of(&curves(&times, vec![curve.clone()], 0.9), 0, &followed(curve));
        assert!(close(found.growth_rate.simulation, 1.5) && close(found.growth_rate.theory, 1.5), "{found:?}");
        assert_eq!(found.max_relative_deviation, Some(0.0));
    }
}
