//! Iteration to a state in naive mean field, and the softest directions there.

use crate::learning::population::factors::Factors;
use crate::learning::population::point::{Fluctuations, Point, symmetric};
use crate::linalg::increasing_eigen;
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};

/// Largest number of rounds of iteration that lead to a state.
const ROUNDS: usize = 400;
/// Rounds without Newton's method after it has failed.
const PAUSE: usize = 20;
/// Residual, relative to λ, below which Newton's method is tried if iteration does not halve the residual.
const NEAR: f64 = 1e-2;
/// Residual, relative to λ, at which a state is found.
const FOUND: f64 = 1e-10;
/// Difference of λ, relative to its size, below which two starts found the same state.
pub(super) const SAME: f64 = 1e-6;
/// Difference from a known stable state below which iteration need not go on.
const ON_THE_WAY_TO: f64 = 1e-2;
/// Largest number of directions that an integral is over.
const MOST_AT_ONCE: usize = 2;

/// Plain iteration, which leads to a stable state, and Newton's method where iteration is slow and the state near. Ends at a
/// state in `known` once it is on the way to it.
pub(super) fn relax(factors: &Factors, start: DVector<f64>, known: &[DVector<f64>]) -> Point {
    let naive = |lambda| Point::naive(factors, lambda);
    let mut point = naive(start);
    let (mut newton, mut before) = (0, f64::INFINITY);
    for round in 0..ROUNDS {
        let error = point.error();
        if error < FOUND {
            break;
        }
        if error < NEAR {
            let same = known.iter().find(|known| distance(known, &point.lambda) < ON_THE_WAY_TO);
            if let Some(known) = same {
                return naive(known.clone());
            }
        }
        if error < NEAR
            && error > 0.5 * before
            && round >= newton
            && let Some(fluctuations) = Fluctuations::of(factors, &point, None)
        {
            let next = naive(&point.lambda + fluctuations.step(&point, None));
            if next.error() < 0.5 * error {
                before = next.error();
                point = next;
                continue;
            }
            newton = round + PAUSE;
        }
        before = error;
        point = naive(point.next());
    }
    point
}

/// The softest directions at a point.
pub(super) struct Soft {
    /// The smallest eigenvalues of 1 − LᵀBL, at most [`MOST_AT_ONCE`] of them.
    pub eigenvalues: Vec<f64>,
    /// `f = L⁻ᵀ n` of their eigenvectors n, in columns.
    pub directions: DMatrix<f64>,
}

impl Soft {
    pub fn first(&self) -> f64 {
        self.eigenvalues[0]
    }
}

/// The softest directions at a point; `None` if the fluctuations are not finite.
pub(super) fn softest_modes(factors: &Factors, point: &Point) -> Result<Option<Soft>> {
    let Some((root, _, coupling)) = symmetric(factors, point) else { return Ok(None) };
    let failed = |_| Error::Unsolved {
        what: "the fluctuations of a state",
        reason: "their eigenvalues could not be computed".to_owned(),
    };
    let (values, vectors) = increasing_eigen(&coupling).map_err(failed)?;
    let size = values.len();
    let count = size.min(MOST_AT_ONCE);
    let vectors = DMatrix::from_fn(size, count, |i, k| vectors[(i, size - 1 - k)]);
    let eigenvalues = values.iter().rev().take(count).map(|value| 1.0 - value).collect();
    Ok(Some(Soft { eigenvalues, directions: root.solve_upper(vectors) }))
}

pub(super) fn distance(a: &DVector<f64>, b: &DVector<f64>) -> f64 {
    (a - b).amax() / a.amax().max(b.amax()).max(1e-3)
}

pub(super) fn contains(seen: &[DVector<f64>], lambda: &DVector<f64>) -> bool {
    seen.iter().any(|other| distance(other, lambda) < SAME)
}
