//! A training run and its machines: the spectrum against time, histograms, modes and samples as images.

use super::spectrum_histogram::{SpectrumHistogram, spectrum_histogram};
use super::spectrum_time::spectrum_against_time;
use crate::data::Spins;
use crate::io::number::short;
use crate::plot::{self, Figure};
use crate::simulator::run::{Record, SpectrumLog};
use crate::study::error::Result;
use crate::theory::spectrum::{BulkFit, Decomposition, Standing, fit};

/// Number of records with a histogram.
const HISTOGRAMS: usize = 3;
/// Number of modes drawn as images.
const MODES_DRAWN: usize = 20;
/// Number of samples drawn as images.
const SAMPLES_DRAWN: usize = 100;
/// Images per row.
const IMAGES_A_ROW: usize = 10;

/// The spectrum against time where times are known, and histograms, each with its name.
///
/// # Errors
/// Those of the drawings and of the fits.
pub fn of_run(log: &SpectrumLog, units: (usize, usize)) -> Result<Vec<(&'static str, Figure)>> {
    let spectrum = spectrum(log).map(|drawn| ("spectrum", drawn));
    Ok(spectrum.into_iter().chain([("histogram", histograms(&log.records, units)?)]).collect())
}

/// The spectrum against time; `None` for a single record, or where times are not known.
pub fn spectrum(log: &SpectrumLog) -> Option<Figure> {
    let records = &log.records;
    let times: Vec<f64> = records.iter().map(|record| record.time).collect();
    // Some files do not state the time, and some restart the count.
    if records.len() < 2 || !times.is_sorted_by(|a, b| a < b) {
        return None;
    }
    let spectra: Vec<Vec<f64>> = records.iter().map(|record| record.singular_values().to_vec()).collect();
    let edges: Vec<f64> = records.iter().map(|record| record.value("bulk_edge")).collect();
    Some(spectrum_against_time(&times, &spectra, &edges))
}

/// The leading u^α of a machine whose visible layer is an image of this shape.
///
/// # Errors
/// Those of the drawing.
pub fn modes(modes: &Decomposition, shape: (usize, usize)) -> Result<Figure> {
    let columns: Vec<Vec<f64>> = modes.u.column_iter().take(MODES_DRAWN).map(|u| u.iter().copied().collect()).collect();
    Ok(plot::modes_as_images(&columns, &modes.singular_values, shape, IMAGES_A_ROW)?)
}

/// The first hundred samples as images of this shape.
///
/// # Errors
/// Those of the drawing.
pub fn samples(samples: &Spins, shape: (usize, usize)) -> Result<Figure> {
    let images: Vec<Vec<f64>> = (0..samples.samples().min(SAMPLES_DRAWN))
        .map(|sample| (0..samples.units()).map(|unit| samples.value(sample, unit)).collect())
        .collect();
    Ok(plot::samples_as_images(&images, shape, IMAGES_A_ROW)?)
}

/// Whether an image of this many rows and columns fits on a page.
pub fn fits_on_a_page((rows, columns): (usize, usize)) -> bool {
    rows <= 2 * columns && columns <= 8 * rows
}

/// The first, a middle and the last record beside the Marchenko–Pastur law.
fn histograms(records: &[Record], (visible, hidden): (usize, usize)) -> Result<Figure> {
    let count = records.len();
    let mut chosen: Vec<usize> = (0..HISTOGRAMS).map(|n| n * (count - 1) / (HISTOGRAMS - 1)).collect();
    chosen.dedup();
    let panel = |&index: &usize| -> Result<SpectrumHistogram<'_>> {
        let record = &records[index];
        let bulk = fit(record.singular_values(), visible, hidden)?;
        // A single machine without a time does not tell how it was trained.
        let when = match record.update {
            _ if record.time.is_finite() => Some(format!("t = {}", short(record.time, 3))),
            0 if count == 1 => None,
            updates => Some(format!("{updates} updates")),
        };
        let title = when.into_iter().chain(bulk_title(&bulk).map(str::to_owned));
        let title = title.collect::<Vec<_>>().join(", ");
        Ok(SpectrumHistogram::of(title, record.singular_values(), &bulk))
    };
    Ok(spectrum_histogram(&chosen.iter().map(panel).collect::<Result<Vec<_>>>()?)?)
}

/// The note in the title of a histogram whose bulk is not the ensemble's noise.
pub(in crate::study) fn bulk_title(bulk: &BulkFit) -> Option<&'static str> {
    match bulk.standing {
        Standing::Noise => None,
        Standing::Doubtful => Some("not the ensemble's noise"),
        Standing::Absent => Some("no bulk"),
    }
}
