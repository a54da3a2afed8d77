//! A trained machine: the components of its modes beside the laws, and its path over the phase diagram.

use super::phase_diagram::panel;
use super::run::{bulk_title, modes};
use super::spectrum_histogram::{SpectrumHistogram, spectrum_histogram};
use super::spectrum_time::{NAMED_CURVES, OTHERS, leading_style, named_time_axis, value_axis};
use crate::Prior;
use crate::plot::histogram::density_in_bins;
use crate::plot::style::{Color, DOUBLE_COLUMN_MM, LineStyle, Marker, MarkerStyle};
use crate::plot::{Axis, Figure, LegendPosition, Panel, Scale};
use crate::study::error::Result;
use crate::study::inspect::{ComponentLaw, Reading, Seen, States, TrainingPath};
use crate::theory::phase::{Family, PhaseDiagram};
use crate::theory::spectrum::BulkFit;

/// Name of the drawing of the components.
pub const COMPONENTS: &str = "components";
/// Name of the drawing of the place on the phase diagram.
pub const PLACE: &str = "phase-diagram";
/// Modes whose components are drawn, two modes per row: u and v.
const COMPONENT_MODES: usize = 4;
/// The laws in the order of [`Prior::NAMED`].
const NAMES: [&str; 4] = ["Gaussian", "uniform", "Bernoulli", "Laplace"];
/// Points of the phase diagram on each axis.
const GRID: usize = 101;
/// Smallest and largest upper end of an axis.
const RANGE: (f64, f64) = (2.0, 1000.0);
/// Largest upper end of a linear axis; longer axes are logarithmic.
const LONGEST_LINEAR: f64 = 4.0;
/// Start of a logarithmic axis.
const FIRST: f64 = 0.1;
/// Points of a law's curve.
const LAW_POINTS: usize = 401;
/// Components beyond this are not shown; a Laplace law has 2 in 10 000 there.
const LARGEST_COMPONENT: f64 = 4.5;
/// Maximum number of bins over the range, for many components.
const MOST_COMPONENT_BINS: f64 = 60.0;
/// Minimum number of bins over the range, for few components.
const FEWEST_COMPONENT_BINS: f64 = 24.0;
/// Panels of components per row.
const PANELS_A_ROW: usize = 4;

/// Drawings of a trained machine, each with its name: the histogram of the spectrum, the components, the place on the phase
/// diagram, the modes through training, and modes as images of the shape of the visible layer.
///
/// # Errors
/// Those of the drawings and of the phase diagram.
pub fn inspection(
    reading: &Reading,
    states: &States,
    trajectory: Option<&TrainingPath>,
    shape: Option<(usize, usize)>,
) -> Result<Vec<(&'static str, Figure)>> {
    let mut drawn = vec![("histogram", histogram(reading)?)];
    drawn.extend(components(reading).map(|figure| (COMPONENTS, figure)));
    drawn.extend(place(reading, states, trajectory)?.map(|figure| (PLACE, figure)));
    if let Some(trajectory) = trajectory {
        drawn.push(("trajectory", against_update(trajectory)));
    }
    if let Some(shape) = shape {
        drawn.push(("modes", modes(&reading.modes, shape)?));
    }
    Ok(drawn)
}

/// Draws strengths and kurtosis of the followed modes. If the bulk is the ensemble's noise, with planted strengths and
/// σ; otherwise with singular values and without σ.
fn against_update(trajectory: &TrainingPath) -> Figure {
    let updates: Vec<f64> = trajectory.steps.iter().map(|step| step.update as f64).collect();
    let known = |bulk: &BulkFit| if bulk.is_noise() { bulk.sigma } else { f64::NAN };
    let sigmas: Vec<f64> = trajectory.steps.iter().map(|step| known(&step.bulk)).collect();
    let mut modes = Vec::new();
    for mode in &trajectory.modes {
        let (mut strengths, mut kurtosis) = (vec![f64::NAN; updates.len()], vec![f64::NAN; updates.len()]);
        for passage in &mode.course {
            if let Some(outlier) = &passage.outlier {
                strengths[passage.step] = outlier.planted.unwrap_or(outlier.observed);
                kurtosis[passage.step] = outlier.kurtosis_u;
            }
        }
        modes.push(ModeCourse { strengths, kurtosis });
    }
    modes_against_update(&updates, &sigmas, &modes)
}

/// The histogram of the spectrum.
fn histogram(reading: &Reading) -> Result<Figure> {
    let title = bulk_title(&reading.bulk).unwrap_or_default().to_owned();
    let spectrum = SpectrumHistogram::of(title, &reading.modes.singular_values, &reading.bulk);
    Ok(spectrum_histogram(&[spectrum])?)
}

/// Draws the components of the first modes beside the four laws, including the noise of the vectors where it is known.
fn components(reading: &Reading) -> Option<Figure> {
    let count = reading.outliers.len().min(COMPONENT_MODES);
    if count == 0 {
        return None;
    }
    let (u, v) = reading.components(count);
    let laws = |overlap: f64| -> Vec<Seen> {
        Prior::NAMED.into_iter().filter(|_| overlap.is_finite()).map(|law| Seen::new(law, overlap)).collect()
    };
    let panel = |index: usize| {
        let (mode, hidden) = (index / 2, index % 2 == 1);
        let outlier = &reading.outliers[mode];
        // A letter and a combining accent, so that both labels look alike.
        let (law, vectors, overlap, name, label) = match hidden {
            false => (outlier.prior_u, &u, outlier.squared_overlap_u, "u\u{302}", "u\u{302}_i"),
            true => (outlier.prior_v, &v, outlier.squared_overlap_v, "v\u{302}", "v\u{302}_j"),
        };
        let law = if law == ComponentLaw::Unclaimed { "no law claimed" } else { capital(law.name()) };
        component_panel(
            (&format!("mode {}, {name}: {law}", mode + 1), label),
            &vectors.as_slice()[mode * vectors.nrows()..(mode + 1) * vectors.nrows()],
            &laws(overlap),
        )
    };
    Some(in_rows((0..2 * count).map(panel).collect()))
}

/// Name of a law, with a capital if it is the name of a person.
fn capital(name: &str) -> &str {
    NAMES.into_iter().find(|capital| capital.eq_ignore_ascii_case(name)).unwrap_or(name)
}

/// Draws the machine's place, and its path there, on the phase diagram of one mode under the law of the strongest mode
/// (Gaussian if undecided).
fn place(reading: &Reading, states: &States, trajectory: Option<&TrainingPath>) -> Result<Option<Figure>> {
    let last = [&states.position];
    let positions = trajectory.iter().flat_map(|way| way.steps.iter().map(|step| &step.position)).chain(last);
    // Below the threshold w cannot be seen, and is drawn as 0.
    let path: Vec<(f64, f64)> =
        positions.flatten().map(|place| (place.inv_sigma, place.w_over_sigma.unwrap_or(0.0))).collect();
    if path.is_empty() {
        return Ok(None);
    }
    let strongest = reading.outliers.first();
    let law = |side: Option<Prior>| side.unwrap_or(Prior::Gaussian);
    let prior_u = law(strongest.and_then(|outlier| outlier.prior_u.prior()));
    let prior_v = law(strongest.and_then(|outlier| outlier.prior_v.prior()));
    let family = Family::new(reading.kappa(), &[1.0], prior_u, prior_v)?;
    let end =
        |of: fn(&(f64, f64)) -> f64| path.iter().map(of).fold(RANGE.0, |end, value| end.max(1.1 * value)).min(RANGE.1);
    let ends = (end(|point| point.0), end(|point| point.1));
    let scale = if ends.0.max(ends.1) > LONGEST_LINEAR { Scale::Log } else { Scale::Linear };
    let axis = |end: f64| -> Vec<f64> {
        let fractions = (0..GRID).map(|n| n as f64 / (GRID - 1) as f64);
        match scale {
            Scale::Linear => fractions.map(|fraction| end * fraction).collect(),
            Scale::Log => fractions.map(|fraction| FIRST * (1.5 * end / FIRST).powf(fraction)).collect(),
        }
    };
    let diagram = PhaseDiagram::compute(&family, &axis(ends.0), &axis(ends.1), &|| ())?;
    // A machine beyond the axes is drawn just inside them.
    let (xs, ys) = (&diagram.inv_sigma, &diagram.w_over_sigma);
    let first = if scale == Scale::Log { 1 } else { 0 };
    let place = |&(x, y): &(f64, f64)| (x.clamp(xs[first], xs[GRID - 2]), y.clamp(ys[first], ys[GRID - 2]));
    let inside: Vec<(f64, f64)> = path.iter().map(place).collect();
    let end = if states.position.is_some() { "machine" } else { "last known place" };
    let mut panel = panel(&diagram, scale)?;
    draw_path(&mut panel, &inside, end);
    Ok(Some(Figure::single_column(panel).aspect(0.9)))
}

/// Panels in full rows of four, across both columns.
fn in_rows(mut panels: Vec<Panel>) -> Figure {
    let columns = panels.len().min(PANELS_A_ROW);
    panels.truncate(panels.len() / columns * columns);
    Figure::with(DOUBLE_COLUMN_MM, panels.len() / columns, columns, panels).aspect(0.9)
}

/// The histogram of components at unit mean square, as a density beside the laws as they are seen through noise.
fn component_panel((title, label): (&str, &str), components: &[f64], laws: &[Seen]) -> Panel {
    let values: Vec<f64> = components.iter().copied().filter(|y| y.is_finite()).collect();
    let bins = (values.len() as f64).sqrt().clamp(FEWEST_COMPONENT_BINS, MOST_COMPONENT_BINS).round() as usize;
    let edge = |i: usize, count: usize| LARGEST_COMPONENT * (2.0 * i as f64 / count as f64 - 1.0);
    let edges: Vec<f64> = (0..=bins).map(|i| edge(i, bins)).collect();
    let heights = density_in_bins(&values, &edges);
    let xs: Vec<f64> = (0..LAW_POINTS).map(|i| edge(i, LAW_POINTS - 1)).collect();
    let curves: Vec<Vec<f64>> = laws.iter().map(|law| xs.iter().map(|&x| law.density(x)).collect()).collect();
    let tallest = |curve: &Vec<f64>| curve.iter().copied().fold(0.0, f64::max);
    // A law that is nearly discrete must not flatten the histogram.
    let bars = heights.iter().copied().fold(0.0, f64::max);
    let top = 1.15 * curves.iter().map(tallest).fold(bars, f64::max).min(1.6 * bars.max(0.3));
    let x = Axis::linear(label, -LARGEST_COMPONENT..LARGEST_COMPONENT);
    let mut panel = Panel::new(x, Axis::linear("density", 0.0..top));
    panel.title(title).legend(LegendPosition::Below);
    panel.histogram(&edges, &heights, LineStyle::solid(Color::Rgb(70, 70, 70)).width(0.5)).label("components");
    for (index, (name, curve)) in NAMES.iter().zip(&curves).enumerate() {
        panel.line(&xs, curve, LineStyle::nth(index).width(1.0)).label(name);
    }
    panel
}

/// A mode through training, one value per checkpoint; NaN where it is not above the bulk.
struct ModeCourse {
    /// Strength w: planted, or the singular value.
    strengths: Vec<f64>,
    /// Kurtosis of the observed components of u.
    kurtosis: Vec<f64>,
}

/// Strengths and kurtosis of modes that are followed by their vectors, against the updates of the checkpoints, with σ at each
/// checkpoint. The first five modes are named.
fn modes_against_update(updates: &[f64], sigmas: &[f64], modes: &[ModeCourse]) -> Figure {
    let axis = || named_time_axis("update", updates);
    let of_strengths = modes.iter().flat_map(|mode| &mode.strengths).chain(sigmas);
    let mut strengths = Panel::new(axis(), value_axis("w_α", of_strengths));
    let of_kurtosis = modes.iter().take(NAMED_CURVES).flat_map(|mode| &mode.kurtosis);
    let top = of_kurtosis.filter(|value| value.is_finite()).fold(4.0, |top: f64, value| top.max(1.1 * value));
    let mut kurtosis = Panel::new(axis(), Axis::linear("kurtosis of u_α", 0.0..top));
    // Thin lines below, the leading modes above.
    for mode in modes.iter().skip(NAMED_CURVES) {
        strengths.line(updates, &mode.strengths, OTHERS).label(&format!("modes beyond {NAMED_CURVES}"));
    }
    for (index, mode) in modes.iter().enumerate().take(NAMED_CURVES) {
        let name = format!("mode {}", index + 1);
        strengths.line(updates, &mode.strengths, leading_style(index)).label(&name);
        kurtosis.line(updates, &mode.kurtosis, leading_style(index));
        let dots = MarkerStyle::new(Marker::Circle, leading_style(index).color).size(1.6);
        strengths.points(updates, &mode.strengths, dots);
        kurtosis.points(updates, &mode.kurtosis, dots);
    }
    strengths.line(updates, sigmas, LineStyle::dashed(Color::Black).width(1.2)).label("σ");
    let three = vec![3.0; updates.len()];
    kurtosis.line(updates, &three, LineStyle::dashed(Color::Rgb(120, 120, 120)).width(0.6)).label("Gaussian");
    strengths.legend(LegendPosition::Below);
    kurtosis.legend(LegendPosition::Below);
    Figure::with(DOUBLE_COLUMN_MM, 1, 2, vec![strengths, kurtosis]).aspect(0.8)
}

/// Draws the path of a machine through its training, (1/σ, w_max/σ), on the panel of a phase diagram; its last point is labelled
/// `end`.
fn draw_path(panel: &mut Panel, path: &[(f64, f64)], end: &str) {
    let (xs, ys): (Vec<f64>, Vec<f64>) = path.iter().copied().unzip();
    if path.len() > 1 {
        panel.line(&xs, &ys, LineStyle::solid(Color::Black).width(0.8));
        panel.points(&xs, &ys, MarkerStyle::new(Marker::Circle, Color::Black).size(1.8)).label("training");
    }
    if let (Some(x), Some(y)) = (xs.last(), ys.last()) {
        panel.points(&[*x], &[*y], MarkerStyle::new(Marker::Diamond, Color::Black).size(5.0)).label(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    #[test]
    fn modes_through_training_are_named() {
        let updates: Vec<f64> = (0..12).map(|i| f64::from(1 << i)).collect();
        let course = |w: f64| ModeCourse {
            strengths: updates.iter().map(|t| if *t < 4.0 { f64::NAN } else { w * t.ln() }).collect(),
            kurtosis: vec![w; 12],
        };
        let modes: Vec<ModeCourse> = [3.0, 2.0, 1.5, 1.0, 0.9, 0.8, 0.7].map(course).into();
        let figure = modes_against_update(&updates, &[0.2; 12], &modes);
        assert_on_paper(&figure);
        let texts = svg_texts(&figure);
        assert!(texts.iter().any(|text| text.contains("update")) && texts.iter().any(|text| text.contains("mode 5")));
    }

    #[test]
    fn laws_are_named_and_rows_full() {
        let components: Vec<f64> = (0..400).map(|i| f64::from(i % 41) * 0.1 - 2.0).collect();
        let laws = Prior::NAMED.map(|law| Seen::new(law, 0.8));
        let titles = ["mode 1", "mode 2", "mode 3", "mode 4", "mode 5"];
        let figure = in_rows(titles.map(|title| component_panel((title, "u"), &components, &laws)).into());
        assert_eq!(figure.panels.len(), 4);
        assert_on_paper(&figure);
        let texts = svg_texts(&figure);
        assert!(texts.iter().any(|text| text.contains("Laplace")) && texts.iter().any(|text| text.contains("mode 4")));
    }
}
