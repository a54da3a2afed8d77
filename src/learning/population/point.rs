//! One mean-field state of a machine, the Gaussian fluctuations around it, and the averages that both make.
//!
//! With m, t the magnetizations of sites and hidden units, `ŝ = Σ_i x_i m_i`, `g = Σ_j a_j t_j`, a state solves λ = g(ŝ(λ)):
//!
//! ```text
//! m_i = tanh(x_i·λ + eta_i),    t_j = tanh(a_j·ŝ + theta_j)
//! log Z ≈ −λ·ŝ + Σ_i log 2cosh(x_i·λ + eta_i) + Σ_j log 2cosh(a_j·ŝ + theta_j) − ½ log det(1 − Ā B)
//! Ā = Σ_i x_i x_iᵀ (1 − m_i²),    B = Σ_j a_j a_jᵀ (1 − t_j²).
//! ```
//!
//! The averages are the derivatives of this log Z by W and the fields. With `Σ = (Ā⁻¹ − B)⁻¹`, the covariance of ŝ,
//!
//! ```text
//! p_i = ½ m″_i x_i·(Ā⁻¹ Σ Ā⁻¹ − Ā⁻¹) x_i,    r_j = ½ t″_j a_j·Σ a_j,    m″ = −2 m (1 − m²),  t″ likewise,
//! z = Σ (Ā⁻¹ Σ_i x_i p_i + Σ_j a_j r_j),
//! p̂_i = p_i + m′_i x_i·Ā⁻¹ (z − Σ_i x_i p_i),    r̂_j = r_j + t′_j a_j·z,
//!
//! ⟨s⟩ = m + p̂,    ⟨σ⟩ = t + r̂,    ⟨s_i σ_j⟩ = m_i t_j + m′_i x_i·Ā⁻¹ Σ a_j t′_j + p̂_i t_j + m_i r̂_j .
//! ```
//!
//! All of it is also needed at points where one combination `φ·m = c`, φ_i = f·x_i, is held (the finite-size integrals):
//! Σ is then the covariance within that condition, and log Z loses `½ log(fᵀ Ā f · det′)`, with the determinant of
//! 1 − ĀB across f.

use super::factors::{Factors, Lower, cholesky, scaled};
use super::tanh::tanh_in_place;
use crate::average::log_2cosh;
use nalgebra::{DMatrix, DVector};

fn tanh_of(fields: &DVector<f64>) -> DVector<f64> {
    let mut out = fields.clone();
    tanh_in_place(out.as_mut_slice());
    out
}

/// The mean-field equations at one λ.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub lambda: DVector<f64>,
    /// m.
    pub visible: DVector<f64>,
    /// t.
    pub hidden: DVector<f64>,
    /// ŝ.
    pub sum: DVector<f64>,
    /// g − λ.
    pub residual: DVector<f64>,
    /// x_i·λ + eta_i.
    on_visible: DVector<f64>,
    /// a_j·ŝ + theta_j.
    on_hidden: DVector<f64>,
}

impl Point {
    pub fn at(factors: &Factors, lambda: DVector<f64>) -> Self {
        let on_visible = factors.visible.fields(&lambda) + &factors.eta;
        let visible = tanh_of(&on_visible);
        let sum = factors.visible.sum(&visible);
        let on_hidden = factors.hidden.fields(&sum) + &factors.theta;
        let hidden = tanh_of(&on_hidden);
        let residual = factors.hidden.sum(&hidden) - &lambda;
        Self { lambda, visible, hidden, sum, residual, on_visible, on_hidden }
    }

    /// log Z before its determinant.
    pub fn exponent(&self) -> f64 {
        let fields = self.on_visible.iter().chain(&self.on_hidden);
        fields.map(|&field| log_2cosh(field)).sum::<f64>() - self.lambda.dot(&self.sum)
    }

    /// The next λ of plain iteration.
    pub fn next(&self) -> DVector<f64> {
        &self.lambda + &self.residual
    }

    /// Largest residual against the size of λ.
    pub fn error(&self) -> f64 {
        self.residual.amax() / self.lambda.amax().max(1.0)
    }
}

/// Fluctuations around a point, free or with `f·ŝ` held.
#[derive(Clone, Debug)]
pub(super) struct Fluctuations {
    /// L of Ā = L Lᵀ.
    pub root: Lower,
    /// Lᵀ B L.
    pub coupling: DMatrix<f64>,
    /// Lᵀ f, normalised.
    held: Option<DVector<f64>>,
    /// Of 1 − Lᵀ B L, across the held direction.
    factor: Lower,
    /// log of what divides Z², the determinant.
    pub log_determinant: f64,
}

/// Ā = L Lᵀ and Lᵀ B L; `None` if the sites leave a direction without any response.
pub(super) fn symmetric(factors: &Factors, point: &Point) -> Option<(Lower, DMatrix<f64>)> {
    let slopes = |means: &DVector<f64>| means.map(|mean| 1.0 - mean * mean);
    let mut response = factors.visible.gram(&slopes(&point.visible));
    // Rounding only: saturated sites leave tiny but positive values.
    let floor = f64::EPSILON * response.diagonal().amax();
    for index in 0..response.nrows() {
        response[(index, index)] += floor;
    }
    let root = cholesky(&response)?;
    let inner = root.transposed_times(&factors.hidden.gram(&slopes(&point.hidden)));
    let coupling = root.transposed_times(&inner.transpose());
    Some((root, coupling))
}

impl Fluctuations {
    /// `None` where they are not stable.
    pub fn of(factors: &Factors, point: &Point, held: Option<&DVector<f64>>) -> Option<Self> {
        let (root, coupling) = symmetric(factors, point)?;
        Self::from_parts(root, coupling, held)
    }

    pub fn from_parts(root: Lower, coupling: DMatrix<f64>, held: Option<&DVector<f64>>) -> Option<Self> {
        let mut matrix = -&coupling;
        for index in 0..matrix.nrows() {
            matrix[(index, index)] += 1.0;
        }
        let mut length = 1.0;
        let held = held.map(|f| {
            let rotated = root.transposed_times(&DMatrix::from_column_slice(f.len(), 1, f.as_slice()));
            let rotated = rotated.column(0).into_owned();
            length = rotated.norm();
            rotated / length
        });
        if let Some(n) = &held {
            // (1 − nnᵀ) M (1 − nnᵀ) + nnᵀ
            let along = &matrix * n;
            let twice = n.dot(&along);
            matrix.ger(-1.0, n, &along, 1.0);
            matrix.ger(-1.0, &along, n, 1.0);
            matrix.ger(twice + 1.0, n, n, 1.0);
        }
        let factor = cholesky(&matrix)?;
        let log_determinant = factor.log_determinant() + 2.0 * length.ln();
        Some(Self { root, coupling, held, factor, log_determinant })
    }

    /// Step of Newton's method for λ, to where `f·ŝ` is larger by `shift` (for a held f).
    pub fn step(&self, point: &Point, f: Option<&DVector<f64>>, shift: f64) -> DVector<f64> {
        let column = |v: &DVector<f64>| DMatrix::from_column_slice(v.len(), 1, v.as_slice());
        let mut target = self.root.transposed_times(&column(&point.residual)).column(0).into_owned();
        let mut along = DVector::zeros(target.len());
        if let (Some(n), Some(f)) = (&self.held, f) {
            let length = self.root.transposed_times(&column(f)).column(0).norm();
            along = n * (shift / length);
            target += &self.coupling * &along;
            target -= n * n.dot(&target);
        }
        let across = self.factor.solve_both(&column(&target)).column(0).into_owned();
        self.root.solve_transposed(&column(&(across + along))).column(0).into_owned()
    }

    /// `(1 − LᵀBL)⁻¹` across the held direction, zero along it.
    fn inverse(&self) -> DMatrix<f64> {
        let size = self.coupling.nrows();
        let mut inverse = self.factor.solve_both(&DMatrix::identity(size, size));
        if let Some(n) = &self.held {
            inverse.ger(-1.0, n, n, 1.0);
        }
        inverse
    }
}

/// Averages of the machine at a point, whole or projected as the flow needs them.
#[derive(Clone, Debug)]
pub(super) struct Contribution {
    /// `⟨z_a σ_j⟩`, as in [`Averages`](crate::learning::Averages).
    pub correlation: DMatrix<f64>,
    pub visible: DVector<f64>,
    pub hidden: DVector<f64>,
}

impl Contribution {
    pub fn zeros_like(other: &Self) -> Self {
        Self {
            correlation: DMatrix::zeros(other.correlation.nrows(), other.correlation.ncols()),
            visible: DVector::zeros(other.visible.len()),
            hidden: DVector::zeros(other.hidden.len()),
        }
    }

    pub fn add(&mut self, weight: f64, other: &Self) {
        self.correlation.zip_apply(&other.correlation, |a, b| *a += weight * b);
        self.visible.axpy(weight, &other.visible, 1.0);
        self.hidden.axpy(weight, &other.hidden, 1.0);
    }

    /// Scalar product of all components.
    pub fn dot(&self, other: &Self) -> f64 {
        self.correlation.dot(&other.correlation) + self.visible.dot(&other.visible) + self.hidden.dot(&other.hidden)
    }
}

/// How much of the fluctuations is taken into account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Products of magnetizations alone.
    Leading,
    /// The connected part, which acts along modes that have not condensed.
    Connected,
    /// All terms of order 1.
    #[default]
    Full,
}

/// The averages at a point. `sites` says that correlations are wanted for each site, and not along the D directions.
pub(super) fn contribution(
    factors: &Factors,
    point: &Point,
    fluctuations: &Fluctuations,
    sites: bool,
    order: Order,
) -> Contribution {
    let (m, t) = (&point.visible, &point.hidden);
    let rows = |visible: &DVector<f64>| if sites { visible.clone() } else { factors.visible.sum(visible) };
    let mut out = Contribution { correlation: rows(m) * t.transpose(), visible: m.clone(), hidden: t.clone() };
    if order == Order::Leading {
        return out;
    }
    let slopes = |means: &DVector<f64>| means.map(|mean| 1.0 - mean * mean);
    let (m_slope, t_slope) = (slopes(m), slopes(t));
    let root = &fluctuations.root;
    let inverse = fluctuations.inverse();
    let half = root.times(&inverse); // L (…)
    let covariance = root.times(&half.transpose()); // Σ
    let ratio = root.solve_transposed(&half.transpose()); // Ā⁻¹ Σ
    // t′_j Σ a_j, or for each site m′_i x_i·Ā⁻¹ Σ a_j t′_j.
    if sites {
        let right = scaled(&factors.hidden.times(&ratio), &t_slope);
        let mut connected = match &factors.visible {
            super::factors::Rows::Identity(_) => right,
            super::factors::Rows::Dense(rows) => crate::learning::products::transposed_product(rows, &right),
        };
        for mut column in connected.column_iter_mut() {
            column.component_mul_assign(&m_slope);
        }
        out.correlation += connected;
    } else {
        out.correlation += scaled(&factors.hidden.times(&covariance), &t_slope);
    }
    if order == Order::Connected {
        return out;
    }
    let mut bent = inverse;
    for index in 0..bent.nrows() {
        bent[(index, index)] -= 1.0;
    }
    let bent = root.solve_transposed(&root.solve_transposed(&bent).transpose());
    let curvature = |means: &DVector<f64>| means.map(|mean| -mean * (1.0 - mean * mean));
    let p = curvature(m).component_mul(&factors.visible.forms(&bent));
    let r = curvature(t).component_mul(&factors.hidden.forms(&covariance));
    let (p_sum, r_sum) = (factors.visible.sum(&p), factors.hidden.sum(&r));
    let z = ratio.tr_mul(&p_sum) + &covariance * r_sum;
    let pull = root.solve_both(&DMatrix::from_column_slice(z.len(), 1, (&z - p_sum).as_slice()));
    let p = p + m_slope.component_mul(&factors.visible.fields(&pull.column(0).into_owned()));
    let r = r + t_slope.component_mul(&factors.hidden.fields(&z));
    out.correlation.ger(1.0, &rows(&p), t, 1.0);
    out.correlation.ger(1.0, &rows(m), &r, 1.0);
    out.visible += p;
    out.hidden += r;
    out
}
