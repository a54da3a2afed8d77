//! Figure 1: a linear machine learns Gaussian data, mode by mode (`docs/theory.md`, section 5).
//!
//! ```text
//! dw_α/dt = w_α ( Λ̂_α − 1/(1 − w_α²) ),    gain of the likelihood by mode α: ½ (Λ̂_α − 1 − ln Λ̂_α)
//! ```
//!
//! Free units have unit variances, and Λ̂_α is the variance of the data along its principal component d_α. The weights start as
//! noise. The closed form of mode α starts at the part of them along d_α that no stronger mode takes: the part of d_αᵀW that is
//! orthogonal to the d_βᵀW of all β < α.

use super::claim::Claim;
use super::made::Made;
use super::studio::Studio;
use crate::data::{Ellipsoid, Moments, PrincipalComponents};
use crate::io::Table;
use crate::io::number::{exact, numbered};
use crate::learning::LinearMode;
use crate::plot::{Axis, Color, Corner, Dash, Figure, LegendPosition, LineStyle, Panel, SINGLE_COLUMN_MM};
use crate::simulator::machine::{LinearMachine, Machine};
use crate::simulator::run::{Learner, LinearTrainer, Spacing, schedule};
use crate::study::drawing::{NAMED_CURVES, OTHERS, leading_style, value_axis};
use crate::study::error::Result;
use crate::theory::spectrum::{Decomposition, overlaps};
use nalgebra::DMatrix;

/// Name of the figure.
pub(super) const NAME: &str = "linear-dynamics";
/// Visible units, hidden units and samples. The fewer units per sample, the closer the variances of the noise are to 1.
const SIZE: (usize, usize, usize) = (300, 150, 60_000);
/// The same for quick figures.
const QUICK_SIZE: (usize, usize, usize) = (100, 50, 20_000);
/// Share of the equilibrium at which a mode counts as emerged.
const EMERGED_SHARE: f64 = 0.5;
/// Steps of the likelihood and emergences of modes are aligned if the ratio of their times differs from 1 by at most this.
const ALIGNED: f64 = 0.2;
/// Smallest final overlap that counts as alignment with the data.
const OVERLAPPING: f64 = 0.99;
/// Relative deviations from equilibria and gains that are attributed to the end of the run.
const SETTLED_WITHIN: f64 = 0.02;

/// Height of the likelihood's frame over that of the modes.
const LIKELIHOOD_HEIGHT: f64 = 0.62;
/// Times below this share of the first emergence are not drawn: nothing happens there.
const BEFORE: f64 = 0.01;
/// Width and height of the inset, as shares of the frame.
const OVERLAPS_INSET: (f64, f64) = (0.5, 0.76);

/// A linear machine in the modes of its data, with the closed form, the likelihood and the overlaps.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let (visible, hidden, samples) = studio.choose(QUICK_SIZE, SIZE);
    let settings = LinearSettings::with_size(visible, hidden, samples, studio.seed);
    let course = LinearDynamics::run(&settings, &mut |share| (studio.progress)(NAME, share))?;
    let mut made = Made { claims: course.claims(), ..Made::default() };
    made.draw(NAME, course.drawing());
    made.table(NAME, course.table());
    Ok(made)
}

/// What is learnt, and by what.
#[derive(Clone, Debug)]
struct LinearSettings {
    /// Visible units.
    visible: usize,
    /// Hidden units.
    hidden: usize,
    /// Variances of the data along its planted directions, decreasing, above 1; the variance is 1 along all others.
    variances: Vec<f64>,
    /// Samples.
    samples: usize,
    /// Standard deviation of the initial weights.
    deviation: f64,
    /// Time to which the machine learns.
    end: f64,
    /// Number of records, approximately.
    records: usize,
    /// Seed of data and weights.
    seed: u64,
}

impl LinearSettings {
    /// Five modes, each growing half as fast as the one before, to the time at which the last has settled.
    fn with_size(visible: usize, hidden: usize, samples: usize, seed: u64) -> Self {
        let variances = vec![17.0, 9.0, 5.0, 3.0, 2.0];
        Self { visible, hidden, variances, samples, deviation: 1e-3, end: 12.0, records: 240, seed }
    }
}

/// The course of a linear machine.
struct LinearDynamics {
    /// Times of the records, increasing from 0.
    times: Vec<f64>,
    /// Singular values, decreasing, at each time.
    spectra: Vec<Vec<f64>>,
    /// Mean log-likelihood per sample at each time.
    log_likelihood: Vec<f64>,
    /// `|u^α·d_α|` of the planted modes at each time.
    overlaps: Vec<Vec<f64>>,
    /// Closed form of the planted modes at each time.
    theory: Vec<Vec<f64>>,
    /// The planted modes with the data's variances.
    modes: Vec<LinearMode>,
    /// Factor of the gradient in each update.
    learning_rate: f64,
}

impl LinearDynamics {
    /// Draws the data and lets the machine learn; `step` gets the share of updates made.
    fn run(settings: &LinearSettings, step: &mut dyn FnMut(f64)) -> Result<Self> {
        let ellipsoid = Ellipsoid::new(settings.visible, &settings.variances, settings.seed)?;
        let data = ellipsoid.generate(settings.samples)?;
        let moments = Moments::of(&data)?;
        let components = moments.principal_components()?;
        let start = Machine::random(settings.visible, settings.hidden, settings.deviation, settings.seed)?;
        let machine = LinearMachine::with_weights_of(&start, 1.0, 1.0)?;
        let planted = settings.variances.len().min(settings.hidden);
        let modes: Vec<LinearMode> = (components.variances.iter().take(planted))
            .map(|&variance| LinearMode::new(variance, 1.0, 1.0))
            .collect::<crate::Result<_>>()?;
        let starts = independent_starts(&machine.weights, &components, planted);
        let mut trainer = LinearTrainer::new(machine, &data, None, 1.0)?;
        let updates = (settings.end / trainer.learning_rate()).ceil() as u64;
        let mut course = Self {
            times: Vec::new(),
            spectra: Vec::new(),
            log_likelihood: Vec::new(),
            overlaps: Vec::new(),
            theory: Vec::new(),
            modes,
            learning_rate: trainer.learning_rate(),
        };
        for update in schedule(updates, settings.records, Spacing::Log) {
            while Learner::updates(&trainer) < update {
                Learner::update(&mut trainer)?;
            }
            course.record(&trainer, &moments.covariance, &components, &starts)?;
            step(update as f64 / updates as f64);
        }
        Ok(course)
    }

    fn record(
        &mut self,
        trainer: &LinearTrainer,
        covariance: &DMatrix<f64>,
        components: &PrincipalComponents,
        starts: &[f64],
    ) -> Result<()> {
        let weights = &trainer.machine().weights;
        let ((visible, hidden), planted) = (weights.shape(), self.modes.len());
        let modes = Decomposition::of(weights.transpose().as_slice(), visible, hidden)?;
        let leading = |matrix: &DMatrix<f64>| matrix.columns(0, planted).into_owned();
        let table = overlaps(&leading(&modes.u), &leading(&components.directions))?;
        let time = Learner::time(trainer);
        let theory: crate::Result<Vec<f64>> =
            self.modes.iter().zip(starts).map(|(mode, &start)| mode.strength_at(start, time)).collect();
        self.times.push(time);
        self.theory.push(theory?);
        self.overlaps.push(table.diagonal().iter().copied().collect());
        self.log_likelihood.push(trainer.machine().log_likelihood(covariance)?);
        self.spectra.push(modes.singular_values);
        Ok(())
    }

    /// w_α by rank at each time.
    fn mode(&self, index: usize) -> Vec<f64> {
        self.spectra.iter().map(|spectrum| spectrum[index]).collect()
    }

    /// Times at which the planted modes reach half their equilibrium; `None` for a mode that does not.
    fn emergence_times(&self) -> Vec<Option<f64>> {
        let emergence = |(index, mode): (usize, &LinearMode)| {
            crossing(&self.times, &self.mode(index), EMERGED_SHARE * mode.equilibrium())
        };
        self.modes.iter().enumerate().map(emergence).collect()
    }

    /// Times of the steps of the likelihood: the local maxima of its derivative in ln t that stand out from the minima
    /// beside them by a tenth of their height, and from rounding.
    fn steps(&self) -> Vec<f64> {
        let slope: Vec<(f64, f64)> = (1..self.times.len())
            .filter(|&k| self.times[k - 1] > 0.0)
            .map(|k| {
                let (before, after) = (self.times[k - 1].ln(), self.times[k].ln());
                let gained = self.log_likelihood[k] - self.log_likelihood[k - 1];
                (0.5 * (before + after), gained / (after - before))
            })
            .collect();
        let floor = 1e-6 * slope.iter().map(|point| point.1.abs()).fold(0.0, f64::max);
        peaks(&slope, floor).into_iter().map(f64::exp).collect()
    }

    /// w_α against t, both logarithmic, with the closed form of the planted modes; below it the likelihood gained, and the
    /// overlaps in an inset. Thin vertical lines mark the times of emergence. As wide as a column.
    fn drawing(&self) -> Figure {
        let planted = self.modes.len();
        let end = self.times[self.times.len() - 1];
        let first = self.times.iter().copied().find(|&t| t > 0.0).unwrap_or(0.5 * end);
        let times = self.emergence_times();
        let emerged = || times.iter().flatten().copied();
        let start = emerged().fold(f64::INFINITY, f64::min) * BEFORE;
        let time = |label| Axis::log(label, if start.is_finite() { start.max(first) } else { first }..end);
        let mut y = value_axis("w_α", self.spectra.iter().flatten());
        let middle = self.spectra[0][self.spectra[0].len() / 2];
        y.start = y.start.max(0.02 * middle);
        let mut upper = Panel::new(time("t"), y);
        for at in emerged() {
            upper.vertical_line(at, LineStyle::new(Color::Gray, Dash::Dotted).width(0.5));
        }
        let column = |values: &[Vec<f64>], index: usize| values.iter().map(|row| row[index]).collect::<Vec<f64>>();
        for index in planted..self.spectra[0].len() {
            upper.line(&self.times, &column(&self.spectra, index), OTHERS).label("others");
        }
        for index in 0..planted {
            let name = format!("w_{{{}}}", index + 1);
            upper.line(&self.times, &column(&self.spectra, index), style(index)).label(&name);
        }
        for index in 0..planted {
            let closed = column(&self.theory, index);
            upper
                .line(&self.times, &closed, LineStyle::new(Color::Black, Dash::Dotted).width(0.9))
                .label("closed form");
        }
        upper.legend(LegendPosition::Below);
        let gained: Vec<f64> = self.log_likelihood.iter().map(|value| value - self.log_likelihood[0]).collect();
        let gain = gained.iter().copied().filter(|gain| gain.is_finite()).fold(0.0, f64::max);
        let mut lower = Panel::new(time("t"), Axis::linear("gain of ⟨ln p⟩", -0.05 * gain..1.08 * gain.max(1e-12)));
        for at in emerged() {
            lower.vertical_line(at, LineStyle::new(Color::Gray, Dash::Dotted).width(0.5)).label("w_α at half its end");
        }
        lower.line(&self.times, &gained, LineStyle::solid(Color::Black).width(1.2));
        let mut inner = Panel::new(time("t"), Axis::linear("|u^α ⋅ d^α|", 0.0..1.05));
        for index in 0..planted {
            inner.line(&self.times, &column(&self.overlaps, index), style(index));
        }
        // In the corner where nothing is learnt yet.
        lower.inset(inner, Corner::UpperLeft, OVERLAPS_INSET);
        lower.legend(LegendPosition::Below);
        Figure::stacked(SINGLE_COLUMN_MM, upper, vec![(lower, LIKELIHOOD_HEIGHT)]).aspect(0.85).letters(true)
    }

    fn table(&self) -> Table {
        let planted = self.modes.len();
        let header =
            ["t".to_owned(), "log_likelihood".to_owned()].into_iter().chain(numbered("w", self.spectra[0].len()));
        let header = header.chain(numbered("closed_form", planted)).chain(numbered("overlap", planted));
        let row = |k: usize| {
            let values = self.spectra[k].iter().chain(&self.theory[k]).chain(&self.overlaps[k]);
            [self.times[k], self.log_likelihood[k]].iter().chain(values).map(|&value| exact(value)).collect()
        };
        Table::new(header, (0..self.times.len()).map(row))
    }

    /// What the letter and the theory say about figure 1.
    fn claims(&self) -> Vec<Claim> {
        let emerged = self.emergence_times();
        vec![
            self.claim_order(&emerged),
            self.claim_steps(&emerged),
            self.claim_overlaps(),
            self.claim_equilibrium(),
            self.claim_closed_form(&emerged),
            self.claim_gain(),
        ]
    }

    fn claim_order(&self, emerged: &[Option<f64>]) -> Claim {
        let all: Option<Vec<f64>> = emerged.iter().copied().collect();
        let ordered = all.is_some_and(|times| times.windows(2).all(|pair| pair[0] < pair[1]));
        Claim::new(
            NAME,
            "modes emerge from the bulk one by one, the strongest of the data first",
            format!("{} times of emergence (w at half its equilibrium), increasing", self.modes.len()),
            format!("t = {}", list(emerged.iter().map(|time| time.map_or("never".to_owned(), |t| format!("{t:.2}"))))),
            Some(ordered),
        )
        .otherwise("modes of nearly equal variances, or a run too short for the last of them")
    }

    fn claim_steps(&self, emerged: &[Option<f64>]) -> Claim {
        let steps = self.steps();
        let apart =
            steps.iter().zip(emerged).map(|(step, time)| time.map_or(f64::INFINITY, |t| (step / t - 1.0).abs()));
        let worst = apart.fold(0.0, f64::max);
        Claim::new(
            NAME,
            "the likelihood steps up with each mode that is learnt",
            format!("{} steps, each within {:.0} % of a time of emergence", self.modes.len(), 100.0 * ALIGNED),
            format!(
                "{} steps, at t = {}; {:.0} % apart at most",
                steps.len(),
                list(steps.iter().map(|t| format!("{t:.2}"))),
                100.0 * worst
            ),
            Some(steps.len() == self.modes.len() && worst <= ALIGNED),
        )
        .remark("a step is a maximum of dL/d ln t; it is looked for without the times of emergence")
    }

    fn claim_overlaps(&self) -> Claim {
        let last = self.overlaps.last().map_or(&[][..], Vec::as_slice);
        let least = last.iter().copied().fold(1.0, f64::min);
        Claim::new(
            NAME,
            "the u of W are aligned with the SVD of the data at the end of the learning",
            "|u·d| → 1",
            format!("{} at the end", list(last.iter().map(|overlap| format!("{overlap:.4}")))),
            Some(!last.is_empty() && least >= OVERLAPPING),
        )
        .otherwise("a mode that has not emerged by the end still lies in the noise, and nearly equal variances mix")
    }

    fn claim_equilibrium(&self) -> Claim {
        let last = self.spectra.last().map_or(&[][..], Vec::as_slice);
        let off = self.modes.iter().zip(last).map(|(mode, w)| (w / mode.equilibrium() - 1.0).abs());
        let worst = off.fold(0.0, f64::max);
        let printed = self.modes.iter().zip(last).map(|(mode, w)| (w * w / (mode.variance - 1.0) - 1.0).abs());
        let from_printed = printed.fold(0.0, f64::max);
        Claim::new(
            NAME,
            "each mode settles where data and machine balance",
            "w² = (Λ̂ − 1)/Λ̂ (the letter prints Λ̂ − 1)",
            format!(
                "w = {}, at most {:.2} % from √((Λ̂ − 1)/Λ̂)",
                list(last.iter().take(self.modes.len()).map(|w| format!("{w:.4}"))),
                100.0 * worst
            ),
            Some(worst <= SETTLED_WITHIN),
        )
        .remark(format!(
            "the printed value, {:.0} % off in w², is no fixed point of the letter's own equation (and a machine with w ≥ 1 \
             cannot be normalised)",
            100.0 * from_printed
        ))
    }

    fn claim_closed_form(&self, emerged: &[Option<f64>]) -> Claim {
        let mut worst: f64 = 0.0;
        for (index, time) in emerged.iter().enumerate() {
            let from = time.map_or(f64::INFINITY, |t| 0.5 * t);
            for (k, _) in self.times.iter().enumerate().filter(|(_, t)| **t >= from) {
                worst = worst.max((self.spectra[k][index] / self.theory[k][index] - 1.0).abs());
            }
        }
        let rate = self.learning_rate * self.modes.first().map_or(0.0, LinearMode::rate);
        Claim::new(
            NAME,
            "w(t) follows the closed form of each mode alone",
            "no deviation for an infinitesimal learning rate",
            format!("{:.1} % at most, from half the time of emergence on", 100.0 * worst),
            Some(worst <= 0.1),
        )
        .remark(format!(
            "the mode's start is the part of d·W orthogonal to those of stronger modes; finite steps, of {:.1} % of the \
             fastest mode, and the noise of other directions make the rest",
            100.0 * rate
        ))
    }

    fn claim_gain(&self) -> Claim {
        let expected: f64 = self.modes.iter().map(|mode| 0.5 * (mode.variance - 1.0 - mode.variance.ln())).sum();
        let found = match (self.log_likelihood.first(), self.log_likelihood.last()) {
            (Some(first), Some(last)) => last - first,
            _ => f64::NAN,
        };
        Claim::new(
            NAME,
            "the likelihood gained is that of the modes",
            format!("Σ ½ (Λ̂ − 1 − ln Λ̂) = {expected:.3}"),
            format!("{found:.3}"),
            Some((found / expected - 1.0).abs() <= SETTLED_WITHIN),
        )
        .otherwise(
            "modes that have not settled by the end have not gained all, and others of the sample's noise gain as well",
        )
    }
}

/// Styles of the planted modes; thin beyond those that can be distinguished.
fn style(index: usize) -> LineStyle {
    if index < NAMED_CURVES { leading_style(index) } else { OTHERS }
}

/// Lengths of the parts of `d_αᵀ W` that are orthogonal to those of all stronger components.
fn independent_starts(weights: &DMatrix<f64>, components: &PrincipalComponents, count: usize) -> Vec<f64> {
    let mut rows = weights.tr_mul(&components.directions.columns(0, count));
    let mut starts = Vec::new();
    for mode in 0..count {
        for earlier in 0..mode {
            let unit = rows.column(earlier).normalize();
            let along = unit.dot(&rows.column(mode));
            rows.column_mut(mode).axpy(-along, &unit, 1.0);
        }
        starts.push(rows.column(mode).norm());
    }
    starts
}

/// The time at which values first reach a level, interpolated in their logarithms.
pub(super) fn crossing(times: &[f64], values: &[f64], level: f64) -> Option<f64> {
    let after = values.iter().position(|&value| value >= level)?;
    if after == 0 {
        return Some(times[0]);
    }
    let (low, high) = (values[after - 1].ln(), values[after].ln());
    let share = (level.ln() - low) / (high - low);
    Some(times[after - 1] + share * (times[after] - times[after - 1]))
}

/// Positions of the local maxima that stand out: on either side, the curve falls to nine tenths before anything higher.
fn peaks(curve: &[(f64, f64)], floor: f64) -> Vec<f64> {
    let stands_out = |&at: &usize| {
        let height = curve[at].1;
        let falls = |side: &mut dyn Iterator<Item = &(f64, f64)>| {
            let mut lowest = height;
            for &(_, value) in side {
                if value > height {
                    break;
                }
                lowest = lowest.min(value);
            }
            lowest <= 0.9 * height
        };
        height > floor && falls(&mut curve[..at].iter().rev()) && falls(&mut curve[at + 1..].iter())
    };
    (1..curve.len().saturating_sub(1))
        .filter(|&at| curve[at].1 > curve[at - 1].1 && curve[at].1 >= curve[at + 1].1)
        .filter(stands_out)
        .map(|at| curve[at].0)
        .collect()
}

/// Items with commas between them.
pub(super) fn list(items: impl IntoIterator<Item = String>) -> String {
    items.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    #[test]
    fn peaks_are_those_of_two_bumps_and_not_of_ripples() {
        let bump = |x: f64, at: f64| (-(x - at).powi(2) / 0.02).exp();
        let curve: Vec<(f64, f64)> = (0..400)
            .map(|n| 0.01 * f64::from(n))
            .map(|x| (x, bump(x, 1.0) + 0.3 * bump(x, 2.5) + 0.01 * (60.0 * x).sin() * bump(x, 1.0)))
            .collect();
        let found = peaks(&curve, 1e-6);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!((found[0] - 1.0).abs() < 0.05 && (found[1] - 2.5).abs() < 0.02, "{found:?}");
        assert!(peaks(&curve[..3], 0.0).is_empty() && peaks(&[], 0.0).is_empty());
    }

    #[test]
    fn a_level_is_crossed_between_records() {
        // Exponential growth: the interpolation is exact.
        let times: Vec<f64> = (0..10).map(f64::from).collect();
        let values: Vec<f64> = times.iter().map(|t| (0.5 * t).exp()).collect();
        let at = crossing(&times, &values, 7.0).unwrap();
        assert!((at - 2.0 * 7f64.ln()).abs() < 1e-12);
        assert_eq!(crossing(&times, &values, 1e3), None);
        assert_eq!(crossing(&times, &values, 0.5), Some(0.0));
    }

    /// A small machine: all claims hold, and describe the run.
    #[test]
    fn a_small_linear_machine_keeps_what_the_letter_says() {
        let settings = LinearSettings::with_size(40, 20, 8_000, 3);
        let course = LinearDynamics::run(&settings, &mut |_| {}).unwrap();
        for claim in course.claims() {
            assert_eq!(claim.holds, Some(true), "{claim:?}");
        }
        assert_eq!(course.steps().len(), 5);
        let figure = course.drawing();
        assert_on_paper(&figure);
        let texts = svg_texts(&figure);
        for name in ["closed form", "others", "(a)", "(b)"] {
            assert!(texts.iter().any(|text| text == name), "{name} is not in {texts:?}");
        }
        // The likelihood never falls along its own gradient.
        assert!(course.log_likelihood.windows(2).all(|pair| pair[1] >= pair[0] - 1e-12));
        // Data without structure: nothing emerges, and the claims say so.
        let flat = LinearSettings { variances: vec![1.3, 1.2], end: 1.0, ..settings };
        let course = LinearDynamics::run(&flat, &mut |_| {}).unwrap();
        assert_eq!(course.emergence_times(), [None, None]);
        let failed = course.claims().iter().filter(|claim| claim.holds == Some(false)).count();
        assert!(failed >= 3, "{:?}", course.claims());
    }
}
