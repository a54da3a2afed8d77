//! The learning flow of two clusters by theory: the strongest singular value against time, and when its mode condenses.
//!
//!     cargo run --release --example learning_flow

use spectral_rbm::Prior;
use spectral_rbm::data::{Clusters, Moments};
use spectral_rbm::learning::{Integrator, Plan, Setup, follow};
use spectral_rbm::simulator::machine::Machine;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Two clusters ±, in which all units have the means ± tanh(0.6931) = ± 0.6.
    let data = Clusters::new(100, &[0.6931], &[0.5], &Prior::Bernoulli, 0)?.generate(1000)?;
    let machine = Machine::random(100, 50, 0.01, 0)?.with_mean_of(data.spins()?)?;
    let prepared = Setup { directions: Some(1), ..Setup::default() }.prepare(&data, &Moments::of(&data)?, &machine)?;
    let times: Vec<f64> = (0..=10).map(|k| 0.03 * f64::from(k)).collect();
    let plan = Plan { times, integrator: Integrator::default(), bulk_edge: prepared.bulk_edge };
    let trajectory = follow(&prepared.flow, &prepared.start, &plan, &mut |_| {})?;
    println!("t      w_1");
    for snapshot in &trajectory.snapshots {
        println!("{:.2}   {:.4}", snapshot.time, snapshot.singular_values[0]);
    }
    for event in &trajectory.events {
        println!("t = {:.4}: {:?} (mode {})", event.time, event.kind, event.mode);
    }
    Ok(())
}
