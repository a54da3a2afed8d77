//! What the letter says about figure 2: the singular values of W at the start, early, and after long training.

use super::claim::Claim;
use super::course::{LEADING, SpectrumRecord, TrainingCourse};
use super::linear_dynamics::list;
use super::made::Made;
use super::studio::Studio;
use crate::io::Table;
use crate::io::number::exact;
use crate::plot::{Axis, Color, Corner, Figure, LineStyle, Panel, Scale};
use crate::study::drawing::{SpectrumHistogram, bulk_title, spectrum_histogram};
use crate::study::error::Result;
use crate::theory::spectrum::MarchenkoPastur;

/// Name of the figure.
pub(super) const NAME: &str = "spectrum-histogram";
/// Width and height of the inset, as shares of the frame.
const OUTLIERS_INSET: (f64, f64) = (0.66, 0.62);
/// Number of singular values by which an empirical distribution may differ from its law by chance.
const CHANCE_VALUES: f64 = 4.0;
/// A singular value is near zero below this share of the lower edge of the start's law, which noise hardly reaches.
const NEAR_ZERO: f64 = 0.5;
/// Share of all singular values above which those near zero are a spike.
const SPIKE: f64 = 0.05;

/// Three spectra beside their laws, with the number of outliers against updates in an inset.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let course = studio.course()?;
    let mut made = Made { claims: course.histogram_claims()?, ..Made::default() };
    made.draw(NAME, course.histograms()?);
    let shown = course.shown();
    let values = |k: usize| shown.map(|record| exact(record.singular_values[k])).to_vec();
    made.table(NAME, Table::new(["start", "early", "end"], (0..shown[0].singular_values.len()).map(values)));
    let header = ["update", "epoch", "t", "outliers", "bulk_sigma", "bulk_edge", "bulk_distance", "bulk_note"];
    let row = |record: &SpectrumRecord| {
        let bulk = &record.bulk;
        let numbers = [bulk.sigma, bulk.edge, bulk.ks_distance].map(exact);
        let times = [record.update.to_string(), exact(record.epoch), exact(record.time), bulk.outliers.to_string()];
        [times.as_slice(), &numbers, &[bulk.note.clone().unwrap_or_default()]].concat()
    };
    made.table("spectrum-outliers", Table::new(header, course.records.iter().map(row)));
    Ok(made)
}

impl TrainingCourse {
    /// The Marchenko–Pastur law of the initial weights with their nominal standard deviation.
    fn start_law(&self) -> crate::Result<MarchenkoPastur> {
        let (visible, hidden) = (self.visible as f64, self.hidden as f64);
        MarchenkoPastur::new(self.training.deviation * (visible * hidden).powf(0.25), hidden / visible)
    }

    /// The records at the start, early and at the end.
    fn shown(&self) -> [&SpectrumRecord; 3] {
        [0, self.early.record, self.records.len() - 1].map(|record| &self.records[record])
    }

    fn histograms(&self) -> Result<Figure> {
        let mut panels = self.shown().map(|record| {
            let title = bulk_title(&record.bulk).map_or(String::new(), |title| format!(", {title}"));
            let title = format!("t = {}{title}", brief(record.time));
            SpectrumHistogram::of(title, &record.singular_values, &record.bulk)
        });
        // At the start the law is known; later it is that of the bulk, if there is a bulk.
        let start = self.start_law()?;
        panels[0].bulk = panels[0].bulk.map(|(_, outliers)| (start, outliers));
        let updates: Vec<f64> = self.records.iter().map(|record| record.update as f64).collect();
        let outliers: Vec<f64> = self.records.iter().map(|record| record.bulk.outliers as f64).collect();
        let axes = [("updates", &updates), ("outliers", &outliers)];
        let [x, y] = axes.map(|(name, values)| Axis::around(name, Scale::Log, values));
        let mut inset = Panel::new(x, y);
        inset.line(&updates, &outliers, LineStyle::solid(Color::Blue).width(1.0));
        let mut figure = spectrum_histogram(&panels)?;
        if let Some(last) = figure.panels.last_mut() {
            last.inset(inset, Corner::UpperRight, OUTLIERS_INSET);
        }
        Ok(figure)
    }

    /// What the letter says about figure 2.
    fn histogram_claims(&self) -> Result<Vec<Claim>> {
        let law = self.start_law()?;
        Ok(vec![
            self.claim_start(&law),
            self.claim_threshold(&law),
            self.claim_outliers(),
            self.claim_bulk(),
            self.claim_spike(&law)?,
        ])
    }

    fn claim_start(&self, law: &MarchenkoPastur) -> Claim {
        let start = &self.records[0];
        let (values, (lower, upper)) = (&start.singular_values, law.edges());
        let distance = distance(values, law);
        let chance = CHANCE_VALUES / values.len() as f64;
        let outliers = start.bulk.outliers;
        let last = values.last().copied().unwrap_or(0.0);
        Claim::new(
            NAME,
            "(a) at the start the singular values follow the Marchenko–Pastur law",
            format!("Kolmogorov–Smirnov distance below {chance:.3} (chance); between {lower:.3} and {upper:.3}"),
            format!("distance {distance:.4}; between {last:.3} and {:.3}, {outliers} above the bulk", values[0]),
            Some(distance <= chance && outliers == 0),
        )
        .otherwise("the law is that of large matrices; one of few units scatters about it, the more so in its scale")
    }

    fn claim_threshold(&self, law: &MarchenkoPastur) -> Claim {
        let edge = law.edges().1;
        let scale = self.training.deviation.sqrt() / self.training.deviation;
        Claim::new(
            NAME,
            "the bulk of the start does not pass the threshold",
            "upper edge below 1",
            format!("{edge:.3}"),
            Some(edge < 1.0),
        )
        .remark(format!(
            "weights of standard deviation {}; as a variance, which is what the letter prints, it would put the edge at {:.2}",
            self.training.deviation,
            scale * edge
        ))
    }

    fn claim_outliers(&self) -> Claim {
        let first = |count: usize| self.records.iter().find(|record| record.bulk.outliers >= count);
        let named = |count: usize| match first(count) {
            Some(record) => format!("{count} after {} updates (t = {:.2})", record.update, record.time),
            None => format!("never {count}"),
        };
        let at = |record: &SpectrumRecord, name: &str| format!("{} {name}", record.bulk.outliers);
        let (one, ten) = (&self.records[self.first_epoch.record], &self.records[self.tenth_epoch.record]);
        let found = [
            named(1),
            named(LEADING),
            at(one, "after one epoch"),
            at(ten, &format!("after {:.0}", ten.epoch)),
            at(self.last(), "at the end"),
        ];
        let early = &self.records[self.early.record];
        Claim::new(
            NAME,
            "(b) after a few updates modes escape from the bulk, more and more of them",
            format!("{LEADING} within t = 0.2, then more"),
            list(found),
            Some(
                early.bulk.outliers >= LEADING.min(self.hidden)
                    && early.time <= 0.2
                    && self.last().bulk.outliers > early.bulk.outliers,
            ),
        )
        .otherwise("the run is too short, the machine too small, or the data too weak for so many modes")
        .remark(format!(
            "the linear theory has {} growing directions; a mode of rate λ leaves the bulk at a time of order 1/λ, the fastest \
             (λ = {:.1}) first",
            self.linear.theory.unstable(),
            self.linear.theory.rates[0]
        ))
    }

    fn claim_bulk(&self) -> Claim {
        let early = &self.records[self.early.record];
        let end = self.last();
        let chance = CHANCE_VALUES / early.bulk.modes.max(1) as f64;
        let told = |record: &SpectrumRecord, digits: usize| match record.bulk.ks_distance {
            distance if distance.is_finite() => format!("{distance:.digits$}"),
            _ => "no bulk".to_owned(),
        };
        Claim::new(
            NAME,
            "(b) what stays below the edge is still noise by the Marchenko–Pastur law",
            format!("Kolmogorov–Smirnov distance of the bulk below {chance:.3} early"),
            format!("{} early, {} at the end", told(early, 4), told(end, 3)),
            Some(early.bulk.ks_distance <= chance),
        )
        .otherwise("modes about to leave the bulk deform it, and growth and decay below the edge are no longer noise")
        .remark(match &end.bulk.note {
            Some(note) => format!("at the end: {note}"),
            None => String::new(),
        })
    }

    /// The letter's spike near zero, compared with the linear theory of the same weights.
    fn claim_spike(&self, law: &MarchenkoPastur) -> Result<Claim> {
        let level = NEAR_ZERO * law.edges().0;
        let below = |record: &SpectrumRecord| record.singular_values.iter().filter(|&&w| w < level).count();
        let counts: Vec<usize> = self.records.iter().map(below).collect();
        let most = counts.iter().copied().max().unwrap_or(0);
        let end = self.last();
        let theory = self.linear.fallen_below(level, end.update)?;
        let smallest = |record: &SpectrumRecord| record.singular_values.last().copied().unwrap_or(0.0);
        let lowest = self.records.iter().min_by(|a, b| smallest(a).total_cmp(&smallest(b))).unwrap_or(end);
        let spike = counts.last().is_some_and(|&count| count as f64 >= SPIKE * self.hidden as f64);
        let frozen = self.linear.frozen(end.time);
        let growing = self.linear.theory.unstable();
        let remark = if spike {
            format!("the linear theory alone would have {theory} there")
        } else {
            format!(
                "the smallest value falls from {:.3} to {:.3} at t = {:.1} and is {:.3} at the end: decay stops where hidden units \
                 saturate (their mean response 1 − tanh² falls from {:.2} to {:.2}), and is as good as nothing along units that \
                 hardly vary: {frozen} directions keep their noise and {growing} grow, of {} hidden units; the linear theory \
                 alone would have {theory} values there",
                smallest(&self.records[0]),
                smallest(lowest),
                lowest.time,
                smallest(end),
                self.start_response,
                self.end.response,
                self.hidden,
            )
        };
        Ok(Claim::new(
            NAME,
            "(c) after long training there is a spike of singular values near zero",
            format!("at least {:.0} % below {level:.3}, half the lower edge of the start", 100.0 * SPIKE),
            format!("{} of {} at the end, {most} at most", below(end), self.hidden),
            Some(spike),
        )
        .remark(remark))
    }
}

/// Three significant digits.
pub(super) fn brief(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (2 - value.abs().log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Kolmogorov–Smirnov distance of decreasing values from a law.
fn distance(values: &[f64], law: &MarchenkoPastur) -> f64 {
    let count = values.len() as f64;
    let gap = |(rank, &value): (usize, &f64)| {
        let above = 1.0 - law.distribution(value);
        (above - rank as f64 / count).abs().max((above - (rank as f64 + 1.0) / count).abs())
    };
    values.iter().enumerate().map(gap).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::super::course::small;
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    #[test]
    fn the_distance_of_quantiles_is_half_a_step_and_of_a_shift_the_shift() {
        let law = MarchenkoPastur::new(0.4, 0.5).unwrap();
        let quantiles: Vec<f64> = (0..50).map(|rank| law.quantile(1.0 - (f64::from(rank) + 0.5) / 50.0)).collect();
        assert!((distance(&quantiles, &law) - 0.01).abs() < 1e-12);
        let above: Vec<f64> = quantiles.iter().map(|_| 10.0).collect();
        assert_eq!(distance(&above, &law), 1.0);
    }

    #[test]
    fn a_small_machine_is_drawn_and_all_is_claimed_of_it() {
        let course = small();
        let figure = course.histograms().unwrap();
        assert_on_paper(&figure);
        let texts = svg_texts(&figure);
        for name in ["updates", "outliers", "singular values"] {
            assert!(texts.iter().any(|text| text == name), "{name} is not in {texts:?}");
        }
        assert_eq!(course.histogram_claims().unwrap().len(), 5);
    }
}
