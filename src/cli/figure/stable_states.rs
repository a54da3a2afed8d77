//! Number of stable states of three modes, under the four priors.

use super::super::error::CliError;
use super::gallery::Gallery;
use super::outcomes::brief;
use super::phase_diagrams::compute;
use crate::Prior;
use crate::cli::destination::Destination;
use crate::cli::phase_diagram::write_boundaries;
use crate::study::figures::stable_states;
use crate::theory::phase::{MapPoint, PhaseDiagram};

/// Ratios w_α/w_max.
const MODES_RATIO: [f64; 3] = [1.0, 0.9, 0.8];
/// Name of the figure and of its files.
const NAME: &str = "stable-states";

/// Maps of the number of stable states up to strong modes, with the limits of metastability.
pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let points = if gallery.options.quick { 41 } else { 161 };
    let diagrams = compute(gallery, NAME, &Prior::NAMED, &MODES_RATIO, (points, 2.0, 3.0))?;
    let destination = &mut gallery.destination;
    destination.save(&stable_states(&diagrams)?, NAME)?;
    for (prior, diagram) in Prior::NAMED.iter().zip(&diagrams) {
        write_counts(destination, &format!("{NAME}-map-{prior}.csv"), diagram)?;
        write_boundaries(destination, &format!("{NAME}-{prior}.csv"), &diagram.boundaries)?;
    }
    Ok(())
}

/// Writes one row per 1/σ and one column per w_max/σ; empty where a search did not converge.
fn write_counts(destination: &mut Destination, name: &str, diagram: &PhaseDiagram) -> Result<(), CliError> {
    let numbers: Vec<String> = diagram.w_over_sigma.iter().map(|&w| brief(w)).collect();
    let header: Vec<&str> = std::iter::once("inv_sigma").chain(numbers.iter().map(String::as_str)).collect();
    let count = |point: &MapPoint| match point.unconverged {
        0 if point.stable_fixed_points > 0 => point.stable_fixed_points.to_string(),
        _ => String::new(),
    };
    let rows = diagram.inv_sigma.iter().zip(diagram.points.chunks(diagram.w_over_sigma.len()));
    let row = |(&x, points): (&f64, &[MapPoint])| std::iter::once(brief(x)).chain(points.iter().map(count)).collect();
    destination.write_csv(name, &header, rows.map(row))
}
