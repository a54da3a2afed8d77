//! Theory against simulation: w_α(t) of both, and below it how far they are apart.

use super::learning::{UNRELIABLE, reliable_part};
use super::spectrum_time::value_axis;
use crate::plot::axis::{Axis, Scale};
use crate::plot::style::{Color, DOUBLE_COLUMN_MM, Dash, LineStyle, MarkerStyle, SINGLE_COLUMN_MM};
use crate::plot::{Figure, FigureError, LegendPosition, Panel, escape};

/// Maximum number of modes drawn: as many as there are markers.
const MOST_MODES: usize = 6;
/// Smallest distance between points of a simulation, as a share of the axis.
const APART: f64 = 1.0 / 36.0;
/// Room before the first and after the last time, as a share of a linear axis between them.
const MARGIN: f64 = 0.02;
/// Height of the residuals' frame over that of the curves.
const RESIDUALS_HEIGHT: f64 = 0.5;
/// Residuals beyond this are cut off.
const LARGEST_RESIDUAL: f64 = 0.5;
/// The axis of residuals is never narrower than this.
const SMALLEST_RANGE: f64 = 0.005;

/// Curves of one theory.
#[derive(Clone, Debug, PartialEq)]
pub struct TheoryCurves<'a> {
    /// Name for the legend.
    pub name: &'a str,
    /// `w[mode][k]` at the first times; as many as the theory reached.
    pub modes: &'a [Vec<f64>],
    /// Time from which on the curves are unreliable: there they are grey and dotted.
    pub unreliable_from: Option<f64>,
}

/// Curves of simulations, and theories beside them.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonFigure<'a> {
    /// Times, increasing.
    pub times: &'a [f64],
    /// Scale of the time axis; a logarithmic one starts at the first positive time.
    pub scale: Scale,
    /// Name of the simulations for the legend.
    pub simulation: &'a str,
    /// Means `w[mode][k]` of the simulations.
    pub mean: &'a [Vec<f64>],
    /// Standard errors of the means, in the same order.
    pub error: Option<&'a [Vec<f64>]>,
    /// Upper edge of the bulk at each time.
    pub bulk_edge: Option<&'a [f64]>,
    /// For each mode, the time from which on it counts, and from which its residuals are drawn; `None` if it never does.
    pub emerged: &'a [Option<f64>],
    /// The theories.
    pub theories: &'a [TheoryCurves<'a>],
}

/// w_α against t on a logarithmic axis of values: simulations as points with error bars, one line style per theory, the edge of
/// the bulk as a thin grey line. Below it, `theory/simulation − 1` of each mode from its emergence on, with a band of ± one
/// standard error of the simulations. As wide as a column; shows the first six modes, distinguished by their markers.
///
/// # Errors
/// If there are no times or modes, or lengths do not fit.
pub fn comparison(shown: &ComparisonFigure<'_>) -> Result<Figure, FigureError> {
    let (upper, lower) = panels(shown, 0)?;
    Ok(Figure::stacked(SINGLE_COLUMN_MM, upper, vec![(lower, RESIDUALS_HEIGHT)]))
}

/// Several comparisons side by side across both columns, lettered, each with its residuals below. Up to seven theories all have
/// different line styles.
///
/// # Errors
/// As [`comparison`]; if there are no comparisons.
pub fn comparisons(shown: &[ComparisonFigure<'_>]) -> Result<Figure, FigureError> {
    let (mut uppers, mut lowers, mut styles) = (Vec::new(), Vec::new(), 0);
    for one in shown {
        let (upper, lower) = panels(one, styles)?;
        uppers.push(upper);
        lowers.push(lower);
        styles += one.theories.len();
    }
    let columns = uppers.len();
    let ends = |pick: fn(&Panel) -> f64, of: fn(f64, f64) -> f64| uppers.iter().map(pick).reduce(of);
    if let (Some(start), Some(end)) = (ends(|panel| panel.y.start, f64::min), ends(|panel| panel.y.end, f64::max)) {
        uppers.iter_mut().for_each(|panel| (panel.y.start, panel.y.end) = (start, end));
    }
    uppers.extend(lowers);
    Ok(Figure::grid(DOUBLE_COLUMN_MM, 2, columns, uppers)?.share_x().row_heights(&[1.0, RESIDUALS_HEIGHT]))
}

/// Curves and residuals; theories take line styles from number `styles` on.
fn panels(shown: &ComparisonFigure<'_>, styles: usize) -> Result<(Panel, Panel), FigureError> {
    check(shown)?;
    let drawn = shown.mean.len().min(MOST_MODES);
    let axis = |label: &str| time_axis(label, shown.times, shown.scale);
    let curves = shown.mean[..drawn].iter().chain(shown.theories.iter().flat_map(|theory| &theory.modes[..drawn]));
    let mut y = value_axis("w_α", Scale::Log, shown.mean[..drawn].iter().flatten());
    // Theories may extend the frame of the simulations, by at most a factor of two.
    let highest = curves.flatten().copied().filter(|w| w.is_finite()).fold(0.0, f64::max);
    y.end = y.end.max((1.3 * highest).min(2.0 * y.end));
    let mut upper = Panel::new(axis("t"), y);
    if let Some(edge) = shown.bulk_edge {
        upper.line(shown.times, edge, edge_style()).label("bulk edge");
    }
    for (index, theory) in shown.theories.iter().enumerate() {
        for curve in &theory.modes[..drawn] {
            let times = &shown.times[..curve.len()];
            let (reliable, rest) = reliable_part(times, theory.unreliable_from);
            let style = theory_style(styles + index);
            upper.line(&times[reliable.clone()], &curve[reliable], style).label(&escape_name(theory.name));
            if !rest.is_empty() {
                upper.line(&times[rest.clone()], &curve[rest], UNRELIABLE).label("unreliable");
            }
        }
    }
    let chosen = spread(&upper.x, shown.times);
    let pick = |values: &[f64]| chosen.iter().map(|&k| values[k]).collect::<Vec<f64>>();
    for mode in 0..drawn {
        let (xs, ys) = (pick(shown.times), pick(&shown.mean[mode]));
        let name = if drawn == 1 { escape_name(shown.simulation) } else { format!("w_{{{}}}", mode + 1) };
        match shown.error {
            Some(errors) => upper.errorbars(&xs, &ys, &pick(&errors[mode]), marker(mode)).label(&name),
            None => upper.points(&xs, &ys, marker(mode)).label(&name),
        };
    }
    if drawn > 1 {
        upper.title(&format!("points: {}", escape_name(shown.simulation)));
    }
    upper.legend(LegendPosition::Below);
    let lower = residuals(shown, drawn, axis("t"), styles);
    Ok((upper, lower))
}

/// The panel of `theory/simulation − 1`, in per cent.
fn residuals(shown: &ComparisonFigure<'_>, drawn: usize, x: Axis, styles: usize) -> Panel {
    let mut series: Vec<(usize, usize, Vec<f64>, Vec<f64>)> = Vec::new();
    for (index, theory) in shown.theories.iter().enumerate() {
        for mode in 0..drawn {
            let from = shown.emerged[mode].unwrap_or(f64::INFINITY);
            let seen = (0..theory.modes[mode].len()).filter(|&k| shown.times[k] >= from);
            let points = seen.map(|k| (shown.times[k], 100.0 * (theory.modes[mode][k] / shown.mean[mode][k] - 1.0)));
            let (xs, ys) = points.unzip();
            series.push((styles + index, mode, xs, ys));
        }
    }
    let values = || series.iter().flat_map(|(_, _, _, ys)| ys).filter(|value| value.is_finite());
    let bounded = |value: f64| value.clamp(-100.0 * LARGEST_RESIDUAL, 100.0 * LARGEST_RESIDUAL);
    let low = values().map(|&value| bounded(value)).fold(-100.0 * SMALLEST_RANGE, f64::min);
    let high = values().map(|&value| bounded(value)).fold(100.0 * SMALLEST_RANGE, f64::max);
    let margin = 0.08 * (high - low);
    let mut panel = Panel::new(x, Axis::linear("theory/sim. − 1 (%)", low - margin..high + margin));
    for (mode, from) in shown.emerged.iter().enumerate().take(drawn) {
        let (Some(errors), Some(from)) = (shown.error, *from) else { continue };
        let seen: Vec<usize> = (0..shown.times.len()).filter(|&k| shown.times[k] >= from).collect();
        let xs: Vec<f64> = seen.iter().map(|&k| shown.times[k]).collect();
        let band: Vec<f64> = seen.iter().map(|&k| 100.0 * errors[mode][k] / shown.mean[mode][k]).collect();
        let below: Vec<f64> = band.iter().map(|error| -error).collect();
        panel.band(&xs, &below, &band, Color::Gray).label("simulation, ± 1 error");
    }
    panel.horizontal_line(0.0, LineStyle::new(Color::Gray, Dash::Solid).width(0.6));
    for (index, mode, xs, ys) in &series {
        let (reliable, rest) = reliable_part(xs, shown.theories[index - styles].unreliable_from);
        panel.line(&xs[reliable.clone()], &ys[reliable], theory_style(*index));
        panel.line(&xs[rest.clone()], &ys[rest], UNRELIABLE);
        // If several modes share a style, their markers distinguish them.
        if drawn > 1 && !xs.is_empty() {
            let chosen = spread_by(&panel.x, xs, 5.0 * APART);
            let pick = |values: &[f64]| chosen.iter().map(|&k| values[k]).collect::<Vec<f64>>();
            panel.points(&pick(xs), &pick(ys), MarkerStyle { color: theory_style(*index).color, ..marker(*mode) });
        }
    }
    panel.legend(LegendPosition::Below);
    panel
}

/// Dashes and colours of [`LineStyle::nth`]; the edge has its own style.
fn theory_style(index: usize) -> LineStyle {
    LineStyle::nth(index)
}

fn edge_style() -> LineStyle {
    LineStyle::new(Color::Gray, Dash::SparselyDotted).width(1.2)
}

fn marker(mode: usize) -> MarkerStyle {
    MarkerStyle { color: Color::Black, ..MarkerStyle::nth(mode) }.size(3.0)
}

/// A name is not markup: its letters stay upright.
fn escape_name(name: &str) -> String {
    escape(name)
}

fn time_axis(label: &str, times: &[f64], scale: Scale) -> Axis {
    let last = times.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let positive = times.iter().copied().filter(|time| *time > 0.0).fold(f64::INFINITY, f64::min);
    match scale {
        Scale::Log if positive < last => {
            let lost = times.iter().any(|time| *time <= 0.0);
            let label = if lost { format!("{label}  (start, t = 0, not shown)") } else { label.to_string() };
            Axis::log(&label, positive / 1.15..1.15 * last)
        }
        // Some room at either end, so that no point lies on the frame.
        _ => {
            let margin = MARGIN * (last - times[0]);
            Axis::linear(label, times[0] - margin..(last + margin).max(times[0] + f64::MIN_POSITIVE))
        }
    }
}

/// Indices of values that are far enough apart on the axis for points.
fn spread(axis: &Axis, values: &[f64]) -> Vec<usize> {
    spread_by(axis, values, APART)
}

fn spread_by(axis: &Axis, values: &[f64], apart: f64) -> Vec<usize> {
    let mut last = f64::NEG_INFINITY;
    let far = |&k: &usize| {
        let place = axis.fraction(values[k]);
        let taken = place >= last + apart;
        if taken {
            last = place;
        }
        taken
    };
    (0..values.len()).filter(far).collect()
}

fn check(shown: &ComparisonFigure<'_>) -> Result<(), FigureError> {
    let expect = |what: &'static str, expected: usize, found: usize| {
        if expected == found { Ok(()) } else { Err(FigureError::Length { what, expected, found }) }
    };
    if shown.times.is_empty() || shown.mean.is_empty() {
        return Err(FigureError::Empty("modes of a comparison"));
    }
    let (modes, times) = (shown.mean.len(), shown.times.len());
    expect("times of emergence", modes, shown.emerged.len())?;
    for table in [Some(shown.mean), shown.error].into_iter().flatten() {
        expect("modes of a simulation", modes, table.len())?;
        for curve in table {
            expect("values of a mode", times, curve.len())?;
        }
    }
    if let Some(edge) = shown.bulk_edge {
        expect("bulk edges", times, edge.len())?;
    }
    for theory in shown.theories {
        expect("modes of a theory", modes, theory.modes.len())?;
        for curve in theory.modes {
            expect("values of a theory's mode", times, curve.len().max(times))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    fn curve(times: &[f64], rate: f64) -> Vec<f64> {
        times.iter().map(|t| 0.1 * (rate * t).exp().min(12.0)).collect()
    }

    #[test]
    fn simulations_theories_and_edge_are_named() {
        let times: Vec<f64> = std::iter::once(0.0).chain((0..60).map(|k| 0.01 * 1.08f64.powi(k))).collect();
        let edge = vec![0.2; times.len()];
        for (modes, error) in [(1, true), (1, false), (3, true), (8, true)] {
            let mean: Vec<Vec<f64>> = (1..=modes).map(|mode| curve(&times, 20.0 / f64::from(mode))).collect();
            let errors: Vec<Vec<f64>> = mean.iter().map(|curve| curve.iter().map(|w| 0.02 * w).collect()).collect();
            let near: Vec<Vec<f64>> = (1..=modes).map(|mode| curve(&times, 20.3 / f64::from(mode))).collect();
            // One theory that ended early, one that never started.
            let early: Vec<Vec<f64>> = near.iter().map(|curve| curve[..20].to_vec()).collect();
            let none = vec![Vec::new(); modes as usize];
            let theories =
                [("population", &near), ("fixed-prior", &early), ("linear-ising", &none)].map(|(name, modes)| {
                    TheoryCurves { name, modes, unreliable_from: (name == "population").then_some(0.1) }
                });
            let emerged: Vec<Option<f64>> = (0..modes).map(|mode| (mode < 7).then_some(0.05)).collect();
            for scale in [Scale::Log, Scale::Linear] {
                let figure = comparison(&ComparisonFigure {
                    times: &times,
                    scale,
                    simulation: "PCD-10, mean of 4",
                    mean: &mean,
                    error: error.then_some(&errors),
                    bulk_edge: Some(&edge),
                    emerged: &emerged,
                    theories: &theories,
                })
                .unwrap();
                assert_on_paper(&figure);
                let texts = svg_texts(&figure).join("|");
                for name in ["population", "unreliable", "fixed-prior", "bulk edge", "PCD-10, mean of 4"] {
                    assert!(texts.contains(name), "{name} is not in {texts}");
                }
            }
        }
    }

    /// Two comparisons side by side are lettered, and their theories look different.
    #[test]
    fn comparisons_side_by_side_tell_theories_apart() {
        let times: Vec<f64> = (0..40).map(|k| 0.01 * f64::from(k)).collect();
        let mean = vec![curve(&times, 10.0)];
        let theories =
            |names: [&'static str; 3]| names.map(|name| TheoryCurves { name, modes: &mean, unreliable_from: None });
        let (left, right) = (theories(["a1", "a2", "a3"]), theories(["b1", "b2", "b3"]));
        let shown = |theories| ComparisonFigure {
            times: &times,
            scale: Scale::Linear,
            simulation: "PCD-10",
            mean: &mean,
            error: None,
            bulk_edge: None,
            emerged: &[Some(0.0)],
            theories,
        };
        let figure = comparisons(&[shown(&left), shown(&right)]).unwrap();
        assert_on_paper(&figure);
        let texts = svg_texts(&figure).join("|");
        for name in ["(a)", "(d)", "a1", "b3", "PCD-10"] {
            assert!(texts.contains(name), "{name} is not in {texts}");
        }
        assert!(comparisons(&[]).is_err());
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        let times = [0.0, 1.0];
        let (mean, theory) = (vec![vec![0.1, 0.2]], vec![vec![0.1, 0.2, 0.3]]);
        let shown = ComparisonFigure {
            times: &times,
            scale: Scale::Linear,
            simulation: "",
            mean: &mean,
            error: None,
            bulk_edge: None,
            emerged: &[None],
            theories: &[TheoryCurves { name: "a", modes: &theory, unreliable_from: None }],
        };
        assert!(comparison(&shown).is_err());
        assert!(comparison(&ComparisonFigure { theories: &[], ..shown.clone() }).is_ok());
        assert!(comparison(&ComparisonFigure { theories: &[], times: &times[..1], ..shown.clone() }).is_err());
        assert!(comparison(&ComparisonFigure { theories: &[], emerged: &[], ..shown.clone() }).is_err());
        assert!(comparison(&ComparisonFigure { theories: &[], mean: &[], ..shown }).is_err());
    }
}
