//! Singular values against rank, both logarithmic, beside those of the data; modes against epochs in an inset.

use super::spectrum_time::value_axis;
use crate::plot::axis::{Axis, Scale};
use crate::plot::panel::Corner;
use crate::plot::style::{Color, LineStyle, SINGLE_COLUMN_MM};
use crate::plot::{Dash, Figure, FigureError, LegendPosition, Panel};

/// Width and height of the inset, as shares of the frame.
const INSET: (f64, f64) = (0.92, 0.47);
/// Lower end of the axis, as a share of the smallest singular value: makes room for the inset.
const BELOW: f64 = 0.02;
/// Room for the names of modes, as a share of their time.
const LABELS: f64 = 0.34;
/// Where in that room lines lead from the curves to the names.
const LEADERS: (f64, f64) = (0.02, 0.1);
/// Height of a name, as a share of the axis.
const HEIGHT: f64 = 0.11;
/// Room between the first mode and the ticks above it, as a factor of the axis of the inset.
const HEADROOM: f64 = 1.35;
/// Lower end of the strength of lines, which grows to 1 at the last spectrum.
const LIGHT: f64 = 0.35;

/// A spectrum of a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct RankSpectrum<'a> {
    /// Name (marked-up), for the legend.
    pub name: &'a str,
    /// Singular values, decreasing.
    pub singular_values: &'a [f64],
    /// The rank up to which it lies above the first spectrum, if that is marked.
    pub cutoff: Option<usize>,
}

/// Modes followed through training.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowedModes<'a> {
    /// Passes through the data, increasing.
    pub epochs: &'a [f64],
    /// Rank of each mode, from 1, and its singular values at these times.
    pub modes: &'a [(usize, Vec<f64>)],
}

/// Spectra of a machine in the order of time, the data's in black, and modes against epochs in the lower left corner; as wide as
/// a column. Triangles mark the cutoffs; a dotted line marks where a singular value of the data is 1.
///
/// # Errors
/// If there are no spectra or values, or lengths do not fit.
pub fn spectrum_log_log(
    spectra: &[RankSpectrum<'_>],
    data: &[f64],
    threshold: usize,
    followed: &FollowedModes<'_>,
) -> Result<Figure, FigureError> {
    let values = || spectra.iter().flat_map(|spectrum| spectrum.singular_values).filter(|w| w.is_finite() && **w > 0.0);
    let (smallest, largest) = values().fold((f64::INFINITY, 0.0f64), |(low, high), &w| (low.min(w), high.max(w)));
    if largest == 0.0 {
        return Err(FigureError::Empty("spectra with positive values"));
    }
    let largest = data.iter().copied().filter(|w| w.is_finite()).fold(largest, f64::max);
    let longest = spectra.iter().map(|spectrum| spectrum.singular_values.len()).max().unwrap_or(0).max(2);
    let x = Axis::log("rank α", 1.0..1.1 * longest as f64);
    let floor = 0.5 * smallest;
    let mut panel = Panel::new(x, Axis::log("w_α", BELOW * smallest.max(1e-3 * largest)..1.6 * largest));
    if threshold >= 1 {
        let style = LineStyle::new(Color::Black, Dash::Dotted).width(0.7);
        let name = format!("variance of the data = 1 (α = {threshold})");
        panel.line(&[threshold as f64; 2], &[floor, largest], style).label(&name);
    }
    let ranks: Vec<f64> = (1..=longest.max(data.len())).map(|rank| rank as f64).collect();
    for (index, spectrum) in spectra.iter().enumerate() {
        let style = style(index, spectra.len());
        let values = spectrum.singular_values;
        panel.line(&ranks[..values.len()], values, style).label(spectrum.name);
        if let Some(cutoff) = spectrum.cutoff.filter(|&cutoff| cutoff >= 1 && cutoff <= values.len()) {
            let marker = crate::plot::MarkerStyle::new(crate::plot::Marker::DownTriangle, style.color).size(4.0);
            panel.points(&[], &[], crate::plot::MarkerStyle { color: Color::Black, ..marker }).label("cutoff");
            panel.points(&[cutoff as f64], &[1.25 * values[cutoff - 1]], marker);
        }
    }
    // Below the machine's own values, the data's spectrum would run through the inset.
    let shown: Vec<f64> = data.iter().take(longest).map(|&w| if w >= floor { w } else { f64::NAN }).collect();
    panel.line(&ranks[..shown.len()], &shown, LineStyle::solid(Color::Black).width(1.4)).label("data");
    panel.legend(LegendPosition::Below);
    panel.inset(inset(followed)?, Corner::LowerLeft, INSET);
    Ok(Figure::with(SINGLE_COLUMN_MM, 1, 1, vec![panel]).aspect(1.05))
}

/// Lines are widest at the end, and differ in colour and dashes.
fn style(index: usize, count: usize) -> LineStyle {
    let dashes = [Dash::Solid, Dash::Dashed, Dash::Dotted, Dash::DashDotted, Dash::LongDashed];
    let colors = [Color::Gray, Color::SkyBlue, Color::Orange, Color::BluishGreen, Color::Vermillion];
    let strength = LIGHT + (1.0 - LIGHT) * (index + 1) as f64 / count as f64;
    LineStyle::new(colors[index % colors.len()], dashes[index % dashes.len()]).width(0.6 + 0.6 * strength)
}

fn inset(followed: &FollowedModes<'_>) -> Result<Panel, FigureError> {
    let shown = |epoch: &f64| epoch.is_finite() && *epoch > 0.0;
    let first = followed.epochs.iter().copied().find(shown);
    let (Some(first), Some(&last)) = (first, followed.epochs.last()) else {
        return Err(FigureError::Empty("epochs of followed modes"));
    };
    let mut y = value_axis("w_α", Scale::Log, followed.modes.iter().flat_map(|(_, values)| values));
    y.end *= HEADROOM;
    let (span, last) = (last.max(1.01 * first) / first, last.max(1.01 * first));
    let mut panel = Panel::new(Axis::log("epochs", first..last * span.powf(LABELS)), y.clone());
    for (_, values) in followed.modes {
        panel.line(followed.epochs, values, LineStyle::solid(Color::Black).width(0.8));
    }
    let ends: Vec<f64> =
        followed.modes.iter().map(|(_, values)| values.last().map_or(f64::NAN, |&w| y.fraction(w))).collect();
    let (value, time) = (|place: f64| y.start * (y.end / y.start).powf(place), |share: f64| last * span.powf(share));
    for (((rank, _), end), place) in followed.modes.iter().zip(&ends).zip(apart(&ends)) {
        let leader = LineStyle::solid(Color::Gray).width(0.5);
        panel.line(&[time(LEADERS.0), time(LEADERS.1)], &[value(*end), value(place)], leader);
        panel.text_from(time(LEADERS.1 + LEADERS.0), value(place), &rank.to_string());
    }
    Ok(panel)
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
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    #[test]
    fn spectra_data_and_inset_are_drawn() {
        let spectrum = |top: f64| -> Vec<f64> { (1..=400).map(|rank| 0.1 + top / f64::from(rank)).collect() };
        let (start, end) = (spectrum(0.4), spectrum(5.0));
        let data: Vec<f64> = (1..=784).map(|rank| 5.0 / f64::from(rank)).collect();
        let epochs: Vec<f64> = (0..30).map(|n| 0.01 * 1.3f64.powi(n)).collect();
        let modes: Vec<(usize, Vec<f64>)> = [1, 10, 400]
            .map(|rank: u32| (rank as usize, epochs.iter().map(|epoch| 0.1 + epoch.sqrt() / f64::from(rank)).collect()))
            .to_vec();
        let spectra = [
            RankSpectrum { name: "start", singular_values: &start, cutoff: None },
            RankSpectrum { name: "end", singular_values: &end, cutoff: Some(250) },
        ];
        let followed = FollowedModes { epochs: &epochs, modes: &modes };
        let figure = spectrum_log_log(&spectra, &data, 5, &followed).unwrap();
        assert_on_paper(&figure);
        let texts = svg_texts(&figure);
        for name in ["start", "end", "data", "cutoff", "epochs", "400"] {
            assert!(texts.iter().any(|text| text.contains(name)), "{name} is not in {texts:?}");
        }
        assert_eq!(apart(&[0.5, 0.49, 0.2]), [0.5, 0.39, 0.2]);
        let pushed = apart(&[0.99, f64::NAN, 0.0, 0.0]);
        assert!((pushed[0] - 0.945).abs() < 1e-12 && pushed[1].is_nan());
        assert!((pushed[2] - 0.165).abs() < 1e-12 && (pushed[3] - 0.055).abs() < 1e-12);
        assert!(spectrum_log_log(&[], &data, 5, &followed).is_err());
        let none = FollowedModes { epochs: &[], modes: &modes };
        assert!(spectrum_log_log(&spectra, &data, 5, &none).is_err());
    }
}
