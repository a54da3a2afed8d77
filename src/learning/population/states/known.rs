//! A state that is known along a flow, and one that was found at one time.

use super::super::contribution::Part;
use super::super::path::Covered;
use nalgebra::{DMatrix, DVector};

/// A state, or the states along a path, as last seen.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) lambda: DVector<f64>,
    /// V and U.
    pub(super) reaction: DVector<f64>,
    /// How both moved with the flow.
    pub(super) motion: Option<(DVector<f64>, DVector<f64>)>,
    /// Its softness when an integral was last tried, and would have had to be cut off.
    pub(super) refused: Option<f64>,
    /// λ in naive mean field, or near it, of all that it stands for.
    pub(super) naive: Vec<DVector<f64>>,
    /// The directions of its integral, in columns.
    pub(super) directions: Option<DMatrix<f64>>,
    /// What its integral covers, if it has one.
    pub(super) along: Covered,
    /// −log Z of the state, by L.
    pub(super) free_energy: f64,
    /// In the average.
    pub(super) weight: f64,
}

/// One state, or the states along a path.
#[derive(Clone, Debug)]
pub(in crate::learning::population) struct Found {
    pub lambda: DVector<f64>,
    pub(super) reaction: DVector<f64>,
    pub(super) motion: Option<(DVector<f64>, DVector<f64>)>,
    pub(super) refused: Option<f64>,
    pub(super) naive: Vec<DVector<f64>>,
    pub(super) directions: Option<DMatrix<f64>>,
    pub along: Covered,
    pub parts: Vec<Part>,
    pub log_weight: f64,
    /// Not so where an approximation had to do.
    pub(super) exact: bool,
}
