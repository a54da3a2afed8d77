//! Phase diagrams: the map of phases in light fills, the boundaries between them as curves.

use super::phase_style::{UNKNOWN, categories, category, curve_style};
use crate::plot::style::{Color, LineStyle, Marker, MarkerStyle};
use crate::plot::{Axis, Figure, FigureError, LegendPosition, Panel, Scale};
use crate::theory::phase::{Boundary, Curve, PhaseDiagram, PointStatus};

/// A point of a limit of stability lies on another curve if it is this near.
const COINCIDENCE: f64 = 1e-6;
/// Width in pt of the white track under boundaries between fills: it hides the steps of the cells between dashes.
const CASING_WIDTH: f64 = 2.0;

/// A phase diagram as wide as a column: phases in the plane of `1/σ` and `w_max/σ`.
///
/// Cells whose state is unknown are hatched. Points of a boundary that did not converge, or where
/// the transition jumps, break its curve and are drawn as open markers.
///
/// # Errors
/// If the grid has fewer than two nodes per side, or if its points do not fill it.
pub fn phase_diagram(diagram: &PhaseDiagram) -> Result<Figure, FigureError> {
    Ok(Figure::single_column(panel(diagram, Scale::Linear)?).aspect(0.9))
}

/// The panel of a phase diagram, on linear or logarithmic axes.
pub(in crate::study) fn panel(diagram: &PhaseDiagram, scale: Scale) -> Result<Panel, FigureError> {
    let (xs, ys) = (&diagram.inv_sigma, &diagram.w_over_sigma);
    let mut panel = Panel::new(axis("1/σ", scale, xs)?, axis("w_{max}/σ", scale, ys)?);
    panel.legend(LegendPosition::Below);
    let map: Vec<usize> = diagram.points.iter().map(|point| category(point.phase)).collect();
    panel.category_map(xs, ys, &map, &categories());
    draw_boundaries(&mut panel, diagram);
    Ok(panel)
}

/// Draws the boundaries of a diagram over its map.
pub(in crate::study) fn draw_boundaries(panel: &mut Panel, diagram: &PhaseDiagram) {
    for boundary in diagram.boundaries.iter().filter(|b| is_main(b.curve)) {
        let (xs, ys) = converged_points(boundary);
        panel.line(&xs, &ys, LineStyle::solid(Color::White).width(CASING_WIDTH));
    }
    let mut drawn: Vec<Segment> = Vec::new();
    for boundary in &diagram.boundaries {
        draw_curve(panel, boundary, &drawn);
        drawn.extend(segments(boundary));
    }
    for boundary in &diagram.boundaries {
        mark_open_points(panel, boundary);
    }
}

/// An axis from the first to the last node.
pub(in crate::study) fn axis(label: &str, scale: Scale, nodes: &[f64]) -> Result<Axis, FigureError> {
    match (nodes.first(), nodes.last()) {
        (Some(&first), Some(&last)) => Ok(Axis::new(label, scale, first..last)),
        _ => Err(FigureError::Nodes("a phase diagram without points")),
    }
}

/// Draws the converged part of a boundary; of a limit of stability, only the part that no curve `drawn` before covers.
fn draw_curve(panel: &mut Panel, boundary: &Boundary, drawn: &[Segment]) {
    let (label, style) = curve_style(boundary.curve);
    let covered = |point: (f64, f64)| drawn.iter().any(|segment| distance(segment, point) < COINCIDENCE);
    let (xs, mut ys) = converged_points(boundary);
    if !is_main(boundary.curve) {
        for (&x, y) in xs.iter().zip(&mut ys) {
            if covered((x, *y)) {
                *y = f64::NAN;
            }
        }
    }
    if ys.iter().any(|y| y.is_finite()) {
        panel.line(&xs, &ys, style).label(&label);
    }
}

/// Marks the points of a boundary that did not converge, or where the transition jumps.
fn mark_open_points(panel: &mut Panel, boundary: &Boundary) {
    let color = curve_style(boundary.curve).1.color;
    for (status, marker, name) in [
        (PointStatus::Jump, Marker::OpenDiamond, "discontinuous"),
        (PointStatus::Unconverged, Marker::OpenCircle, UNKNOWN),
    ] {
        let points = boundary.points.iter().filter(|point| point.status == status);
        let (xs, ys): (Vec<f64>, Vec<f64>) = points.map(|point| (point.inv_sigma, point.w_over_sigma)).unzip();
        if !xs.is_empty() {
            let marker = MarkerStyle::new(marker, color).size(2.8);
            panel.points(&xs, &ys, marker).label(name);
        }
    }
}

/// The points of a boundary, those that did not converge as NaN.
fn converged_points(boundary: &Boundary) -> (Vec<f64>, Vec<f64>) {
    boundary
        .points
        .iter()
        .map(|point| {
            let known = matches!(point.status, PointStatus::Converged | PointStatus::ClosedForm);
            (point.inv_sigma, if known { point.w_over_sigma } else { f64::NAN })
        })
        .unzip()
}

/// Whether a curve separates phases.
fn is_main(curve: Curve) -> bool {
    !matches!(curve, Curve::Metastable(_) | Curve::Mixture(_))
}

/// Two ends of a piece of a boundary.
type Segment = ((f64, f64), (f64, f64));

/// The straight pieces of a boundary.
fn segments(boundary: &Boundary) -> impl Iterator<Item = Segment> {
    boundary.points.windows(2).map(|pair| {
        let ends = [&pair[0], &pair[1]].map(|point| (point.inv_sigma, point.w_over_sigma));
        (ends[0], ends[1])
    })
}

fn distance(&((x0, y0), (x1, y1)): &Segment, (x, y): (f64, f64)) -> f64 {
    let (dx, dy) = (x1 - x0, y1 - y0);
    let square = dx * dx + dy * dy;
    let t = if square > 0.0 { ((x - x0) * dx + (y - y0) * dy) / square } else { 0.0 };
    let t = t.clamp(0.0, 1.0);
    (x - x0 - t * dx).hypot(y - y0 - t * dy)
}

#[cfg(test)]
mod tests {
    use super::super::made_up::{boundary, diagram};
    use super::*;
    use crate::Prior;
    use crate::plot::sheet::svg_texts;

    #[test]
    fn regions_and_curves_are_named() {
        let texts = svg_texts(&phase_diagram(&diagram(&Prior::Gaussian, 41)).unwrap());
        for name in ["P", "F", "SG", "F+SG", "P–F", "P–SG", "not converged", "max"] {
            assert!(texts.iter().any(|text| text == name), "{name} is not in {texts:?}");
        }
        assert!(!texts.iter().any(|text| text == "AT"));
    }

    #[test]
    fn a_metastable_line_on_the_boundary_is_not_drawn_twice() {
        let mut diagram = diagram(&Prior::Gaussian, 11);
        diagram.boundaries.push(boundary(Curve::Metastable(1), |t| (1.0 + t, 1.0)));
        let texts = svg_texts(&phase_diagram(&diagram).unwrap());
        assert!(!texts.iter().any(|text| text.starts_with("metastable")));
        diagram.boundaries.push(boundary(Curve::Metastable(1), |t| (1.0 + t, 1.01)));
        let texts = svg_texts(&phase_diagram(&diagram).unwrap());
        assert!(texts.iter().any(|text| text == "metastable 1"));
    }

    #[test]
    fn points_that_did_not_converge_break_the_curve() {
        let mut points = boundary(Curve::AlmeidaThouless, |t| (t, t));
        points.points[7].status = PointStatus::Unconverged;
        points.points[9].status = PointStatus::Jump;
        points.points[11].status = PointStatus::ClosedForm;
        let (_, ys) = converged_points(&points);
        let missing: Vec<usize> = (0..ys.len()).filter(|&i| ys[i].is_nan()).collect();
        assert_eq!(missing, [7, 9]);
    }

    #[test]
    fn an_incomplete_map_is_refused() {
        let mut diagram = diagram(&Prior::Gaussian, 5);
        diagram.points.pop();
        let figure = phase_diagram(&diagram).unwrap();
        assert!(matches!(figure.svg(), Err(FigureError::Length { .. })));
        diagram.inv_sigma.clear();
        assert!(matches!(phase_diagram(&diagram), Err(FigureError::Nodes(_))));
    }
}
