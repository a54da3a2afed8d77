//! Populations of known law: mixtures of Gaussians in the visible basis (`docs/theory.md`, section 2a).

use super::clamped::{check_finite, range};
use super::samples::Samples;
use super::samples::check_basis;
use crate::Result;
use crate::linalg::symmetric_eigen;
use crate::linalg::{product, set_product, view, view_mut};
use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// Relative rounding error allowed in the sum of weights, in the symmetry, and in a negative eigenvalue.
const COVARIANCE_ROUNDING: f64 = 1e-9;
/// Largest number K of modes for which [`Mixture::of_clusters`] visits all 2^K patterns.
const MOST_PATTERN_MODES: usize = 10;

/// One Gaussian population.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// Its share of the samples, positive.
    pub weight: f64,
    /// ⟨z⟩, of length D.
    pub mean: DVector<f64>,
    /// ⟨z zᵀ⟩ − ⟨z⟩⟨z⟩ᵀ, `D × D`, symmetric and positive semidefinite.
    pub covariance: DMatrix<f64>,
}

/// A mixture of Gaussians, `p(z) = Σ_c weight_c N(z; mean_c, covariance_c)`, with weights that sum to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture(Vec<Component>);

impl Mixture {
    /// Checks the components and takes them.
    ///
    /// # Errors
    /// [`Error::Range`](crate::Error::Range) without components or directions, for components of different dimensions,
    /// weights that are not positive or do not sum to one (to 1e-9), covariances that are not symmetric and positive
    /// semidefinite (to 1e-9 of their largest entry or eigenvalue); [`Error::NotFinite`](crate::Error::NotFinite).
    pub fn new(components: Vec<Component>) -> Result<Self> {
        let dimension = components.first().map_or(0, |component| component.mean.len());
        if dimension == 0 {
            return Err(range("the mixture", "a component of at least one direction is needed".into()));
        }
        for component in &components {
            component.check(dimension)?;
        }
        let total: f64 = components.iter().map(|component| component.weight).sum();
        if (total - 1.0).abs() > COVARIANCE_ROUNDING {
            return Err(range("the mixture", format!("its weights sum to {total}: they must sum to 1")));
        }
        Ok(Self(components))
    }

    /// One Gaussian population.
    ///
    /// # Errors
    /// As [`Mixture::new`].
    pub fn gaussian(mean: DVector<f64>, covariance: DMatrix<f64>) -> Result<Self> {
        Self::new(vec![Component { weight: 1.0, mean, covariance }])
    }

    /// The population behind [`Clusters`](crate::data::Clusters), projected on a visible basis B (`N_v × D`).
    ///
    /// `fields` is `√N_v a_α u_i^α` (`N_v × K`) and `balance` the K probabilities of z_α = +1. Each of the 2^K patterns z
    /// is a component of weight Π P(z_α), with the mean and covariance that its independent units give exactly,
    ///
    /// ```text
    /// m_i = tanh( Σ_α fields_iα z_α ),    ⟨Bᵀs⟩ = Bᵀ m,    Cov(Bᵀs) = Bᵀ diag(1 − m_i²) B.
    /// ```
    ///
    /// By the central limit theorem the projections are *Gaussian* about these means. This holds up to corrections of order 1/N_v
    /// for directions spread over many sites. It does not hold in the basis of the sites, where each z is ±1.
    ///
    /// # Errors
    /// [`Error::Range`](crate::Error::Range) for no or more than ten directions, not one balance per direction, balances
    /// outside (0, 1), or a basis that has another number of rows or is not orthonormal;
    /// [`Error::NotFinite`](crate::Error::NotFinite) for fields that are not finite.
    pub fn of_clusters(fields: &DMatrix<f64>, balance: &[f64], basis: &DMatrix<f64>) -> Result<Self> {
        let (units, modes) = fields.shape();
        if modes == 0 || modes > MOST_PATTERN_MODES || balance.len() != modes {
            let reason = format!(
                "{modes} directions and {} balances: one each, of 1 to {MOST_PATTERN_MODES}, are needed",
                balance.len()
            );
            return Err(range("the clusters", reason));
        }
        if let Some(value) = balance.iter().find(|value| !(0.0 < **value && **value < 1.0)) {
            return Err(range("the clusters", format!("a balance is {value}: it must lie strictly between 0 and 1")));
        }
        check_finite("a field", fields.as_slice())?;
        check_basis(basis, units)?;
        let pattern = |pattern: usize| {
            let up = |mode: usize| pattern >> mode & 1 == 1;
            let weights = balance.iter().enumerate().map(|(mode, &p)| if up(mode) { p } else { 1.0 - p });
            let z = DVector::from_fn(modes, |mode, _| if up(mode) { 1.0 } else { -1.0 });
            let fields = fields * z;
            let mut scaled = basis.clone();
            for (mut row, field) in scaled.row_iter_mut().zip(&fields) {
                // √(1 − m²), without cancellation.
                row /= field.cosh();
            }
            Component {
                weight: weights.product(),
                mean: basis.tr_mul(&fields.map(f64::tanh)),
                covariance: product(view(&scaled).transpose(), view(&scaled)),
            }
        };
        Self::new((0..1usize << modes).into_par_iter().map(pattern).collect())
    }

    /// The components.
    pub fn components(&self) -> &[Component] {
        &self.0
    }

    /// Number of directions, D.
    pub fn dimension(&self) -> usize {
        self.0[0].mean.len()
    }

    /// ⟨z⟩, of length D.
    pub fn mean(&self) -> DVector<f64> {
        self.0.iter().map(|component| &component.mean * component.weight).sum()
    }

    /// `samples` independent draws. Each draw depends only on the mixture, `seed` and its own number.
    ///
    /// # Errors
    /// [`Error::Range`](crate::Error::Range) for no samples, [`Error::NoConvergence`](crate::Error::NoConvergence) if a
    /// covariance cannot be diagonalised.
    pub fn draw(&self, samples: usize, seed: u64) -> Result<Samples> {
        let roots: Vec<_> = self.0.iter().map(Component::root).collect::<Result<_>>()?;
        let dimension = self.dimension();
        let mut drawn = DMatrix::zeros(dimension, samples);
        drawn.as_mut_slice().par_chunks_mut(dimension).enumerate().for_each_init(
            || DVector::zeros(dimension),
            |noise, (sample, out)| {
                let mut random = ChaCha8Rng::seed_from_u64(seed);
                random.set_stream(sample as u64);
                let chosen = self.pick(random.random());
                noise.iter_mut().for_each(|noise| *noise = random.sample(StandardNormal));
                let mut out = nalgebra::DVectorViewMut::from_slice(out, dimension);
                out.copy_from(&self.0[chosen].mean);
                out.gemv(1.0, &roots[chosen], noise, 1.0);
            },
        );
        Samples::new(drawn)
    }

    /// Index of the component on which a number between 0 and 1 falls.
    fn pick(&self, uniform: f64) -> usize {
        let mut left = uniform;
        for (index, component) in self.0.iter().enumerate() {
            left -= component.weight;
            if left < 0.0 {
                return index;
            }
        }
        // The weights may sum to a little less than one.
        self.0.len() - 1
    }
}

impl Component {
    fn check(&self, dimension: usize) -> Result<()> {
        let shape = self.covariance.shape();
        if self.mean.len() != dimension || shape != (dimension, dimension) {
            let reason = format!(
                "a component has a mean of length {} and a {} × {} covariance: the first one is of {dimension} directions",
                self.mean.len(),
                shape.0,
                shape.1
            );
            return Err(range("the mixture", reason));
        }
        if self.weight <= 0.0 {
            return Err(range("the mixture", format!("a weight is {}: it must be positive", self.weight)));
        }
        check_finite("a weight of the mixture", &[self.weight])?;
        check_finite("a mean of the mixture", self.mean.as_slice())?;
        check_finite("a covariance of the mixture", self.covariance.as_slice())?;
        let asymmetry = (&self.covariance - self.covariance.transpose()).amax();
        if asymmetry > COVARIANCE_ROUNDING * self.covariance.amax() {
            return Err(range("a covariance of the mixture", format!("it is not symmetric, by {asymmetry:.1e}")));
        }
        let (values, _) = symmetric_eigen(&self.covariance)?;
        let (largest, smallest) = (values[0], values[dimension - 1]);
        if smallest < -COVARIANCE_ROUNDING * largest.abs() {
            let reason = format!("an eigenvalue is {smallest:.3e}: none may be negative");
            return Err(range("a covariance of the mixture", reason));
        }
        Ok(())
    }

    /// A matrix A with A Aᵀ = covariance, which may be singular.
    fn root(&self) -> Result<DMatrix<f64>> {
        let (values, mut vectors) = symmetric_eigen(&self.covariance)?;
        for (mut vector, value) in vectors.column_iter_mut().zip(&values) {
            vector *= value.max(0.0).sqrt();
        }
        Ok(vectors)
    }
}

/// `aᵀ b a` for a symmetric b.
pub(super) fn sandwich(a: &DMatrix<f64>, b_a: &DMatrix<f64>) -> DMatrix<f64> {
    let mut out = DMatrix::zeros(a.ncols(), a.ncols());
    set_product(view_mut(&mut out), view(a).transpose(), view(b_a));
    out
}
