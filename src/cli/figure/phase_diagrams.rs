//! Phase diagrams of one mode under four priors, and of three modes with their limits of metastability.

use super::super::error::CliError;
use super::gallery::Gallery;
use crate::Prior;
use crate::cli::{phase_diagram, progress};
use crate::study::figures::phase_diagram_gallery;
use crate::theory::phase::{Family, PhaseDiagram};

pub(super) fn one_mode(gallery: &mut Gallery) -> Result<(), CliError> {
    diagrams(gallery, "phase-diagrams", &Prior::NAMED, &[1.0])
}

pub(super) fn metastability(gallery: &mut Gallery) -> Result<(), CliError> {
    diagrams(gallery, "metastability", &[Prior::Bernoulli, Prior::Laplace], &[1.0, 0.9, 0.8])
}

/// Draws phase diagrams side by side, and writes the boundaries of each as CSV.
fn diagrams(gallery: &mut Gallery, name: &'static str, priors: &[Prior], modes_ratio: &[f64]) -> Result<(), CliError> {
    let points = if gallery.options.quick { 41 } else { 201 };
    let diagrams = compute(gallery, name, priors, modes_ratio, (points, 2.0, 2.0))?;
    let destination = &mut gallery.destination;
    destination.save(&phase_diagram_gallery(&diagrams)?, name)?;
    for (prior, diagram) in priors.iter().zip(&diagrams) {
        phase_diagram::write_boundaries(destination, &format!("{name}-{prior}.csv"), &diagram.boundaries)?;
    }
    Ok(())
}

/// Diagrams of square machines under each prior, with the given number of points per axis, up to the given 1/σ and
/// w_max/σ.
pub(super) fn compute(
    gallery: &Gallery,
    name: &'static str,
    priors: &[Prior],
    modes_ratio: &[f64],
    (points, right, top): (u32, f64, f64),
) -> Result<Vec<PhaseDiagram>, CliError> {
    let axis = |end: f64| -> Vec<f64> { (0..points).map(|n| end * f64::from(n) / f64::from(points - 1)).collect() };
    let (x, y) = (axis(right), axis(top));
    let bar = progress::bar(gallery.common, name, priors.len() * PhaseDiagram::steps(&x));
    let diagrams = priors.iter().map(|prior| {
        let family = Family::new(1.0, modes_ratio, prior.clone(), prior.clone())?;
        Ok(PhaseDiagram::compute(&family, &x, &y, &|| bar.inc(1))?)
    });
    let diagrams = diagrams.collect();
    bar.finish_and_clear();
    diagrams
}
