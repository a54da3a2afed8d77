//! Seven closures of the theory against the same simulations, with the residuals below.

use super::made::Made;
use super::outcomes::{self, ClusterFigure};
use super::studio::Studio;
use crate::plot::Scale;
use crate::study::drawing::{ComparisonFigure, TheoryCurves, comparisons};
use crate::study::error::Result;

/// Name of the figure and of its files.
pub(super) const NAME: &str = "closures";
/// Number of closures with the letter's fixed prior; the others are population closures.
const FIXED_PRIOR: usize = 3;

/// One mode from noise to its plateau. On the left the fixed-prior closure with three responses; on the right the
/// population closure at its three orders, and with all sites resolved.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let problem = ClusterFigure {
        units: studio.choose((200, 100), (400, 200)),
        amplitudes: vec![0.5],
        samples: studio.choose(12_000, 30_000),
        sigma: 0.2,
        learning_rate: studio.choose(0.003, 0.001),
        updates: studio.choose(80, 140),
        records: 100,
        runs: studio.choose(3, 8),
    };
    let (_, experiment) = problem.experiment(studio)?;
    let outcome = outcomes::compare(studio, NAME, &experiment, &experiment.closures())?;
    let (curves, label) = (&outcome.curves, experiment.design().label());
    let theories: Vec<TheoryCurves<'_>> = outcome.theories.iter().map(TheoryCurves::of).collect();
    let shown = |theories| ComparisonFigure { curves, simulation: &label, theories, scale: Scale::Linear };
    let mut made = Made::default();
    made.draw(NAME, comparisons(&[shown(&theories[..FIXED_PRIOR]), shown(&theories[FIXED_PRIOR..])])?);
    made.table(NAME, outcomes::table(&outcome));
    made.claims.extend(outcome.theories.iter().map(|theory| outcomes::claim(NAME, &outcome, theory, None)));
    Ok(made)
}
