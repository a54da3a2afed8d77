//! The number of stable states on the phase diagram, by prior.

use super::phase_diagram::{axis, draw_boundaries, list_curves, prior_title};
use super::phase_style::UNKNOWN;
use crate::plot::style::{Color, DOUBLE_COLUMN_MM};
use crate::plot::{Category, Figure, FigureError, LegendPosition, Panel, Scale, escape};
use crate::theory::phase::{Phase, PhaseDiagram};

/// Fills of one, two, three … states; larger numbers have the last one. The fills darken from step to step, in grey too.
const FILLS: [Color; 5] = [
    Color::Rgb(250, 250, 250),
    Color::Rgb(222, 233, 245),
    Color::Rgb(170, 204, 226),
    Color::Rgb(112, 163, 202),
    Color::Rgb(66, 119, 170),
];

/// Maps of the number of stable states (modulo signs), two per row across both columns, each under the name of its prior, with
/// the boundaries between phases and the limits of metastability.
///
/// Cells where a search did not converge are hatched, not counted.
///
/// # Errors
/// If a grid has fewer than two nodes per side, or if its points do not fill it; if there are no diagrams.
pub fn stable_states(diagrams: &[PhaseDiagram]) -> Result<Figure, FigureError> {
    let mut panels = diagrams.iter().map(panel).collect::<Result<Vec<_>, _>>()?;
    if panels.is_empty() {
        return Err(FigureError::Empty("phase diagrams"));
    }
    list_curves(&mut panels, diagrams);
    let (rows, columns) = if panels.len().is_multiple_of(2) { (panels.len() / 2, 2) } else { (1, panels.len()) };
    Ok(Figure::grid(DOUBLE_COLUMN_MM, rows, columns, panels)?.share_x().share_y().aspect(0.8))
}

fn panel(diagram: &PhaseDiagram) -> Result<Panel, FigureError> {
    let (xs, ys) = (&diagram.inv_sigma, &diagram.w_over_sigma);
    let mut panel = Panel::new(axis("1/σ", Scale::Linear, xs)?, axis("w_{max}/σ", Scale::Linear, ys)?);
    panel.legend(LegendPosition::Below).title(&escape(&prior_title(diagram)));
    let states: Vec<Option<usize>> = diagram.points.iter().map(count).collect();
    let most = states.iter().flatten().copied().max().unwrap_or(1);
    let fill = |(color, states): (&Color, usize)| match states {
        1 => Category::listed(*color, "1", "1 state"),
        // One fill for several numbers must not name one of them.
        _ if states == FILLS.len() && most > states => {
            Category::listed(*color, &format!("≥ {states}"), &format!("{states} states or more"))
        }
        _ => Category::listed(*color, &states.to_string(), &format!("{states} states")),
    };
    let fills = FILLS.iter().zip(1..).map(fill);
    let categories: Vec<Category> = fills.chain([Category::hatched(UNKNOWN)]).collect();
    let index = |states: &Option<usize>| states.map_or(FILLS.len(), |states| states.clamp(1, FILLS.len()) - 1);
    let map: Vec<usize> = states.iter().map(index).collect();
    panel.category_map(xs, ys, &map, &categories);
    draw_boundaries(&mut panel, diagram);
    Ok(panel)
}

/// Number of stable states at a point; `None` if not all searches converged.
fn count(point: &crate::theory::phase::MapPoint) -> Option<usize> {
    let known = point.phase != Phase::Unconverged && point.unconverged == 0 && point.stable_fixed_points > 0;
    known.then_some(point.stable_fixed_points)
}
