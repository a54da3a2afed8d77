//! What the linear theory predicts for the start of a machine of ±1 units, in the steps of the simulation.
//!
//! ```text
//! W(n) = (1 + γ A)^n W(0),    A = C − diag C    (`docs/theory.md`, section 5)
//! ```
//!
//! It holds while `|W|` is small. Two of its consequences are compared with machines: the number of ranks at which the singular
//! values lie above those of the start, and the number of singular values that fall towards zero. For the latter n may be large,
//! where rounding of the grown modes would drown the decayed ones. The decayed ones are computed separately, from the part of the
//! decaying rows of `QᵀW` (Q: eigenvectors of A) that is orthogonal to the growing ones.

use crate::Result;
use crate::data::Moments;
use crate::learning::LinearTheory;
use crate::simulator::machine::Machine;
use crate::theory::spectrum::Decomposition;
use nalgebra::{DMatrix, DVector};

/// Growth beyond which the theory's weights are not computed: rounding of the strongest modes would reach the others.
const LARGEST_GROWTH: f64 = 1e10;
/// The letter's operator is the covariance minus this on its diagonal.
const LETTERS_THRESHOLD: f64 = 1.0;

/// The linear theory of a start.
#[derive(Clone, Debug)]
pub struct LinearLimit {
    /// Eigenvalues of A, decreasing, with their directions.
    pub theory: LinearTheory,
    /// `QᵀW(0)`.
    rows: DMatrix<f64>,
    /// Singular values of W(0), decreasing.
    start: Vec<f64>,
    learning_rate: f64,
    /// Variances of the data, decreasing, and `dᵀW(0)` of its principal components d, for the letter's operator C − 1.
    letters: (DVector<f64>, DMatrix<f64>),
}

impl LinearLimit {
    /// The theory for data with these moments and a machine at its start.
    ///
    /// # Errors
    /// Those of [`LinearTheory::of_ising`].
    pub fn new(moments: &Moments, start: &Machine, learning_rate: f64) -> Result<Self> {
        let theory = LinearTheory::of_ising(moments)?;
        let weights = start.weight_matrix();
        let own = LinearTheory::of_gaussian(moments, LETTERS_THRESHOLD, 1.0)?;
        let letters = (own.variances.clone(), own.directions.transpose() * &weights);
        let (rows, start) = (theory.directions.transpose() * &weights, sorted(&weights)?);
        Ok(Self { rows, start, theory, learning_rate, letters })
    }

    /// W after some updates, along all directions; `None` once it has grown too far.
    pub fn weights(&self, updates: u64) -> Option<DMatrix<f64>> {
        let growth = self.growth(&self.theory.rates, updates);
        in_range(&growth).then(|| &self.theory.directions * scaled(&self.rows, &growth))
    }

    /// Number of ranks at which the theory's singular values lie above those of the start; `None` once it has grown too far.
    ///
    /// # Errors
    /// Those of [`Decomposition::of`].
    pub fn raised(&self, updates: u64) -> Result<Option<usize>> {
        self.raised_by(&self.rows, &self.growth(&self.theory.rates, updates))
    }

    /// Same, with the letter's operator, the covariance minus one.
    ///
    /// # Errors
    /// As [`LinearLimit::raised`].
    pub fn raised_by_letter(&self, updates: u64) -> Result<Option<usize>> {
        self.raised_by(&self.letters.1, &self.growth(&self.letters.0.add_scalar(-LETTERS_THRESHOLD), updates))
    }

    fn raised_by(&self, rows: &DMatrix<f64>, growth: &DVector<f64>) -> Result<Option<usize>> {
        if !in_range(growth) {
            return Ok(None);
        }
        Ok(Some(raised(&sorted(&scaled(rows, growth))?, &self.start)))
    }

    /// Number of variances of the data above 1, the letter's threshold.
    pub fn above_threshold(&self) -> usize {
        self.letters.0.iter().filter(|&&variance| variance > LETTERS_THRESHOLD).count()
    }

    /// Number of singular values that have fallen below a level after some updates.
    ///
    /// # Errors
    /// Those of [`Decomposition::of`].
    pub fn fallen_below(&self, level: f64, updates: u64) -> Result<usize> {
        let (growing, directions) = (self.theory.unstable(), self.rows.nrows());
        let left = self.start.len().saturating_sub(growing);
        if left == 0 {
            return Ok(0);
        }
        let rates = self.theory.rates.rows(growing, directions - growing).into_owned();
        let decaying = self.rows.rows(growing, directions - growing).into_owned();
        let decayed = scaled(&decaying, &self.growth(&rates, updates));
        // The growing rows take their span in the hidden layer away from the others.
        let spanned = self.rows.rows(0, growing).transpose().qr().q();
        let rest = &decayed - (&decayed * &spanned) * spanned.transpose();
        Ok(sorted(&rest)?.iter().take(left).filter(|&&value| value < level).count())
    }

    /// Number of directions that neither grow nor have decayed to 1/e after some time.
    pub fn frozen(&self, time: f64) -> usize {
        let threshold = self.theory.threshold();
        self.theory.rates.iter().filter(|&&rate| rate <= threshold && rate * time > -1.0).count()
    }

    fn growth(&self, rates: &DVector<f64>, updates: u64) -> DVector<f64> {
        rates.map(|rate| (1.0 + self.learning_rate * rate).abs().powf(updates as f64))
    }
}

/// Rows, each multiplied by its factor.
fn scaled(rows: &DMatrix<f64>, factors: &DVector<f64>) -> DMatrix<f64> {
    let mut scaled = rows.clone();
    for mut column in scaled.column_iter_mut() {
        column.component_mul_assign(factors);
    }
    scaled
}

/// Whether the theory's weights can be computed.
fn in_range(growth: &DVector<f64>) -> bool {
    growth.iter().all(|&factor| factor <= LARGEST_GROWTH)
}

/// The decomposition of a matrix.
pub(super) fn decomposed(matrix: &DMatrix<f64>) -> Result<Decomposition> {
    // Row after row, which is what the transposed column-major matrix holds.
    Decomposition::of(matrix.transpose().as_slice(), matrix.nrows(), matrix.ncols())
}

/// Singular values, decreasing.
fn sorted(matrix: &DMatrix<f64>) -> Result<Vec<f64>> {
    Ok(decomposed(matrix)?.singular_values)
}

/// Number of ranks at which one spectrum lies above another.
pub(super) fn raised(spectrum: &[f64], start: &[f64]) -> usize {
    spectrum.iter().zip(start).filter(|(now, before)| now > before).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::spectrum::singular_values;

    /// Two independent groups of units, and constant units: the rates of the groups are known.
    fn limit(hidden: usize) -> (LinearLimit, Machine) {
        let mut covariance = DMatrix::<f64>::zeros(30, 30);
        for (range, correlation) in [(0..10, 0.5), (10..20, 0.2)] {
            for i in range.clone() {
                for j in range.clone() {
                    covariance[(i, j)] = if i == j { 1.0 } else { correlation };
                }
            }
        }
        let moments = Moments { mean: DVector::zeros(30), covariance };
        let machine = Machine::random(30, hidden, 0.01, 5).unwrap();
        (LinearLimit::new(&moments, &machine, 0.01).unwrap(), machine)
    }

    #[test]
    fn rates_of_groups_and_variances_above_one() {
        let (limit, _) = limit(20);
        // A of a group is correlation·(11ᵀ − 1): one rate 9c, nine rates −c; variances are larger by one.
        assert!((limit.theory.rates[0] - 4.5).abs() < 1e-12 && (limit.theory.rates[1] - 1.8).abs() < 1e-12);
        assert_eq!((limit.theory.unstable(), limit.above_threshold()), (2, 2));
        // Ten constant units; the rates −0.5 and −0.2 have decayed to 1/e at t = 2 and 5.
        assert_eq!([1.0, 3.0, 6.0].map(|time| limit.frozen(time)), [28, 19, 10]);
    }

    #[test]
    fn the_weights_are_those_of_update_by_update() {
        let (limit, machine) = limit(20);
        let mut weights = machine.weight_matrix();
        let basis = &limit.theory.directions;
        let operator = basis * DMatrix::from_diagonal(&limit.theory.rates) * basis.transpose();
        let start = weights.clone();
        for _ in 0..200 {
            weights += 0.01 * &operator * &weights;
        }
        let found = limit.weights(200).unwrap();
        assert!((&found - &weights).amax() < 1e-12 * weights.amax());
        let before = singular_values(start.transpose().as_slice(), 30, 20).unwrap();
        let after = singular_values(weights.transpose().as_slice(), 30, 20).unwrap();
        assert_eq!(limit.raised(200).unwrap().unwrap(), raised(&after, &before));
        assert!(limit.weights(1000).is_none() && limit.raised(1000).unwrap().is_none());
        // Fallen values, before rounding drowns them, are those of the whole matrix.
        let level = 0.5 * before[19];
        let fallen = after.iter().filter(|&&value| value < level).count();
        assert_eq!(limit.fallen_below(level, 200).unwrap(), fallen);
    }

    #[test]
    fn as_many_fall_as_the_frozen_leave() {
        // 20 hidden units, 2 growing directions, 10 frozen ones: 8 fall, and no more in the end.
        let (limit, _) = limit(20);
        assert_eq!(limit.fallen_below(1e-6, 100_000).unwrap(), 8);
        assert_eq!(limit.fallen_below(1e-6, 0).unwrap(), 0);
        // With fewer hidden units than growing and frozen directions, none falls.
        let (limit, _) = self::limit(9);
        assert_eq!(limit.fallen_below(1e-6, 100_000).unwrap(), 0);
    }
}
