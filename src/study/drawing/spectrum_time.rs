//! The spectrum of a machine as it learns: w_α against time.

use crate::plot::axis::{Axis, Scale};
use crate::plot::style::{Color, LineStyle, SINGLE_COLUMN_MM};
use crate::plot::{Dash, Figure, Panel};

/// Number of curves that a reader can tell apart.
pub(in crate::study) const NAMED_CURVES: usize = 5;
/// Style of the other modes.
pub(in crate::study) const OTHERS: LineStyle =
    LineStyle { color: Color::Rgb(180, 180, 180), width: 0.35, dash: Dash::Solid };
/// On a logarithmic axis, values below this share of the largest are cut off: those of a singular matrix are rounding errors.
pub(super) const LOWEST: f64 = 1e-5;

/// Singular values w_α against time t, as wide as a column.
///
/// `spectra[k]` holds the values at `times[k]` in decreasing order, the same number at each time: line α joins the α-th largest.
/// The first five differ in style; the others are thin and grey. The edge of the bulk is dashed, wherever it is finite. Values
/// that are not finite are left out and break their line.
///
/// Time is logarithmic if its records are spaced that way. It then starts at the first positive time; a note below the axis says
/// that an earlier one is left out. The axis of w spans at most five decades.
pub(super) fn spectrum_against_time(times: &[f64], spectra: &[Vec<f64>], bulk_edge: &[f64]) -> Figure {
    let modes = spectra.first().map_or(0, Vec::len);
    let values = spectra.iter().flatten().chain(bulk_edge);
    let mut panel = Panel::new(named_time_axis("t", times), value_axis("w_α", values));
    let mode = |index: usize| spectra.iter().map(|spectrum| spectrum[index]).collect::<Vec<f64>>();
    for index in 0..modes.min(NAMED_CURVES) {
        panel.line(times, &mode(index), leading_style(index)).label(&format!("w_{{{}}}", index + 1));
    }
    for index in NAMED_CURVES..modes {
        panel.line(times, &mode(index), OTHERS).label(&format!("w_α, α > {NAMED_CURVES}"));
    }
    panel.line(times, bulk_edge, LineStyle::dashed(Color::Black).width(1.2)).label("bulk edge");
    Figure::with(SINGLE_COLUMN_MM, 1, 1, vec![panel])
}

/// The style of a leading mode; the style that differs by its dash alone is that of the edge.
pub(in crate::study) fn leading_style(index: usize) -> LineStyle {
    LineStyle::nth(if index == 0 { 0 } else { index + 1 })
}

/// The axis of times, or of a quantity that serves as time: logarithmic if their median lies nearer to the geometric than to the
/// arithmetic mean of the first and last that are positive, on the scale of ratios.
pub(super) fn named_time_axis(name: &str, times: &[f64]) -> Axis {
    let mut positive: Vec<f64> = times.iter().copied().filter(|t| t.is_finite() && *t > 0.0).collect();
    positive.sort_by(f64::total_cmp);
    let (first, last) = match positive.as_slice() {
        &[first, .., last] if first < last => (first, last),
        _ => return Axis::around(name, Scale::Linear, times),
    };
    let median = positive[positive.len() / 2];
    let from = |mean: f64| (median / mean).ln().abs();
    if from((first * last).sqrt()) >= from(0.5 * (first + last)) || last < 10.0 * first {
        let start = times.iter().copied().filter(|t| t.is_finite()).fold(first, f64::min);
        return Axis::linear(name, start..last);
    }
    let lost = times.iter().find(|t| t.is_finite() && **t <= 0.0);
    let label = lost.map_or(name.to_string(), |time| format!("{name}  (record at {name} = {time} not shown)"));
    Axis::log(&label, first..last)
}

/// A logarithmic axis around values, without those that are very small compared with the largest.
pub(in crate::study) fn value_axis<'a>(label: &str, values: impl Iterator<Item = &'a f64> + Clone) -> Axis {
    let largest = values.clone().copied().filter(|v| v.is_finite()).fold(0.0, f64::max);
    let shown = values.copied().filter(|v| v.is_finite() && *v > 0.0 && *v >= LOWEST * largest);
    let smallest = shown.fold(largest, f64::min);
    if smallest > 0.0 { Axis::log(label, smallest / 1.3..1.3 * largest) } else { Axis::around(label, Scale::Log, []) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    fn even() -> Vec<f64> {
        (0..40).map(|i| 0.5 * f64::from(i)).collect()
    }

    /// Zero, then ten per decade from 0.01 to 100.
    fn logarithmic() -> Vec<f64> {
        std::iter::once(0.0).chain((0..=40).map(|i| 10f64.powf(0.1 * f64::from(i) - 2.0))).collect()
    }

    fn spectra(times: &[f64], modes: usize) -> Vec<Vec<f64>> {
        let at = |t: f64| (0..modes).map(|k| (3.0 * (t / 5.0).tanh() + 0.3) / (k + 1) as f64).collect();
        times.iter().map(|&t| at(t)).collect()
    }

    #[test]
    fn the_spacing_of_records_chooses_the_axis() {
        let axis = named_time_axis("t", &even());
        assert_eq!((axis.scale, axis.start, axis.end), (Scale::Linear, 0.0, 19.5));
        let axis = named_time_axis("t", &logarithmic());
        assert_eq!((axis.scale, axis.end), (Scale::Log, 100.0));
        assert!((axis.start - 0.01).abs() < 1e-12);
        assert!(axis.label.contains("t = 0 not shown"));
        assert_eq!(named_time_axis("t", &logarithmic()[1..]).label, "t");
        // Within a decade a logarithm gains nothing.
        assert_eq!(named_time_axis("t", &[1.0, 2.0, 4.0, 8.0]).scale, Scale::Linear);
        for times in [&[][..], &[0.0], &[3.0], &[0.0, 5.0], &[f64::NAN, 1.0], &[2.0, 2.0]] {
            named_time_axis("t", times).check().unwrap();
        }
    }

    #[test]
    fn leading_modes_and_edge_are_named() {
        for times in [even(), logarithmic()] {
            let figure = spectrum_against_time(&times, &spectra(&times, 30), &vec![0.4; times.len()]);
            assert_on_paper(&figure);
            let texts = svg_texts(&figure);
            for name in ["1", "5", "bulk edge"] {
                assert!(texts.iter().any(|text| text == name), "{name} is not in {texts:?}");
            }
            assert!(!texts.iter().any(|text| text == "6"));
        }
        // Fewer modes than styles: no others.
        let texts = svg_texts(&spectrum_against_time(&even(), &spectra(&even(), 2), &[f64::NAN; 40]));
        assert!(!texts.iter().any(|text| text == "3" || text.starts_with("> ")));
    }

    #[test]
    fn no_two_leading_modes_look_alike_nor_like_the_edge() {
        for index in 0..NAMED_CURVES {
            assert_ne!(leading_style(index).dash, Dash::Dashed);
            for other in 0..index {
                assert_ne!(leading_style(index).dash, leading_style(other).dash);
            }
        }
    }

    #[test]
    fn unknown_and_vanishing_values_are_left_out() {
        let (times, edge) = (even(), [f64::NAN; 40]);
        for value in [f64::NAN, f64::INFINITY, 0.0] {
            let mut records = spectra(&times, 8);
            records[3][0] = value;
            assert_on_paper(&spectrum_against_time(&times, &records, &edge));
            // Only such values.
            let records = vec![vec![value; 2]; times.len()];
            assert!(spectrum_against_time(&times, &records, &edge).svg().is_ok());
        }
        let values = [1.0, 1e-3, 1e-17];
        assert!(value_axis("w", values.iter()).start > 1e-4);
    }
}
