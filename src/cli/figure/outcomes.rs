//! Shared by figures of theory against simulation: the curves, their CSV and their claims.

use super::super::error::CliError;
use super::gallery::Gallery;
use crate::cli::{progress, report};
use crate::learning::Setup;
use crate::plot::Scale;
use crate::study::compare::{Experiment, Measures, Outcome, Theory};
use crate::study::figures::{ComparisonFigure, TheoryCurves};
use crate::study::letter::Claim;

impl Gallery<'_> {
    /// Number of samples of clusters: --samples, or else `quick` or `full`.
    pub fn cluster_samples(&self, quick: usize, full: usize) -> usize {
        self.options.data.samples.unwrap_or(if self.options.quick { quick } else { full })
    }

    /// Number of samples in a batch of clusters.
    pub fn cluster_batch(&self) -> usize {
        if self.options.quick { 250 } else { 500 }
    }

    /// Checks that there are at least as many samples as a batch needs.
    pub fn check_clusters(&self) -> Result<(), CliError> {
        let batch = self.cluster_batch();
        match self.options.data.samples {
            Some(samples) if samples < batch => Err(CliError::Input(format!(
                "--samples is {samples}: figures of clusters learn from batches of {batch} samples, and need as many at least"
            ))),
            _ => Ok(()),
        }
    }
}

/// Simulates an experiment and computes the theories beside it.
pub(super) fn compare(
    gallery: &Gallery,
    name: &'static str,
    experiment: &Experiment,
    theories: &[(&str, Setup)],
) -> Result<Outcome, CliError> {
    let runs = experiment.seeds().len() as u64;
    let bar = progress::updates(gallery.common, name, runs * experiment.updates());
    let outcome = experiment.compare(theories, &mut |updates| bar.set_position(updates))?;
    bar.finish_and_clear();
    Ok(outcome)
}

/// The curves of the theories, for drawing.
pub(super) fn curves(outcome: &Outcome) -> Vec<TheoryCurves<'_>> {
    let theories = outcome.theories.iter().map(|theory| TheoryCurves {
        name: &theory.name,
        modes: &theory.followed.values,
        unreliable_from: theory.unreliable().map(|found| found.from),
    });
    theories.collect()
}

/// The figure's content: simulations and theories.
pub(super) fn drawn<'a>(
    outcome: &'a Outcome,
    simulation: &'a str,
    emerged: &'a [Option<f64>],
    theories: &'a [TheoryCurves<'a>],
) -> ComparisonFigure<'a> {
    ComparisonFigure {
        times: &outcome.curves.times,
        scale: Scale::Linear,
        simulation,
        mean: &outcome.curves.mean,
        error: outcome.curves.error.as_deref(),
        bulk_edge: outcome.curves.bulk_edge.as_deref(),
        emerged,
        theories,
    }
}

/// Writes one row per time, mode and curve: `time,mode,curve,w,error`. The error is that of the simulations' mean.
pub(super) fn write(gallery: &mut Gallery, name: &str, outcome: &Outcome) -> Result<(), CliError> {
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
    gallery.destination.write_csv(name, &["time", "mode", "curve", "w", "error"], rows)
}

/// Nine digits: more than simulations need, and small files.
pub(super) fn brief(value: f64) -> String {
    report::short(value, 9)
}

/// The claim about a theory's deviations from the simulations: the largest deviation after the emergence of each mode,
/// and the expected bound, if there is one.
pub(super) fn claim(figure: &str, theory: &Theory, modes: &[Measures], within: Option<f64>) -> Claim {
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
