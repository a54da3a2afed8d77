//! All stable states of an ensemble of two modes, with their weights.
//!
//!     cargo run --release --example fixed_points

use spectral_rbm::theory::saddle;
use spectral_rbm::{Ensemble, Prior, Result};

fn main() -> Result<()> {
    let ensemble = Ensemble::new(1.0, 0.3, &[1.8, 1.6], Prior::Bernoulli)?; // κ, σ, w
    let mut found = saddle::enumerate(&ensemble)?;
    found.weigh(&ensemble, 200.0)?; // thermodynamic weights of a machine of size L = 200
    println!("modes  m          q          free energy  weight");
    for state in found.stable() {
        let m = state.magnetization.iter().fold(0.0f64, |largest, m| largest.max(m.abs()));
        println!(
            "{:?}    {m:.6}   {:.6}   {:.6}    {:.3e}",
            state.modes_condensed,
            state.overlap,
            state.free_energy,
            state.weight.unwrap_or(f64::NAN)
        );
    }
    Ok(())
}
