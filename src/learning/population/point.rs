//! One mean-field state of a machine, the Gaussian fluctuations around it, and the averages that follow from both.
//!
//! With m, t the magnetizations of sites and hidden units, `ŝ = Σ_i x_i m_i`, `g = Σ_j a_j t_j`, a state solves λ = g(ŝ(λ)):
//!
//! ```text
//! m_i = tanh y_i,  y_i = x_i·λ + eta_i − V_i m_i,      t_j = tanh y_j,  y_j = a_j·ŝ + theta_j − U_j t_j
//! log Z ≈ −λ·ŝ + Σ [ log 2cosh y + ½ V (1 + m²) − ½ log(1 + V (1 − m²)) ] − ½ log det(1 − Ā B)
//! Ā = Σ_i x_i x_iᵀ d_i,    B = Σ_j a_j a_jᵀ d_j,    d = (1 − m²)/(1 + V (1 − m²)),
//! ```
//!
//! where the sum runs over all units, with U and t for the hidden ones. The reactions V and U make the Gaussian fluctuations
//! agree with s² = 1. With the covariance `Σ = (Ā⁻¹ − B)⁻¹` of ŝ and the covariance `Γ = Ā⁻¹ Σ Ā⁻¹ − Ā⁻¹` of g they obey
//!
//! ```text
//! d_i + d_i² x_i·Γ x_i = 1 − m_i²,    d_j + d_j² a_j·Σ a_j = 1 − t_j²,
//! V_i = G/(1 + d_i G),  G = x_i·Γ x_i,    U_j likewise with a_j·Σ a_j.
//! ```
//!
//! These are the adaptive equations of Thouless, Anderson and Palmer (M. Opper and O. Winther, Phys. Rev. E 64, 056131, 2001).
//! V = U = 0 is naive mean field. log Z is stationary in m, t, V and U, so its derivatives with respect to W and the fields are
//!
//! ```text
//! ⟨s⟩ = m,    ⟨σ⟩ = t,    ⟨s_i σ_j⟩ = m_i t_j + d_i x_i·Ā⁻¹ Σ a_j d_j .
//! ```
//!
//! The finite-size integrals need the same quantities at points where one or two combinations `φ·m = c`, φ_i = f·x_i, are held. Σ
//! is then the covariance under this condition, and log Z loses `½ log(det(fᵀ Ā f) · det′)`, where det′ is the determinant of
//! 1 − ĀB across all f.

use super::factors::{Factors, Rows};

use crate::linalg::{Cholesky, ReactionStep, gram, tanh_in_place, transposed_product};
use crate::theory::average::log_2cosh;
use nalgebra::{DMatrix, DVector};

/// Largest number of steps of Newton's method for y.
const STEPS: usize = 60;
/// Size of the last step; the error of y is its square.
const FOUND: f64 = 1e-7;
/// Smallest value of a reaction. Where what is held leaves a few units almost no freedom, their reactions would go to −∞.
pub(super) const LOWEST: f64 = -0.5;

/// One layer at its mean fields.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// y.
    fields: DVector<f64>,
    /// tanh y.
    pub(super) means: DVector<f64>,
    /// V.
    reaction: DVector<f64>,
}

impl Layer {
    /// Solves `y + V tanh y = field` by Newton's method, from `before` if it is given. y lies between the field and a bound.
    /// Between them, the steps approach y from one side only.
    fn at(field: &DVector<f64>, reaction: DVector<f64>, before: Option<&Self>) -> Self {
        let mut means = field.clone();
        if reaction.iter().all(|v| *v == 0.0) {
            tanh_in_place(means.as_mut_slice());
            return Self { fields: field.clone(), means, reaction };
        }
        let bound = field.zip_map(&reaction, |x, v| {
            let (linear, saturated) = (x.abs() / (1.0 + v), x.abs() - v);
            (if v > 0.0 { linear.max(saturated) } else { linear.min(saturated) }).copysign(x)
        });
        let within = |y: f64, x: f64, bound: f64| y.max(x.min(bound)).min(x.max(bound));
        let mut fields = match before {
            Some(layer) => layer.fields.zip_zip_map(field, &bound, within),
            None => bound.clone(),
        };
        for _ in 0..STEPS {
            let step = ReactionStep {
                fields: fields.as_mut_slice(),
                given: field.as_slice(),
                reaction: reaction.as_slice(),
                bound: bound.as_slice(),
            };
            if step.take() < FOUND {
                break;
            }
        }
        means.copy_from(&fields);
        tanh_in_place(means.as_mut_slice());
        Self { fields, means, reaction }
    }

    /// d.
    pub(super) fn slopes(&self) -> DVector<f64> {
        self.means.zip_map(&self.reaction, |m, v| (1.0 - m * m) / (1.0 + v * (1.0 - m * m)))
    }

    fn exponent(&self) -> f64 {
        let units = self.fields.iter().zip(&self.means).zip(&self.reaction);
        units.map(|((y, m), v)| log_2cosh(*y) + 0.5 * v * (1.0 + m * m) - 0.5 * (v * (1.0 - m * m)).ln_1p()).sum()
    }
}

/// The mean-field equations at one λ.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub lambda: DVector<f64>,
    /// V and U.
    pub reaction: DVector<f64>,
    pub(super) visible: Layer,
    pub(super) hidden: Layer,
    /// ŝ.
    pub sum: DVector<f64>,
    /// g − λ.
    pub residual: DVector<f64>,
}

impl Point {
    /// The point at λ. `reaction` is V of the sites, then U of the hidden units.
    pub fn at(factors: &Factors, lambda: DVector<f64>, reaction: DVector<f64>) -> Self {
        Self::near(factors, lambda, reaction, None)
    }

    /// Same as `at`, starting from this point nearby.
    pub fn moved_to(&self, factors: &Factors, lambda: DVector<f64>, reaction: DVector<f64>) -> Self {
        Self::near(factors, lambda, reaction, Some(self))
    }

    fn near(factors: &Factors, lambda: DVector<f64>, reaction: DVector<f64>, before: Option<&Self>) -> Self {
        let (sites, units) = (factors.eta.len(), factors.theta.len());
        let on_sites = factors.visible.fields(&lambda) + &factors.eta;
        let of_sites = reaction.rows(0, sites).into_owned();
        let visible = Layer::at(&on_sites, of_sites, before.map(|point| &point.visible));
        let sum = factors.visible.sum(&visible.means);
        let on_hidden = factors.hidden.fields(&sum) + &factors.theta;
        let of_units = reaction.rows(sites, units).into_owned();
        let hidden = Layer::at(&on_hidden, of_units, before.map(|point| &point.hidden));
        let residual = factors.hidden.sum(&hidden.means) - &lambda;
        Self { lambda, reaction, visible, hidden, sum, residual }
    }

    /// The point of naive mean field at λ.
    pub fn naive(factors: &Factors, lambda: DVector<f64>) -> Self {
        Self::at(factors, lambda, DVector::zeros(factors.eta.len() + factors.theta.len()))
    }

    /// Root mean square difference of the magnetizations of sites.
    pub fn distance(&self, other: &Self) -> f64 {
        (&self.visible.means - &other.visible.means).norm() / (self.visible.means.len() as f64).sqrt()
    }

    /// log Z without its determinant.
    pub fn exponent(&self) -> f64 {
        self.visible.exponent() + self.hidden.exponent() - self.lambda.dot(&self.sum)
    }

    /// The next λ of plain iteration.
    pub fn next(&self) -> DVector<f64> {
        &self.lambda + &self.residual
    }

    /// y of the sites.
    pub fn fields(&self) -> &DVector<f64> {
        &self.visible.fields
    }

    /// Largest residual, relative to the size of λ.
    pub fn error(&self) -> f64 {
        self.residual.amax() / self.lambda.amax().max(1.0)
    }
}

/// Smallest value of Ā in any direction, relative to the largest `Σ_i x_i²`. Only rounding exceeds it where no site responds.
const LEAST_RESPONSE: f64 = 1e-20;

/// L of Ā = L Lᵀ, `Lᵀ a_j` in columns, and Lᵀ B L; `None` if Ā is not finite.
///
/// Ā has no inverse where the weights are of lower rank than D, or all sites are saturated. Nothing couples to such directions.
/// The values that they get here, a few rounding errors of the sums, do not enter the averages.
pub(super) fn symmetric(factors: &Factors, point: &Point) -> Option<(Cholesky, DMatrix<f64>, DMatrix<f64>)> {
    let mut response = factors.visible.gram(&point.visible.slopes());
    let rounding = f64::EPSILON * response.diagonal().amax() * (response.nrows() as f64).max(4.0);
    let floor = rounding.max(LEAST_RESPONSE * factors.visible.largest_square()).max(f64::MIN_POSITIVE.sqrt());
    for index in 0..response.nrows() {
        response[(index, index)] += floor;
    }
    let root = Cholesky::of(&response)?;
    let hidden = match &factors.hidden {
        Rows::Identity(_) => root.transposed(),
        Rows::Dense { columns, .. } => root.transposed_times(columns),
    };
    let coupling = gram(&hidden, &point.hidden.slopes());
    Some((root, hidden, coupling))
}

/// Fluctuations around a point, free or with `fᵀ ŝ` held.
#[derive(Clone, Debug)]
pub(super) struct Fluctuations {
    /// L of Ā = L Lᵀ.
    pub(super) root: Cholesky,
    /// Lᵀ a_j in columns.
    hidden: DMatrix<f64>,
    /// Lᵀ B L.
    coupling: DMatrix<f64>,
    /// The QR factors of Lᵀ f: orthonormal columns n, and an upper triangular matrix.
    pub(super) held: Option<(DMatrix<f64>, DMatrix<f64>)>,
    /// M of 1 − Lᵀ B L = M Mᵀ, across what is held.
    pub(super) factor: Cholesky,
    /// log of the determinant, which divides Z².
    pub log_determinant: f64,
}

/// Joint fluctuations of the units: `d_i d_j p_i·p_j` for any two, except for what is held. A site has an additional d_i with
/// itself.
#[derive(Clone, Debug)]
pub(super) struct Responses {
    /// `M⁻¹ L⁻¹ x_i` in columns.
    pub(super) visible: DMatrix<f64>,
    /// `M⁻¹ Lᵀ a_j` in columns.
    pub(super) hidden: DMatrix<f64>,
    /// `|L⁻¹ x_i|²`.
    own: DVector<f64>,
    /// Components along what is held, for both layers, one row per unit.
    pub(super) held: Option<(DMatrix<f64>, DMatrix<f64>)>,
}

impl Fluctuations {
    /// Fluctuations around a point; `held` has directions f in columns. `None` where the fluctuations are not stable.
    pub fn of(factors: &Factors, point: &Point, held: Option<&DMatrix<f64>>) -> Option<Self> {
        let (root, hidden, coupling) = symmetric(factors, point)?;
        let held = held.map(|f| root.transposed_times(f).qr().unpack());
        let factor = Cholesky::of(&across(&coupling, held.as_ref().map(|(n, _)| n)))?;
        let lengths =
            held.iter().flat_map(|(_, r)| r.diagonal().iter().map(|r| 2.0 * r.abs().ln()).collect::<Vec<_>>());
        let log_determinant = factor.log_determinant() + lengths.sum::<f64>();
        Some(Self { root, hidden, coupling, held, factor, log_determinant })
    }

    /// Step of Newton's method for λ, to where `fᵀ ŝ` is larger by `shift` (with f held).
    pub fn step(&self, point: &Point, shift: Option<DVector<f64>>) -> DVector<f64> {
        let mut target = self.root.transposed_times(&column(&point.residual)).column(0).into_owned();
        let mut along = DVector::zeros(target.len());
        if let (Some((n, r)), Some(shift)) = (&self.held, shift)
            && let Some(shift) = r.transpose().solve_lower_triangular(&shift)
        {
            along = n * shift;
            target += &self.coupling * &along;
            target -= n * n.tr_mul(&target);
        }
        let across = self.factor.solve_vector(target);
        self.root.solve_upper(column(&(across + along))).column(0).into_owned()
    }

    /// Whether all eigenvalues of 1 − LᵀBL across what is held exceed `softness`, which is below 1.
    pub fn stiffer_than(&self, softness: f64) -> bool {
        let mut matrix = across(&self.coupling, self.held.as_ref().map(|(n, _)| n));
        for index in 0..matrix.nrows() {
            matrix[(index, index)] -= softness;
        }
        Cholesky::of(&matrix).is_some()
    }

    pub fn responses(&self, factors: &Factors) -> Responses {
        let sites = self.root.solve_lower(factors.visible.columns().into_owned());
        let own = squares(&sites);
        let held =
            self.held.as_ref().map(|(n, _)| (transposed_product(&sites, n), transposed_product(&self.hidden, n)));
        Responses {
            visible: self.factor.solve_lower(sites),
            hidden: self.factor.solve_lower(self.hidden.clone()),
            own,
            held,
        }
    }
}

impl Responses {
    /// V and U that agree with these responses.
    pub fn reaction(&self, point: &Point) -> DVector<f64> {
        let (mut sites, mut units) = (squares(&self.visible) - &self.own, squares(&self.hidden));
        if let Some((on_sites, on_units)) = &self.held {
            on_sites.column_iter().for_each(|along| sites -= along.component_mul(&along));
            on_units.column_iter().for_each(|along| units -= along.component_mul(&along));
        }
        let reaction = |form: f64, slope: f64| {
            if slope == 0.0 {
                // No effect on a saturated unit, where it would be 0/0.
                return 0.0;
            }
            let freedom = 1.0 + slope * form;
            if form > LOWEST * freedom { form / freedom } else { LOWEST }
        };
        let mut out = point.reaction.clone();
        out.rows_mut(0, sites.len()).copy_from(&sites.zip_map(&point.visible.slopes(), reaction));
        out.rows_mut(sites.len(), units.len()).copy_from(&units.zip_map(&point.hidden.slopes(), reaction));
        out
    }
}

/// `1 − C` of a coupling C, across the orthonormal columns n: `(1 − nnᵀ)(1 − C)(1 − nnᵀ) + nnᵀ`.
fn across(coupling: &DMatrix<f64>, held: Option<&DMatrix<f64>>) -> DMatrix<f64> {
    let mut matrix = -coupling;
    for index in 0..matrix.nrows() {
        matrix[(index, index)] += 1.0;
    }
    if let Some(n) = held {
        let along = &matrix * n;
        let twice = n.tr_mul(&along) + DMatrix::identity(n.ncols(), n.ncols());
        matrix -= n * along.transpose() + &along * n.transpose();
        matrix += n * twice * n.transpose();
    }
    matrix
}

/// The square of each column.
fn squares(columns: &DMatrix<f64>) -> DVector<f64> {
    let rows = columns.nrows().max(1);
    let square = |column: &[f64]| column.iter().map(|x| x * x).sum::<f64>();
    DVector::from_iterator(columns.ncols(), columns.as_slice().chunks_exact(rows).map(square))
}

pub(super) fn column(v: &DVector<f64>) -> DMatrix<f64> {
    DMatrix::from_column_slice(v.len(), 1, v.as_slice())
}
