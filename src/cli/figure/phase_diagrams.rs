//! Phase diagrams of one mode under four priors, and of three with their limits of metastability.

use super::Gallery;
use crate::Prior;
use crate::cli::{CliError, phase_diagram, progress};
use crate::figure;
use crate::phase::{Family, PhaseDiagram};

pub(super) fn one_mode(gallery: &mut Gallery) -> Result<(), CliError> {
    diagrams(gallery, "phase-diagrams", &Prior::NAMED, &[1.0])
}

pub(super) fn metastability(gallery: &mut Gallery) -> Result<(), CliError> {
    diagrams(gallery, "metastability", &[Prior::Bernoulli, Prior::Laplace], &[1.0, 0.9, 0.8])
}

/// Phase diagrams side by side, with the boundaries of each as CSV.
fn diagrams(gallery: &mut Gallery, name: &'static str, priors: &[Prior], modes_ratio: &[f64]) -> Result<(), CliError> {
    let points = if gallery.options.quick { 41 } else { 201 };
    let axis: Vec<f64> = (0..points).map(|n| 2.0 * f64::from(n) / f64::from(points - 1)).collect();
    let bar = progress::bar(gallery.common, name, priors.len() * PhaseDiagram::steps(&axis));
    let mut diagrams = Vec::new();
    for prior in priors {
        let family = Family::new(1.0, modes_ratio, prior.clone(), prior.clone())?;
        diagrams.push(PhaseDiagram::compute(&family, &axis, &axis, &|| bar.inc(1))?);
    }
    bar.finish_and_clear();
    let destination = &mut gallery.destination;
    destination.save(&figure::phase_diagram_gallery(&diagrams)?, name)?;
    for (prior, diagram) in priors.iter().zip(&diagrams) {
        phase_diagram::write_boundaries(destination, &format!("{name}-{prior}.csv"), &diagram.boundaries)?;
    }
    Ok(())
}
