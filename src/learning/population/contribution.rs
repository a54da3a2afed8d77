//! Contribution of one state to the averages: means, covariances and their corrections.

use nalgebra::{DMatrix, DVector};

use super::solver::Solved;
use crate::linalg::transposed_product;

/// Averages of the machine at a point, for all sites or projected as the flow needs them.
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

/// A part of what a state represents. A step of the map changes the weight of each part separately. A part is a stretch of the
/// path of an integral, or a whole state with Gaussian fluctuations.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub log_weight: f64,
    pub mean: Contribution,
}

/// How the averages treat fluctuations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Only products of the magnetizations of naive mean field.
    Leading,
    /// With the connected part of their Gaussian fluctuations along modes that have not condensed.
    Connected,
    /// With the reaction of all other units to each unit, which gives all terms of order 1.
    #[default]
    Full,
}

impl Order {
    /// Share of the reaction that is taken into account: 0 is naive mean field.
    pub(super) fn share(self) -> f64 {
        if self == Self::Full { 1.0 } else { 0.0 }
    }
}

/// The averages at a point. If `sites` is true, correlations are given for each site instead of along the D directions.
pub(super) fn contribution(solved: &Solved, sites: bool, order: Order) -> Contribution {
    let Solved { point, fluctuations, responses, .. } = solved;
    let (m, t) = (&point.visible.means, &point.hidden.means);
    let rows = if sites { m } else { &point.sum };
    let mut out = Contribution { correlation: rows * t.transpose(), visible: m.clone(), hidden: t.clone() };
    if order == Order::Leading {
        return out;
    }
    // d_j Σ a_j, or for each site d_i d_j p_i·p_j.
    let mut connected = if sites {
        transposed_product(&responses.visible, &responses.hidden)
    } else {
        fluctuations.root.times(&fluctuations.factor.solve_upper(responses.hidden.clone()))
    };
    if let (Some((n, _)), Some((on_sites, on_units))) = (&fluctuations.held, &responses.held) {
        let along = if sites { on_sites.clone() } else { fluctuations.root.times(n) };
        connected.gemm(-1.0, &along, &on_units.transpose(), 1.0);
    }
    let (d_sites, d_units) = (point.visible.slopes(), point.hidden.slopes());
    for (mut column, d) in connected.column_iter_mut().zip(&d_units) {
        column *= *d;
        if sites {
            column.component_mul_assign(&d_sites);
        }
    }
    out.correlation += connected;
    out
}
