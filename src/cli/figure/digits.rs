//! Drawn digits, and the spectrum of their covariance beside MNIST's.

use super::super::error::CliError;
use super::gallery::Gallery;
use crate::cli::{figures, progress, report};
use crate::data::{Binarization, Dataset, Moments, digits, mnist};
use crate::plot;
use crate::study::figures::spectra_by_rank;

/// Number of digits shown.
const SHEET: usize = 50;

/// A sheet of drawn digits, and the decay of the variances of the digits and of MNIST.
pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let count = if gallery.options.quick { 2_000 } else { 10_000 };
    let spinner = progress::spinner(gallery.common, "digits");
    let drawn = digits::generate(count, gallery.common.seed)?;
    figures::of_samples(&mut gallery.destination, &drawn.spins()?.clone().first(SHEET), (28, 28), "digits-samples")?;
    let variances = |data: &Dataset| -> Result<Vec<f64>, CliError> {
        Ok(Moments::of(data)?.principal_components()?.variances.iter().copied().collect())
    };
    let mut spectra = vec![("drawn digits", variances(&drawn)?)];
    match mnist::locate(None) {
        Ok(folder) => {
            let data = mnist::load(&folder, Some(count), Binarization::MIDDLE)?;
            spectra.push(("MNIST", variances(&data)?));
        }
        Err(_) if !gallery.common.quiet => eprintln!("note: MNIST is not at hand; the drawn digits are shown alone"),
        Err(_) => {}
    }
    spinner.finish_and_clear();
    let curves: Vec<(&str, &[f64])> = spectra.iter().map(|(name, values)| (*name, values.as_slice())).collect();
    let label = "variance of component α";
    gallery.destination.save(&spectra_by_rank(label, plot::Scale::Log, &curves)?, "digits-spectrum")?;
    let header: Vec<&str> = std::iter::once("rank").chain(spectra.iter().map(|(name, _)| *name)).collect();
    let row = |rank: usize| -> Vec<String> {
        let values = spectra.iter().map(|(_, values)| report::exact(values[rank]));
        std::iter::once((rank + 1).to_string()).chain(values).collect()
    };
    gallery.destination.write_csv("digits-spectrum.csv", &header, (0..784).map(row))
}
