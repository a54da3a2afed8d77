//! The sums of a finite-size integral over its nodes, and the averages from them.

use super::geometry::Geometry;
use super::integral::{FiniteSize, IntegralAverages, SiteAverages};
use super::node::NodeSample;
use nalgebra::{DMatrix, DVector};
use std::f64::consts::TAU;

/// Weighted sums relative to the largest weight.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub largest: f64,
    pub partition: f64,
    pub total: Option<NodeSample>,
    pub nodes: usize,
    pub residual: f64,
}

impl Default for Sums {
    fn default() -> Self {
        Self { largest: f64::NEG_INFINITY, partition: 0.0, total: None, nodes: 0, residual: 0.0 }
    }
}

impl Sums {
    pub fn add(&mut self, exponent: f64, sample: &NodeSample, residual: f64) {
        let zero = || {
            let mut zero = sample.clone();
            zero.combine(sample, |x, _| *x = 0.0);
            zero
        };
        let total = self.total.get_or_insert_with(zero);
        self.nodes += 1;
        if exponent > self.largest {
            let factor = (self.largest - exponent).exp();
            self.largest = exponent;
            self.partition *= factor;
            self.residual *= factor;
            total.combine(sample, |sum, _| *sum *= factor);
        }
        let weight = (exponent - self.largest).exp();
        self.partition += weight;
        self.residual += weight * residual;
        total.combine(sample, |sum, x| *sum += weight * x);
    }

    /// The averages of all quantities; `None` without nodes.
    pub fn mean(&self) -> Option<NodeSample> {
        let mut mean = self.total.clone()?;
        mean.combine(self.total.as_ref()?, |mean, sum| *mean = sum / self.partition);
        Some(mean)
    }
}

impl FiniteSize {
    /// The averages over all modes from those over the active modes.
    pub(super) fn collect(&self, sums: &Sums, mean: &NodeSample, h: f64, size: f64) -> IntegralAverages {
        let Geometry { active, integrated, spectators, held, free, .. } = &self.geometry;
        let modes = self.background.magnetization.len();
        let weak = self.couplings.spectators.len() - spectators.len();
        let mut slots = vec![None; modes];
        active.iter().enumerate().for_each(|(slot, &mode)| slots[mode] = Some(slot));
        let full = |values: &DVector<f64>, fixed: &DVector<f64>| {
            DVector::from_fn(modes, |mode, _| slots[mode].map_or(fixed[mode], |slot: usize| values[slot]))
        };
        let magnetization_bar = full(&mean.bar, &self.background.magnetization_bar);
        let magnetization = full(&mean.m, &self.background.magnetization);
        let leading = DMatrix::from_fn(modes, modes, |alpha, beta| {
            size * match (slots[alpha], slots[beta]) {
                (Some(a), Some(b)) => mean.product[(a, b)],
                _ => magnetization_bar[alpha] * magnetization[beta],
            }
        });
        let mut order_one = DMatrix::zeros(modes + weak, modes + weak);
        for (a, &alpha) in active.iter().enumerate() {
            for (b, &beta) in active.iter().enumerate() {
                order_one[(alpha, beta)] = mean.fluctuations[(a, b)];
            }
        }
        mean.pulls.iter().zip(active).for_each(|(pull, &mode)| order_one[(mode, mode)] += pull);
        let diagonal = spectators.iter().copied().chain(modes..modes + weak);
        diagonal.zip(&mean.spectators).for_each(|(mode, value)| order_one[(mode, mode)] = *value);
        let images: f64 = free.iter().filter(|free| **free).map(|_| 2.0f64.ln()).sum();
        let measure = *integrated as f64 * (h.ln() + 0.5 * (size / TAU).ln());
        IntegralAverages {
            log_partition: sums.largest + sums.partition.ln() + measure + images,
            sites: mean.sites.as_ref().map(|sites| self.over_all_modes(sites, &magnetization)),
            magnetization_bar,
            magnetization,
            leading,
            order_one,
            held: held.clone(),
            nodes: sums.nodes,
            residual: sums.residual / sums.partition,
        }
    }

    /// Averages on the sites, with the products with m of all modes instead of the active ones.
    fn over_all_modes(&self, sites: &SiteAverages, magnetization: &DVector<f64>) -> SiteAverages {
        let mut tanh_magnetization = &sites.tanh * magnetization.transpose();
        for (column, &mode) in sites.tanh_magnetization.column_iter().zip(&self.geometry.active) {
            tanh_magnetization.column_mut(mode).copy_from(&column);
        }
        SiteAverages { tanh_magnetization, ..sites.clone() }
    }
}
