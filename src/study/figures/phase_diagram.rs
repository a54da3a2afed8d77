//! Phase diagrams: the map of phases in light fills, the boundaries between them as curves.

use super::inspection::draw_path;
use super::phase_style::{UNKNOWN, categories, category, curve_style};
use crate::plot::style::{Color, DOUBLE_COLUMN_MM, LineStyle, Marker, MarkerStyle};
use crate::plot::{Axis, Figure, FigureError, LegendPosition, Panel, Scale, escape};
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

/// A phase diagram, on linear or logarithmic axes, with the path of a machine through its training: points (1/σ, w_max/σ) from
/// first to last. The last is marked and labelled `end`. Points outside the diagram are not shown.
///
/// # Errors
/// As [`phase_diagram`].
pub fn phase_diagram_with_path(
    diagram: &PhaseDiagram,
    scale: Scale,
    path: &[(f64, f64)],
    end: &str,
) -> Result<Figure, FigureError> {
    let mut panel = panel(diagram, scale)?;
    draw_path(&mut panel, path, end);
    Ok(Figure::single_column(panel).aspect(0.9))
}

/// The path of one machine over the phase diagram while it learns: points (1/σ, w_max/σ) in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LearningPath {
    /// From the theory.
    pub theory: Vec<(f64, f64)>,
    /// From the simulation.
    pub simulation: Vec<(f64, f64)>,
    /// From the spectrum of the simulated machine alone; NaN where it gives no value.
    pub outlier: Vec<(f64, f64)>,
}

/// A phase diagram with the paths of learning machines: theories as lines, simulations as points (the first is marked), readings
/// of the spectrum as crosses. Points outside the diagram are not shown.
///
/// # Errors
/// As [`phase_diagram`].
pub fn phase_diagram_with_learning(diagram: &PhaseDiagram, paths: &[LearningPath]) -> Result<Figure, FigureError> {
    let mut panel = panel(diagram, Scale::Linear)?;
    let apart = |points: &[(f64, f64)]| -> (Vec<f64>, Vec<f64>) { points.iter().copied().unzip() };
    for path in paths {
        let (xs, ys) = apart(&path.theory);
        panel.line(&xs, &ys, LineStyle::solid(Color::White).width(2.6));
        panel.line(&xs, &ys, LineStyle::solid(Color::Rgb(160, 0, 0)).width(1.4)).label("theory");
    }
    for path in paths {
        let drawn = [
            (&path.simulation[..], Marker::OpenCircle, 3.2, "simulation"),
            (&path.outlier[..], Marker::Cross, 2.6, "simulation, from its outlier"),
            (&path.simulation[..path.simulation.len().min(1)], Marker::Square, 4.5, "start"),
        ];
        for (points, marker, size, label) in drawn {
            let (xs, ys) = apart(points);
            panel.points(&xs, &ys, MarkerStyle::new(marker, Color::Black).size(size)).label(label);
        }
    }
    Ok(Figure::single_column(panel).aspect(0.9))
}

/// Several phase diagrams, two per row across both columns, each under the name of its prior.
///
/// # Errors
/// As [`phase_diagram`], and if there are no diagrams.
pub fn phase_diagram_gallery(diagrams: &[PhaseDiagram]) -> Result<Figure, FigureError> {
    let mut panels = Vec::new();
    for diagram in diagrams {
        let mut panel = panel(diagram, Scale::Linear)?;
        panel.title(&escape(&prior_title(diagram)));
        panels.push(panel);
    }
    list_curves(&mut panels, diagrams);
    let columns = diagrams.len().clamp(1, 2);
    let agree = |axis: fn(&Panel) -> &Axis, first: &dyn Fn(usize) -> usize| {
        (0..panels.len()).all(|i| axis(&panels[i]) == axis(&panels[first(i)]))
    };
    let same_x = agree(|panel| &panel.x, &|i| i % columns);
    let same_y = agree(|panel| &panel.y, &|i| i - i % columns);
    let rows = diagrams.len().div_ceil(columns);
    let full = panels.len() == rows * columns;
    let mut figure = if full {
        Figure::grid(DOUBLE_COLUMN_MM, rows, columns, panels)?
    } else {
        // An odd number of diagrams stands in one row.
        Figure::grid(DOUBLE_COLUMN_MM, 1, diagrams.len(), panels)?
    };
    if same_x && full {
        figure = figure.share_x();
    }
    if same_y && full {
        figure = figure.share_y();
    }
    Ok(figure.aspect(0.8))
}

/// Names the curves of all diagrams in the legend of the first, so that their order does not depend on which diagrams have them.
pub(super) fn list_curves(panels: &mut [Panel], diagrams: &[PhaseDiagram]) {
    let mut curves: Vec<Curve> =
        diagrams.iter().flat_map(|diagram| diagram.boundaries.iter().map(|boundary| boundary.curve)).collect();
    let order = |curve: &Curve| match *curve {
        Curve::ParamagneticFerromagnetic => (0, 0),
        Curve::ParamagneticSpinGlass => (1, 0),
        Curve::SpinGlassFerromagnetic => (2, 0),
        Curve::AlmeidaThouless => (3, 0),
        Curve::Metastable(mode) => (4, mode),
        Curve::Mixture(count) => (5, count),
    };
    curves.sort_by_key(order);
    curves.dedup();
    for (label, style) in curves.into_iter().rev().map(curve_style) {
        if panels.iter().any(|panel| panel.has_line(&label)) {
            panels[0].list_first(&label, style);
        }
    }
}

/// The name of the prior, or of both if they differ.
pub(super) fn prior_title(diagram: &PhaseDiagram) -> String {
    let capital = |name: &str| {
        let mut letters = name.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    };
    let (u, v) = (diagram.family.prior_u(), diagram.family.prior_v());
    if u == v { capital(u.name()) } else { format!("{} / {}", capital(u.name()), capital(v.name())) }
}

fn panel(diagram: &PhaseDiagram, scale: Scale) -> Result<Panel, FigureError> {
    let (xs, ys) = (&diagram.inv_sigma, &diagram.w_over_sigma);
    let mut panel = Panel::new(axis("1/σ", scale, xs)?, axis("w_{max}/σ", scale, ys)?);
    panel.legend(LegendPosition::Below);
    let map: Vec<usize> = diagram.points.iter().map(|point| category(point.phase)).collect();
    panel.category_map(xs, ys, &map, &categories());
    draw_boundaries(&mut panel, diagram);
    Ok(panel)
}

/// Draws the boundaries of a diagram over its map.
pub(super) fn draw_boundaries(panel: &mut Panel, diagram: &PhaseDiagram) {
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
pub(super) fn axis(label: &str, scale: Scale, nodes: &[f64]) -> Result<Axis, FigureError> {
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
    use super::*;
    use crate::Prior;
    use crate::plot::sheet::svg_texts;
    use crate::theory::phase::{BoundaryPoint, Family, MapPoint, Phase};

    /// A quarter of the plane each: SG below F+SG on the left, P below F on the right.
    fn diagram(prior: &Prior, nodes: usize) -> PhaseDiagram {
        let axis: Vec<f64> = (0..nodes).map(|i| 2.0 * i as f64 / (nodes - 1) as f64).collect();
        let phase = |x: f64, y: f64| match (x < 1.0, y < 1.0) {
            (true, true) => Phase::SpinGlass,
            (true, false) => Phase::Mixed,
            (false, true) => Phase::Paramagnetic,
            (false, false) if x > 1.8 && y > 1.8 => Phase::Unconverged,
            (false, false) => Phase::Ferromagnetic,
        };
        let at = |inv_sigma: f64, w_over_sigma: f64| MapPoint {
            inv_sigma,
            w_over_sigma,
            phase: phase(inv_sigma, w_over_sigma),
            q: 0.0,
            q_bar: 0.0,
            m: 0.0,
            m_bar: 0.0,
            at_number: 0.0,
            stable_fixed_points: 1,
            unconverged: 0,
        };
        PhaseDiagram {
            family: Family::new(1.0, &[1.0], prior.clone(), prior.clone()).unwrap(),
            points: axis.iter().flat_map(|&x| axis.iter().map(move |&y| at(x, y))).collect(),
            inv_sigma: axis.clone(),
            w_over_sigma: axis,
            boundaries: vec![
                boundary(Curve::ParamagneticSpinGlass, |t| (1.0, t)),
                boundary(Curve::ParamagneticFerromagnetic, |t| (1.0 + t, 1.0)),
            ],
        }
    }

    fn boundary(curve: Curve, at: impl Fn(f64) -> (f64, f64)) -> Boundary {
        let point = |i: i32| {
            let (inv_sigma, w_over_sigma) = at(f64::from(i) / 20.0);
            BoundaryPoint { inv_sigma, w_over_sigma, bracket: 1e-9, status: PointStatus::Converged }
        };
        Boundary { curve, points: (0..=20).map(point).collect() }
    }

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
    fn a_gallery_names_its_priors_and_shares_its_labels() {
        let diagrams: Vec<PhaseDiagram> = Prior::NAMED.iter().map(|prior| diagram(prior, 21)).collect();
        let texts = svg_texts(&phase_diagram_gallery(&diagrams).unwrap());
        assert!(texts.contains(&"(a) Gaussian".to_string()), "{texts:?}");
        assert!(texts.contains(&"(c) Bernoulli".to_string()));
        assert_eq!(texts.iter().filter(|text| *text == "max").count(), 2);
        assert_eq!(texts.iter().filter(|text| *text == "P–SG").count(), 1);
        // Three do not fill two rows: they stand in one.
        assert!(phase_diagram_gallery(&diagrams[..3]).unwrap().svg().is_ok());
        assert!(matches!(phase_diagram_gallery(&[]), Err(FigureError::Panels { found: 0, .. })));
    }

    #[test]
    fn the_legend_of_a_gallery_counts_modes_upwards_whichever_panel_has_them() {
        let mut diagrams = [Prior::Bernoulli, Prior::Laplace].map(|prior| diagram(&prior, 21));
        let limit = |mode: usize, height: f64| boundary(Curve::Metastable(mode), move |t| (t, height));
        diagrams[0].boundaries.extend([limit(3, 1.7), limit(2, 1.4)]);
        diagrams[1].boundaries.push(limit(1, 1.5));
        let texts = svg_texts(&phase_diagram_gallery(&diagrams).unwrap());
        let listed: Vec<&str> = texts.iter().filter_map(|text| text.strip_prefix("metastable ")).collect();
        assert_eq!(listed, ["1", "2", "3"]);
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
