//! The report of a comparison in Markdown.

use super::report::{ChainsReport, CompareReport, TheoryReport};
use crate::cli::report::{self, plain};
use crate::learning::Closure;
use crate::study::compare::{Measured, Measures, Outcome, Theory, Verdict};

impl CompareReport {
    /// The report.
    pub fn text(&self, outcome: &Outcome) -> String {
        let (data, simulation) = (&self.data, &self.simulation);
        let mut text = doubts(&self.verdict, &outcome.theories);
        text += &format!(
            "# Theory against simulation\n\n{}\n\n\
             Data: {}, {} samples of {} units. Machine: {} visible and {} hidden units. Simulations: {}, {} updates to t = {}, \
             seeds from {}.\n{}",
            self.compared,
            data.data,
            data.samples,
            data.visible,
            simulation.visible,
            simulation.hidden,
            simulation.label,
            simulation.updates,
            plain(simulation.t_end),
            simulation.seeds[0],
            data.notes.iter().map(|note| format!("\nNote: {note}.\n")).collect::<String>(),
        );
        for (theory, reported) in outcome.theories.iter().zip(&self.theories) {
            text += &self.theory(theory, reported);
        }
        if let Some(reference) = &self.reference {
            let (what, name) = match reference.gibbs_steps.zip(reference.chains) {
                Some((steps, chains)) => (format!("one run of PCD-{steps} with {chains} chains"), "PCD"),
                None => ("one run of the exact gradient".to_owned(), "exact"),
            };
            text += &format!(
                "\n## The bias of {}: {what}\n\n{}",
                simulation.name,
                table(&reference.modes, name, false, &QUANTITIES)
            );
        }
        text + &self.chains.as_ref().map_or(String::new(), ChainsReport::text)
    }

    /// A section on one theory.
    fn theory(&self, theory: &Theory, reported: &TheoryReport) -> String {
        let resolved = match reported.directions {
            all if all == self.simulation.visible => "all sites".to_owned(),
            1 => "one direction".to_owned(),
            count => format!("{count} directions"),
        };
        let mut text = format!("\n## {}, {resolved}, {} response\n\n", reported.closure, reported.response);
        if reported.directions < self.simulation.visible && theory.setup.closure == Closure::Population {
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
        let trusts = self.verdict.trusts();
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
        text
    }
}

/// The first lines of the report; empty if there are no doubts.
fn doubts(verdict: &Verdict, theories: &[Theory]) -> String {
    let mut text = String::new();
    if !verdict.trusts() {
        text += &format!(
            "**The reference is not to be trusted:** {}. What follows is the difference between theory and simulation, not \
             the theory's error.\n\n",
            verdict.reference_doubts.join("; ")
        );
    }
    for theory in theories {
        if let Some(found) = theory.unreliable() {
            let curves = report::unreliable(&format!("the curves of {}", theory.name), &found);
            text += &format!("**Unreliable:** {curves}\n");
        }
    }
    text
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

/// A quantity that simulations and theory both have, with its name.
type MeasureColumn = (&'static str, fn(&Measures) -> Measured);

/// The quantities of a table.
const QUANTITIES: [MeasureColumn; 3] = [
    ("growth rate", |mode| mode.growth_rate),
    ("emergence", |mode| mode.emergence_time),
    ("plateau", |mode| mode.plateau),
];

/// The quantities that the theory has for at least one mode.
fn known_to_theory(modes: &[Measures]) -> Vec<MeasureColumn> {
    QUANTITIES.into_iter().filter(|(_, of)| modes.iter().any(|mode| of(mode).theory.is_some())).collect()
}

/// A table with one row per mode. If the simulations are no reference it shows differences instead of deviations.
fn table(modes: &[Measures], other: &str, trusts: bool, quantities: &[MeasureColumn]) -> String {
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
    use crate::learning::{Setup, Unreliable};
    use crate::study::compare::{Course, Followed, Prediction};

    fn theory(unreliable: Option<f64>) -> Theory {
        let unreliable = unreliable.map(|from| Unreliable { from, share: 0.25 });
        let prediction = Prediction { course: Course::default(), ended: None, reliability: None, unreliable };
        let followed = Followed { values: vec![vec![0.1, 0.2, 0.3]], overlaps: vec![vec![1.0; 3]] };
        Theory { name: "population".to_owned(), setup: Setup::default(), predictions: vec![prediction], followed }
    }

    #[test]
    fn the_first_lines_say_what_is_not_to_be_relied_on() {
        let verdict = |doubts: Vec<String>| Verdict {
            reference_trusted: Some(doubts.is_empty()),
            reference_doubts: doubts,
            deviations_are: "",
        };
        assert_eq!(doubts(&verdict(Vec::new()), &[theory(None)]), "");
        let text = doubts(&verdict(vec!["chains sleep".to_owned()]), &[theory(Some(0.5))]);
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines[0].starts_with("**The reference is not to be trusted:** chains sleep."), "{text}");
        assert!(
            lines[1].contains("the curves of population cannot be relied on from t = 0.5") && lines[1].contains("25 %"),
            "{text}"
        );
    }

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
