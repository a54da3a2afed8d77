//! Theory against simulation: w_α(t) of both, and below it how far they are apart.

use super::learning::{UNRELIABLE, reliable_part};
use super::spectrum_time::value_axis;
use crate::plot::axis::{Axis, Scale};
use crate::plot::style::{Color, DOUBLE_COLUMN_MM, Dash, LineStyle, MarkerStyle, SINGLE_COLUMN_MM};
use crate::plot::{Figure, FigureError, LegendPosition, Panel, escape};
use crate::study::compare::{Curves, Theory};

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

impl<'a> TheoryCurves<'a> {
    /// The curves of a theory.
    pub fn of(theory: &'a Theory) -> Self {
        let unreliable_from = theory.unreliable().map(|found| found.from);
        Self { name: &theory.name, modes: &theory.followed.values, unreliable_from }
    }
}

/// Curves of simulations, and theories beside them.
#[derive(Clone, Copy, Debug)]
pub struct ComparisonFigure<'a> {
    /// The simulations. A mode counts from its emergence on, and its residuals are drawn from there.
    pub curves: &'a Curves,
    /// Name of the simulations for the legend.
    pub simulation: &'a str,
    /// The theories.
    pub theories: &'a [TheoryCurves<'a>],
    /// Scale of the time axis; a logarithmic one starts at the first positive time.
    pub scale: Scale,
}

/// w_α against t on a logarithmic axis of values: simulations as points with error bars, one line style per theory, the edge of
/// the bulk as a thin grey line. Below it, `theory/simulation − 1` of each mode from its emergence on, with a band of ± one
/// standard error of the simulations. As wide as a column; shows the first six modes, distinguished by their markers.
pub fn comparison(shown: &ComparisonFigure<'_>) -> Figure {
    let (upper, lower) = panels(shown, 0);
    Figure::stacked(SINGLE_COLUMN_MM, upper, vec![(lower, RESIDUALS_HEIGHT)])
}

/// Several comparisons side by side across both columns, lettered, each with its residuals below. Up to seven theories all have
/// different line styles.
///
/// # Errors
/// If there are no comparisons.
pub fn comparisons(shown: &[ComparisonFigure<'_>]) -> Result<Figure, FigureError> {
    let (mut uppers, mut lowers, mut styles) = (Vec::new(), Vec::new(), 0);
    for one in shown {
        let (upper, lower) = panels(one, styles);
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
fn panels(shown: &ComparisonFigure<'_>, styles: usize) -> (Panel, Panel) {
    let Curves { times, mean, error, bulk_edge, .. } = shown.curves;
    let drawn = mean.len().min(MOST_MODES);
    let axis = |label: &str| time_axis(label, times, shown.scale);
    let curves = mean[..drawn].iter().chain(shown.theories.iter().flat_map(|theory| &theory.modes[..drawn]));
    let mut y = value_axis("w_α", mean[..drawn].iter().flatten());
    // Theories may extend the frame of the simulations, by at most a factor of two.
    let highest = curves.flatten().copied().filter(|w| w.is_finite()).fold(0.0, f64::max);
    y.end = y.end.max((1.3 * highest).min(2.0 * y.end));
    let mut upper = Panel::new(axis("t"), y);
    if let Some(edge) = bulk_edge {
        upper.line(times, edge, edge_style()).label("bulk edge");
    }
    for (index, theory) in shown.theories.iter().enumerate() {
        for curve in &theory.modes[..drawn] {
            let times = &times[..curve.len()];
            let (reliable, rest) = reliable_part(times, theory.unreliable_from);
            let style = LineStyle::nth(styles + index);
            upper.line(&times[reliable.clone()], &curve[reliable], style).label(&escape(theory.name));
            if !rest.is_empty() {
                upper.line(&times[rest.clone()], &curve[rest], UNRELIABLE).label("unreliable");
            }
        }
    }
    let chosen = spread(&upper.x, times, APART);
    let pick = |values: &[f64]| chosen.iter().map(|&k| values[k]).collect::<Vec<f64>>();
    for mode in 0..drawn {
        let (xs, ys) = (pick(times), pick(&mean[mode]));
        let name = if drawn == 1 { escape(shown.simulation) } else { format!("w_{{{}}}", mode + 1) };
        match error {
            Some(errors) => upper.errorbars(&xs, &ys, &pick(&errors[mode]), marker(mode)).label(&name),
            None => upper.points(&xs, &ys, marker(mode)).label(&name),
        };
    }
    if drawn > 1 {
        upper.title(&format!("points: {}", escape(shown.simulation)));
    }
    upper.legend(LegendPosition::Below);
    let lower = residuals(shown, drawn, axis("t"), styles);
    (upper, lower)
}

/// The panel of `theory/simulation − 1`, in per cent.
fn residuals(shown: &ComparisonFigure<'_>, drawn: usize, x: Axis, styles: usize) -> Panel {
    let (Curves { times, mean, error, .. }, emerged) = (shown.curves, shown.curves.emergence_times());
    let mut series: Vec<(usize, usize, Vec<f64>, Vec<f64>)> = Vec::new();
    for (index, theory) in shown.theories.iter().enumerate() {
        for mode in 0..drawn {
            let from = emerged[mode].unwrap_or(f64::INFINITY);
            let seen = (0..theory.modes[mode].len()).filter(|&k| times[k] >= from);
            let points = seen.map(|k| (times[k], 100.0 * (theory.modes[mode][k] / mean[mode][k] - 1.0)));
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
    for (mode, from) in emerged.iter().enumerate().take(drawn) {
        let (Some(errors), Some(from)) = (error, *from) else { continue };
        let seen: Vec<usize> = (0..times.len()).filter(|&k| times[k] >= from).collect();
        let xs: Vec<f64> = seen.iter().map(|&k| times[k]).collect();
        let band: Vec<f64> = seen.iter().map(|&k| 100.0 * errors[mode][k] / mean[mode][k]).collect();
        let below: Vec<f64> = band.iter().map(|error| -error).collect();
        panel.band(&xs, &below, &band, Color::Gray).label("simulation, ± 1 error");
    }
    panel.horizontal_line(0.0, LineStyle::new(Color::Gray, Dash::Solid).width(0.6));
    for (index, mode, xs, ys) in &series {
        let (reliable, rest) = reliable_part(xs, shown.theories[index - styles].unreliable_from);
        panel.line(&xs[reliable.clone()], &ys[reliable], LineStyle::nth(*index));
        panel.line(&xs[rest.clone()], &ys[rest], UNRELIABLE);
        // If several modes share a style, their markers distinguish them.
        if drawn > 1 && !xs.is_empty() {
            let chosen = spread(&panel.x, xs, 5.0 * APART);
            let pick = |values: &[f64]| chosen.iter().map(|&k| values[k]).collect::<Vec<f64>>();
            panel.points(&pick(xs), &pick(ys), MarkerStyle { color: LineStyle::nth(*index).color, ..marker(*mode) });
        }
    }
    panel.legend(LegendPosition::Below);
    panel
}

fn edge_style() -> LineStyle {
    LineStyle::new(Color::Gray, Dash::SparselyDotted).width(1.2)
}

fn marker(mode: usize) -> MarkerStyle {
    MarkerStyle { color: Color::Black, ..MarkerStyle::nth(mode) }.size(3.0)
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

/// Indices of values that are this far apart on the axis.
fn spread(axis: &Axis, values: &[f64], apart: f64) -> Vec<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    fn curves(times: &[f64], mean: &[Vec<f64>], error: Option<f64>, edge: Option<f64>) -> Curves {
        let errors = |share: f64| mean.iter().map(|curve| curve.iter().map(|w| share * w).collect()).collect();
        let unknown = vec![f64::NAN; times.len()];
        Curves {
            times: times.to_vec(),
            runs: vec![mean.to_vec()],
            mean: mean.to_vec(),
            error: error.map(errors),
            bulk_edge: edge.map(|edge| vec![edge; times.len()]),
            outliers: unknown.clone(),
            above_bulk: unknown,
        }
    }

    fn curve(times: &[f64], rate: f64) -> Vec<f64> {
        times.iter().map(|t| 0.1 * (rate * t).exp().min(12.0)).collect()
    }

    #[test]
    fn simulations_theories_and_edge_are_named() {
        let times: Vec<f64> = std::iter::once(0.0).chain((0..60).map(|k| 0.01 * 1.08f64.powi(k))).collect();
        for (modes, error) in [(1, true), (1, false), (3, true), (8, true)] {
            let mean: Vec<Vec<f64>> = (1..=modes).map(|mode| curve(&times, 20.0 / f64::from(mode))).collect();
            let near: Vec<Vec<f64>> = (1..=modes).map(|mode| curve(&times, 20.3 / f64::from(mode))).collect();
            // One theory that ended early, one that never started.
            let early: Vec<Vec<f64>> = near.iter().map(|curve| curve[..20].to_vec()).collect();
            let none = vec![Vec::new(); modes as usize];
            let theories =
                [("population", &near), ("fixed-prior", &early), ("linear-ising", &none)].map(|(name, modes)| {
                    TheoryCurves { name, modes, unreliable_from: (name == "population").then_some(0.1) }
                });
            let curves = curves(&times, &mean, error.then_some(0.02), Some(0.2));
            for scale in [Scale::Log, Scale::Linear] {
                let (curves, simulation) = (&curves, "PCD-10, mean of 4");
                let figure = comparison(&ComparisonFigure { curves, simulation, theories: &theories, scale });
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
        let curves = curves(&times, &mean, None, None);
        let shown =
            |theories| ComparisonFigure { curves: &curves, simulation: "PCD-10", theories, scale: Scale::Linear };
        let figure = comparisons(&[shown(&left), shown(&right)]).unwrap();
        assert_on_paper(&figure);
        let texts = svg_texts(&figure).join("|");
        for name in ["(a)", "(d)", "a1", "b3", "PCD-10"] {
            assert!(texts.contains(name), "{name} is not in {texts}");
        }
        assert!(comparisons(&[]).is_err());
    }
}
