//! What the letter says about figure 3: the first mode with and without visible fields, and the leading modes beside the data's
//! principal components.

use super::claim::Claim;
use super::course::{LEADING, Portrait, TrainingCourse};
use super::made::Made;
use super::studio::Studio;
use crate::io::Table;
use crate::io::number::exact;
use crate::plot::{self, FigureError, Image};
use crate::study::drawing::fits_on_a_page;
use crate::study::error::Result;
use nalgebra::{DMatrix, DVectorView};
use std::iter::once;

/// Name of the figure.
pub(super) const NAME: &str = "learned-modes";
/// Overlap above which two directions count as the same.
const SAME_DIRECTION: f64 = 0.9;
/// Share of the leading principal components that modes must hold to count as those of the data, relative to the linear theory.
const OF_THEORY: f64 = 0.9;

/// A vector to draw, its title, and its name in the CSV.
struct Tile {
    title: String,
    column: String,
    values: Vec<f64>,
}

/// The first mode with and without visible fields, and the leading modes beside the principal components.
pub(super) fn make(studio: &Studio<'_>) -> Result<Made> {
    let course = studio.course()?;
    let tiles = tiles(course);
    let mut made = Made { claims: course.mode_claims(), ..Made::default() };
    match course.image_shape.filter(|&shape| fits_on_a_page(shape)) {
        Some(shape) => {
            let image = |tile: &Tile| Ok(Image::new(shape, &tile.values)?.title(&tile.title));
            let images = tiles.iter().map(image).collect::<std::result::Result<Vec<Image>, FigureError>>()?;
            made.draw(NAME, plot::image_sheet(&images, LEADING)?);
        }
        None => made.notes.push(format!("the data are no images; {NAME} is written as CSV alone")),
    }
    let header = once("unit").chain(tiles.iter().map(|tile| tile.column.as_str()));
    let row = |unit: usize| once(unit.to_string()).chain(tiles.iter().map(|tile| exact(tile.values[unit]))).collect();
    made.table(NAME, Table::new(header, (0..course.visible).map(row)));
    Ok(made)
}

/// Three rows: (a) first mode from zero field, (b) from the fields of the means, (c) first component and (d) the
/// following ones; (e) modes after one epoch; (f) after ten. The sign of a mode is arbitrary and follows that of its
/// component.
fn tiles(course: &TrainingCourse) -> Vec<Tile> {
    let count = course.early.u.ncols();
    let components = &course.components.directions;
    let first = components.column(0);
    let tile = |title: String, column: String, values: DVectorView<'_, f64>, like: DVectorView<'_, f64>| {
        let sign = if values.dot(&like) < 0.0 { -1.0 } else { 1.0 };
        Tile { title, column, values: values.iter().map(|value| sign * value).collect() }
    };
    let (null, mean) = (&course.null_field, &course.mean);
    let mut tiles = vec![
        tile("(\\a) η = 0".to_owned(), "null_field".to_owned(), null.column(0), mean.column(0)),
        tile("(\\b) η ≠ 0".to_owned(), "mean_field".to_owned(), course.first_mode.u.column(0), first),
    ];
    // As many components as fit into the row.
    for k in 0..count.min(LEADING - 2) {
        let letter = ["(\\c) ", "(\\d) "].get(k).copied().unwrap_or_default();
        let own = components.column(k);
        tiles.push(tile(format!("{letter}d^{{{}}}", k + 1), format!("component_{}", k + 1), own, own));
    }
    while tiles.len() < LEADING {
        // For small machines, further components fill the row, so that modes start a new row.
        let k = tiles.len() - 2;
        let own = components.column(k.min(components.ncols() - 1));
        tiles.push(tile(format!("d^{{{}}}", k + 1), format!("component_{}", k + 1), own, own));
    }
    for (letter, name, portrait) in
        [("(\\e) ", "one_epoch", &course.first_epoch), ("(\\f) ", "ten_epochs", &course.tenth_epoch)]
    {
        for k in 0..count {
            let mode = portrait.u.column(k);
            let nearest = portrait.overlaps.row(k).transpose().imax();
            let letter = if k == 0 { letter } else { "" };
            let title = format!("{letter}u^{{{}}}", k + 1);
            tiles.push(tile(title, format!("{name}_{}", k + 1), mode, components.column(nearest)));
        }
    }
    tiles
}

/// Share of the modes within the space of the first principal components: mean of `Σ_β (u^α·d_β)²` over the modes, 1 if they lie
/// in it.
fn shared(overlaps: &DMatrix<f64>, components: usize) -> f64 {
    overlaps.columns(0, components.min(overlaps.ncols())).norm_squared() / overlaps.nrows().max(1) as f64
}

/// Mean over the modes of the largest `|u^α·d_β|`.
fn matched(overlaps: &DMatrix<f64>) -> f64 {
    overlaps.row_iter().map(|row| row.max()).sum::<f64>() / overlaps.nrows().max(1) as f64
}

impl TrainingCourse {
    /// What the letter says about figure 3.
    fn mode_claims(&self) -> Vec<Claim> {
        vec![
            self.claim_null_field(),
            self.claim_mean_field(),
            self.claim_early(&self.early, "early"),
            self.claim_early(&self.first_epoch, "after one epoch"),
            self.claim_deformed(),
        ]
    }

    fn when(&self, portrait: &Portrait) -> String {
        let record = &self.records[portrait.record];
        format!("{} updates, t = {:.2}", record.update, record.time)
    }

    fn claim_null_field(&self) -> Claim {
        let mean = self.mean.norm();
        let overlap = if mean > 0.0 { (self.null_field.dot(&self.mean) / mean).abs() } else { 0.0 };
        let component = self.null_field.dot(&self.components.directions.column(0)).abs();
        Claim::new(
            NAME,
            "(a) without visible fields the first mode is the mean of the data",
            "|u¹·mean|/|mean| → 1",
            format!(
                "{overlap:.3} after {}; with the first principal component {component:.3}",
                self.when(&self.first_mode)
            ),
            Some(overlap >= SAME_DIRECTION),
        )
        .otherwise("some of the noise is left, or the fields that are learnt meanwhile have taken the mean over")
    }

    fn claim_mean_field(&self) -> Claim {
        let portrait = &self.first_mode;
        let overlap = portrait.overlaps[(0, 0)];
        let within = portrait.overlaps.row(0).columns(0, portrait.overlaps.ncols().min(2)).norm();
        let mean = portrait.u.column(0).dot(&self.mean).abs() / self.mean.norm().max(f64::MIN_POSITIVE);
        let theory = portrait.linear_overlaps.as_ref().map(|overlaps| overlaps[(0, 0)]);
        let expected = match theory {
            Some(theory) => format!("|u¹·d₁| = {theory:.3} by the linear theory, in the noise that is left then"),
            None => "|u¹·d₁| → 1".to_owned(),
        };
        let (first, second) = (self.components.variances[0], self.components.variances.get(1).copied().unwrap_or(0.0));
        let early = &self.records[self.early.record];
        Claim::new(
            NAME,
            "(b, c) with fields at the empirical mean it is the first principal component",
            expected,
            format!("{overlap:.3} after {}; with the first two {within:.3}, with the mean {mean:.3}", self.when(portrait)),
            Some(overlap >= OF_THEORY * theory.unwrap_or(1.0)),
        )
        .remark(format!(
            "the first two variances of the data are {first:.1} and {second:.1}: the closer, the more the noise of batches of {} mixes \
             the two modes, and from w = 1 on the first slows down and the second catches up: |u¹·d₁| = {:.2} at t = {:.2}, \
             w₁ = {:.2}",
            self.training.settings.batch_size,
            self.early.overlaps[(0, 0)],
            early.time,
            early.singular_values[0]
        ))
    }

    fn claim_early(&self, portrait: &Portrait, when: &str) -> Claim {
        let count = portrait.overlaps.nrows();
        let (share, match_) = (shared(&portrait.overlaps, count), matched(&portrait.overlaps));
        let theory = portrait.linear_overlaps.as_ref().map(|overlaps| shared(overlaps, count));
        let expected = match theory {
            Some(theory) => format!("1 without noise; {theory:.2} by the linear theory"),
            None => "1 without noise".to_owned(),
        };
        let holds = share >= OF_THEORY * theory.unwrap_or(1.0);
        let claim = Claim::new(
            NAME,
            format!(
                "(d, e) {when}, the first {count} modes are those of the data: share of the space they have in common"
            ),
            expected,
            format!(
                "{share:.2} after {} ({:.2} within the first {}); mean largest |u·d| {match_:.2}",
                self.when(portrait),
                shared(&portrait.overlaps, portrait.overlaps.ncols()),
                portrait.overlaps.ncols()
            ),
            Some(holds),
        );
        if holds {
            return claim;
        }
        claim.remark(format!(
            "the strongest mode is at w = {:.2} and the hidden units respond with {:.2} of what they did at the start: the linear \
             regime is over, weaker directions of the data catch up and mix in (and the noise of batches tilts modes that have only \
             just left the bulk)",
            self.records[portrait.record].singular_values[0],
            portrait.response / self.start_response
        ))
    }

    fn claim_deformed(&self) -> Claim {
        let count = self.first_epoch.overlaps.nrows();
        let (one, ten) = (shared(&self.first_epoch.overlaps, count), shared(&self.tenth_epoch.overlaps, count));
        let epochs = self.records[self.tenth_epoch.record].epoch;
        let match_ = matched(&self.tenth_epoch.overlaps);
        Claim::new(
            NAME,
            format!("(f) after {epochs:.0} epochs non-linear effects have deformed them"),
            format!("share of the space below that after one epoch, {one:.2}"),
            format!("{ten:.2} after {}; mean largest |u·d| {match_:.2}", self.when(&self.tenth_epoch)),
            Some(ten < one),
        )
        .otherwise("after one epoch the modes had not yet left the noise: the share still grows")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_rotated_and_of_foreign_modes() {
        // A rotation within the space keeps the share and halves each mode's squared overlap with one component.
        let root = 0.5f64.sqrt();
        let rotated = DMatrix::from_row_slice(2, 2, &[root, root, root, root]);
        assert!((shared(&rotated, 2) - 1.0).abs() < 1e-15 && (shared(&rotated, 1) - 0.5).abs() < 1e-15);
        assert!((matched(&rotated) - root).abs() < 1e-15);
        let half = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, 0.0, 0.0]);
        assert_eq!((shared(&half, 2), matched(&half)), (0.5, 0.5));
    }
}
