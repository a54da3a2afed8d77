//! The histogram of singular values beside the Marchenko–Pastur law of their bulk.

use crate::plot::axis::Axis;
use crate::plot::histogram::density_in_bins;
use crate::plot::style::{Color, DOUBLE_COLUMN_MM, LineStyle, Marker, MarkerStyle, SINGLE_COLUMN_MM};
use crate::plot::{Figure, FigureError, LegendPosition, Panel};
use crate::theory::spectrum::{BulkFit, MarchenkoPastur};

/// Points of the law's curve.
const BULK_POINTS: usize = 201;
/// Minimum number of bins over the bulk.
const FEWEST_BINS: f64 = 8.0;
/// Maximum number of bins over the bulk.
const MOST_BINS: f64 = 40.0;
/// More bins than this would be finer than the paper shows.
const MOST_BINS_ON_AXIS: f64 = 400.0;

/// The singular values of a machine at one time, and the law of their bulk.
pub struct SpectrumHistogram<'a> {
    /// The title of the panel (marked-up).
    pub title: String,
    /// The singular values, in any order; those that are not finite are left out.
    pub singular_values: &'a [f64],
    /// The law of the bulk, and the number of the largest values that are outliers; `None` without a bulk.
    pub bulk: Option<(MarchenkoPastur, usize)>,
}

impl<'a> SpectrumHistogram<'a> {
    /// Singular values beside the law that was fitted to them.
    pub fn of(title: String, singular_values: &'a [f64], fitted: &BulkFit) -> Self {
        let law = fitted.law.filter(|_| fitted.exists());
        Self { title, singular_values, bulk: law.map(|law| (law, fitted.outliers)) }
    }
}

/// Histograms of singular values as densities, one panel each, up to three per row.
///
/// The histogram integrates to one over all singular values, the law to the share of those in the bulk. About √(number of values)
/// bins divide the bulk evenly, and bins outside have the same width. Triangles mark the outliers.
///
/// # Errors
/// If there are no spectra, or one has no finite value.
pub fn spectrum_histogram(spectra: &[SpectrumHistogram<'_>]) -> Result<Figure, FigureError> {
    let mut panels = spectra.iter().map(panel).collect::<Result<Vec<_>, _>>()?;
    match panels.len() {
        0 => Err(FigureError::Empty("spectra")),
        1 => Ok(Figure::with(SINGLE_COLUMN_MM, 1, 1, panels)),
        count => {
            let columns = count.min(3);
            for panel in &mut panels {
                panel.legend(LegendPosition::Below);
            }
            Ok(Figure::with(DOUBLE_COLUMN_MM, count.div_ceil(columns), columns, panels).letters(true).aspect(0.85))
        }
    }
}

fn panel(spectrum: &SpectrumHistogram<'_>) -> Result<Panel, FigureError> {
    let mut values: Vec<f64> = spectrum.singular_values.iter().copied().filter(|w| w.is_finite()).collect();
    values.sort_by(|a, b| b.total_cmp(a));
    let &largest = values.first().ok_or(FigureError::Empty("finite singular values"))?;
    let whole = (0.0, if largest > 0.0 { largest } else { 1.0 });
    let edges = spectrum.bulk.map_or(whole, |(law, _)| law.edges());
    let end = largest.max(edges.1);
    let bins = bin_edges(values.len(), edges, end);
    let heights = density_in_bins(&values, &bins);
    let outliers = &values[..spectrum.bulk.map_or(0, |(_, outliers)| outliers.min(values.len()))];
    let share = (values.len() - outliers.len()) as f64 / values.len() as f64;
    let curve = spectrum.bulk.map(|(law, _)| curve(&law, share));
    let law_heights = curve.iter().flat_map(|(_, heights)| heights).copied().filter(|height| height.is_finite());
    let top = 1.1 * heights.iter().copied().chain(law_heights).fold(0.0, f64::max);

    // A spike at zero must not lie on the frame.
    let mut panel = Panel::new(Axis::linear("w_α", -0.03 * end..1.04 * end), Axis::linear("density", 0.0..top));
    panel.title(&spectrum.title);
    panel.histogram(&bins, &heights, LineStyle::solid(Color::Rgb(70, 70, 70)).width(0.5)).label("singular values");
    if let Some((xs, ys)) = curve {
        panel.line(&xs, &ys, LineStyle::solid(Color::Vermillion).width(1.2)).label("Marchenko–Pastur");
    }
    if !outliers.is_empty() {
        // Above its bar, which is at least as high as one value.
        let above = |w: &f64| height_at(&bins, &heights, *w) + 0.035 * top;
        let ys: Vec<f64> = outliers.iter().map(above).collect();
        panel.points(outliers, &ys, MarkerStyle::new(Marker::DownTriangle, Color::Blue).size(3.0)).label("outliers");
    }
    Ok(panel)
}

/// Bins that divide the bulk evenly and go on with the same width from zero to beyond `end`.
fn bin_edges(count: usize, (lower, upper): (f64, f64), end: f64) -> Vec<f64> {
    let bins = (count as f64).sqrt().clamp(FEWEST_BINS, MOST_BINS).round();
    let width = ((upper - lower) / bins).max(end / MOST_BINS_ON_AXIS);
    let below = (lower / width).ceil();
    let above = ((end - lower) / width).ceil();
    let mut edges: Vec<f64> =
        (0..=(below + above) as usize).map(|i| (lower + (i as f64 - below) * width).max(0.0)).collect();
    edges.dedup();
    edges
}

/// The curve of the law, with a share of the whole; points are dense at the edges, where it rises like a square root.
fn curve(law: &MarchenkoPastur, share: f64) -> (Vec<f64>, Vec<f64>) {
    let (lower, upper) = law.edges();
    let place = |i: usize| {
        let angle = std::f64::consts::PI * i as f64 / (BULK_POINTS - 1) as f64;
        (0.5 * (lower + upper) - 0.5 * (upper - lower) * angle.cos()).clamp(lower, upper)
    };
    (0..BULK_POINTS).map(place).map(|w| (w, share * law.density(w))).unzip()
}

/// The height of the bar at a value.
fn height_at(bins: &[f64], heights: &[f64], value: f64) -> f64 {
    let bar = bins.partition_point(|&edge| edge <= value).saturating_sub(1);
    heights.get(bar.min(heights.len().saturating_sub(1))).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::canvas::Mark;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    /// A law with edges at 0.1 and 0.5: `σ (κ^{1/4} ± κ^{-1/4})`.
    fn bulk() -> MarchenkoPastur {
        MarchenkoPastur::new(0.06f64.sqrt(), 4.0 / 9.0).unwrap()
    }

    const EDGES: (f64, f64) = (0.1, 0.5);

    /// A hundred values over the bulk and three outliers.
    fn values() -> Vec<f64> {
        let inner = (0..100).map(|i| 0.1 + 0.4 * (f64::from(i) + 0.5) / 100.0);
        inner.chain([0.9, 2.0, 2.1]).collect()
    }

    fn triangles(figure: &Figure) -> usize {
        let marks = figure.draw().unwrap().marks;
        marks.iter().filter(|mark| matches!(mark, Mark::Fill { polygon, .. } if polygon.len() == 3)).count()
    }

    #[test]
    fn the_bins_fit_the_bulk_and_hold_every_value() {
        for (count, edges, end) in
            [(103, EDGES, 2.1), (400, (0.0, 0.7), 0.7), (9, (0.3, 0.4), 1e6), (4, (1.0, 2.0), 2.0)]
        {
            let bins = bin_edges(count, edges, end);
            assert!(bins[0] == 0.0 && bins[bins.len() - 1] >= end && bins.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(bins.iter().any(|edge| (edge - edges.0).abs() < 1e-9));
            assert!(bins.len() as f64 <= MOST_BINS_ON_AXIS + 3.0);
        }
        let bins = bin_edges(103, EDGES, 2.1);
        assert!(bins.iter().any(|edge| (edge - EDGES.1).abs() < 1e-12));
        let heights = density_in_bins(&values(), &bins);
        let integral: f64 = heights.iter().zip(bins.windows(2)).map(|(h, pair)| h * (pair[1] - pair[0])).sum();
        assert!((integral - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_law_has_the_weight_of_the_bulk() {
        let (xs, ys) = curve(&bulk(), 100.0 / 103.0);
        let area: f64 = (1..xs.len()).map(|i| 0.5 * (ys[i] + ys[i - 1]) * (xs[i] - xs[i - 1])).sum();
        // The trapezoids' error of 200 steps in angle is (π/200)²/4 of the whole at most.
        assert!((area - 100.0 / 103.0).abs() < 1e-4, "{area}");
        assert!((xs[0] - EDGES.0).abs() < 1e-12 && (xs[BULK_POINTS - 1] - EDGES.1).abs() < 1e-12);
    }

    #[test]
    fn panels_are_lettered_and_outliers_marked() {
        let values = values();
        let spectrum = |title: &str, outliers| {
            let bulk = Some((bulk(), outliers));
            SpectrumHistogram { title: title.to_owned(), singular_values: &values, bulk }
        };
        let figure = spectrum_histogram(&[spectrum("start", 0), spectrum("early", 1), spectrum("late", 3)]).unwrap();
        let texts = svg_texts(&figure);
        for text in ["(a) start", "(b) early", "(c) late", "density", "singular values", "Marchenko–Pastur", "outliers"]
        {
            assert!(texts.iter().any(|t| t == text), "{text} is not in {texts:?}");
        }
        // One is in the legend.
        assert_eq!(triangles(&figure), 5);
        assert_on_paper(&figure);
        // Four make two rows, the second not full.
        let four = [spectrum("", 0), spectrum("", 0), spectrum("", 0), spectrum("", 0)];
        assert_on_paper(&spectrum_histogram(&four).unwrap());
    }

    #[test]
    fn values_that_are_not_finite_do_not_count() {
        let mut values = values();
        let drawn = |values: &[f64]| {
            let spectrum = SpectrumHistogram { title: String::new(), singular_values: values, bulk: Some((bulk(), 3)) };
            spectrum_histogram(&[spectrum]).unwrap().svg().unwrap()
        };
        let expected = drawn(&values);
        values.extend([f64::NAN, f64::INFINITY]);
        assert_eq!(drawn(&values), expected);
    }

    #[test]
    fn what_makes_no_spectrum_is_refused() {
        assert!(matches!(spectrum_histogram(&[]), Err(FigureError::Empty(_))));
        let of = |singular_values: &[f64]| {
            spectrum_histogram(&[SpectrumHistogram { title: String::new(), singular_values, bulk: None }])
                .and_then(|figure| figure.svg())
        };
        assert!(matches!(of(&[f64::NAN]), Err(FigureError::Empty(_))));
        // A matrix of zeros has a spectrum.
        assert!(of(&[0.0, 0.0]).is_ok());
    }
}
