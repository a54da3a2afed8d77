//! `train`: a simulated training run.

use super::data::{DataOptions, DataReport, InitOptions};
use super::destination::{Destination, RunFile, run_text};
use super::error::CliError;
use super::options::{Common, TRAINED_UNITS, one_of, trained};
use super::report::number;
use super::{budget, progress, report};
use crate::data::{Dataset, Expect, Moments, Spins};
use crate::learning::{LinearTheory, resolving_rate};
use crate::simulator::machine::{Algorithm, Hyperparameters, LinearMachine, Machine, Settings, Trainer, Units};
use crate::simulator::run::{
    Detail, Learner, Limits, LinearTrainer, MOST_RECORDS, Recorder, Spacing, SpectrumLog, Store, TRAINED_GROWTH,
    Training, Warning, run, sample_spread, schedule, warnings,
};
use crate::study::{drawing, tables};
use crate::theory::spectrum::{Decomposition, fit_weights};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use std::mem::{Discriminant, discriminant};
use std::path::PathBuf;

/// Folder used without --out.
pub(super) const DEFAULT_FOLDER: &str = "results/train";
/// Number of records shown.
const RECORDS_SHOWN: usize = 12;
/// Number of modes shown for each record.
const MODES_SHOWN: usize = 4;

/// Train a machine on data, recording the spectrum of its weights.
///
/// Writes spectrum.csv (singular values), records.npz (everything recorded), model.h5 (the machine at each record, in the
/// layout of the Python package rbms), figures and run.toml. A run that was stopped goes on with --resume, with the same
/// result as one that was not.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm train
  spectral-rbm train --data mnist --batch-size 500 --out results/mnist
  spectral-rbm train --resume results/mnist --epochs 40
  spectral-rbm train --data clusters --visible 400 --hidden 200 --amplitudes 0.9,0.5
  spectral-rbm train --units gaussian --data ellipsoid --visible 50 --hidden 20 --updates 2000")]
#[serde(deny_unknown_fields)]
pub(super) struct TrainOptions {
    #[command(flatten)]
    #[serde(flatten)]
    pub data: DataOptions,
    #[command(flatten)]
    #[serde(flatten)]
    pub init: InitOptions,
    /// Units: ±1, trained by sampling, or Gaussian, trained by the exact gradient
    #[arg(long, value_parser = one_of(&TRAINED_UNITS), default_value = "ising")]
    #[serde(deserialize_with = "trained")]
    pub units: Units,
    /// Gaussian: standard deviation of free visible units
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub sigma_v: f64,
    /// Gaussian: standard deviation of free hidden units
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub sigma_h: f64,
    /// Chains start at the data (cd) or go on for ever (pcd), or there are none (exact)
    #[arg(long, value_enum, default_value_t = Algorithm::Pcd)]
    pub algorithm: Algorithm,
    /// Gibbs steps of each update [default: 10 of pcd, 1 of cd]
    #[arg(long, value_name = "K")]
    pub gibbs_steps: Option<usize>,
    /// Persistent chains [default: as many as samples in a batch]
    #[arg(long, value_name = "N")]
    pub chains: Option<usize>,
    /// Samples of a batch
    #[arg(long, default_value_t = Settings::default().batch_size, value_name = "N")]
    pub batch_size: usize,
    /// Factor of the gradient in each update [default: 0.01, or less where a mode would grow by more than 5 % in an update; of
    /// Gaussian units at most half of what stays stable]
    #[arg(long, allow_negative_numbers = true, value_name = "RATE")]
    pub learning_rate: Option<f64>,
    /// Passes through the data [default: 20]
    #[arg(long, allow_negative_numbers = true, conflicts_with = "updates")]
    pub epochs: Option<f64>,
    /// Updates, instead of --epochs
    #[arg(long)]
    pub updates: Option<u64>,
    /// Decay of the weights: their gradient loses l2 W
    #[arg(long, default_value_t = Settings::default().l2, allow_negative_numbers = true)]
    pub l2: f64,
    /// The centred gradient instead of the plain one (which is the theory's)
    #[arg(long)]
    #[serde(default)]
    pub centred: bool,
    /// Records taken, about
    #[arg(long, default_value_t = Training::default().records, value_name = "N")]
    pub records: usize,
    /// Records by the logarithm of the update, or evenly
    #[arg(long, value_enum, default_value_t)]
    pub record_spacing: Spacing,
    /// Record singular vectors too
    #[arg(long)]
    #[serde(default)]
    pub vectors: bool,
    /// Record singular values and the bulk alone: records are then three times as quick
    #[arg(long, conflicts_with = "vectors")]
    #[serde(default)]
    pub values_only: bool,
    /// Also write model-bernoulli.h5, the machine converted to units 0 and 1
    #[arg(long, value_enum, value_name = "UNITS")]
    pub export: Option<Export>,
    /// Go on with the run in this folder, with its options; only --epochs or --updates may be given beside it
    #[arg(long, value_name = "DIR")]
    #[serde(skip)]
    pub resume: Option<PathBuf>,
    /// Updates of the runs that this one has extended, each with its own records.
    #[arg(skip)]
    #[serde(default)]
    pub extended: Vec<u64>,
    /// Epochs or updates to which a run is extended.
    #[arg(skip)]
    #[serde(skip)]
    longer: Option<(Option<f64>, Option<u64>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Export {
    Bernoulli,
}

#[derive(Serialize)]
struct TrainReport<'a> {
    data: DataReport,
    updates: u64,
    time: f64,
    epochs: f64,
    singular_values: &'a [f64],
    bulk_sigma: f64,
    outliers: f64,
    /// The reason why sigma and outliers mean nothing, if so.
    bulk_note: Option<String>,
    /// What the run's numbers show to be wrong.
    warnings: &'a [String],
    files: &'a [PathBuf],
}

impl TrainOptions {
    pub fn execute(self, common: &Common) -> Result<(), CliError> {
        let Some(folder) = self.resume.clone() else {
            let destination = Destination::new(common, DEFAULT_FOLDER)?;
            return self.go_on(common, destination, false);
        };
        if !folder.is_dir() {
            return Err(CliError::Input(format!("--resume: there is no folder {}", folder.display())));
        }
        // Locks the folder before reading it, since another run may be finishing there.
        let common = Common { out: Some(folder.clone()), ..common.clone() };
        let destination = Destination::new(&common, DEFAULT_FOLDER)?;
        let (file, _) = RunFile::read(&Store::run_file(&folder))?;
        if file.command != "train" {
            return Err(CliError::Input(format!("{} holds a run of {}, not of train", folder.display(), file.command)));
        }
        let common = Common { seed: file.seed, ..common };
        let mut options: Self = file.options()?;
        options.longer =
            Some((self.epochs, self.updates)).filter(|(epochs, updates)| epochs.is_some() || updates.is_some());
        options.go_on(&common, destination, true)
    }

    /// Trains, from the start or from the last state stored in the folder.
    fn go_on(mut self, common: &Common, mut destination: Destination, resumed: bool) -> Result<(), CliError> {
        let gaussian = self.units == Units::Gaussian;
        self.check()?;
        let data = self.data.load(common, if gaussian { Expect::Real } else { Expect::Spins })?;
        self.batch_size = self.data.batch(self.batch_size, data.len());
        let times = self.times(data.len())?;
        let machine = self.init.machine(&data, common.seed, gaussian)?;
        self.check_cost(&data, &times)?;
        let recorder = Recorder::new(&data, self.detail())?;
        let run = (common, &mut destination, resumed);
        if gaussian {
            let machine = LinearMachine::with_weights_of(&machine, self.sigma_v, self.sigma_h)?;
            let per_epoch = data.len() as f64 / self.batch_size as f64;
            let mut trainer = LinearTrainer::new(machine, &data, self.learning_rate, per_epoch)?;
            self.learning_rate = Some(trainer.learning_rate());
            self.learn(&mut trainer, &data, &recorder, (&times, 0.0), run)
        } else {
            let growth = match self.needs_covariance() {
                true => LinearTheory::of_ising(&Moments::of(&data)?)?.rates.max(),
                false => 0.0,
            };
            self.learning_rate.get_or_insert_with(|| resolving_rate(growth, TRAINED_GROWTH));
            let mut trainer = Trainer::new(machine, data.spins()?, self.settings(common.seed))?;
            self.learn(&mut trainer, &data, &recorder, (&times, growth), run)
        }
    }

    fn learn(
        &self,
        learner: &mut impl Learner,
        data: &Dataset,
        recorder: &Recorder,
        (times, growth): (&[u64], f64),
        (common, destination, resumed): (&Common, &mut Destination, bool),
    ) -> Result<(), CliError> {
        let (hyperparameters, units) = (self.hyperparameters(), self.units);
        let text = run_text(common, "train", self)?;
        let total = times.last().copied().unwrap_or(0);
        // Checked before the stored files are unpacked.
        let made = if resumed { Store::made(destination.folder(), units)? } else { None };
        let store = if resumed {
            if let Some(done) = made.filter(|&done| done > total) {
                return Err(CliError::Input(format!(
                    "the run has made {done} updates already, and {total} are asked for: a run can be extended, not shortened"
                )));
            }
            let store = Store::open(destination.folder(), hyperparameters, units)?;
            store.note_run(text.as_bytes())?;
            store
        } else {
            Store::create(destination.folder(), hyperparameters, units, text.as_bytes())?
        };
        let bar = progress::updates(common, "training", total).starting_at(made.unwrap_or(0));
        let mut watch = Watch::new(growth);
        let log = run(learner, recorder, times, &store, &mut |updates, log| {
            bar.set_position(updates);
            watch.look(log).iter().for_each(|warning| bar.warn(warning));
        })?;
        bar.finish_and_clear();
        let mut doubts: Vec<String> = watch.warnings(&log).iter().map(ToString::to_string).collect();
        let machine = self.write(common, destination, &store, &log, data)?;
        store.remove()?;
        let note = bulk_note(&machine)?;
        if let (Units::Ising, Ok(spins)) = (units, data.spins()) {
            doubts.extend(self.collapse(common, &machine, spins)?.map(|warning| warning.to_string()));
        }
        let last = log.records.last().ok_or_else(|| CliError::Failed("nothing was recorded".to_owned()))?;
        let result = TrainReport {
            data: self.data.report(data),
            updates: last.update,
            time: last.time,
            epochs: last.epoch,
            singular_values: last.singular_values(),
            bulk_sigma: last.value("bulk_sigma"),
            outliers: last.value("outliers"),
            bulk_note: note,
            warnings: &doubts,
            files: destination.written(),
        };
        report::show(common, &result, || {
            let note = result.bulk_note.as_ref().map_or(String::new(), |note| format!("\nbulk at the end: {note}\n"));
            let doubts: String = doubts.iter().map(|doubt| format!("\nwarning: {doubt}\n")).collect();
            result.data.text() + "\n" + &table(&log) + &note + &doubts + "\n" + &destination.summary()
        });
        Ok(())
    }

    /// Whether chains of the machine end in far fewer states than the data have.
    fn collapse(&self, common: &Common, machine: &Machine, data: &Spins) -> Result<Option<Warning>, CliError> {
        let spinner = progress::spinner(common, "sampling");
        let spread = sample_spread(machine, data, common.seed)?;
        spinner.finish_and_clear();
        Ok((spread < Limits::default().spread).then_some(Warning::Collapsed { spread }))
    }

    /// Writes all files; returns the last machine.
    fn write(
        &self,
        common: &Common,
        destination: &mut Destination,
        store: &Store,
        log: &SpectrumLog,
        data: &Dataset,
    ) -> Result<Machine, CliError> {
        destination.table("spectrum.csv", &tables::spectrum(log))?;
        let npz = log.to_npz().map_err(|error| CliError::Failed(format!("cannot write records.npz: {error}")))?;
        destination.write("records.npz", &npz)?;
        let model = store.collect()?;
        let mut save = |name: &str, units| -> Result<(), CliError> {
            let path = destination.folder().join(name);
            model.write(&path, units)?;
            destination.note([path]);
            Ok(())
        };
        save("model.h5", self.units)?;
        if self.export == Some(Export::Bernoulli) {
            save("model-bernoulli.h5", Units::Bernoulli)?;
        }
        let nothing = || CliError::Failed("nothing was recorded".to_owned());
        let last = &model.checkpoints.last().ok_or_else(nothing)?.machine;
        destination.save_all(&drawing::of_run(log, (data.units(), self.init.hidden))?)?;
        if let Some(shape) = data.image_shape.filter(|&shape| drawing::fits_on_a_page(shape)) {
            let modes = Decomposition::of(&last.weights, last.visible, last.hidden)?;
            destination.save("modes", &drawing::modes(&modes, shape)?)?;
        }
        destination.write_run(common, "train", self)?;
        destination.remove_stale(&["model-bernoulli.h5", "modes.png", "modes.svg", "spectrum.png", "spectrum.svg"])?;
        Ok(last.clone())
    }

    /// Refuses options that are out of range or do not go together.
    fn check(&self) -> Result<(), CliError> {
        let bad = |message: String| Err(CliError::Input(message));
        if self.records > MOST_RECORDS {
            return bad(format!("--records is {}: at most {MOST_RECORDS} are taken", self.records));
        }
        if self.batch_size == 0 {
            return bad("--batch-size is 0: a batch has at least one sample".to_owned());
        }
        if self.units == Units::Gaussian && (self.export.is_some() || self.l2 != 0.0 || self.centred) {
            return bad("--export, --l2 and --centred are for ±1 units, not for --units gaussian".to_owned());
        }
        Ok(())
    }

    /// Refuses runs that would take too much time or memory.
    fn check_cost(&self, data: &Dataset, times: &[u64]) -> Result<(), CliError> {
        let (visible, hidden) = (data.units() as f64, self.init.hidden as f64);
        let chains = match self.algorithm {
            Algorithm::Cd => self.batch_size,
            Algorithm::Pcd => self.chains.unwrap_or(self.batch_size),
            Algorithm::Exact => 0,
        };
        let weights = visible * hidden;
        // Exact sums run over the states of the smaller layer.
        let states = if self.algorithm == Algorithm::Exact { visible.min(hidden).exp2() } else { 0.0 };
        let sampled =
            |steps: f64| weights * (2.0 * self.batch_size as f64 + states + chains as f64 * (1.0 + 2.0 * steps));
        if self.units == Units::Ising {
            // Both layers and the means of one, in single precision.
            budget::check_memory("--chains", chains, 4.0 * (visible + 2.0 * hidden))?;
            budget::check_gibbs_steps(self.steps(), chains, weights)?;
        }
        if self.needs_covariance() {
            // The covariance and its eigenvectors.
            budget::check_memory("the number of visible units", data.units(), 32.0 * visible)?;
        }
        let each = budget::update_seconds(match self.units {
            Units::Gaussian => visible * weights,
            _ => sampled(self.steps() as f64),
        });
        match self.epochs.filter(|_| self.updates.is_none()) {
            Some(epochs) => budget::check_time("--epochs", epochs, each * data.len() as f64 / self.batch_size as f64)?,
            None => budget::check_time("--updates", times.last().copied().unwrap_or(0) as f64, each)?,
        }
        // The machine of every record is in memory, and a second time while it is written; also what is recorded of it.
        let vectors = if self.vectors { 2.0 * (visible + hidden) * visible.min(hidden) } else { 0.0 };
        budget::check_memory("the number of records (--records)", times.len(), 8.0 * (weights + vectors))
    }

    /// Updates at which records are taken: those of this run, and of the shorter runs that it extends.
    fn times(&mut self, samples: usize) -> Result<Vec<u64>, CliError> {
        let mut updates = self.updates(samples)?;
        if let Some((epochs, given)) = self.longer {
            (self.epochs, self.updates) = (epochs, given);
            let longer = self.updates(samples)?;
            if longer != updates {
                self.extended.push(updates);
            }
            updates = longer;
        }
        let all = self.extended.iter().chain([&updates]);
        let mut times: Vec<u64> =
            all.flat_map(|&updates| schedule(updates, self.records, self.record_spacing)).collect();
        times.retain(|&update| update <= updates);
        times.sort_unstable();
        times.dedup();
        Ok(times)
    }

    fn detail(&self) -> Detail {
        match (self.vectors, self.values_only) {
            (true, _) => Detail::Vectors,
            (_, true) => Detail::Values,
            _ => Detail::Modes,
        }
    }

    /// Number of updates of the whole run, as given or from the number of epochs.
    fn updates(&mut self, samples: usize) -> Result<u64, CliError> {
        if let Some(updates) = self.updates {
            return Ok(updates);
        }
        let epochs = *self.epochs.get_or_insert(Training::default().epochs);
        if !(epochs.is_finite() && epochs >= 0.0) {
            return Err(CliError::Input(format!("--epochs is {epochs}: it must be finite and not negative")));
        }
        // The check of the time refuses numbers that are too large.
        Ok((epochs * samples as f64 / self.batch_size as f64).ceil() as u64)
    }

    /// Whether the covariance of the data is computed: for records of modes, and for a learning rate that is left open.
    fn needs_covariance(&self) -> bool {
        self.units == Units::Gaussian || !self.values_only || self.learning_rate.is_none()
    }

    /// Gibbs steps of each update.
    pub fn steps(&self) -> usize {
        self.gibbs_steps.unwrap_or(self.algorithm.gibbs_steps())
    }

    /// Settings of training by sampling, with all defaults filled in.
    fn settings(&mut self, seed: u64) -> Settings {
        Settings {
            algorithm: self.algorithm,
            gibbs_steps: *self.gibbs_steps.get_or_insert(self.algorithm.gibbs_steps()),
            chains: *self.chains.get_or_insert(self.batch_size),
            batch_size: self.batch_size,
            learning_rate: self.learning_rate.unwrap_or_default(),
            l2: self.l2,
            centred: self.centred,
            seed,
        }
    }

    fn hyperparameters(&self) -> Hyperparameters {
        Hyperparameters {
            batch_size: self.batch_size as u64,
            gibbs_steps: self.steps() as u64,
            learning_rate: self.learning_rate.unwrap_or_default(),
            l2: self.l2,
        }
    }
}

/// Looks at the records of a run as they come.
struct Watch {
    growth: f64,
    records: usize,
    told: Vec<Discriminant<Warning>>,
}

impl Watch {
    fn new(growth: f64) -> Self {
        Self { growth, records: 0, told: Vec::new() }
    }

    /// Warnings of a new record, each kind once.
    fn look(&mut self, log: &SpectrumLog) -> Vec<Warning> {
        if log.records.len() == self.records {
            return Vec::new();
        }
        self.records = log.records.len();
        let mut new = self.warnings(log);
        new.retain(|warning| !self.told.contains(&discriminant(warning)));
        self.told.extend(new.iter().map(discriminant));
        new
    }

    fn warnings(&self, log: &SpectrumLog) -> Vec<Warning> {
        warnings(log, self.growth, &Limits::default())
    }
}

/// The reason why the bulk of a machine is not noise, if so.
fn bulk_note(machine: &Machine) -> Result<Option<String>, CliError> {
    let modes = Decomposition::of(&machine.weights, machine.visible, machine.hidden)?;
    Ok(fit_weights(&machine.weights, &modes)?.note)
}

/// A table of some of the records.
fn table(log: &SpectrumLog) -> String {
    let records = &log.records;
    let modes = records.first().map_or(0, |record| record.singular_values().len()).min(MODES_SHOWN);
    let names: Vec<String> = (1..=modes).map(|rank| format!("w_{rank}")).collect();
    let measures = [
        ("outliers", "outliers"),
        ("bulk sigma", "bulk_sigma"),
        ("reconstruction error", "reconstruction_error"),
        ("pseudo-log-likelihood", "pseudo_log_likelihood"),
        ("log-likelihood", "log_likelihood"),
    ];
    let measured: Vec<_> =
        measures.into_iter().filter(|(_, name)| records.iter().all(|record| !record.values(name).is_empty())).collect();
    let header = ["update", "time"].into_iter().chain(names.iter().map(String::as_str));
    let header: Vec<&str> = header.chain(measured.iter().map(|(title, _)| *title)).collect();
    let count = records.len();
    let rows = (0..count.min(RECORDS_SHOWN)).map(|row| {
        let record = &records[if count > RECORDS_SHOWN { row * (count - 1) / (RECORDS_SHOWN - 1) } else { row }];
        let start = [record.update.to_string(), number(record.time)];
        let modes = record.singular_values()[..modes].iter().map(|&w| number(w));
        start.into_iter().chain(modes).chain(measured.iter().map(|(_, name)| number(record.value(name)))).collect()
    });
    report::table(&header, rows)
}
