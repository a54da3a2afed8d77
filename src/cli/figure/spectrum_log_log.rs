//! The letter's figure 4: singular values against rank, and modes against epochs.

use super::super::error::CliError;
use super::gallery::Gallery;
use super::spectrum_histogram::brief;
use crate::cli::report::exact;
use crate::study::figures::spectrum_log_log;
use crate::study::figures::{FollowedModes, RankSpectrum};

const NAME: &str = "spectrum-log-log";

pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let course = gallery.training()?;
    let records = &course.records;
    let mut shown =
        vec![0, course.early.record, course.first_epoch.record, course.tenth_epoch.record, records.len() - 1];
    shown.dedup();
    let names: Vec<String> = shown.iter().map(|&record| format!("t = {}", brief(records[record].time))).collect();
    let rank = records[0].singular_values.len();
    let spectra: Vec<RankSpectrum<'_>> = (shown.iter().zip(&names))
        .map(|(&record, name)| RankSpectrum {
            name,
            singular_values: &records[record].singular_values,
            // There is no cutoff if all ranks are raised.
            cutoff: Some(course.raised(record))
                .filter(|&cutoff| cutoff > 0 && cutoff < rank && record > course.early.record),
        })
        .collect();
    let data = course.data_spectrum();
    let epochs: Vec<f64> = records.iter().map(|record| record.epoch).collect();
    let follow = |rank: usize| (rank, records.iter().map(|record| record.singular_values[rank - 1]).collect());
    let modes: Vec<(usize, Vec<f64>)> = course.followed().into_iter().map(follow).collect();
    let followed = FollowedModes { epochs: &epochs, modes: &modes };
    let threshold = course.linear.above_threshold();
    gallery.destination.save(&spectrum_log_log(&spectra, &data, threshold, &followed)?, NAME)?;
    let header: Vec<&str> = ["rank", "data"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let row = |k: usize| -> Vec<String> {
        let values = spectra.iter().map(|spectrum| spectrum.singular_values[k]);
        std::iter::once((k + 1).to_string()).chain(std::iter::once(data[k]).chain(values).map(exact)).collect()
    };
    gallery.destination.write_csv("spectrum-log-log.csv", &header, (0..rank).map(row))?;
    let names: Vec<String> = modes.iter().map(|(rank, _)| format!("w_{rank}")).collect();
    let header: Vec<&str> =
        ["update", "epoch", "t", "raised"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let row = |k: usize| -> Vec<String> {
        let record = &records[k];
        let counts = [record.update.to_string(), exact(record.epoch), exact(record.time), course.raised(k).to_string()];
        counts.into_iter().chain(modes.iter().map(|(_, values)| exact(values[k]))).collect()
    };
    gallery.destination.write_csv("spectrum-modes.csv", &header, (0..records.len()).map(row))?;
    gallery.claims.extend(course.rank_claims()?);
    Ok(())
}
