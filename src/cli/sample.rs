//! `sample`: samples of a trained machine, and its partition function.

use super::data::{DataOptions, DataReport};
use super::destination::Destination;
use super::error::CliError;
use super::model::{ModelOptions, ModelSource};
use super::options::Common;
use super::report::number;
use super::{budget, progress, report};
use crate::data::{Dataset, Expect};
use crate::simulator::machine::{Annealing, Machine, PartitionEstimate, QUICK_EXACT_UNITS, Sampler, Units};
use crate::study::drawing;
use clap::Args;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

const DEFAULT_FOLDER: &str = "results/sample";
/// Gibbs steps between two updates of the progress bar.
const STRIDE: usize = 10;

/// Sample from a trained machine by Gibbs sampling.
///
/// Writes samples.npz (array samples, ±1, one row per chain), samples.png and .svg where the visible layer is an image, and
/// run.toml. With --likelihood also log Z (exact for small machines, else by annealed importance sampling, with its error)
/// and the mean log-likelihood of the data.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm sample
  spectral-rbm sample results/mnist --chains 100 --steps 10000
  spectral-rbm sample results/mnist --likelihood --data mnist --format json")]
#[serde(deny_unknown_fields)]
pub(super) struct SampleOptions {
    #[command(flatten)]
    #[serde(flatten)]
    model: ModelOptions,
    /// Data of --likelihood and --from-data; without, those that the machine was trained on, where a run.toml beside it tells.
    #[command(flatten)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<DataOptions>,
    /// Chains, each a sample
    #[arg(long, default_value_t = 100, value_name = "N")]
    chains: usize,
    /// Gibbs steps from independent units, or from the data
    #[arg(long, default_value_t = 1000, value_name = "K")]
    steps: usize,
    /// Start the chains at the data (--data, else those that the machine was trained on)
    #[arg(long)]
    #[serde(default)]
    from_data: bool,
    /// Estimate log Z and the mean log-likelihood of the data (--data, else those that the machine was trained on)
    #[arg(long)]
    #[serde(default)]
    likelihood: bool,
    /// Intermediate machines of the annealing
    #[arg(long, default_value_t = Annealing::default().temperatures, value_name = "N")]
    temperatures: usize,
}

#[derive(Serialize)]
struct SampleReport {
    data: Option<DataReport>,
    visible: usize,
    hidden: usize,
    /// Assumptions made in reading the model.
    model_notes: Vec<String>,
    chains: usize,
    steps: usize,
    mean_spin: f64,
    log_partition: Option<PartitionEstimate>,
    log_likelihood: Option<f64>,
    files: Vec<PathBuf>,
}

impl SampleOptions {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        if self.steps == 0 {
            return Err(CliError::Input("--steps is 0: the chains are no samples before the first step".to_owned()));
        }
        if self.temperatures == 0 {
            return Err(CliError::Input("--temperatures is 0: at least one is needed".to_owned()));
        }
        let mut destination = Destination::new(common, DEFAULT_FOLDER)?;
        let source = self.model.open(common, false)?;
        let machine = source.machine(self.model.update)?;
        let shape = self.model.shape(machine.visible)?;
        self.check_cost(&machine)?;
        let data = self.load_data(common, &machine)?;
        let spins = data.as_ref().map(Dataset::spins).transpose()?;
        let mut sampler = match &data {
            Some(data) if self.from_data => {
                Sampler::from_samples(&machine, data.clone().first(Some(self.chains))?.spins()?, common.seed)?
            }
            _ => Sampler::new(&machine, self.chains, common.seed)?,
        };
        let bar = progress::updates(common, "sampling", self.steps as u64);
        for start in (0..self.steps).step_by(STRIDE) {
            sampler.advance(STRIDE.min(self.steps - start));
            bar.inc(STRIDE as u64);
        }
        bar.finish_and_clear();
        let samples = sampler.visible_spins();
        let log_partition = if self.likelihood { Some(self.log_partition(common, &machine)?) } else { None };
        let log_likelihood = match (log_partition, spins) {
            (Some(estimate), Some(spins)) => Some(machine.log_likelihood(spins, estimate.log_partition)?),
            _ => None,
        };
        destination.write("samples.npz", &samples.to_npz().map_err(|e| CliError::Failed(e.to_string()))?)?;
        if let Some(shape) = shape {
            destination.save("samples", &drawing::samples(&samples, shape)?)?;
        }
        destination.write_run(common, "sample", &self)?;
        let sums = samples.unit_sums();
        let summary = SampleReport {
            data: self.data.as_ref().zip(data.as_ref()).map(|(options, data)| options.report(data)),
            visible: machine.visible,
            hidden: machine.hidden,
            model_notes: source.notes(self.model.update)?.into_iter().chain(converted(&source, &machine)).collect(),
            chains: samples.samples(),
            steps: self.steps,
            mean_spin: sums.iter().sum::<i64>() as f64 / (samples.samples() * samples.units()) as f64,
            log_partition,
            log_likelihood,
            files: destination.written().to_vec(),
        };
        report::show(common, &summary, || summary.text() + &destination.summary());
        Ok(())
    }

    /// The data that the options ask for, if any: those given, or those that the machine was trained on.
    fn load_data(&mut self, common: &Common, machine: &Machine) -> Result<Option<Dataset>, CliError> {
        if !(self.from_data || self.likelihood) {
            return Ok(None);
        }
        if self.data.is_none() {
            self.data = self.model.training_data(common)?;
        }
        let visible = machine.visible;
        let Some(options) = &mut self.data else {
            let message = format!(
                "--likelihood and --from-data need data, of {visible} units as the machine has visible ones: give --data FILE"
            );
            return Err(CliError::Input(message));
        };
        let data = options.load(common, Expect::Spins)?;
        if data.units() != visible {
            let message = format!(
                "--data {} has {} units, and the machine {visible} visible ones: give --data FILE of as many units",
                options.data,
                data.units()
            );
            return Err(CliError::Input(message));
        }
        Ok(Some(data))
    }

    /// Refuses numbers of chains, steps and temperatures that would take too much time or memory.
    fn check_cost(&self, machine: &Machine) -> Result<(), CliError> {
        let (visible, hidden) = (machine.visible as f64, machine.hidden as f64);
        // Both layers and the means of one, in single precision; twice, for --from-data.
        budget::check_memory("--chains", self.chains, 2.0 * 4.0 * (visible + 2.0 * hidden))?;
        let seconds = |chains: f64| budget::seconds(2.0 * chains * visible * hidden);
        budget::check_time("--steps", self.steps as f64, seconds(self.chains as f64))?;
        if self.likelihood && !is_summed(machine) {
            // A Gibbs sweep and the weights of the annealing.
            let each = seconds(2.0 * Annealing::default().chains as f64);
            budget::check_time("--temperatures", self.temperatures as f64, each)?;
        }
        Ok(())
    }

    fn log_partition(&self, common: &Common, machine: &Machine) -> Result<PartitionEstimate, CliError> {
        if is_summed(machine) {
            let spinner = progress::spinner(common, "log Z");
            let log_partition = machine.exact_log_partition()?;
            spinner.finish_and_clear();
            return Ok(PartitionEstimate { log_partition, error: 0.0, effective_chains: f64::INFINITY });
        }
        let annealing = Annealing { temperatures: self.temperatures, seed: common.seed, ..Annealing::default() };
        let bar = progress::updates(common, "log Z", self.temperatures as u64);
        let estimate = machine.annealed_log_partition(&annealing, None, &mut || bar.inc(1))?;
        bar.finish_and_clear();
        if estimate.is_doubtful() && !common.quiet {
            eprintln!(
                "note: only {:.1} chains count: log Z is likely too low, and likelihoods too high; raise --temperatures",
                estimate.effective_chains
            );
        }
        Ok(estimate)
    }
}

/// How log Z in the file's own units differs, where they are not ±1. With `v = (1 + s)/2` the energies differ by a
/// constant, `Σ_ij W'_ij/4 + Σ a'_i/2 + Σ b'_j/2 = Σ eta + Σ theta − Σ W`.
fn converted(source: &ModelSource, machine: &Machine) -> Option<String> {
    let ModelSource::File(file) = source else { return None };
    if file.units() != Units::Bernoulli {
        return None;
    }
    let sum = |values: &[f32]| values.iter().map(|&value| f64::from(value)).sum::<f64>();
    let more = sum(&machine.eta) + sum(&machine.theta) - sum(&machine.weights);
    Some(format!(
        "the file's units are 0 and 1; samples and log Z are those of the ±1 machine with the same law, and log Z of the file's \
         own energies is larger by {}",
        number(more)
    ))
}

/// Whether log Z is summed exactly.
fn is_summed(machine: &Machine) -> bool {
    machine.visible.min(machine.hidden) <= QUICK_EXACT_UNITS
}

impl SampleReport {
    fn text(&self) -> String {
        let mut text = self.data.as_ref().map(DataReport::text).unwrap_or_default();
        text += &report::model_notes(&self.model_notes);
        text += &format!(
            "{} samples of a machine of {} visible and {} hidden units after {} Gibbs steps; mean spin {}\n",
            self.chains,
            self.visible,
            self.hidden,
            self.steps,
            number(self.mean_spin)
        );
        if let Some(estimate) = self.log_partition {
            text += &format!("log Z = {} ± {}", number(estimate.log_partition), number(estimate.error));
            if estimate.effective_chains.is_finite() {
                text += &format!(" ({:.0} chains count)", estimate.effective_chains);
            }
            text += "\n";
        }
        if let Some(value) = self.log_likelihood {
            text += &format!("mean log-likelihood of the data: {} a sample\n", number(value));
        }
        text
    }
}
