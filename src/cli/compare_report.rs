//! What `compare` writes: report.json, report.md, curves.csv and the figure.

use super::compare_results::SimulationReport;

use super::compare_results::{Results, Theory};

use super::compare_results::ChainsReport;
use super::compare_verdict::Verdict;
use super::data::DataReport;
use super::destination::{Destination, write_json};
use super::error::CliError;
use super::options::{Common, Format};
use super::report::{self, exact, plain};

use crate::learning::{Closure, Correction, Reliability, ResponseKind};
use crate::plot::Scale;
use crate::simulator::machine::Algorithm;
use crate::study::compare::{Curves, Ended, Followed, Measured, Measures, above_bulk};
use crate::study::figures::{ComparisonFigure, TheoryCurves, comparison};
use serde::Serialize;

pub(super) use super::compare_results::{Beside, Chains};

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    verdict: Verdict,
    data: DataReport,
    simulation: SimulationReport,
    directions: usize,
    compared: String,
    theories: Vec<TheoryReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<ReferenceReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chains: Option<ChainsReport>,
}

#[derive(Serialize)]
struct TheoryReport {
    closure: String,
    response: &'static str,
    /// Number of directions that the theory resolves.
    directions: usize,
    learning_rate: f64,
    status: String,
    ended_at: Option<f64>,
    /// Reliability of the theory's first course.
    reliability: Option<Reliability>,
    /// Time from which the curves cannot be relied on.
    unreliable_from: Option<f64>,
    modes: Vec<Measures>,
    /// Measures of the curves before `unreliable_from`, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    modes_while_reliable: Option<Vec<Measures>>,
    modes_above_bulk: AboveBulk,
}

#[derive(Serialize)]
struct AboveBulk {
    times: Vec<f64>,
    simulation: Vec<f64>,
    theory: Vec<f64>,
    simulation_whole: Vec<f64>,
}

/// An additional run that shows the error of the simulations, compared with them like a theory: the exact gradient, or
/// PCD beside CD.
#[derive(Serialize)]
struct ReferenceReport {
    algorithm: &'static str,
    gibbs_steps: Option<usize>,
    chains: Option<usize>,
    seed: u64,
    modes: Vec<Measures>,
}

impl Theory {
    /// The earliest premature end among the courses.
    fn ended(&self) -> Option<&Ended> {
        let ended = self.predictions.iter().filter_map(|prediction| prediction.ended.as_ref());
        let time = |ended: &Ended| ended.time.unwrap_or(f64::NEG_INFINITY);
        ended.min_by(|a, b| time(a).total_cmp(&time(b)))
    }

    pub(super) fn status(&self) -> String {
        match self.ended() {
            None => "complete".to_owned(),
            Some(Ended { time: Some(time), error }) => format!("ended at t = {}: {error}", plain(*time)),
            Some(Ended { time: None, error }) => format!("did not start: {error}"),
        }
    }

    /// Number of modes above the bulk, as long as all courses last, then NaN.
    fn above_bulk(&self, curves: &Curves) -> Vec<f64> {
        let edges = curves.bulk_edge.as_deref();
        let counts: Vec<Vec<f64>> = self.predictions.iter().map(|one| above_bulk(&one.course, edges)).collect();
        let mean = |record: usize| {
            let sum: Option<f64> = counts.iter().map(|count| count.get(record)).sum();
            sum.map_or(f64::NAN, |sum| sum / counts.len() as f64)
        };
        (0..curves.times.len()).map(mean).collect()
    }

    fn response(&self) -> &'static str {
        match self.setup.response {
            _ if self.setup.closure == Closure::Chains => match self.setup.chains.correction {
                Correction::Tap => "tap",
                Correction::None => "naive",
            },
            _ if self.setup.closure == Closure::Population => "states",
            ResponseKind::Gaussian => "gaussian",
            ResponseKind::MeanField => "mean-field",
            ResponseKind::FiniteSize => "finite-size",
        }
    }
}

impl Results<'_> {
    fn measures(&self, followed: &Followed) -> Vec<Measures> {
        (0..self.curves.mean.len()).map(|mode| Measures::of(self.curves, mode, followed)).collect()
    }

    fn report(&self) -> Report {
        let (options, data) = self.data;
        let curves = self.curves;
        let theories = self.theories.iter().map(|theory| TheoryReport {
            closure: theory.closure.clone(),
            response: theory.response(),
            directions: theory.setup.directions.unwrap_or(self.simulation.visible),
            learning_rate: theory.setup.learning_rate,
            status: theory.status(),
            ended_at: theory.ended().and_then(|ended| ended.time),
            reliability: theory.predictions.first().and_then(|prediction| prediction.reliability),
            unreliable_from: theory.unreliable().map(|found| found.from),
            modes: self.measures(&theory.followed),
            modes_while_reliable: theory.while_reliable(&curves.times).map(|followed| self.measures(&followed)),
            modes_above_bulk: AboveBulk {
                times: curves.times.clone(),
                simulation: curves.above_bulk.clone(),
                theory: theory.above_bulk(curves),
                simulation_whole: curves.outliers.clone(),
            },
        });
        let beside = self.beside.as_ref().map(|run| self.measures(&run.followed));
        let chains = self.theories.first().and_then(|theory| self.chains.report(curves, &theory.followed));
        let verdict = Verdict::of(self, chains.as_ref(), beside.as_deref().unwrap_or(&[]));
        Report {
            data: options.report(data),
            simulation: self.simulation.clone(),
            directions: self.directions,
            compared: self.compared(&verdict),
            theories: theories.collect(),
            reference: self.beside.as_ref().zip(beside).map(|(run, modes)| {
                let exact = run.settings.algorithm == Algorithm::Exact;
                ReferenceReport {
                    algorithm: if exact { "exact" } else { "pcd" },
                    gibbs_steps: (!exact).then_some(run.settings.gibbs_steps),
                    chains: (!exact).then_some(run.settings.chains),
                    seed: run.settings.seed,
                    modes,
                }
            }),
            chains,
            verdict,
        }
    }

    /// A sentence that says what is compared with what.
    fn compared(&self, verdict: &Verdict) -> String {
        let simulation = &self.simulation;
        let gradient = match (simulation.chains, simulation.gibbs_steps) {
            (Some(chains), Some(steps)) => format!(
                "The simulations are of PCD-{steps} with {chains} persistent chains, whose gradient is close to the exact \
                 one as long as the chains keep up with the machine; {}.",
                match verdict.trusts() {
                    true => "what is left of the difference is then the theory's",
                    false => "these do not, and the difference contains what their gradient lacks",
                }
            ),
            (None, Some(steps)) => format!(
                "The simulations are of CD-{steps}, whose chains start at the data in each update: their gradient is biased, \
                 and the theory's is not. The difference contains the bias of CD{}.",
                self.beside.as_ref().map_or(String::new(), |run| format!(", which the run beside it shows ({})", run.name()))
            ),
            _ if simulation.units == "ising" => {
                "The simulations learn by the exact gradient, from sums over all states of the machine; batches alone are chance."
                    .to_owned()
            }
            _ => "The simulation is a linear machine that learns by its exact gradient.".to_owned(),
        };
        let steps = match simulation.flow {
            true => "Theories are continuous flows, without the simulation's finite learning rate".to_owned(),
            false => format!("Theories make the simulation's steps of {}", plain(simulation.learning_rate)),
        };
        let seen = match self.directions < simulation.visible {
            true => {
                let directions = match self.directions {
                    1 => "direction".to_owned(),
                    count => format!("{count} directions"),
                };
                format!(
                    "both are projected on the same {directions} of the data before their singular values are taken"
                )
            }
            false => "singular values are those of the whole weights".to_owned(),
        };
        let errors = match simulation.runs {
            1 => "There is one run, and no statistical error.".to_owned(),
            runs => format!("Errors are standard errors of the mean of {runs} runs from the same initial machine."),
        };
        let data = match simulation.batches {
            true => {
                "of population and chains on the batches of each run and then averaged, else on the mean of the same data"
            }
            false => "on the mean of the same data",
        };
        format!("{gradient} {steps}, {data}; {seen}. {errors}")
    }
}

/// Writes everything but run.toml.
pub(super) fn write(results: &Results<'_>, common: &Common, destination: &mut Destination) -> Result<(), CliError> {
    let report = results.report();
    let drawn = figure(results, &report)?;
    write_json(destination, "report.json", &report)?;
    destination.write("report.md", text(results, &report, common.seed).as_bytes())?;
    write_curves(results, destination)?;
    destination.save(&drawn, "comparison")
}

/// Prints the report.
pub(super) fn print(results: &Results<'_>, common: &Common, destination: &Destination) {
    let report = results.report();
    match common.format {
        Format::Json => report::print(&report::json(&report)),
        Format::Table => report::print(&format!("{}\n{}", text(results, &report, common.seed), destination.summary())),
    }
}

/// Writes one row per record: simulations with their errors, and theories, mode by mode.
fn write_curves(results: &Results<'_>, destination: &mut Destination) -> Result<(), CliError> {
    let curves = results.curves;
    let mut names: Vec<String> = vec!["time".to_owned(), "bulk_edge".to_owned()];
    let edges = curves.bulk_edge.clone().unwrap_or_else(|| vec![f64::NAN; curves.times.len()]);
    let mut columns: Vec<&[f64]> = vec![&curves.times, &edges];
    for mode in 0..curves.mean.len() {
        names.push(format!("w_{}", mode + 1));
        columns.push(&curves.mean[mode]);
        names.push(format!("error_{}", mode + 1));
        columns.push(curves.error.as_ref().map_or(&[], |errors| &errors[mode]));
        for theory in results.theories {
            names.push(format!("{}_{}", theory.closure, mode + 1));
            columns.push(&theory.followed.values[mode]);
        }
        if let Some(run) = &results.beside {
            let name = match run.settings.algorithm {
                Algorithm::Exact => "exact".to_owned(),
                _ => format!("pcd-{}", run.settings.gibbs_steps),
            };
            names.push(format!("{name}_{}", mode + 1));
            columns.push(&run.followed.values[mode]);
        }
    }
    let population = results.theories.iter().filter(|theory| theory.setup.closure == Closure::Population);
    let flags: Vec<(String, f64)> = population
        .map(|theory| {
            let from = theory.unreliable().map_or(f64::INFINITY, |found| found.from);
            (format!("{}_unreliable", theory.closure), from)
        })
        .collect();
    names.extend(flags.iter().map(|(name, _)| name.clone()));
    let header: Vec<&str> = names.iter().map(String::as_str).collect();
    // NaN where a theory ended earlier, or a single run has no error.
    let row = |k: usize| {
        let values = columns.iter().map(|column| exact(column.get(k).copied().unwrap_or(f64::NAN)));
        let flags = flags.iter().map(|(_, from)| u8::from(curves.times[k] >= *from).to_string());
        values.chain(flags).collect()
    };
    destination.write_csv("curves.csv", &header, (0..curves.times.len()).map(row))
}

fn figure(results: &Results<'_>, report: &Report) -> Result<crate::plot::Figure, CliError> {
    let curves = results.curves;
    let beside = results.beside.as_ref().map(|run| (run.name(), &run.followed));
    let theories = results.theories.iter().map(|theory| TheoryCurves {
        name: &theory.closure,
        modes: &theory.followed.values,
        unreliable_from: theory.unreliable().map(|found| found.from),
    });
    let beside =
        beside.iter().map(|(name, followed)| TheoryCurves { name, modes: &followed.values, unreliable_from: None });
    let drawn: Vec<TheoryCurves<'_>> = theories.chain(beside).collect();
    let emerged: Vec<Option<f64>> = match report.theories.first() {
        Some(first) => first.modes.iter().map(|mode| mode.emergence_time.simulation).collect(),
        None => vec![None; curves.mean.len()],
    };
    Ok(comparison(&ComparisonFigure {
        times: &curves.times,
        scale: if results.linear_records { Scale::Linear } else { Scale::Log },
        simulation: &results.simulation.label(),
        mean: &curves.mean,
        error: curves.error.as_deref(),
        bulk_edge: curves.bulk_edge.as_deref(),
        emerged: &emerged,
        theories: &drawn,
    })?)
}

/// The report in Markdown.
fn text(results: &Results<'_>, report: &Report, seed: u64) -> String {
    let (data, simulation) = (&report.data, &report.simulation);
    let mut text = report.verdict.text(results.theories);
    text += &format!(
        "# Theory against simulation\n\n{}\n\n\
         Data: {}, {} samples of {} units. Machine: {} visible and {} hidden units. Simulations: {}, {} updates to t = {}, \
         seeds from {}.\n{}",
        report.compared,
        data.data,
        data.samples,
        data.visible,
        simulation.visible,
        simulation.hidden,
        simulation.label(),
        simulation.updates,
        plain(simulation.t_end),
        simulation.seeds.first().copied().unwrap_or(seed),
        data.notes.iter().map(|note| format!("\nNote: {note}.\n")).collect::<String>(),
    );
    for (theory, reported) in results.theories.iter().zip(&report.theories) {
        let resolved = match reported.directions {
            all if all == simulation.visible => "all sites".to_owned(),
            1 => "one direction".to_owned(),
            count => format!("{count} directions"),
        };
        text += &format!("\n## {}, {resolved}, {} response\n\n", reported.closure, reported.response);
        if reported.directions < simulation.visible && theory.setup.closure == Closure::Population {
            text += "The theory resolves these directions alone. What learning carries out of them is in the simulations and not \
                     in the theory, and no mark shows from when on that matters; `--resolved sites` keeps it.\n\n";
        }
        if theory.ended().is_some() {
            text += &format!("The theory {}. It is compared up to there.\n\n", reported.status);
        }
        let reliability = reported.reliability.map(|found| report::reliability(&found)).unwrap_or_default();
        if !reliability.is_empty() {
            text += &format!("{reliability}\n");
        }
        let trusts = report.verdict.trusts();
        text += &table(&reported.modes, "theory", trusts, &QUANTITIES);
        if let (Some(modes), Some(from)) = (&reported.modes_while_reliable, reported.unreliable_from) {
            text += &format!(
                "\nUp to t = {}, where its states could be relied on:\n\n{}",
                report::reading(from),
                // The simulations' values are in the table above. A theory that is cut never has a plateau.
                table(modes, "theory", trusts, &known_to_theory(modes))
            );
        }
        let last = |values: &[f64]| values.last().map_or("-".to_owned(), |&value| short(Some(value)));
        let above = &reported.modes_above_bulk;
        text += &format!(
            "\nModes above the bulk at the end, along the directions compared: simulation {}, theory {}.\n",
            last(&above.simulation),
            last(&above.theory)
        );
    }
    if let Some(reference) = &report.reference {
        let (what, name) = match reference.gibbs_steps.zip(reference.chains) {
            Some((steps, chains)) => (format!("one run of PCD-{steps} with {chains} chains"), "PCD"),
            None => ("one run of the exact gradient".to_owned(), "exact"),
        };
        text += &format!(
            "\n## The bias of {}: {what}\n\n{}",
            simulation.name(),
            table(&reference.modes, name, false, &QUANTITIES)
        );
    }
    text + &report.chains.as_ref().map_or(String::new(), ChainsReport::text)
}

/// A quantity that simulations and theory both have, with its name.
type Quantity = (&'static str, fn(&Measures) -> Measured);

/// The quantities of a table.
const QUANTITIES: [Quantity; 3] = [
    ("growth rate", |mode| mode.growth_rate),
    ("emergence", |mode| mode.emergence_time),
    ("plateau", |mode| mode.plateau),
];

/// The quantities that the theory has for at least one mode.
fn known_to_theory(modes: &[Measures]) -> Vec<Quantity> {
    QUANTITIES.into_iter().filter(|(_, of)| modes.iter().any(|mode| of(mode).theory.is_some())).collect()
}

/// A table with one row per mode. If the simulations are no reference it shows differences instead of deviations.
fn table(modes: &[Measures], other: &str, trusts: bool, quantities: &[Quantity]) -> String {
    let what = if trusts { "deviation" } else { "difference" };
    let names: String = quantities.iter().map(|(name, _)| format!(" {name} | {other} |")).collect();
    let mut text = format!(
        "| mode | largest {what} | r.m.s. | in errors |{names}\n|---|---|---|---|{}\n",
        "---|---|".repeat(quantities.len())
    );
    let percent = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{:.2} %", 100.0 * value));
    for mode in modes {
        let pairs: String = quantities.iter().map(|(_, of)| format!(" {} |", pair(of(mode)))).collect();
        text += &format!(
            "| {} | {} | {} | {} |{pairs}\n",
            mode.mode,
            percent(mode.max_relative_deviation),
            percent(mode.rms_relative_deviation),
            mode.max_deviation_in_errors.map_or("-".to_owned(), |value| format!("{value:.1}")),
        );
    }
    text
}

/// Two cells: the simulations' value with its error, and the theory's value.
fn pair(measured: Measured) -> String {
    let error = measured.error.map_or(String::new(), |error| format!(" ± {error:.1e}"));
    format!("{}{error} | {}", short(measured.simulation), short(measured.theory))
}

/// Five significant digits.
fn short(value: Option<f64>) -> String {
    match value {
        Some(0.0) => "0".to_owned(),
        Some(value) if value.is_finite() => {
            let decimals = (4 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
            format!("{value:.decimals$}")
        }
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_theory_has_no_columns_of_what_it_never_reached() {
        let reached = |theory: Option<f64>| Measured { simulation: Some(2.0), error: Some(0.1), theory };
        let mode = |number: usize, growth: Option<f64>| Measures {
            mode: number,
            max_relative_deviation: Some(0.01),
            rms_relative_deviation: Some(0.005),
            max_deviation_in_errors: None,
            growth_rate: reached(growth),
            emergence_time: reached(Some(1.9)),
            plateau: reached(None),
            smallest_overlap: None,
        };
        let header = |modes: &[Measures]| {
            let text = table(modes, "theory", true, &known_to_theory(modes));
            let cells: Vec<usize> = text.lines().map(|line| line.matches('|').count()).collect();
            assert!(cells.iter().all(|&count| count == cells[0]), "{text}");
            text.lines().next().unwrap_or_default().to_owned()
        };
        let none = header(&[mode(1, None)]);
        assert!(none.contains("emergence") && !none.contains("growth") && !none.contains("plateau"), "{none}");
        let some = header(&[mode(1, Some(2.1)), mode(2, None)]);
        assert!(some.contains("growth rate | theory | emergence | theory |") && !some.contains("plateau"), "{some}");
    }
}
