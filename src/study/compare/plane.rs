//! The path of a learning machine over the phase diagram, points (1/σ, w_max/σ).
//!
//! A machine is read as one drawn from the letter's ensemble (10). Along a known visible direction u, such as one of
//! the data, a planted mode w and the noise add up to
//!
//! ```text
//! |uᵀ W|² = w² + σ² κ^{1/2},    κ = N_h/N_v,
//! ```
//!
//! so `w² = s² − σ² κ^{1/2}` for the largest singular value s along the view, even below the threshold w = σ, where nothing rises
//! above the bulk. In one machine of noise alone, s² has the relative deviation √(2/N_h), and w up to about
//! `σ κ^{1/4} (2/N_h)^{1/4}` is chance.
//!
//! Above the threshold, the inverse of the spiked formula also gives w from the largest singular value of the whole W. It assumes
//! noise that is independent of the mode. Long after the transition it no longer is: the mode has turned onto the data, the noise
//! along its v has been learnt away, and this reading falls below the other.

use super::view::Course;
use serde::Serialize;

/// A point of the path.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PlanePoint {
    /// t.
    pub time: f64,
    /// 1/σ; NaN if σ is not known.
    pub inv_sigma: f64,
    /// w_max/σ from the singular value along known directions; 0 if the noise explains all of it.
    pub w_over_sigma: f64,
    /// w_max/σ from the largest outlier of the whole spectrum, by the spiked formula; NaN if there is none, or if it is not
    /// computed.
    pub outlier: f64,
}

/// The path of a simulation: σ is that of the bulk of W at each record; a record without a bulk has no point.
pub fn simulated_path(course: &Course, kappa: f64) -> Vec<PlanePoint> {
    let place = |seen: &super::view::Observation| {
        let sigma = seen.bulk.map_or(f64::NAN, |bulk| bulk.sigma);
        let outlier = seen.bulk.and_then(|bulk| bulk.planted).map_or(f64::NAN, |w| w / sigma);
        PlanePoint { outlier, ..point(seen.time, seen.singular_values[0], sigma, kappa) }
    };
    course.observations.iter().map(place).collect()
}

/// The path of a theory; `sigma` holds its σ at the same times, or at more of them.
pub fn predicted_path(course: &Course, sigma: &[f64], kappa: f64) -> Vec<PlanePoint> {
    let seen = course.observations.iter().zip(sigma);
    seen.map(|(seen, &sigma)| point(seen.time, seen.singular_values[0], sigma, kappa)).collect()
}

fn point(time: f64, s: f64, sigma: f64, kappa: f64) -> PlanePoint {
    let in_sigma = s / sigma;
    let w_over_sigma = (in_sigma * in_sigma - kappa.sqrt()).max(0.0).sqrt();
    // The maximum with NaN would be 0.
    let w_over_sigma = if in_sigma.is_nan() { f64::NAN } else { w_over_sigma };
    PlanePoint { time, inv_sigma: 1.0 / sigma, w_over_sigma, outlier: f64::NAN }
}

/// First crossing of the line w = 1 between paramagnet and ferromagnet, and its time, by linear interpolation of w; `None` if
/// there is none.
pub fn crossing(path: &[PlanePoint]) -> Option<PlanePoint> {
    let w = |point: &PlanePoint| point.w_over_sigma / point.inv_sigma;
    let pair = path.windows(2).find(|pair| w(&pair[0]) < 1.0 && w(&pair[1]) >= 1.0)?;
    let share = (1.0 - w(&pair[0])) / (w(&pair[1]) - w(&pair[0]));
    let between = |of: fn(&PlanePoint) -> f64| (1.0 - share) * of(&pair[0]) + share * of(&pair[1]);
    let inv_sigma = between(|point| point.inv_sigma);
    // On the line w = 1, w_max/σ is 1/σ.
    Some(PlanePoint { time: between(|point| point.time), inv_sigma, w_over_sigma: inv_sigma, outlier: f64::NAN })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::compare::View;
    use crate::theory::spectrum::drawn;

    /// Drawn machines: both readings return what was planted, the one along the known direction also below threshold. The bound
    /// is four standard deviations of s² = w² + 2 w σ x/√L + σ²√κ(1 ± √(2/N_h)), over 2 w. For the outlier it is twice that, by
    /// the slope 1/(1 − σ⁴/w⁴) < 1.2 of the spiked formula and noise on both sides.
    #[test]
    fn planted_modes_are_read_above_and_below_threshold() {
        let (visible, hidden, sigma) = (400, 200, 0.5);
        let kappa: f64 = 0.5;
        for planted in [0.4, 0.8, 1.6] {
            let drawn = drawn::Machine::draw(visible, hidden, &[planted], sigma, 7);
            let direction = drawn.u.columns(0, 1).into_owned();
            let view = View::new(visible, hidden, Some(direction), 1).unwrap();
            let weights = drawn.weights.clone();
            let course = Course { observations: vec![view.observe_with_bulk(0.0, &weights).unwrap()] };
            let seen = simulated_path(&course, kappa)[0];
            let size = (visible as f64 * hidden as f64).sqrt();
            let square = 2.0 * planted * sigma / size.sqrt()
                + sigma * sigma * kappa.sqrt() * (2.0 / hidden as f64).sqrt()
                // σ itself is known to about a per cent.
                + 0.02 * planted * planted;
            let bound = 4.0 * square / (2.0 * planted * sigma);
            assert!((seen.w_over_sigma - planted / sigma).abs() < bound, "{planted} {seen:?} {bound}");
            assert_eq!(seen.outlier.is_nan(), planted < sigma, "{planted} {seen:?}");
            assert!(seen.outlier.is_nan() || (seen.outlier - planted / sigma).abs() < 2.0 * bound, "{seen:?} {bound}");
            // A theory with the same σ and s is at the same place.
            let sigma_of = course.observations[0].bulk.unwrap().sigma;
            let theory = predicted_path(&course, &[sigma_of], kappa)[0];
            assert_eq!((theory.inv_sigma, theory.w_over_sigma), (seen.inv_sigma, seen.w_over_sigma));
        }
    }

    #[test]
    fn the_line_is_crossed_where_w_is_one() {
        // w = 0.5, 0.75, 1.25 at 1/σ = 2, 2.2, 2.4: halfway through the last step.
        let place = |(time, inv_sigma, w): (f64, f64, f64)| PlanePoint {
            time,
            inv_sigma,
            w_over_sigma: w * inv_sigma,
            outlier: f64::NAN,
        };
        let path = [(0.0, 2.0, 0.5), (1.0, 2.2, 0.75), (2.0, 2.4, 1.25)].map(place);
        let found = crossing(&path).unwrap();
        assert!((found.time - 1.5).abs() < 1e-12 && (found.inv_sigma - 2.3).abs() < 1e-12);
        assert_eq!(found.w_over_sigma, found.inv_sigma);
        assert!(crossing(&path[..2]).is_none());
    }
}
