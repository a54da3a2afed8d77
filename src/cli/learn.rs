//! `learn`: the deterministic learning flow.

use super::data::{DataOptions, DataReport, InitOptions};
use super::destination::Destination;
use super::error::CliError;
use super::learn_components;
use super::options::Common;
use super::report::{number, plain};
use super::{budget, progress, report};
use crate::Prior;
use crate::data::{Expect, Moments};
use crate::io::number::exact;
use crate::io::{Archive, Table};
use crate::learning::{
    Basis, BatchSettings, ChainSettings, Closure, Correction, Event, Integrator, Layers, Method, NoiseKind, Plan,
    Reliability, ResponseKind, Setup, Snapshot, Statistics, SweepSettings, Tolerance, Trajectory, follow,
};
use crate::study::drawing::learning_trajectory;
use crate::study::tables;
use clap::{Args, ValueEnum};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Folder used without --out.
const DEFAULT_FOLDER: &str = "results/learn";
/// Largest number of snapshots; more are a mistake.
const MOST_TIMES: usize = 100_000;
/// Number of modes shown.
const MODES_SHOWN: usize = 6;
/// Number of events shown.
const EVENTS_SHOWN: usize = 12;
/// Change of a magnetisation in the last iteration of mean-field chains above which the user gets a note.
const FAR: f64 = 1e-3;
/// Name of the law given by the actual components.
const ACTUAL: &str = "actual";

/// Predict how a machine learns: the deterministic flow of its singular values, vectors and fields.
///
/// Writes trajectory.csv (w by rank, and the fields along the modes), trajectory.npz (also w by identity, and vectors and
/// rotations of the leading 64 modes), events.csv (of these modes), a figure and run.toml. Time is learning rate times updates.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm learn
  spectral-rbm learn --data mnist --modes 100 --t-end 2.4 --out results/flow
  spectral-rbm learn --closure linear-ising --data mnist
  spectral-rbm learn --closure linear --data ellipsoid --visible 50 --hidden 20 --t-end 10
  spectral-rbm learn --data mnist --samples 6000 --closure chains --learning-rate 0.01 --t-end 2.4
  spectral-rbm learn --data mnist --closure cd --learning-rate 0.01 --batch-size 500 --t-end 2.4
  spectral-rbm learn --learning-rate 0.01 --data clusters --visible 400 --hidden 200 --modes 5 --prior-v bernoulli")]
#[serde(deny_unknown_fields)]
pub(super) struct LearnOptions {
    #[command(flatten)]
    #[serde(flatten)]
    data: DataOptions,
    #[command(flatten)]
    #[serde(flatten)]
    init: InitOptions,
    /// How averages are closed
    #[arg(long, value_enum, default_value_t)]
    closure: Closure,
    #[command(flatten)]
    #[serde(flatten)]
    chains: ChainOptions,
    /// The machine's own term: one state with Gaussian fluctuations, all states, or integrals over one or two modes
    #[arg(long, value_enum, default_value_t)]
    response: ResponseKind,
    /// Law of the hidden components v̂: gaussian, uniform, bernoulli or laplace
    #[arg(long, default_value = "gaussian", value_name = "PRIOR")]
    prior_v: Prior,
    /// Directions of the data that are kept, those that grow fastest first [default: those that grow; all of linear units]
    #[arg(long, value_name = "K")]
    modes: Option<usize>,
    /// The weights along other directions: they stay, decay as the linear theory says, or are dropped
    #[arg(long, value_enum, default_value_t)]
    noise: NoiseKind,
    /// Step of the map that simulations make; 0 for the flow
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true, value_name = "RATE")]
    learning_rate: f64,
    /// Time at which to stop
    #[arg(long, default_value_t = 1.2, allow_negative_numbers = true, value_name = "T")]
    t_end: f64,
    /// Intervals between snapshots
    #[arg(long, default_value_t = 200, value_name = "N")]
    times: usize,
    /// How the flow is integrated
    #[arg(long, value_enum, default_value_t)]
    method: MethodName,
    /// Error of a step, relative to each component
    #[arg(long, default_value_t = Tolerance::default().relative, allow_negative_numbers = true)]
    rtol: f64,
    /// Error of a step, absolute
    #[arg(long, default_value_t = Tolerance::default().absolute, allow_negative_numbers = true)]
    atol: f64,
    /// Gibbs sweeps of the closure cd [default: 1]
    #[arg(long, value_name = "K")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gibbs_steps: Option<usize>,
    /// Samples that each step of the map sees, in the closures population, chains and cd [default: all]
    #[arg(long, value_name = "N")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    batch_size: Option<usize>,
    /// Seed of the batches: `train` with it as --seed has the same ones [default: that of --seed]
    #[arg(long, value_name = "N", requires = "batch_size")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    batch_seed: Option<u64>,
    /// Law of û in the mean-field responses, resolved: that of --prior-u, or "actual" if none was given.
    #[arg(skip)]
    #[serde(default)]
    law_u: Option<String>,
}

/// Mean-field chains, of the closure that has them.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
pub(super) struct ChainOptions {
    /// Mean-field chains of --closure chains, one per sample
    #[arg(long, default_value_t = ChainSettings::default().count, value_name = "N")]
    #[serde(default = "default_count")]
    mean_field_chains: usize,
    /// Iterations of these chains whenever the machine has changed
    #[arg(long, default_value_t = ChainSettings::default().iterations, value_name = "N")]
    #[serde(default = "default_iterations")]
    mean_field_iterations: usize,
    /// Equations of these chains: naive mean field, or with Onsager's correction
    #[arg(long, value_enum, default_value_t)]
    #[serde(default)]
    correction: Correction,
}

fn default_count() -> usize {
    ChainSettings::default().count
}

fn default_iterations() -> usize {
    ChainSettings::default().iterations
}

impl ChainOptions {
    pub fn settings(&self) -> ChainSettings {
        ChainSettings {
            count: self.mean_field_chains,
            iterations: self.mean_field_iterations,
            correction: self.correction,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MethodName {
    /// Whichever of the others takes less time
    #[default]
    Auto,
    /// The data term as a polynomial in time, the rest by DOP853 under it
    Multirate,
    /// DOP853 for the whole
    Dop853,
}

#[derive(Serialize)]
struct LearnReport<'a> {
    data: DataReport,
    closure: Closure,
    response: ResponseKind,
    times: usize,
    t_end: f64,
    directions: usize,
    unstable: usize,
    growth_rates: &'a [f64],
    singular_values: &'a [f64],
    bulk_edge: Option<f64>,
    /// Largest change of a magnetisation in the last iteration of the mean-field chains.
    chain_residual: Option<f64>,
    /// How often the states of the population closure were known only approximately.
    reliability: Option<Reliability>,
    /// Time from which the states were approximate too often.
    unreliable_from: Option<f64>,
    events: &'a [Event],
    statistics: &'a Statistics,
    files: &'a [PathBuf],
}

impl LearnReport<'_> {
    fn text(&self, trajectory: &Trajectory) -> String {
        let unreliable = trajectory.unreliable.map_or(String::new(), |found| report::unreliable("The curves", &found));
        let rates = report::numbers(self.growth_rates.iter().take(MODES_SHOWN));
        let chains = self.chain_residual.map_or(String::new(), |residual| {
            let far = if residual > FAR { ": not converged, take more --mean-field-iterations" } else { "" };
            format!("mean-field chains: largest change of a magnetisation in the last iteration {residual:.1e}{far}\n")
        });
        let reliability = self.reliability.map_or(String::new(), |found| report::reliability(&found));
        format!(
            "{unreliable}{}linear theory: {} growing directions; rates {rates} ...\n\n{}\n{}{chains}{reliability}\n{}",
            self.data.text(),
            self.unstable,
            table(trajectory),
            happened(trajectory),
            learn_components::text(trajectory)
        )
    }
}

impl LearnOptions {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        let mut destination = Destination::new(common, DEFAULT_FOLDER)?;
        let plan = self.plan()?;
        // Evaluated before the data options fill in a default law.
        let given = || self.data.prior_u.as_ref().map_or(ACTUAL, Prior::name).to_owned();
        if self.batch_size.is_some() {
            self.batch_seed.get_or_insert(common.seed);
        }
        self.law_u = Some(self.law_u.clone().unwrap_or_else(given));
        let linear = self.closure == Closure::Linear;
        let data = self.data.load(common, if linear { Expect::Real } else { Expect::Spins })?;
        self.batch_size = self.batch_size.map(|size| self.data.batch(size, data.len()));
        let machine = self.init.machine(&data, common.seed, linear)?;
        if self.closure == Closure::Cd {
            let (samples, weights) = (self.batch_size.unwrap_or(data.len()), machine.visible * machine.hidden);
            budget::check_gibbs_steps(self.sweeps().gibbs_steps, samples, weights as f64)?;
        }
        let spinner = progress::spinner(common, "moments and directions");
        let moments = Moments::of(&data)?;
        let prepared = self.setup()?.prepare(&data, &moments, &machine)?;
        self.modes = Some(prepared.flow.layers().directions());
        spinner.finish_and_clear();
        let mut plan = Plan { bulk_edge: prepared.bulk_edge, ..plan };
        if self.method == MethodName::Auto && plan.integrator.method != Method::Map {
            plan.integrator.method = prepared.flow.suggested_method();
        }
        let bar = progress::share(common, "learning");
        let trajectory = follow(&prepared.flow, &prepared.start, &plan, &mut |t| bar.set_share(t / self.t_end))?;
        bar.finish_and_clear();
        self.write(common, &mut destination, &trajectory, (&plan, prepared.flow.layers()))?;
        let theory = &prepared.theory;
        let result = LearnReport {
            data: self.data.report(&data),
            closure: self.closure,
            response: self.response,
            times: trajectory.snapshots.len(),
            t_end: self.t_end,
            directions: prepared.flow.layers().directions(),
            unstable: theory.unstable(),
            growth_rates: theory.rates.as_slice(),
            singular_values: trajectory.snapshots.last().map_or(&[], |last| &last.singular_values),
            bulk_edge: prepared.bulk_edge,
            chain_residual: prepared.flow.chain_residual(),
            reliability: trajectory.reliability,
            unreliable_from: trajectory.unreliable.map(|found| found.from),
            events: &trajectory.events,
            statistics: &trajectory.statistics,
            files: destination.written(),
        };
        report::show(common, &result, || result.text(&trajectory) + &destination.summary());
        Ok(())
    }

    fn setup(&self) -> Result<Setup, CliError> {
        let named = self.law_u.as_deref().filter(|name| *name != ACTUAL);
        Ok(Setup {
            closure: self.closure,
            response: self.response,
            prior_u: named.map(str::parse).transpose()?,
            prior_v: self.prior_v.clone(),
            directions: self.modes,
            noise: self.noise,
            learning_rate: self.learning_rate,
            chains: self.chains.settings(),
            sweeps: self.sweeps(),
            batches: self.batch_size.zip(self.batch_seed).map(|(size, seed)| BatchSettings { size, seed }),
            ..Setup::default()
        })
    }

    fn sweeps(&self) -> SweepSettings {
        let sweeps = SweepSettings::default();
        SweepSettings { gibbs_steps: self.gibbs_steps.unwrap_or(sweeps.gibbs_steps), ..sweeps }
    }

    fn plan(&self) -> Result<Plan, CliError> {
        let bad = |message: String| Err(CliError::Input(message));
        let is_default = self.response == ResponseKind::Gaussian && self.prior_v == Prior::Gaussian;
        if self.closure != Closure::FixedPrior && !is_default {
            return bad("--response and --prior-v are for ±1 units, that is for --closure fixed-prior".to_owned());
        }
        if !(self.t_end.is_finite() && self.t_end > 0.0) {
            return bad(format!("--t-end is {}: it must be positive and finite", self.t_end));
        }
        if !(1..=MOST_TIMES).contains(&self.times) {
            return bad(format!("--times is {}: choose between 1 and {MOST_TIMES}", self.times));
        }
        if !(self.learning_rate.is_finite() && self.learning_rate >= 0.0) {
            return bad(format!("--learning-rate is {}: it must be finite and not negative", self.learning_rate));
        }
        let tolerance = Tolerance { relative: self.rtol, absolute: self.atol };
        tolerance.check()?;
        let even = |count: usize, last: f64| (0..=count).map(move |k| last * k as f64 / count as f64);
        let learning_rate = self.learning_rate;
        let plan = |times, method| {
            let integrator = Integrator { method, tolerance, learning_rate };
            Plan { times, integrator, bulk_edge: None }
        };
        if self.learning_rate == 0.0 {
            let method = match self.method {
                MethodName::Dop853 => Method::Dop853,
                MethodName::Auto | MethodName::Multirate => Method::Multirate,
            };
            return Ok(plan(even(self.times, self.t_end).collect(), method));
        }
        if self.method != MethodName::Auto {
            return bad("--method is for the flow: with a learning rate the map is iterated".to_owned());
        }
        let updates = (self.t_end / self.learning_rate).round();
        if !(1.0..1e9).contains(&updates) {
            return bad(format!(
                "--t-end {} is {updates:e} steps of the learning rate: choose between 1 and 1e9",
                self.t_end
            ));
        }
        let mut steps: Vec<u64> = even(self.times, updates).map(|step| step.round() as u64).collect();
        steps.dedup();
        Ok(plan(steps.into_iter().map(|step| step as f64 * self.learning_rate).collect(), Method::Map))
    }

    fn write(
        &self,
        common: &Common,
        destination: &mut Destination,
        trajectory: &Trajectory,
        (plan, layers): (&Plan, &Layers),
    ) -> Result<(), CliError> {
        destination.table("trajectory.csv", &tables::trajectory(trajectory))?;
        write_events(destination, &trajectory.events)?;
        learn_components::write(destination, trajectory)?;
        let npz = archive(trajectory, layers)
            .map_err(|error| CliError::Failed(format!("cannot write trajectory.npz: {error}")))?;
        destination.write("trajectory.npz", &npz)?;
        destination.save("trajectory", &learning_trajectory(trajectory, plan.bulk_edge)?)?;
        destination.write_run(common, "learn", self)
    }
}

fn write_events(destination: &mut Destination, events: &[Event]) -> Result<(), CliError> {
    let row = |event: &Event| {
        vec![exact(event.time), event.kind.name().to_owned(), event.mode.to_string(), exact(event.value)]
    };
    destination.table("events.csv", &Table::new(["time", "event", "mode", "value"], events.iter().map(row)))
}

/// A quantity of a snapshot, with its name in the archive.
type SnapshotValue<T> = (&'static str, fn(&Snapshot) -> &T);

/// Kurtosis of the components of the leading modes.
const KURTOSIS: [SnapshotValue<Vec<f64>>; 2] =
    [("kurtosis_u", |snapshot| &snapshot.kurtosis_u), ("kurtosis_v", |snapshot| &snapshot.kurtosis_v)];

/// An archive of all quantities, one array per quantity, with time as the first dimension.
fn archive(trajectory: &Trajectory, layers: &Layers) -> std::io::Result<Vec<u8>> {
    let snapshots = &trajectory.snapshots;
    let mut archive = Archive::new();
    let count = snapshots.len();
    let times: Vec<f64> = snapshots.iter().map(|snapshot| snapshot.time).collect();
    archive.add("time", &[count], &times)?;
    let sigmas: Vec<f64> = snapshots.iter().map(|snapshot| snapshot.sigma).collect();
    archive.add("sigma", &[count], &sigmas)?;
    let lists: [SnapshotValue<Vec<f64>>; 4] = [
        ("w", |snapshot| &snapshot.singular_values),
        ("w_by_identity", |snapshot| &snapshot.by_identity),
        ("eta", |snapshot| &snapshot.eta),
        ("theta", |snapshot| &snapshot.theta),
    ];
    for (name, list) in lists {
        let values: Vec<f64> = snapshots.iter().flat_map(|snapshot| list(snapshot).iter().copied()).collect();
        archive.add(name, &[count, values.len() / count.max(1)], &values)?;
    }
    for (name, list) in KURTOSIS {
        let values: Vec<f64> = snapshots.iter().flat_map(|snapshot| list(snapshot).iter().copied()).collect();
        if !values.is_empty() {
            archive.add(name, &[count, values.len() / count], &values)?;
        }
    }
    let matrices: [SnapshotValue<DMatrix<f64>>; 4] = [
        ("u", |snapshot| &snapshot.u),
        ("v", |snapshot| &snapshot.v),
        ("omega_v", |snapshot| &snapshot.visible_rotation),
        ("omega_h", |snapshot| &snapshot.hidden_rotation),
    ];
    for (name, matrix) in matrices {
        let Some((rows, columns)) = snapshots.first().map(|first| matrix(first).shape()) else { continue };
        // In row-major order.
        let rows_of = |snapshot: &Snapshot| matrix(snapshot).transpose().as_slice().to_vec();
        let values: Vec<f64> = snapshots.iter().flat_map(rows_of).collect();
        archive.add(name, &[count, rows, columns], &values)?;
    }
    let visible = match &layers.basis {
        Basis::Directions(directions) => Some(directions),
        _ => None,
    };
    for (name, basis) in [("basis_v", visible), ("basis_h", layers.hidden_basis.as_ref())] {
        if let Some(basis) = basis {
            archive.add(name, &[basis.nrows(), basis.ncols()], basis.transpose().as_slice())?;
        }
    }
    let likelihoods: Option<Vec<f64>> = snapshots.iter().map(|snapshot| snapshot.log_likelihood).collect();
    if let Some(likelihoods) = likelihoods {
        archive.add("log_likelihood", &[count], &likelihoods)?;
    }
    archive.finish()
}

/// A table of some of the snapshots.
fn table(trajectory: &Trajectory) -> String {
    let snapshots = &trajectory.snapshots;
    let modes = snapshots.first().map_or(0, |first| first.singular_values.len()).min(MODES_SHOWN);
    let names: Vec<String> = (1..=modes).map(|rank| format!("w_{rank}")).collect();
    let likelihood = snapshots.iter().all(|snapshot| snapshot.log_likelihood.is_some());
    let header = std::iter::once("t").chain(names.iter().map(String::as_str));
    let header: Vec<&str> = header.chain(likelihood.then_some("log-likelihood")).collect();
    let count = snapshots.len();
    let shown = count.min(EVENTS_SHOWN);
    let rows = (0..shown).map(|row| {
        let last = if shown > 1 { shown - 1 } else { 1 };
        let snapshot = &snapshots[row * (count - 1) / last];
        let values = snapshot.singular_values[..modes].iter().map(|&w| number(w));
        let values = std::iter::once(number(snapshot.time)).chain(values);
        values.chain(snapshot.log_likelihood.map(number)).collect()
    });
    report::table(&header, rows)
}

/// The first events, and the cost of the integration.
fn happened(trajectory: &Trajectory) -> String {
    let row = |event: &Event| {
        vec![number(event.time), event.kind.name().to_owned(), event.mode.to_string(), number(event.value)]
    };
    let events = report::table(&["time", "event", "mode", "w"], trajectory.events.iter().take(EVENTS_SHOWN).map(row));
    let more = trajectory.events.len().saturating_sub(EVENTS_SHOWN);
    let more = if more > 0 { format!("({more} more events in events.csv)\n") } else { String::new() };
    let taken = &trajectory.statistics;
    let smallest = taken.smallest_step.map_or(String::new(), |step| format!(", the smallest {}", plain(step)));
    format!(
        "{events}{more}\n{} steps{smallest}, {} refused; {} evaluations of the data term, {} of the machine's\n",
        taken.steps,
        taken.refused_at.len(),
        taken.data_evaluations,
        taken.machine_evaluations
    )
}
