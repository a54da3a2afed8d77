//! Statistics of singular vectors: the law of their components, the data's directions, the fields on the modes.
//!
//! An observed vector is tilted by the noise ([`spiked`](super::spiked)), and so are all of these.

use crate::Prior;
use crate::error::{Error, Result};
use crate::linalg::{product, view};
use nalgebra::{DMatrix, DVectorView};

/// Kurtosis `E[x⁴]/E[x²]²` of the components of each vector, about zero: `N Σ_i u_i⁴` for unit length.
///
/// Vectors are columns. The laws of section 1 have 3 (Gaussian), 9/5 (uniform), 1 (±1) and 6 (Laplace); a vector on a
/// single site has N. A vector of zeros has none: NaN.
///
/// ```
/// use nalgebra::DMatrix;
/// use spectral_rbm::theory::spectrum::kurtosis;
/// let vectors = DMatrix::from_column_slice(4, 2, &[0.5, -0.5, 0.5, 0.5, 0.0, 0.0, 1.0, 0.0]);
/// assert_eq!(kurtosis(&vectors), [1.0, 4.0]);
/// ```
pub fn kurtosis(vectors: &DMatrix<f64>) -> Vec<f64> {
    let of = |vector: DVectorView<'_, f64>| {
        let square = vector.norm_squared();
        vector.len() as f64 * vector.iter().map(|x| x.powi(4)).sum::<f64>() / (square * square)
    };
    vectors.column_iter().map(of).collect()
}

/// The named law whose kurtosis is nearest in ratio to the one given; `None` if it is not positive and finite.
///
/// Near the middle between two laws, and from few or noisy components, this decides nothing.
///
/// ```
/// use spectral_rbm::{Prior, theory::spectrum::nearest_by_kurtosis};
/// assert_eq!(nearest_by_kurtosis(1.2), Some(Prior::Bernoulli));
/// assert_eq!(nearest_by_kurtosis(f64::NAN), None);
/// ```
pub fn nearest_by_kurtosis(kurtosis: f64) -> Option<Prior> {
    if !(kurtosis.is_finite() && kurtosis > 0.0) {
        return None;
    }
    let distance = |prior: &Prior| (kurtosis / prior.kurtosis()).ln().abs();
    Prior::NAMED.into_iter().min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// `|u^α·d_β|` of modes `sites × modes` with directions `sites × directions`, such as the data's principal components:
/// `modes × directions`. The sign of a singular vector says nothing, so none is kept.
///
/// # Errors
/// [`Error::Length`] if they have not the same number of sites.
pub fn overlaps(modes: &DMatrix<f64>, directions: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    if modes.nrows() != directions.nrows() {
        return Err(Error::Length { name: "a direction", found: directions.nrows(), expected: modes.nrows() });
    }
    Ok(product(view(modes).transpose(), view(directions)).abs())
}

/// Projected fields `eta_α = u^α·eta` (or `theta_α = v^α·theta`) of modes `sites × modes`, with their signs.
///
/// # Errors
/// [`Error::Length`] if the field has not one entry per site.
pub fn projections<T: Copy + Into<f64>>(modes: &DMatrix<f64>, field: &[T]) -> Result<Vec<f64>> {
    if field.len() != modes.nrows() {
        return Err(Error::Length { name: "the field", found: field.len(), expected: modes.nrows() });
    }
    let on = |mode: DVectorView<'_, f64>| mode.iter().zip(field).map(|(u, &field)| u * field.into()).sum();
    Ok(modes.column_iter().map(on).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Prior;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// Drawn components have their law's kurtosis, within five standard errors by the delta method:
    /// Var = (m_8 − m_4² − 4 m_4 (m_6 − m_4) + 4 m_4² (m_4 − 1))/N for unit variance; and length does not matter.
    #[test]
    fn kurtosis_of_drawn_components() {
        let sites = 20_000;
        for prior in Prior::NAMED {
            let vectors = prior.sample(sites, 3, &mut ChaCha8Rng::seed_from_u64(5)).unwrap();
            let (m4, m6, m8) = (prior.moment(4), prior.moment(6), prior.moment(8));
            let variance = m8 - m4 * m4 - 4.0 * m4 * (m6 - m4) + 4.0 * m4 * m4 * (m4 - 1.0);
            let tolerance = 5.0 * (variance / sites as f64).sqrt() + 1e-12;
            for (found, scaled) in kurtosis(&vectors).into_iter().zip(kurtosis(&(0.01 * &vectors))) {
                assert!((found - prior.kurtosis()).abs() < tolerance, "{prior}: {found} ± {tolerance}");
                assert!((found / scaled - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn overlaps_and_projections_are_the_scalar_products() {
        let mut random = ChaCha8Rng::seed_from_u64(6);
        let mut draw = |columns| Prior::Uniform.sample(37, columns, &mut random).unwrap();
        let (modes, directions) = (draw(5), draw(3));
        let found = overlaps(&modes, &directions).unwrap();
        for (mode, direction) in (0..5).flat_map(|mode| (0..3).map(move |direction| (mode, direction))) {
            let exact = modes.column(mode).dot(&directions.column(direction)).abs();
            assert!((found[(mode, direction)] - exact).abs() < 1e-13);
        }
        let field: Vec<f32> = directions.column(0).iter().map(|&x| x as f32).collect();
        for (mode, found) in projections(&modes, &field).unwrap().into_iter().enumerate() {
            // The field was rounded to f32.
            assert!((found - modes.column(mode).dot(&directions.column(0))).abs() < 37.0 * 3.0 * 1e-7);
        }
        assert!(matches!(projections(&modes, &field[1..]), Err(Error::Length { found: 36, expected: 37, .. })));
        assert!(overlaps(&modes, &DMatrix::zeros(36, 2)).is_err());
    }
}
