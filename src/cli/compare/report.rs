//! What is reported of a comparison, as report.json has it.

use super::options::CompareOptions;
use crate::cli::data::DataReport;
use crate::cli::report::plain;
use crate::learning::{Closure, Correction, Reliability, ResponseKind};
use crate::simulator::machine::{Algorithm, Units};
use crate::study::compare::{Beside, ChainProbe, ChainSummary, Ended, Experiment, Measures, Outcome, Theory, Verdict};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct CompareReport {
    #[serde(flatten)]
    pub verdict: Verdict,
    pub data: DataReport,
    pub simulation: SimulationReport,
    directions: usize,
    pub compared: String,
    pub theories: Vec<TheoryReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chains: Option<ChainsReport>,
}

/// How the simulations were made.
#[derive(Serialize)]
pub(super) struct SimulationReport {
    units: Units,
    algorithm: Algorithm,
    gibbs_steps: Option<usize>,
    chains: Option<usize>,
    batch_size: Option<usize>,
    learning_rate: f64,
    runs: usize,
    pub seeds: Vec<u64>,
    pub visible: usize,
    pub hidden: usize,
    pub updates: u64,
    pub t_end: f64,
    /// For example PCD-10.
    #[serde(skip)]
    pub name: String,
    /// The name with the number of runs.
    #[serde(skip)]
    pub label: String,
}

#[derive(Serialize)]
pub(super) struct TheoryReport {
    pub closure: String,
    pub response: &'static str,
    /// Number of directions that the theory resolves.
    pub directions: usize,
    learning_rate: f64,
    pub status: String,
    ended_at: Option<f64>,
    /// Reliability of the theory's first course.
    pub reliability: Option<Reliability>,
    /// Time from which the curves cannot be relied on.
    pub unreliable_from: Option<f64>,
    pub modes: Vec<Measures>,
    /// Measures of the curves before `unreliable_from`, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modes_while_reliable: Option<Vec<Measures>>,
    pub modes_above_bulk: AboveBulk,
}

#[derive(Serialize)]
pub(super) struct AboveBulk {
    times: Vec<f64>,
    pub simulation: Vec<f64>,
    pub theory: Vec<f64>,
    simulation_whole: Vec<f64>,
}

/// An additional run that shows the error of the simulations, compared with them like a theory.
#[derive(Serialize)]
pub(super) struct ReferenceReport {
    algorithm: Algorithm,
    pub gibbs_steps: Option<usize>,
    pub chains: Option<usize>,
    seed: u64,
    pub modes: Vec<Measures>,
}

/// The chains of the first run.
#[derive(Serialize)]
pub(super) struct ChainsReport {
    pub gibbs_steps: usize,
    pub summary: Vec<ChainSummary>,
    looks: Vec<ChainProbe>,
}

impl CompareReport {
    pub fn new(options: &CompareOptions, experiment: &Experiment, outcome: &Outcome) -> Self {
        let (design, verdict) = (experiment.design(), outcome.verdict(experiment.design()));
        let simulation = SimulationReport::new(experiment, outcome);
        let theories = outcome.theories.iter().map(|theory| TheoryReport::new(theory, experiment, outcome));
        Self {
            data: options.data.report(experiment.data()),
            directions: experiment.view().directions(),
            compared: compared(options, &simulation, outcome, &verdict),
            theories: theories.collect(),
            reference: outcome.beside.as_ref().map(|run| ReferenceReport::new(run, outcome)),
            chains: (!outcome.probes.is_empty()).then(|| ChainsReport {
                gibbs_steps: design.settings(0).gibbs_steps,
                summary: outcome.chains(),
                looks: outcome.probes.clone(),
            }),
            simulation,
            verdict,
        }
    }
}

impl SimulationReport {
    fn new(experiment: &Experiment, outcome: &Outcome) -> Self {
        let (design, machine) = (experiment.design(), experiment.machine());
        let (settings, sampled) = (design.settings(0), !design.is_exact());
        Self {
            units: design.units,
            algorithm: if sampled { settings.algorithm } else { Algorithm::Exact },
            gibbs_steps: design.gibbs_steps.filter(|_| sampled),
            chains: (sampled && settings.algorithm == Algorithm::Pcd).then_some(settings.chains),
            batch_size: (!design.is_linear()).then_some(settings.batch_size),
            learning_rate: settings.learning_rate,
            runs: outcome.curves.runs.len(),
            seeds: experiment.seeds().to_vec(),
            visible: machine.visible,
            hidden: machine.hidden,
            updates: experiment.updates(),
            t_end: outcome.curves.times.last().copied().unwrap_or(0.0),
            name: design.name(),
            label: design.label(),
        }
    }
}

impl TheoryReport {
    fn new(theory: &Theory, experiment: &Experiment, outcome: &Outcome) -> Self {
        let curves = &outcome.curves;
        Self {
            closure: theory.name.clone(),
            response: response(theory),
            directions: theory.setup.directions.unwrap_or(experiment.machine().visible),
            learning_rate: theory.setup.learning_rate,
            status: match theory.ended() {
                None => "complete".to_owned(),
                Some(Ended { time: Some(time), error }) => format!("ended at t = {}: {error}", plain(*time)),
                Some(Ended { time: None, error }) => format!("did not start: {error}"),
            },
            ended_at: theory.ended().and_then(|ended| ended.time),
            reliability: theory.predictions.first().and_then(|prediction| prediction.reliability),
            unreliable_from: theory.unreliable().map(|found| found.from),
            modes: outcome.measures(&theory.followed),
            modes_while_reliable: theory.while_reliable(&curves.times).map(|followed| outcome.measures(&followed)),
            modes_above_bulk: AboveBulk {
                times: curves.times.clone(),
                simulation: curves.above_bulk.clone(),
                theory: theory.above_bulk(curves),
                simulation_whole: curves.outliers.clone(),
            },
        }
    }
}

impl ReferenceReport {
    fn new(run: &Beside, outcome: &Outcome) -> Self {
        let sampled = run.settings.algorithm != Algorithm::Exact;
        Self {
            algorithm: run.settings.algorithm,
            gibbs_steps: sampled.then_some(run.settings.gibbs_steps),
            chains: sampled.then_some(run.settings.chains),
            seed: run.settings.seed,
            modes: outcome.measures(&run.followed),
        }
    }
}

/// What the machine's own term is computed from.
fn response(theory: &Theory) -> &'static str {
    match (theory.setup.closure, theory.setup.response) {
        (Closure::Chains, _) => match theory.setup.chains.correction {
            Correction::Tap => "tap",
            Correction::None => "naive",
        },
        (Closure::Population, _) => "states",
        (Closure::Cd, _) => "sweeps",
        (_, ResponseKind::Gaussian) => "gaussian",
        (_, ResponseKind::MeanField) => "mean-field",
        (_, ResponseKind::FiniteSize) => "finite-size",
    }
}

/// A sentence that says what is compared with what.
fn compared(options: &CompareOptions, simulation: &SimulationReport, outcome: &Outcome, verdict: &Verdict) -> String {
    let directions = options.directions.unwrap_or(simulation.visible);
    let gradient = match (simulation.chains, simulation.gibbs_steps) {
        (Some(chains), Some(steps)) => format!(
            "The simulations are of PCD-{steps} with {chains} persistent chains, whose gradient is close to the exact \
             one as long as the chains keep up with the machine; {}.",
            match verdict.trusts() {
                true => "what is left of the difference is then the theory's",
                false => "these do not, and the difference contains the error of their gradient",
            }
        ),
        (None, Some(steps)) => format!(
            "The simulations are of CD-{steps}, whose chains start at the data in each update: their gradient is biased. \
             The closure cd has the same bias; from the other theories, the difference contains the bias of CD{}.",
            outcome.beside.as_ref().map_or(String::new(), |run| format!(", which the run beside it shows ({})", run.name()))
        ),
        _ if simulation.units == Units::Ising => {
            "The simulations learn by the exact gradient, from sums over all states of the machine; only the batches are random."
                .to_owned()
        }
        _ => "The simulation is a linear machine that learns by its exact gradient.".to_owned(),
    };
    let steps = match options.flow {
        true => "Theories are continuous flows, without the simulation's finite learning rate".to_owned(),
        false => format!("Theories make the simulation's steps of {}", plain(simulation.learning_rate)),
    };
    let seen = match directions < simulation.visible {
        true => {
            let directions = match directions {
                1 => "direction".to_owned(),
                count => format!("{count} directions"),
            };
            format!("both are projected on the same {directions} of the data before their singular values are taken")
        }
        false => "singular values are those of the whole weights".to_owned(),
    };
    let errors = match simulation.runs {
        1 => "There is one run, and no statistical error.".to_owned(),
        runs => format!("Errors are standard errors of the mean of {runs} runs from the same initial machine."),
    };
    let sweeps = outcome.theories.iter().find(|theory| theory.setup.closure == Closure::Cd).map(|theory| &theory.setup);
    let data = match (options.batches, sweeps) {
        (true, _) => {
            "of population, chains and cd on the batches of each run and then averaged, else on the mean of the same data"
        }
        (false, Some(setup)) if setup.learning_rate > 0.0 => {
            "of cd on the batches of the first run, of others on the mean of the same data"
        }
        _ => "on the mean of the same data",
    };
    let other = match sweeps {
        Some(setup) if simulation.algorithm != Algorithm::Cd => {
            format!(" The closure cd predicts CD-{}, which is not what was simulated.", setup.sweeps.gibbs_steps)
        }
        _ => String::new(),
    };
    format!("{gradient}{other} {steps}, {data}; {seen}. {errors}")
}
