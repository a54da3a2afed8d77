//! Number of stable states of three modes, under the four priors.

use super::Gallery;
use super::phase_diagrams::compute;
use crate::Prior;
use crate::cli::phase_diagram::write_boundaries;
use crate::cli::{CliError, report};
use crate::figure;
use crate::phase::{MapPoint, PhaseDiagram};

/// w_α/w_max.
const MODES_RATIO: [f64; 3] = [1.0, 0.9, 0.8];
const NAME: &str = "stable-states";
const HEADER: [&str; 5] = ["prior", "inv_sigma", "w_over_sigma", "stable_fixed_points", "unconverged"];

/// Maps of the number of stable states up to strong modes, with the limits of metastability.
pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let points = if gallery.options.quick { 31 } else { 81 };
    let diagrams = compute(gallery, NAME, &Prior::NAMED, &MODES_RATIO, (points, 2.0, 3.0))?;
    let destination = &mut gallery.destination;
    destination.save(&figure::stable_states(&diagrams)?, NAME)?;
    let rows = Prior::NAMED.iter().zip(&diagrams).flat_map(|(prior, diagram)| rows(prior, diagram));
    destination.write_csv(&format!("{NAME}.csv"), &HEADER, rows)?;
    for (prior, diagram) in Prior::NAMED.iter().zip(&diagrams) {
        write_boundaries(destination, &format!("{NAME}-{prior}.csv"), &diagram.boundaries)?;
    }
    Ok(())
}

fn rows(prior: &Prior, diagram: &PhaseDiagram) -> impl Iterator<Item = Vec<String>> {
    let row = |point: &MapPoint| {
        let MapPoint { inv_sigma, w_over_sigma, stable_fixed_points, unconverged, .. } = *point;
        let counts = [stable_fixed_points, unconverged].map(|count| count.to_string());
        let numbers = [report::plain(inv_sigma), report::plain(w_over_sigma)];
        std::iter::once(prior.to_string()).chain(numbers).chain(counts).collect()
    };
    diagram.points.iter().map(row)
}
