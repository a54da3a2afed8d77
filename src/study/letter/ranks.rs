//! What the letter says about figure 4: the spectrum against rank, its cutoff, its top, and modes against epochs.

use super::claim::Claim;
use super::training::{LEADING, Snapshot, TrainingCourse};
use crate::Result;

/// Name of the figure.
pub const FIGURE: &str = "spectrum-log-log";
/// Modes that the letter follows.
const FOLLOWED: [usize; 6] = [1, 2, 10, 100, 350, 400];
/// Number of the letter's modes.
const LETTERS_HIDDEN: usize = 400;
/// Early cutoff that the letter reads off, in modes of 400.
const EARLY_CUTOFF: f64 = 50.0;
/// Cutoff that the letter reads off deep in the non-linear regime, in modes of 400.
const DEEP_CUTOFF: usize = 250;
/// Variance below which a unit hardly ever changes.
const HARDLY_VARYING: f64 = 0.1;
/// Relative deviation up to which a cutoff counts as the expected one.
const NEAR: f64 = 0.25;

impl TrainingCourse {
    /// Ranks, from 1, of the modes followed: the letter's; those beyond 10 are scaled to a machine of another size.
    pub fn followed(&self) -> Vec<usize> {
        let rank = self.hidden.min(self.visible);
        let mut ranks: Vec<usize> = match rank {
            LETTERS_HIDDEN => FOLLOWED.to_vec(),
            _ => FOLLOWED
                .map(|mode| if mode <= 10 { mode.min(rank) } else { (mode * rank).div_ceil(LETTERS_HIDDEN) })
                .to_vec(),
        };
        ranks.sort_unstable();
        ranks.dedup();
        ranks
    }

    /// Square roots of the data's variances: the singular values of the data, in the units of w.
    pub fn data_spectrum(&self) -> Vec<f64> {
        self.components.variances.iter().map(|variance| variance.max(0.0).sqrt()).collect()
    }

    /// What the letter says about figure 4.
    ///
    /// # Errors
    /// Those of the linear theory.
    pub fn rank_claims(&self) -> Result<Vec<Claim>> {
        let mut claims = vec![self.claim_linear_threshold(), self.claim_early_cutoff()?];
        claims.extend(self.claim_deep_cutoff());
        claims.push(self.claim_flattened());
        claims.extend(self.claims_of_followed());
        Ok(claims)
    }

    fn claim_linear_threshold(&self) -> Claim {
        let (variances, growing) = (self.linear.above_threshold(), self.linear.theory.unstable());
        Claim::new(
            FIGURE,
            "the data select as many modes as they have variances above 1",
            "46 of MNIST binarised at 127 (the letter: about 50)",
            format!("{variances} variances above 1; {growing} directions grow by C − diag C"),
            None,
        )
        .remark(
            "a number of the data, not of a machine: the threshold of ±1 units is not 1 but the mean variance of the units \
             along the direction, so that more directions grow, most of them slowly",
        )
    }

    fn claim_early_cutoff(&self) -> Result<Claim> {
        let record = &self.records[self.first_epoch.record];
        let found = self.raised(self.first_epoch.record);
        let theory = self.linear.raised(record.update)?;
        let letters = self.linear.raised_by_letter(record.update)?;
        let word = |count: Option<usize>| count.map_or("out of range".to_owned(), |count| count.to_string());
        let scale = self.hidden as f64 / LETTERS_HIDDEN as f64;
        let target = theory.map_or(scale * EARLY_CUTOFF, |count| count as f64);
        let holds = (found as f64 / target - 1.0).abs() <= NEAR;
        let claim = Claim::new(
            FIGURE,
            "early, the spectrum lies above that of the start up to a cutoff",
            format!(
                "the letter: about 50 (MNIST); linear theory at this time: {} ({} with its own operator C − 1)",
                word(theory),
                word(letters)
            ),
            format!("{found} ranks after {} updates, t = {:.2}", record.update, record.time),
            Some(holds),
        );
        Ok(if holds {
            claim
        } else {
            claim.remark(format!(
                "ranks are raised where growth of some directions outweighs decay of the others; at this time the machine has left \
                 the linear regime (w₁ = {:.2}, and the hidden units respond with {:.2} of what they did): decay slows down with \
                 this response, and so more ranks stay above the start than by the linear theory",
                record.singular_values[0],
                self.first_epoch.response / self.start_response
            ))
        })
    }

    /// How the cutoff moves: its value after ten epochs, and when it passes the letter's.
    fn claim_deep_cutoff(&self) -> Vec<Claim> {
        let ten = &self.records[self.tenth_epoch.record];
        let target = (DEEP_CUTOFF * self.hidden).div_ceil(LETTERS_HIDDEN);
        let found = self.raised(self.tenth_epoch.record);
        let passing =
            (0..self.records.len()).find(|&record| self.raised(record) >= target && self.records[record].time > 1.0);
        let passed = match passing {
            Some(record) => {
                let record = &self.records[record];
                format!("passes {target} by t = {:.1} (epoch {:.1})", record.time, record.epoch)
            }
            None => format!("does not reach {target}"),
        };
        let end = self.last();
        let last = self.raised(self.records.len() - 1);
        let moved = Claim::new(
            FIGURE,
            "deep in the non-linear regime the cutoff has moved up",
            format!("about {target} of {} (the letter, at a time that it does not state)", self.hidden),
            format!("{found} after {:.0} epochs (t = {:.1}); {passed}; {last} at t = {:.0}", ten.epoch, ten.time, end.time),
            Some(passing.is_some()),
        )
        .otherwise("the run is too short")
        .remark(if last == self.hidden.min(self.visible) {
            "the cutoff does not stand still: it moves on until all ranks lie above the start, as nothing holds the weights back"
        } else {
            "the cutoff does not stand still: it moves on as training does"
        });
        let outliers = end.bulk.outliers;
        let near = (outliers as f64 / target as f64 - 1.0).abs() <= NEAR;
        let above = Claim::new(
            FIGURE,
            "the same cutoff, read as the end of the modes above the bulk",
            format!("about {target}"),
            format!("{outliers} at t = {:.0}, after {} at t = {:.1}", end.time, ten.bulk.outliers, ten.time),
            Some(near),
        );
        let above = if near {
            above
        } else {
            above
                .remark("modes leave the bulk ever more slowly (by their logarithm of time); a longer run comes nearer")
        };
        vec![moved, above]
    }

    fn claim_flattened(&self) -> Claim {
        let data = self.data_spectrum();
        let low = LEADING.min(self.hidden).min(data.len());
        let ratio = |values: &[f64]| values[0] / values[low - 1];
        let of = |record: &Snapshot| ratio(&record.singular_values);
        let (one, ten) = (&self.records[self.first_epoch.record], &self.records[self.tenth_epoch.record]);
        let (expected, found, end) = (ratio(&data), of(ten), of(self.last()));
        let claim = Claim::new(
            FIGURE,
            format!("the top of the spectrum is flattened beside that of the data: w_1/w_{low}"),
            format!("below {expected:.2}, the data's"),
            format!(
                "{:.2} after one epoch, {found:.2} after {:.0}, {end:.2} at t = {:.0}",
                of(one),
                ten.epoch,
                self.last().time
            ),
            Some(found < expected),
        )
        .otherwise("in so short a run the next modes have not grown");
        if end < expected {
            return claim;
        }
        // Variance of a ±1 unit: 1 − m².
        let fixed = |(&u, &mean): (&f64, &f64)| if 1.0 - mean * mean < HARDLY_VARYING { u * u } else { 0.0 };
        let share: f64 = self.end.u.column(0).iter().zip(&self.mean).map(fixed).sum();
        claim.remark(format!(
            "in the end the first mode runs ahead of the others: {:.0} % of its u² is on units whose variance is below \
             {HARDLY_VARYING}",
            100.0 * share
        ))
    }

    /// One claim for each mode that the letter follows.
    fn claims_of_followed(&self) -> Vec<Claim> {
        let ranks = self.followed();
        let ten = &self.records[self.tenth_epoch.record];
        let of = |rank: usize| {
            let at = |record: &Snapshot| record.singular_values[rank - 1];
            let (start, now, end) = (at(&self.records[0]), at(ten), at(self.last()));
            let lowest = self.records.iter().map(at).fold(f64::INFINITY, f64::min);
            // Modes as far down as the letter's 350 of 400 are damped.
            let damped = 8 * rank >= 7 * self.hidden.min(self.visible) && rank > LEADING;
            let claim = Claim::new(
                FIGURE,
                format!("inset: mode {rank} {}", if damped { "is damped" } else { "grows" }),
                format!("w {} its start, {start:.3}, after ten epochs", if damped { "below" } else { "above" }),
                format!(
                    "{now:.3} after {:.0} epochs; lowest {lowest:.3}; {end:.3} at t = {:.0}",
                    ten.epoch,
                    self.last().time
                ),
                Some((now < start) == damped),
            )
            .otherwise(if damped {
                "growth has reached this rank by then"
            } else {
                "growth has not reached this rank by then"
            });
            match (damped, end > start, lowest < 0.98 * start) {
                (true, true, _) => claim.remark("damped at first; later it grows as all modes do, see the cutoff"),
                (false, _, true) => claim.remark("it sinks before it grows"),
                _ => claim,
            }
        };
        ranks.into_iter().map(of).collect()
    }
}
