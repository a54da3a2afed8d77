//! The place of a trained machine on the phase diagram: a model file, or a machine with one planted mode.
//!
//!     cargo run --release --example inspect_machine -- [MODEL]

use spectral_rbm::simulator::machine::{Machine, ModelReader};
use spectral_rbm::study::inspect::{Depth, Reading, States};
use std::path::Path;

/// A machine with noise of σ = 0.3 and one mode of ±1 components, w = 1.5.
fn planted() -> Result<Machine, Box<dyn std::error::Error>> {
    let (visible, hidden, size) = (200, 100, f64::sqrt(20_000.0));
    let noise = Machine::random(visible, hidden, 0.3 / size.sqrt(), 1)?;
    let sign = |unit: usize| if unit.is_multiple_of(2) { 1.0 } else { -1.0 };
    let mode = |at: usize| (1.5 / size) as f32 * sign(at / hidden) * sign(at % hidden);
    let weights = noise.weights.iter().enumerate().map(|(at, r)| r + mode(at)).collect();
    Ok(Machine::new(visible, hidden, weights, vec![0.0; visible], vec![0.0; hidden])?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let machine = match std::env::args().nth(1) {
        Some(path) => ModelReader::open(Path::new(&path), None)?.machine(None)?,
        None => planted()?,
    };
    let reading = Reading::of(&machine)?;
    println!("sigma = {:.4}, planted w = {:.4?}", reading.bulk.sigma, reading.planted());
    let states = States::of(&machine, &reading, &Depth::default(), None)?;
    match states.position.as_ref().map(|place| (place.inv_sigma, place.w_over_sigma, place.phase)) {
        Some((x, Some(y), phase)) => println!("1/sigma = {x:.3}, w_max/sigma = {y:.3}: {phase}"),
        Some((x, None, phase)) => println!("1/sigma = {x:.3}, no mode above the bulk: {phase}"),
        None => println!("no place on the phase diagram: the bulk is not the noise of the ensemble"),
    }
    println!("stable states: {}", states.found.stable().map(|state| state.degeneracy).sum::<f64>());
    Ok(())
}
