//! Whether the weights that are no modes are the noise of the ensemble: independent entries of one variance.
//!
//! With the modes above the bulk removed, entry ij of noise has the variance `(σ²/L)(1 − Σ_α u_i²)(1 − Σ_α v_j²)`, for the
//! residual is the projection of W off their vectors. Divided by that, entries are compared with what they should be:
//!
//! * the variances of rows and of columns differ by chance only, by `(2 + γ)/d` in the mean square of their relative
//!   deviations, where d is the number of free entries in each and γ the excess kurtosis of all; so do those of the blocks of a
//!   coarse grid, which see scales that rows and columns average out;
//! * the excess kurtosis is 0; entries with heavy tails make modes of single weights, and widen the bulk;
//! * neighbours in a row, and in a column, are not correlated beyond what the projection makes,
//!   `−Σ_α v_j v_{j+1}/√((1 − Σ_α v_j²)(1 − Σ_α v_{j+1}²))`: units often come in an order (pixels, times).
//!
//! Correlations that are in no such order change the spectrum, which [`fit`](super::fit) looks at.

use super::fit::BulkFit;
use super::fit::{ROUNDING, fit_with_zeros};
use super::svd::Decomposition;
use crate::error::Result;
use nalgebra::DMatrix;

/// Standard deviations of the sum of squares of relative deviations beyond which variances are not equal (measured: 4.0 at
/// most in 560 machines of at least 30 units per side).
const UNEQUAL: f64 = 6.0;
/// Excess kurtosis from which tails matter. Noise of Laplace entries (3) has the spectrum of noise, and is doubted;
/// that of Student's t with eight degrees of freedom (1.5) is not.
const HEAVY: f64 = 2.0;
/// Standard deviations by which the excess kurtosis must also differ from 0.
const HEAVY_DEVIATIONS: f64 = 5.0;
/// Correlation from which neighbours count as correlated. Rows autoregressive with 0.1 move σ by 0.1 to 0.6 %; while a
/// machine learns drawn digits, modes below the edge correlate neighbouring pixels by 0.05 until twelve modes are above
/// it.
const CORRELATED: f64 = 0.1;
/// Standard deviations by which the correlation must also differ from that of the projection.
const CORRELATED_DEVIATIONS: f64 = 5.0;
/// Largest number of blocks along each side of the coarse grid.
const BLOCKS: usize = 8;
/// Smallest number of units along each side of a block.
const BLOCK_UNITS: usize = 8;
/// Units to which the modes leave less than this part of what they leave to others say little about noise, and are left
/// out.
const LEAST_LEFT: f64 = 0.5;
/// Where more than this part of the units is left out, the modes are confined to them: units of another scale.
const MOST_CONFINED: f64 = 0.2;

/// Fits σ as [`fit`](super::fit) does, and looks whether the weights that are no modes are the ensemble's noise. `modes` is the decomposition of
/// `weights`, row after row.
///
/// ```
/// use spectral_rbm::simulator::machine::Machine;
/// use spectral_rbm::theory::spectrum::{Decomposition, fit_weights};
/// let mut machine = Machine::random(60, 40, 0.05, 1)?;
/// let noise = fit_weights(&machine.weights, &Decomposition::of(&machine.weights, 60, 40)?)?;
/// assert!(noise.is_noise());
/// // Hidden units of unequal scale.
/// machine.weights.iter_mut().enumerate().for_each(|(entry, weight)| *weight *= 0.5 + (entry % 40) as f32 / 40.0);
/// let scaled = fit_weights(&machine.weights, &Decomposition::of(&machine.weights, 60, 40)?)?;
/// assert!(!scaled.is_noise() && scaled.note.is_some_and(|note| note.contains("hidden units")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Those of [`fit`](super::fit).
pub fn fit_weights<T: Copy + Into<f64>>(weights: &[T], modes: &Decomposition) -> Result<BulkFit> {
    let (visible, hidden) = (modes.u.nrows(), modes.v.nrows());
    let values = &modes.singular_values;
    let weights = DMatrix::from_row_iterator(visible, hidden, weights.iter().map(|&weight| weight.into()));
    let norms = Norms::of(&weights);
    let explained = norms.silent(ROUNDING * values.first().copied().unwrap_or(0.0));
    let mut bulk = fit_with_zeros(values, (visible, hidden), explained)?;
    if !bulk.exists() {
        return Ok(bulk);
    }
    let silent = values.len() - bulk.modes - bulk.outliers;
    let mut limit = 0.0;
    if silent > 0 {
        // Between the silent values and the bulk.
        let (below, lowest) = (values[values.len() - silent], values[values.len() - silent - 1]);
        limit = (below.max(ROUNDING * lowest) * lowest).sqrt();
        let explained = norms.silent(limit);
        if explained < silent {
            bulk.refuse(format!(
                "no bulk of noise: {silent} singular values lie far below the others, and units without weights explain {explained}"
            ));
            return Ok(bulk);
        }
    }
    bulk.doubt(&Residual::new(weights, modes, bulk.outliers, &norms, limit).doubts());
    Ok(bulk)
}

/// Lengths of the rows and of the columns of W.
struct Norms {
    rows: Vec<f64>,
    columns: Vec<f64>,
}

impl Norms {
    fn of(weights: &DMatrix<f64>) -> Self {
        let rows = weights.row_iter().map(|row| row.norm()).collect();
        Self { rows, columns: weights.column_iter().map(|column| column.norm()).collect() }
    }

    /// Number of singular values that vanish because units of norms up to `limit` have practically no weights.
    fn silent(&self, limit: f64) -> usize {
        let active = |norms: &[f64]| norms.iter().filter(|&&norm| norm > limit).count();
        self.rows.len().min(self.columns.len()) - active(&self.rows).min(active(&self.columns))
    }
}

/// W without its modes, where all entries of noise would have the same variance.
struct Residual {
    entries: DMatrix<f64>,
    /// Correlation of neighbours along rows and along columns that the projection makes.
    projected: (f64, f64),
    /// Share of the visible, and of the hidden units, that are left out because the modes are confined to them.
    confined: (f64, f64),
    /// Free entries of a row and of a column, and of all.
    freedom: (f64, f64),
    /// Mean square.
    variance: f64,
    /// Excess kurtosis.
    excess: f64,
}

impl Residual {
    fn new(weights: DMatrix<f64>, modes: &Decomposition, outliers: usize, norms: &Norms, limit: f64) -> Self {
        let mut entries = weights;
        let mut strong = modes.u.columns(0, outliers).into_owned();
        for (mut u, s) in strong.column_iter_mut().zip(&modes.singular_values) {
            u *= -s;
        }
        entries.gemm(1.0, &strong, &modes.v.columns(0, outliers).transpose(), 1.0);
        // Silent units make silent values on the shorter side only; on the longer one they are unequal variances.
        let (visible, hidden) = entries.shape();
        let limits = if hidden <= visible { (0.0, limit) } else { (limit, 0.0) };
        let (rows, confined_rows) = kept(&modes.u, outliers, &norms.rows, limits.0);
        let (columns, confined_columns) = kept(&modes.v, outliers, &norms.columns, limits.1);
        let projected = (projected(&modes.v, outliers, &columns), projected(&modes.u, outliers, &rows));
        let entries = DMatrix::from_fn(rows.len(), columns.len(), |i, j| {
            let ((row, left), (column, across)) = (rows[i], columns[j]);
            entries[(row, column)] / (left * across).sqrt()
        });
        let freedom = |count: usize| count.saturating_sub(outliers).max(1) as f64;
        let freedom = (freedom(columns.len()), freedom(rows.len()));
        let count = entries.len() as f64;
        let variance = entries.norm_squared() / count;
        let excess = entries.iter().map(|entry| (entry * entry / variance).powi(2)).sum::<f64>() / count - 3.0;
        Self { entries, projected, confined: (confined_rows, confined_columns), freedom, variance, excess }
    }

    /// The ways in which the weights differ from the ensemble's noise.
    fn doubts(&self) -> Vec<String> {
        let rows: Vec<f64> = self.entries.row_iter().map(|row| self.relative(row.norm_squared(), row.len())).collect();
        let columns: Vec<f64> =
            self.entries.column_iter().map(|row| self.relative(row.norm_squared(), row.len())).collect();
        let mut doubts = Vec::new();
        for (side, confined) in [("visible", self.confined.0), ("hidden", self.confined.1)] {
            if confined > MOST_CONFINED {
                doubts.push(format!("the modes are confined to {:.0} % of the {side} units", 100.0 * confined));
            }
        }
        doubts.extend(self.unequal("the visible units' weights", &rows, self.freedom.0));
        doubts.extend(self.unequal("the hidden units' weights", &columns, self.freedom.1));
        let (blocks, freedom) = self.blocks();
        doubts.extend(self.unequal("blocks of weights", &blocks, freedom));
        let deviation = (24.0 / self.entries.len() as f64).sqrt();
        if self.excess > HEAVY.max(HEAVY_DEVIATIONS * deviation) {
            doubts.push(format!("the entries have heavy tails, a kurtosis of {:.1} instead of 3", 3.0 + self.excess));
        }
        let (count, length) = self.entries.shape();
        let along_rows = (1..length).map(|j| self.entries.column(j).dot(&self.entries.column(j - 1))).sum::<f64>();
        let along_columns = (1..count).map(|i| self.entries.row(i).dot(&self.entries.row(i - 1))).sum::<f64>();
        doubts.extend(self.correlated("hidden", (along_rows, self.projected.0), count * length.saturating_sub(1)));
        doubts.extend(self.correlated("visible", (along_columns, self.projected.1), count.saturating_sub(1) * length));
        doubts
    }

    /// Relative variances of the blocks of a coarse grid, and the free entries in one.
    fn blocks(&self) -> (Vec<f64>, f64) {
        let (rows, columns) = self.entries.shape();
        let count = |units: usize| (units / BLOCK_UNITS).min(BLOCKS);
        let (down, across) = (count(rows), count(columns));
        let bounds = |index: usize, count: usize, units: usize| (index * units / count, (index + 1) * units / count);
        let block = |index: usize| {
            let (top, bottom) = bounds(index / across, down, rows);
            let (left, right) = bounds(index % across, across, columns);
            let block = self.entries.view((top, left), (bottom - top, right - left));
            self.relative(block.norm_squared(), block.len())
        };
        let variances: Vec<f64> = (0..down * across).map(block).collect();
        let free = self.freedom.0 / columns as f64 * self.freedom.1 / rows as f64;
        let freedom = free * (rows * columns) as f64 / (down * across).max(1) as f64;
        (variances, freedom)
    }

    /// Variance of some entries relative to that of all.
    fn relative(&self, sum: f64, count: usize) -> f64 {
        sum / (count as f64 * self.variance)
    }

    fn unequal(&self, what: &str, variances: &[f64], freedom: f64) -> Option<String> {
        if variances.len() < 2 {
            return None;
        }
        let count = variances.len() as f64;
        let chance = (2.0 + self.excess.max(0.0)) / freedom;
        let square = variances.iter().map(|variance| (variance - 1.0).powi(2)).sum::<f64>();
        let deviations = (square / chance - (count - 1.0)) / (2.0 * count * (1.0 + 6.0 / freedom)).sqrt();
        (deviations > UNEQUAL).then(|| {
            let spread = 100.0 * (square / count - chance).max(0.0).sqrt();
            format!(
                "the variances of {what} differ by {spread:.0} % beyond chance ({deviations:.0} standard deviations)"
            )
        })
    }

    fn correlated(&self, side: &str, (products, projected): (f64, f64), pairs: usize) -> Option<String> {
        let chance = (pairs as f64).sqrt().recip();
        let correlation = products / (pairs as f64 * self.variance) - projected;
        (correlation.abs() > CORRELATED.max(CORRELATED_DEVIATIONS * chance)).then(|| {
            format!("weights of neighbouring {side} units are correlated by {correlation:.2}, {chance:.3} by chance")
        })
    }
}

/// Units that are not silent and to which the modes leave enough, with the part that is left; and the share of units to
/// which the modes are confined.
fn kept(vectors: &DMatrix<f64>, outliers: usize, norms: &[f64], limit: f64) -> (Vec<(usize, f64)>, f64) {
    let units = vectors.nrows();
    let left = |unit: usize| 1.0 - vectors.row(unit).columns(0, outliers).norm_squared();
    let mean = 1.0 - outliers as f64 / units as f64;
    let active: Vec<(usize, f64)> =
        (0..units).filter(|&unit| norms[unit] > limit).map(|unit| (unit, left(unit))).collect();
    let kept: Vec<(usize, f64)> = active.iter().copied().filter(|(_, left)| *left > LEAST_LEFT * mean).collect();
    let confined = 1.0 - kept.len() as f64 / active.len().max(1) as f64;
    (kept, confined)
}

/// Mean correlation of neighbours among `units` in independent noise without its part along the first vectors.
fn projected(vectors: &DMatrix<f64>, outliers: usize, units: &[(usize, f64)]) -> f64 {
    let of = |pair: &[(usize, f64)]| {
        let row = |unit: usize| vectors.row(unit).columns(0, outliers).into_owned();
        -row(pair[0].0).dot(&row(pair[1].0)) / (pair[0].1 * pair[1].1).sqrt()
    };
    units.windows(2).map(of).sum::<f64>() / units.len().saturating_sub(1).max(1) as f64
}
