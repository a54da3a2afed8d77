//! The way of a learning machine over the phase diagram, points (1/σ, w_max/σ).
//!
//! A machine is read as one of the ensemble (10): σ is that of the bulk of its singular values, and w_max the strength of the
//! planted mode that its largest singular value s shows. The paramagnet of a machine with this bulk becomes unstable when
//!
//! ```text
//! s² = (1 + σ² κ^{1/2}) (1 + σ² κ^{-1/2}),    κ = N_h/N_v,
//! ```
//!
//! the reactions of the noise on either side, whatever the vectors of s are; that is where the inverse of the spiked formula gives w = 1.
//!
//! A mode w ≤ σ is lost in the bulk. Along a visible direction u that is known, such as one of the data, it is still seen:
//! `|uᵀ W|² = w² + σ² κ^{1/2}` as long as it is independent of the noise, which training makes it cease to be. In one machine of
//! noise alone |uᵀ W|² has the relative deviation √(2/N_h), and w up to about `σ κ^{1/4} (2/N_h)^{1/4}` is chance.

use super::view::{Course, Observation};
use serde::Serialize;

/// A place on the way.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PlanePoint {
    /// t.
    pub time: f64,
    /// 1/σ; NaN where the spectrum has no bulk.
    pub inv_sigma: f64,
    /// w_max/σ.
    pub w_over_sigma: f64,
    /// Whether the mode stands above the bulk; if not, it was read along the known directions.
    pub is_outlier: bool,
}

/// The way of a machine that was seen with its bulk.
pub fn path(course: &Course, kappa: f64) -> Vec<PlanePoint> {
    course.observations.iter().map(|seen| point(seen, kappa)).collect()
}

fn point(seen: &Observation, kappa: f64) -> PlanePoint {
    let Some(bulk) = seen.bulk else {
        return PlanePoint { time: seen.time, inv_sigma: f64::NAN, w_over_sigma: f64::NAN, is_outlier: false };
    };
    let known = (seen.singular_values[0] / bulk.sigma).powi(2) - kappa.sqrt();
    let w_over_sigma = bulk.planted.map_or(known.max(0.0).sqrt(), |w| w / bulk.sigma);
    PlanePoint { time: seen.time, inv_sigma: 1.0 / bulk.sigma, w_over_sigma, is_outlier: bulk.planted.is_some() }
}

/// Where a way first crosses the line w = 1 between paramagnet and ferromagnet, and the time of it, by linear interpolation
/// of w; `None` if it never does.
pub fn crossing(path: &[PlanePoint]) -> Option<PlanePoint> {
    let w = |point: &PlanePoint| point.w_over_sigma / point.inv_sigma;
    let pair = path.windows(2).find(|pair| w(&pair[0]) < 1.0 && w(&pair[1]) >= 1.0)?;
    let share = (1.0 - w(&pair[0])) / (w(&pair[1]) - w(&pair[0]));
    let between = |of: fn(&PlanePoint) -> f64| (1.0 - share) * of(&pair[0]) + share * of(&pair[1]);
    let inv_sigma = between(|point| point.inv_sigma);
    // On the line w_max/σ is 1/σ.
    Some(PlanePoint { time: between(|point| point.time), inv_sigma, w_over_sigma: inv_sigma, ..pair[1] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::View;
    use crate::spectrum::drawn;

    /// Drawn machines: what was planted is read, above the threshold from the whole spectrum and below it along the known
    /// direction. The bound is four times the deviation of s², which is `2 w σ x/√L + σ²√κ √(2/N_h) y` with normal x and y,
    /// and of σ, which is known to a per cent; through s² ≈ w² it is that of w over 2 w, and larger by the slope
    /// `1/(1 − σ⁴/w⁴)` of the spiked formula.
    #[test]
    fn planted_modes_are_read_above_and_below_threshold() {
        let (visible, hidden, sigma, kappa) = (400, 200, 0.5, 0.5f64);
        for planted in [0.4, 0.8, 1.6] {
            let drawn = drawn::Machine::draw(visible, hidden, &[planted], sigma, 7);
            let direction = drawn.u.columns(0, 1).into_owned();
            let view = View::new(visible, hidden, Some(direction), 1).unwrap();
            let course = Course { observations: vec![view.observe_with_bulk(0.0, &drawn.weights).unwrap()] };
            let seen = path(&course, kappa)[0];
            let size = (visible as f64 * hidden as f64).sqrt();
            let square = 2.0 * planted * sigma / size.sqrt()
                + sigma * sigma * kappa.sqrt() * (2.0 / hidden as f64).sqrt()
                + 0.02 * planted * planted;
            let slope = if planted > sigma { 1.0 / (1.0 - (sigma / planted).powi(4)) } else { 1.0 };
            let bound = 4.0 * slope * square / (2.0 * planted * sigma);
            assert!((seen.w_over_sigma - planted / sigma).abs() < bound, "{planted} {seen:?} {bound}");
            assert_eq!(seen.is_outlier, planted > sigma, "{planted} {seen:?}");
            assert!((seen.inv_sigma * sigma - 1.0).abs() < 0.02);
        }
        // Without a bulk there is no place.
        let view = View::new(2, 2, None, 1).unwrap();
        let course = Course { observations: vec![view.observe(1.0, &nalgebra::DMatrix::identity(2, 2)).unwrap()] };
        assert!(path(&course, 1.0)[0].inv_sigma.is_nan());
    }

    /// At the singular value at which the paramagnet loses stability, the reading is w = 1.
    #[test]
    fn the_line_is_where_the_paramagnet_becomes_unstable() {
        for (sigma, kappa) in [(0.5f64, 0.5f64), (0.9, 2.0), (0.2, 1.0)] {
            let (left, right) = (1.0 + sigma * sigma * kappa.sqrt(), 1.0 + sigma * sigma / kappa.sqrt());
            let w = crate::spectrum::spiked::planted((left * right).sqrt(), sigma, kappa).unwrap();
            assert!((w - 1.0).abs() < 1e-12, "{w}");
        }
    }

    #[test]
    fn the_line_is_crossed_where_w_is_one() {
        // w = 0.5, 0.75, 1.25 at 1/σ = 2, 2.2, 2.4: half way of the last step.
        let place = |(time, inv_sigma, w): (f64, f64, f64)| PlanePoint {
            time,
            inv_sigma,
            w_over_sigma: w * inv_sigma,
            is_outlier: true,
        };
        let path = [(0.0, 2.0, 0.5), (1.0, 2.2, 0.75), (2.0, 2.4, 1.25)].map(place);
        let found = crossing(&path).unwrap();
        assert!((found.time - 1.5).abs() < 1e-12 && (found.inv_sigma - 2.3).abs() < 1e-12);
        assert_eq!(found.w_over_sigma, found.inv_sigma);
        assert!(crossing(&path[..2]).is_none());
    }
}
