//! w_α(t) of theory and simulation on the same axes, with the residual below.

use super::super::error::CliError;
use super::gallery::Gallery;
use super::outcomes;
use crate::Prior;
use crate::study::compare::{Design, closures};
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
    let design = Design {
        units,
        amplitudes: vec![0.7, 0.4],
        prior_u: Prior::Bernoulli,
        samples: gallery.cluster_samples(30_000, 40_000),
        sigma: 0.15,
        learning_rate: if quick { 0.004 } else { 0.0015 },
        updates: if quick { 70 } else { 84 },
        records: 100,
        batch: gallery.cluster_batch(),
        gibbs_steps: 10,
        seed: gallery.common.seed,
    };
    let named = closures(units.0);
    let theories = [("population closure", named[6].1.clone()), ("fixed prior, (9)", named[1].1.clone())];
    let outcome = outcomes::compare(gallery, NAME, &design, runs, &theories)?;
    let measures = outcomes::measures(&outcome);
    let (emerged, curves) = (outcomes::emerged(&measures), outcomes::curves(&outcome));
    let simulation = outcomes::simulations(&design, runs);
    let drawn = outcomes::drawn(&outcome, &simulation, &emerged, &curves);
    gallery.destination.save(&comparison(&drawn)?.letters(true), NAME)?;
    outcomes::write(gallery, &format!("{NAME}.csv"), &outcome)?;
    gallery.claims.push(outcomes::claim(NAME, &outcome.theories[0], &measures[0], Some(WITHIN)));
    gallery.claims.push(outcomes::claim(NAME, &outcome.theories[1], &measures[1], None));
    Ok(())
}
