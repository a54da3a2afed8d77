//! log Z of machines too large to enumerate: annealed importance sampling.
//!
//! Neal, *Statistics and Computing* 11, 125 (2001); Salakhutdinov and Murray, *ICML* (2008). Chains go from a machine of
//! independent units, whose Z is known, through machines with `beta W, beta theta` and visible fields in between, to the
//! machine itself; the mean of their importance weights is an unbiased estimate of the ratio of the two Z.

use super::chains::{Chains, check_count};
use super::random::{Purpose, Stream};
use super::{Machine, RbmError, Result};
use crate::average::log_2cosh;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Batches of chains by whose scatter the error is judged.
const GROUPS: usize = 20;

/// How log Z is estimated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Annealing {
    /// Chains; each gives an independent weight.
    pub chains: usize,
    /// Intermediate machines, equally spaced in beta.
    pub temperatures: usize,
    /// Seed.
    pub seed: u64,
}

impl Default for Annealing {
    fn default() -> Self {
        Self { chains: 200, temperatures: 1000, seed: 0 }
    }
}

/// An estimate of log Z.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartitionEstimate {
    /// log Z.
    pub log_partition: f64,
    /// Its standard error, from the scatter of the weights (jackknife over groups of chains); infinite where one chain has
    /// all the weight.
    pub error: f64,
    /// `(Σ w)²/Σ w²`: how many of the chains count. If it is small, the error is not to be trusted, and log Z is likely
    /// underestimated.
    pub effective_chains: f64,
}

impl Machine {
    /// Estimates log Z. The first machine has no weights and visible fields `start`, or those of this machine: the means of
    /// the data make a good start.
    ///
    /// # Errors
    /// [`RbmError::Setting`] for fewer than 40 chains, too many, or no intermediate machine, [`RbmError::Shape`] if `start` has not one
    /// field a visible unit, [`RbmError::NotFinite`] for parameters that are not finite.
    pub fn annealed_log_partition(&self, annealing: &Annealing, start: Option<&[f32]>) -> Result<PartitionEstimate> {
        self.check()?;
        let start = start.unwrap_or(&self.eta);
        let first = Self::new(
            self.visible,
            self.hidden,
            vec![0.0; self.visible * self.hidden],
            start.to_vec(),
            vec![0.0; self.hidden],
        )?;
        for (name, value, least) in [
            ("the number of chains", annealing.chains, 2 * GROUPS),
            ("the number of temperatures", annealing.temperatures, 1),
        ] {
            if value < least {
                let reason = format!("it must be at least {least}");
                return Err(RbmError::Setting { name, value: value as f64, reason });
            }
        }
        check_count(annealing.chains, self)?;
        let independent: f64 = start.iter().map(|&eta| log_2cosh(f64::from(eta))).sum();
        let log_first = independent + self.hidden as f64 * std::f64::consts::LN_2;
        let logs = self.log_weights(annealing, &first);
        Ok(PartitionEstimate::new(log_first, &logs))
    }

    /// The machine at `beta` on the way from `first` to this one.
    fn between(&self, first: &Self, beta: f64, machine: &mut Self) {
        let beta = beta as f32;
        let mix = |target: &mut [f32], from: &[f32], to: &[f32]| {
            for ((target, &from), &to) in target.iter_mut().zip(from).zip(to) {
                *target = (1.0 - beta) * from + beta * to;
            }
        };
        mix(&mut machine.weights, &first.weights, &self.weights);
        mix(&mut machine.eta, &first.eta, &self.eta);
        mix(&mut machine.theta, &first.theta, &self.theta);
    }

    fn log_weights(&self, annealing: &Annealing, first: &Self) -> Vec<f64> {
        let stream = Stream::new(annealing.seed, Purpose::Annealing);
        let mut chains = Chains::new(annealing.chains, self);
        chains.start(first, stream);
        let mut machine = first.clone();
        let mut next = first.clone();
        let mut logs = vec![0.0; annealing.chains];
        for temperature in 1..=annealing.temperatures {
            // The state is a draw at the last temperature; the step that follows leaves the present one unchanged.
            chains.advance(&machine, 1, stream, temperature as u64);
            self.between(first, temperature as f64 / annealing.temperatures as f64, &mut next);
            let visible = self.visible;
            let mut rest = &mut logs[..];
            let pieces: Vec<(&mut [f64], &[f32])> = chains
                .blocks()
                .iter()
                .map(|block| {
                    let (piece, after) = std::mem::take(&mut rest).split_at_mut(block.spins.len() / visible);
                    rest = after;
                    (piece, &block.spins[..])
                })
                .collect();
            pieces.into_par_iter().for_each(|(logs, spins)| {
                for (log, row) in logs.iter_mut().zip(spins.chunks_exact(visible)) {
                    *log += next.log_weight(row) - machine.log_weight(row);
                }
            });
            std::mem::swap(&mut machine, &mut next);
        }
        logs
    }
}

impl PartitionEstimate {
    fn new(log_first: f64, logs: &[f64]) -> Self {
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let weights: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
        let total: f64 = weights.iter().sum();
        let squares: f64 = weights.iter().map(|w| w * w).sum();
        let mean = |sum: f64, count: usize| (sum / count as f64).ln();
        let estimate = mean(total, logs.len());
        let left_out: Vec<f64> = (0..GROUPS)
            .map(|group| {
                let others = weights.iter().enumerate().filter(|(chain, _)| chain % GROUPS != group);
                // Not the total less the group, which may cancel.
                let (count, sum) = others.fold((0, 0.0), |(count, sum), (_, w)| (count + 1, sum + w));
                mean(sum, count)
            })
            .collect();
        let centre = left_out.iter().sum::<f64>() / GROUPS as f64;
        let scatter: f64 = left_out.iter().map(|x| (x - centre).powi(2)).sum();
        let error = (scatter * (GROUPS - 1) as f64 / GROUPS as f64).sqrt();
        // Where one chain has all the weight, nothing is known of the error.
        let error = if error.is_finite() { error } else { f64::INFINITY };
        Self { log_partition: log_first + largest + estimate, error, effective_chains: total * total / squares }
    }
}
