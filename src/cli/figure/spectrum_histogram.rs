//! The letter's figure 2: singular values at the start, early and after long training, beside the Marchenko–Pastur law.

use super::super::error::CliError;
use super::gallery::Gallery;
use crate::cli::figures::bulk_title;
use crate::cli::report::exact;
use crate::study::figures::spectrum_histogram_with_outliers;
use crate::study::figures::{Bulk, SpectrumHistogram};

const NAME: &str = "spectrum-histogram";

pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let course = gallery.training()?;
    let start = course.start_law()?;
    let shown = [0, course.early.record, course.records.len() - 1].map(|record| &course.records[record]);
    // At the start the law is known; later it is that of the bulk, if there is a bulk.
    let laws = [Some(start), shown[1].bulk.law, shown[2].bulk.law];
    let densities = laws.map(|law| move |w: f64| law.map_or(0.0, |law| law.density(w)));
    let titles = shown.map(|record| match bulk_title(&record.bulk) {
        Some(title) => format!("t = {}, {title}", brief(record.time)),
        None => format!("t = {}", brief(record.time)),
    });
    let panels: Vec<SpectrumHistogram<'_>> = (0..shown.len())
        .map(|k| SpectrumHistogram {
            title: &titles[k],
            singular_values: &shown[k].singular_values,
            bulk: laws[k].filter(|_| shown[k].bulk.exists()).map(|law| Bulk {
                density: &densities[k],
                edges: law.edges(),
                outliers: shown[k].bulk.outliers,
            }),
        })
        .collect();
    let records = &course.records;
    let updates: Vec<f64> = records.iter().map(|record| record.update as f64).collect();
    let outliers: Vec<f64> = records.iter().map(|record| record.bulk.outliers as f64).collect();
    gallery.destination.save(&spectrum_histogram_with_outliers(&panels, &updates, &outliers)?, NAME)?;
    let values = |k: usize| shown.map(|record| exact(record.singular_values[k])).to_vec();
    let header = ["start", "early", "end"];
    gallery.destination.write_csv(
        "spectrum-histogram.csv",
        &header,
        (0..shown[0].singular_values.len()).map(values),
    )?;
    let header = ["update", "epoch", "t", "outliers", "bulk_sigma", "bulk_edge", "bulk_distance", "bulk_note"];
    let row = |k: usize| {
        let (record, bulk) = (&records[k], &records[k].bulk);
        let numbers = [bulk.sigma, bulk.edge, bulk.ks_distance].map(exact);
        let times = [record.update.to_string(), exact(record.epoch), exact(record.time), bulk.outliers.to_string()];
        [times.as_slice(), &numbers, &[bulk.note.clone().unwrap_or_default()]].concat()
    };
    gallery.destination.write_csv("spectrum-outliers.csv", &header, (0..records.len()).map(row))?;
    gallery.claims.extend(course.histogram_claims()?);
    Ok(())
}

/// Three significant digits.
pub(super) fn brief(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let decimals = (2 - value.abs().log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}
