//! The finite-size integral over one combination of the magnetizations, where a mode condenses.
//!
//! Where the covariance of ŝ diverges along a direction, `c = φ·m` (φ_i = f·x_i) is integrated over, the rest at its state
//! for each c and with its Gaussian fluctuations there:
//!
//! ```text
//! Z ≈ ∫ dc/√(2π) e^{E(c)} (fᵀ Ā f · det′(1 − ĀB))^{-1/2}
//! ```
//!
//! with E the exponent of the mean-field equations, stationary across f. For one mode without fields this is the integral
//! over λ of `docs/theory.md`, section 2b. It covers every state along the path: both signs of a mode that condenses.

use super::factors::Factors;
use super::point::{Contribution, Fluctuations, Order, Point, contribution};
use crate::{Error, Result};
use nalgebra::DVector;

/// Points to the standard deviation of a Gaussian of the narrowest width on the path.
const DENSITY: f64 = 3.0;
/// Weights below e^{-DEPTH} of the largest are left out.
const DEPTH: f64 = 23.0;
/// Most points on either side.
const MOST: usize = 400;
/// Newton steps for one point, and the residual at which it is found.
const STEPS: usize = 30;
const FOUND: f64 = 1e-10;

/// One point on the path.
struct Node {
    c: f64,
    point: Point,
    fluctuations: Fluctuations,
    log_weight: f64,
}

/// An integral that was done.
pub(super) struct Integral {
    pub log_weight: f64,
    pub mean: Contribution,
    /// λ at the weight's maximum, for the next time.
    pub highest: DVector<f64>,
    /// The first and last λ of the path with weight: states near it are part of it.
    pub along: Vec<DVector<f64>>,
}

/// Integrates along `f` from a point of the path, or near it. `size` is L, and `softness` the smallest eigenvalue of
/// 1 − LᵀBL there.
///
/// # Errors
/// [`Error::Divergent`] if the path leaves the region in which the rest is stable before its weight has decayed.
pub(super) fn integrate(
    factors: &Factors,
    start: &Point,
    f: &DVector<f64>,
    (size, softness): (f64, f64),
    sites: bool,
    order: Order,
) -> Result<Integral> {
    // The Gaussian's width, or where the quartic term takes over.
    let width = (1.0 / softness.abs()).sqrt().min(size.powf(0.25));
    let step = width / DENSITY;
    let first = Node::solve(factors, start.lambda.clone(), f, f.dot(&start.sum))?;
    let mut best = first.log_weight;
    let mut upper = Vec::new();
    let mut nodes: Vec<Node> = Vec::new();
    for direction in [-1.0, 1.0] {
        let mut side: Vec<Node> = Vec::new();
        let mut last = (first.point.lambda.clone(), first.c);
        let mut before: Option<DVector<f64>> = None;
        loop {
            let c = last.1 + direction * step;
            // Along the secant, where there is one.
            let guess = before.as_ref().map_or(last.0.clone(), |before| 2.0 * &last.0 - before);
            let node = match Node::solve(factors, guess, f, c) {
                Ok(node) => node,
                // Nothing left to the integral: saturated, or beyond where the rest is stable.
                Err(_) if side.last().is_some_and(|node| node.log_weight < best - 7.0) => break,
                Err(error) => return Err(error),
            };
            best = best.max(node.log_weight);
            let done = node.log_weight < best - DEPTH || side.len() >= MOST;
            before = Some(std::mem::replace(&mut last.0, node.point.lambda.clone()));
            last.1 = c;
            side.push(node);
            if done {
                break;
            }
        }
        if direction < 0.0 {
            side.reverse();
            nodes = side;
        } else {
            upper = side;
        }
    }
    nodes.push(first);
    nodes.extend(upper);
    sum(factors, &nodes, step, sites, order)
}

fn sum(factors: &Factors, nodes: &[Node], step: f64, sites: bool, order: Order) -> Result<Integral> {
    let highest = nodes.iter().max_by(|a, b| a.log_weight.total_cmp(&b.log_weight)).ok_or(Error::Divergent)?;
    let mut total = 0.0;
    let mut mean: Option<Contribution> = None;
    let mut along = Vec::new();
    for node in nodes {
        let weight = (node.log_weight - highest.log_weight).exp();
        if weight < (-DEPTH).exp() {
            continue;
        }
        total += weight;
        along.push(node.point.lambda.clone());
        let here = contribution(factors, &node.point, &node.fluctuations, sites, order);
        mean.get_or_insert_with(|| Contribution::zeros_like(&here)).add(weight, &here);
    }
    let mean = mean.ok_or(Error::Divergent)?;
    let mut normalised = Contribution::zeros_like(&mean);
    normalised.add(1.0 / total, &mean);
    let log_weight = highest.log_weight + (total * step).ln() - 0.5 * std::f64::consts::TAU.ln();
    Ok(Integral { log_weight, mean: normalised, highest: highest.point.lambda.clone(), along })
}

impl Node {
    /// The rest solved for at `f·ŝ = c`, from λ nearby.
    fn solve(factors: &Factors, mut lambda: DVector<f64>, f: &DVector<f64>, c: f64) -> Result<Self> {
        for _ in 0..STEPS {
            let point = Point::at(factors, lambda);
            let fluctuations = Fluctuations::of(factors, &point, Some(f)).ok_or(Error::Divergent)?;
            let step = fluctuations.step(&point, Some(f), c - f.dot(&point.sum));
            let size = step.amax() / point.lambda.amax().max(1.0);
            if !size.is_finite() {
                break;
            }
            if size < FOUND {
                let log_weight = point.exponent - 0.5 * fluctuations.log_determinant;
                return Ok(Self { c, point, fluctuations, log_weight });
            }
            lambda = point.lambda + step;
        }
        Err(Error::Divergent)
    }
}
