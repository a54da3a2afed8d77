//! Seven closures of the theory against the same simulations, with the residuals below.

use super::super::error::CliError;
use super::gallery::Gallery;
use super::outcomes;
use crate::Prior;
use crate::study::compare::{Design, Planted, Runs};
use crate::study::figures::comparisons;

const NAME: &str = "closures";
/// Number of closures with the letter's fixed prior; the others are population closures.
const FIXED_PRIOR: usize = 3;

/// One mode from noise to its plateau. On the left the fixed-prior closure with three responses; on the right the
/// population closure at its three orders, and with all sites resolved.
pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let quick = gallery.options.quick;
    let (units, runs) = if quick { ((200, 100), 3) } else { ((400, 200), 8) };
    let seed = gallery.common.seed;
    let planted = Planted {
        units,
        amplitudes: vec![0.5],
        prior_u: Prior::Bernoulli,
        samples: gallery.cluster_samples(12_000, 30_000),
        sigma: 0.2,
        seed,
    };
    let experiment = planted.experiment(Design {
        batch_size: Some(gallery.cluster_batch()),
        learning_rate: Some(if quick { 0.003 } else { 0.001 }),
        updates: Some(if quick { 80 } else { 140 }),
        records: 100,
        gibbs_steps: Some(10),
        runs: Runs::Simulated { count: Some(runs), seed },
        ..Design::default()
    })?;
    let outcome = outcomes::compare(gallery, NAME, &experiment, &experiment.closures())?;
    let measures: Vec<_> = outcome.theories.iter().map(|theory| outcome.measures(&theory.followed)).collect();
    let (emerged, curves) = (outcome.curves.emergence_times(), outcomes::curves(&outcome));
    let simulation = experiment.design().label();
    let parts = [&curves[..FIXED_PRIOR], &curves[FIXED_PRIOR..]];
    let drawn = parts.map(|part| outcomes::drawn(&outcome, &simulation, &emerged, part));
    gallery.destination.save(&comparisons(&drawn)?, NAME)?;
    outcomes::write(gallery, &format!("{NAME}.csv"), &outcome)?;
    for (theory, modes) in outcome.theories.iter().zip(&measures) {
        gallery.claims.push(outcomes::claim(NAME, theory, modes, None));
    }
    Ok(())
}
