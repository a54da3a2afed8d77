//! A problem of learning that is simulated and predicted: the same data, initial machine, steps and view for all.
//!
//! Data are clusters along planted directions, the initial weights noise of scale σ, `W_ij ~ N(0, σ²/L)`, and the visible
//! fields those of the data's means. Simulations are runs of PCD that differ in their seeds alone; theories make the same
//! steps, and everything is seen along the directions of the data that grow fastest, one a planted direction.

use super::align::{Followed, Reference};
use super::course::{Prediction, predict, predict_with_bulk, simulate, weights_of};
use super::curves::Curves;
use super::view::{Course, View};
use crate::data::{Clusters, Dataset, Moments};
use crate::learning::{Closure, Integrator, LinearTheory, Method, NoiseKind, Order, Plan, ResponseKind, Setup};
use crate::prior::Prior;
use crate::rbm::{Algorithm, Machine, Settings, Trainer};
use crate::simulation::{Result, Spacing, schedule};

/// What is learnt, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// Numbers of visible and hidden units.
    pub units: (usize, usize),
    /// Amplitudes of the planted directions, see [`Clusters`]; all balanced.
    pub amplitudes: Vec<f64>,
    /// Law of the components of the planted directions.
    pub prior_u: Prior,
    /// Samples.
    pub samples: usize,
    /// Scale σ of the initial weights.
    pub sigma: f64,
    /// Learning rate.
    pub learning_rate: f64,
    /// Updates.
    pub updates: u64,
    /// Records, about, half of them spread evenly and half by the logarithm of the update.
    pub records: usize,
    /// Samples of a batch, and as many chains.
    pub batch: usize,
    /// Gibbs steps of an update.
    pub gibbs_steps: usize,
    /// Seed of the data, of the initial machine and of the first run; those of further runs follow it.
    pub seed: u64,
}

/// Data, initial machine and view of a [`Design`].
#[derive(Clone, Debug)]
pub struct Experiment {
    design: Design,
    data: Dataset,
    moments: Moments,
    machine: Machine,
    view: View,
    schedule: Vec<u64>,
}

/// A theory's prediction beside the simulations.
#[derive(Clone, Debug, PartialEq)]
pub struct Theory {
    /// Its name.
    pub name: String,
    /// What it predicts, as far as it gets.
    pub prediction: Prediction,
    /// Its curves, by the simulations' names of the modes.
    pub followed: Followed,
}

/// Simulations and theories of one experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The courses of the runs.
    pub courses: Vec<Course>,
    /// Their means and errors.
    pub curves: Curves,
    /// The theories.
    pub theories: Vec<Theory>,
}

impl Experiment {
    /// Draws data and machine.
    ///
    /// # Errors
    /// Parameters that [`Clusters`], the machine or the view do not take.
    pub fn new(design: &Design) -> Result<Self> {
        let (visible, hidden) = design.units;
        let modes = design.amplitudes.len();
        let balance = vec![0.5; modes];
        let clusters = Clusters::new(visible, &design.amplitudes, &balance, &design.prior_u, design.seed)?;
        let data = clusters.generate(design.samples)?;
        let moments = Moments::of(&data)?;
        let size = (visible as f64 * hidden as f64).sqrt();
        let machine = Machine::random(visible, hidden, design.sigma / size.sqrt(), design.seed)?;
        let machine = machine.with_mean_of(data.spins()?)?;
        let linear = LinearTheory::of_ising(&moments)?;
        let view = View::new(visible, hidden, Some(linear.leading(modes)?), modes)?;
        let half = design.records.div_ceil(2);
        let mut updates =
            [Spacing::Log, Spacing::Linear].map(|spacing| schedule(design.updates, half, spacing)).concat();
        updates.sort_unstable();
        updates.dedup();
        Ok(Self { design: design.clone(), data, moments, machine, view, schedule: updates })
    }

    /// The machine that learning starts from.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Times of the records.
    pub fn times(&self) -> Vec<f64> {
        self.schedule.iter().map(|&update| update as f64 * self.design.learning_rate).collect()
    }

    /// One run, with the number that its seed is shifted by. `step` is called after each update.
    ///
    /// # Errors
    /// Those of training.
    pub fn run(&self, number: u64, step: &mut dyn FnMut()) -> Result<Course> {
        let settings = Settings {
            algorithm: Algorithm::Pcd,
            gibbs_steps: self.design.gibbs_steps,
            chains: self.design.batch,
            batch_size: self.design.batch,
            learning_rate: self.design.learning_rate,
            l2: 0.0,
            centred: false,
            seed: self.design.seed.wrapping_add(number),
        };
        let mut trainer = Trainer::new(self.machine.clone(), self.data.spins()?, settings)?;
        simulate(&mut trainer, |trainer| weights_of(trainer.machine()), &self.view, &self.schedule, &mut |_| step())
    }

    /// What a theory predicts, along the directions of the view and with the experiment's learning rate.
    ///
    /// # Errors
    /// Those of the theory, but that it ends early is none.
    pub fn predict(&self, setup: &Setup, progress: &mut dyn FnMut(f64)) -> Result<Prediction> {
        let (directions, learning_rate) = (Some(self.view.directions()), self.design.learning_rate);
        let setup = Setup { directions, learning_rate, ..setup.clone() };
        let prepared = setup.prepare(&self.data, &self.moments, &self.machine)?;
        Ok(predict(&prepared, &self.plan(), &self.view, progress)?)
    }

    /// What the population closure predicts of the whole W, along all visible directions, with its bulk.
    ///
    /// # Errors
    /// As [`Experiment::predict`].
    pub fn predict_whole(&self, progress: &mut dyn FnMut(f64)) -> Result<Prediction> {
        let learning_rate = self.design.learning_rate;
        let directions = Some(self.design.units.0);
        let setup = Setup { closure: Closure::Population, directions, learning_rate, ..Setup::default() };
        let prepared = setup.prepare(&self.data, &self.moments, &self.machine)?;
        Ok(predict_with_bulk(&prepared, &self.plan(), &self.view, progress)?)
    }

    /// Runs and theories, beside each other. `progress` is called after each update of a run.
    ///
    /// # Errors
    /// Those of [`Experiment::run`] and [`Experiment::predict`].
    pub fn compare(&self, runs: u64, theories: &[(&str, Setup)], progress: &mut dyn FnMut()) -> Result<Outcome> {
        let courses = (0..runs.max(1)).map(|number| self.run(number, progress)).collect::<Result<Vec<_>>>()?;
        let reference = Reference::new(&courses[0], self.view.modes())?;
        let curves = Curves::of(&reference, &courses)?;
        let theory = |(name, setup): &(&str, Setup)| {
            let prediction = self.predict(setup, &mut |_| ())?;
            let followed = reference.follow(&prediction.course)?;
            Ok(Theory { name: (*name).to_owned(), prediction, followed })
        };
        let theories = theories.iter().map(theory).collect::<Result<Vec<_>>>()?;
        Ok(Outcome { courses, curves, theories })
    }

    fn plan(&self) -> Plan {
        let learning_rate = self.design.learning_rate;
        let integrator = Integrator { method: Method::Map, learning_rate, ..Integrator::default() };
        Plan { times: self.times(), integrator, bulk_edge: None }
    }
}

/// The closures of ±1 units and their responses, by name: the three of the fixed-prior closure, (9), and the three orders of
/// the population closure. The weights along other directions decay.
pub fn closures() -> [(&'static str, Setup); 6] {
    let fixed = |response| Setup { response, noise: NoiseKind::Decaying, ..Setup::default() };
    let population = |order| Setup { closure: Closure::Population, order, ..Setup::default() };
    [
        ("fixed prior, Gaussian", fixed(ResponseKind::Gaussian)),
        ("fixed prior, mean field", fixed(ResponseKind::MeanField)),
        ("fixed prior, finite size", fixed(ResponseKind::FiniteSize)),
        ("population, leading", population(Order::Leading)),
        ("population, connected", population(Order::Connected)),
        ("population, full", population(Order::Full)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design() -> Design {
        Design {
            units: (120, 60),
            amplitudes: vec![0.8],
            prior_u: Prior::Bernoulli,
            samples: 4000,
            sigma: 0.2,
            learning_rate: 0.005,
            updates: 60,
            records: 20,
            batch: 100,
            gibbs_steps: 5,
            seed: 1,
        }
    }

    /// The population closure has no free parameter: it is to follow the simulation to the chance of batches of 100
    /// samples (relative 0.1 of the gradient, averaged over tens of updates) and terms of order 1/L; 5 % were chosen before.
    #[test]
    fn the_population_closure_follows_the_simulation_and_steps_are_its_own() {
        let experiment = Experiment::new(&design()).unwrap();
        let (_, full) = closures().into_iter().next_back().unwrap();
        let mut updates = 0;
        let outcome = experiment.compare(2, &[("full", full)], &mut || updates += 1).unwrap();
        assert_eq!(updates, 120);
        let (ours, theory) = (&outcome.curves, &outcome.theories[0]);
        assert!(theory.prediction.ended.is_none());
        // The machine at the start is the same, to the precision of its weights.
        assert!((theory.followed.values[0][0] / ours.mean[0][0] - 1.0).abs() < 1e-5);
        let last = ours.times.len() - 1;
        assert!((ours.times[last] - 0.3).abs() < 1e-12);
        assert!(ours.mean[0][last] > 5.0 * ours.mean[0][0], "it has learnt: {:?}", ours.mean[0]);
        let deviation = theory.followed.values[0][last] / ours.mean[0][last] - 1.0;
        assert!(deviation.abs() < 0.05, "{deviation}");
    }

    /// The initial noise has the σ that was asked for, within the three standard errors σ/√(2 N_v N_h) of one matrix and the
    /// error of the fit; and a theory of the whole W starts from the machine itself, singular value by singular value.
    #[test]
    fn a_theory_of_the_whole_machine_has_its_noise() {
        let design = Design { sigma: 0.5, updates: 5, records: 4, ..design() };
        let experiment = Experiment::new(&design).unwrap();
        let theory = experiment.predict_whole(&mut |_| ()).unwrap();
        assert!(theory.ended.is_none());
        let simulated = experiment.run(0, &mut || ()).unwrap();
        let bulks = [&theory.course, &simulated].map(|course| course.observations[0].bulk.unwrap());
        assert!((bulks[0].sigma / 0.5 - 1.0).abs() < 3.0 * 1.5 / (2.0f64 * 120.0 * 60.0).sqrt(), "{bulks:?}");
        assert!((bulks[0].sigma / bulks[1].sigma - 1.0).abs() < 1e-5 && bulks[0].outliers == bulks[1].outliers);
        assert_eq!(theory.course.times(), simulated.times());
    }
}
