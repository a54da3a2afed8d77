//! log Z of machines too large to enumerate: annealed importance sampling (`docs/theory.md`, section 6).
//!
//! Neal, *Statistics and Computing* 11, 125 (2001); Salakhutdinov and Murray, *ICML* (2008). Chains go from a machine of
//! independent units, whose Z is known, through machines with `beta W, beta theta` and visible fields in between, to the
//! machine itself; the mean of their importance weights is an unbiased estimate of the ratio of the two Z.
//!
//! This holds for any number of temperatures if each step leaves unchanged the law that its weight refers to. The weights are
//! those of the visible layer, so a step at `beta` draws both layers at `beta`: first the hidden spins given the visible ones,
//! then the visible spins given the hidden ones. (Keeping the hidden layer of the previous temperature would make Z too small.)

use super::chains::{GibbsChains, check_count};
use super::error::RbmError;
use super::random::{Purpose, Stream};
use super::rbm::Machine;
use super::result::Result;
use crate::theory::average::log_2cosh;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Number of groups of chains; the scatter between groups gives the error.
const GROUPS: usize = 20;

/// Number of chains that must count.
const FEW_CHAINS: f64 = 10.0;

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
    /// `(Σ w)²/Σ w²`: how many of the chains count. If it is small, do not trust the error; log Z is then probably too small.
    pub effective_chains: f64,
}

impl PartitionEstimate {
    /// Whether so few chains count that log Z is probably too small.
    pub fn is_doubtful(&self) -> bool {
        self.effective_chains < FEW_CHAINS
    }
}

impl Machine {
    /// Estimates log Z; `step` is called after each intermediate machine. The first machine has no weights and visible fields
    /// `start`, or those of this machine: the means of the data make a good start.
    ///
    /// # Errors
    /// [`RbmError::Setting`] for fewer than 40 chains, too many chains or no intermediate machine; [`RbmError::Shape`] if `start`
    /// does not have one field per visible unit; [`RbmError::NotFinite`] for parameters that are not finite.
    pub fn annealed_log_partition(
        &self,
        annealing: &Annealing,
        start: Option<&[f32]>,
        step: &mut dyn FnMut(),
    ) -> Result<PartitionEstimate> {
        self.check()?;
        let path = Path::new(self, start.unwrap_or(&self.eta))?;
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
        let logs = path.log_weights(annealing, step);
        Ok(PartitionEstimate::new(path.log_first(), &logs))
    }
}

/// Path of machines from independent units (beta = 0) to a given machine (beta = 1).
struct Path<'a> {
    machine: &'a Machine,
    /// Machine without weights and hidden fields.
    first: Machine,
}

impl<'a> Path<'a> {
    fn new(machine: &'a Machine, start: &[f32]) -> Result<Self> {
        let (visible, hidden) = (machine.visible, machine.hidden);
        let first = Machine::new(visible, hidden, vec![0.0; visible * hidden], start.to_vec(), vec![0.0; hidden])?;
        Ok(Self { machine, first })
    }

    /// log Z of the first machine.
    fn log_first(&self) -> f64 {
        let independent: f64 = self.first.eta.iter().map(|&eta| log_2cosh(f64::from(eta))).sum();
        independent + self.first.hidden as f64 * std::f64::consts::LN_2
    }

    /// Sets `between` to the machine at `beta`.
    fn set(&self, beta: f32, between: &mut Machine) {
        let (first, last) = (&self.first, self.machine);
        for (target, from, to) in [
            (&mut between.weights, &first.weights, &last.weights),
            (&mut between.eta, &first.eta, &last.eta),
            (&mut between.theta, &first.theta, &last.theta),
        ] {
            for ((target, &from), &to) in target.iter_mut().zip(from).zip(to) {
                *target = (1.0 - beta) * from + beta * to;
            }
        }
    }

    /// log of a sample's weight ([`Machine::log_weight`]) at `to`, minus that at `from`.
    fn gain(&self, sample: &[f32], (from, to): (f32, f32)) -> f64 {
        let (from, to) = (f64::from(from), f64::from(to));
        let change = |(&eta, &first): (&f32, &f32)| f64::from(eta) - f64::from(first);
        let changes = self.machine.eta.iter().zip(&self.first.eta).map(change);
        let bias: f64 = changes.zip(sample).map(|(change, &s)| change * f64::from(s)).sum();
        let fields = self.machine.hidden_fields(sample);
        (to - from) * bias + fields.iter().map(|&h| log_2cosh(to * h) - log_2cosh(from * h)).sum::<f64>()
    }

    /// log of the importance weight of each chain.
    fn log_weights(&self, annealing: &Annealing, step: &mut dyn FnMut()) -> Vec<f64> {
        let stream = Stream::new(annealing.seed, Purpose::Annealing);
        let mut chains = GibbsChains::new(annealing.chains, self.machine);
        let mut machine = self.first.clone();
        chains.start(&machine, stream);
        let mut logs = vec![0.0; annealing.chains];
        let mut beta = 0.0;
        for temperature in 1..=annealing.temperatures {
            let next = (temperature as f64 / annealing.temperatures as f64) as f32;
            // The hidden layer was drawn at `beta` too, so the two draws together leave the law at `beta` unchanged.
            chains.draw_visible(&machine, stream, 2 * temperature as u64 - 1);
            let rows = chains.blocks().iter().flat_map(|block| block.spins.chunks_exact(machine.visible));
            let rows: Vec<&[f32]> = rows.collect();
            logs.par_iter_mut().zip(rows).for_each(|(log, row)| *log += self.gain(row, (beta, next)));
            self.set(next, &mut machine);
            chains.draw_hidden(&machine, stream, 2 * temperature as u64);
            beta = next;
            step();
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
                // Sum the others directly: the difference of the total and the group may cancel.
                let (count, sum) = others.fold((0, 0.0), |(count, sum), (_, w)| (count + 1, sum + w));
                mean(sum, count)
            })
            .collect();
        let centre = left_out.iter().sum::<f64>() / GROUPS as f64;
        let scatter: f64 = left_out.iter().map(|x| (x - centre).powi(2)).sum();
        let error = (scatter * (GROUPS - 1) as f64 / GROUPS as f64).sqrt();
        // If one chain has all the weight, the error is unknown.
        let error = if error.is_finite() { error } else { f64::INFINITY };
        Self { log_partition: log_first + largest + estimate, error, effective_chains: total * total / squares }
    }
}
