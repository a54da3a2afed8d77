//! Exact sums over all states of a small machine, in double precision.
//!
//! One layer is summed by hand, the other state by state: the sum runs over the `2^n` states of the smaller layer, in which
//! the units of the larger one are independent.

use super::random::{Purpose, Stream};
use super::{Machine, RbmError, Result};
use crate::average::log_2cosh;
use crate::data::Spins;
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rayon::prelude::*;
use std::ops::Range;

/// Most units of the smaller layer: 2^24 states take seconds.
const MOST_UNITS: usize = 24;
/// Most units of the smaller layer for exact samples, whose probabilities are all kept.
const MOST_SAMPLED_UNITS: usize = 20;
/// Parts in which the states are summed; fixed, so that sums do not depend on the number of threads.
const PARTS: usize = 64;

/// Exact averages of a small machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Exact {
    /// log Z, with `Z = Σ exp(s·W σ + eta·s + theta·σ)` over all states of both layers.
    pub log_partition: f64,
    /// `<s_i σ_j>`, `visible × hidden`.
    pub correlation: DMatrix<f64>,
    /// `<s_i>`.
    pub visible_mean: DVector<f64>,
    /// `<σ_j>`.
    pub hidden_mean: DVector<f64>,
}

/// Gradient of a mean log-likelihood per sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// `<s_i σ_j>_data − <s_i σ_j>_model`, `visible × hidden`.
    pub weights: DMatrix<f64>,
    /// `<s_i>_data − <s_i>_model`.
    pub eta: DVector<f64>,
    /// `<σ_j>_data − <σ_j>_model`.
    pub theta: DVector<f64>,
}

/// A machine in double precision, seen from the layer that is summed state by state.
struct Side {
    /// `units of the summed layer × units of the other`.
    weights: DMatrix<f64>,
    own: DVector<f64>,
    other: DVector<f64>,
}

/// Sums relative to the largest term.
struct Sums {
    largest: f64,
    partition: f64,
    own: DVector<f64>,
    other: DVector<f64>,
    correlation: DMatrix<f64>,
}

impl Machine {
    /// log Z and the first two moments, by enumeration.
    ///
    /// # Errors
    /// [`RbmError::TooLarge`] if both layers have more than 24 units.
    pub fn exact(&self) -> Result<Exact> {
        let transposed = self.hidden < self.visible;
        let side = self.side(transposed);
        let units = side.own.len();
        if units > MOST_UNITS {
            return Err(RbmError::TooLarge { units, most: MOST_UNITS });
        }
        let states = 1usize << units;
        let part = states.div_ceil(PARTS);
        let parts: Vec<Sums> = (0..PARTS)
            .into_par_iter()
            .map(|index| side.sum((index * part).min(states)..((index + 1) * part).min(states)))
            .collect();
        let total =
            parts.into_iter().filter(|part| part.partition > 0.0).reduce(Sums::join).unwrap_or_else(|| side.empty());
        let norm = 1.0 / total.partition;
        let (own, other, correlation) = (total.own * norm, total.other * norm, total.correlation * norm);
        let (visible_mean, hidden_mean, correlation) =
            if transposed { (other, own, correlation.transpose()) } else { (own, other, correlation) };
        Ok(Exact { log_partition: total.largest + total.partition.ln(), correlation, visible_mean, hidden_mean })
    }

    /// log Z alone, by enumeration; much quicker than [`Machine::exact`].
    ///
    /// # Errors
    /// [`RbmError::TooLarge`] if both layers have more than 24 units.
    pub fn exact_log_partition(&self) -> Result<f64> {
        let side = self.side(self.hidden < self.visible);
        let units = side.own.len();
        if units > MOST_UNITS {
            return Err(RbmError::TooLarge { units, most: MOST_UNITS });
        }
        let states = 1usize << units;
        let part = states.div_ceil(PARTS);
        let sum = |exponents: &mut dyn Iterator<Item = f64>| {
            exponents.fold((f64::NEG_INFINITY, 0.0), |(largest, sum): (f64, f64), exponent| {
                let new = largest.max(exponent);
                (new, sum * (largest - new).exp() + (exponent - new).exp())
            })
        };
        let parts: Vec<f64> = (0..states.div_ceil(part))
            .into_par_iter()
            .map(|index| {
                let (largest, sum) = sum(&mut (index * part..states.min((index + 1) * part)).map(|n| side.state(n).0));
                largest + sum.ln()
            })
            .collect();
        let (largest, total) = sum(&mut parts.into_iter());
        Ok(largest + total.ln())
    }

    /// `log Σ_σ exp(s·W σ + eta·s + theta·σ) = eta·s + Σ_j log 2cosh(theta_j + Σ_i s_i W_ij)`: minus the free energy of a
    /// sample.
    pub fn log_weight(&self, sample: &[f32]) -> f64 {
        let fields = self.hidden_fields(sample);
        let bias: f64 = self.eta.iter().zip(sample).map(|(&eta, &s)| f64::from(eta) * f64::from(s)).sum();
        bias + fields.iter().map(|&h| log_2cosh(h)).sum::<f64>()
    }

    /// `theta + Wᵀ s` in double precision.
    pub(super) fn hidden_fields(&self, sample: &[f32]) -> Vec<f64> {
        let mut fields: Vec<f64> = self.theta.iter().map(|&theta| f64::from(theta)).collect();
        for (row, &s) in self.weights.chunks_exact(self.hidden).zip(sample) {
            for (field, &w) in fields.iter_mut().zip(row) {
                *field += f64::from(w) * f64::from(s);
            }
        }
        fields
    }

    /// Mean log-likelihood per sample, given log Z.
    ///
    /// # Errors
    /// [`RbmError::Units`] if the samples have another number of units.
    pub fn log_likelihood(&self, data: &Spins, log_partition: f64) -> Result<f64> {
        self.check_data(data)?;
        let mut row = vec![0.0; self.visible];
        let mut sum = 0.0;
        for sample in 0..data.samples() {
            data.expand(sample, &mut row);
            sum += self.log_weight(&row);
        }
        Ok(sum / data.samples() as f64 - log_partition)
    }

    /// Gradient of the mean log-likelihood per sample, by enumeration.
    ///
    /// # Errors
    /// As [`Machine::exact`] and [`Machine::log_likelihood`].
    pub fn exact_gradient(&self, data: &Spins) -> Result<Gradient> {
        self.check_data(data)?;
        let model = self.exact()?;
        let (mut weights, mut eta, mut theta) = (-model.correlation, -model.visible_mean, -model.hidden_mean);
        let mut row = vec![0.0; self.visible];
        let share = 1.0 / data.samples() as f64;
        for sample in 0..data.samples() {
            data.expand(sample, &mut row);
            let spins = DVector::from_iterator(self.visible, row.iter().map(|&s| f64::from(s)));
            let means = DVector::from_vec(self.hidden_fields(&row)).map(f64::tanh);
            weights.ger(share, &spins, &means, 1.0);
            eta.axpy(share, &spins, 1.0);
            theta.axpy(share, &means, 1.0);
        }
        Ok(Gradient { weights, eta, theta })
    }

    /// Independent samples from the exact distribution: states of the smaller layer by their probabilities, units of the
    /// other given them.
    ///
    /// # Errors
    /// [`RbmError::TooLarge`] if both layers have more than 20 units.
    pub fn exact_samples(&self, samples: usize, seed: u64) -> Result<Spins> {
        let transposed = self.hidden < self.visible;
        let side = self.side(transposed);
        let units = side.own.len();
        if units > MOST_SAMPLED_UNITS {
            return Err(RbmError::TooLarge { units, most: MOST_SAMPLED_UNITS });
        }
        let exponents: Vec<f64> = (0..1usize << units).into_par_iter().map(|state| side.state(state).0).collect();
        let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut total = 0.0;
        let mut running = |exponent: f64| {
            total += (exponent - largest).exp();
            total
        };
        let cumulative: Vec<f64> = exponents.into_iter().map(&mut running).collect();
        let stream = Stream::new(seed, Purpose::Exact);
        let mut spins = Spins::new(samples, self.visible);
        for sample in 0..samples {
            let mut random = stream.generator(sample as u64, 0);
            let drawn = random.random::<f64>() * total;
            let state = cumulative.partition_point(|&sum| sum <= drawn).min(cumulative.len() - 1);
            let (_, _, fields) = side.state(state);
            spins.fill(sample, |unit| {
                if transposed {
                    2.0 * random.random::<f64>() - 1.0 < fields[unit].tanh()
                } else {
                    state >> unit & 1 == 1
                }
            });
        }
        Ok(spins)
    }

    fn side(&self, transposed: bool) -> Side {
        let weights = DMatrix::from_fn(self.visible, self.hidden, |i, j| f64::from(self.weights[i * self.hidden + j]));
        let vector = |values: &[f32]| DVector::from_iterator(values.len(), values.iter().map(|&x| f64::from(x)));
        if transposed {
            Side { weights: weights.transpose(), own: vector(&self.theta), other: vector(&self.eta) }
        } else {
            Side { weights, own: vector(&self.eta), other: vector(&self.theta) }
        }
    }
}

impl Side {
    fn empty(&self) -> Sums {
        Sums {
            largest: f64::NEG_INFINITY,
            partition: 0.0,
            own: DVector::zeros(self.own.len()),
            other: DVector::zeros(self.other.len()),
            correlation: DMatrix::zeros(self.own.len(), self.other.len()),
        }
    }

    /// One state of the summed layer, bit i of its number being unit i: log of its weight, its spins, the fields on the other
    /// layer.
    fn state(&self, state: usize) -> (f64, DVector<f64>, DVector<f64>) {
        let spins = DVector::from_fn(self.own.len(), |i, _| if state >> i & 1 == 1 { 1.0 } else { -1.0 });
        let fields = &self.other + self.weights.tr_mul(&spins);
        let exponent = self.own.dot(&spins) + fields.iter().map(|&h| log_2cosh(h)).sum::<f64>();
        (exponent, spins, fields)
    }

    /// Some of the states.
    fn sum(&self, states: Range<usize>) -> Sums {
        let mut sums = self.empty();
        for state in states {
            let (exponent, spins, fields) = self.state(state);
            sums.add(exponent, &spins, &fields.map(f64::tanh));
        }
        sums
    }
}

impl Sums {
    fn add(&mut self, exponent: f64, own: &DVector<f64>, other: &DVector<f64>) {
        self.raise(exponent);
        let weight = (exponent - self.largest).exp();
        self.partition += weight;
        self.own.axpy(weight, own, 1.0);
        self.other.axpy(weight, other, 1.0);
        self.correlation.ger(weight, own, other, 1.0);
    }

    /// Makes the sums relative to a larger term.
    fn raise(&mut self, exponent: f64) {
        if exponent > self.largest {
            let factor = (self.largest - exponent).exp();
            self.largest = exponent;
            self.partition *= factor;
            self.own *= factor;
            self.other *= factor;
            self.correlation *= factor;
        }
    }

    fn join(mut self, mut other: Self) -> Self {
        let largest = self.largest.max(other.largest);
        self.raise(largest);
        other.raise(largest);
        self.partition += other.partition;
        self.own += other.own;
        self.other += other.other;
        self.correlation += other.correlation;
        self
    }
}
