//! Cost and accuracy of averages: error against the number of nodes, or against time.

use crate::plot::style::{Color, DOUBLE_COLUMN_MM, Dash, LineStyle, Marker, MarkerStyle};
use crate::plot::{Axis, Figure, FigureError, LegendPosition, Panel, Scale, escape};
use crate::theory::average::study::Cost;

/// Errors below this are rounding, and are drawn here.
const ROUNDING: f64 = 1e-17;
/// Upper end of the axis of errors.
const LARGEST: f64 = 10.0;
/// Colours of the laws, in the order of the panels.
const COLORS: [Color; 4] = [Color::Black, Color::Vermillion, Color::Blue, Color::BluishGreen];
/// Markers of the laws for the Fourier rule.
const FILLED: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];
/// Markers of the laws for the tensor of Gauss rules.
const OPEN: [Marker; 4] = [Marker::OpenCircle, Marker::OpenSquare, Marker::OpenTriangle, Marker::OpenDiamond];

/// Costs under one law.
#[derive(Clone, Debug, PartialEq)]
pub struct CostCurves {
    /// Name of the law.
    pub prior: String,
    /// Fourier averages at several tolerances.
    pub fourier: Vec<Cost>,
    /// Gauss rules of several sizes.
    pub gauss: Vec<Cost>,
}

/// Costs of one problem under several laws.
#[derive(Clone, Debug, PartialEq)]
pub struct CostPanel {
    /// Title (marked-up).
    pub title: String,
    /// A pair of curves for each law, at most four.
    pub curves: Vec<CostCurves>,
}

/// Errors against nodes, one panel per problem, across both columns: Fourier averages as filled markers on solid lines, Gauss
/// rules as open markers on dashed lines; laws differ in marker and colour.
///
/// # Errors
/// If there are no problems, or more than four laws.
pub fn average_costs(problems: &[CostPanel]) -> Result<Figure, FigureError> {
    row(problems, "nodes", |cost| cost.nodes as f64)
}

/// Errors against measured times, drawn as in [`average_costs`].
///
/// # Errors
/// If there are no problems, or more than four laws.
pub fn average_times(problems: &[CostPanel]) -> Result<Figure, FigureError> {
    row(problems, "time (\\µ\\s)", |cost| 1e6 * cost.seconds)
}

/// One panel per problem.
fn row(problems: &[CostPanel], label: &str, of: fn(&Cost) -> f64) -> Result<Figure, FigureError> {
    if problems.is_empty() {
        return Err(FigureError::Empty("problems"));
    }
    let most = problems.iter().map(|problem| problem.curves.len()).max().unwrap_or_default();
    if most > COLORS.len() {
        return Err(FigureError::Length { what: "laws of a figure of costs", expected: COLORS.len(), found: most });
    }
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
    let mut panel = Panel::new(x, Axis::log("largest error", ROUNDING / 2.0..LARGEST));
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
        for (figure, axis) in [(average_costs(&problems), "nodes"), (average_times(&problems), "time (µs)")] {
            let figure = figure.unwrap();
            assert_on_paper(&figure);
            let texts = svg_texts(&figure).join("|");
            for name in ["Fourier, gaussian", "Gauss rule, laplace", "one mode", "(b)", axis] {
                assert!(texts.contains(name), "{name} is not in {texts}");
            }
        }
        assert!(average_costs(&[]).is_err());
        let many = CostPanel { title: String::new(), curves: [curves.clone(), curves.clone()].concat() };
        assert!(average_costs(&[many]).is_err());
    }
}
