//! A phase diagram for the tests of drawings.

use crate::Prior;
use crate::theory::phase::{Boundary, BoundaryPoint, Curve, Family, MapPoint, Phase, PhaseDiagram, PointStatus};

/// A quarter of the plane each: SG below F+SG on the left, P below F on the right.
pub(in crate::study) fn diagram(prior: &Prior, nodes: usize) -> PhaseDiagram {
    let axis: Vec<f64> = (0..nodes).map(|i| 2.0 * i as f64 / (nodes - 1) as f64).collect();
    let phase = |x: f64, y: f64| match (x < 1.0, y < 1.0) {
        (true, true) => Phase::SpinGlass,
        (true, false) => Phase::Mixed,
        (false, true) => Phase::Paramagnetic,
        (false, false) if x > 1.8 && y > 1.8 => Phase::Unconverged,
        (false, false) => Phase::Ferromagnetic,
    };
    let at = |inv_sigma: f64, w_over_sigma: f64| MapPoint {
        inv_sigma,
        w_over_sigma,
        phase: phase(inv_sigma, w_over_sigma),
        q: 0.0,
        q_bar: 0.0,
        m: 0.0,
        m_bar: 0.0,
        at_number: 0.0,
        stable_fixed_points: 1,
        unconverged: 0,
    };
    PhaseDiagram {
        family: Family::new(1.0, &[1.0], prior.clone(), prior.clone()).unwrap(),
        points: axis.iter().flat_map(|&x| axis.iter().map(move |&y| at(x, y))).collect(),
        inv_sigma: axis.clone(),
        w_over_sigma: axis,
        boundaries: vec![
            boundary(Curve::ParamagneticSpinGlass, |t| (1.0, t)),
            boundary(Curve::ParamagneticFerromagnetic, |t| (1.0 + t, 1.0)),
        ],
    }
}

pub(in crate::study) fn boundary(curve: Curve, at: impl Fn(f64) -> (f64, f64)) -> Boundary {
    let point = |i: i32| {
        let (inv_sigma, w_over_sigma) = at(f64::from(i) / 20.0);
        BoundaryPoint { inv_sigma, w_over_sigma, bracket: 1e-9, status: PointStatus::Converged }
    };
    Boundary { curve, points: (0..=20).map(point).collect() }
}
