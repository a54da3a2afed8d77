//! The options of `compare`.

use crate::Prior;
use crate::cli::data::{DataOptions, InitOptions};
use crate::cli::learn::ChainOptions;
use crate::cli::options::{TRAINED_UNITS, one_of, trained};
use crate::learning::{Closure, NoiseKind, ResponseKind};
use crate::simulator::machine::{Algorithm, Units};
use crate::simulator::run::Spacing;
use crate::study::compare::{Assumptions, Design, Resolved};
use clap::Args;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Compare theories of learning with simulations: the same data, the same initial machine, one pair of axes.
///
/// Simulations differ in the seed of batches and chains alone. Theories make the simulation's steps (--flow for none), and
/// both are seen along the same directions of the data. Writes report.json, report.md, curves.csv, comparison.png, .svg and
/// run.toml.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(mut_arg("data", |data| data.default_value("clusters")), mut_arg("hidden", |hidden| hidden.default_value("200")))]
#[command(after_help = "Examples:
  spectral-rbm compare
  spectral-rbm compare --visible 600 --hidden 300 --amplitudes 0.9,0.5 --runs 8
  spectral-rbm compare --data mnist --hidden 400 --directions 30 --modes 10 --runs 2
  spectral-rbm compare --algorithm cd --gibbs-steps 1
  spectral-rbm compare --algorithm exact --hidden 12
  spectral-rbm compare --units gaussian --data ellipsoid --visible 50 --hidden 20
  spectral-rbm compare --simulation results/run-1 results/run-2 --closures fixed-prior")]
#[serde(deny_unknown_fields)]
pub(in crate::cli) struct CompareOptions {
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) data: DataOptions,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) init: InitOptions,
    /// Simulations, with the seeds --seed, --seed + 1, ... [default: 8; 1 where nothing is left to chance]
    #[arg(long, value_name = "R")]
    pub(super) runs: Option<usize>,
    /// Folders of finished runs of train, instead of simulating; data, start and settings are then those of the runs
    #[arg(long, num_args = 1.., value_name = "DIR")]
    #[serde(default)]
    pub(super) simulation: Vec<PathBuf>,
    /// Theories [default: population,fixed-prior, before them cd beside simulations by cd; linear of Gaussian units]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "CLOSURE,...")]
    #[serde(default)]
    pub(super) closures: Vec<Closure>,
    #[command(flatten)]
    #[serde(flatten)]
    pub(super) mean_field: ChainOptions,
    /// The machine's own term in fixed-prior [default: finite-size in one or two directions, mean-field up to ten, gaussian]
    #[arg(long, value_enum)]
    pub(super) response: Option<ResponseKind>,
    /// The weights along other directions in fixed-prior: they stay, decay or are dropped [default: decaying; none where states
    /// are looked for in several directions, which noise makes ten times as slow]
    #[arg(long, value_enum)]
    pub(super) noise: Option<NoiseKind>,
    /// Law of the hidden components v̂ in fixed-prior: gaussian, uniform, bernoulli or laplace
    #[arg(long, default_value = "gaussian", value_name = "PRIOR")]
    pub(super) prior_v: Prior,
    /// Modes compared [default: one per direction, at most 10]
    #[arg(long, value_name = "K")]
    pub(super) modes: Option<usize>,
    /// Directions of the data on which both are seen, those that grow fastest; as many as visible units for all of W
    /// [default: one per amplitude of clusters, else all that grow]
    #[arg(long, value_name = "D")]
    pub(super) directions: Option<usize>,
    /// What the population closure resolves [default: all sites of up to 600 units, else the directions]
    #[arg(long, value_enum)]
    pub(super) resolved: Option<Resolved>,
    /// The closures population, chains and cd pass through the batches of each simulation, and their mean is compared; else cd
    /// passes through those of the first, and steps of the others see the mean of all data
    #[arg(long, conflicts_with = "flow")]
    #[serde(default)]
    pub(super) batches: bool,
    /// The continuous flow instead of steps of the simulation's learning rate
    #[arg(long)]
    #[serde(default)]
    pub(super) flow: bool,
    /// Units: ±1, trained by sampling, or Gaussian, trained by the exact gradient
    #[arg(long, value_parser = one_of(&TRAINED_UNITS), default_value = "ising")]
    #[serde(deserialize_with = "trained")]
    pub(super) units: Units,
    /// Chains start at the data (cd) or go on for ever (pcd), or there are none (exact) [default: exact where one layer has at
    /// most 20 units and neither --gibbs-steps nor --chains is given, else pcd]
    #[arg(long, value_enum)]
    #[serde(default)]
    pub(super) algorithm: Option<Algorithm>,
    /// Gibbs steps of each update [default: 10 of pcd, 1 of cd]
    #[arg(long, value_name = "K")]
    pub(super) gibbs_steps: Option<usize>,
    /// Persistent chains [default: as many as samples in a batch]
    #[arg(long, value_name = "N")]
    pub(super) chains: Option<usize>,
    /// Samples of a batch [default: 500, or all if there are fewer]
    #[arg(long, value_name = "N")]
    pub(super) batch_size: Option<usize>,
    /// Factor of the gradient in each update [default: 0.01, or less where a mode would grow by more than 30 % in an update]
    #[arg(long, allow_negative_numbers = true, value_name = "RATE")]
    pub(super) learning_rate: Option<f64>,
    /// Passes through the data
    #[arg(long, allow_negative_numbers = true, conflicts_with = "updates")]
    pub(super) epochs: Option<f64>,
    /// Updates [default: twenty growth times of the slowest mode compared, up to t = 20]
    #[arg(long)]
    pub(super) updates: Option<u64>,
    /// Records, about
    #[arg(long, default_value_t = Design::default().records, value_name = "N")]
    pub(super) records: usize,
    /// Records by the logarithm of the update, or evenly [default: half of them so, half so]
    #[arg(long, value_enum)]
    pub(super) record_spacing: Option<Spacing>,
    /// SHA-256 of the machines of runs that were read, noted when they were first used.
    #[arg(skip)]
    #[serde(default)]
    pub(super) simulation_checksums: Vec<String>,
}

impl CompareOptions {
    /// What the theories assume.
    pub(super) fn assumptions(&self) -> Assumptions {
        Assumptions {
            response: self.response,
            noise: self.noise,
            prior_v: self.prior_v.clone(),
            resolved: self.resolved,
            chains: self.mean_field.settings(),
            flow: self.flow,
        }
    }
}
