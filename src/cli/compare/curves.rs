//! The curves of a comparison: their table and their figure.

use super::options::CompareOptions;
use super::report::CompareReport;
use crate::cli::destination::Destination;
use crate::cli::error::CliError;
use crate::io::Table;
use crate::io::number::exact;
use crate::learning::Closure;
use crate::plot::{Figure, Scale};
use crate::simulator::machine::Algorithm;
use crate::simulator::run::Spacing;
use crate::study::compare::Outcome;
use crate::study::drawing::{ComparisonFigure, TheoryCurves, comparison};

/// Writes curves.csv, one row per record: simulations with their errors, and theories, mode by mode.
pub(super) fn write(outcome: &Outcome, destination: &mut Destination) -> Result<(), CliError> {
    let curves = &outcome.curves;
    let mut names: Vec<String> = vec!["time".to_owned(), "bulk_edge".to_owned()];
    let edges = curves.bulk_edge.clone().unwrap_or_else(|| vec![f64::NAN; curves.times.len()]);
    let mut columns: Vec<&[f64]> = vec![&curves.times, &edges];
    for mode in 0..curves.mean.len() {
        names.push(format!("w_{}", mode + 1));
        columns.push(&curves.mean[mode]);
        names.push(format!("error_{}", mode + 1));
        columns.push(curves.error.as_ref().map_or(&[], |errors| &errors[mode]));
        for theory in &outcome.theories {
            names.push(format!("{}_{}", theory.name, mode + 1));
            columns.push(&theory.followed.values[mode]);
        }
        if let Some(run) = &outcome.beside {
            let name = match run.settings.algorithm {
                Algorithm::Exact => "exact".to_owned(),
                _ => format!("pcd-{}", run.settings.gibbs_steps),
            };
            names.push(format!("{name}_{}", mode + 1));
            columns.push(&run.followed.values[mode]);
        }
    }
    let population = outcome.theories.iter().filter(|theory| theory.setup.closure == Closure::Population);
    let flags: Vec<(String, f64)> = population
        .map(|theory| {
            let from = theory.unreliable().map_or(f64::INFINITY, |found| found.from);
            (format!("{}_unreliable", theory.name), from)
        })
        .collect();
    names.extend(flags.iter().map(|(name, _)| name.clone()));
    // NaN where a theory ended earlier, or a single run has no error.
    let row = |k: usize| {
        let values = columns.iter().map(|column| exact(column.get(k).copied().unwrap_or(f64::NAN)));
        let flags = flags.iter().map(|(_, from)| u8::from(curves.times[k] >= *from).to_string());
        values.chain(flags).collect()
    };
    destination.table("curves.csv", &Table::new(names, (0..curves.times.len()).map(row)))
}

/// The figure: theories and the additional run beside the simulations.
pub(super) fn figure(options: &CompareOptions, report: &CompareReport, outcome: &Outcome) -> Figure {
    let beside = outcome.beside.as_ref().map(|run| (run.name(), &run.followed));
    let beside =
        beside.iter().map(|(name, followed)| TheoryCurves { name, modes: &followed.values, unreliable_from: None });
    let theories: Vec<TheoryCurves<'_>> = outcome.theories.iter().map(TheoryCurves::of).chain(beside).collect();
    comparison(&ComparisonFigure {
        curves: &outcome.curves,
        simulation: &report.simulation.label,
        theories: &theories,
        scale: if options.record_spacing == Some(Spacing::Linear) { Scale::Linear } else { Scale::Log },
    })
}
