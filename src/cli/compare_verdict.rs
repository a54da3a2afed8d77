//! What `compare` says about its own reference and theories, at the top of the report.

use super::compare_results::ChainsReport;

use super::compare_results::{Results, Theory};
use super::report;
use crate::learning::Unreliable;
use crate::simulator::machine::Algorithm;
use crate::study::compare::{ChainSummary, Followed, Measures};
use serde::Serialize;

/// Largest root mean square deviation from the additional, better run at which the simulations are still a reference.
const TRUSTED: f64 = 0.02;

/// Doubts about the simulations and the theories.
#[derive(Serialize)]
pub(super) struct Verdict {
    /// Whether the simulations are a reference; unknown if the chains of the runs were not kept, or if no mode emerged.
    pub reference_trusted: Option<bool>,
    /// Reasons for doubt.
    pub reference_doubts: Vec<String>,
    /// What the deviations are: errors of the theory, or differences between two curves of which neither is known to be
    /// right.
    pub deviations_are: &'static str,
}

impl Verdict {
    /// Judges by the probes of the chains and by the additional, better run, if there are any.
    pub fn of(results: &Results<'_>, chains: Option<&ChainsReport>, beside: &[Measures]) -> Self {
        let mut doubts = Vec::new();
        if let (Some(run), true) = (&results.beside, !beside.is_empty()) {
            doubts.extend(beside.iter().filter_map(|mode| apart(mode, &run.name())));
        }
        if let Some(chains) = chains {
            let of = |summary: &ChainSummary| summary.doubts(results.chains.gibbs_steps, results.chains.persistent);
            doubts.extend(chains.summary.iter().flat_map(of));
        }
        let exact = results.simulation.algorithm == "exact";
        let exact_beside = results.beside.as_ref().is_some_and(|run| run.settings.algorithm == Algorithm::Exact);
        let judged = exact || exact_beside || chains.is_some_and(|chains| !chains.summary.is_empty());
        let reference_trusted = if doubts.is_empty() { judged.then_some(true) } else { Some(false) };
        let deviations_are = if doubts.is_empty() { "theory-error" } else { "difference" };
        Self { reference_trusted, reference_doubts: doubts, deviations_are }
    }

    /// Whether deviations may be called errors of the theory.
    pub fn trusts(&self) -> bool {
        self.reference_trusted != Some(false)
    }

    /// The first lines of the report; empty if there are no doubts.
    pub fn text(&self, theories: &[Theory]) -> String {
        let mut text = String::new();
        if !self.trusts() {
            text += &format!(
                "**The reference is not to be trusted:** {}. What follows is the difference between theory and simulation, not \
                 the theory's error.\n\n",
                self.reference_doubts.join("; ")
            );
        }
        for theory in theories {
            if let Some(found) = theory.unreliable() {
                text += &format!(
                    "**Unreliable:** {}\n",
                    report::unreliable(&format!("the curves of {}", theory.closure), &found)
                );
            }
        }
        text
    }
}

/// How far the simulations are from a better run, if that is too far.
fn apart(mode: &Measures, name: &str) -> Option<String> {
    let deviation = mode.rms_relative_deviation.filter(|&deviation| deviation > TRUSTED)?;
    Some(format!(
        "w_{} of the simulations is {:.1} % (root mean square) from that of the {name} on the same batches, {:.1} % at the most",
        mode.mode,
        100.0 * deviation,
        100.0 * mode.max_relative_deviation.unwrap_or(deviation)
    ))
}

impl Theory {
    /// When the theory becomes unreliable: the earliest of its courses.
    pub fn unreliable(&self) -> Option<Unreliable> {
        let found = self.predictions.iter().filter_map(|prediction| prediction.unreliable);
        found.min_by(|a, b| a.from.total_cmp(&b.from))
    }

    /// The curves before the theory becomes unreliable.
    pub fn while_reliable(&self, times: &[f64]) -> Option<Followed> {
        let from = self.unreliable()?.from;
        let records = times.iter().filter(|&&time| time < from).count();
        let cut = |curves: &[Vec<f64>]| -> Vec<Vec<f64>> {
            curves.iter().map(|curve| curve[..records.min(curve.len())].to_vec()).collect()
        };
        Some(Followed { values: cut(&self.followed.values), overlaps: cut(&self.followed.overlaps) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::Setup;
    use crate::study::compare::{Course, Prediction};

    fn theory(unreliable: Option<f64>) -> Theory {
        let unreliable = unreliable.map(|from| Unreliable { from, share: 0.25 });
        let prediction = Prediction { course: Course::default(), ended: None, reliability: None, unreliable };
        let followed = Followed { values: vec![vec![0.1, 0.2, 0.3]], overlaps: vec![vec![1.0; 3]] };
        Theory { closure: "population".to_owned(), setup: Setup::default(), predictions: vec![prediction], followed }
    }

    #[test]
    fn the_first_lines_say_what_is_not_to_be_relied_on() {
        let verdict = |doubts: Vec<String>| Verdict {
            reference_trusted: Some(doubts.is_empty()),
            reference_doubts: doubts,
            deviations_are: "",
        };
        assert_eq!(verdict(Vec::new()).text(&[theory(None)]), "");
        let text = verdict(vec!["chains sleep".to_owned()]).text(&[theory(Some(0.5))]);
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines[0].starts_with("**The reference is not to be trusted:** chains sleep."), "{text}");
        assert!(
            lines[1].contains("the curves of population cannot be relied on from t = 0.5") && lines[1].contains("25 %"),
            "{text}"
        );
    }

    #[test]
    fn a_theory_is_cut_where_it_becomes_unreliable() {
        let times = [0.0, 0.5, 1.0];
        assert!(theory(None).while_reliable(&times).is_none());
        let cut = |from| theory(Some(from)).while_reliable(&times).unwrap().values;
        assert_eq!((cut(0.5), cut(0.0), cut(0.7)), (vec![vec![0.1]], vec![vec![]], vec![vec![0.1, 0.2]]));
    }
}
