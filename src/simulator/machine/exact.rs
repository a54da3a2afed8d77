//! Exact sums over all states of a small machine, in double precision (`docs/theory.md`, sections 1 and 6).
//!
//! The sum runs over the `2^n` states of the smaller layer. In each state the units of the larger layer are independent and are
//! summed analytically. The smaller layer is split into two halves; the fields of a state are sums of the fields of its halves.

use super::error::RbmError;
use super::random::{Purpose, Stream};
use super::rbm::Machine;
use super::result::Result;
use crate::data::Spins;
use crate::theory::average::log_2cosh;
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rayon::prelude::*;
use std::ops::Range;

/// Largest number of units of the smaller layer at which sums over its states take milliseconds.
pub const QUICK_EXACT_UNITS: usize = 20;
/// Maximum number of units in the smaller layer: 2^24 states take seconds.
pub const MOST_EXACT_UNITS: usize = 24;
/// Maximum number of units in the smaller layer for exact samples, which keep the probabilities of all states.
const MOST_SAMPLED_UNITS: usize = 20;
/// Number of parts of the sum over states; fixed, so that sums do not depend on the number of threads.
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
struct StateSums {
    partition: f64,
    own: DVector<f64>,
    other: DVector<f64>,
    correlation: DMatrix<f64>,
}

/// The summed layer in two halves, each with the fields of all its states on the other layer. The field of a state is a sum of
/// two terms and `e^{2h}` a product of two, so no state needs one exponential per unit.
struct Halves<'a> {
    side: &'a Side,
    low: HalfMachine,
    high: HalfMachine,
    /// Whether no product of the halves' `e^{2h}` overflows.
    safe: bool,
    /// Number of factors `1 + e^{2h}` that can be multiplied without overflow.
    factors: usize,
}

/// The states of some of the units, one per row.
struct HalfMachine {
    units: usize,
    /// Fields on the other layer.
    fields: Vec<f64>,
    /// `e^{2h}` of these fields.
    powers: Vec<f64>,
    /// Exponent from the units' own fields, minus the sum of `fields`.
    exponents: Vec<f64>,
    /// Largest |h|.
    bound: f64,
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
        if units > MOST_EXACT_UNITS {
            return Err(RbmError::TooLarge { units, most: MOST_EXACT_UNITS });
        }
        let halves = Halves::new(&side);
        let exponents = halves.exponents();
        let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total = halves.sums(&exponents, largest);
        let norm = 1.0 / total.partition;
        let (own, other, correlation) = (total.own * norm, total.other * norm, total.correlation * norm);
        let (visible_mean, hidden_mean, correlation) =
            if transposed { (other, own, correlation.transpose()) } else { (own, other, correlation) };
        Ok(Exact { log_partition: largest + total.partition.ln(), correlation, visible_mean, hidden_mean })
    }

    /// log Z alone, by enumeration; much faster than [`Machine::exact`].
    ///
    /// # Errors
    /// [`RbmError::TooLarge`] if both layers have more than 24 units.
    pub fn exact_log_partition(&self) -> Result<f64> {
        let side = self.side(self.hidden < self.visible);
        let units = side.own.len();
        if units > MOST_EXACT_UNITS {
            return Err(RbmError::TooLarge { units, most: MOST_EXACT_UNITS });
        }
        let exponents = Halves::new(&side).exponents();
        let largest = exponents.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Ok(largest + exponents.iter().map(|exponent| (exponent - largest).exp()).sum::<f64>().ln())
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

    /// Independent samples from the exact distribution: states of the smaller layer are drawn by their probabilities, then the
    /// units of the other layer given them.
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
    /// One state of the summed layer; bit i of its number is unit i. Returns the log of its weight, its spins, and the fields on
    /// the other layer.
    fn state(&self, state: usize) -> (f64, DVector<f64>, DVector<f64>) {
        let spins = DVector::from_fn(self.own.len(), |i, _| if state >> i & 1 == 1 { 1.0 } else { -1.0 });
        let fields = &self.other + self.weights.tr_mul(&spins);
        let exponent = self.own.dot(&spins) + fields.iter().map(|&h| log_2cosh(h)).sum::<f64>();
        (exponent, spins, fields)
    }
}

impl HalfMachine {
    /// Enumerates the states of some units, on top of `constant` fields.
    fn new(side: &Side, units: Range<usize>, constant: Option<&DVector<f64>>) -> Self {
        let (count, others) = (units.len(), side.other.len());
        let mut half = Self { units: count, fields: Vec::new(), powers: Vec::new(), exponents: Vec::new(), bound: 0.0 };
        for state in 0..1usize << count {
            let mut fields = constant.map_or_else(|| DVector::zeros(others), DVector::clone);
            let mut own = 0.0;
            for (bit, unit) in units.clone().enumerate() {
                let spin = spin(state, bit);
                fields += side.weights.row(unit).transpose() * spin;
                own += side.own[unit] * spin;
            }
            half.bound = half.bound.max(fields.amax());
            half.exponents.push(own - fields.sum());
            half.powers.extend(fields.iter().map(|h| (2.0 * h).exp()));
            half.fields.extend(fields.iter());
        }
        half
    }

    fn states(&self) -> usize {
        1 << self.units
    }

    fn row<'a>(&self, table: &'a [f64], state: usize) -> &'a [f64] {
        let others = table.len() / self.states();
        &table[state * others..(state + 1) * others]
    }
}

fn spin(state: usize, bit: usize) -> f64 {
    if state >> bit & 1 == 1 { 1.0 } else { -1.0 }
}

impl<'a> Halves<'a> {
    fn new(side: &'a Side) -> Self {
        let (units, middle) = (side.own.len(), side.own.len() / 2);
        let low = HalfMachine::new(side, 0..middle, None);
        let high = HalfMachine::new(side, middle..units, Some(&side.other));
        let bound = low.bound + high.bound;
        // e^{2·300} and its inverse are finite, and so are those of each half.
        Self { side, low, high, safe: bound < 300.0, factors: (300.0 / (bound + 0.5)).max(1.0) as usize }
    }

    /// Logs of the weights of all states, by state number.
    fn exponents(&self) -> Vec<f64> {
        let of = |state: usize| {
            let (low, high) = (state % self.low.states(), state / self.low.states());
            if !self.safe {
                return self.side.state(state).0;
            }
            let pairs = self.low.row(&self.low.powers, low).iter().zip(self.high.row(&self.high.powers, high));
            // log 2cosh h = log(1 + e^{2h}) − h.
            let (mut sum, mut product, mut factors) = (self.low.exponents[low] + self.high.exponents[high], 1.0, 0);
            for (a, b) in pairs {
                product *= 1.0 + a * b;
                factors += 1;
                if factors == self.factors {
                    sum += f64::ln(product);
                    (product, factors) = (1.0, 0);
                }
            }
            sum + f64::ln(product)
        };
        (0..self.low.states() * self.high.states()).into_par_iter().map(of).collect()
    }

    /// Sums over all states, in parts that do not depend on the number of threads.
    fn sums(&self, exponents: &[f64], largest: f64) -> StateSums {
        let part = self.high.states().div_ceil(PARTS);
        let parts = self.high.states().div_ceil(part);
        let range = |index: usize| index * part..((index + 1) * part).min(self.high.states());
        let parts: Vec<StateSums> =
            (0..parts).into_par_iter().map(|index| self.part(range(index), exponents, largest)).collect();
        let mut total = self.empty();
        for part in parts {
            total.partition += part.partition;
            total.own += part.own;
            total.other += part.other;
            total.correlation += part.correlation;
        }
        total
    }

    fn empty(&self) -> StateSums {
        let (own, other) = (self.side.own.len(), self.side.other.len());
        StateSums {
            partition: 0.0,
            own: DVector::zeros(own),
            other: DVector::zeros(other),
            correlation: DMatrix::zeros(own, other),
        }
    }

    /// Sums over some states of the high half with all states of the low half.
    fn part(&self, high: Range<usize>, exponents: &[f64], largest: f64) -> StateSums {
        let (units, low) = (self.side.own.len(), self.low.units);
        let others = self.side.other.len();
        // One row per unit of the summed layer; the last entry is for the mean of the unit itself.
        let mut sums = vec![vec![0.0; others + 1]; units];
        let mut total = vec![0.0; others + 1];
        let mut levels = vec![vec![0.0; others + 1]; low + 1];
        let mut now = vec![0.0; others + 1];
        for high in high {
            for state in 0..self.low.states() {
                self.weighted_means(state, high, exponents, largest, &mut now);
                // Sums over blocks of 2^bit states: if a block is the upper half of a larger one, its lower half is known.
                let mut bit = 0;
                while state >> bit & 1 == 1 {
                    for ((sum, now), lower) in sums[bit].iter_mut().zip(&mut now).zip(&levels[bit]) {
                        *sum += *now - lower;
                        *now += lower;
                    }
                    bit += 1;
                }
                std::mem::swap(&mut levels[bit], &mut now);
            }
            let of_all = &levels[low];
            total.iter_mut().zip(of_all).for_each(|(total, x)| *total += x);
            for (bit, sum) in sums[low..].iter_mut().enumerate() {
                let spin = spin(high, bit);
                sum.iter_mut().zip(of_all).for_each(|(sum, x)| *sum += spin * x);
            }
        }
        StateSums {
            partition: total[others],
            own: DVector::from_fn(units, |unit, _| sums[unit][others]),
            other: DVector::from_column_slice(&total[..others]),
            correlation: DMatrix::from_fn(units, others, |unit, other| sums[unit][other]),
        }
    }

    /// Computes the means of the other layer in one state times the weight of the state, and appends the weight.
    fn weighted_means(&self, low: usize, high: usize, exponents: &[f64], largest: f64, means: &mut [f64]) {
        let weight = (exponents[high * self.low.states() + low] - largest).exp();
        let others = means.len() - 1;
        means[others] = weight;
        let means = &mut means[..others];
        if weight == 0.0 {
            means.fill(0.0);
        } else if self.safe {
            let pairs = self.low.row(&self.low.powers, low).iter().zip(self.high.row(&self.high.powers, high));
            // tanh h = 1 − 2/(1 + e^{2h}).
            means.iter_mut().zip(pairs).for_each(|(mean, (a, b))| *mean = weight - 2.0 * weight / (1.0 + a * b));
        } else {
            let pairs = self.low.row(&self.low.fields, low).iter().zip(self.high.row(&self.high.fields, high));
            means.iter_mut().zip(pairs).for_each(|(mean, (a, b))| *mean = weight * (a + b).tanh());
        }
    }
}
