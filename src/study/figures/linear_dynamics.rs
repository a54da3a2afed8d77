//! A linear machine that learns: w_α against time with the closed form, the likelihood below it, overlaps with the data in
//! an inset.

use super::spectrum_time::{LEADING, OTHERS, leading_style, value_axis};
use crate::plot::axis::{Axis, Scale};
use crate::plot::panel::Corner;
use crate::plot::style::{Color, LineStyle, SINGLE_COLUMN_MM};
use crate::plot::{Dash, Figure, FigureError, LegendPosition, Panel};

/// Height of the likelihood's frame over that of the modes.
const LOWER: f64 = 0.62;
/// Times below this share of the first emergence are not drawn: nothing happens there.
const BEFORE: f64 = 0.01;
/// Width and height of the inset, as shares of the frame.
const INSET: (f64, f64) = (0.5, 0.76);

/// What is drawn of a linear machine.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearCourse<'a> {
    /// Times, increasing.
    pub times: &'a [f64],
    /// Singular values, decreasing, at each time.
    pub spectra: &'a [Vec<f64>],
    /// Closed form of the planted modes at each time.
    pub theory: &'a [Vec<f64>],
    /// `|u^α·d_α|` of the planted modes at each time.
    pub overlaps: &'a [Vec<f64>],
    /// Gain of the log-likelihood since the start, at each time.
    pub gain: &'a [f64],
    /// Times at which planted modes emerge, if they do.
    pub emerged: &'a [Option<f64>],
}

/// w_α against t, both logarithmic, with the closed form of the planted modes; below it the likelihood gained, and the
/// overlaps in an inset. Thin vertical lines mark the times of emergence. As wide as a column.
///
/// # Errors
/// If there are no records or planted modes, or lengths do not fit.
pub fn linear_dynamics(course: &LinearCourse<'_>) -> Result<Figure, FigureError> {
    let planted = check(course)?;
    let end = course.times[course.times.len() - 1];
    let first = course.times.iter().copied().find(|&t| t > 0.0).unwrap_or(0.5 * end);
    let emerged = || course.emerged.iter().flatten().copied();
    let start = emerged().fold(f64::INFINITY, f64::min) * BEFORE;
    let time = |label| Axis::log(label, if start.is_finite() { start.max(first) } else { first }..end);
    let mut y = value_axis("w_α", Scale::Log, course.spectra.iter().flatten());
    let middle = course.spectra[0][course.spectra[0].len() / 2];
    y.start = y.start.max(0.02 * middle);
    let mut upper = Panel::new(time("t"), y);
    for at in emerged() {
        upper.vertical_line(at, LineStyle::new(Color::Gray, Dash::Dotted).width(0.5));
    }
    let column = |values: &[Vec<f64>], index: usize| values.iter().map(|row| row[index]).collect::<Vec<f64>>();
    for index in planted..course.spectra[0].len() {
        upper.line(course.times, &column(course.spectra, index), OTHERS).label("others");
    }
    for index in 0..planted {
        let name = format!("w_{{{}}}", index + 1);
        upper.line(course.times, &column(course.spectra, index), style(index)).label(&name);
    }
    for index in 0..planted {
        let closed = column(course.theory, index);
        upper.line(course.times, &closed, LineStyle::new(Color::Black, Dash::Dotted).width(0.9)).label("closed form");
    }
    upper.legend(LegendPosition::Below);
    let gain = course.gain.iter().copied().filter(|gain| gain.is_finite()).fold(0.0, f64::max);
    let mut lower = Panel::new(time("t"), Axis::linear("gain of ⟨ln p⟩", -0.05 * gain..1.08 * gain.max(1e-12)));
    for at in emerged() {
        lower.vertical_line(at, LineStyle::new(Color::Gray, Dash::Dotted).width(0.5)).label("w_α at half its end");
    }
    lower.line(course.times, course.gain, LineStyle::solid(Color::Black).width(1.2));
    let mut inner = Panel::new(time("t"), Axis::linear("|u^α ⋅ d^α|", 0.0..1.05));
    for index in 0..planted {
        inner.line(course.times, &column(course.overlaps, index), style(index));
    }
    // In the corner where nothing is learnt yet.
    lower.inset(inner, Corner::UpperLeft, INSET);
    lower.legend(LegendPosition::Below);
    Ok(Figure::stacked(SINGLE_COLUMN_MM, upper, vec![(lower, LOWER)]).aspect(0.85).letters(true))
}

/// Styles of the planted modes; thin beyond those that can be distinguished.
fn style(index: usize) -> LineStyle {
    if index < LEADING { leading_style(index) } else { OTHERS }
}

/// The number of planted modes, if all lengths fit.
fn check(course: &LinearCourse<'_>) -> Result<usize, FigureError> {
    let records = course.times.len();
    let planted = course.theory.first().map_or(0, Vec::len);
    if planted == 0 || records == 0 {
        return Err(FigureError::Empty("modes of a linear machine"));
    }
    for (what, found) in [
        ("spectra of a linear machine", course.spectra.len()),
        ("closed forms of a linear machine", course.theory.len()),
        ("overlaps of a linear machine", course.overlaps.len()),
        ("likelihoods of a linear machine", course.gain.len()),
    ] {
        if found != records {
            return Err(FigureError::Length { what, expected: records, found });
        }
    }
    let modes = course.spectra[0].len();
    for (what, rows, expected) in [
        ("singular values of a record", course.spectra, modes),
        ("closed forms of a record", course.theory, planted),
        ("overlaps of a record", course.overlaps, planted),
    ] {
        if let Some(row) = rows.iter().find(|row| row.len() != expected) {
            return Err(FigureError::Length { what, expected, found: row.len() });
        }
    }
    if modes < planted {
        return Err(FigureError::Length { what: "singular values of a record", expected: planted, found: modes });
    }
    Ok(planted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    #[test]
    fn modes_closed_form_inset_and_likelihood_are_drawn() {
        let times: Vec<f64> = std::iter::once(0.0).chain((0..60).map(|n| 0.01 * 1.12f64.powi(n))).collect();
        let growth = |t: f64, rate: f64| 0.9 / (1.0 + 90.0 * (-rate * t).exp());
        let rows = |modes: usize| -> Vec<Vec<f64>> {
            times.iter().map(|&t| (0..modes).map(|k| growth(t, 8.0 / (k + 1) as f64)).collect()).collect()
        };
        let (spectra, theory) = (rows(9), rows(3));
        let gain: Vec<f64> = times.iter().map(|t| t.tanh()).collect();
        let course = LinearCourse {
            times: &times,
            spectra: &spectra,
            theory: &theory,
            overlaps: &theory,
            gain: &gain,
            emerged: &[Some(0.5), Some(1.2), None],
        };
        let figure = linear_dynamics(&course).unwrap();
        assert_on_paper(&figure);
        let texts = svg_texts(&figure);
        for name in ["closed form", "others", "(a)", "(b)"] {
            assert!(texts.iter().any(|text| text == name), "{name} is not in {texts:?}");
        }
        let short = LinearCourse { gain: &gain[1..], ..course.clone() };
        assert!(matches!(linear_dynamics(&short), Err(FigureError::Length { .. })));
        let empty = LinearCourse { theory: &[], ..course };
        assert!(matches!(linear_dynamics(&empty), Err(FigureError::Empty(_))));
    }
}
