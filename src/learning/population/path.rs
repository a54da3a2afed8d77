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
use rayon::prelude::*;

/// Points to the standard deviation of a Gaussian of the narrowest width on the path, or to the width of the quartic weight of
/// a critical mode: there 2.5 err by some 1e-9, 2 by 1e-6 and 1.5 by 6e-5.
const DENSITY: f64 = 2.5;
/// Weights below e^{-DEPTH} of the largest are left out.
const DEPTH: f64 = 23.0;
/// Points whose averages are added up together.
const BLOCK: usize = 8;
/// Most points on either side.
const MOST: usize = 400;
/// Newton steps for one point, and the size of the next one, against λ, at which it is found: the weight errs by its square.
const STEPS: usize = 30;
const FOUND: f64 = 1e-7;

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
    /// λ along the path, where it has weight: states near it are part of it.
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
    let (lower, upper) = rayon::join(|| side(factors, &first, f, -step), || side(factors, &first, f, step));
    let (mut nodes, upper) = (lower?, upper?);
    nodes.reverse();
    nodes.push(first);
    nodes.extend(upper);
    sum(factors, &nodes, step, sites, order)
}

/// The points from the first one on, to where their weight has decayed.
fn side(factors: &Factors, first: &Node, f: &DVector<f64>, step: f64) -> Result<Vec<Node>> {
    let mut best = first.log_weight;
    let mut nodes: Vec<Node> = Vec::new();
    loop {
        let last = nodes.last().unwrap_or(first);
        // Along the secant, where there is one.
        let guess = match nodes.len() {
            0 => last.point.lambda.clone(),
            1 => 2.0 * &last.point.lambda - &first.point.lambda,
            count => 2.0 * &last.point.lambda - &nodes[count - 2].point.lambda,
        };
        let node = match Node::solve(factors, guess, f, last.c + step) {
            Ok(node) => node,
            // Nothing left to the integral: saturated, or beyond where the rest is stable.
            Err(_) if nodes.last().is_some_and(|node| node.log_weight < best - 7.0) => return Ok(nodes),
            Err(error) => return Err(error),
        };
        best = best.max(node.log_weight);
        let done = node.log_weight < best - DEPTH || nodes.len() >= MOST;
        nodes.push(node);
        if done {
            return Ok(nodes);
        }
    }
}

fn sum(factors: &Factors, nodes: &[Node], step: f64, sites: bool, order: Order) -> Result<Integral> {
    let highest = nodes.iter().max_by(|a, b| a.log_weight.total_cmp(&b.log_weight)).ok_or(Error::Divergent)?;
    let weight = |node: &Node| (node.log_weight - highest.log_weight).exp();
    let kept: Vec<&Node> = nodes.iter().filter(|node| weight(node) >= (-DEPTH).exp()).collect();
    let total: f64 = kept.iter().map(|node| weight(node)).sum();
    let block = |nodes: &[&Node]| {
        let mut sum: Option<Contribution> = None;
        for node in nodes {
            let here = contribution(factors, &node.point, &node.fluctuations, sites, order);
            sum.get_or_insert_with(|| Contribution::zeros_like(&here)).add(weight(node) / total, &here);
        }
        sum
    };
    let blocks: Vec<Option<Contribution>> = kept.par_chunks(BLOCK).map(block).collect();
    let mean = blocks.into_iter().flatten().reduce(|mut sum, block| {
        sum.add(1.0, &block);
        sum
    });
    let mean = mean.ok_or(Error::Divergent)?;
    let along = kept.iter().map(|node| node.point.lambda.clone()).collect();
    let log_weight = highest.log_weight + (total * step).ln() - 0.5 * std::f64::consts::TAU.ln();
    Ok(Integral { log_weight, mean, highest: highest.point.lambda.clone(), along })
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
                let log_weight = point.exponent() - 0.5 * fluctuations.log_determinant;
                return Ok(Self { c, point, fluctuations, log_weight });
            }
            lambda = point.lambda + step;
        }
        Err(Error::Divergent)
    }
}
