//! The Gaussian response: averages of the machine's own distribution around one state (`docs/theory.md`, section 2).
//!
//! Without fields the state is the paramagnet, and `⟨s_α σ_β⟩ = δ_αβ w_α/(1 − w_α²)`: exact for the linear machine, and for ±1
//! units as long as nothing condenses. Fields magnetize the units. The state is then a solution of
//!
//! ```text
//! s̄_i = tanh( eta_i + (W σ̄)_i ),    σ̄ = f V(x),    f = theta + Wᵀ s̄,    x = |f|²/N_h
//! ```
//!
//! namely the one that continues the solution at W = 0. The hidden units are averaged over Gaussian v as in the data
//! term, and the fluctuations around the state have the covariance
//!
//! ```text
//! ⟨s σᵀ⟩ − s̄ σ̄ᵀ = A Y (B⁻¹ − Yᵀ A Y)⁻¹,    A = ∂s̄/∂(field) = Bᵀ diag(1 − s̄²) B,    B = ∂σ̄/∂f = V + (2V'/N_h) f fᵀ.
//! ```
//!
//! Where a mode condenses this diverges, as w/(1 − w²) does at w = 1. The noise r acts on a free machine in proportion to its
//! overlaps. It is left out here, and hidden components are Gaussian. Both are exact in the paramagnet; where fields magnetize
//! the units, the noise of weights of 0.02 changes a growth rate by 3 %.

use super::state::{Basis, Layers, State};
use crate::error::{Error, Result};
use crate::linalg::{Cholesky, gram_of_rows, product_of, scaled_rows, transposed_product};
use crate::theory::average::response;
use nalgebra::{DMatrix, DVector};

/// Largest change of σ̄ in the last step of Newton's method, in units of √N_h.
const TOLERANCE: f64 = 1e-13;
/// Largest number of steps of Newton's method. From the last solution of a flow it takes two or three.
const MAX_STEPS: usize = 60;
/// A factor of Newton's method is computed again if a step is not this much smaller than the last one.
const SHRINKING: f64 = 0.2;
/// A larger change of σ̄ from one call to the next, in units of √N_h, means another state.
const JUMP: f64 = 0.5;

/// Averages of the machine's own distribution, in the bases of the flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Averages {
    /// `⟨z_a σ_β⟩`, `D × H`.
    pub correlation: DMatrix<f64>,
    /// `⟨s⟩`, in the components of the visible fields.
    pub visible: DVector<f64>,
    /// `⟨σ⟩`, H components.
    pub hidden: DVector<f64>,
}

/// Variances of visible units without coupling by W.
#[derive(Clone, Debug, PartialEq)]
pub enum Covariance {
    /// The same for all directions.
    Uniform(f64),
    /// One per direction.
    Diagonal(DVector<f64>),
    /// Along directions that mix the units, `D × D`.
    Full(DMatrix<f64>),
}

impl Covariance {
    /// `Bᵀ diag(variances) B`.
    pub fn of_sites(layers: &Layers, variances: &DVector<f64>) -> Self {
        match &layers.basis {
            Basis::Directions(directions) => Self::Full(gram_of_rows(directions, variances)),
            _ => Self::Diagonal(variances.clone()),
        }
    }

    /// `A Y`.
    fn times(&self, weights: &DMatrix<f64>) -> DMatrix<f64> {
        match self {
            Self::Uniform(variance) => weights * *variance,
            Self::Diagonal(variances) => scaled_rows(weights, variances),
            Self::Full(matrix) => product_of(matrix, weights),
        }
    }
}

/// Linear response of a machine whose visible units have the covariance A and whose hidden units have the variance b:
/// `A Y (1/b − Yᵀ A Y)⁻¹`, `D × H`.
///
/// # Errors
/// [`Error::Divergent`] where `1/b − Yᵀ A Y` is not positive: a mode has condensed.
pub fn linear_response(weights: &DMatrix<f64>, covariance: &Covariance, hidden_variance: f64) -> Result<DMatrix<f64>> {
    let driven = covariance.times(weights);
    let precision = precision(weights, &driven, 1.0 / hidden_variance);
    Ok(solve_rows(&factor(&precision)?, &driven))
}

/// `floor − Yᵀ A Y`.
fn precision(weights: &DMatrix<f64>, driven: &DMatrix<f64>, floor: f64) -> DMatrix<f64> {
    let mut precision = -transposed_product(weights, driven);
    for index in 0..precision.nrows() {
        precision[(index, index)] += floor;
    }
    precision
}

/// The factor of a matrix that is positive as long as no mode has condensed.
fn factor(matrix: &DMatrix<f64>) -> Result<Cholesky> {
    Cholesky::of(matrix).ok_or(Error::Divergent)
}

/// `X M⁻¹` for a symmetric M.
fn solve_rows(factor: &Cholesky, matrix: &DMatrix<f64>) -> DMatrix<f64> {
    factor.solve(matrix.transpose()).transpose()
}

/// The single state that continues the one of W = 0, followed from call to call.
#[derive(Debug, Default)]
pub struct SingleState {
    /// σ̄ of the last call that found the state, with the factor of Newton's method there if it was kept.
    last: Option<(DVector<f64>, Option<Cholesky>)>,
}

/// Means of a state, with their slopes in the fields.
struct Point {
    /// s̄, in the components of the visible fields.
    pub(super) visible: DVector<f64>,
    /// The slopes that make up A.
    slopes: Slopes,
    /// f.
    field: DVector<f64>,
    /// σ̄ = f V(x).
    pub(super) hidden: DVector<f64>,
    /// V(x).
    slope: f64,
    /// c in B⁻¹ = (1 − c f fᵀ)/V.
    bend: f64,
}

impl SingleState {
    /// Averages at a state of the flow.
    ///
    /// # Errors
    /// [`Error::Divergent`] where the state is not stable, or Newton's method does not find it.
    pub fn averages(&mut self, layers: &Layers, state: &State) -> Result<Averages> {
        let free = state.eta.iter().chain(&state.theta).all(|&field| field == 0.0);
        let known = self.last.take().filter(|(hidden, _)| !free && hidden.len() == state.theta.len());
        let is_known = known.is_some();
        let (start, factor) = known.unwrap_or_else(|| (DVector::zeros(state.theta.len()), None));
        let found = self.find(layers, state, (start.clone(), is_known), factor);
        if found.is_err() {
            // The step was too large. The next call starts from the same place again, so that it does not end in another state.
            self.last = is_known.then_some((start, None));
        }
        found
    }

    /// Newton's method from σ̄ = `hidden`.
    fn find(
        &mut self,
        layers: &Layers,
        state: &State,
        (mut hidden, is_known): (DVector<f64>, bool),
        mut factor: Option<Cholesky>,
    ) -> Result<Averages> {
        let scale = (layers.hidden_units as f64).sqrt();
        let from = hidden.clone();
        let mut last_change = f64::INFINITY;
        for _ in 0..MAX_STEPS {
            let point = Point::at(layers, state, &hidden)?;
            // A factor from nearby is good enough as long as it makes steps shrink quickly.
            let usable = match factor.take() {
                Some(factor) => factor,
                None => point.factor(layers, &state.weights)?.0,
            };
            let change = usable.solve_vector(point.unscaled(&(&point.hidden - &hidden)));
            let size = change.amax() / scale;
            if !size.is_finite() {
                break;
            }
            hidden += &change;
            if size <= TOLERANCE {
                // Far from the last solution: this is another state, beyond the pole of the old one.
                if is_known && (&hidden - &from).norm() > JUMP * scale {
                    return Err(Error::Divergent);
                }
                return self.around(layers, state, point, hidden);
            }
            if size < SHRINKING * last_change {
                factor = Some(usable);
            }
            last_change = size;
        }
        Err(Error::Divergent)
    }

    /// The averages at a state that Newton's method found.
    fn around(&mut self, layers: &Layers, state: &State, point: Point, hidden: DVector<f64>) -> Result<Averages> {
        let (factor, driven) = point.factor(layers, &state.weights)?;
        let mut correlation = solve_rows(&factor, &driven);
        correlation.ger(1.0, &layers.project(&point.visible), &hidden, 1.0);
        self.last = Some((hidden.clone(), Some(factor)));
        Ok(Averages { correlation, visible: point.visible, hidden })
    }
}

/// How the means of the visible units change with the fields on them.
enum Slopes {
    /// 1 − s̄², one per site.
    Sites(DVector<f64>),
    /// Along abstract directions.
    Full(DMatrix<f64>),
}

impl Point {
    fn at(layers: &Layers, state: &State, hidden: &DVector<f64>) -> Result<Self> {
        let on_visible = &state.eta + layers.expand(&(&state.weights * hidden));
        let (visible, slopes) = match layers.basis {
            Basis::Abstract(_) => {
                // Components follow a Gaussian law, as on the hidden side.
                let units = layers.visible_units as f64;
                let variance = on_visible.norm_squared() / units;
                let (slope, curvature) = (response::v(variance)?, response::v_prime(variance)?);
                let mut covariance = DMatrix::from_diagonal_element(on_visible.len(), on_visible.len(), slope);
                covariance.ger(2.0 * curvature / units, &on_visible, &on_visible, 1.0);
                (on_visible * slope, Slopes::Full(covariance))
            }
            _ => {
                let visible = on_visible.map(f64::tanh);
                let variances = visible.map(|mean| 1.0 - mean * mean);
                (visible, Slopes::Sites(variances))
            }
        };
        let field = &state.theta + state.weights.tr_mul(&layers.project(&visible));
        let units = layers.hidden_units as f64;
        let variance = field.norm_squared() / units;
        let (slope, curvature) = (response::v(variance)?, response::v_prime(variance)?);
        let twice = 2.0 * curvature / (units * slope);
        let bend = twice / (1.0 + twice * field.norm_squared());
        Ok(Self { visible, slopes, hidden: &field * slope, field, slope, bend })
    }

    /// `B⁻¹ − Yᵀ A Y`, factorised, and `A Y`.
    fn factor(&self, layers: &Layers, weights: &DMatrix<f64>) -> Result<(Cholesky, DMatrix<f64>)> {
        let covariance = match &self.slopes {
            Slopes::Sites(variances) => Covariance::of_sites(layers, variances),
            Slopes::Full(matrix) => Covariance::Full(matrix.clone()),
        };
        let driven = covariance.times(weights);
        let mut precision = precision(weights, &driven, 1.0 / self.slope);
        precision.ger(-self.bend / self.slope, &self.field, &self.field, 1.0);
        Ok((factor(&precision)?, driven))
    }

    /// `B⁻¹ x`.
    fn unscaled(&self, vector: &DVector<f64>) -> DVector<f64> {
        (vector - &self.field * (self.bend * self.field.dot(vector))) / self.slope
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNITS: usize = 100;

    /// One mode of given w along (1, …, 1) in a uniform visible field, and a second mode orthogonal to it.
    fn state(w: f64, second: f64, field: f64) -> State {
        let flat = DVector::from_element(UNITS, 0.1);
        let alternating = DVector::from_fn(UNITS, |i, _| if i % 2 == 0 { 0.1 } else { -0.1 });
        let weights = &flat * flat.transpose() * w + &alternating * alternating.transpose() * second;
        State { weights, eta: DVector::from_element(UNITS, field), theta: DVector::zeros(UNITS) }
    }

    /// The state is followed into a field against it. A call that fails on the way does not lose the state.
    #[test]
    fn a_state_is_followed_past_calls_that_fail() {
        let layers = Layers { visible_units: UNITS, hidden_units: UNITS, basis: Basis::Sites, hidden_basis: None };
        let mut single = SingleState::default();
        for (w, field) in [(0.5, 0.5), (1.0, 0.5), (1.5, 0.5), (1.5, 0.2), (1.5, 0.05), (1.5, -0.01)] {
            single.averages(&layers, &state(w, 0.1, field)).unwrap();
        }
        let before = single.averages(&layers, &state(1.5, 0.1, -0.01)).unwrap();
        assert!(before.visible[0] > 0.3);
        // In this state the second mode would have condensed.
        assert_eq!(single.averages(&layers, &state(1.5, 3.0, -0.01)), Err(Error::Divergent));
        let after = single.averages(&layers, &state(1.5, 0.1, -0.01)).unwrap();
        assert!((after.visible - before.visible).amax() < 1e-12);
        // The mean field of one mode, solved again: s̄ = tanh(w a V(a²) − 0.01), with a = w s̄ and √N_h components.
        let mean = after.hidden.dot(&DVector::from_element(UNITS, 0.1)) / 10.0;
        let s = (1.5 * mean - 0.01f64).tanh();
        let a = 1.5 * s;
        assert!((a * response::v(a * a).unwrap() - mean).abs() < 1e-12);
    }

    /// Without fields the result is `w/(1 − w²)`, and an error from w = 1 on.
    #[test]
    fn without_fields_it_is_the_closed_form() {
        let layers = Layers { visible_units: UNITS, hidden_units: UNITS, basis: Basis::Sites, hidden_basis: None };
        for w in [0.1, 0.7, 0.99] {
            let averages = SingleState::default().averages(&layers, &state(w, 0.0, 0.0)).unwrap();
            let along = averages.correlation.sum() / UNITS as f64;
            assert!((along / (w / (1.0 - w * w)) - 1.0).abs() < 1e-12, "{w}: {along}");
        }
        assert_eq!(SingleState::default().averages(&layers, &state(1.0001, 0.0, 0.0)), Err(Error::Divergent));
    }
}
