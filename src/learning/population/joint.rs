//! The finite-size integral over two combinations of the magnetizations that are both soft.
//!
//! Same as the integral over one combination ([`path`](super::path)), with f in k columns and `c = fᵀ ŝ` of k components:
//!
//! ```text
//! Z ≈ ∫ dᵏc/(2π)^{k/2} e^{E(c)} (det(fᵀ Ā f) · det′(1 − ĀB))^{-1/2}
//! ```
//!
//! Points lie on a cubic grid in y, `c = Σ_i φ_i tanh(h_i + φ_i·y)` with φ_i = fᵀ x_i and the fields h at the start. This covers
//! all possible c, and the weight vanishes as y grows. The weight is nowhere narrower than that of free sites, `(Σ φ φᵀ)^{-1/2}`,
//! which is the unit of the spacing. The grid is filled from its origin to where the weight has decayed.

use super::contribution::{Contribution, Order, Part, contribution};
use super::factors::Factors;
use super::path::{BARRIER, Covered, HARMLESS, Integral, LITTLE, LOST};
use super::point::{Fluctuations, Point};
use super::solver::{Solved, solve};
use crate::linalg::gram;
use crate::{Error, Result};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Spacing in units of the smallest possible width. For a Gaussian of that width the error of the trapezoidal rule is 3e-4.
const SPACING: f64 = 1.5;
/// Largest spacing in units of 1/|φ|, because of the poles of tanh.
const LARGEST: f64 = 0.4;
/// Weights below e^{-DEPTH} of the largest are left out.
const DEPTH: f64 = 12.0;
/// Largest number of points.
const MOST: usize = 1500;
/// Accuracy of a point, in λ and the reactions: the error of the weight is its square.
const FOUND: f64 = 1e-4;
/// A λ is near a point if its distance is below this share of the distance from the point to its farthest neighbour.
const NEAR: f64 = 0.75;

/// Position on the grid: k whole numbers.
type Index = Vec<i32>;

struct Node {
    point: Point,
    /// log of the weight of dᵏy.
    log_weight: f64,
    /// Whether the rest is too soft for Gaussian fluctuations.
    soft: bool,
}

struct Joint<'a> {
    factors: &'a Factors,
    f: &'a DMatrix<f64>,
    /// φ_i in columns.
    phi: DMatrix<f64>,
    /// h_i.
    fields: DVector<f64>,
    spacing: f64,
    order: Order,
    softest: f64,
}

/// Integrates along the columns of `f` from a point. The rest should be stiffer than `softest`.
///
/// # Errors
/// [`Error::Divergent`] if the rest becomes unstable on the grid where the weight is more than e^{-LITTLE} of the largest, or if
/// the grid has too many points.
pub(super) fn integrate(
    factors: &Factors,
    start: &Point,
    f: &DMatrix<f64>,
    softest: f64,
    (sites, order): (bool, Order),
) -> Result<Integral> {
    let along: Vec<DVector<f64>> = f.column_iter().map(|f| factors.visible.fields(&f.into_owned())).collect();
    let phi = DMatrix::from_columns(&along).transpose();
    let free = (&phi * phi.transpose()).symmetric_eigenvalues().max();
    let longest = phi.column_iter().map(|phi| phi.norm()).fold(0.0, f64::max);
    let spacing = (SPACING / free.sqrt()).min(LARGEST / longest);
    let joint = Joint { factors, f, phi, fields: start.fields().clone(), spacing, order, softest };
    let (nodes, edge) = joint.fill(start)?;
    let best = nodes.values().map(|node| node.log_weight).fold(f64::NEG_INFINITY, f64::max);
    if edge > best - LITTLE {
        return Err(Error::Divergent);
    }
    joint.sum(nodes, edge > best - HARMLESS, sites)
}

impl Joint<'_> {
    /// c, and log det dc/dy.
    fn at(&self, index: &Index) -> (DVector<f64>, f64) {
        let y = DVector::from_iterator(index.len(), index.iter().map(|at| f64::from(*at) * self.spacing));
        let means = (self.phi.tr_mul(&y) + &self.fields).map(f64::tanh);
        let slope = gram(&self.phi, &means.map(|m| 1.0 - m * m));
        (&self.phi * means, slope.determinant().max(f64::MIN_POSITIVE).ln())
    }

    fn node(&self, index: &Index, start: (DVector<f64>, DVector<f64>)) -> Option<Node> {
        let (c, measure) = self.at(index);
        let Solved { point, fluctuations, log_weight, .. } =
            solve(self.factors, start, Some((self.f, &c)), self.order.share(), FOUND)?;
        let log_weight = log_weight + measure;
        let soft = !fluctuations.stiffer_than(self.softest);
        log_weight.is_finite().then_some(Node { point, log_weight, soft })
    }

    /// Fills the grid with the points that have weight, ring after ring. Also returns the largest log weight beside a point
    /// without a solution.
    fn fill(&self, start: &Point) -> Result<(BTreeMap<Index, Node>, f64)> {
        let origin = vec![0; self.f.ncols()];
        let first = self.node(&origin, (start.lambda.clone(), start.reaction.clone())).ok_or(Error::Divergent)?;
        let mut best = first.log_weight;
        let mut nodes = BTreeMap::from([(origin.clone(), first)]);
        let (mut ring, mut failed) = (vec![origin], BTreeSet::new());
        while !ring.is_empty() {
            let next: BTreeSet<Index> = ring
                .iter()
                .filter(|index| nodes[*index].log_weight > best - DEPTH)
                .flat_map(neighbours)
                .filter(|index| !nodes.contains_key(index) && !failed.contains(index))
                .collect();
            let next: Vec<Index> = next.into_iter().collect();
            let solved: Vec<Option<Node>> =
                next.par_iter().map(|index| self.node(index, guess(&nodes, index)?)).collect();
            ring.clear();
            for (index, node) in next.into_iter().zip(solved) {
                let Some(node) = node else {
                    failed.insert(index);
                    continue;
                };
                best = best.max(node.log_weight);
                nodes.insert(index.clone(), node);
                ring.push(index);
            }
            if nodes.len() > MOST {
                return Err(Error::Divergent);
            }
        }
        let beside = failed.iter().flat_map(neighbours).filter_map(|index| nodes.get(&index));
        let edge = beside.map(|node| node.log_weight).fold(f64::NEG_INFINITY, f64::max);
        nodes.retain(|_, node| node.log_weight >= best - DEPTH);
        Ok((nodes, edge))
    }

    fn sum(&self, nodes: BTreeMap<Index, Node>, cut: bool, sites: bool) -> Result<Integral> {
        let (highest, _) = highest(&nodes).ok_or(Error::Divergent)?;
        let best = nodes[&highest].log_weight;
        let weight = |index: &Index| (nodes[index].log_weight - best).exp();
        let factor = (self.spacing / std::f64::consts::TAU.sqrt()).powi(self.f.ncols() as i32);
        let hills = hills(&nodes);
        let part = |hill: &Vec<Index>| {
            let total: f64 = hill.iter().map(weight).sum();
            let at = |index: &Index| {
                let point = nodes[index].point.clone();
                let fluctuations = Fluctuations::of(self.factors, &point, Some(self.f))?;
                let responses = fluctuations.responses(self.factors);
                let here = Solved { point, fluctuations, responses, log_weight: 0.0 };
                Some(contribution(&here, sites, self.order))
            };
            let blocks: Vec<Option<Contribution>> = hill
                .par_chunks(32)
                .map(|indices| {
                    let mut sum: Option<Contribution> = None;
                    for index in indices {
                        let here = at(index)?;
                        sum.get_or_insert_with(|| Contribution::zeros_like(&here)).add(weight(index) / total, &here);
                    }
                    sum
                })
                .collect();
            let mean = blocks.into_iter().reduce(|sum, block| {
                let mut sum = sum?;
                sum.add(1.0, &block?);
                Some(sum)
            });
            Some(Part { log_weight: best + (total * factor).ln(), mean: mean.flatten()? })
        };
        let parts: Option<Vec<Part>> = hills.values().map(part).collect();
        let total: f64 = nodes.keys().map(weight).sum();
        let soft: f64 = nodes.iter().filter(|(_, node)| node.soft).map(|(index, _)| weight(index)).sum();
        let top = &nodes[&highest].point;
        Ok(Integral {
            parts: parts.ok_or(Error::Divergent)?,
            highest: (top.lambda.clone(), top.reaction.clone()),
            peaks: hills.keys().map(|peak| nodes[peak].point.lambda.clone()).collect(),
            cut,
            soft: soft > LOST * total,
            along: Covered::Grid(
                nodes.iter().map(|(index, node)| (node.point.lambda.clone(), reach(&nodes, index))).collect(),
            ),
        })
    }
}

fn neighbours(index: &Index) -> Vec<Index> {
    let moved = |axis: usize, by: i32| {
        let mut index = index.clone();
        index[axis] += by;
        index
    };
    (0..index.len()).flat_map(|axis| [moved(axis, -1), moved(axis, 1)]).collect()
}

/// λ and reactions at a point beside known ones: extrapolated from two points on a line with it, if there are two.
fn guess(nodes: &BTreeMap<Index, Node>, index: &Index) -> Option<(DVector<f64>, DVector<f64>)> {
    let pair = |near: Index| {
        let beyond: Index = near.iter().zip(index).map(|(near, at)| 2 * near - at).collect();
        Some((&nodes.get(&near)?.point, nodes.get(&beyond).map(|node| &node.point)))
    };
    let known: Vec<_> = neighbours(index).into_iter().filter_map(pair).collect();
    let lines: Vec<_> = known.iter().filter_map(|(near, beyond)| Some((*near, (*beyond)?))).collect();
    if lines.is_empty() {
        return known.first().map(|(near, _)| (near.lambda.clone(), near.reaction.clone()));
    }
    let share = 1.0 / lines.len() as f64;
    let mut sum = (lines[0].0.lambda.map(|_| 0.0), lines[0].0.reaction.map(|_| 0.0));
    for (near, beyond) in lines {
        sum.0 += (&near.lambda * 2.0 - &beyond.lambda) * share;
        sum.1 += (&near.reaction * 2.0 - &beyond.reaction) * share;
    }
    Some(sum)
}

fn highest(nodes: &BTreeMap<Index, Node>) -> Option<(Index, f64)> {
    let heights = nodes.iter().map(|(index, node)| (index.clone(), node.log_weight));
    heights.max_by(|a, b| a.1.total_cmp(&b.1))
}

/// Largest distance of a λ that is near a point.
fn reach(nodes: &BTreeMap<Index, Node>, index: &Index) -> f64 {
    let here = &nodes[index].point.lambda;
    let beside = neighbours(index).into_iter().filter_map(|index| nodes.get(&index));
    NEAR * beside.map(|node| (&node.point.lambda - here).norm()).fold(0.0, f64::max)
}

/// Groups the points by the maximum that they lie below. Maxima separated by less than a barrier count as one. From the top down,
/// each point belongs to the highest of the hills that it touches.
fn hills(nodes: &BTreeMap<Index, Node>) -> BTreeMap<Index, Vec<Index>> {
    let mut order: Vec<Index> = nodes.keys().cloned().collect();
    order.sort_by(|a, b| nodes[b].log_weight.total_cmp(&nodes[a].log_weight).then(a.cmp(b)));
    let mut peak_of: BTreeMap<Index, Index> = BTreeMap::new();
    let mut hills: BTreeMap<Index, Vec<Index>> = BTreeMap::new();
    for index in order {
        let mut touched: Vec<Index> = around(&index).iter().filter_map(|near| peak_of.get(near).cloned()).collect();
        touched.sort_by(|a, b| nodes[b].log_weight.total_cmp(&nodes[a].log_weight).then(a.cmp(b)));
        touched.dedup();
        let own = touched.first().cloned().unwrap_or_else(|| index.clone());
        for lower in touched.into_iter().skip(1) {
            if nodes[&lower].log_weight < nodes[&index].log_weight + BARRIER {
                let joined = hills.remove(&lower).unwrap_or_default();
                joined.iter().for_each(|index| {
                    peak_of.insert(index.clone(), own.clone());
                });
                hills.entry(own.clone()).or_default().extend(joined);
            }
        }
        peak_of.insert(index.clone(), own.clone());
        hills.entry(own).or_default().push(index);
    }
    hills
}

/// The points of the cube around a point.
fn around(index: &Index) -> Vec<Index> {
    (0..index.len()).fold(vec![index.clone()], |found, axis| {
        let beside = |by: i32| {
            found.iter().map(move |index| {
                let mut index = index.clone();
                index[axis] += by;
                index
            })
        };
        [-1, 0, 1].into_iter().flat_map(beside).collect()
    })
}
