//! The law of the singular values of noise (V. A. Marchenko and L. A. Pastur, *Math. USSR Sbornik* 1, 457 (1967)).

use crate::error::{Error, Result};
use std::f64::consts::{FRAC_1_PI, PI};

/// Law of the singular values of an `N_v × N_h` matrix of independent entries N(0, σ²/L), `L = √(N_v N_h)`, in the limit of
/// large matrices: of the min(N_v, N_h) values of a thin decomposition, without the zeros that the shape alone brings.
///
/// ```text
/// p(s) = √((b² − s²)(s² − a²)) / (π σ² r s)    between the edges a, b = σ |κ^{1/4} ∓ κ^{-1/4}|,    r = min(√κ, 1/√κ)
/// ```
///
/// In the angle φ from 0 to π with `s² = σ²(r + 1/r − 2 cos φ)` the density is `2 sin²φ / (π |1 − r e^{iφ}|²)`, and its
/// integral has the closed form `F = (φ + T − (T − r sin φ)/r²)/π` with `T = −arg(1 − r e^{iφ})`.
///
/// ```
/// use spectral_rbm::theory::spectrum::MarchenkoPastur;
/// let law = MarchenkoPastur::new(0.5, 1.0)?;
/// assert_eq!(law.edges(), (0.0, 1.0));
/// assert!((law.distribution(law.quantile(0.3)) - 0.3).abs() < 1e-14);
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarchenkoPastur {
    sigma: f64,
    kappa: f64,
    /// r = min(√κ, 1/√κ): κ and 1/κ have the same law.
    ratio: f64,
}

/// Below this r the closed form would lose more than half of its digits to cancellation, and the series of T is used.
const SMALL_RATIO: f64 = 0.03;
/// Terms of the series of T: 1e-18 is left at the largest r for which it is used.
const TERMS: i32 = 12;

impl MarchenkoPastur {
    /// The law for noise of scale σ in a machine of shape `κ = N_h/N_v`.
    ///
    /// # Errors
    /// [`Error::Sigma`] unless σ > 0 is finite, [`Error::Kappa`] unless κ > 0 is finite.
    pub fn new(sigma: f64, kappa: f64) -> Result<Self> {
        if !(sigma.is_finite() && sigma > 0.0) {
            return Err(Error::Sigma(sigma));
        }
        if !(kappa.is_finite() && kappa > 0.0) {
            return Err(Error::Kappa(kappa));
        }
        Ok(Self { sigma, kappa, ratio: kappa.min(kappa.recip()).sqrt() })
    }

    /// Scale σ of the noise.
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// Shape κ.
    pub fn kappa(&self) -> f64 {
        self.kappa
    }

    /// Lower and upper edge, `σ |κ^{1/4} ∓ κ^{-1/4}|`.
    pub fn edges(&self) -> (f64, f64) {
        let root = self.ratio.sqrt();
        (self.sigma * (root.recip() - root), self.sigma * (root.recip() + root))
    }

    /// Density of the singular values at s, normalised to 1; zero outside the edges.
    pub fn density(&self, s: f64) -> f64 {
        let (low, high) = self.edges();
        if s <= low || s >= high {
            return 0.0;
        }
        let (from_low, to_high) = self.squares(s);
        (from_low * to_high).sqrt() / (PI * self.ratio * s)
    }

    /// Share F(s) of the singular values below s.
    pub fn distribution(&self, s: f64) -> f64 {
        let (low, high) = self.edges();
        if s <= low || s >= high {
            return if s <= low { 0.0 } else { 1.0 };
        }
        // 4 sin²(φ/2) and 4 cos²(φ/2).
        let (from_low, to_high) = self.squares(s);
        self.share(2.0 * from_low.sqrt().atan2(to_high.sqrt()))
    }

    /// `(s² − a²)/σ²` and `(b² − s²)/σ²`.
    fn squares(&self, s: f64) -> (f64, f64) {
        let (low, high) = self.edges();
        let product = |difference: f64, sum: f64| (difference / self.sigma) * (sum / self.sigma);
        (product(s - low, s + low), product(high - s, high + s))
    }

    /// Singular value below which lies the given share of them; shares are clamped to [0, 1].
    pub fn quantile(&self, share: f64) -> f64 {
        let phi = self.angle(share.clamp(0.0, 1.0));
        let (low, _) = self.edges();
        low.hypot(2.0 * self.sigma * (0.5 * phi).sin())
    }

    /// F at an angle.
    fn share(&self, phi: f64) -> f64 {
        let r = self.ratio;
        let sin = phi.sin();
        // 1 − r cos φ, without cancellation.
        let angle = (r * sin).atan2(1.0 - r + 2.0 * r * (0.5 * phi).sin().powi(2));
        // (T − r sin φ)/r², T = Σ_k r^k sin(kφ)/k.
        let rest = if r < SMALL_RATIO {
            (2..TERMS).map(|k| r.powi(k - 2) * (f64::from(k) * phi).sin() / f64::from(k)).sum()
        } else {
            (angle - r * sin) / (r * r)
        };
        (FRAC_1_PI * (phi + angle - rest)).clamp(0.0, 1.0)
    }

    /// Angle below which lies the given share: Newton's method, within a bracket that bisection shrinks where it must.
    fn angle(&self, share: f64) -> f64 {
        let r = self.ratio;
        let (mut low, mut high) = (0.0, PI);
        let mut phi = PI * share;
        while low < phi && phi < high {
            let excess = self.share(phi) - share;
            (low, high) = if excess > 0.0 { (low, phi) } else { (phi, high) };
            let modulus = (1.0 - r).powi(2) + 4.0 * r * (0.5 * phi).sin().powi(2);
            let next = phi - excess * 0.5 * PI * modulus / phi.sin().powi(2);
            if (next - phi).abs() < 4.0 * f64::EPSILON {
                return next.clamp(0.0, PI);
            }
            phi = if low < next && next < high { next } else { 0.5 * (low + high) };
        }
        phi
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::quadrature;
    use crate::theory::spectrum::drawn::Machine;
    use crate::theory::spectrum::singular_values;

    const SHAPES: [f64; 7] = [1e-6, 0.02, 0.25, 0.5, 0.99, 1.0, 2.0];

    /// Integral of the density from the lower edge to s, by Gauss–Legendre in an angle between the edges in which it is
    /// smooth; not the angle of the closed form.
    fn integral(law: &MarchenkoPastur, s: f64) -> f64 {
        let (low, high) = law.edges();
        let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
        let end = ((middle - s) / half).clamp(-1.0, 1.0).acos();
        let rule = quadrature::legendre(400).unwrap();
        let integrand = |x: f64| {
            let angle = 0.5 * end * (x + 1.0);
            law.density(middle - half * angle.cos()) * half * angle.sin()
        };
        end * rule.mean(integrand)
    }

    /// Tolerances: nearly square matrices have a near-singularity of the integrand at the lower edge; for κ = 1e-6 the
    /// density is a difference of nearby numbers.
    #[test]
    fn the_distribution_is_the_integral_of_the_density() {
        for kappa in SHAPES {
            let law = MarchenkoPastur::new(0.7, kappa).unwrap();
            let (low, high) = law.edges();
            let root = kappa.powf(0.25);
            assert!((low - 0.7 * (root - 1.0 / root).abs()).abs() < 1e-13 * high);
            assert!((high - 0.7 * (root + 1.0 / root)).abs() < 1e-14 * high);
            for fraction in [0.01, 0.1, 0.3, 0.5, 0.8, 1.0] {
                let s = low + fraction * (high - low);
                let (found, exact) = (law.distribution(s), integral(&law, s));
                assert!((found - exact).abs() < 1e-11, "{kappa} {fraction}: {found} {exact}");
            }
            assert!((integral(&law, high) - 1.0).abs() < 1e-11);
            assert_eq!((law.distribution(0.5 * low), law.distribution(2.0 * high)), (0.0, 1.0));
            assert_eq!((law.density(0.5 * low), law.density(2.0 * high)), (0.0, 0.0));
        }
    }

    /// κ = 1: p(s) = √(4σ² − s²)/(πσ²), F = (2/π)(asin x + x √(1 − x²)) with x = s/2σ.
    #[test]
    fn square_matrices_follow_the_quarter_circle() {
        let law = MarchenkoPastur::new(1.5, 1.0).unwrap();
        for x in [0.01f64, 0.3, 0.7, 0.99] {
            let s = 3.0 * x;
            assert!((law.density(s) - (9.0 - s * s).sqrt() / (PI * 2.25)).abs() < 1e-14);
            assert!((law.distribution(s) - (x.asin() + x * (1.0 - x * x).sqrt()) * 2.0 / PI).abs() < 1e-14);
        }
    }

    /// The closed form and the series agree where they meet.
    #[test]
    fn the_distribution_is_continuous_in_the_shape() {
        let at = |ratio: f64| MarchenkoPastur { sigma: 1.0, kappa: ratio * ratio, ratio };
        for phi in [0.1, 1.0, 2.0, 3.0] {
            let jump = at(SMALL_RATIO * (1.0 + 1e-12)).share(phi) - at(SMALL_RATIO * (1.0 - 1e-12)).share(phi);
            assert!(jump.abs() < 1e-12);
        }
    }

    #[test]
    fn quantiles_invert_the_distribution() {
        for kappa in SHAPES {
            let law = MarchenkoPastur::new(2.0, kappa).unwrap();
            let (low, high) = law.edges();
            for share in [1e-9, 0.001, 0.25, 0.5, 0.9, 0.999, 1.0 - 1e-9] {
                let s = law.quantile(share);
                // For narrow laws the rounding of s itself is seen.
                let tolerance = 4e-15 + 2e-15 * s * law.density(s);
                assert!((law.distribution(s) - share).abs() < tolerance, "{kappa} {share}");
            }
            assert_eq!(law.quantile(0.0), low);
            assert!((law.quantile(1.0) / high - 1.0).abs() < 1e-15);
        }
        // The scale is only a scale.
        for sigma in [1e-300, 1e300] {
            let (one, law) = (MarchenkoPastur::new(1.0, 0.5).unwrap(), MarchenkoPastur::new(sigma, 0.5).unwrap());
            assert!((law.density(sigma) * sigma / one.density(1.0) - 1.0).abs() < 1e-13);
            assert!((law.distribution(sigma) - one.distribution(1.0)).abs() < 1e-14);
        }
        assert_eq!(MarchenkoPastur::new(0.0, 1.0), Err(Error::Sigma(0.0)));
        assert_eq!(MarchenkoPastur::new(1.0, -1.0), Err(Error::Kappa(-1.0)));
        assert!(MarchenkoPastur::new(f64::NAN, 1.0).is_err() && MarchenkoPastur::new(1.0, f64::INFINITY).is_err());
    }

    /// Singular values repel each other: of n in a drawn matrix, the counts below any s deviate by a few, not by √n
    /// (at most 3.9 in 1500 matrices). Independent draws would deviate by 0.9 √n ≈ 15.
    #[test]
    fn spectra_of_drawn_matrices() {
        for (visible, hidden) in [(600, 150), (400, 200), (300, 300), (200, 400)] {
            let noise = Machine::draw(visible, hidden, &[], 0.3, 4);
            let values = singular_values(&noise.rows(), visible, hidden).unwrap();
            let law = MarchenkoPastur::new(0.3, hidden as f64 / visible as f64).unwrap();
            let n = values.len() as f64;
            let deviation = |(rank, &s): (usize, &f64)| (n * (1.0 - law.distribution(s)) - rank as f64 - 0.5).abs();
            let largest = values.iter().enumerate().map(deviation).fold(0.0, f64::max);
            assert!(largest < 5.0, "{visible} × {hidden}: {largest}");
        }
    }
}
