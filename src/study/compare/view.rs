//! What is seen of a weight matrix: the leading modes of `Bᵀ W`, and the bulk of W.

use crate::error::{Error, Result};
use crate::learning::{Basis, Layers};
use crate::theory::spectrum::{Decomposition, fit, singular_values, spiked};
use nalgebra::DMatrix;

/// Modes kept beyond those compared: a mode may have been a lower one before it overtook others.
const SPARE: usize = 8;

/// The visible directions in which machines are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    layers: Layers,
    modes: usize,
}

/// The edge of a bulk, and what is above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ObservedBulk {
    /// Upper edge of the Marchenko–Pastur law that fits the singular values of the whole W.
    pub edge: f64,
    /// Number of singular values of the whole W above the edge.
    pub outliers: usize,
    /// Scale σ of its noise.
    pub sigma: f64,
    /// Strength w of the planted mode behind the largest singular value of W, by the spiked formula; `None` if that value is not
    /// above the bulk.
    pub planted: Option<f64>,
}

/// A machine at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// t.
    pub time: f64,
    /// All singular values of `Bᵀ W`, decreasing.
    pub singular_values: Vec<f64>,
    /// Its leading modes: u along the directions, v on the hidden units.
    pub modes: Decomposition,
    /// The bulk of W, if it was looked for and exists.
    pub bulk: Option<ObservedBulk>,
}

/// A machine as it learns.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// In the order of time.
    pub observations: Vec<Observation>,
}

impl Course {
    /// The times.
    pub fn times(&self) -> Vec<f64> {
        self.observations.iter().map(|observation| observation.time).collect()
    }
}

impl View {
    /// The view of machines with these numbers of units along `directions`, orthonormal columns; `None` for the whole of W. The
    /// vectors of `modes` modes are compared.
    ///
    /// # Errors
    /// [`Error::Range`] for directions with another number of sites, or if `modes` is zero or too large.
    pub fn new(visible: usize, hidden: usize, directions: Option<DMatrix<f64>>, modes: usize) -> Result<Self> {
        let basis = match directions {
            Some(directions) if directions.nrows() != visible => {
                let reason = format!("they have {} rows, and there are {visible} visible units", directions.nrows());
                return Err(Error::Range { name: "the directions", reason });
            }
            Some(directions) => Basis::Directions(directions),
            None => Basis::Sites,
        };
        let layers = Layers { visible_units: visible, hidden_units: hidden, basis, hidden_basis: None };
        let most = layers.directions().min(hidden);
        if !(1..=most).contains(&modes) {
            let reason = format!("{modes} are to be compared: choose between 1 and {most}");
            return Err(Error::Range { name: "the modes", reason });
        }
        Ok(Self { layers, modes })
    }

    /// Number of modes compared.
    pub fn modes(&self) -> usize {
        self.modes
    }

    /// Number of directions, D.
    pub fn directions(&self) -> usize {
        self.layers.directions()
    }

    /// Turns vectors along the directions, in columns, into vectors of the visible units.
    pub(super) fn on_units(&self, vectors: &DMatrix<f64>) -> DMatrix<f64> {
        self.layers.expand_columns(vectors)
    }

    /// Observes W (`N_v × N_h`) at time t, without its bulk.
    ///
    /// # Errors
    /// [`Error::Range`] for weights of another shape, [`Error::NotFinite`] for weights that are not finite.
    pub fn observe(&self, time: f64, weights: &DMatrix<f64>) -> Result<Observation> {
        let shape = (self.layers.visible_units, self.layers.hidden_units);
        if weights.shape() != shape {
            let reason = format!("they are {:?}, and the view is of {shape:?}", weights.shape());
            return Err(Error::Range { name: "the weights", reason });
        }
        let projected = self.layers.project_columns(weights);
        let (rows, columns) = projected.shape();
        let Decomposition { singular_values, u, v } =
            Decomposition::of(projected.transpose().as_slice(), rows, columns)?;
        let kept = singular_values.len().min(self.modes + SPARE);
        let modes = Decomposition {
            singular_values: singular_values[..kept].to_vec(),
            u: u.columns(0, kept).into_owned(),
            v: v.columns(0, kept).into_owned(),
        };
        Ok(Observation { time, singular_values, modes, bulk: None })
    }

    /// Same, with the bulk of the whole W if it has one.
    ///
    /// # Errors
    /// As [`View::observe`].
    pub fn observe_with_bulk(&self, time: f64, weights: &DMatrix<f64>) -> Result<Observation> {
        let seen = self.observe(time, weights)?;
        let (rows, columns) = weights.shape();
        let values = singular_values(weights.transpose().as_slice(), rows, columns)?;
        let fitted = fit(&values, rows, columns)?;
        let known = fitted.exists() && fitted.edge.is_finite();
        let law = fitted.law.filter(|_| fitted.outliers > 0);
        let planted = law.and_then(|law| spiked::planted(values[0], law.sigma(), law.kappa()));
        let bulk = ObservedBulk { edge: fitted.edge, outliers: fitted.outliers, sigma: fitted.sigma, planted };
        let bulk = known.then_some(bulk);
        Ok(Observation { bulk, ..seen })
    }
}
