//! A trained machine: the components of its modes beside the laws, and its path over the phase diagram.

use super::spectrum_time::{LEADING, OTHERS, leading_style, named_time_axis, value_axis};
use crate::plot::histogram::density_in_bins;
use crate::plot::style::{Color, DOUBLE_COLUMN_MM, LineStyle, Marker, MarkerStyle};
use crate::plot::{Axis, Figure, FigureError, LegendPosition, Panel, Scale};

/// Points of a law's curve.
const CURVE_POINTS: usize = 401;
/// Components beyond this are not shown; a Laplace law has 2 in 10 000 there.
const SHOWN: f64 = 4.5;
/// Maximum number of bins over the range, for many components.
const MOST_BINS: f64 = 60.0;
/// Minimum number of bins over the range, for few components.
const FEWEST_BINS: f64 = 24.0;
/// Panels per row.
const COLUMNS: usize = 4;

/// A law beside the components: its name (marked-up) and density.
pub type LawCurve<'a> = (&'a str, &'a dyn Fn(f64) -> f64);

/// Components of one vector, at unit mean square.
pub struct ComponentHistogram<'a> {
    /// The title of the panel (marked-up).
    pub title: String,
    /// The label of the axis (marked-up).
    pub label: &'a str,
    /// The components; those that are not finite are left out.
    pub components: &'a [f64],
    /// The laws as seen through noise.
    pub laws: Vec<LawCurve<'a>>,
}

/// Histograms of components as densities beside the laws, four per row across both columns.
///
/// # Errors
/// If there are none, or if one has no finite component.
pub fn component_histograms(histograms: &[ComponentHistogram<'_>]) -> Result<Figure, FigureError> {
    let mut panels = histograms.iter().map(component_panel).collect::<Result<Vec<_>, _>>()?;
    if panels.is_empty() {
        return Err(FigureError::Empty("components"));
    }
    let columns = panels.len().min(COLUMNS);
    // Keep full rows only.
    panels.truncate(panels.len() / columns * columns);
    Ok(Figure::with(DOUBLE_COLUMN_MM, panels.len() / columns, columns, panels).aspect(0.9))
}

fn component_panel(histogram: &ComponentHistogram<'_>) -> Result<Panel, FigureError> {
    let values: Vec<f64> = histogram.components.iter().copied().filter(|y| y.is_finite()).collect();
    if values.is_empty() {
        return Err(FigureError::Empty("finite components"));
    }
    let bins = (values.len() as f64).sqrt().clamp(FEWEST_BINS, MOST_BINS).round() as usize;
    let edge = |i: usize, count: usize| SHOWN * (2.0 * i as f64 / count as f64 - 1.0);
    let edges: Vec<f64> = (0..=bins).map(|i| edge(i, bins)).collect();
    let heights = density_in_bins(&values, &edges);
    let xs: Vec<f64> = (0..CURVE_POINTS).map(|i| edge(i, CURVE_POINTS - 1)).collect();
    let curves: Vec<Vec<f64>> =
        histogram.laws.iter().map(|(_, density)| xs.iter().map(|&x| density(x)).collect()).collect();
    let tallest = |curve: &Vec<f64>| curve.iter().copied().fold(0.0, f64::max);
    // A law that is nearly discrete must not flatten the histogram.
    let bars = heights.iter().copied().fold(0.0, f64::max);
    let top = 1.15 * curves.iter().map(tallest).fold(bars, f64::max).min(1.6 * bars.max(0.3));
    let mut panel = Panel::new(Axis::linear(histogram.label, -SHOWN..SHOWN), Axis::linear("density", 0.0..top));
    panel.title(&histogram.title).legend(LegendPosition::Below);
    panel.histogram(&edges, &heights, LineStyle::solid(Color::Rgb(70, 70, 70)).width(0.5)).label("components");
    for (index, ((name, _), curve)) in histogram.laws.iter().zip(&curves).enumerate() {
        panel.line(&xs, curve, LineStyle::nth(index).width(1.0)).label(name);
    }
    Ok(panel)
}

/// A mode through training, one value per checkpoint; NaN where it is not above the bulk.
pub struct ModeCourse {
    /// Strength w: planted, or the singular value.
    pub strengths: Vec<f64>,
    /// Kurtosis of the observed components of u.
    pub kurtosis: Vec<f64>,
}

/// Strengths and kurtosis of modes that are followed by their vectors, against the updates of the checkpoints, with σ at each
/// checkpoint. The first five modes are named.
///
/// # Errors
/// If there are no checkpoints, or if series differ in length.
pub fn modes_against_update(updates: &[f64], sigmas: &[f64], modes: &[ModeCourse]) -> Result<Figure, FigureError> {
    if updates.is_empty() {
        return Err(FigureError::Empty("checkpoints"));
    }
    for found in modes.iter().flat_map(|mode| [mode.strengths.len(), mode.kurtosis.len()]).chain([sigmas.len()]) {
        if found != updates.len() {
            return Err(FigureError::Length {
                what: "values of a mode through training",
                expected: updates.len(),
                found,
            });
        }
    }
    let axis = || named_time_axis("update", updates);
    let of_strengths = modes.iter().flat_map(|mode| &mode.strengths).chain(sigmas);
    let mut strengths = Panel::new(axis(), value_axis("w_α", Scale::Log, of_strengths));
    let of_kurtosis = modes.iter().take(LEADING).flat_map(|mode| &mode.kurtosis);
    let top = of_kurtosis.filter(|value| value.is_finite()).fold(4.0, |top: f64, value| top.max(1.1 * value));
    let mut kurtosis = Panel::new(axis(), Axis::linear("kurtosis of u_α", 0.0..top));
    // Thin lines below, the leading modes above.
    for mode in modes.iter().skip(LEADING) {
        strengths.line(updates, &mode.strengths, OTHERS).label(&format!("modes beyond {LEADING}"));
    }
    for (index, mode) in modes.iter().enumerate().take(LEADING) {
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
    Ok(Figure::with(DOUBLE_COLUMN_MM, 1, 2, vec![strengths, kurtosis]).aspect(0.8))
}

/// Draws the path of a machine through its training, (1/σ, w_max/σ), on the panel of a phase diagram; its last point is labelled
/// `end`.
pub(super) fn draw_path(panel: &mut Panel, path: &[(f64, f64)], end: &str) {
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
    fn courses_are_named_and_of_one_length() {
        let updates: Vec<f64> = (0..12).map(|i| f64::from(1 << i)).collect();
        let course = |w: f64| ModeCourse {
            strengths: updates.iter().map(|t| if *t < 4.0 { f64::NAN } else { w * t.ln() }).collect(),
            kurtosis: vec![w; 12],
        };
        let modes: Vec<ModeCourse> = [3.0, 2.0, 1.5, 1.0, 0.9, 0.8, 0.7].map(course).into();
        let figure = modes_against_update(&updates, &[0.2; 12], &modes).unwrap();
        assert_on_paper(&figure);
        let texts = svg_texts(&figure);
        assert!(texts.iter().any(|text| text.contains("update")) && texts.iter().any(|text| text.contains("mode 5")));
        assert!(modes_against_update(&updates, &[0.2; 11], &modes).is_err());
        assert!(modes_against_update(&[], &[], &[]).is_err());
    }

    #[test]
    fn laws_are_named_and_rows_full() {
        let components: Vec<f64> = (0..400).map(|i| f64::from(i % 41) * 0.1 - 2.0).collect();
        let flat = |y: f64| if y.abs() < 2.0 { 0.25 } else { 0.0 };
        let histogram = |title: &str| ComponentHistogram {
            title: title.to_owned(),
            label: "u",
            components: &components,
            laws: vec![("flat", &flat)],
        };
        let panels: Vec<_> = ["mode 1", "mode 2", "mode 3", "mode 4", "mode 5"].map(histogram).into();
        let figure = component_histograms(&panels).unwrap();
        assert_on_paper(&figure);
        let texts = svg_texts(&figure);
        assert!(texts.iter().any(|text| text.contains("flat")) && texts.iter().any(|text| text.contains("mode 4")));
        assert!(component_histograms(&[]).is_err());
    }
}
