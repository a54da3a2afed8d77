//! The letter's figure 1: a linear machine learns Gaussian data, mode by mode.

use super::super::error::CliError;
use super::gallery::Gallery;
use crate::cli::progress;
use crate::cli::report::exact;
use crate::study::figures::LinearCourse;
use crate::study::figures::linear_dynamics;
use crate::study::letter::{LinearDynamics, LinearSettings};

const NAME: &str = "linear-dynamics";
/// Visible units, hidden units and samples. The fewer units per sample, the closer the variances of the noise are to 1.
const SIZE: (usize, usize, usize) = (300, 150, 60_000);
/// The same for quick figures.
const QUICK_SIZE: (usize, usize, usize) = (100, 50, 20_000);

pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let (visible, hidden, samples) = if gallery.options.quick { QUICK_SIZE } else { SIZE };
    let settings = LinearSettings::with_size(visible, hidden, samples, gallery.common.seed);
    let bar = progress::share(gallery.common, NAME);
    let course = LinearDynamics::run(&settings, &mut |share| bar.set_share(share))?;
    bar.finish_and_clear();
    let gain: Vec<f64> = course.log_likelihood.iter().map(|value| value - course.log_likelihood[0]).collect();
    let drawn = linear_dynamics(&LinearCourse {
        times: &course.times,
        spectra: &course.spectra,
        theory: &course.theory,
        overlaps: &course.overlaps,
        gain: &gain,
        emerged: &course.emergence_times(),
    })?;
    gallery.destination.save(&drawn, NAME)?;
    let planted = course.modes.len();
    let name = |what: &str, count: usize| (1..=count).map(|mode| format!("{what}_{mode}")).collect::<Vec<_>>();
    let mut header = vec!["t".to_owned(), "log_likelihood".to_owned()];
    header.extend(name("w", course.spectra[0].len()));
    header.extend(name("closed_form", planted));
    header.extend(name("overlap", planted));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let row = |k: usize| -> Vec<String> {
        let values = course.spectra[k].iter().chain(&course.theory[k]).chain(&course.overlaps[k]);
        [course.times[k], course.log_likelihood[k]].iter().chain(values).map(|&value| exact(value)).collect()
    };
    gallery.destination.write_csv("linear-dynamics.csv", &header, (0..course.times.len()).map(row))?;
    gallery.claims.extend(course.claims());
    Ok(())
}
