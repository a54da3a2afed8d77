//! One state of a machine, or the states along the path of an integral.

use crate::learning::population::contribution::Part;
use crate::learning::population::path::Covered;
use nalgebra::{DMatrix, DVector};

/// A state, or the states along a path.
#[derive(Clone, Debug)]
pub(in crate::learning::population) struct FoundState {
    pub lambda: DVector<f64>,
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
    pub along: Covered,
    /// Its parts with their averages; none once it is only followed.
    pub parts: Vec<Part>,
    pub log_weight: f64,
    /// False if the state is only approximate.
    pub(super) exact: bool,
    /// Whether it was met from the starts of a search, and neither continues nor replaces a known state.
    pub(super) new: bool,
}

impl FoundState {
    /// The state without its averages, to be followed.
    pub(super) fn to_follow(&self) -> Self {
        Self {
            lambda: self.lambda.clone(),
            reaction: self.reaction.clone(),
            motion: self.motion.clone(),
            naive: self.naive.clone(),
            directions: self.directions.clone(),
            along: self.along.clone(),
            parts: Vec::new(),
            ..*self
        }
    }
}
