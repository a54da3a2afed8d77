//! Options that describe data and an initial machine: the same for every command that learns.

use super::CliError;
use super::budget::check_memory;
use super::model::{note_checksum, open_model};
use crate::Prior;
use crate::data::{Binarization, Clusters, Dataset, Ellipsoid, Expect, digits, mnist, read};
use crate::rbm::{Machine, ModelError, ModelReader};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Samples made where the number is not given.
const DEFAULT_SAMPLES: usize = 10_000;

/// Which data.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(super) struct DataOptions {
    /// digits (drawn by the program), mnist, clusters, ellipsoid, or a file: CSV, NPY, NPZ, HDF5 (`samples`), IDX, or a small
    /// machine's model file, from which exact samples are drawn
    #[arg(long, default_value = "digits", value_name = "DATA")]
    pub data: String,
    /// Number of samples [default: all there are; 10000 of what is drawn]
    #[arg(long, value_name = "M")]
    pub samples: Option<usize>,
    /// Visible units of clusters and ellipsoid
    #[arg(long, default_value_t = 400, value_name = "N")]
    pub visible: usize,
    /// Clusters: amplitudes a of the directions; a site's mean is tanh(sqrt(N) sum a u z)
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, default_value = "0.6931", value_name = "A,...")]
    pub amplitudes: Vec<f64>,
    /// Clusters: probability that z is +1, for each direction [default: 0.5]
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_name = "P,...")]
    #[serde(default)]
    pub balance: Vec<f64>,
    /// Clusters: law of the components of the directions [default: bernoulli]
    #[arg(long, value_name = "PRIOR")]
    pub prior_u: Option<Prior>,
    /// Ellipsoid: variances along its directions
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, default_value = "4,3,2", value_name = "V,...")]
    pub variances: Vec<f64>,
    /// Seed of drawn data
    #[arg(long, default_value_t = 0, value_name = "S")]
    pub data_seed: u64,
    /// How grey levels become ±1
    #[arg(long, value_enum, default_value_t)]
    #[serde(default)]
    pub binarization: BinarizationName,
    /// SHA-256 of the samples, noted when they were first used.
    #[arg(skip)]
    #[serde(default)]
    pub checksum: Option<String>,
}

/// How grey levels become ±1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum BinarizationName {
    /// +1 above 127
    #[default]
    Threshold,
    /// +1 with the probability level/255, drawn by --data-seed
    Stochastic,
}

impl DataOptions {
    /// Loads the data, and notes their checksum; if there is one already, the data must have it.
    pub fn load(&mut self, expect: Expect) -> Result<Dataset, CliError> {
        let set = self.read(expect)?;
        let checksum = set.checksum();
        if let Some(noted) = self.checksum.as_ref().filter(|noted| **noted != checksum) {
            let message = format!(
                "the data \"{}\" are not those that were used first: their SHA-256 is {checksum}, and was {noted}",
                self.data
            );
            return Err(CliError::Input(message));
        }
        self.checksum = Some(checksum);
        Ok(set)
    }

    fn read(&mut self, expect: Expect) -> Result<Dataset, CliError> {
        if self.samples == Some(0) {
            return Err(CliError::Input("--samples is 0: at least one sample is needed".to_owned()));
        }
        let drawn = self.samples.unwrap_or(DEFAULT_SAMPLES);
        // A bit a unit, or a double; a copy while they are drawn.
        let bytes = match self.data.as_str() {
            "digits" => 2.0 * 784.0 / 8.0,
            "clusters" => 2.0 * self.visible as f64 / 8.0,
            "ellipsoid" => 3.0 * self.visible as f64 * 8.0,
            _ => 0.0,
        };
        check_memory("--samples", drawn, bytes)?;
        let binarization = match self.binarization {
            BinarizationName::Threshold => Binarization::Threshold,
            BinarizationName::Stochastic => Binarization::Stochastic { seed: self.data_seed },
        };
        Ok(match self.data.as_str() {
            "digits" => digits::generate(drawn, self.data_seed)?,
            "mnist" => mnist::load(&mnist::locate(None)?, self.samples, binarization)?,
            "clusters" => self.clusters()?.generate(drawn)?,
            "ellipsoid" => Ellipsoid::new(self.visible, &self.variances, self.data_seed)?.generate(drawn)?,
            path => {
                let path = Path::new(path);
                // The resolved command must find it from any folder.
                let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
                self.data = path.display().to_string();
                if path.is_dir() {
                    mnist::load(&path, self.samples, binarization)?
                } else {
                    match ModelReader::open(&path, None) {
                        Ok(model) => Dataset::of_spins(model.machine(None)?.exact_samples(drawn, self.data_seed)?)?,
                        Err(error @ (ModelError::ModelType { .. } | ModelError::Units { .. })) => {
                            return Err(error.into());
                        }
                        // No model file: data, or what the reader of data says of it.
                        Err(_) => read(&path, expect)?.first(self.samples)?,
                    }
                }
            }
        })
    }

    /// The population of clusters.
    pub fn clusters(&mut self) -> Result<Clusters, CliError> {
        if self.balance.is_empty() {
            self.balance = vec![0.5; self.amplitudes.len()];
        }
        let prior = self.prior_u.get_or_insert(Prior::Bernoulli);
        Ok(Clusters::new(self.visible, &self.amplitudes, &self.balance, prior, self.data_seed)?)
    }
}

/// Which machine is learnt from.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(super) struct InitOptions {
    /// Hidden units
    #[arg(long, default_value_t = 400, value_name = "H")]
    pub hidden: usize,
    /// Standard deviation of the initial weights
    #[arg(long, default_value_t = 0.01, allow_negative_numbers = true, value_name = "S")]
    pub init_std: f64,
    /// Initial machine: a model file, or NPZ with W [visible, hidden], eta, theta
    #[arg(long, value_name = "FILE")]
    pub init: Option<PathBuf>,
    /// Initial visible fields: those of the data's means, or none
    #[arg(long, value_enum, default_value_t)]
    pub visible_init: VisibleInit,
    /// SHA-256 of the file of the initial machine, noted when it was first used.
    #[arg(skip)]
    #[serde(default)]
    pub init_checksum: Option<String>,
}

/// Initial visible fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum VisibleInit {
    /// Those at which independent sites have the means of the data
    #[default]
    Mean,
    /// None
    Null,
}

impl InitOptions {
    /// The initial machine; fields at the data's means only for ±1 data. A linear machine's file is taken only if `linear`.
    pub fn machine(&mut self, data: &Dataset, seed: u64, linear: bool) -> Result<Machine, CliError> {
        if let Some(path) = &mut self.init {
            *path = path.canonicalize().unwrap_or_else(|_| path.clone());
            let machine = open_model(path, None, linear)?.machine(None)?;
            note_checksum(path, &mut self.init_checksum)?;
            self.hidden = machine.hidden;
            return Ok(machine);
        }
        // The machine and its gradient in single precision, its singular vectors in double.
        check_memory("--hidden", self.hidden, 32.0 * data.units() as f64)?;
        let machine = Machine::random(data.units(), self.hidden, self.init_std, seed)?;
        match (self.visible_init, data.spins()) {
            (VisibleInit::Mean, Ok(spins)) => Ok(machine.with_mean_of(spins)?),
            _ => Ok(machine),
        }
    }
}
