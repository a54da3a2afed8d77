//! The cost of averages: Fourier integrals against tensor products of Gauss rules.

use super::made::Made;
use super::phase_diagrams::title;
use super::studio::Studio;
use crate::Prior;
use crate::io::Table;
use crate::io::number::exact;
use crate::plot::style::{Color, DOUBLE_COLUMN_MM, Dash, LineStyle, Marker, MarkerStyle};
use crate::plot::{Axis, Figure, LegendPosition, Panel, Scale, escape};
use crate::study::error::Result;
use crate::theory::average::study::{Cost, StudiedField, fourier, hermite, reference};

/// Name of the figure and of its files.
pub(super) const NAME: &str = "averages";
/// Noise of the field.
const NOISE: f64 = 0.5;
/// Field strengths of one, two and three modes.
const COEFFICIENTS: [f64; 3] = [1.5, 1.2, 0.9];
/// Columns of the table of errors.
const ERROR_COLUMNS: [&str; 6] = ["prior", "modes", "method", "setting", "nodes", "error"];
/// Columns of the table of times. Times have files of their own, since only they differ between runs.
const TIME_COLUMNS: [&str; 5] = ["prior", "modes", "method", "setting", "seconds"];

/// Accuracy against nodes and, in figures and tables of their own, against time, under the four laws and with one, two
/// and three modes. Times are measured on this machine.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let quick = studio.quick;
    let tolerances: Vec<f64> =
        (1..=studio.choose(8, 16)).map(|n| if quick { 2 * n } else { n }).map(|digits| 10f64.powi(-digits)).collect();
    let (mut panels, mut rows, mut times, mut done) = (Vec::new(), Vec::new(), Vec::new(), 0.0);
    for modes in 1..=COEFFICIENTS.len() {
        let mut curves = Vec::new();
        for prior in Prior::NAMED {
            let problem =
                StudiedField { prior: prior.clone(), coefficients: COEFFICIENTS[..modes].to_vec(), noise: NOISE };
            let right = reference(&problem)?;
            let fourier = fourier(&problem, &right, &tolerances)?;
            let gauss = hermite(&problem, &right, &sizes(&prior, modes, studio.choose(300_000, 3_000_000)))?;
            for (method, costs) in [("fourier", &fourier), ("gauss", &gauss)] {
                let named = [prior.name().to_owned(), modes.to_string(), method.to_owned()];
                rows.extend(costs.iter().map(|cost| [&named[..], &errors(cost)].concat()));
                times.extend(costs.iter().map(|cost| [&named[..], &[cost.setting, cost.seconds].map(exact)].concat()));
            }
            curves.push(CostCurves { prior: title(&prior), fourier, gauss });
            done += 1.0 / (COEFFICIENTS.len() * Prior::NAMED.len()) as f64;
            (studio.progress)(NAME, done);
        }
        let title = ["one mode", "two modes", "three modes"][modes - 1].to_owned();
        panels.push(CostPanel { title, curves });
    }
    let mut made = Made::default();
    made.draw(NAME, against("nodes", |cost| cost.nodes as f64, &panels)?);
    made.table(NAME, Table::new(ERROR_COLUMNS, rows));
    let untimed = made.files.len();
    made.draw("averages-times", against("time (\\µ\\s)", |cost| 1e6 * cost.seconds, &panels)?);
    made.table("averages-times", Table::new(TIME_COLUMNS, times));
    made.files[untimed..].iter_mut().for_each(|file| file.timed = true);
    Ok(made)
}

/// Numbers of nodes per dimension whose tensor product does not have too many points.
fn sizes(prior: &Prior, modes: usize, most: usize) -> Vec<usize> {
    const SIZES: [usize; 14] = [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 200];
    let points = |n: usize| match prior {
        Prior::Gaussian => n,
        Prior::Bernoulli => n << modes,
        Prior::Uniform => n.pow(modes as u32 + 1),
        _ => n * (2 * n).pow(modes as u32),
    };
    SIZES.into_iter().filter(|&n| points(n) <= most).collect()
}

fn errors(cost: &Cost) -> [String; 3] {
    [exact(cost.setting), cost.nodes.to_string(), exact(cost.error)]
}

/// Errors below this are rounding, and are drawn here.
const ROUNDING: f64 = 1e-17;
/// Upper end of the axis of errors.
const LARGEST_ERROR: f64 = 10.0;
/// Colours of the laws, in the order of the panels.
const COLORS: [Color; 4] = [Color::Black, Color::Vermillion, Color::Blue, Color::BluishGreen];
/// Markers of the laws for the Fourier rule.
const FILLED: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];
/// Markers of the laws for the tensor of Gauss rules.
const OPEN: [Marker; 4] = [Marker::OpenCircle, Marker::OpenSquare, Marker::OpenTriangle, Marker::OpenDiamond];

/// Costs under one law.
#[derive(Clone)]
struct CostCurves {
    /// Name of the law.
    prior: String,
    /// Fourier averages at several tolerances.
    fourier: Vec<Cost>,
    /// Gauss rules of several sizes.
    gauss: Vec<Cost>,
}

/// Costs of one problem under several laws.
struct CostPanel {
    /// Title (marked-up).
    title: String,
    /// A pair of curves for each law, at most four.
    curves: Vec<CostCurves>,
}

/// Errors against one measure of cost, one panel per problem, across both columns: Fourier averages as filled markers on solid
/// lines, Gauss rules as open markers on dashed lines; laws differ in marker and colour.
fn against(label: &str, of: fn(&Cost) -> f64, problems: &[CostPanel]) -> Result<Figure> {
    let panels = problems.iter().map(|problem| panel(problems, problem, label, of)).collect();
    Ok(Figure::grid(DOUBLE_COLUMN_MM, 1, problems.len(), panels)?.share_y().aspect(0.85))
}

/// Errors against one measure of cost, on the axes that all problems share.
fn panel(all: &[CostPanel], problem: &CostPanel, label: &str, of: fn(&Cost) -> f64) -> Panel {
    let costs = |problem: &CostPanel| -> Vec<f64> {
        problem.curves.iter().flat_map(|curves| curves.fourier.iter().chain(&curves.gauss)).map(of).collect()
    };
    let values: Vec<f64> = all.iter().flat_map(costs).collect();
    let x = Axis::around(label, Scale::Log, &values);
    let mut panel = Panel::new(x, Axis::log("largest error", ROUNDING / 2.0..LARGEST_ERROR));
    panel.legend(LegendPosition::Below);
    panel.title(&problem.title);
    for (index, curves) in problem.curves.iter().enumerate() {
        let color = COLORS[index];
        let drawn = [
            ("Fourier", &curves.fourier, Dash::Solid, FILLED[index]),
            ("Gauss rule", &curves.gauss, Dash::ShortDashed, OPEN[index]),
        ];
        for (method, costs, dash, marker) in drawn {
            let xs: Vec<f64> = costs.iter().map(of).collect();
            let ys: Vec<f64> = costs.iter().map(|cost| cost.error.max(ROUNDING)).collect();
            let label = format!("{method}, {}", escape(&curves.prior));
            panel.line(&xs, &ys, LineStyle::new(color, dash).width(0.8)).label(&label);
            panel.points(&xs, &ys, MarkerStyle::new(marker, color).size(3.2)).label(&label);
        }
    }
    panel
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::sheet::{assert_on_paper, svg_texts};

    #[test]
    fn every_law_and_method_is_named_and_all_stays_on_paper() {
        let costs = |factor: f64| -> Vec<Cost> {
            let cost = |n: i32| Cost {
                setting: f64::from(n),
                nodes: 4 << n,
                error: (factor * f64::from(-n)).exp() * f64::from(n < 9),
                seconds: 1e-7 * f64::from(4 << n),
            };
            (0..12).map(cost).collect()
        };
        let curves: Vec<CostCurves> = ["gaussian", "uniform", "bernoulli", "laplace"]
            .map(|prior| CostCurves { prior: prior.to_owned(), fourier: costs(2.0), gauss: costs(0.5) })
            .into();
        let problem = |title: &str| CostPanel { title: title.to_owned(), curves: curves.clone() };
        let problems = [problem("one mode"), problem("two modes")];
        let figures =
            [against("nodes", |cost| cost.nodes as f64, &problems), against("time", |cost| cost.seconds, &problems)];
        for (figure, axis) in figures.into_iter().zip(["nodes", "time"]) {
            let figure = figure.unwrap();
            assert_on_paper(&figure);
            let texts = svg_texts(&figure).join("|");
            for name in ["Fourier, gaussian", "Gauss rule, laplace", "one mode", "(b)", axis] {
                assert!(texts.contains(name), "{name} is not in {texts}");
            }
        }
    }
}
