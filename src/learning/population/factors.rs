//! The machine in two factors of D columns, `w_ij = x_i·a_j`, and sums over the units of a layer.

use crate::learning::state::{Basis, Layers, State};
use crate::linalg::{gram, product_with, view};
use nalgebra::{DMatrix, DVector};
use std::borrow::Cow;

/// A vector of D components for each unit of a layer.
#[derive(Clone, Debug)]
pub(super) enum Rows {
    /// The unit vectors: D is the number of units.
    Identity(usize),
    /// `D × units`, and its transpose: products with vectors are fastest with the long side in columns.
    Dense { columns: DMatrix<f64>, rows: DMatrix<f64> },
}

impl Rows {
    /// From r_i in columns.
    fn dense(columns: DMatrix<f64>) -> Self {
        Self::Dense { rows: columns.transpose(), columns }
    }

    /// D.
    pub fn dimension(&self) -> usize {
        match self {
            Self::Identity(units) => *units,
            Self::Dense { columns, .. } => columns.nrows(),
        }
    }

    /// Largest component of `Σ_i r_i²`.
    pub fn largest_square(&self) -> f64 {
        match self {
            Self::Identity(_) => 1.0,
            Self::Dense { rows, .. } => rows.column_iter().map(|column| column.norm_squared()).fold(0.0, f64::max),
        }
    }

    /// `r_i·v` for every unit.
    pub fn fields(&self, v: &DVector<f64>) -> DVector<f64> {
        match self {
            Self::Identity(_) => v.clone(),
            Self::Dense { rows, .. } => product_with(view(rows), v),
        }
    }

    /// `Σ_i r_i f_i`.
    pub fn sum(&self, f: &DVector<f64>) -> DVector<f64> {
        match self {
            Self::Identity(_) => f.clone(),
            Self::Dense { rows, .. } => product_with(view(rows).transpose(), f),
        }
    }

    /// `Σ_i r_i r_iᵀ d_i`, `D × D`.
    pub fn gram(&self, d: &DVector<f64>) -> DMatrix<f64> {
        match self {
            Self::Identity(_) => DMatrix::from_diagonal(d),
            Self::Dense { columns, .. } => gram(columns, d),
        }
    }

    /// r_i in columns.
    pub fn columns(&self) -> Cow<'_, DMatrix<f64>> {
        match self {
            Self::Identity(units) => Cow::Owned(DMatrix::identity(*units, *units)),
            Self::Dense { columns, .. } => Cow::Borrowed(columns),
        }
    }
}

/// The machine at a state of the flow.
#[derive(Clone, Debug)]
pub(super) struct Factors {
    /// x_i.
    pub visible: Rows,
    /// a_j.
    pub hidden: Rows,
    pub eta: DVector<f64>,
    pub theta: DVector<f64>,
}

impl Factors {
    /// Factors of a flow whose hidden basis is that of the units. They are in the visible directions, or along the hidden units
    /// if there are no more of them than sites.
    pub fn of(layers: &Layers, state: &State) -> Self {
        let (eta, theta) = (state.eta.clone(), state.theta.clone());
        let hidden = state.weights.ncols();
        let (visible, hidden) = match &layers.basis {
            Basis::Directions(directions) => (Rows::dense(directions.transpose()), Rows::dense(state.weights.clone())),
            _ if hidden <= state.weights.nrows() => (Rows::dense(state.weights.transpose()), Rows::Identity(hidden)),
            _ => (Rows::Identity(state.weights.nrows()), Rows::dense(state.weights.clone())),
        };
        Self { visible, hidden, eta, theta }
    }

    /// D.
    pub fn dimension(&self) -> usize {
        self.visible.dimension()
    }
}
