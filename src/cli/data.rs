//! Options for the data and the initial machine, shared by all commands that learn.

use super::budget::check_memory;
use super::error::CliError;
use super::opening::{note_checksum, open_model};
use super::options::Common;
use crate::Prior;
use crate::data::{
    Binarization, Clusters, DataFile, Dataset, Ellipsoid, Expect, FileOptions, Missing, digits, mnist, read_file,
};
use crate::io::input::open_regular;
use crate::io::npy;
use crate::simulator::machine::{Machine, ModelError, ModelReader};
use crate::simulator::run::Training;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Default number of samples that are generated.
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
    /// Grey levels above it become +1 [default: 127 of IDX images and MNIST; other files have two values]
    #[arg(long, allow_negative_numbers = true, value_name = "LEVEL")]
    #[serde(default)]
    pub threshold: Option<f64>,
    /// Files: samples are the columns, or the last dimension, not the first
    #[arg(long)]
    #[serde(default)]
    pub transpose: bool,
    /// Files: ignore weights of the samples
    #[arg(long)]
    #[serde(default)]
    pub no_weights: bool,
    /// Text: the column that holds labels, by its name or its number from 1
    #[arg(long, value_name = "NAME|N")]
    #[serde(default)]
    pub label_column: Option<String>,
    /// Files: what becomes of samples with missing values (empty, NA, NaN)
    #[arg(long, value_enum, default_value_t)]
    #[serde(default)]
    pub missing: Missing,
    /// SHA-256 of the samples, noted when they were first used.
    #[arg(skip)]
    #[serde(default)]
    pub checksum: Option<String>,
    /// Notes on the data as they were loaded.
    #[arg(skip)]
    #[serde(skip)]
    notes: Vec<String>,
}

/// How grey levels become ±1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum BinarizationName {
    /// +1 above --threshold
    #[default]
    Threshold,
    /// +1 with the probability level/255, drawn by --data-seed
    Stochastic,
}

/// The loaded data, as a command prints and writes them.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DataReport {
    pub data: String,
    pub samples: usize,
    pub visible: usize,
    pub checksum: Option<String>,
    pub notes: Vec<String>,
}

impl DataReport {
    /// One line for the data, and one for each note.
    pub fn text(&self) -> String {
        let notes: String = self.notes.iter().map(|note| format!("note: {note}\n")).collect();
        format!("data: {}, {} samples of {} units\n{notes}", self.data, self.samples, self.visible)
    }
}

impl DataOptions {
    /// Loads the data and records their checksum. If there is a checksum already, the data must have it.
    pub fn load(&mut self, common: &Common, expect: Expect) -> Result<Dataset, CliError> {
        let DataFile { data, notes } = self.read(expect)?;
        // Printed at once, since an odd file may make a long run useless.
        for note in notes.iter().filter(|_| !common.quiet) {
            eprintln!("note: {note}");
        }
        self.notes = notes;
        let checksum = data.checksum();
        if let Some(noted) = self.checksum.as_ref().filter(|noted| **noted != checksum) {
            let message = format!(
                "the data \"{}\" are not those that were used first: their SHA-256 is {checksum}, and was {noted}",
                self.data
            );
            return Err(CliError::Input(message));
        }
        self.checksum = Some(checksum);
        Ok(data)
    }

    /// A report on the loaded data.
    pub fn report(&self, data: &Dataset) -> DataReport {
        DataReport {
            data: self.data.clone(),
            samples: data.len(),
            visible: data.units(),
            checksum: self.checksum.clone(),
            notes: self.notes.clone(),
        }
    }

    /// Number of samples in a batch: as many as requested, or all samples, with a note, if there are fewer.
    pub fn batch(&mut self, size: usize, samples: usize) -> usize {
        if size > samples {
            self.notes.push(format!("a batch is all {samples} samples: there are fewer than {size}"));
        }
        size.min(samples)
    }

    fn read(&mut self, expect: Expect) -> Result<DataFile, CliError> {
        if self.samples == Some(0) {
            return Err(CliError::Input("--samples is 0: at least one sample is needed".to_owned()));
        }
        let drawn = self.samples.unwrap_or(DEFAULT_SAMPLES);
        // One bit or one double per unit, and a copy while samples are drawn.
        let bytes = match self.data.as_str() {
            "digits" => 2.0 * 784.0 / 8.0,
            "clusters" => 2.0 * self.visible as f64 / 8.0,
            "ellipsoid" => 3.0 * self.visible as f64 * 8.0,
            _ => 0.0,
        };
        check_memory("--samples", drawn, bytes)?;
        let data = match self.data.as_str() {
            "digits" | "clusters" | "ellipsoid" => {
                self.check_drawn()?;
                match self.data.as_str() {
                    "digits" => digits::generate(drawn, self.data_seed)?,
                    "clusters" => self.clusters()?.generate(drawn)?,
                    _ => Ellipsoid::new(self.visible, &self.variances, self.data_seed)?.generate(drawn)?,
                }
            }
            "mnist" => self.mnist(&mnist::locate(None)?)?,
            path => {
                let path = Path::new(path);
                // The resolved command must find it from any folder.
                let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
                self.data = path.display().to_string();
                return self.load_path(&path, expect, drawn);
            }
        };
        Ok(DataFile { data, notes: Vec::new() })
    }

    fn mnist(&self, folder: &Path) -> Result<Dataset, CliError> {
        self.check_not_file()?;
        let binarization = self.binarization()?.unwrap_or(Binarization::MIDDLE);
        Ok(mnist::load(folder, self.samples, binarization)?)
    }

    /// Loads MNIST from a folder, or draws samples from a machine, or reads the samples in a file.
    fn load_path(&self, path: &Path, expect: Expect, drawn: usize) -> Result<DataFile, CliError> {
        let plain = |data| Ok(DataFile { data, notes: Vec::new() });
        if path.is_dir() {
            return plain(self.mnist(path)?);
        }
        if !is_array(path) {
            match ModelReader::open(path, None) {
                Ok(model) => {
                    self.check_drawn()?;
                    return plain(Dataset::of_spins(model.machine(None)?.exact_samples(drawn, self.data_seed)?)?);
                }
                Err(error @ (ModelError::ModelType { .. } | ModelError::Units { .. })) => return Err(error.into()),
                // Not a model file, so read it as data. The data reader reports any error.
                Err(_) => {}
            }
        }
        Ok(read_file(path, &self.file_options(expect)?)?)
    }

    fn file_options(&self, expect: Expect) -> Result<FileOptions, CliError> {
        Ok(FileOptions {
            samples: self.samples,
            transpose: self.transpose,
            ignore_weights: self.no_weights,
            label_column: self.label_column.clone(),
            missing: self.missing,
            binarization: self.binarization()?,
            ..FileOptions::new(expect)
        })
    }

    fn binarization(&self) -> Result<Option<Binarization>, CliError> {
        match (self.binarization, self.threshold) {
            (BinarizationName::Stochastic, Some(_)) => Err(CliError::Input(
                "--threshold and --binarization stochastic are two ways to make ±1 of grey levels: choose one"
                    .to_owned(),
            )),
            (BinarizationName::Stochastic, None) => Ok(Some(Binarization::Stochastic { seed: self.data_seed })),
            (BinarizationName::Threshold, threshold) => Ok(threshold.map(Binarization::Threshold)),
        }
    }

    /// Checks that no option for files is given.
    fn check_not_file(&self) -> Result<(), CliError> {
        let given = [
            (self.transpose, "--transpose"),
            (self.no_weights, "--no-weights"),
            (self.label_column.is_some(), "--label-column"),
            (self.missing == Missing::Drop, "--missing drop"),
        ];
        self.refuse_for(&given, "files of samples")
    }

    /// Checks that no option for files or grey levels is given: drawn data have two values.
    fn check_drawn(&self) -> Result<(), CliError> {
        self.check_not_file()?;
        let stochastic = self.binarization == BinarizationName::Stochastic;
        let given = [(self.threshold.is_some(), "--threshold"), (stochastic, "--binarization stochastic")];
        self.refuse_for(&given, "files of grey levels and MNIST")
    }

    fn refuse_for(&self, given: &[(bool, &str)], what: &str) -> Result<(), CliError> {
        match given.iter().find(|(given, _)| *given) {
            Some((_, option)) => {
                Err(CliError::Input(format!("{option} is for {what}, and --data is \"{}\"", self.data)))
            }
            None => Ok(()),
        }
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

/// Whether a file is one NumPy array. As data it holds samples, although a model file could be one matrix too.
fn is_array(path: &Path) -> bool {
    let mut start = [0; 6];
    open_regular(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *npy::MAGIC
}

/// Which machine is learnt from.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(super) struct InitOptions {
    /// Hidden units
    #[arg(long, default_value_t = Training::default().hidden, value_name = "H")]
    pub hidden: usize,
    /// Standard deviation of the initial weights
    #[arg(long, default_value_t = Training::default().deviation, allow_negative_numbers = true, value_name = "S")]
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
    /// The initial machine. Fields match the data's means only for ±1 data. The file of a linear machine is accepted
    /// only if `linear`.
    pub fn machine(&mut self, data: &Dataset, seed: u64, linear: bool) -> Result<Machine, CliError> {
        if let Some(path) = &mut self.init {
            *path = path.canonicalize().unwrap_or_else(|_| path.clone());
            let machine = open_model(path, None, linear)?.machine(None)?;
            note_checksum(path, &mut self.init_checksum)?;
            self.hidden = machine.hidden;
            return Ok(machine);
        }
        // Machine and gradient in single precision, singular vectors in double.
        check_memory("--hidden", self.hidden, 32.0 * data.units() as f64)?;
        let machine = Machine::random(data.units(), self.hidden, self.init_std, seed)?;
        match (self.visible_init, data.spins()) {
            (VisibleInit::Mean, Ok(spins)) => Ok(machine.with_mean_of(spins)?),
            _ => Ok(machine),
        }
    }
}
