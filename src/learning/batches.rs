//! Mini-batches: the map has the same noise in its data term as a simulation (`docs/theory.md`, section 2c).

use super::data_term::{Samples, Source};
use crate::data::Spins;
use crate::error::{Error, Result};
use crate::simulator::machine::order::BatchOrder;
use nalgebra::DVector;
use serde::{Deserialize, Serialize};

/// Batches that a map passes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchSettings {
    /// Samples per batch.
    pub size: usize,
    /// Seed of the order of samples. A [`Trainer`](crate::simulator::machine::Trainer) with the same seed and batch size uses the
    /// same batches.
    pub seed: u64,
}

/// The samples of each step.
#[derive(Debug)]
pub(super) struct Batches {
    spins: Spins,
    /// The same samples in the directions of the flow.
    samples: Samples,
    order: BatchOrder,
    chosen: Vec<usize>,
}

impl Batches {
    pub fn new(settings: BatchSettings, spins: &Spins, samples: &Samples) -> Result<Self> {
        let count = spins.samples();
        if !(1..=count).contains(&settings.size) {
            let reason = format!("it is {}: a batch takes between one and all of the {count} samples", settings.size);
            return Err(Error::Range { name: "the size of a batch", reason });
        }
        let (order, chosen) = (BatchOrder::new(count, settings.seed), vec![0; settings.size]);
        Ok(Self { spins: spins.clone(), samples: samples.clone(), order, chosen })
    }

    /// Returns the batch of a step (steps count from 0), and the mean of each site over it.
    pub fn of_step(&mut self, step: u64) -> (Source, DVector<f64>) {
        self.order.batch(step, &mut self.chosen);
        let (count, sums) = (self.chosen.len() as f64, self.spins.select(&self.chosen).unit_sums());
        let mean = DVector::from_iterator(sums.len(), sums.iter().map(|&sum| sum as f64 / count));
        (self.samples.select(&self.chosen).into(), mean)
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Moments, digits};
    use crate::learning::{BatchSettings, Closure, Integrator, Method, Plan, Setup, follow};
    use crate::simulator::machine::{Algorithm, Machine, Settings, Trainer};
    use nalgebra::DVector;

    /// In an update with small batches the fields of the sites follow the mean of the batch, since 2000 chains scatter
    /// little.
    #[test]
    fn batches_are_those_of_a_trainer_with_their_seed() {
        let data = digits::generate(200, 0).unwrap();
        let machine = Machine::random(data.units(), 20, 0.01, 0).unwrap().with_mean_of(data.spins().unwrap()).unwrap();
        let (size, rate) = (5, 0.01);
        let moved = |eta: &DVector<f64>| DVector::from_fn(eta.len(), |i, _| eta[i] - f64::from(machine.eta[i]));
        let theory = |seed| {
            let batches = Some(BatchSettings { size, seed });
            let setup = Setup { closure: Closure::Chains, learning_rate: rate, batches, ..Setup::default() };
            let prepared = setup.prepare(&data, &Moments::of(&data).unwrap(), &machine).unwrap();
            let integrator = Integrator { method: Method::Map, learning_rate: rate, ..Integrator::default() };
            let plan = Plan { times: vec![0.0, 3.0 * rate], integrator, bulk_edge: None };
            moved(&follow(&prepared.flow, &prepared.start, &plan, &mut |_| {}).unwrap().last.eta)
        };
        let settings = Settings {
            algorithm: Algorithm::Pcd,
            learning_rate: rate,
            batch_size: size,
            chains: 2000,
            seed: 3,
            ..Settings::default()
        };
        let mut trainer = Trainer::new(machine.clone(), data.spins().unwrap(), settings).unwrap();
        (0..3).for_each(|_| trainer.update().unwrap());
        let eta = &trainer.machine().eta;
        let simulated = moved(&DVector::from_iterator(eta.len(), eta.iter().map(|&eta| f64::from(eta))));
        let cosine = |other: DVector<f64>| simulated.dot(&other) / (simulated.norm() * other.norm());
        let (same, other) = (cosine(theory(3)), cosine(theory(4)));
        assert!(same > 0.98 && other < 0.8, "{same} {other}");
    }

    #[test]
    fn batches_that_cannot_be_are_refused() {
        let data = digits::generate(20, 0).unwrap();
        let moments = Moments::of(&data).unwrap();
        let machine = Machine::random(data.units(), 5, 0.01, 0).unwrap();
        let refused = |closure, learning_rate, size| {
            let batches = Some(BatchSettings { size, seed: 0 });
            let setup = Setup { closure, learning_rate, batches, ..Setup::default() };
            setup.prepare(&data, &moments, &machine).is_err()
        };
        assert!(!refused(Closure::Chains, 0.01, 20));
        assert!(refused(Closure::Chains, 0.01, 0) && refused(Closure::Chains, 0.01, 21));
        assert!(refused(Closure::Chains, 0.0, 10) && refused(Closure::FixedPrior, 0.01, 10));
    }
}
