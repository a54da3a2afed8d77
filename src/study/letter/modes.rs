//! What the letter says about figure 3: the first mode with and without visible fields, and the leading modes beside the data's
//! principal components.

use super::claim::Claim;
use super::training::{Portrait, TrainingCourse};
use nalgebra::DMatrix;

/// Name of the figure.
pub const FIGURE: &str = "learned-modes";
/// Overlap above which two directions count as the same.
const SAME: f64 = 0.9;
/// Share of the leading principal components that modes must hold to count as those of the data, relative to the linear theory.
const OF_THEORY: f64 = 0.9;

/// Share of the modes within the space of the first principal components: mean of `Σ_β (u^α·d_β)²` over the modes, 1 if they lie
/// in it.
pub fn shared(overlaps: &DMatrix<f64>, components: usize) -> f64 {
    overlaps.columns(0, components.min(overlaps.ncols())).norm_squared() / overlaps.nrows().max(1) as f64
}

/// Mean over the modes of the largest `|u^α·d_β|`.
pub fn matched(overlaps: &DMatrix<f64>) -> f64 {
    overlaps.row_iter().map(|row| row.max()).sum::<f64>() / overlaps.nrows().max(1) as f64
}

impl TrainingCourse {
    /// What the letter says about figure 3.
    pub fn mode_claims(&self) -> Vec<Claim> {
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
            FIGURE,
            "(a) without visible fields the first mode is the mean of the data",
            "|u¹·mean|/|mean| → 1",
            format!(
                "{overlap:.3} after {}; with the first principal component {component:.3}",
                self.when(&self.first_mode)
            ),
            Some(overlap >= SAME),
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
            FIGURE,
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
            FIGURE,
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
            FIGURE,
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
