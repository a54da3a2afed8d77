//! `figure`: the gallery.

use super::destination::Destination;
use super::options::{Common, Format};
use super::{CliError, phase_diagram, progress, report};
use crate::Prior;
use crate::figure;
use crate::phase::{Family, PhaseDiagram};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// Folder used without --out.
const DEFAULT_FOLDER: &str = "figures";

/// Figures of the gallery, each as PNG and SVG with its data as CSV.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm figure
  spectral-rbm figure phase-diagrams --quick --out results/figures")]
#[serde(deny_unknown_fields)]
pub(super) struct FigureOptions {
    /// Which figure
    #[arg(value_enum, default_value_t)]
    name: FigureName,
    /// Coarse grids, for a first look
    #[arg(long)]
    #[serde(default)]
    quick: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FigureName {
    /// Every figure
    #[default]
    All,
    /// Phase diagrams of one mode under the four priors
    PhaseDiagrams,
    /// Phase diagrams of three modes, with the limits of metastability
    Metastability,
}

impl FigureOptions {
    pub fn execute(self, common: &Common) -> Result<(), CliError> {
        let mut destination = Destination::new(common, DEFAULT_FOLDER)?;
        let wanted = |name| self.name == FigureName::All || self.name == name;
        if wanted(FigureName::PhaseDiagrams) {
            self.gallery(common, &mut destination, "phase-diagrams", &Prior::NAMED, &[1.0])?;
        }
        if wanted(FigureName::Metastability) {
            let priors = [Prior::Bernoulli, Prior::Laplace];
            self.gallery(common, &mut destination, "metastability", &priors, &[1.0, 0.9, 0.8])?;
        }
        destination.write_run(common, "figure", &self)?;
        match common.format {
            Format::Json => report::print(&report::json(&serde_json::json!({ "files": destination.written() }))),
            Format::Table => report::print(&destination.summary()),
        }
        Ok(())
    }

    /// Phase diagrams side by side, with the boundaries of each as CSV.
    fn gallery(
        &self,
        common: &Common,
        destination: &mut Destination,
        name: &'static str,
        priors: &[Prior],
        modes_ratio: &[f64],
    ) -> Result<(), CliError> {
        let points = if self.quick { 41 } else { 201 };
        let axis: Vec<f64> = (0..points).map(|n| 2.0 * f64::from(n) / f64::from(points - 1)).collect();
        let bar = progress::bar(common, name, priors.len() * PhaseDiagram::steps(&axis));
        let mut diagrams = Vec::new();
        for prior in priors {
            let family = Family::new(1.0, modes_ratio, prior.clone(), prior.clone())?;
            diagrams.push(PhaseDiagram::compute(&family, &axis, &axis, &|| bar.inc(1))?);
        }
        bar.finish_and_clear();
        destination.note(figure::phase_diagram_gallery(&diagrams)?.save(destination.folder(), name)?);
        for (prior, diagram) in priors.iter().zip(&diagrams) {
            phase_diagram::write_boundaries(destination, &format!("{name}-{prior}.csv"), &diagram.boundaries)?;
        }
        Ok(())
    }
}
