//! The scale of the noise, from the singular values of a machine, some of which are modes (`docs/theory.md`, section
//! 8).
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
//!   neither bulk nor outliers, and the matrix counts as one without these units. Where more values are zero than units
//!   without weights explain, the matrix is of low rank: what is left are modes, and there is no noise.
//!
//! A mode below the threshold is not seen: it adds `w²/(2 L σ)` to σ, a tenth of a percent at L = 560.
//!
//! The fit doubts itself
//! ([`Standing`]) where the bulk does not have the shape of noise: where its distribution is farther from the law than [`chance`]
//! allows, or where its fourth moment is not that of noise. For p values λ = s² of a p × q matrix of noise,
//! `p q Σλ²/(Σλ)² − p − q − 1` has mean 0 and standard deviation 2 (O. Ledoit and M. Wolf, *Ann. Stat.* 30, 1081
//! (2002)); correlations of the entries and unequal variances raise it in proportion to the size. What the singular
//! values do not show is looked for in the weights themselves by [`fit_weights`](super::fit_weights).

use super::marchenko_pastur::MarchenkoPastur;
use super::spiked;
use crate::error::{Error, Result};
use serde::Serialize;

/// Quantile 0.999 of the Tracy–Widom law of real matrices.
const TRACY_WIDOM: f64 = 3.2724;
/// Standard deviation of the median of ratios, over that of the root of the sum of squares (measured: 0.9 to 1.15).
const MEDIAN_SCATTER: f64 = 1.1;
/// A distance from the law, beyond chance, at which it no longer describes the bulk. That of a machine trained on MNIST
/// for 20 epochs stays below 0.025; of power laws and exponentials it is 0.05 to 0.4.
const LARGEST_DISTANCE: f64 = 0.04;
/// Fewer singular values than this are no bulk.
const SMALLEST_BULK: usize = 8;
/// Values below this share of the largest are zeros: weights are rounded to 6e-8 of themselves in single precision, which
/// moves singular values by as much of the largest one at most, and values alone come out at up to 3e-7 (see
/// [`singular_values`](super::singular_values)).
pub(super) const ROUNDING: f64 = 1e-6;
/// Deviations of the fourth moment at which noise is doubted (measured: 4.9 at most in 1500 machines, some with twenty
/// modes below the threshold or forty above; each mode near the threshold adds up to 1/2).
const LARGEST_MOMENT: f64 = 5.0;

/// What can be said of a bulk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is the ensemble's noise as far as can be seen: σ, planted strengths and the phase follow from it.
    Noise,
    /// There is a bulk, and it is not the ensemble's noise: σ describes its width, and nothing follows from it.
    Doubtful,
    /// There is none.
    Absent,
}

/// The noise that fits the bulk of a spectrum. Unknown numbers are NaN.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BulkFit {
    /// Scale σ of the noise r_ij ~ N(0, σ²/L). Zero where a matrix of low rank has no noise, and NaN where there are too few
    /// values to tell noise from modes: all values that are not zero then count as outliers.
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
    /// Singular values above the bulk. The rest, if any, belongs to silent units.
    pub outliers: usize,
    /// Why nothing follows from the fit; `None` exactly for [`Standing::Noise`].
    pub note: Option<String>,
    /// What can be said of the bulk.
    #[serde(skip)]
    pub standing: Standing,
    /// Law of the bulk: the σ and κ of a machine of the bulk's size.
    /// [`spiked::planted`] inverts an outlier with these and not with σ and κ of the whole machine; the two differ where there are many outliers. `None`
    /// without noise, and where there are too few values.
    #[serde(skip)]
    pub law: Option<MarchenkoPastur>,
}

/// Fits σ to all the singular values, in decreasing order, of a `visible × hidden` matrix.
///
/// ```
/// use spectral_rbm::theory::spectrum::{MarchenkoPastur, fit};
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
    // The values alone do not tell units without weights from low rank: more than half of them are hardly without weights.
    fit_with_zeros(singular_values, (visible, hidden), singular_values.len() / 2)
}

/// [`fit`] where it is known how many zero values units without weights explain.
pub(super) fn fit_with_zeros(
    singular_values: &[f64],
    (visible, hidden): (usize, usize),
    explained: usize,
) -> Result<BulkFit> {
    check(singular_values, visible.min(hidden))?;
    let largest = singular_values[0];
    let zeros = singular_values.iter().rev().take_while(|&&s| s <= ROUNDING * largest).count();
    let rank = singular_values.len() - zeros;
    if zeros > explained {
        return Ok(BulkFit::without_noise(rank, zeros));
    }
    if rank < SMALLEST_BULK {
        return Ok(BulkFit::of_too_few(rank, rank));
    }
    let mut bulk = Bulk {
        // In units of the largest, so that squares are in range.
        values: &singular_values.iter().map(|s| s / largest).collect::<Vec<f64>>(),
        visible,
        hidden,
        outliers: 0,
        silent: zeros,
    };
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
    if bulk.members().len() < SMALLEST_BULK {
        return Ok(BulkFit::of_too_few(bulk.members().len(), rank));
    }
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

impl BulkFit {
    fn without_noise(rank: usize, zeros: usize) -> Self {
        let note = match rank {
            0 => "all singular values are zero: there is no noise".to_owned(),
            _ => format!(
                "no noise: {zeros} singular values are zero to rounding, and the other {rank} are those of modes"
            ),
        };
        Self { sigma: 0.0, sigma_error: 0.0, edge: 0.0, ks_distance: 0.0, ..Self::absent(rank, note) }
    }

    fn of_too_few(below: usize, outliers: usize) -> Self {
        Self::absent(outliers, format!("{below} singular values are too few to tell a bulk of noise from modes"))
    }

    fn absent(outliers: usize, note: String) -> Self {
        let (sigma, sigma_error, edge, ks_distance) = (f64::NAN, f64::NAN, f64::NAN, f64::NAN);
        let (note, standing) = (Some(note), Standing::Absent);
        Self { sigma, sigma_error, edge, ks_distance, modes: 0, outliers, note, standing, law: None }
    }

    /// Whether the bulk is the ensemble's noise as far as can be seen, so that strengths and a phase follow from it.
    pub fn is_noise(&self) -> bool {
        self.standing == Standing::Noise
    }

    /// Whether there is a bulk, whether or not it is the ensemble's noise.
    pub fn exists(&self) -> bool {
        self.standing != Standing::Absent
    }

    /// Strength of the planted mode that is seen at the singular value s: by [`spiked::planted`] in noise, s itself where
    /// there is none; `None` where nothing is known of the noise, or s is within the bulk.
    pub fn planted(&self, s: f64) -> Option<f64> {
        match self.standing {
            Standing::Noise => self.estimate(s),
            _ => (self.sigma == 0.0).then_some(s),
        }
    }

    /// [`planted`](Self::planted) as if the bulk were noise, even where it is not.
    pub(crate) fn estimate(&self, s: f64) -> Option<f64> {
        self.law.and_then(|law| spiked::planted(s, law.sigma(), law.kappa()))
    }

    /// Notes why a bulk is not the ensemble's noise.
    pub(super) fn doubt(&mut self, reasons: &[String]) {
        if reasons.is_empty() {
            return;
        }
        let before = self.note.take().map_or("not the noise of the ensemble: ".to_owned(), |note| note + "; ");
        self.note = Some(before + &reasons.join("; "));
        if self.exists() {
            // σ is the width of the bulk; how far it is from that of other noise is not known.
            (self.standing, self.sigma_error) = (Standing::Doubtful, f64::NAN);
        }
    }

    /// Notes that there is no bulk after all.
    pub(super) fn refuse(&mut self, reason: String) {
        (self.note, self.standing, self.sigma_error) = (Some(reason), Standing::Absent, f64::NAN);
    }
}

/// Largest difference by chance between the counts of noise and of its law, that is n times the Kolmogorov–Smirnov
/// distance, for a bulk of n values: `2.2 + 0.4 ln n`.
///
/// Singular values of noise are rigid. In 13 000 drawn matrices (n = 8 to 640, κ = 1, 1/2, 1/5) their largest deviation has
/// the mean `0.45 + 0.39 ln n`, 1.3 at n = 8 to 3.0 at 640, where that of independent values is `0.87 √n`; its standard
/// deviation is 0.3, and its quantile 0.999 mostly 0.9 to 1.5 above the mean.
pub(super) fn chance(values: usize) -> f64 {
    2.2 + 0.4 * (values as f64).ln()
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
        let (modes, outliers) = (members.len(), self.outliers);
        let unexplained = (ks_distance - chance(modes) / count).max(0.0);
        let sigma_error = sigma * (MEDIAN_SCATTER / (2.0 * rows * columns).sqrt()).hypot(unexplained);
        let law = MarchenkoPastur::new(law.sigma() * scale, law.kappa())?;
        let edge = law.edges().1;
        let (sigma, sigma_error) = (sigma * scale, sigma_error * scale);
        let (note, standing, law) = (None, Standing::Noise, Some(law));
        let mut found = BulkFit { sigma, sigma_error, edge, ks_distance, modes, outliers, note, standing, law };
        if outliers > modes {
            found.refuse(format!("no bulk to speak of: {outliers} singular values above the edge, {modes} below"));
        } else if unexplained > LARGEST_DISTANCE {
            let distance = format!("at a distance of {ks_distance:.2} from the Marchenko–Pastur law");
            found.refuse(format!("no bulk of noise: {distance}, {:.2} at most by chance", chance(modes) / count));
        } else {
            found.doubt(&self.misfits(ks_distance));
        }
        Ok(found)
    }

    /// The ways in which the shape of the bulk is not that of noise.
    fn misfits(&self, ks_distance: f64) -> Vec<String> {
        let count = self.members().len();
        let (moment, most) = (self.fourth_moment(), chance(count) / count as f64);
        let mut reasons = Vec::new();
        if ks_distance > most {
            let distance = format!("the bulk is at a distance of {ks_distance:.3} from the Marchenko–Pastur law");
            reasons.push(format!("{distance}, {most:.3} at most by chance"));
        }
        if moment.abs() > LARGEST_MOMENT {
            reasons.push(format!("its fourth moment is {moment:.1} standard deviations from that of noise"));
        }
        reasons
    }

    /// `Σλ²` in standard deviations from its mean in noise of this size and of any scale.
    fn fourth_moment(&self) -> f64 {
        let (rows, columns) = self.size();
        let sum = |power: i32| self.members().iter().map(|s| s.powi(power)).sum::<f64>();
        0.5 * (rows * columns * sum(4) / sum(2).powi(2) - rows - columns - 1.0)
    }
}

#[cfg(test)]
mod tests;
