//! The command `figure`, and the function that draws each figure.

use super::super::destination::Destination;
use super::super::error::CliError;
use super::super::options::{Common, Format};
use super::super::report;
use super::gallery::DEFAULT_FOLDER;
use super::gallery::FigureName;
use super::gallery::FigureOptions;
use super::gallery::Gallery;
use super::gallery::Runs;
use clap::ValueEnum;

/// Default data.
pub(super) const DEFAULT_DATA: &str = "digits";

/// A function that draws a figure.
pub(super) type Draw = fn(&mut Gallery) -> Result<(), CliError>;

impl FigureName {
    /// Whether the figure, or one of the figures it stands for, shows the data of the options.
    fn takes_data(self) -> bool {
        self == Self::All || self.trains()
    }

    /// Whether it needs the training run of the options.
    fn trains(self) -> bool {
        matches!(self, Self::SpectrumHistogram | Self::LearnedModes | Self::SpectrumLogLog)
    }

    /// Whether the figure simulates machines that learn clusters.
    fn simulates_clusters(self) -> bool {
        matches!(self, Self::TheoryVsSimulation | Self::Trajectory | Self::Closures)
    }

    /// The function that draws the figure; `None` for `All`.
    fn draw(self) -> Option<Draw> {
        Some(match self {
            Self::All => return None,
            Self::LinearDynamics => super::linear_dynamics::draw,
            Self::SpectrumHistogram => super::spectrum_histogram::draw,
            Self::LearnedModes => super::learned_modes::draw,
            Self::SpectrumLogLog => super::spectrum_log_log::draw,
            Self::PhaseDiagrams => super::phase_diagrams::one_mode,
            Self::TheoryVsSimulation => super::theory_vs_simulation::draw,
            Self::StableStates => super::stable_states::draw,
            Self::Trajectory => super::trajectory::draw,
            Self::Closures => super::closures::draw,
            Self::Averages => super::averages::draw,
            Self::Metastability => super::phase_diagrams::metastability,
            Self::Digits => super::digits::draw,
            Self::Training => super::training::draw,
            Self::Learning => super::learning::draw,
        })
    }
}

impl FigureOptions {
    /// Refuses data options for a figure that makes its own data.
    fn check(&self) -> Result<(), CliError> {
        let name = self.name.to_possible_value().map_or(String::new(), |value| value.get_name().to_owned());
        if self.data.data != DEFAULT_DATA && !self.name.takes_data() {
            return Err(CliError::Input(format!(
                "figure {name} draws its own data and takes no --data (\"{}\"): spectrum-histogram, spectrum-log-log, learned-modes and all do",
                self.data.data
            )));
        }
        Ok(())
    }

    pub fn execute(self, common: &Common) -> Result<(), CliError> {
        self.check()?;
        let destination = Destination::new(common, DEFAULT_FOLDER)?;
        let mut gallery = Gallery { common, options: self, destination, runs: Runs::default(), claims: Vec::new() };
        let names: &[FigureName] = match gallery.options.name {
            FigureName::All => FigureName::value_variants(),
            ref one => &[*one],
        };
        // Refuses impossible options before the first figure is written.
        if names.iter().any(|name| name.trains()) {
            gallery.check_training()?;
        }
        if names.iter().any(|name| name.simulates_clusters()) {
            gallery.check_clusters()?;
        }
        for draw in names.iter().filter_map(|name| name.draw()) {
            draw(&mut gallery)?;
        }
        let loaded = gallery.runs.data().map(|data| gallery.options.data.report(data));
        let Gallery { options, mut destination, claims, .. } = gallery;
        super::claims::write(
            &mut destination,
            &claims,
            &format!("What the figures claim, on the data \"{}\".", options.data.data),
        )?;
        destination.write_run(common, "figure", &options)?;
        match common.format {
            Format::Json => {
                let summary = serde_json::json!({
                    "data": loaded, "files": destination.written(), "timings": destination.timings(), "claims": claims
                });
                report::print(&report::json(&summary));
            }
            Format::Table => {
                let loaded = loaded.map_or(String::new(), |loaded| loaded.text());
                report::print(&(loaded + &super::claims::text(&claims) + &destination.summary()));
            }
        }
        Ok(())
    }
}
