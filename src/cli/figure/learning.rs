//! The learning flow of the drawn digits, in the thirty directions that grow fastest.

use super::super::error::CliError;
use super::gallery::Gallery;
use crate::cli::{learn, progress};
use crate::data::{Moments, digits};
use crate::learning::{Integrator, Plan, Setup, follow};
use crate::simulator::machine::Machine;

/// The learning flow of the drawn digits from the start of `train`.
pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let data = digits::generate(if gallery.options.quick { 2_000 } else { 10_000 }, 0)?;
    let machine = Machine::random(data.units(), 400, 0.01, gallery.common.seed)?.with_mean_of(data.spins()?)?;
    let setup = Setup { directions: Some(30), ..Setup::default() };
    let prepared = setup.prepare(&data, &Moments::of(&data)?, &machine)?;
    let times: Vec<f64> = (0..=200).map(|n| 0.006 * f64::from(n)).collect();
    let plan = Plan { times, integrator: Integrator::default(), bulk_edge: prepared.bulk_edge };
    let bar = progress::share(gallery.common, "learning");
    let trajectory = follow(&prepared.flow, &prepared.start, &plan, &mut |t| bar.set_share(t / 1.2))?;
    bar.finish_and_clear();
    gallery.destination.save(&learn::figure(&trajectory, plan.bulk_edge)?, "learning")?;
    learn::write_trajectory(&mut gallery.destination, "learning.csv", &trajectory)
}
