//! Number of stable states of three modes on the phase diagram, under the four priors.

use super::made::Made;
use super::outcomes::brief;
use super::phase_diagrams::{compute, list_curves, prior_title};
use super::studio::Studio;
use crate::Prior;
use crate::io::Table;
use crate::plot::style::{Color, DOUBLE_COLUMN_MM};
use crate::plot::{Category, Figure, LegendPosition, Panel, Scale, escape};
use crate::study::drawing::{UNKNOWN, axis, draw_boundaries};
use crate::study::error::Result;
use crate::study::tables;
use crate::theory::phase::{MapPoint, Phase, PhaseDiagram};
use std::iter::once;

/// Name of the figure and of its files.
pub(super) const NAME: &str = "stable-states";
/// Ratios w_α/w_max.
const MODES_RATIO: [f64; 3] = [1.0, 0.9, 0.8];
/// Fills of one, two, three … states; larger numbers have the last one. The fills darken from step to step, in grey too.
const FILLS: [Color; 5] = [
    Color::Rgb(250, 250, 250),
    Color::Rgb(222, 233, 245),
    Color::Rgb(170, 204, 226),
    Color::Rgb(112, 163, 202),
    Color::Rgb(66, 119, 170),
];

/// Maps of the number of stable states up to strong modes, with the limits of metastability.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let diagrams = compute(studio, NAME, &Prior::NAMED, &MODES_RATIO, (studio.choose(41, 161), 2.0, 3.0))?;
    let mut made = Made::default();
    made.draw(NAME, maps(&diagrams)?);
    for (prior, diagram) in Prior::NAMED.iter().zip(&diagrams) {
        made.table(format!("{NAME}-map-{prior}"), counts(diagram));
        made.table(format!("{NAME}-{prior}"), tables::boundaries(&diagram.boundaries));
    }
    Ok(made)
}

/// One row per 1/σ and one column per w_max/σ; empty where a search did not converge.
fn counts(diagram: &PhaseDiagram) -> Table {
    let header = once("inv_sigma".to_owned()).chain(diagram.w_over_sigma.iter().map(|&w| brief(w)));
    let count = |point: &MapPoint| known(point).map_or(String::new(), |states| states.to_string());
    let rows = diagram.inv_sigma.iter().zip(diagram.points.chunks(diagram.w_over_sigma.len()));
    let row = |(&x, points): (&f64, &[MapPoint])| once(brief(x)).chain(points.iter().map(count)).collect();
    Table::new(header, rows.map(row))
}

/// Maps of the number of stable states (modulo signs), two per row across both columns, each under the name of its prior, with
/// the boundaries between phases and the limits of metastability.
///
/// Cells where a search did not converge are hatched, not counted.
fn maps(diagrams: &[PhaseDiagram]) -> Result<Figure> {
    let mut panels = diagrams.iter().map(map).collect::<Result<Vec<_>>>()?;
    list_curves(&mut panels, diagrams);
    Ok(Figure::grid(DOUBLE_COLUMN_MM, panels.len() / 2, 2, panels)?.share_x().share_y().aspect(0.8))
}

/// The map of one prior.
fn map(diagram: &PhaseDiagram) -> Result<Panel> {
    let (xs, ys) = (&diagram.inv_sigma, &diagram.w_over_sigma);
    let mut panel = Panel::new(axis("1/σ", Scale::Linear, xs)?, axis("w_{max}/σ", Scale::Linear, ys)?);
    panel.legend(LegendPosition::Below).title(&escape(&prior_title(diagram)));
    let states: Vec<Option<usize>> = diagram.points.iter().map(known).collect();
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
    let fills: Vec<usize> = states.iter().map(index).collect();
    panel.category_map(xs, ys, &fills, &categories);
    draw_boundaries(&mut panel, diagram);
    Ok(panel)
}

/// Number of stable states at a point; `None` if not all searches converged.
fn known(point: &MapPoint) -> Option<usize> {
    let counted = point.phase != Phase::Unconverged && point.unconverged == 0 && point.stable_fixed_points > 0;
    counted.then_some(point.stable_fixed_points)
}
