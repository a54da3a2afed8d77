//! The finite-size integral over one combination of the magnetizations, where a mode condenses (`docs/theory.md`, section 2c).
//!
//! Where the covariance of ŝ diverges along a direction, we integrate over `c = φ·m` (φ_i = f·x_i). For each c the rest is at its
//! state, with its Gaussian fluctuations there:
//!
//! ```text
//! Z ≈ ∫ dc/√(2π) e^{E(c)} (fᵀ Ā f · det′(1 − ĀB))^{-1/2}
//! ```
//!
//! with E the exponent of the mean-field equations, stationary across f. For one mode without fields this is the integral
//! over λ of `docs/theory.md`, section 2b. It covers every state along the path: both signs of a mode that condenses.
//!
//! Points are evenly spaced in y, `c = tanh y Σ_i |φ_i|`: the path ends where all sites are saturated, with a vanishing weight.

use super::contribution::{Order, Part, contribution};
use super::factors::Factors;
use super::point::Point;
use super::solver::{Solved, solve};
use crate::learning::averages::Averages;
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// Settings of the points on a path.
#[derive(Clone, Copy, Debug)]
struct PathSettings {
    /// Number of points per standard deviation of the narrowest Gaussian on the path, or per width of the quartic weight of a
    /// critical mode. For the latter the error is about 1e-9 with 2.5 points, 1e-6 with 2 and 6e-5 with 1.5.
    density: f64,
    /// Weights below e^{-depth} of the largest are left out.
    depth: f64,
    /// Number of points whose averages are added up together.
    together: usize,
    /// Largest number of points on either side.
    most: usize,
    /// Accuracy of a point, in λ and the reactions: the error of the weight is its square.
    found: f64,
}

impl Default for PathSettings {
    fn default() -> Self {
        Self { density: 2.5, depth: 20.0, together: 8, most: 400, found: 1e-5 }
    }
}

/// Where the path cannot go on, the weight must be below e^{-LITTLE} of the largest.
pub(super) const LITTLE: f64 = 3.0;
/// Where the path cannot go on, weights below e^{-HARMLESS} of the largest may be cut off without harm.
pub(super) const HARMLESS: f64 = 7.0;
/// Drop of the log weight between two maxima that makes them two parts.
pub(super) const BARRIER: f64 = 0.05;
/// Largest share of the weight where the rest may be too soft for Gaussian fluctuations.
pub(super) const LOST: f64 = 0.01;

/// One point on the path.
struct PathNode {
    y: f64,
    solved: Solved,
    /// log of the weight of dy.
    log_weight: f64,
}

/// The direction integrated over.
struct Direction<'a> {
    /// f in one column.
    f: &'a DMatrix<f64>,
    /// Σ_i |φ_i|, the largest c.
    highest: f64,
    /// Share of the reaction; 0 in naive mean field.
    share: f64,
}

/// The result of an integral.
pub(super) struct Integral {
    pub parts: Vec<Part>,
    /// λ and the reactions at the maximum of the weight, for the next integral.
    pub highest: (DVector<f64>, DVector<f64>),
    /// λ at all maxima of the weight.
    pub peaks: Vec<DVector<f64>>,
    /// Whether the weight is more than e^{-HARMLESS} of the largest where the path could not go on.
    pub cut: bool,
    /// Whether the rest is too soft for Gaussian fluctuations where it matters: the integral should then be over a second
    /// combination too.
    pub soft: bool,
    /// Where the integral has weight: states near these λ are part of it.
    pub along: Covered,
}

/// The λ that an integral covers.
#[derive(Clone, Debug)]
pub(super) enum Covered {
    /// No λ: a state.
    Nothing,
    /// Points along a path.
    Path(Vec<DVector<f64>>),
    /// Points of a grid, each with its reach.
    Grid(Vec<(DVector<f64>, f64)>),
}

impl Covered {
    /// Whether λ is covered. A path covers λ if the distance between them is less than half the distance of the path's points
    /// there: the path bends between its points, and holding c changes the reactions by 1/N.
    pub fn has(&self, lambda: &DVector<f64>) -> bool {
        match self {
            Self::Nothing => false,
            Self::Path(points) => points.windows(2).any(|pair| {
                let side = &pair[1] - &pair[0];
                let at = ((lambda - &pair[0]).dot(&side) / side.norm_squared()).clamp(0.0, 1.0);
                (lambda - (&pair[0] + &side * at)).norm() < 0.5 * side.norm()
            }),
            Self::Grid(points) => points.iter().any(|(point, reach)| (lambda - point).norm() < *reach),
        }
    }

    /// The points that are covered.
    pub fn points(&self) -> Vec<&DVector<f64>> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Path(points) => points.iter().collect(),
            Self::Grid(points) => points.iter().map(|(point, _)| point).collect(),
        }
    }
}

/// Integrates along `f` from λ and the reactions at a point on the path, or near it. `size` is L, and `softness` the smallest
/// eigenvalue of 1 − LᵀBL. The eigenvalues of the rest should exceed `softest`.
///
/// # Errors
/// [`Error::Divergent`] if the rest becomes unstable on the path where the weight is more than e^{-LITTLE} of the largest.
pub(super) fn integrate(
    factors: &Factors,
    (lambda, reaction): (DVector<f64>, DVector<f64>),
    f: &DVector<f64>,
    (size, softness, softest): (f64, f64, f64),
    (sites, order): (bool, Order),
) -> Result<Integral> {
    let path = PathSettings::default();
    // Width of the Gaussian, or the width at which the quartic term takes over.
    let width = (1.0 / softness.abs()).sqrt().min(size.powf(0.25));
    let highest = factors.visible.fields(f).lp_norm(1);
    let column = DMatrix::from_columns(std::slice::from_ref(f));
    let direction = Direction { f: &column, highest, share: order.share() };
    let at = Point::at(factors, lambda.clone(), reaction.clone());
    let ratio = f.dot(&at.sum) / highest;
    let step = width / path.density / (highest * (1.0 - ratio * ratio));
    let first = direction.node(factors, (lambda, reaction), ratio.atanh())?;
    let (lower, upper) =
        rayon::join(|| direction.side(factors, &first, -step), || direction.side(factors, &first, step));
    let (mut nodes, upper) = (lower?, upper?);
    nodes.reverse();
    nodes.push(first);
    nodes.extend(upper);
    sum(&nodes, (step, softest), sites, order)
}

impl Direction<'_> {
    /// Solves for the rest at y, from λ and reactions nearby.
    fn node(&self, factors: &Factors, start: (DVector<f64>, DVector<f64>), y: f64) -> Result<PathNode> {
        let path = PathSettings::default();
        let c = DVector::from_element(1, self.highest * y.tanh());
        let solved = solve(factors, start, Some((self.f, &c)), self.share, path.found).ok_or(Error::Divergent)?;
        let spacing = self.highest / y.cosh().powi(2);
        let log_weight = solved.log_weight + spacing.ln();
        Ok(PathNode { y, solved, log_weight })
    }

    /// The points after the first one, as far as the weight has not decayed.
    fn side(&self, factors: &Factors, first: &PathNode, step: f64) -> Result<Vec<PathNode>> {
        let path = PathSettings::default();
        let mut best = first.log_weight;
        let mut nodes: Vec<PathNode> = Vec::new();
        loop {
            let last = nodes.last().unwrap_or(first);
            let mut known: Vec<&PathNode> = nodes.iter().rev().take(GUESS.len()).collect();
            if known.len() < GUESS.len() {
                known.push(first);
            }
            let node = match self.node(factors, guess(&known), last.y + step) {
                Ok(node) => node,
                // The rest is no longer stable, and little of the integral is left.
                Err(_) if nodes.last().is_some_and(|node| node.log_weight < best - LITTLE) => return Ok(nodes),
                Err(error) => return Err(error),
            };
            best = best.max(node.log_weight);
            let done = node.log_weight < best - path.depth || nodes.len() >= path.most;
            nodes.push(node);
            if done {
                return Ok(nodes);
            }
        }
    }
}

/// Extrapolation from one, two or three evenly spaced points, the last one first.
const GUESS: [&[f64]; 3] = [&[1.0], &[2.0, -1.0], &[3.0, -3.0, 1.0]];

fn guess(known: &[&PathNode]) -> (DVector<f64>, DVector<f64>) {
    let of = |part: fn(&Point) -> &DVector<f64>| {
        let mut sum = DVector::zeros(part(&known[0].solved.point).len());
        for (node, share) in known.iter().zip(GUESS[known.len() - 1]) {
            sum.axpy(*share, part(&node.solved.point), 1.0);
        }
        sum
    };
    (of(|point| &point.lambda), of(|point| &point.reaction))
}

/// Stretches of the path, each with one maximum: chains do not follow a step from one stretch to another.
fn between_barriers<'a, 'b>(nodes: &'a [&'b PathNode]) -> Vec<&'a [&'b PathNode]> {
    let mut parts = Vec::new();
    let (mut begin, mut lowest) = (0, 0);
    let mut peak = f64::NEG_INFINITY;
    for (at, node) in nodes.iter().enumerate() {
        let bottom = nodes[lowest].log_weight + BARRIER;
        if node.log_weight > bottom && peak > bottom {
            parts.push(&nodes[begin..lowest]);
            (begin, lowest, peak) = (lowest, at, node.log_weight);
        } else if node.log_weight > peak {
            (lowest, peak) = (at, node.log_weight);
        } else if node.log_weight < nodes[lowest].log_weight {
            lowest = at;
        }
    }
    parts.push(&nodes[begin..]);
    parts
}

fn sum(nodes: &[PathNode], (step, softest): (f64, f64), sites: bool, order: Order) -> Result<Integral> {
    let path = PathSettings::default();
    let highest = nodes.iter().max_by(|a, b| a.log_weight.total_cmp(&b.log_weight)).ok_or(Error::Divergent)?;
    let weight = |node: &PathNode| (node.log_weight - highest.log_weight).exp();
    let kept: Vec<&PathNode> = nodes.iter().filter(|node| weight(node) >= (-path.depth).exp()).collect();
    let factor = step / std::f64::consts::TAU.sqrt();
    let part = |nodes: &[&PathNode]| {
        let total: f64 = nodes.iter().map(|node| weight(node)).sum();
        let block = |nodes: &[&PathNode]| {
            let mut sum: Option<Averages> = None;
            for node in nodes {
                let here = contribution(&node.solved, sites, order);
                sum.get_or_insert_with(|| Averages::zeros_like(&here)).add(weight(node) / total, &here);
            }
            sum
        };
        let blocks: Vec<Option<Averages>> = nodes.par_chunks(path.together).map(block).collect();
        let mean = blocks.into_iter().flatten().reduce(|mut sum, block| {
            sum.add(1.0, &block);
            sum
        });
        mean.map(|mean| Part { log_weight: highest.log_weight + (total * factor).ln(), mean })
    };
    let parts: Vec<Part> = between_barriers(&kept).into_iter().filter_map(part).collect();
    let along = Covered::Path(kept.iter().map(|node| node.solved.point.lambda.clone()).collect());
    let soft = kept.iter().filter(|node| !node.solved.fluctuations.stiffer_than(softest)).map(|node| weight(node));
    let soft = soft.sum::<f64>() > LOST * kept.iter().map(|node| weight(node)).sum::<f64>();
    let ends = nodes.first().into_iter().chain(nodes.last());
    let cut = ends.map(|end| end.log_weight - highest.log_weight).any(|log| log > -HARMLESS);
    let is_peak = |at: usize| {
        let higher = |other: Option<&PathNode>| other.is_some_and(|other| other.log_weight > nodes[at].log_weight);
        !higher(at.checked_sub(1).map(|before| &nodes[before])) && !higher(nodes.get(at + 1))
    };
    let peaks = (0..nodes.len()).filter(|&at| is_peak(at)).map(|at| nodes[at].solved.point.lambda.clone()).collect();
    let highest = &highest.solved.point;
    Ok(Integral { parts, peaks, cut, soft, highest: (highest.lambda.clone(), highest.reaction.clone()), along })
}
