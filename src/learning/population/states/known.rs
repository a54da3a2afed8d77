//! A state that is known along a flow, and a state found at one time.

use super::super::contribution::Part;
use super::super::path::Covered;
use nalgebra::{DMatrix, DVector};

/// A state, or the states along a path, as last seen.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) lambda: DVector<f64>,
    /// V and U.
    pub(super) reaction: DVector<f64>,
    /// Last motion of both with the flow.
    pub(super) motion: Option<(DVector<f64>, DVector<f64>)>,
    /// Softness when an integral was last tried but would have been cut off.
    pub(super) refused: Option<f64>,
    /// λ in naive mean field, or near it, of all states that this one represents.
    pub(super) naive: Vec<DVector<f64>>,
    /// The directions of its integral, in columns.
    pub(super) directions: Option<DMatrix<f64>>,
    /// What its integral covers, if it has one.
    pub(super) along: Covered,
    /// −log Z of the state, divided by L.
    pub(super) free_energy: f64,
    /// Weight in the averages.
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
    /// False if the state is only approximate.
    pub(super) exact: bool,
    /// Whether it was met from the starts of a search, and neither continues nor replaces a known state.
    pub(super) new: bool,
}
