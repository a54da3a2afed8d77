//! Contribution of one state to the averages: means, covariances and their corrections (`docs/theory.md`, section 2c).

use super::solver::Solved;
use crate::learning::averages::Averages;
use crate::linalg::transposed_product;

/// A part of what a state represents. A step of the map changes the weight of each part separately. A part is a stretch of the
/// path of an integral, or a whole state with Gaussian fluctuations.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub log_weight: f64,
    pub mean: Averages,
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
pub(super) fn contribution(solved: &Solved, sites: bool, order: Order) -> Averages {
    let Solved { point, fluctuations, responses, .. } = solved;
    let (m, t) = (&point.visible.means, &point.hidden.means);
    let rows = if sites { m } else { &point.sum };
    let mut out = Averages { correlation: rows * t.transpose(), visible: m.clone(), hidden: t.clone() };
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
