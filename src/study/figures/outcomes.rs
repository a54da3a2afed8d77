//! Shared by figures of theory against simulation: the experiment, its curves, their table and their claims.

use super::claim::Claim;
use super::studio::Studio;
use crate::Prior;
use crate::io::Table;
use crate::io::number::short;
use crate::learning::Setup;
use crate::study::compare::{Design, Experiment, Measures, Outcome, Planted, Runs, Theory};
use crate::study::error::Result;

/// What figures of clusters differ in.
pub(super) struct ClusterFigure {
    pub units: (usize, usize),
    pub amplitudes: Vec<f64>,
    pub samples: usize,
    pub sigma: f64,
    pub learning_rate: f64,
    pub updates: u64,
    pub records: usize,
    pub runs: usize,
}

impl ClusterFigure {
    /// The clusters, and runs of PCD-10 that learn them.
    pub fn experiment(self, studio: &Studio<'_>) -> Result<(Planted, Experiment)> {
        let (seed, samples) = (studio.seed, studio.samples.unwrap_or(self.samples));
        let (amplitudes, prior_u) = (self.amplitudes, Prior::Bernoulli);
        let planted = Planted { units: self.units, amplitudes, prior_u, samples, sigma: self.sigma, seed };
        let experiment = planted.experiment(Design {
            batch_size: Some(studio.cluster_batch()),
            learning_rate: Some(self.learning_rate),
            updates: Some(self.updates),
            records: self.records,
            gibbs_steps: Some(10),
            runs: Runs::Simulated { count: Some(self.runs), seed },
            ..Design::default()
        })?;
        Ok((planted, experiment))
    }
}

/// Simulates an experiment and computes the theories beside it.
pub(super) fn compare(
    studio: &Studio<'_>,
    name: &'static str,
    experiment: &Experiment,
    theories: &[(&str, Setup)],
) -> Result<Outcome> {
    let all = (experiment.seeds().len() as u64 * experiment.updates()) as f64;
    experiment.compare(theories, &mut |updates| (studio.progress)(name, updates as f64 / all))
}

/// One row per time, mode and curve: `time,mode,curve,w,error`. The error is that of the simulations' mean.
pub(super) fn table(outcome: &Outcome) -> Table {
    let curves = &outcome.curves;
    let mut rows = Vec::new();
    for (mode, mean) in curves.mean.iter().enumerate() {
        for (record, (time, w)) in curves.times.iter().zip(mean).enumerate() {
            let mut row = |curve: &str, w: f64, error: Option<f64>| {
                let error = error.map_or(String::new(), brief);
                rows.push(vec![brief(*time), (mode + 1).to_string(), curve.to_owned(), brief(w), error]);
            };
            row("simulation", *w, curves.error.as_ref().map(|errors| errors[mode][record]));
            for theory in &outcome.theories {
                if let Some(&w) = theory.followed.values[mode].get(record) {
                    row(&theory.name, w, None);
                }
            }
        }
    }
    Table::new(["time", "mode", "curve", "w", "error"], rows)
}

/// Nine digits: more than simulations need, and small files.
pub(super) fn brief(value: f64) -> String {
    short(value, 9)
}

/// The claim about a theory's deviations from the simulations: the largest deviation after the emergence of each mode,
/// and the expected bound, if there is one.
pub(super) fn claim(figure: &str, outcome: &Outcome, theory: &Theory, within: Option<f64>) -> Claim {
    let modes = outcome.measures(&theory.followed);
    let percent = |value: f64| format!("{:.2} %", 100.0 * value);
    let largest: Option<Vec<f64>> = modes.iter().map(|mode| mode.max_relative_deviation).collect();
    let plateau = |mode: &Measures| Some(mode.plateau.theory? / mode.plateau.simulation? - 1.0);
    let plateaus: Vec<String> = modes.iter().filter_map(plateau).map(percent).collect();
    let statement = format!("{}: largest |theory/simulation − 1| from emergence on, by mode", theory.name);
    let expected =
        within.map_or("the cost of the approximation".to_owned(), |within| format!("below {}", percent(within)));
    let Some(largest) = largest else {
        return Claim::new(
            figure,
            statement,
            expected,
            "a mode did not emerge, or the theory ended before",
            within.map(|_| false),
        );
    };
    let holds = within.map(|within| largest.iter().all(|deviation| *deviation < within));
    let found = largest.iter().map(|&deviation| percent(deviation)).collect::<Vec<_>>().join(", ");
    let remark = match theory.ended() {
        Some(end) => {
            let reached = end.time.map_or("at its start".to_owned(), |time| format!("after t = {time:.3}"));
            format!("the theory ends {reached}: {}", end.error)
        }
        None if plateaus.is_empty() => String::new(),
        None => format!("at the plateau {}", plateaus.join(", ")),
    };
    Claim::new(figure, statement, expected, found, holds).remark(remark)
}
