//! What the letter says about figure 4: the spectrum against rank, its cutoff, its top, and modes against epochs.

use super::claim::Claim;
use super::course::{LEADING, SpectrumRecord, TrainingCourse};
use super::made::Made;
use super::spectrum_histogram::brief;
use super::studio::Studio;
use crate::io::Table;
use crate::io::number::exact;
use crate::plot::{
    Axis, Color, Corner, Dash, Figure, LegendPosition, LineStyle, Marker, MarkerStyle, Panel, SINGLE_COLUMN_MM,
};
use crate::study::drawing::value_axis;
use crate::study::error::Result;
use std::iter::once;

/// Name of the figure.
pub(super) const NAME: &str = "spectrum-log-log";
/// Modes that the letter follows.
const FOLLOWED: [usize; 6] = [1, 2, 10, 100, 350, 400];
/// Number of the letter's modes.
const LETTERS_HIDDEN: usize = 400;
/// Early cutoff that the letter reads off, in modes of 400.
const EARLY_CUTOFF: f64 = 50.0;
/// Cutoff that the letter reads off deep in the non-linear regime, in modes of 400.
const DEEP_CUTOFF: usize = 250;
/// Variance below which a unit hardly ever changes.
const HARDLY_VARYING: f64 = 0.1;
/// Relative deviation up to which a cutoff counts as the expected one.
const NEAR_CUTOFF: f64 = 0.25;

/// Width and height of the inset, as shares of the frame.
const MODES_INSET: (f64, f64) = (0.92, 0.47);
/// Lower end of the axis, as a share of the smallest singular value: makes room for the inset.
const BELOW: f64 = 0.02;
/// Room for the names of modes, as a share of their time.
const LABEL_ROOM: f64 = 0.34;
/// Where in that room lines lead from the curves to the names.
const LEADERS: (f64, f64) = (0.02, 0.1);
/// Height of a name, as a share of the axis.
const HEIGHT: f64 = 0.11;
/// Room between the first mode and the ticks above it, as a factor of the axis of the inset.
const HEADROOM: f64 = 1.35;
/// Lower end of the strength of lines, which grows to 1 at the last spectrum.
const LIGHT: f64 = 0.35;

/// A mode followed through training: its rank, from 1, and its singular value at each record.
type ModeCurve = (usize, Vec<f64>);

/// Spectra against rank beside that of the data, and some modes against epochs.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let course = studio.course()?;
    let (records, data, modes) = (&course.records, course.data_spectrum(), course.modes());
    let mut made = Made { claims: course.rank_claims()?, ..Made::default() };
    made.draw(NAME, course.ranks());
    let shown: Vec<&SpectrumRecord> = course.drawn().into_iter().map(|record| &records[record]).collect();
    let names = shown.iter().map(|record| format!("t = {}", brief(record.time)));
    let row = |k: usize| {
        let values = shown.iter().map(|record| record.singular_values[k]);
        once((k + 1).to_string()).chain(once(data[k]).chain(values).map(exact)).collect()
    };
    let ranks = 0..records[0].singular_values.len();
    made.table(NAME, Table::new(["rank", "data"].map(str::to_owned).into_iter().chain(names), ranks.map(row)));
    let header = ["update", "epoch", "t", "raised"].map(str::to_owned).into_iter();
    let row = |k: usize| {
        let record = &records[k];
        let counts = [record.update.to_string(), exact(record.epoch), exact(record.time), course.raised(k).to_string()];
        counts.into_iter().chain(modes.iter().map(|(_, values)| exact(values[k]))).collect()
    };
    let header = header.chain(modes.iter().map(|(rank, _)| format!("w_{rank}")));
    made.table("spectrum-modes", Table::new(header, (0..records.len()).map(row)));
    Ok(made)
}

impl TrainingCourse {
    /// Ranks, from 1, of the modes followed: the letter's; those beyond 10 are scaled to a machine of another size.
    fn followed(&self) -> Vec<usize> {
        let rank = self.hidden.min(self.visible);
        let mut ranks: Vec<usize> = match rank {
            LETTERS_HIDDEN => FOLLOWED.to_vec(),
            _ => FOLLOWED
                .map(|mode| if mode <= 10 { mode.min(rank) } else { (mode * rank).div_ceil(LETTERS_HIDDEN) })
                .to_vec(),
        };
        ranks.sort_unstable();
        ranks.dedup();
        ranks
    }

    /// Square roots of the data's variances: the singular values of the data, in the units of w.
    fn data_spectrum(&self) -> Vec<f64> {
        self.components.variances.iter().map(|variance| variance.max(0.0).sqrt()).collect()
    }

    /// The records whose spectra are drawn.
    fn drawn(&self) -> Vec<usize> {
        let portraits = [&self.early, &self.first_epoch, &self.tenth_epoch].map(|portrait| portrait.record);
        let mut shown: Vec<usize> = once(0).chain(portraits).chain([self.records.len() - 1]).collect();
        shown.dedup();
        shown
    }

    /// The modes that are followed.
    fn modes(&self) -> Vec<ModeCurve> {
        let follow = |rank: usize| (rank, self.records.iter().map(|record| record.singular_values[rank - 1]).collect());
        self.followed().into_iter().map(follow).collect()
    }

    /// Spectra in the order of time, the data's in black, and modes against epochs in the lower left corner; as wide as a column.
    /// Triangles mark the cutoffs, the ranks up to which a spectrum lies above that of the start; a dotted line marks where a
    /// singular value of the data is 1.
    fn ranks(&self) -> Figure {
        let (shown, data, threshold) = (self.drawn(), self.data_spectrum(), self.linear.above_threshold());
        let values = shown.iter().flat_map(|&record| &self.records[record].singular_values);
        let values = values.filter(|w| w.is_finite() && **w > 0.0);
        let (smallest, largest) = values.fold((f64::INFINITY, 0.0f64), |(low, high), &w| (low.min(w), high.max(w)));
        let largest = data.iter().copied().filter(|w| w.is_finite()).fold(largest, f64::max);
        let longest = self.records[0].singular_values.len().max(2);
        let x = Axis::log("rank α", 1.0..1.1 * longest as f64);
        let floor = 0.5 * smallest;
        let mut panel = Panel::new(x, Axis::log("w_α", BELOW * smallest.max(1e-3 * largest)..1.6 * largest));
        if threshold >= 1 {
            let style = LineStyle::new(Color::Black, Dash::Dotted).width(0.7);
            let name = format!("variance of the data = 1 (α = {threshold})");
            panel.line(&[threshold as f64; 2], &[floor, largest], style).label(&name);
        }
        let ranks: Vec<f64> = (1..=longest.max(data.len())).map(|rank| rank as f64).collect();
        for (index, &record) in shown.iter().enumerate() {
            let style = style(index, shown.len());
            let SpectrumRecord { time, singular_values: values, .. } = &self.records[record];
            panel.line(&ranks[..values.len()], values, style).label(&format!("t = {}", brief(*time)));
            // There is no cutoff if all ranks are raised.
            let cutoff = self.raised(record);
            if (1..values.len()).contains(&cutoff) && record > self.early.record {
                let marker = MarkerStyle::new(Marker::DownTriangle, style.color).size(4.0);
                panel.points(&[], &[], MarkerStyle { color: Color::Black, ..marker }).label("cutoff");
                panel.points(&[cutoff as f64], &[1.25 * values[cutoff - 1]], marker);
            }
        }
        // Below the machine's own values, the data's spectrum would run through the inset.
        let visible: Vec<f64> = data.iter().take(longest).map(|&w| if w >= floor { w } else { f64::NAN }).collect();
        panel.line(&ranks[..visible.len()], &visible, LineStyle::solid(Color::Black).width(1.4)).label("data");
        panel.legend(LegendPosition::Below);
        let epochs: Vec<f64> = self.records.iter().map(|record| record.epoch).collect();
        panel.inset(inset(&epochs, &self.modes()), Corner::LowerLeft, MODES_INSET);
        Figure::with(SINGLE_COLUMN_MM, 1, 1, vec![panel]).aspect(1.05)
    }

    /// What the letter says about figure 4.
    fn rank_claims(&self) -> Result<Vec<Claim>> {
        let mut claims = vec![self.claim_linear_threshold(), self.claim_early_cutoff()?];
        claims.extend(self.claim_deep_cutoff());
        claims.push(self.claim_flattened());
        claims.extend(self.claims_of_followed());
        Ok(claims)
    }

    fn claim_linear_threshold(&self) -> Claim {
        let (variances, growing) = (self.linear.above_threshold(), self.linear.theory.unstable());
        Claim::new(
            NAME,
            "the data select as many modes as they have variances above 1",
            "46 of MNIST binarised at 127 (the letter: about 50)",
            format!("{variances} variances above 1; {growing} directions grow by C − diag C"),
            None,
        )
        .remark(
            "a number of the data, not of a machine: the threshold of ±1 units is not 1 but the mean variance of the units \
             along the direction, so that more directions grow, most of them slowly",
        )
    }

    fn claim_early_cutoff(&self) -> Result<Claim> {
        let record = &self.records[self.first_epoch.record];
        let found = self.raised(self.first_epoch.record);
        let theory = self.linear.raised(record.update)?;
        let letters = self.linear.raised_by_letter(record.update)?;
        let word = |count: Option<usize>| count.map_or("out of range".to_owned(), |count| count.to_string());
        let scale = self.hidden as f64 / LETTERS_HIDDEN as f64;
        let target = theory.map_or(scale * EARLY_CUTOFF, |count| count as f64);
        let holds = (found as f64 / target - 1.0).abs() <= NEAR_CUTOFF;
        let claim = Claim::new(
            NAME,
            "early, the spectrum lies above that of the start up to a cutoff",
            format!(
                "the letter: about 50 (MNIST); linear theory at this time: {} ({} with its own operator C − 1)",
                word(theory),
                word(letters)
            ),
            format!("{found} ranks after {} updates, t = {:.2}", record.update, record.time),
            Some(holds),
        );
        Ok(if holds {
            claim
        } else {
            claim.remark(format!(
                "ranks are raised where growth of some directions outweighs decay of the others; at this time the machine has left \
                 the linear regime (w₁ = {:.2}, and the hidden units respond with {:.2} of what they did): decay slows down with \
                 this response, and so more ranks stay above the start than by the linear theory",
                record.singular_values[0],
                self.first_epoch.response / self.start_response
            ))
        })
    }

    /// How the cutoff moves: its value after ten epochs, and when it passes the letter's.
    fn claim_deep_cutoff(&self) -> Vec<Claim> {
        let ten = &self.records[self.tenth_epoch.record];
        let target = (DEEP_CUTOFF * self.hidden).div_ceil(LETTERS_HIDDEN);
        let found = self.raised(self.tenth_epoch.record);
        let passing =
            (0..self.records.len()).find(|&record| self.raised(record) >= target && self.records[record].time > 1.0);
        let passed = match passing {
            Some(record) => {
                let record = &self.records[record];
                format!("passes {target} by t = {:.1} (epoch {:.1})", record.time, record.epoch)
            }
            None => format!("does not reach {target}"),
        };
        let end = self.last();
        let last = self.raised(self.records.len() - 1);
        let moved = Claim::new(
            NAME,
            "deep in the non-linear regime the cutoff has moved up",
            format!("about {target} of {} (the letter, at a time that it does not state)", self.hidden),
            format!("{found} after {:.0} epochs (t = {:.1}); {passed}; {last} at t = {:.0}", ten.epoch, ten.time, end.time),
            Some(passing.is_some()),
        )
        .otherwise("the run is too short")
        .remark(if last == self.hidden.min(self.visible) {
            "the cutoff does not stand still: it moves on until all ranks lie above the start, as nothing holds the weights back"
        } else {
            "the cutoff does not stand still: it moves on as training does"
        });
        let outliers = end.bulk.outliers;
        let near = (outliers as f64 / target as f64 - 1.0).abs() <= NEAR_CUTOFF;
        let above = Claim::new(
            NAME,
            "the same cutoff, read as the end of the modes above the bulk",
            format!("about {target}"),
            format!("{outliers} at t = {:.0}, after {} at t = {:.1}", end.time, ten.bulk.outliers, ten.time),
            Some(near),
        );
        let above = if near {
            above
        } else {
            above
                .remark("modes leave the bulk ever more slowly (by their logarithm of time); a longer run comes nearer")
        };
        vec![moved, above]
    }

    fn claim_flattened(&self) -> Claim {
        let data = self.data_spectrum();
        let low = LEADING.min(self.hidden).min(data.len());
        let ratio = |values: &[f64]| values[0] / values[low - 1];
        let of = |record: &SpectrumRecord| ratio(&record.singular_values);
        let (one, ten) = (&self.records[self.first_epoch.record], &self.records[self.tenth_epoch.record]);
        let (expected, found, end) = (ratio(&data), of(ten), of(self.last()));
        let claim = Claim::new(
            NAME,
            format!("the top of the spectrum is flattened beside that of the data: w_1/w_{low}"),
            format!("below {expected:.2}, the data's"),
            format!(
                "{:.2} after one epoch, {found:.2} after {:.0}, {end:.2} at t = {:.0}",
                of(one),
                ten.epoch,
                self.last().time
            ),
            Some(found < expected),
        )
        .otherwise("in so short a run the next modes have not grown");
        if end < expected {
            return claim;
        }
        // Variance of a ±1 unit: 1 − m².
        let fixed = |(&u, &mean): (&f64, &f64)| if 1.0 - mean * mean < HARDLY_VARYING { u * u } else { 0.0 };
        let share: f64 = self.end.u.column(0).iter().zip(&self.mean).map(fixed).sum();
        claim.remark(format!(
            "in the end the first mode runs ahead of the others: {:.0} % of its u² is on units whose variance is below \
             {HARDLY_VARYING}",
            100.0 * share
        ))
    }

    /// One claim for each mode that the letter follows.
    fn claims_of_followed(&self) -> Vec<Claim> {
        let ranks = self.followed();
        let ten = &self.records[self.tenth_epoch.record];
        let of = |rank: usize| {
            let at = |record: &SpectrumRecord| record.singular_values[rank - 1];
            let (start, now, end) = (at(&self.records[0]), at(ten), at(self.last()));
            let lowest = self.records.iter().map(at).fold(f64::INFINITY, f64::min);
            // Modes as far down as the letter's 350 of 400 are damped.
            let damped = 8 * rank >= 7 * self.hidden.min(self.visible) && rank > LEADING;
            let claim = Claim::new(
                NAME,
                format!("inset: mode {rank} {}", if damped { "is damped" } else { "grows" }),
                format!("w {} its start, {start:.3}, after ten epochs", if damped { "below" } else { "above" }),
                format!(
                    "{now:.3} after {:.0} epochs; lowest {lowest:.3}; {end:.3} at t = {:.0}",
                    ten.epoch,
                    self.last().time
                ),
                Some((now < start) == damped),
            )
            .otherwise(if damped {
                "growth has reached this rank by then"
            } else {
                "growth has not reached this rank by then"
            });
            match (damped, end > start, lowest < 0.98 * start) {
                (true, true, _) => claim.remark("damped at first; later it grows as all modes do, see the cutoff"),
                (false, _, true) => claim.remark("it sinks before it grows"),
                _ => claim,
            }
        };
        ranks.into_iter().map(of).collect()
    }
}

/// Lines are widest at the end, and differ in colour and dashes.
fn style(index: usize, count: usize) -> LineStyle {
    let dashes = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDotted, Dash::LongDashed];
    let colors = [Color::Gray, Color::SkyBlue, Color::Orange, Color::BluishGreen, Color::Vermillion];
    let strength = LIGHT + (1.0 - LIGHT) * (index + 1) as f64 / count as f64;
    LineStyle::new(colors[index % colors.len()], dashes[index % dashes.len()]).width(0.6 + 0.6 * strength)
}

/// Modes against epochs, each named by its rank.
fn inset(epochs: &[f64], modes: &[ModeCurve]) -> Panel {
    let first = epochs.iter().copied().find(|epoch| *epoch > 0.0).unwrap_or(1.0);
    let last = epochs.last().copied().unwrap_or(first);
    let mut y = value_axis("w_α", modes.iter().flat_map(|(_, values)| values));
    y.end *= HEADROOM;
    let (span, last) = (last.max(1.01 * first) / first, last.max(1.01 * first));
    let mut panel = Panel::new(Axis::log("epochs", first..last * span.powf(LABEL_ROOM)), y.clone());
    for (_, values) in modes {
        panel.line(epochs, values, LineStyle::solid(Color::Black).width(0.8));
    }
    let ends: Vec<f64> = modes.iter().map(|(_, values)| values.last().map_or(f64::NAN, |&w| y.fraction(w))).collect();
    let (value, time) = (|place: f64| y.start * (y.end / y.start).powf(place), |share: f64| last * span.powf(share));
    for (((rank, _), end), place) in modes.iter().zip(&ends).zip(apart(&ends)) {
        let leader = LineStyle::solid(Color::Gray).width(0.5);
        panel.line(&[time(LEADERS.0), time(LEADERS.1)], &[value(*end), value(place)], leader);
        panel.text_from(time(LEADERS.1 + LEADERS.0), value(place), &rank.to_string());
    }
    panel
}

/// Positions of labels on an axis, in shares of it: as near to those wanted, which decrease, as the heights of labels allow. NaN
/// stays NaN.
fn apart(wanted: &[f64]) -> Vec<f64> {
    let mut places = wanted.to_vec();
    // From the top down, each is pushed below the one before; then those that left the axis are pushed up again.
    let mut above = 1.0 - 0.5 * HEIGHT;
    for place in places.iter_mut().filter(|place| place.is_finite()) {
        *place = place.min(above);
        above = *place - HEIGHT;
    }
    let mut below = 0.5 * HEIGHT;
    for place in places.iter_mut().rev().filter(|place| place.is_finite()) {
        *place = place.max(below);
        below = *place + HEIGHT;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::super::course::small;
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    #[test]
    fn a_small_machine_is_drawn_and_all_is_claimed_of_it() {
        let course = small();
        let figure = course.ranks();
        assert_on_paper(&figure);
        let texts = svg_texts(&figure);
        for name in ["= 2.4", "data", "epochs", "40"] {
            assert!(texts.iter().any(|text| text.contains(name)), "{name} is not in {texts:?}");
        }
        assert_eq!(course.rank_claims().unwrap().len(), 5 + course.followed().len());
    }

    #[test]
    fn labels_are_pushed_apart_and_stay_on_the_axis() {
        assert_eq!(apart(&[0.5, 0.49, 0.2]), [0.5, 0.39, 0.2]);
        let pushed = apart(&[0.99, f64::NAN, 0.0, 0.0]);
        assert!((pushed[0] - 0.945).abs() < 1e-12 && pushed[1].is_nan());
        assert!((pushed[2] - 0.165).abs() < 1e-12 && (pushed[3] - 0.055).abs() < 1e-12);
    }
}
