//! A learning problem that is simulated and predicted: the same data, initial machine, steps and view for all.

use super::align::{Followed, Reference};
use super::chains::ChainProbe;
use super::course::{Prediction, predict, simulate, simulate_probed};
use super::curves::Curves;
use super::design::{Design, Runs};
use super::theory::Theory;
use super::view::{Course, View};
use crate::data::{Dataset, Moments};
use crate::learning::{BatchSettings, Closure, Integrator, LinearTheory, Method, Plan, Prepared, Setup};
use crate::simulator::machine::{Algorithm, LinearMachine, Machine, QUICK_EXACT_UNITS, Settings, Trainer};
use crate::simulator::run::LinearTrainer;
use crate::study::error::Result;
use rayon::prelude::*;

/// Data, initial machine and view, with a [`Design`] that leaves nothing open.
#[derive(Clone, Debug)]
pub struct Experiment {
    design: Design,
    data: Dataset,
    moments: Moments,
    machine: Machine,
    view: View,
    schedule: Vec<u64>,
    seeds: Vec<u64>,
}

/// An additional run that shows the error of the simulations.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// How it learns.
    pub settings: Settings,
    /// Its curves, with the simulations' names of the modes.
    pub followed: Followed,
}

/// Simulations and theories of one experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The simulations' means and errors.
    pub curves: Curves,
    /// Probes of the chains of the first run, by the names of the modes; none of recorded runs, or if there are no chains.
    pub probes: Vec<ChainProbe>,
    /// The theories.
    pub theories: Vec<Theory>,
    /// An additional run that shows the error of the simulations, if there is one.
    pub beside: Option<Beside>,
}

impl Beside {
    /// Short name, for example PCD-10.
    pub fn name(&self) -> String {
        match self.settings.algorithm {
            Algorithm::Exact => "exact gradient".to_owned(),
            _ => format!("PCD-{}", self.settings.gibbs_steps),
        }
    }
}

impl Experiment {
    /// Fills in what the design leaves open; `machine` is where learning starts.
    ///
    /// # Errors
    /// A design that cannot be; data that do not fit the machine; those of the linear theory.
    pub fn new(data: Dataset, machine: Machine, design: Design) -> Result<Self> {
        let design = design.with_algorithm(data.len(), machine.visible.min(machine.hidden))?;
        let moments = Moments::of(&data)?;
        let linear = match design.is_linear() {
            true => LinearTheory::of_gaussian(&moments, 1.0, 1.0)?,
            false => LinearTheory::of_ising(&moments)?,
        };
        let design = design.with_modes(machine.hidden, &linear)?;
        let (directions, modes) = (design.directions.unwrap_or(1), design.modes.unwrap_or(1));
        let basis = (directions < linear.len()).then(|| linear.leading(directions)).transpose()?;
        let view = View::new(linear.len(), machine.hidden, basis, modes)?;
        let design =
            design.with_steps(data.len(), (linear.rates[0], linear.rates[modes - 1]))?.with_runs(data.len())?;
        let (schedule, seeds) = (design.schedule(), design.runs.seeds());
        let experiment = Self { design, data, moments, machine, view, schedule, seeds };
        if !experiment.design.is_linear() {
            // Refuses at once what cannot be simulated.
            experiment.trainer(experiment.design.settings(0))?;
        }
        Ok(experiment)
    }

    /// The design, with everything filled in.
    pub fn design(&self) -> &Design {
        &self.design
    }

    /// The data.
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    /// The moments of the data.
    pub fn moments(&self) -> &Moments {
        &self.moments
    }

    /// The machine that learning starts from.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// How machines are seen.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Updates of each run.
    pub fn updates(&self) -> u64 {
        self.schedule.last().copied().unwrap_or(0)
    }

    /// The seed of each run.
    pub fn seeds(&self) -> &[u64] {
        &self.seeds
    }

    /// Factor of the gradient in each update.
    pub fn learning_rate(&self) -> f64 {
        self.design.settings(0).learning_rate
    }

    /// Times of the records.
    pub fn times(&self) -> Vec<f64> {
        self.schedule.iter().map(|&update| update as f64 * self.learning_rate()).collect()
    }

    /// The runs, with probes of the chains of the first by rank of the modes. `step` gets the number of updates made in all runs.
    ///
    /// # Errors
    /// Those of training.
    pub fn simulate(&self, step: &mut dyn FnMut(u64)) -> Result<(Vec<Course>, Vec<ChainProbe>)> {
        let (mut courses, mut probes) = (Vec::new(), Vec::new());
        for (run, &seed) in (0..).zip(&self.seeds) {
            let step = &mut |updates| step(run * self.updates() + updates);
            if self.design.is_linear() {
                let machine = LinearMachine::with_weights_of(&self.machine, 1.0, 1.0)?;
                let per_epoch = self.data.len() as f64 / self.design.settings(0).batch_size as f64;
                let mut trainer = LinearTrainer::new(machine, &self.data, self.design.learning_rate, per_epoch)?;
                let weights = |trainer: &LinearTrainer| trainer.machine().weights.clone();
                courses.push(simulate(&mut trainer, weights, &self.view, &self.schedule, step)?);
                continue;
            }
            let mut trainer = self.trainer(self.design.settings(seed))?;
            if courses.is_empty() {
                let (course, looks) = simulate_probed(&mut trainer, &self.view, &self.schedule, step)?;
                (courses, probes) = (vec![course], looks);
            } else {
                courses.push(self.course(&mut trainer, step)?);
            }
        }
        Ok((courses, probes))
    }

    fn trainer(&self, settings: Settings) -> Result<Trainer<'_>> {
        Ok(Trainer::new(self.machine.clone(), self.data.spins()?, settings)?)
    }

    fn course(&self, trainer: &mut Trainer<'_>, step: &mut dyn FnMut(u64)) -> Result<Course> {
        Ok(simulate(trainer, |trainer| trainer.machine().weight_matrix(), &self.view, &self.schedule, step)?)
    }

    /// Settings of an additional run that shows the error of the simulations: the exact gradient where it is cheap, or PCD, which
    /// shows the bias of CD. It sees the batches of the first run.
    pub fn beside(&self) -> Option<Settings> {
        if self.design.is_exact() {
            return None;
        }
        let settings = self.design.settings(*self.seeds.first()?);
        if self.machine.visible.min(self.machine.hidden) <= QUICK_EXACT_UNITS {
            return Some(Settings { algorithm: Algorithm::Exact, ..settings });
        }
        let gibbs_steps = Algorithm::Pcd.gibbs_steps().max(settings.gibbs_steps);
        let biased = settings.algorithm == Algorithm::Cd && matches!(self.design.runs, Runs::Simulated { .. });
        biased.then_some(Settings { algorithm: Algorithm::Pcd, gibbs_steps, ..settings })
    }

    /// Makes such a run. `step` gets the number of updates made.
    ///
    /// # Errors
    /// Those of training.
    pub fn run_beside(
        &self,
        settings: Settings,
        reference: &Reference<'_>,
        step: &mut dyn FnMut(u64),
    ) -> Result<Beside> {
        let course = self.course(&mut self.trainer(settings.clone())?, step)?;
        Ok(Beside { settings, followed: reference.follow(&course)? })
    }

    /// The flow of a theory, from the initial machine.
    ///
    /// # Errors
    /// Those of [`Setup::prepare`].
    pub fn prepare(&self, setup: &Setup) -> Result<Prepared> {
        Ok(setup.prepare(&self.data, &self.moments, &self.machine)?)
    }

    /// The prediction of a theory: its flow, or its map if it has a learning rate. `progress` gets the times that are reached.
    ///
    /// # Errors
    /// Those of the theory; a theory that ends early is not an error.
    pub fn predict(&self, setup: &Setup, progress: &mut dyn FnMut(f64)) -> Result<Prediction> {
        let prepared = self.prepare(setup)?;
        let method = if setup.learning_rate == 0.0 { prepared.flow.suggested_method() } else { Method::Map };
        let integrator = Integrator { method, learning_rate: self.learning_rate(), ..Integrator::default() };
        let plan = Plan { times: self.times(), integrator, bulk_edge: None };
        Ok(predict(&prepared, &plan, &self.view, progress)?)
    }

    /// A theory beside the simulations. With `batches`, the closures that know sites pass through those of
    /// each run; without, contrastive divergence passes through those of the first. `progress`
    /// gets shares of the work as they are done.
    ///
    /// # Errors
    /// As [`Experiment::predict`].
    pub fn theory(
        &self,
        name: &str,
        setup: &Setup,
        batches: bool,
        reference: &Reference<'_>,
        progress: &(dyn Fn(f64) + Sync),
    ) -> Result<Theory> {
        let size = self.design.settings(0).batch_size;
        let through = |&seed: &u64| Setup { batches: Some(BatchSettings { size, seed }), ..setup.clone() };
        let setups: Vec<Setup> = match setup.closure {
            Closure::Population | Closure::Chains | Closure::Cd if batches => self.seeds.iter().map(through).collect(),
            // Sweeps from all the data at each step would take a hundred times as long, and as many batches have no fewer samples.
            Closure::Cd if setup.learning_rate > 0.0 => self.seeds.first().map(through).into_iter().collect(),
            _ => vec![setup.clone()],
        };
        let whole = setups.len() as f64 * self.times().last().copied().unwrap_or_default();
        let one = |setup: &Setup| {
            let mut reached = 0.0;
            self.predict(setup, &mut |time| {
                progress((time - reached) / whole);
                reached = time;
            })
        };
        let predictions: Vec<Prediction> = setups.par_iter().map(one).collect::<Result<_>>()?;
        let followed = predictions.iter().map(|prediction| reference.follow(&prediction.course));
        let followed = Followed::mean_of(&followed.collect::<crate::Result<Vec<_>>>()?);
        Ok(Theory { name: name.to_owned(), setup: setup.clone(), predictions, followed })
    }

    /// The runs and the theories together. `step` gets the number of updates made in all runs.
    ///
    /// # Errors
    /// Those of [`Experiment::simulate`] and [`Experiment::theory`].
    pub fn compare(&self, theories: &[(&str, Setup)], step: &mut dyn FnMut(u64)) -> Result<Outcome> {
        let (courses, probes) = self.simulate(step)?;
        let reference = Reference::new(&courses[0], self.view.modes())?;
        let curves = Curves::of(&reference, &courses)?;
        // Each theory by itself gives the same result on any number of threads.
        let theory = |(name, setup): &(&str, Setup)| self.theory(name, setup, false, &reference, &|_| ());
        let theories = theories.par_iter().map(theory).collect::<Result<Vec<_>>>()?;
        Ok(Outcome { curves, probes: reference.named(&probes), theories, beside: None })
    }
}
