//! What a file contains besides its samples: labels, and weights of the samples.

use super::dataset::Dataset;
use super::drawn::Result;
use super::input::wrong;
use super::layout::Layout;
use std::path::Path;

/// A data set that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFile {
    /// The samples.
    pub data: Dataset,
    /// Notes on what was done in reading, or looks odd: one sentence each.
    pub notes: Vec<String>,
}

/// What belongs to the samples of a file: one value per sample each.
#[derive(Debug, Default)]
pub(super) struct Labels {
    pub labels: Option<Vec<i64>>,
    pub weights: Option<Vec<f64>>,
}

/// Note for weights that are present and not used.
pub(super) const WEIGHTS_IGNORED: &str = "the file has weights of the samples: they are ignored";

/// Largest relative difference of weights that count as equal: rounding of single precision.
pub(super) const SAME_WEIGHT: f64 = 1e-6;

/// Checks that weights are equal: batches and moments count every sample once.
pub(super) fn check_weights(path: &Path, weights: impl Iterator<Item = f64>) -> Result<()> {
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for weight in weights {
        if !(weight.is_finite() && weight > 0.0) {
            return Err(wrong(path, format!("a sample has the weight {weight}: --no-weights ignores weights")));
        }
        (least, most) = (least.min(weight), most.max(weight));
    }
    if most - least > SAME_WEIGHT * most {
        let reason = format!(
            "the samples have weights from {least} to {most}, and all count alike here: --no-weights ignores weights"
        );
        return Err(wrong(path, reason));
    }
    Ok(())
}

/// A whole number that a file gives as a label.
///
/// # Errors
/// [`DataError::Format`] if it is not a whole number.
pub(super) fn label(path: &Path, index: usize, value: f64) -> Result<i64> {
    // Up to 2⁵³ a double holds every whole number exactly.
    if value.fract() == 0.0 && value.abs() <= (1_u64 << f64::MANTISSA_DIGITS) as f64 {
        Ok(value as i64)
    } else {
        Err(wrong(path, format!("label {} is {value}: labels must be whole numbers", index + 1)))
    }
}

/// Checks that there is one value per sample, as a vector or a column.
///
/// # Errors
/// [`DataError::Format`] if not.
pub(super) fn check_beside(path: &Path, name: &str, shape: &[u64], layout: &Layout) -> Result<()> {
    let count = match *shape {
        [count] | [count, 1] | [1, count] => Some(count),
        _ => None,
    };
    if count == Some(layout.samples() as u64) {
        return Ok(());
    }
    let hint = match count == Some(layout.units() as u64) {
        true => ". There is one per column: with --transpose the columns are the samples",
        false => "",
    };
    let samples = layout.samples();
    Err(wrong(path, format!("the {name} have shape {shape:?}: one per sample is needed, [{samples}]{hint}")))
}
