//! What a comparison says about its own simulations.

use super::align::Followed;
use super::chains::{ChainSummary, summaries};
use super::design::Design;
use super::experiment::{Beside, Outcome};
use super::measures::Measures;
use crate::simulator::machine::Algorithm;
use serde::Serialize;

/// Largest root mean square deviation from the additional, better run at which the simulations are still a reference.
const TRUSTED: f64 = 0.02;

/// Doubts about the simulations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// Whether the simulations are a reference; `None` if the chains of the runs were not kept, or if no mode emerged.
    pub reference_trusted: Option<bool>,
    /// Reasons for doubt.
    pub reference_doubts: Vec<String>,
    /// What the deviations are: errors of the theory, or differences between two curves of which neither is known to be right.
    pub deviations_are: &'static str,
}

impl Verdict {
    /// Whether deviations may be called errors of the theory.
    pub fn trusts(&self) -> bool {
        self.reference_trusted != Some(false)
    }
}

impl Outcome {
    /// How each mode of a theory, or of anything else that was followed, compares with the simulations'.
    pub fn measures(&self, followed: &Followed) -> Vec<Measures> {
        (0..self.curves.mean.len()).map(|mode| Measures::of(&self.curves, mode, followed)).collect()
    }

    /// Summaries of the chains along each mode, from its emergence on.
    pub fn chains(&self) -> Vec<ChainSummary> {
        summaries(&self.probes, &self.curves.emergence_times())
    }

    /// Judges the simulations of a design by the probes of their chains and by the additional run, if there are any.
    pub fn verdict(&self, design: &Design) -> Verdict {
        let (settings, chains) = (design.settings(0), self.chains());
        let apart = self.beside.iter().flat_map(|run| {
            self.measures(&run.followed).iter().filter_map(|mode| apart(mode, run)).collect::<Vec<_>>()
        });
        let of_chains = chains
            .iter()
            .flat_map(|summary| summary.doubts(settings.gibbs_steps, settings.algorithm == Algorithm::Pcd));
        let doubts: Vec<String> = apart.chain(of_chains).collect();
        let exact_beside = self.beside.as_ref().is_some_and(|run| run.settings.algorithm == Algorithm::Exact);
        let judged = design.is_exact() || exact_beside || !chains.is_empty();
        Verdict {
            reference_trusted: if doubts.is_empty() { judged.then_some(true) } else { Some(false) },
            deviations_are: if doubts.is_empty() { "theory-error" } else { "difference" },
            reference_doubts: doubts,
        }
    }
}

/// How far the simulations are from a better run, if that is too far.
fn apart(mode: &Measures, better: &Beside) -> Option<String> {
    let deviation = mode.rms_relative_deviation.filter(|&deviation| deviation > TRUSTED)?;
    Some(format!(
        "w_{} of the simulations is {:.1} % (root mean square) from that of the {} on the same batches, {:.1} % at the most",
        mode.mode,
        100.0 * deviation,
        better.name(),
        100.0 * mode.max_relative_deviation.unwrap_or(deviation)
    ))
}
