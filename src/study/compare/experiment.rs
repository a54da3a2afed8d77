//! A learning problem that is simulated and predicted: the same data, initial machine, steps and view for all.
//!
//! The data are clusters along planted directions. The initial weights are noise of scale σ, `W_ij ~ N(0, σ²/L)`, and the visible
//! fields are those of the data's means. Simulations are runs of PCD that differ only in their seeds; theories make the same
//! steps. Everything is seen along the directions of the data that grow fastest, one per planted direction.

use super::align::{Followed, Reference};
use super::course::{Prediction, predict, simulate};
use super::curves::Curves;
use super::view::weights_of;
use super::view::{Course, View};
use crate::data::{Clusters, Dataset, Moments};
use crate::error::Error;
use crate::learning::{Closure, Integrator, LinearTheory, Method, NoiseKind, Order, Plan, ResponseKind, Setup};
use crate::simulator::machine::{Algorithm, Machine, Settings, Trainer};
use crate::simulator::run::{Result, Spacing, schedule};
use crate::theory::average::response;
use crate::theory::prior::Prior;
use crate::theory::saddle::{Ensemble, Solver, Start};
use rayon::prelude::*;

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
    /// Number of records, approximately; half of them are spaced evenly, half by the logarithm of the update.
    pub records: usize,
    /// Samples per batch; also the number of chains.
    pub batch: usize,
    /// Gibbs steps per update.
    pub gibbs_steps: usize,
    /// Seed of the data, of the initial machine and of the first run; further runs use the seeds after it.
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

/// A theory's prediction, to compare with the simulations.
#[derive(Clone, Debug, PartialEq)]
pub struct Theory {
    /// Its name.
    pub name: String,
    /// What it predicts, as far as it gets.
    pub prediction: Prediction,
    /// Its curves, with the simulations' names of the modes.
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
    /// Parameters that [`Clusters`], the machine or the view reject; fewer samples than a batch.
    pub fn new(design: &Design) -> Result<Self> {
        let (visible, hidden) = design.units;
        let modes = design.amplitudes.len();
        if design.batch > design.samples {
            let reason = format!("they are {}, and a batch takes {} of them", design.samples, design.batch);
            return Err(Error::Range { name: "the samples", reason }.into());
        }
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

    /// One run, with its seed shifted by `number`. `step` is called after each update.
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

    /// The prediction of a theory with the experiment's learning rate. It is made in the directions that the theory asks for, or
    /// else in those of the view, and is seen along those of the view.
    ///
    /// # Errors
    /// Those of the theory; a theory that ends early is not an error.
    pub fn predict(&self, setup: &Setup, progress: &mut dyn FnMut(f64)) -> Result<Prediction> {
        let directions = setup.directions.or(Some(self.view.directions()));
        let learning_rate = self.design.learning_rate;
        let setup = Setup { directions, learning_rate, ..setup.clone() };
        let prepared = setup.prepare(&self.data, &self.moments, &self.machine)?;
        Ok(predict(&prepared, &self.plan(), &self.view, progress)?)
    }

    /// σ at the times of the records, in an experiment with one direction whose mode has the strengths w(t) of a theory.
    ///
    /// Along a direction that is not learnt, the weights change through the fluctuations of its units under the data and under
    /// the machine,
    ///
    /// ```text
    /// d ln σ/dt = (1 − q_Data) V(w² λ/N_h + σ² κ^{-1/2}) − (1 − q̄)(1 − q),
    /// ```
    ///
    /// with λ and 1 − q_Data the variances of the data along the mode and along the other directions, V of (9), and q, q̄ those
    /// of the dominant state of the ensemble (σ, w). σ decays in the paramagnet, and stops once the machine's overlaps are those
    /// of the data. The hidden components are taken as normal. Integrated by Heun's rule from record to record.
    ///
    /// # Errors
    /// [`Error::Range`] for more than one direction, or if there is not one strength per record; those of the states.
    pub fn noise(&self, strengths: &[f64]) -> Result<Vec<f64>> {
        let times = self.times();
        if self.view.directions() != 1 || strengths.len() > times.len() {
            let reason = "one direction is needed, and no more strengths than records".to_owned();
            return Err(Error::Range { name: "the strengths", reason }.into());
        }
        let mode = LinearTheory::of_ising(&self.moments)?.leading(1)?;
        let along = (mode.transpose() * &self.moments.covariance * &mode)[(0, 0)];
        let across = (self.moments.covariance.trace() - along) / (self.design.units.0 as f64 - 1.0);
        let rate = |sigma: f64, strength: f64| self.decay(sigma, strength, (along, across));
        let mut sigmas = vec![self.design.sigma];
        for record in 1..strengths.len() {
            let (step, last) = (times[record] - times[record - 1], sigmas[record - 1]);
            let first = rate(last, strengths[record - 1])?;
            let second = rate(last * (first * step).exp(), strengths[record])?;
            sigmas.push(last * (0.5 * (first + second) * step).exp());
        }
        sigmas.truncate(strengths.len());
        Ok(sigmas)
    }

    /// d ln σ/dt, from the variances of the data along the mode and across it.
    fn decay(&self, sigma: f64, strength: f64, (along, across): (f64, f64)) -> crate::Result<f64> {
        let (visible, hidden) = (self.design.units.0 as f64, self.design.units.1 as f64);
        let kappa = hidden / visible;
        let field = strength * strength * along / hidden + sigma * sigma / kappa.sqrt();
        let ensemble = Ensemble::new(kappa, sigma, &[strength], Prior::Gaussian)?
            .with_priors(self.design.prior_u.clone(), Prior::Gaussian)?;
        let mut solver = Solver::new(&ensemble)?;
        let states = [Start::condensed(1, &[0]), Start::paramagnet(1), Start::spin_glass(1)];
        let states = states.iter().map(|start| solver.solve(start)).collect::<crate::Result<Vec<_>>>()?;
        let stable = states.into_iter().filter(|state| state.is_converged() && state.stable);
        let dominant = stable.min_by(|a, b| a.free_energy.total_cmp(&b.free_energy));
        let Some(dominant) = dominant else {
            let reason = format!("no stable state was found at σ = {sigma}, w = {strength}");
            return Err(Error::Range { name: "the strengths", reason });
        };
        Ok(across * response::v(field)? - dominant.susceptibility())
    }

    /// The runs and the theories together. `progress` is called after each update of a run.
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
        // Each theory by itself gives the same result on any number of threads.
        let theories = theories.par_iter().map(theory).collect::<Result<Vec<_>>>()?;
        Ok(Outcome { courses, curves, theories })
    }

    fn plan(&self) -> Plan {
        let learning_rate = self.design.learning_rate;
        let integrator = Integrator { method: Method::Map, learning_rate, ..Integrator::default() };
        Plan { times: self.times(), integrator, bulk_edge: None }
    }
}

/// The closures of ±1 units and their responses, by name: the three of the fixed-prior closure, (9), the three orders of the
/// population closure, and this closure with all `sites`. In all but the last, the weights along other directions decay, and the
/// machine's own term does without them.
pub fn closures(sites: usize) -> [(&'static str, Setup); 7] {
    let fixed = |response| Setup { response, noise: NoiseKind::Decaying, ..Setup::default() };
    let population = |order| Setup { closure: Closure::Population, order, ..Setup::default() };
    [
        ("fixed prior, Gaussian", fixed(ResponseKind::Gaussian)),
        ("fixed prior, mean field", fixed(ResponseKind::MeanField)),
        ("fixed prior, finite size", fixed(ResponseKind::FiniteSize)),
        ("population, leading", population(Order::Leading)),
        ("population, connected", population(Order::Connected)),
        ("population, full", population(Order::Full)),
        ("population, all sites", Setup { directions: Some(sites), ..population(Order::Full) }),
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

    /// The population closure has no free parameter. It must follow the simulation within the chance of batches of 100 samples
    /// (relative 0.1 of the gradient, averaged over tens of updates) and terms of order 1/L; 5 % was chosen before.
    #[test]
    fn the_population_closure_follows_the_simulation_and_steps_are_its_own() {
        let experiment = Experiment::new(&design()).unwrap();
        let theories = closures(design().units.0);
        let mut updates = 0;
        let outcome = experiment.compare(2, &theories[5..], &mut || updates += 1).unwrap();
        assert_eq!(updates, 120);
        let ours = &outcome.curves;
        let last = ours.times.len() - 1;
        assert!((ours.times[last] - 0.3).abs() < 1e-12);
        assert!(ours.mean[0][last] > 5.0 * ours.mean[0][0], "it has learnt: {:?}", ours.mean[0]);
        let mut deviations = Vec::new();
        for theory in &outcome.theories {
            assert!(theory.prediction.ended.is_none());
            // The machine at the start is the same, to the precision of its weights.
            assert!((theory.followed.values[0][0] / ours.mean[0][0] - 1.0).abs() < 1e-5);
            deviations.push(theory.followed.values[0][last] / ours.mean[0][last] - 1.0);
        }
        println!("{deviations:?}");
        assert!(deviations.iter().all(|deviation| deviation.abs() < 0.05), "{deviations:?}");
    }

    /// Before there is a mode, σ decays as a site of ±1 data without noise of its own loses its weights. In a weak field,
    /// V = 1 − x to first order and the rate is `(1 − q_Data)(1 − σ² κ^{-1/2}) − 1`; with a mode at the data's own strength σ
    /// hardly decays.
    #[test]
    fn noise_decays_until_the_machine_has_learnt() {
        let design = Design { sigma: 0.1, ..design() };
        let experiment = Experiment::new(&design).unwrap();
        let times = experiment.times();
        let end = times[times.len() - 1];
        let rate = |strength: f64| {
            let sigmas = experiment.noise(&vec![strength; times.len()]).unwrap();
            assert_eq!(sigmas[0], 0.1);
            (sigmas[times.len() - 1] / 0.1).ln() / end
        };
        // tanh² 0.8 = 0.441; the first-order V leaves x² = 2e-4 and the drawn samples 1 %.
        let exact = (1.0 - 0.8f64.tanh().powi(2)) * (1.0 - 0.01 * 2f64.sqrt()) - 1.0;
        assert!((rate(0.0) - exact).abs() < 0.01, "{} {exact}", rate(0.0));
        // m̄ = tanh 0.8 is the machine's own at w ≈ 1.5, by (11) for Bernoulli and normal components.
        let rates = [1.3, 1.5, 1.8].map(rate);
        assert!(rates.is_sorted() && rates[0] < 0.0 && rates[1].abs() < 0.1 && rates[2] > 0.0, "{rates:?}");
        assert!(experiment.noise(&vec![1.0; times.len() + 1]).is_err());
    }
}
