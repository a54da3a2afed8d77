//! The sums of a finite-size integral over its nodes, and the averages from them.

use super::integral::{FiniteSize, IntegralAverages, SiteAverages};
use nalgebra::{DMatrix, DVector};
use std::f64::consts::TAU;

/// Weighted sums relative to the largest weight.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub largest: f64,
    pub partition: f64,
    pub total: Vec<f64>,
    pub nodes: usize,
    pub residual: f64,
}

impl Default for Sums {
    fn default() -> Self {
        Self { largest: f64::NEG_INFINITY, partition: 0.0, total: Vec::new(), nodes: 0, residual: 0.0 }
    }
}

impl Sums {
    pub fn add(&mut self, exponent: f64, sample: &[f64], residual: f64) {
        self.total.resize(sample.len(), 0.0);
        self.nodes += 1;
        if exponent > self.largest {
            let factor = (self.largest - exponent).exp();
            self.largest = exponent;
            self.partition *= factor;
            self.residual *= factor;
            self.total.iter_mut().for_each(|sum| *sum *= factor);
        }
        let weight = (exponent - self.largest).exp();
        self.partition += weight;
        self.residual += weight * residual;
        self.total.iter_mut().zip(sample).for_each(|(sum, x)| *sum += weight * x);
    }
}

impl FiniteSize {
    /// The averages over all modes from the sums over those that are active.
    pub(super) fn collect(&self, sums: &Sums, h: f64, size: f64) -> IntegralAverages {
        let (modes, all, k) = (self.background.magnetization.len(), self.active.len(), self.integrated);
        let weak = self.spectator_w.len() - self.spectators.len();
        let mean: Vec<f64> = sums.total.iter().map(|x| x / sums.partition).collect();
        let (bar, rest) = mean.split_at(all);
        let (m, rest) = rest.split_at(all);
        let (product, rest) = rest.split_at(all * all);
        let (fluctuations, rest) = rest.split_at(all * all);
        let (spectators, rest) = rest.split_at(self.spectator_w.len());
        let (pulls, sites) = rest.split_at(k);

        let mut held = vec![None; modes];
        self.active.iter().enumerate().for_each(|(slot, &mode)| held[mode] = Some(slot));
        let full = |values: &[f64], fixed: &DVector<f64>| {
            DVector::from_fn(modes, |mode, _| held[mode].map_or(fixed[mode], |slot| values[slot]))
        };
        let magnetization_bar = full(bar, &self.background.magnetization_bar);
        let magnetization = full(m, &self.background.magnetization);
        let leading = DMatrix::from_fn(modes, modes, |alpha, beta| {
            size * match (held[alpha], held[beta]) {
                (Some(a), Some(b)) => product[a + all * b],
                _ => magnetization_bar[alpha] * magnetization[beta],
            }
        });
        let mut order_one = DMatrix::zeros(modes + weak, modes + weak);
        for (a, &alpha) in self.active.iter().enumerate() {
            for (b, &beta) in self.active.iter().enumerate() {
                order_one[(alpha, beta)] = fluctuations[a + all * b];
            }
        }
        pulls.iter().zip(&self.active).for_each(|(pull, &mode)| order_one[(mode, mode)] += pull);
        let diagonal = self.spectators.iter().copied().chain(modes..modes + weak);
        diagonal.zip(spectators).for_each(|(mode, value)| order_one[(mode, mode)] = *value);
        let images: f64 = self.free.iter().filter(|free| **free).map(|_| 2.0f64.ln()).sum();
        IntegralAverages {
            log_partition: sums.largest + sums.partition.ln() + k as f64 * (h.ln() + 0.5 * (size / TAU).ln()) + images,
            sites: self.has_sites.then(|| self.site_averages(sites, &magnetization)),
            magnetization_bar,
            magnetization,
            leading,
            order_one,
            held: self.held.clone(),
            nodes: sums.nodes,
            residual: sums.residual / sums.partition,
        }
    }

    fn site_averages(&self, values: &[f64], magnetization: &DVector<f64>) -> SiteAverages {
        let sites = values.len() / (2 + self.active.len());
        let tanh = DVector::from_column_slice(&values[..sites]);
        let sech2 = DVector::from_column_slice(&values[sites..2 * sites]);
        let mut tanh_magnetization = &tanh * magnetization.transpose();
        for (column, &mode) in values[2 * sites..].chunks_exact(sites).zip(&self.active) {
            tanh_magnetization.column_mut(mode).copy_from_slice(column);
        }
        SiteAverages { tanh, sech2, tanh_magnetization }
    }
}
