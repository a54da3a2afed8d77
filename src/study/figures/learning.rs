//! The learning flow of the drawn digits, in the thirty directions that grow fastest.

use super::made::Made;
use super::studio::Studio;
use crate::data::{Moments, digits};
use crate::learning::{Integrator, Plan, Setup, follow};
use crate::simulator::machine::Machine;
use crate::simulator::run::Training;
use crate::study::drawing::learning_trajectory;
use crate::study::error::Result;
use crate::study::tables;

/// Name of the figure and of its files.
pub(super) const NAME: &str = "learning";
/// Number of directions.
const DIRECTIONS: usize = 30;
/// Time at which the flow ends, after the linear regime.
const FLOW_END: f64 = 1.2;

/// The flow from the start of `train`.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let data = digits::generate(studio.choose(2_000, 10_000), 0)?;
    let Training { hidden, deviation, .. } = Training::default();
    let machine = Machine::random(data.units(), hidden, deviation, studio.seed)?.with_mean_of(data.spins()?)?;
    let setup = Setup { directions: Some(DIRECTIONS), ..Setup::default() };
    let prepared = setup.prepare(&data, &Moments::of(&data)?, &machine)?;
    let times: Vec<f64> = (0..=200).map(|n| 0.006 * f64::from(n)).collect();
    let plan = Plan { times, integrator: Integrator::default(), bulk_edge: prepared.bulk_edge };
    let trajectory = follow(&prepared.flow, &prepared.start, &plan, &mut |t| (studio.progress)(NAME, t / FLOW_END))?;
    let mut made = Made::default();
    made.draw(NAME, learning_trajectory(&trajectory, plan.bulk_edge)?);
    made.table(NAME, tables::trajectory(&trajectory));
    Ok(made)
}
