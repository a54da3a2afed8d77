//! The command: simulations, made or read, and the theories beside them.

use super::curves;
use super::options::CompareOptions;
use super::report::CompareReport;
use super::runs::{self, RecordedRun};
use crate::cli::destination::{Destination, write_json};
use crate::cli::error::CliError;
use crate::cli::options::Common;
use crate::cli::{budget, progress, report};
use crate::data::Expect;
use crate::learning::{Closure, Setup};
use crate::simulator::machine::{Algorithm, Settings, Units};
use crate::study::compare::{
    BATCH, Beside, CLUSTER_SAMPLES, ChainProbe, Course, Curves, Design, Experiment, Outcome, Reference, Resolved, Runs,
    Theory,
};
use clap::ValueEnum;

/// Folder used without --out.
const DEFAULT_FOLDER: &str = "results/compare";

impl CompareOptions {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        let mut destination = Destination::new(common, DEFAULT_FOLDER)?;
        let recorded = runs::open(&mut self.simulation, &mut self.simulation_checksums)?;
        self.adopt(&recorded);
        self.check()?;
        let experiment = self.experiment(common, &recorded)?;
        let assumptions = self.assumptions();
        let setups: Vec<(String, Setup)> =
            self.closures.iter().map(|&closure| (name(closure), experiment.setup(closure, &assumptions))).collect();
        // Options that do not fit a theory are reported before any simulation.
        setups.iter().try_for_each(|(_, setup)| experiment.prepare(setup).map(|_| ()))?;
        let (courses, probes) = simulations(common, &experiment, &recorded)?;
        let reference = Reference::new(&courses[0], experiment.view().modes())?;
        let curves = Curves::of(&reference, &courses)?;
        let theory = |(name, setup): &(String, Setup)| -> Result<Theory, CliError> {
            let bar = progress::share(common, "theory");
            let theory = experiment.theory(name, setup, self.batches, &reference, &|share| bar.add_share(share))?;
            bar.finish_and_clear();
            Ok(theory)
        };
        let theories = setups.iter().map(theory).collect::<Result<_, _>>()?;
        let beside =
            experiment.beside().map(|settings| beside(common, &experiment, &reference, settings)).transpose()?;
        let outcome = Outcome { curves, probes: reference.named(&probes), theories, beside };
        let report = CompareReport::new(&self, &experiment, &outcome);
        let drawn = curves::figure(&self, &report, &outcome);
        write_json(&mut destination, "report.json", &report)?;
        destination.write("report.md", report.text(&outcome).as_bytes())?;
        curves::write(&outcome, &mut destination)?;
        destination.save("comparison", &drawn)?;
        destination.write_run(common, "compare", &self)?;
        report::show(common, &report, || {
            format!(
                "{}
{}",
                report.text(&outcome),
                destination.summary()
            )
        });
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
            _ => (Some(options.steps()), options.chains),
        };
        (self.batch_size, self.learning_rate, self.epochs) = (Some(options.batch_size), options.learning_rate, None);
    }

    /// Refuses closures that cannot be compared, and fills in those that are compared by default.
    fn check(&mut self) -> Result<(), CliError> {
        let bad = |message: String| Err(CliError::Input(message));
        let gaussian = self.units == Units::Gaussian;
        if self.closures.is_empty() {
            self.closures = match gaussian {
                true => vec![Closure::Linear],
                false if self.algorithm == Some(Algorithm::Cd) => {
                    vec![Closure::Cd, Closure::Population, Closure::FixedPrior]
                }
                false => vec![Closure::Population, Closure::FixedPrior],
            };
        }
        for (index, &closure) in self.closures.iter().enumerate() {
            if self.closures[..index].contains(&closure) {
                return bad(format!("--closures names {} twice", name(closure)));
            }
            if gaussian && closure != Closure::Linear {
                return bad(format!("--closures: {} is a theory of ±1 units, not of --units gaussian", name(closure)));
            }
        }
        if self.batches
            && !self.closures.iter().any(|name| matches!(name, Closure::Population | Closure::Chains | Closure::Cd))
        {
            return bad(
                "--batches is for the closures population, chains and cd, and --closures names none of them".to_owned()
            );
        }
        Ok(())
    }

    /// The experiment; options that were left open take the values that it chose.
    fn experiment(&mut self, common: &Common, recorded: &[RecordedRun]) -> Result<Experiment, CliError> {
        let gaussian = self.units == Units::Gaussian;
        let clusters = self.data.data == "clusters";
        if clusters {
            self.data.samples.get_or_insert(CLUSTER_SAMPLES);
        }
        let data = self.data.load(common, if gaussian { Expect::Real } else { Expect::Spins })?;
        if !gaussian {
            self.batch_size = Some(self.data.batch(self.batch_size.unwrap_or(BATCH), data.len()));
        }
        let machine = match recorded.first() {
            Some(run) => run.start()?,
            None => self.init.machine(&data, common.seed, gaussian)?,
        };
        if clusters {
            self.directions.get_or_insert(self.data.amplitudes.len().min(data.units()));
        }
        let runs = match recorded.first() {
            None => Runs::Simulated { count: self.runs, seed: common.seed },
            Some(first) => Runs::Recorded {
                seeds: recorded.iter().map(|run| run.seed).collect(),
                schedule: first.updates().to_vec(),
            },
        };
        let design = self.design(runs).with_algorithm(data.len(), machine.visible.min(machine.hidden))?;
        let Settings { gibbs_steps, chains, .. } = design.settings(0);
        budget::check_gibbs_steps(gibbs_steps, chains, machine.visible as f64 * machine.hidden as f64)?;
        let spinner = progress::spinner(common, "moments and directions");
        let experiment = Experiment::new(data, machine, design)?;
        spinner.finish_and_clear();
        self.settle(experiment.design());
        self.resolved.get_or_insert(Resolved::for_units(experiment.data().units()));
        Ok(experiment)
    }

    fn design(&self, runs: Runs) -> Design {
        Design {
            units: self.units,
            algorithm: self.algorithm,
            gibbs_steps: self.gibbs_steps,
            chains: self.chains,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            updates: self.updates,
            epochs: self.epochs,
            records: self.records,
            spacing: self.record_spacing,
            directions: self.directions,
            modes: self.modes,
            runs,
        }
    }

    /// Takes over a design that leaves nothing open, so that the command can be repeated.
    fn settle(&mut self, design: &Design) {
        (self.algorithm, self.gibbs_steps, self.chains) = (design.algorithm, design.gibbs_steps, design.chains);
        (self.batch_size, self.learning_rate) = (design.batch_size, design.learning_rate);
        (self.updates, self.epochs) = (design.updates, design.epochs);
        (self.directions, self.modes) = (design.directions, design.modes);
        self.runs = Some(design.runs.seeds().len());
    }
}

/// The courses of all runs, and the probes of the chains of the first.
fn simulations(
    common: &Common,
    experiment: &Experiment,
    recorded: &[RecordedRun],
) -> Result<(Vec<Course>, Vec<ChainProbe>), CliError> {
    if !recorded.is_empty() {
        let courses = recorded.iter().map(|run| run.course(experiment.view())).collect::<Result<_, _>>()?;
        return Ok((courses, Vec::new()));
    }
    let bar = progress::updates(common, "simulating", experiment.seeds().len() as u64 * experiment.updates());
    let made = experiment.simulate(&mut |updates| bar.set_position(updates))?;
    bar.finish_and_clear();
    Ok(made)
}

/// An additional run.
fn beside(
    common: &Common,
    experiment: &Experiment,
    reference: &Reference<'_>,
    settings: Settings,
) -> Result<Beside, CliError> {
    let what = if settings.algorithm == Algorithm::Exact { "exact gradient" } else { "PCD for comparison" };
    let bar = progress::updates(common, what, experiment.updates());
    let run = experiment.run_beside(settings, reference, &mut |updates| bar.set_position(updates))?;
    bar.finish_and_clear();
    Ok(run)
}

/// Name of a closure, as in options.
fn name(closure: Closure) -> String {
    closure.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned())
}
