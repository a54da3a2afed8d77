//! The textbook way (`docs/theory.md`, section 4): Gauss–Hermite over the noise x.

use super::scalar::{self, Scalar};
use crate::error::Result;
use crate::theory::quadrature::{self, Rule};

/// Averages over S = s x + b by one Gauss–Hermite rule.
#[derive(Clone, Debug)]
pub(super) struct HermiteLine {
    rule: Rule,
}

impl HermiteLine {
    pub fn new(nodes: usize) -> Result<Self> {
        Ok(Self { rule: quadrature::hermite(nodes)? })
    }

    pub fn averages(&mut self, noise: f64, biases: &[f64], out: &mut Vec<Scalar>) -> Result<()> {
        out.clear();
        out.extend(biases.iter().map(|&b| {
            let mut mean = Scalar::default();
            for (&x, &weight) in self.rule.nodes.iter().zip(&self.rule.weights) {
                mean.add(weight, &Scalar::at(noise * x + b));
            }
            mean
        }));
        Ok(())
    }

    /// Nodes of the rule.
    pub fn nodes(&self) -> usize {
        self.rule.nodes.len()
    }

    pub fn log_2cosh(&mut self, noise: f64, bias: f64) -> Result<f64> {
        Ok(self.rule.mean(|x| scalar::log_2cosh(noise * x + bias)))
    }
}
