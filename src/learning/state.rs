//! The machine as the flow sees it, in fixed orthonormal bases of its two layers (`docs/theory.md`, sections 1 and 2).
//!
//! ```text
//! W = B Y V_0ᵀ + r,    B: N_v × D,    Y: D × H,    V_0: N_h × H
//! ```
//!
//! The flow moves Y and the fields; B and V_0 stay fixed. With D = N_v and H = N_h nothing is left out. With fewer visible
//! directions the rest of W is the noise r of scale σ: σ²/L is the mean square of an entry.

use super::frame::Frame;
use crate::error::{Error, Result};
use crate::linalg::{product_of, transposed_product};
use crate::simulator::machine::Machine;
use crate::theory::spectrum::kurtosis;
use nalgebra::{DMatrix, DVector};

/// Largest sum of weights and fields for which energies are known to 1e-7.
const LARGEST_SUM: f64 = 1e9;

/// The visible directions in which data and weights are resolved.
#[derive(Clone, Debug, PartialEq)]
pub enum Basis {
    /// All of them: the visible units themselves.
    Sites,
    /// Orthonormal directions in columns, `N_v × D`.
    Directions(DMatrix<f64>),
}

/// Sizes and bases of the two layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Layers {
    /// N_v.
    pub visible_units: usize,
    /// N_h.
    pub hidden_units: usize,
    /// B.
    pub basis: Basis,
    /// V_0, `N_h × H`; `None` where it is the identity.
    pub hidden_basis: Option<DMatrix<f64>>,
}

/// The variables that the flow moves.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Y, `D × H`.
    pub weights: DMatrix<f64>,
    /// Visible fields of the N_v sites.
    pub eta: DVector<f64>,
    /// Hidden fields in the hidden basis, H components.
    pub theta: DVector<f64>,
}

impl Layers {
    /// κ = N_h/N_v.
    pub fn kappa(&self) -> f64 {
        self.hidden_units as f64 / self.visible_units as f64
    }

    /// L = √(N_v N_h).
    pub fn size(&self) -> f64 {
        (self.visible_units as f64 * self.hidden_units as f64).sqrt()
    }

    /// D, the number of visible directions.
    pub fn directions(&self) -> usize {
        match &self.basis {
            Basis::Sites => self.visible_units,
            Basis::Directions(directions) => directions.ncols(),
        }
    }

    /// Bᵀ a: the D components of a visible field a.
    pub fn project(&self, field: &DVector<f64>) -> DVector<f64> {
        match &self.basis {
            Basis::Directions(directions) => directions.tr_mul(field),
            _ => field.clone(),
        }
    }

    /// B a: the visible field with the given components along the directions.
    pub fn expand(&self, components: &DVector<f64>) -> DVector<f64> {
        match &self.basis {
            Basis::Directions(directions) => directions * components,
            _ => components.clone(),
        }
    }

    /// Bᵀ A (`D × columns`) of a matrix A with one row per site.
    pub fn project_columns(&self, sites: &DMatrix<f64>) -> DMatrix<f64> {
        match &self.basis {
            Basis::Directions(directions) => transposed_product(directions, sites),
            _ => sites.clone(),
        }
    }

    /// B A: one row per site, from one row per direction.
    pub fn expand_columns(&self, components: &DMatrix<f64>) -> DMatrix<f64> {
        match &self.basis {
            Basis::Directions(directions) => product_of(directions, components),
            _ => components.clone(),
        }
    }

    /// Kurtosis over the units of the components of vectors given in the two bases.
    pub(super) fn kurtosis(&self, u: &DMatrix<f64>, v: &DMatrix<f64>) -> (Vec<f64>, Vec<f64>) {
        let on_units = self.hidden_basis.as_ref().map(|basis| product_of(basis, v));
        (kurtosis(&self.expand_columns(u)), kurtosis(on_units.as_ref().unwrap_or(v)))
    }

    /// Layers and state of a machine resolved in `basis`; what the basis leaves out of its weights is not kept.
    ///
    /// The hidden basis is that of all units if there are at most as many of them as visible directions. Otherwise it is the span
    /// of `Bᵀ W`, plus the direction of the hidden fields if they leave this span.
    ///
    /// # Errors
    /// [`Error::Range`] for a basis of another number of units.
    pub fn of_machine(machine: &Machine, basis: Basis) -> Result<(Self, State)> {
        let (mut layers, State { weights, eta, theta }) = Self::of_units(machine, basis)?;
        if weights.nrows() >= machine.hidden {
            return Ok((layers, State { weights, eta, theta }));
        }
        let frame = Frame::of(&weights)?;
        let mut span = frame.v.clone();
        let outside = &theta - &span * span.tr_mul(&theta);
        if outside.norm() > f64::EPSILON * theta.norm() * machine.hidden as f64 {
            span = span.insert_column(frame.modes(), 0.0);
            span.set_column(frame.modes(), &outside.normalize());
        }
        let state = State { weights: product_of(&weights, &span), eta, theta: span.tr_mul(&theta) };
        layers.hidden_basis = Some(span);
        Ok((layers, state))
    }

    /// Same as [`Layers::of_machine`] with every hidden unit resolved: the hidden basis is that of the units.
    ///
    /// # Errors
    /// As [`Layers::of_machine`].
    pub fn of_units(machine: &Machine, basis: Basis) -> Result<(Self, State)> {
        let (visible, hidden) = (machine.visible, machine.hidden);
        if let Basis::Directions(directions) = &basis
            && directions.nrows() != visible
        {
            let reason = format!("it has {} rows, and the machine {visible} visible units", directions.nrows());
            return Err(Error::Range { name: "the basis", reason });
        }
        let eta = DVector::from_iterator(visible, machine.eta.iter().map(|&field| f64::from(field)));
        let theta = DVector::from_iterator(hidden, machine.theta.iter().map(|&field| f64::from(field)));
        let layers = Self { visible_units: visible, hidden_units: hidden, basis, hidden_basis: None };
        let weights = layers.project_columns(&machine.weight_matrix());
        Ok((layers, State { weights, eta, theta }))
    }
}

impl State {
    /// A state of zeros, of the same shape.
    pub fn zeros_like(&self) -> Self {
        let (rows, columns) = self.weights.shape();
        Self {
            weights: DMatrix::zeros(rows, columns),
            eta: DVector::zeros(self.eta.len()),
            theta: DVector::zeros(self.theta.len()),
        }
    }

    /// All components in one vector: Y column after column, eta, theta.
    pub fn to_vector(&self) -> DVector<f64> {
        let parts = [self.weights.as_slice(), self.eta.as_slice(), self.theta.as_slice()];
        DVector::from_vec(parts.concat())
    }

    /// Sets all components from a vector made by [`to_vector`](Self::to_vector).
    pub fn copy_from(&mut self, vector: &DVector<f64>) {
        let (weights, fields) = vector.as_slice().split_at(self.weights.len());
        let (eta, theta) = fields.split_at(self.eta.len());
        self.weights.as_mut_slice().copy_from_slice(weights);
        self.eta.as_mut_slice().copy_from_slice(eta);
        self.theta.as_mut_slice().copy_from_slice(theta);
    }

    /// `Σ |Y| + Σ |eta| + Σ |theta|`. No energy exceeds it by more than a factor √D. NaN if a component is NaN.
    pub(super) fn magnitude(&self) -> f64 {
        [self.weights.as_slice(), self.eta.as_slice(), self.theta.as_slice()]
            .into_iter()
            .flatten()
            .map(|value| value.abs())
            .sum()
    }

    /// Checks that energies are accurate to better than one, so that states can be weighed against each other.
    pub(super) fn check_magnitude(&self) -> std::result::Result<(), String> {
        let magnitude = self.magnitude();
        if magnitude <= LARGEST_SUM {
            return Ok(());
        }
        Err(format!(
            "its weights and fields add up to {magnitude:.1e} in absolute value: above {LARGEST_SUM:.0e} rounding hides which of its \
             states is the more probable"
        ))
    }

    /// Scalar product of all components.
    pub(super) fn dot(&self, other: &Self) -> f64 {
        self.weights.dot(&other.weights) + self.eta.dot(&other.eta) + self.theta.dot(&other.theta)
    }

    /// `self += factor · other`.
    pub fn add(&mut self, factor: f64, other: &Self) {
        self.weights.zip_apply(&other.weights, |a, b| *a += factor * b);
        self.eta.axpy(factor, &other.eta, 1.0);
        self.theta.axpy(factor, &other.theta, 1.0);
    }
}
