//! The scale of the noise, from the singular values of a machine of which some are modes (`docs/theory.md`, section 8).
//!
//! Sorted singular values of noise are close to the quantiles of their law, by a distance of order 1/N: they are rigid.
//! Each value over its quantile is an estimate of σ, and the median of these estimates is nearly as good as the best one
//! (the sum of squares), but is not misled by values that do not belong. What remains is to know which ones those are:
//!
//! * *Outliers* exceed what noise exceeds in one matrix of a thousand: the edge, with a margin of relative order N^{-2/3}.
//!   They are counted again after each estimate until their number K no longer grows. Each takes one row and one column
//!   out of the noise: what is left is noise of `(N_v − K) × (N_h − K)`, less a share `σ²/(2 L w²)` of its scale that the
//!   mode w binds.
//! * *Silent* values are zero, to rounding or far below the lower edge, as units without weights make them. They are
//!   neither bulk nor outliers, and the matrix counts as one without these units.
//!
//! A mode below the threshold is not seen: it adds `w²/(2 L σ)` to σ, a tenth of a percent at L = 560.

use super::{MarchenkoPastur, spiked};
use crate::error::{Error, Result};
use serde::Serialize;

/// Quantile 0.999 of the Tracy–Widom law of real matrices.
const TRACY_WIDOM: f64 = 3.2724;
/// Standard deviation of the median of ratios, over that of the root of the sum of squares (measured: 0.9 to 1.15).
const MEDIAN_SCATTER: f64 = 1.1;
/// By how many values the counts of noise and of its law deviate (measured: 2 to 3; at most 3.9 in 1500 matrices of
/// noise, 4.4 in 1700 with modes).
const CHANCE: f64 = 4.0;
/// A distance from the law, beyond chance, at which it no longer describes the bulk. That of a machine trained on MNIST
/// for 20 epochs stays below 0.025; of power laws and exponentials it is 0.05 to 0.4.
const LARGEST_DISTANCE: f64 = 0.04;
/// Fewer singular values than this are no bulk.
const SMALLEST_BULK: usize = 8;

/// The noise that fits the bulk of a spectrum.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BulkFit {
    /// Scale σ of the noise r_ij ~ N(0, σ²/L).
    pub sigma: f64,
    /// Standard error of σ: `1.1 σ/√(2 n p)` of noise of n × p; where the bulk is farther from the law than by chance, the
    /// relative error is that distance.
    pub sigma_error: f64,
    /// Upper edge of the bulk.
    pub edge: f64,
    /// Kolmogorov–Smirnov distance: the largest difference of the distribution functions of bulk and law.
    pub ks_distance: f64,
    /// Singular values in the bulk.
    pub modes: usize,
    /// Singular values above the bulk. What silent units there may be accounts for the rest.
    pub outliers: usize,
    /// Why the fit says little, if it does.
    pub note: Option<String>,
    /// Law of the bulk: σ and κ of a machine of its size whose noise it would be. With these, not with σ and κ of the
    /// machine, an outlier is inverted by [`spiked::planted`], which differs where outliers are many. None if all
    /// values are zero.
    #[serde(skip)]
    pub law: Option<MarchenkoPastur>,
}

/// Fits σ to all the singular values, in decreasing order, of a `visible × hidden` matrix.
///
/// ```
/// use spectral_rbm::spectrum::{MarchenkoPastur, fit};
/// // Quantiles of noise of σ = 0.3, and one mode.
/// let law = MarchenkoPastur::new(0.3, 0.5)?;
/// let mut values: Vec<f64> = (0..99).map(|rank| law.quantile(1.0 - (f64::from(rank) + 0.5) / 99.0)).collect();
/// values.insert(0, 1.5);
/// let bulk = fit(&values, 200, 100)?;
/// assert!((bulk.sigma / 0.3 - 1.0).abs() < 0.01);
/// assert_eq!((bulk.outliers, bulk.modes, bulk.note), (1, 99, None));
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
///
/// # Errors
/// [`Error::Length`] unless there are min(visible, hidden) singular values, and at least one; [`Error::Mode`] if one is
/// negative or not finite; [`Error::Unordered`].
pub fn fit(singular_values: &[f64], visible: usize, hidden: usize) -> Result<BulkFit> {
    check(singular_values, visible.min(hidden))?;
    let largest = singular_values[0];
    if largest == 0.0 {
        return Ok(without_weights());
    }
    let mut bulk = Bulk {
        // In units of the largest, so that squares are in range.
        values: &singular_values.iter().map(|s| s / largest).collect::<Vec<f64>>(),
        visible,
        hidden,
        outliers: 0,
        silent: 0,
    };
    // Zero to rounding, by whichever way the values were computed.
    bulk.silent = bulk.values.iter().rev().take_while(|&&s| s < 1e-7).count();
    let sigma = loop {
        let sigma = bulk.sigma()?;
        let (outliers, silent) = bulk.counts(sigma);
        // Silent values first: with them σ is too low, and outliers too many. Neither number falls, so that this ends.
        if silent > bulk.silent && silent < bulk.values.len() {
            (bulk.outliers, bulk.silent) = (0, silent);
        } else if outliers > bulk.outliers && outliers + bulk.silent < bulk.values.len() {
            bulk.outliers = outliers;
        } else {
            break sigma;
        }
    };
    bulk.report(sigma, largest)
}

fn check(singular_values: &[f64], rank: usize) -> Result<()> {
    if singular_values.len() != rank || rank == 0 {
        let found = singular_values.len();
        return Err(Error::Length { name: "the list of singular values", found, expected: rank.max(1) });
    }
    for (mode, &value) in singular_values.iter().enumerate() {
        if !(value.is_finite() && value >= 0.0) {
            return Err(Error::Mode { mode: mode + 1, value });
        }
        if mode > 0 && value > singular_values[mode - 1] {
            return Err(Error::Unordered { mode: mode + 1, value, previous: singular_values[mode - 1] });
        }
    }
    Ok(())
}

fn without_weights() -> BulkFit {
    let note = Some("all singular values are zero: there is no noise".to_owned());
    BulkFit { sigma: 0.0, sigma_error: 0.0, edge: 0.0, ks_distance: 0.0, modes: 0, outliers: 0, note, law: None }
}

/// A spectrum cut into outliers, bulk and silent values.
struct Bulk<'a> {
    values: &'a [f64],
    visible: usize,
    hidden: usize,
    outliers: usize,
    silent: usize,
}

impl Bulk<'_> {
    fn members(&self) -> &[f64] {
        &self.values[self.outliers..self.values.len() - self.silent]
    }

    /// Rows and columns of the noise: the shorter side is that of the singular values.
    fn size(&self) -> (f64, f64) {
        let members = self.members().len();
        let longer = self.visible.max(self.hidden) - self.outliers;
        let (rows, columns) = if self.hidden <= self.visible { (longer, members) } else { (members, longer) };
        (rows as f64, columns as f64)
    }

    /// Law of the bulk for noise of scale σ. Entries have variance σ²/L with L that of the whole machine, and L is
    /// smaller for the noise alone.
    fn law(&self, sigma: f64) -> Result<MarchenkoPastur> {
        let (rows, columns) = self.size();
        let whole = (self.visible as f64).sqrt() * (self.hidden as f64).sqrt();
        MarchenkoPastur::new(sigma * ((rows * columns).sqrt() / whole).sqrt(), columns / rows)
    }

    /// σ: the median of the values over the quantiles of σ = 1, plus what the outliers have bound.
    fn sigma(&self) -> Result<f64> {
        let (members, law) = (self.members(), self.law(1.0)?);
        let count = members.len() as f64;
        let ratio = |(rank, s): (usize, &f64)| s / law.quantile(1.0 - (rank as f64 + 0.5) / count);
        let mut ratios: Vec<f64> = members.iter().enumerate().map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        let sigma = 0.5 * (ratios[(ratios.len() - 1) / 2] + ratios[ratios.len() / 2]);
        let law = self.law(sigma)?;
        let bound = |&s: &f64| spiked::planted(s, law.sigma(), law.kappa()).map_or(1.0, |w| (law.sigma() / w).powi(2));
        let (rows, columns) = self.size();
        let lost: f64 = self.values[..self.outliers].iter().map(bound).sum();
        Ok(sigma * (1.0 + 0.5 * lost / (rows * columns).sqrt()))
    }

    /// Values above what noise of scale σ reaches, and values far below it.
    fn counts(&self, sigma: f64) -> (usize, usize) {
        let (rows, columns) = self.size();
        let unit = sigma / ((self.visible as f64) * (self.hidden as f64)).powf(0.25);
        let (a, b) = (rows.sqrt(), columns.sqrt());
        // Squares scatter around (a + b)² by (a + b)(1/a + 1/b)^{1/3}, in units of the entries' variance.
        let highest = unit * ((a + b) * (a + b + TRACY_WIDOM * (1.0 / a + 1.0 / b).cbrt())).sqrt();
        // Square noise has its lowest value below x/√N with probability x.
        let lowest = unit * (0.1 * (a - b).abs()).max(1e-3 / a.max(b));
        let outliers = self.values.iter().take_while(|&&s| s > highest).count();
        (outliers, self.values.iter().rev().take_while(|&&s| s < lowest).count())
    }

    fn report(&self, sigma: f64, scale: f64) -> Result<BulkFit> {
        let (members, law, (rows, columns)) = (self.members(), self.law(sigma)?, self.size());
        let count = members.len() as f64;
        let gap = |(rank, &s): (usize, &f64)| {
            let above = 1.0 - law.distribution(s);
            (above - rank as f64 / count).abs().max((above - (rank as f64 + 1.0) / count).abs())
        };
        let ks_distance = members.iter().enumerate().map(gap).fold(0.0, f64::max);
        let unexplained = (ks_distance - CHANCE / count).max(0.0);
        let (modes, outliers) = (members.len(), self.outliers);
        let note = if modes < SMALLEST_BULK {
            Some(format!("{modes} singular values below the edge: too few for a bulk"))
        } else if outliers > modes {
            Some(format!("no bulk to speak of: {outliers} singular values above the edge, {modes} below"))
        } else if unexplained > LARGEST_DISTANCE {
            Some(format!("no bulk of noise: at a distance of {ks_distance:.2} from the Marchenko–Pastur law"))
        } else {
            None
        };
        let sigma_error = sigma * (MEDIAN_SCATTER / (2.0 * rows * columns).sqrt()).hypot(unexplained);
        let law = MarchenkoPastur::new(law.sigma() * scale, law.kappa())?;
        let edge = law.edges().1;
        let (sigma, sigma_error) = (sigma * scale, sigma_error * scale);
        Ok(BulkFit { sigma, sigma_error, edge, ks_distance, modes, outliers, note, law: Some(law) })
    }
}

#[cfg(test)]
mod tests;
