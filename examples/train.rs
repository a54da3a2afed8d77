//! A machine trained by PCD-10 on two clusters: which singular values leave the bulk of the noise.
//!
//!     cargo run --release --example train

use spectral_rbm::Prior;
use spectral_rbm::data::Clusters;
use spectral_rbm::simulator::machine::{Algorithm, Machine, Settings, Trainer};
use spectral_rbm::theory::spectrum::{fit, singular_values};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let data = Clusters::new(100, &[0.7], &[0.5], &Prior::Bernoulli, 0)?.generate(1000)?;
    let spins = data.spins()?;
    let machine = Machine::random(100, 50, 0.01, 0)?.with_mean_of(spins)?;
    let settings = Settings { algorithm: Algorithm::Pcd, gibbs_steps: 10, chains: 100, ..Settings::default() };
    let mut trainer = Trainer::new(machine, spins, settings)?;
    println!("update  sigma    w_1      above the bulk");
    for update in 1..=60 {
        trainer.update()?;
        if update % 10 == 0 {
            let machine = trainer.machine();
            let w = singular_values(&machine.weights, machine.visible, machine.hidden)?;
            let bulk = fit(&w, machine.visible, machine.hidden)?;
            println!("{update:4}    {:.4}   {:.4}   {}", bulk.sigma, w[0], bulk.outliers);
        }
    }
    Ok(())
}
