//! Units of {0, 1} instead of ±1: the same machines in other parameters (`docs/theory.md`, section 1).
//!
//! With s = 2v − 1 and σ = 2h − 1 the exponents of the two forms differ by a constant,
//!
//! ```text
//! s·W σ + eta·s + theta·σ = v·W' h + a'·v + b'·h + constant
//!
//! W' = 4 W,    a'_i = 2 eta_i − 2 Σ_j W_ij,             b'_j = 2 theta_j − 2 Σ_i W_ij
//! W = W'/4,    eta_i = a'_i/2 + Σ_j W'_ij/4,            theta_j = b'_j/2 + Σ_i W'_ij/4
//! ```

use super::rbm::Machine;
use serde::{Deserialize, Serialize};

/// The values that units take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Units {
    /// ±1.
    #[default]
    Ising,
    /// 0 and 1.
    Bernoulli,
    /// Real: the linear machine.
    Gaussian,
}

/// A machine of {0, 1} units: `p(v, h) ∝ exp(v·W' h + a'·v + b'·h)`.
#[derive(Clone, Debug, PartialEq)]
pub struct BernoulliMachine {
    /// Number of visible units.
    pub visible: usize,
    /// Number of hidden units.
    pub hidden: usize,
    /// W', `visible × hidden`, row after row.
    pub weights: Vec<f32>,
    /// a', visible biases.
    pub visible_bias: Vec<f32>,
    /// b', hidden biases.
    pub hidden_bias: Vec<f32>,
}

/// The {0, 1} form of a machine. Sums are taken in double precision and results rounded once.
impl From<&Machine> for BernoulliMachine {
    fn from(machine: &Machine) -> Self {
        let (rows, columns) = sums(&machine.weights, machine.visible, machine.hidden);
        let bias = |field: &[f32], sums: &[f64]| {
            field.iter().zip(sums).map(|(&f, sum)| (2.0 * f64::from(f) - 2.0 * sum) as f32).collect()
        };
        Self {
            visible: machine.visible,
            hidden: machine.hidden,
            weights: machine.weights.iter().map(|w| 4.0 * w).collect(),
            visible_bias: bias(&machine.eta, &rows),
            hidden_bias: bias(&machine.theta, &columns),
        }
    }
}

/// The ±1 form of a machine. Sums are taken in double precision and results rounded once.
impl From<&BernoulliMachine> for Machine {
    fn from(machine: &BernoulliMachine) -> Self {
        let (rows, columns) = sums(&machine.weights, machine.visible, machine.hidden);
        let field = |bias: &[f32], sums: &[f64]| {
            bias.iter().zip(sums).map(|(&b, sum)| (0.5 * f64::from(b) + 0.25 * sum) as f32).collect()
        };
        Self {
            visible: machine.visible,
            hidden: machine.hidden,
            weights: machine.weights.iter().map(|w| 0.25 * w).collect(),
            eta: field(&machine.visible_bias, &rows),
            theta: field(&machine.hidden_bias, &columns),
        }
    }
}

/// A layer of a machine whose layers may have different units: their values are `centre + half × spin`.
pub(super) struct LayerUnits<'a> {
    pub(super) units: Units,
    pub(super) bias: &'a [f64],
}

impl LayerUnits<'_> {
    /// Centre and half distance of the two values.
    fn values(&self) -> (f64, f64) {
        match self.units {
            Units::Ising | Units::Gaussian => (0.0, 1.0),
            Units::Bernoulli => (0.5, 0.5),
        }
    }
}

/// The ±1 form of a machine `p(v, h) ∝ exp(v·W' h + a'·v + b'·h)`, `weights` row after row; rounded once, at the end.
pub(super) fn ising(visible: LayerUnits, hidden: LayerUnits, weights: &[f64]) -> Machine {
    let (rows, columns) = (visible.bias.len(), hidden.bias.len());
    let ((centre_v, half_v), (centre_h, half_h)) = (visible.values(), hidden.values());
    let (mut eta, mut theta) = (visible.bias.to_vec(), hidden.bias.to_vec());
    for (index, weight) in weights.iter().enumerate() {
        eta[index / columns] += centre_h * weight;
        theta[index % columns] += centre_v * weight;
    }
    let single = |values: Vec<f64>, factor: f64| values.into_iter().map(|value| (factor * value) as f32).collect();
    Machine {
        visible: rows,
        hidden: columns,
        weights: weights.iter().map(|weight| (half_v * half_h * weight) as f32).collect(),
        eta: single(eta, half_v),
        theta: single(theta, half_h),
    }
}

/// Σ_j W_ij for each i, and Σ_i W_ij for each j.
fn sums(weights: &[f32], visible: usize, hidden: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut rows, mut columns) = (vec![0.0; visible], vec![0.0; hidden]);
    for (row, weights) in rows.iter_mut().zip(weights.chunks(hidden.max(1))) {
        for (column, &weight) in columns.iter_mut().zip(weights) {
            *row += f64::from(weight);
            *column += f64::from(weight);
        }
    }
    (rows, columns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Exponent of a state given by its bits, units being `low` or 1.
    fn exponent(weights: &[f32], fields: (&[f32], &[f32]), low: f64, state: usize) -> f64 {
        let (visible, hidden) = (fields.0.len(), fields.1.len());
        let unit = |bit: usize| if state >> bit & 1 == 1 { 1.0 } else { low };
        let mut sum = 0.0;
        for i in 0..visible {
            sum += f64::from(fields.0[i]) * unit(i);
            for j in 0..hidden {
                sum += f64::from(weights[i * hidden + j]) * unit(i) * unit(visible + j);
            }
        }
        sum + (0..hidden).map(|j| f64::from(fields.1[j]) * unit(visible + j)).sum::<f64>()
    }

    fn draw(count: usize, random: &mut impl Rng) -> Vec<f32> {
        (0..count).map(|_| random.random_range(-1.0..1.0)).collect()
    }

    /// Over all states of small machines, the exponents of the two forms differ by one constant, up to the rounding of the biases
    /// to single precision (about 3e-7 per unit).
    #[test]
    fn both_forms_have_the_same_law() {
        let mut random = ChaCha8Rng::seed_from_u64(5);
        let (visible, hidden) = (5, 3);
        let ising = Machine {
            visible,
            hidden,
            weights: draw(visible * hidden, &mut random),
            eta: draw(visible, &mut random),
            theta: draw(hidden, &mut random),
        };
        let bernoulli = BernoulliMachine {
            visible,
            hidden,
            weights: draw(visible * hidden, &mut random),
            visible_bias: draw(visible, &mut random),
            hidden_bias: draw(hidden, &mut random),
        };
        for (ising, bernoulli) in
            [(ising.clone(), BernoulliMachine::from(&ising)), (Machine::from(&bernoulli), bernoulli)]
        {
            let difference = |state| {
                exponent(&ising.weights, (&ising.eta, &ising.theta), -1.0, state)
                    - exponent(&bernoulli.weights, (&bernoulli.visible_bias, &bernoulli.hidden_bias), 0.0, state)
            };
            let constant = difference(0);
            for state in 0..1 << (visible + hidden) {
                assert!((difference(state) - constant).abs() < 5e-6, "{state}");
            }
        }
    }
}
