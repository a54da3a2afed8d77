//! `figure`: the gallery.

use super::destination::Destination;
use super::options::{Common, Format};
use super::{CliError, figures, learn, phase_diagram, progress, report, train};
use crate::Prior;
use crate::data::{Binarization, Dataset, Moments, digits, mnist};
use crate::figure;
use crate::learning::{Integrator, Plan, Setup, follow};
use crate::phase::{Family, PhaseDiagram};
use crate::rbm::{Hyperparameters, Machine, Settings, Trainer, Units};
use crate::simulation::{Detail, Recorder, Spacing, Store, run, schedule};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// Drawn digits shown.
const SHEET: usize = 50;
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
    /// Drawn digits, and the spectrum of their covariance beside MNIST's where that is at hand
    Digits,
    /// Singular values of a machine that learns drawn digits, against time
    Training,
    /// The same by the deterministic flow, in the thirty directions that grow fastest
    Learning,
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
        if wanted(FigureName::Digits) {
            self.digits(common, &mut destination)?;
        }
        if wanted(FigureName::Training) {
            self.training(common, &mut destination)?;
        }
        if wanted(FigureName::Learning) {
            self.learning(common, &mut destination)?;
        }
        destination.write_run(common, "figure", &self)?;
        match common.format {
            Format::Json => report::print(&report::json(&serde_json::json!({ "files": destination.written() }))),
            Format::Table => report::print(&destination.summary()),
        }
        Ok(())
    }

    /// A sheet of drawn digits, and how the variances of digits and MNIST fall off.
    fn digits(&self, common: &Common, destination: &mut Destination) -> Result<(), CliError> {
        let count = if self.quick { 2_000 } else { 10_000 };
        let spinner = progress::spinner(common, "digits");
        let drawn = digits::generate(count, common.seed)?;
        figures::of_samples(destination, &drawn.spins()?.clone().first(SHEET), (28, 28), "digits-samples")?;
        let variances = |data: &Dataset| -> Result<Vec<f64>, CliError> {
            Ok(Moments::of(data)?.principal_components()?.variances.iter().copied().collect())
        };
        let mut spectra = vec![("drawn digits", variances(&drawn)?)];
        match mnist::locate(None) {
            Ok(folder) => {
                let data = mnist::load(&folder, Some(count), Binarization::Threshold)?;
                spectra.push(("MNIST", variances(&data)?));
            }
            Err(_) if !common.quiet => eprintln!("note: MNIST is not at hand; the drawn digits are shown alone"),
            Err(_) => {}
        }
        spinner.finish_and_clear();
        let curves: Vec<(&str, &[f64])> = spectra.iter().map(|(name, values)| (*name, values.as_slice())).collect();
        let label = "variance of component α";
        destination.save(&figure::spectra_by_rank(label, figure::Scale::Log, &curves)?, "digits-spectrum")?;
        let header: Vec<&str> = std::iter::once("rank").chain(spectra.iter().map(|(name, _)| *name)).collect();
        let row = |rank: usize| -> Vec<String> {
            let values = spectra.iter().map(|(_, values)| report::exact(values[rank]));
            std::iter::once((rank + 1).to_string()).chain(values).collect()
        };
        destination.write_csv("digits-spectrum.csv", &header, (0..784).map(row))
    }

    /// The run of `train` without options (in a fifth of the data, if quick), its spectrum alone.
    fn training(&self, common: &Common, destination: &mut Destination) -> Result<(), CliError> {
        let data = digits::generate(if self.quick { 2_000 } else { 10_000 }, 0)?;
        let spins = data.spins()?;
        let machine = Machine::random(data.units(), 400, 0.01, common.seed)?.with_mean_of(spins)?;
        let settings = Settings { seed: common.seed, ..Settings::default() };
        let updates = 20 * (data.len() / settings.batch_size) as u64;
        let mut trainer = Trainer::new(machine, spins, settings)?;
        let folder = tempfile::tempdir().map_err(|error| CliError::Failed(error.to_string()))?;
        let store = Store::create(folder.path(), Hyperparameters::default(), Units::Ising, b"")?;
        let recorder = Recorder::new(&data, Detail::Values)?;
        let bar = progress::updates(common, "training", updates);
        let times = schedule(updates, 60, Spacing::Log);
        let log = run(&mut trainer, &recorder, &times, &store, &mut |updates| bar.set_position(updates))?;
        bar.finish_and_clear();
        if let Some(drawn) = figures::spectrum(&log)? {
            destination.save(&drawn, "training")?;
        }
        train::write_spectrum(destination, "training.csv", &log)
    }

    /// The learning flow of the drawn digits from the start of `train`.
    fn learning(&self, common: &Common, destination: &mut Destination) -> Result<(), CliError> {
        let data = digits::generate(if self.quick { 2_000 } else { 10_000 }, 0)?;
        let machine = Machine::random(data.units(), 400, 0.01, common.seed)?.with_mean_of(data.spins()?)?;
        let setup = Setup { directions: Some(30), ..Setup::default() };
        let prepared = setup.prepare(&data, &Moments::of(&data)?, &machine)?;
        let times: Vec<f64> = (0..=200).map(|n| 0.006 * f64::from(n)).collect();
        let plan = Plan { times, integrator: Integrator::default(), bulk_edge: prepared.bulk_edge };
        let bar = progress::bar(common, "learning", 1000);
        let trajectory =
            follow(&prepared.flow, &prepared.start, &plan, &mut |t| bar.set_position((1000.0 * t / 1.2) as u64))?;
        bar.finish_and_clear();
        destination.save(&learn::figure(&trajectory, plan.bulk_edge)?, "learning")?;
        learn::write_trajectory(destination, "learning.csv", &trajectory)
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
