//! w_α(t) of theory and simulation on the same axes, with the residual below.

use super::made::Made;
use super::outcomes::{self, ClusterFigure};
use super::studio::Studio;
use crate::plot::Scale;
use crate::study::drawing::{ComparisonFigure, TheoryCurves, comparison};
use crate::study::error::Result;

/// Name of the figure and of its files.
pub(super) const NAME: &str = "theory-vs-simulation";
/// Largest allowed deviation of the population closure with all sites resolved from the simulations. The map overshoots
/// where a mode condenses, and batches are random.
const DEVIATION_WITHIN: f64 = 0.02;

/// Two modes that emerge one after the other, until their values meet; after that they mix and have no separate names.
/// The population closure and the letter's fixed prior against PCD.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let problem = ClusterFigure {
        units: studio.choose((200, 100), (400, 200)),
        amplitudes: vec![0.7, 0.4],
        samples: studio.choose(30_000, 40_000),
        sigma: 0.15,
        learning_rate: studio.choose(0.004, 0.0015),
        updates: studio.choose(70, 84),
        records: 100,
        runs: studio.choose(3, 8),
    };
    let (_, experiment) = problem.experiment(studio)?;
    let [_, (_, fixed_prior), .., (_, population)] = experiment.closures();
    let theories = [("population closure", population), ("fixed prior, (9)", fixed_prior)];
    let outcome = outcomes::compare(studio, NAME, &experiment, &theories)?;
    let (curves, simulation) = (&outcome.curves, &experiment.design().label());
    let theories: Vec<TheoryCurves<'_>> = outcome.theories.iter().map(TheoryCurves::of).collect();
    let shown = ComparisonFigure { curves, simulation, theories: &theories, scale: Scale::Linear };
    let mut made = Made::default();
    made.draw(NAME, comparison(&shown).letters(true));
    made.table(NAME, outcomes::table(&outcome));
    let claims = outcome.theories.iter().zip([Some(DEVIATION_WITHIN), None]);
    made.claims.extend(claims.map(|(theory, within)| outcomes::claim(NAME, &outcome, theory, within)));
    Ok(made)
}
