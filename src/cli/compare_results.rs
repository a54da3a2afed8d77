//! The results of a comparison: the simulations, and each theory beside them.

use crate::study::compare::ChainSummary;

use crate::simulator::machine::{Algorithm, Settings};
use crate::study::compare::{ChainProbe, Measures, summaries};

use serde::Serialize;

use super::data::DataOptions;
use crate::data::Dataset;
use crate::learning::Setup;
use crate::study::compare::{Curves, Followed, Prediction};

/// A theory and its predictions.
pub(super) struct Theory {
    pub closure: String,
    pub setup: Setup,
    /// One prediction, or one for each run whose batches the theory passed through.
    pub predictions: Vec<Prediction>,
    pub followed: Followed,
}

/// Everything that is reported.
pub(super) struct Results<'a> {
    pub data: (&'a DataOptions, &'a Dataset),
    pub simulation: SimulationReport,
    pub curves: &'a Curves,
    pub theories: &'a [Theory],
    /// Probes of the chains of the first run; none if the runs were read from files.
    pub chains: Chains,
    /// An additional run that shows the error of the simulations.
    pub beside: Option<Beside>,
    /// Number of directions on which machines are projected.
    pub directions: usize,
    /// Whether the time axis is linear.
    pub linear_records: bool,
}

/// How the simulations were made.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SimulationReport {
    pub units: &'static str,
    pub algorithm: &'static str,
    pub gibbs_steps: Option<usize>,
    pub chains: Option<usize>,
    pub batch_size: Option<usize>,
    pub learning_rate: f64,
    pub runs: usize,
    pub seeds: Vec<u64>,
    pub visible: usize,
    pub hidden: usize,
    pub updates: u64,
    pub t_end: f64,
    /// Whether theories are flows; otherwise they make the simulation's steps.
    #[serde(skip)]
    pub flow: bool,
    /// Whether theories see the batches of the runs.
    #[serde(skip)]
    pub batches: bool,
}

impl SimulationReport {
    /// Short name, for example PCD-10.
    pub(super) fn name(&self) -> String {
        match self.gibbs_steps {
            Some(steps) => format!("{}-{steps}", self.algorithm.to_uppercase()),
            None => "exact gradient".to_owned(),
        }
    }

    /// The name with the number of runs.
    pub(super) fn label(&self) -> String {
        if self.runs > 1 { format!("{}, mean of {}", self.name(), self.runs) } else { self.name() }
    }
}

/// Probes of the chains of the first run.
pub(super) struct Chains {
    pub looks: Vec<ChainProbe>,
    /// Gibbs sweeps per update.
    pub gibbs_steps: usize,
    /// Whether chains continue from update to update.
    pub persistent: bool,
}

/// An additional run that shows the error of the simulations.
pub(super) struct Beside {
    pub settings: Settings,
    pub followed: Followed,
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

impl Chains {
    /// The probes with their summaries, from the times at which the simulations' modes emerge; `None` without probes.
    pub fn report(&self, curves: &Curves, reference: &Followed) -> Option<ChainsReport> {
        let emerged: Vec<Option<f64>> = (0..curves.mean.len())
            .map(|mode| Measures::of(curves, mode, reference).emergence_time.simulation)
            .collect();
        (!self.looks.is_empty()).then(|| ChainsReport {
            gibbs_steps: self.gibbs_steps,
            summary: summaries(&self.looks, &emerged),
            looks: self.looks.clone(),
        })
    }
}

/// The chains in the report.
#[derive(Serialize)]
pub(super) struct ChainsReport {
    gibbs_steps: usize,
    pub summary: Vec<ChainSummary>,
    looks: Vec<ChainProbe>,
}

impl ChainsReport {
    /// A table with one row per mode.
    pub fn text(&self) -> String {
        let k = self.gibbs_steps;
        let mut text = format!(
            "\n## The chains of the first run, from the emergence of each mode on\n\n\
             | mode | looks | ⟨sσ⟩ after {} sweeps / after {k} − 1 | in errors | over the gradient | memory | autocorrelation | chains with u·s > 0 | \
             by the fields | of the data |\n|---|---|---|---|---|---|---|---|---|---|\n",
            2 * k
        );
        for of in &self.summary {
            text += &format!(
                "| {} | {} | {:.2} % | {:.1} | {:.2} | {:.2} | {:.2} | {:.1} % | {:.1} ± {:.1} % | {:.1} % |\n",
                of.mode,
                of.looks,
                100.0 * of.change,
                of.change_in_errors,
                of.change_over_gradient,
                of.memory,
                of.autocorrelation,
                100.0 * of.positive,
                100.0 * of.positive_implied,
                100.0 * of.positive_error,
                100.0 * of.positive_data
            );
        }
        text
    }
}
