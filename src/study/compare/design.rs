//! What is compared: how machines learn, what is recorded of them and how they are seen.

use crate::learning::{LEARNING_RATE, LinearTheory, resolving_rate};
use crate::simulator::machine::{Algorithm, MOST_EXACT_UNITS, QUICK_EXACT_UNITS, Settings, Units};
use crate::simulator::run::{MOST_RECORDS, Spacing, schedule};
use crate::study::error::{Result, refuse};

/// Samples per batch: batches scatter the gradient by a few per cent.
pub const BATCH: usize = 500;
/// Largest growth of a mode in an update, as a share of itself: larger steps do not resolve the course.
const GROWTH: f64 = 0.3;
/// Time of learning, in growth times of the slowest mode compared: all modes settle by then.
const GROWTH_TIMES: f64 = 20.0;
/// Upper limit of this time.
const LONGEST_LEARNING: f64 = 20.0;
/// Runs: their mean has an error that is known to a quarter of itself.
pub const RUNS: usize = 8;
/// Largest number of modes compared if their number is left open: more cannot be told apart in one figure.
pub const MODES_COMPARED: usize = 10;
/// Samples of clusters: with fewer, machines soon learn the scatter of the samples.
pub const CLUSTER_SAMPLES: usize = 60_000;
/// Largest number of runs; more are a mistake.
const MOST_RUNS: usize = 1000;
/// Largest number of updates; more are a mistake.
const MOST_UPDATES: f64 = 1e9;

/// The simulations of a comparison, and how machines are seen. What is `None` follows from data and machine, as each field
/// says; [`Experiment::design`](super::Experiment::design) has it filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    /// ±1 units, or Gaussian ones, which learn by their exact gradient.
    pub units: Units,
    /// `None`: the exact gradient where one layer has at most [`QUICK_EXACT_UNITS`] units and neither Gibbs steps nor chains are given,
    /// else PCD.
    pub algorithm: Option<Algorithm>,
    /// Gibbs steps per update. `None`: those of [`Algorithm::gibbs_steps`].
    pub gibbs_steps: Option<usize>,
    /// Persistent chains. `None`: as many as samples in a batch.
    pub chains: Option<usize>,
    /// Samples per batch; all if there are fewer. `None`: [`BATCH`].
    pub batch_size: Option<usize>,
    /// Factor of the gradient in each update. `None`: that of [`resolving_rate`] at a growth of 30 %.
    pub learning_rate: Option<f64>,
    /// Updates. `None`: as many as `epochs` take, else twenty growth times of the slowest mode compared, up to t = 20.
    pub updates: Option<u64>,
    /// Passes through the data; counts if there are no `updates`.
    pub epochs: Option<f64>,
    /// Number of records, approximately.
    pub records: usize,
    /// How records are spread. `None`: half of them by the logarithm of the update, since modes emerge early, and half evenly,
    /// since they settle late.
    pub spacing: Option<Spacing>,
    /// Visible directions in which machines are seen, those of the data that grow fastest; all sites if there are as many as units.
    /// `None`: those that grow.
    pub directions: Option<usize>,
    /// Modes compared. `None`: one per direction, at most [`MODES_COMPARED`].
    pub modes: Option<usize>,
    /// The runs.
    pub runs: Runs,
}

/// The runs of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub enum Runs {
    /// Simulated with the seeds `seed`, `seed + 1`, …
    Simulated {
        /// Their number. `None`: [`RUNS`], or one where nothing is left to chance.
        count: Option<usize>,
        /// Seed of batches and chains of the first.
        seed: u64,
    },
    /// Recorded before.
    Recorded {
        /// Seed of each.
        seeds: Vec<u64>,
        /// Updates of their records.
        schedule: Vec<u64>,
    },
}

impl Runs {
    /// The seed of each run; none if their number is still open.
    pub fn seeds(&self) -> Vec<u64> {
        match self {
            Self::Simulated { count, seed } => {
                (0..count.unwrap_or(0) as u64).map(|run| seed.wrapping_add(run)).collect()
            }
            Self::Recorded { seeds, .. } => seeds.clone(),
        }
    }
}

impl Default for Design {
    fn default() -> Self {
        Self {
            units: Units::Ising,
            algorithm: None,
            gibbs_steps: None,
            chains: None,
            batch_size: None,
            learning_rate: None,
            updates: None,
            epochs: None,
            // Enough to follow a mode that grows by 30 % per record.
            records: 120,
            spacing: None,
            directions: None,
            modes: None,
            runs: Runs::Simulated { count: None, seed: 0 },
        }
    }
}

impl Design {
    /// Whether units are Gaussian.
    pub fn is_linear(&self) -> bool {
        self.units == Units::Gaussian
    }

    /// Whether a run learns by the exact gradient.
    pub fn is_exact(&self) -> bool {
        self.is_linear() || self.algorithm == Some(Algorithm::Exact)
    }

    /// Short name of the simulations, for example PCD-10.
    pub fn name(&self) -> String {
        let steps = self.settings(0).gibbs_steps;
        match self.algorithm {
            _ if self.is_exact() => "exact gradient".to_owned(),
            Some(Algorithm::Cd) => format!("CD-{steps}"),
            _ => format!("PCD-{steps}"),
        }
    }

    /// The name with the number of runs.
    pub fn label(&self) -> String {
        match self.runs.seeds().len() {
            0 | 1 => self.name(),
            runs => format!("{}, mean of {runs}", self.name()),
        }
    }

    /// Settings of a run with this seed.
    pub fn settings(&self, seed: u64) -> Settings {
        let batch_size = self.batch_size.unwrap_or(BATCH);
        Settings {
            algorithm: self.algorithm.unwrap_or(Algorithm::Pcd),
            gibbs_steps: self.gibbs_steps.unwrap_or(1),
            chains: self.chains.unwrap_or(batch_size),
            batch_size,
            learning_rate: self.learning_rate.unwrap_or(LEARNING_RATE),
            seed,
            ..Settings::default()
        }
    }

    /// Fills in algorithm, Gibbs steps and batches for a number of samples and the size of the machine's smaller layer.
    ///
    /// # Errors
    /// [`StudyError::Choice`](crate::study::StudyError::Choice) for numbers that are out of range and an algorithm that cannot be.
    pub fn with_algorithm(mut self, samples: usize, smaller_layer: usize) -> Result<Self> {
        if let Runs::Simulated { count: Some(runs), .. } = self.runs
            && !(1..=MOST_RUNS).contains(&runs)
        {
            return refuse("runs", format!("is {runs}: choose between 1 and {MOST_RUNS}"));
        }
        if !(2..=MOST_RECORDS).contains(&self.records) {
            return refuse("records", format!("is {}: choose between 2 and {MOST_RECORDS}", self.records));
        }
        if self.batch_size == Some(0) {
            return refuse("batch_size", "is 0: a batch has at least one sample".to_owned());
        }
        let given = self.gibbs_steps.is_some() || self.chains.is_some() || self.is_linear();
        let preferred = if smaller_layer <= QUICK_EXACT_UNITS && !given { Algorithm::Exact } else { Algorithm::Pcd };
        let algorithm = *self.algorithm.get_or_insert(preferred);
        match algorithm {
            Algorithm::Exact if smaller_layer > MOST_EXACT_UNITS => {
                let reason = format!(
                    "exact sums over all states of the smaller layer, which has {smaller_layer} units: at most {MOST_EXACT_UNITS} can be"
                );
                return refuse("algorithm", reason);
            }
            Algorithm::Exact if given => {
                let reason = "exact is of ±1 units and has no chains: leave out Gibbs steps, chains and Gaussian units";
                return refuse("algorithm", reason.to_owned());
            }
            Algorithm::Exact => {}
            Algorithm::Pcd | Algorithm::Cd => self.gibbs_steps = self.gibbs_steps.or(Some(algorithm.gibbs_steps())),
        }
        let batch = self.batch_size.unwrap_or(BATCH.min(samples));
        self.batch_size = Some(if self.is_linear() { batch } else { batch.min(samples) });
        Ok(self)
    }

    /// Fills in the directions and modes that are seen, for the linear theory of the data.
    pub(super) fn with_modes(mut self, hidden: usize, linear: &LinearTheory) -> Result<Self> {
        let units = linear.len();
        let directions = *self.directions.get_or_insert(linear.unstable().max(1));
        if !(1..=units).contains(&directions) {
            let reason = format!("is {directions}: choose between 1 and the {units} visible units");
            return refuse("directions", reason);
        }
        self.modes.get_or_insert(directions.min(hidden).min(MODES_COMPARED));
        Ok(self)
    }

    /// Fills in chains, learning rate and updates, for the largest growth rate of the data and that of the slowest mode compared.
    pub(super) fn with_steps(mut self, samples: usize, (fastest, slowest): (f64, f64)) -> Result<Self> {
        if let Runs::Recorded { schedule, .. } = &self.runs {
            self.updates = schedule.last().copied();
            return Ok(self);
        }
        if self.units == Units::Ising && self.algorithm == Some(Algorithm::Pcd) {
            self.chains = self.chains.or(self.batch_size);
        }
        let rate = *self.learning_rate.get_or_insert_with(|| resolving_rate(fastest, GROWTH));
        if !(rate.is_finite() && rate > 0.0) {
            return refuse("learning_rate", format!("is {rate}: it must be positive and finite"));
        }
        if self.updates.is_none() {
            let time = if slowest > 0.0 { (GROWTH_TIMES / slowest).min(LONGEST_LEARNING) } else { LONGEST_LEARNING };
            let batch = self.batch_size.unwrap_or(BATCH) as f64;
            let updates = self.epochs.map_or(time / rate, |epochs| epochs * samples as f64 / batch).ceil();
            if !(1.0..MOST_UPDATES).contains(&updates) {
                return refuse("updates", format!("is {updates}: choose between 1 and {MOST_UPDATES:e}"));
            }
            (self.epochs, self.updates) = (None, Some(updates as u64));
        }
        match self.updates {
            Some(updates) if !(1..MOST_UPDATES as u64).contains(&updates) => {
                refuse("updates", format!("is {updates}: choose between 1 and {MOST_UPDATES:e}"))
            }
            _ => Ok(self),
        }
    }

    /// Fills in the number of runs: one if all would be the same.
    pub(super) fn with_runs(mut self, samples: usize) -> Result<Self> {
        let all = self.batch_size.is_some_and(|size| size >= samples);
        let reason = match self.algorithm {
            _ if self.is_linear() => Some("Gaussian units learn by their exact gradient"),
            Some(Algorithm::Exact) if all => Some("the gradient is exact, and every batch has all samples"),
            _ => None,
        };
        if let Runs::Simulated { count, .. } = &mut self.runs {
            let runs = *count.get_or_insert(if reason.is_some() { 1 } else { RUNS });
            if let Some(reason) = reason.filter(|_| runs > 1) {
                return refuse("runs", format!("is {runs}: {reason}, all runs are the same"));
            }
        }
        Ok(self)
    }

    /// Updates after which machines are recorded.
    pub(super) fn schedule(&self) -> Vec<u64> {
        let updates = self.updates.unwrap_or(0);
        match (&self.runs, self.spacing) {
            (Runs::Recorded { schedule, .. }, _) => schedule.clone(),
            (_, Some(spacing)) => schedule(updates, self.records, spacing),
            _ => {
                let half = self.records.div_ceil(2);
                let mut both = [Spacing::Log, Spacing::Linear].map(|spacing| schedule(updates, half, spacing)).concat();
                both.sort_unstable();
                both.dedup();
                both
            }
        }
    }
}
