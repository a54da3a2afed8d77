//! w_α(t) of theory and simulation on the same axes, with the residual below.

use super::super::error::CliError;
use super::gallery::Gallery;
use super::outcomes;
use crate::Prior;
use crate::study::compare::{Design, Planted, Runs};
use crate::study::figures::comparison;

const NAME: &str = "theory-vs-simulation";
/// Largest allowed deviation of the population closure with all sites resolved from the simulations. The map overshoots
/// where a mode condenses, and batches are random.
const WITHIN: f64 = 0.02;

/// Two modes that emerge one after the other, until their values meet; after that they mix and have no separate names.
/// The population closure and the letter's fixed prior against PCD.
pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let quick = gallery.options.quick;
    let (units, runs) = if quick { ((200, 100), 3) } else { ((400, 200), 8) };
    let seed = gallery.common.seed;
    let planted = Planted {
        units,
        amplitudes: vec![0.7, 0.4],
        prior_u: Prior::Bernoulli,
        samples: gallery.cluster_samples(30_000, 40_000),
        sigma: 0.15,
        seed,
    };
    let experiment = planted.experiment(Design {
        batch_size: Some(gallery.cluster_batch()),
        learning_rate: Some(if quick { 0.004 } else { 0.0015 }),
        updates: Some(if quick { 70 } else { 84 }),
        records: 100,
        gibbs_steps: Some(10),
        runs: Runs::Simulated { count: Some(runs), seed },
        ..Design::default()
    })?;
    let named = experiment.closures();
    let theories = [("population closure", named[6].1.clone()), ("fixed prior, (9)", named[1].1.clone())];
    let outcome = outcomes::compare(gallery, NAME, &experiment, &theories)?;
    let measures: Vec<_> = outcome.theories.iter().map(|theory| outcome.measures(&theory.followed)).collect();
    let (emerged, curves) = (outcome.curves.emergence_times(), outcomes::curves(&outcome));
    let simulation = experiment.design().label();
    let drawn = outcomes::drawn(&outcome, &simulation, &emerged, &curves);
    gallery.destination.save(&comparison(&drawn)?.letters(true), NAME)?;
    outcomes::write(gallery, &format!("{NAME}.csv"), &outcome)?;
    gallery.claims.push(outcomes::claim(NAME, &outcome.theories[0], &measures[0], Some(WITHIN)));
    gallery.claims.push(outcomes::claim(NAME, &outcome.theories[1], &measures[1], None));
    Ok(())
}
