//! Spectra against rank.

use super::spectrum_time::value_axis;
use crate::plot::axis::{Axis, Scale};
use crate::plot::style::{Color, LineStyle};
use crate::plot::{Dash, Figure, FigureError, Panel};

/// How far a logarithmic axis extends beyond the line at 1, as a factor.
const BEYOND: f64 = 1.3;

/// Spectra against rank α = 1, 2, …, on a logarithmic axis of values named `label`, with a line at 1, where a variance or a
/// coupling begins to order units. As wide as a column.
///
/// Each spectrum has a name (marked-up) and is in decreasing order. Values that are not positive, or below 1e-5 of the largest of
/// all, are not shown.
///
/// # Errors
/// If there are no spectra, or none has a positive value.
pub fn spectra_by_rank(label: &str, rank: Scale, spectra: &[(&str, &[f64])]) -> Result<Figure, FigureError> {
    let values = spectra.iter().flat_map(|(_, values)| values.iter());
    if !values.clone().any(|value| value.is_finite() && *value > 0.0) {
        return Err(FigureError::Empty("spectra with positive values"));
    }
    let longest = spectra.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let end = longest.max(2) as f64;
    let x = match rank {
        Scale::Linear => Axis::linear("rank α", 0.0..end),
        Scale::Log => Axis::log("rank α", 1.0..end),
    };
    let mut y = value_axis(label, Scale::Log, values);
    (y.start, y.end) = (y.start.min(1.0 / BEYOND), y.end.max(BEYOND));
    let mut panel = Panel::new(x, y);
    panel.horizontal_line(1.0, LineStyle::new(Color::Gray, Dash::Solid).width(0.6)).label("threshold");
    for (index, (name, values)) in spectra.iter().enumerate() {
        let ranks: Vec<f64> = (1..=values.len()).map(|rank| rank as f64).collect();
        panel.line(&ranks, values, LineStyle::nth(index)).label(name);
    }
    Ok(Figure::single_column(panel))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    #[test]
    fn spectra_are_named_and_one_is_on_the_axis() {
        // All far below one, or all above it: the line at one is drawn.
        for scale in [1e-8, 1e8] {
            let values: Vec<f64> = (1..=50).map(|rank| scale / f64::from(rank)).collect();
            for rank in [Scale::Linear, Scale::Log] {
                let figure =
                    spectra_by_rank("w_α", rank, &[("MNIST", &values), ("drawn digits", &values[..7])]).unwrap();
                let y = &figure.panels[0].y;
                assert!(y.start < 1.0 && y.end > 1.0);
                assert!(y.fraction(values[0]) > 0.0 && y.fraction(values[49]) < 1.0);
                assert_on_paper(&figure);
                let texts = svg_texts(&figure);
                for name in ["MNIST", "drawn digits", "rank"] {
                    assert!(texts.iter().any(|text| text == name), "{name} is not in {texts:?}");
                }
            }
        }
    }

    #[test]
    fn rounding_errors_do_not_stretch_the_axis() {
        let figure = spectra_by_rank("λ_α", Scale::Log, &[("C", &[30.0, 2.0, 0.1, 1e-17, 0.0, f64::NAN])]).unwrap();
        assert!(figure.panels[0].y.start > 0.05 && figure.svg().is_ok());
    }

    #[test]
    fn nothing_to_draw_is_refused() {
        for spectra in [&[][..], &[("a", &[][..])], &[("a", &[0.0, f64::NAN])]] {
            assert!(matches!(spectra_by_rank("w", Scale::Log, spectra), Err(FigureError::Empty(_))));
        }
        assert!(spectra_by_rank("w", Scale::Log, &[("a", &[2.0])]).unwrap().svg().is_ok());
    }
}
