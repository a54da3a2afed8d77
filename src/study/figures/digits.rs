//! Drawn digits, and the spectrum of their covariance beside MNIST's.

use super::made::Made;
use super::studio::Studio;
use crate::data::{Binarization, Dataset, Moments, digits, mnist};
use crate::io::Table;
use crate::io::number::exact;
use crate::plot::{Axis, Color, Dash, Figure, LineStyle, Panel};
use crate::study::drawing::{samples, value_axis};
use crate::study::error::Result;
use std::iter::once;

/// Name of the figure and of its files.
pub(super) const NAME: &str = "digits";
/// Number of digits shown.
const SHEET: usize = 50;
/// How far the axis extends beyond the line at 1, as a factor.
const BEYOND: f64 = 1.3;

/// A sheet of drawn digits, and the decay of the variances of the digits and of MNIST.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let count = studio.choose(2_000, 10_000);
    let mut made = Made::default();
    (studio.progress)(NAME, 0.0);
    let drawn = digits::generate(count, studio.seed)?;
    made.draw("digits-samples", samples(&drawn.spins()?.clone().first(SHEET), (28, 28))?);
    let variances = |data: &Dataset| -> Result<Vec<f64>> {
        Ok(Moments::of(data)?.principal_components()?.variances.iter().copied().collect())
    };
    let mut spectra = vec![("drawn digits", variances(&drawn)?)];
    (studio.progress)(NAME, 0.5);
    match mnist::locate(None) {
        Ok(folder) => spectra.push(("MNIST", variances(&mnist::load(&folder, Some(count), Binarization::MIDDLE)?)?)),
        Err(_) => made.notes.push("MNIST is not at hand; the drawn digits are shown alone".to_owned()),
    }
    made.draw("digits-spectrum", by_rank(&spectra));
    let row = |rank: usize| once((rank + 1).to_string()).chain(spectra.iter().map(|of| exact(of.1[rank]))).collect();
    let rows: Vec<Vec<String>> = (0..drawn.units()).map(row).collect();
    made.table("digits-spectrum", Table::new(once("rank").chain(spectra.iter().map(|(name, _)| *name)), rows));
    Ok(made)
}

/// Variances against rank α = 1, 2, …, both logarithmic, with a line at 1, where a variance begins to order units. As wide as a
/// column. Values that are not positive, or below 1e-5 of the largest of all, are not shown.
fn by_rank(spectra: &[(&str, Vec<f64>)]) -> Figure {
    let longest = spectra.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let mut y = value_axis("variance of component α", spectra.iter().flat_map(|(_, values)| values));
    (y.start, y.end) = (y.start.min(1.0 / BEYOND), y.end.max(BEYOND));
    let mut panel = Panel::new(Axis::log("rank α", 1.0..longest.max(2) as f64), y);
    panel.horizontal_line(1.0, LineStyle::new(Color::Gray, Dash::Solid).width(0.6)).label("threshold");
    for (index, (name, values)) in spectra.iter().enumerate() {
        let ranks: Vec<f64> = (1..=values.len()).map(|rank| rank as f64).collect();
        panel.line(&ranks, values, LineStyle::nth(index)).label(name);
    }
    Figure::single_column(panel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    /// All far below one, or all above it: the line at one is drawn. Rounding errors do not stretch the axis.
    #[test]
    fn spectra_are_named_and_one_is_on_the_axis() {
        for scale in [1e-8, 1e8] {
            let values: Vec<f64> = (1..=50).map(|rank| scale / f64::from(rank)).collect();
            let figure = by_rank(&[("MNIST", values.clone()), ("drawn digits", values[..7].to_vec())]);
            let y = &figure.panels[0].y;
            assert!(y.start < 1.0 && y.end > 1.0);
            assert!(y.fraction(values[0]) > 0.0 && y.fraction(values[49]) < 1.0);
            assert_on_paper(&figure);
            let texts = svg_texts(&figure);
            for name in ["MNIST", "drawn digits", "rank"] {
                assert!(texts.iter().any(|text| text == name), "{name} is not in {texts:?}");
            }
        }
        let figure = by_rank(&[("C", vec![30.0, 2.0, 0.1, 1e-17, 0.0, f64::NAN])]);
        assert!(figure.panels[0].y.start > 0.05 && figure.svg().is_ok());
    }
}
