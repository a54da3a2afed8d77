//! `compare`: theory against simulation.

use super::compare_options::{CompareOptions, Problem, Resolved};
use super::compare_report::{self, Chains};
use super::compare_results::{Results, SimulationReport, Theory};
use super::compare_runs::{self, RecordedRun};
use super::destination::Destination;
use super::error::CliError;
use super::options::Common;
use super::{budget, progress};

use crate::data::{Dataset, Expect, Moments};
use crate::learning::{
    BatchSettings, Closure, Flow, Integrator, LinearTheory, Method, NoiseKind, Plan, ResponseKind, Setup,
};
use crate::simulator::machine::{Algorithm, LinearMachine, Settings, Trainer, Units};
use crate::simulator::run::{LinearTrainer, Spacing, schedule};
use crate::study::compare::{
    ChainProbe, Course, Curves, Followed, Prediction, Reference, View, predict, simulate, simulate_probed,
    weights_of_linear,
};
use clap::ValueEnum;
use rayon::prelude::*;

mod reference;

use reference::sampled;

/// Folder used without --out.
const DEFAULT_FOLDER: &str = "results/compare";
/// Largest number of runs.
const MOST_RUNS: usize = 1000;
/// Largest number of modes compared by default.
const MODES: usize = 10;
/// Default number of samples in a batch.
const BATCH: usize = 500;
/// Default learning rate.
const LEARNING_RATE: f64 = 0.01;
/// Growth per update that the default learning rate must not exceed.
const GROWTH: f64 = 0.3;
/// Default number of samples of clusters. With fewer, machines soon learn the scatter of the samples.
const CLUSTERED: usize = 60_000;
/// Default time of the simulation, in growth times of the slowest mode compared.
const GROWTH_TIMES: f64 = 20.0;
/// Upper limit of the default time.
const LONGEST: f64 = 20.0;
/// Largest number of updates; more are a mistake.
const MOST_UPDATES: f64 = 1e9;
/// Largest number of records; more are a mistake.
const MOST_RECORDS: usize = 100_000;

/// Largest number of sites at which the data are resolved site by site by default.
const MOST_SITES: usize = 600;

impl CompareOptions {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        let mut destination = Destination::new(common, DEFAULT_FOLDER)?;
        let recorded = compare_runs::open(&mut self.simulation, &mut self.simulation_checksums)?;
        self.adopt(&recorded);
        self.check()?;
        let problem = self.problem(common, &recorded)?;
        self.try_theories(&problem)?;
        let (courses, probes) = self.simulations(common, &problem, &recorded)?;
        let reference = Reference::new(&courses[0], problem.view.modes())?;
        let curves = Curves::of(&reference, &courses)?;
        let seeds = self.seeds(common, &recorded);
        let mut theories = Vec::new();
        for &closure in &self.closures {
            theories.push(self.theory(common, &problem, (&reference, &seeds), closure)?);
        }
        let seed = seeds.first().copied().unwrap_or(common.seed);
        let beside = self.beside(&problem, recorded.is_empty(), seed);
        let beside = beside.map(|settings| self.run_beside(common, &problem, &reference, settings)).transpose()?;
        let persistent = self.algorithm() == Algorithm::Pcd;
        let results = Results {
            data: (&self.data, &problem.data),
            simulation: self.simulation_report(common, &problem, &curves, &recorded),
            curves: &curves,
            theories: &theories,
            chains: Chains { looks: reference.named(&probes), gibbs_steps: self.gibbs_steps.unwrap_or(1), persistent },
            beside,
            directions: problem.view.directions(),
            linear_records: self.record_spacing == Some(Spacing::Linear),
        };
        compare_report::write(&results, common, &mut destination)?;
        destination.write_run(common, "compare", &self)?;
        compare_report::print(&results, common, &destination);
        Ok(())
    }

    /// Takes over the data and settings of the runs that were read.
    fn adopt(&mut self, recorded: &[RecordedRun]) {
        let Some(first) = recorded.first() else { return };
        let options = &first.options;
        self.data = options.data.clone();
        self.init = options.init.clone();
        (self.units, self.algorithm) = (options.units, Some(options.algorithm));
        (self.gibbs_steps, self.chains) = match options.algorithm {
            Algorithm::Exact => (None, None),
            _ => (Some(options.gibbs_steps), options.chains),
        };
        (self.batch_size, self.learning_rate) = (Some(options.batch_size), options.learning_rate);
        (self.epochs, self.updates) = (None, first.updates().last().copied());
        self.runs = Some(recorded.len());
    }

    /// Refuses options that are out of range or do not go together, and fills in those that follow from others.
    fn check(&mut self) -> Result<(), CliError> {
        let bad = |message: String| Err(CliError::Input(message));
        let gaussian = self.units == Units::Gaussian;
        if let Some(runs) = self.runs.filter(|runs| !(1..=MOST_RUNS).contains(runs)) {
            return bad(format!("--runs is {runs}: choose between 1 and {MOST_RUNS}"));
        }
        if !(2..=MOST_RECORDS).contains(&self.records) {
            return bad(format!("--records is {}: choose between 2 and {MOST_RECORDS}", self.records));
        }
        if self.closures.is_empty() {
            self.closures = match gaussian {
                true => vec![Closure::Linear],
                false => vec![Closure::Population, Closure::FixedPrior],
            };
        }
        for (index, closure) in self.closures.iter().enumerate() {
            if self.closures[..index].contains(closure) {
                return bad(format!("--closures names {} twice", name(closure)));
            }
            if gaussian && *closure != Closure::Linear {
                return bad(format!("--closures: {} is a theory of ±1 units, not of --units gaussian", name(closure)));
            }
        }
        if self.batches && !self.closures.iter().any(|name| matches!(name, Closure::Population | Closure::Chains)) {
            return bad("--batches is for the closures population and chains, and --closures names neither".to_owned());
        }
        match self.batch_size {
            Some(0) => bad("--batch-size is 0: a batch has at least one sample".to_owned()),
            _ => Ok(()),
        }
    }

    fn problem(&mut self, common: &Common, recorded: &[RecordedRun]) -> Result<Problem, CliError> {
        let gaussian = self.units == Units::Gaussian;
        if self.data.data == "clusters" && self.data.samples.is_none() {
            self.data.samples = Some(CLUSTERED);
        }
        let data = self.data.load(common, if gaussian { Expect::Real } else { Expect::Spins })?;
        if !gaussian {
            self.batch_size = Some(self.data.batch(self.batch_size.unwrap_or(BATCH), data.len()));
        }
        let machine = match recorded.first() {
            Some(run) => run.start()?,
            None => self.init.machine(&data, common.seed, gaussian)?,
        };
        self.choose_algorithm(machine.visible.min(machine.hidden))?;
        let Settings { gibbs_steps, chains, .. } = self.settings(0);
        budget::check_gibbs_steps(gibbs_steps, chains, machine.visible as f64 * machine.hidden as f64)?;
        let spinner = progress::spinner(common, "moments and directions");
        let moments = Moments::of(&data)?;
        let linear = match gaussian {
            true => LinearTheory::of_gaussian(&moments, 1.0, 1.0)?,
            false => LinearTheory::of_ising(&moments)?,
        };
        spinner.finish_and_clear();
        let units = linear.len();
        let directions = *self.directions.get_or_insert_with(|| match self.data.data.as_str() {
            "clusters" => self.data.amplitudes.len().min(units),
            _ => linear.unstable().max(1),
        });
        if !(1..=units).contains(&directions) {
            let message = format!("--directions is {directions}: choose between 1 and the {units} visible units");
            return Err(CliError::Input(message));
        }
        self.resolved.get_or_insert(if units <= MOST_SITES { Resolved::Sites } else { Resolved::Directions });
        let modes = *self.modes.get_or_insert(directions.min(machine.hidden).min(MODES));
        let basis = (directions < units).then(|| linear.leading(directions)).transpose()?;
        let view = View::new(units, machine.hidden, basis, modes)?;
        let schedule = match recorded.first() {
            Some(run) => run.updates().to_vec(),
            None => self.schedule(&data, &linear, modes)?,
        };
        self.choose_runs(data.len())?;
        if !gaussian {
            // Refuses at once what cannot be simulated.
            Trainer::new(machine.clone(), data.spins()?, self.settings(common.seed))?;
        }
        Ok(Problem { data, moments, machine, view, schedule })
    }

    /// Fills in learning rate, batches and updates, and chooses the updates after which machines are recorded.
    fn schedule(&mut self, data: &Dataset, linear: &LinearTheory, modes: usize) -> Result<Vec<u64>, CliError> {
        let bad = |message: String| Err(CliError::Input(message));
        let batch = *self.batch_size.get_or_insert(BATCH.min(data.len()));
        if self.units == Units::Ising && self.algorithm() == Algorithm::Pcd {
            self.chains.get_or_insert(batch);
        }
        let rate = *self.learning_rate.get_or_insert_with(|| resolving(linear.rates[0]));
        if !(rate.is_finite() && rate > 0.0) {
            return bad(format!("--learning-rate is {rate}: it must be positive and finite"));
        }
        if self.updates.is_none() {
            let slowest = linear.rates[modes - 1];
            let time = if slowest > 0.0 { (GROWTH_TIMES / slowest).min(LONGEST) } else { LONGEST };
            let updates = match self.epochs {
                Some(epochs) => (epochs * data.len() as f64 / batch as f64).ceil(),
                None => (time / rate).ceil(),
            };
            if !(1.0..MOST_UPDATES).contains(&updates) {
                return bad(format!("{updates} updates are asked for: choose between 1 and {MOST_UPDATES:e}"));
            }
            self.epochs = None;
            self.updates = Some(updates as u64);
        }
        let updates = self.updates.unwrap_or_default();
        if !(1..MOST_UPDATES as u64).contains(&updates) {
            return bad(format!("--updates is {updates}: choose between 1 and {MOST_UPDATES:e}"));
        }
        if let Some(spacing) = self.record_spacing {
            return Ok(schedule(updates, self.records, spacing));
        }
        // Modes emerge early and settle late.
        let half = self.records.div_ceil(2);
        let mut both = [schedule(updates, half, Spacing::Log), schedule(updates, half, Spacing::Linear)].concat();
        both.sort_unstable();
        both.dedup();
        Ok(both)
    }

    /// The courses of all runs, and the probes of the chains of the first run.
    fn simulations(
        &mut self,
        common: &Common,
        problem: &Problem,
        recorded: &[RecordedRun],
    ) -> Result<(Vec<Course>, Vec<ChainProbe>), CliError> {
        if !recorded.is_empty() {
            let courses = recorded.iter().map(|run| run.course(&problem.view)).collect::<Result<_, _>>()?;
            return Ok((courses, Vec::new()));
        }
        let mut probes = Vec::new();
        let (runs, last) = (self.runs.unwrap_or(1) as u64, self.updates.unwrap_or_default());
        let bar = progress::updates(common, "simulating", runs * last);
        let courses = (0..runs).map(|run| {
            let step = &mut |updates: u64| bar.set_position(run * last + updates);
            if self.units == Units::Gaussian {
                let machine = LinearMachine::with_weights_of(&problem.machine, 1.0, 1.0)?;
                let per_epoch = problem.data.len() as f64 / self.batch_size.unwrap_or(BATCH) as f64;
                let mut trainer = LinearTrainer::new(machine, &problem.data, self.learning_rate, per_epoch)?;
                let weights = |trainer: &LinearTrainer| weights_of_linear(trainer.machine());
                return Ok(simulate(&mut trainer, weights, &problem.view, &problem.schedule, step)?);
            }
            let mut trainer = self.trainer(self.settings(common.seed.wrapping_add(run)), problem)?;
            if run > 0 {
                return sampled(&mut trainer, problem, step);
            }
            let (course, looks) = simulate_probed(&mut trainer, &problem.view, &problem.schedule, step)?;
            probes = looks;
            Ok(course)
        });
        let courses = courses.collect::<Result<Vec<Course>, CliError>>()?;
        bar.finish_and_clear();
        Ok((courses, probes))
    }

    fn settings(&self, seed: u64) -> Settings {
        let batch_size = self.batch_size.unwrap_or(BATCH);
        Settings {
            algorithm: self.algorithm(),
            gibbs_steps: self.gibbs_steps.unwrap_or(1),
            chains: self.chains.unwrap_or(batch_size),
            batch_size,
            learning_rate: self.learning_rate.unwrap_or(LEARNING_RATE),
            l2: 0.0,
            centred: false,
            seed,
        }
    }

    /// Prepares every theory once, so that options that do not fit it are reported before any simulation.
    fn try_theories(&self, problem: &Problem) -> Result<(), CliError> {
        for closure in &self.closures {
            let setup = self.setup_of(*closure, problem);
            setup.prepare(&problem.data, &problem.moments, &problem.machine)?;
        }
        Ok(())
    }

    /// The setup of a closure: its flow, or its map.
    fn setup_of(&self, closure: Closure, problem: &Problem) -> Setup {
        let rate = self.learning_rate.unwrap_or(LEARNING_RATE);
        let basis = (problem.view.directions(), problem.data.units());
        self.setup(closure, basis, if self.flow { 0.0 } else { rate })
    }

    /// The setup of a closure. Only this function knows what each closure needs.
    fn setup(&self, closure: Closure, (directions, sites): (usize, usize), learning_rate: f64) -> Setup {
        let linear = matches!(closure, Closure::Linear | Closure::LinearIsing);
        let response = match self.response {
            Some(response) => response,
            None if directions <= 2 => ResponseKind::FiniteSize,
            None if directions <= MODES => ResponseKind::MeanField,
            None => ResponseKind::Gaussian,
        };
        let several = closure == Closure::FixedPrior && response != ResponseKind::Gaussian && directions > 1;
        let noise = self.noise.unwrap_or(if several { NoiseKind::None } else { NoiseKind::Decaying });
        Setup {
            closure,
            noise,
            response: if linear { ResponseKind::Gaussian } else { response },
            prior_v: self.prior_v.clone(),
            // Linear machines are cheap enough to be kept whole, and chains are for data with many modes.
            directions: match closure {
                Closure::Linear | Closure::LinearIsing | Closure::Chains => None,
                Closure::Population if self.resolved == Some(Resolved::Sites) => Some(sites),
                _ => Some(directions),
            },
            learning_rate,
            chains: self.mean_field.settings(),
            ..Setup::default()
        }
    }

    fn theory(
        &self,
        common: &Common,
        problem: &Problem,
        (reference, seeds): (&Reference<'_>, &[u64]),
        closure: Closure,
    ) -> Result<Theory, CliError> {
        let rate = self.learning_rate.unwrap_or(LEARNING_RATE);
        let setup = self.setup_of(closure, problem);
        let method = |flow: &Flow| if self.flow { flow.suggested_method() } else { Method::Map };
        let times: Vec<f64> = problem.schedule.iter().map(|&update| update as f64 * rate).collect();
        let courses: Vec<Setup> = match self.batches && matches!(setup.closure, Closure::Population | Closure::Chains) {
            false => vec![setup.clone()],
            true => {
                let size = self.settings(0).batch_size;
                let batches = seeds.iter().map(|&seed| Some(BatchSettings { size, seed }));
                batches.map(|batches| Setup { batches, ..setup.clone() }).collect()
            }
        };
        let bar = progress::share(common, "theory");
        let whole = courses.len() as f64 * times.last().copied().unwrap_or_default();
        let one = |setup: &Setup| {
            let prepared = setup.prepare(&problem.data, &problem.moments, &problem.machine)?;
            let integrator =
                Integrator { method: method(&prepared.flow), learning_rate: rate, ..Integrator::default() };
            let plan = Plan { times: times.clone(), integrator, bulk_edge: None };
            let mut reached = 0.0;
            predict(&prepared, &plan, &problem.view, &mut |time| {
                bar.add_share((time - reached) / whole);
                reached = time;
            })
        };
        let predictions: Vec<Prediction> = courses.par_iter().map(one).collect::<crate::Result<_>>()?;
        bar.finish_and_clear();
        let followed: Vec<Followed> =
            predictions.iter().map(|prediction| reference.follow(&prediction.course)).collect::<crate::Result<_>>()?;
        Ok(Theory { closure: name(&closure), setup, predictions, followed: Followed::mean_of(&followed) })
    }

    /// Seeds of the runs.
    fn seeds(&self, common: &Common, recorded: &[RecordedRun]) -> Vec<u64> {
        match recorded {
            [] => (0..self.runs.unwrap_or(1) as u64).map(|run| common.seed.wrapping_add(run)).collect(),
            recorded => recorded.iter().map(|run| run.seed).collect(),
        }
    }

    fn simulation_report(
        &self,
        common: &Common,
        problem: &Problem,
        curves: &Curves,
        recorded: &[RecordedRun],
    ) -> SimulationReport {
        let gaussian = self.units == Units::Gaussian;
        let algorithm = self.algorithm();
        let exact = gaussian || algorithm == Algorithm::Exact;
        let runs = curves.runs.len();
        SimulationReport {
            units: if gaussian { "gaussian" } else { "ising" },
            algorithm: match algorithm {
                _ if exact => "exact",
                Algorithm::Cd => "cd",
                _ => "pcd",
            },
            gibbs_steps: if exact { None } else { self.gibbs_steps },
            chains: (!exact && algorithm == Algorithm::Pcd).then(|| self.settings(0).chains),
            batch_size: (!gaussian).then(|| self.settings(0).batch_size),
            learning_rate: self.learning_rate.unwrap_or(LEARNING_RATE),
            runs,
            seeds: self.seeds(common, recorded),
            visible: problem.machine.visible,
            hidden: problem.machine.hidden,
            updates: problem.schedule.last().copied().unwrap_or(0),
            t_end: curves.times.last().copied().unwrap_or(0.0),
            flow: self.flow,
            batches: self.batches,
        }
    }
}

/// A learning rate that resolves growth: 0.01, or the largest one-digit rate at which the fastest mode grows by at most
/// 30 % per update.
fn resolving(fastest: f64) -> f64 {
    if fastest * LEARNING_RATE <= GROWTH {
        return LEARNING_RATE;
    }
    let largest = GROWTH / fastest;
    let unit = 10f64.powf(largest.log10().floor());
    // Division by a power of ten is exact where multiplication by its inverse is not: 0.002, not 0.0020000000000000005.
    let digit = (largest / unit).floor();
    digit / (1.0 / unit).round()
}

/// Name of a closure, as in options.
fn name(closure: &Closure) -> String {
    closure.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_resolves_growth() {
        assert_eq!(resolving(20.8), 0.01);
        assert_eq!(resolving(143.0), 0.002);
        assert_eq!(resolving(3500.0), 8e-5);
    }
}
