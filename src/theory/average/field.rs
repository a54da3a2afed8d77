//! What is averaged, over which field, by which backend.

use super::scalar::Scalar;
use crate::error::{Error, Result};
use crate::theory::prior::{Components, Prior};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// How averages are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Trapezoidal rule on the characteristic function: error below 1e-12, cost linear in the number of modes.
    #[default]
    Fourier,
    /// Tensor product of Gauss rules, at most three modes: cost n^{K+1}, slow convergence in large fields.
    Hermite {
        /// Nodes in each dimension.
        nodes: usize,
    },
}

impl Backend {
    /// Gauss–Hermite with the nodes that `modes` modes under `prior` allow in reasonable time: 200 in the one dimension
    /// of a Gaussian or empirical law and for one mode, 64 and 32 for two and three.
    pub fn hermite_for(prior: &Prior, modes: usize) -> Self {
        let nodes = match prior {
            Prior::Gaussian | Prior::Empirical(_) => 200,
            _ => [200, 200, 64, 32][modes.min(3)],
        };
        Backend::Hermite { nodes }
    }
}

/// The scalar functions of S whose averages the theory uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Function {
    /// tanh S.
    Tanh,
    /// sech² S.
    Sech2,
    /// sech⁴ S.
    Sech4,
    /// tanh S sech² S.
    TanhSech2,
    /// log 2cosh S.
    #[serde(rename = "log2cosh")]
    Log2Cosh,
}

impl FromStr for Function {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Ok(match name.to_lowercase().as_str() {
            "tanh" => Function::Tanh,
            "sech2" => Function::Sech2,
            "sech4" => Function::Sech4,
            "tanh-sech2" => Function::TanhSech2,
            "log2cosh" => Function::Log2Cosh,
            _ => return Err(Error::UnknownFunction(name.to_owned())),
        })
    }
}

/// The field `S = s x + Σ_γ c_γ û_γ + b`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field<'a> {
    /// c_γ, one per mode.
    pub coefficients: &'a [f64],
    /// s ≥ 0, the standard deviation of the Gaussian noise.
    pub noise: f64,
    /// b.
    pub bias: f64,
}

impl<'a> Field<'a> {
    /// Field of the given coefficients and noise, without bias.
    pub fn new(coefficients: &'a [f64], noise: f64) -> Self {
        Self { coefficients, noise, bias: 0.0 }
    }

    pub(super) fn validate(&self, modes: usize) -> Result<()> {
        if self.coefficients.len() != modes {
            return Err(Error::Length { name: "coefficients", found: self.coefficients.len(), expected: modes });
        }
        let values = self.coefficients.iter().map(|&c| ("a coefficient", c));
        for (name, value) in values.chain([("the noise", self.noise), ("the bias", self.bias)]) {
            if !value.is_finite() {
                return Err(Error::NotFinite { name, value });
            }
        }
        if self.noise < 0.0 {
            return Err(Error::Negative { name: "the noise", value: self.noise });
        }
        Ok(())
    }
}

/// Averages over one field.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Averages {
    /// `E[û_α tanh S]`, one per mode.
    pub component_tanh: Vec<f64>,
    /// `E[û_α tanh S sech² S]`, one per mode; empty unless the field was [linearized](super::Averager::linearize).
    pub component_tanh_sech2: Vec<f64>,
    /// `E[sech² S]`.
    pub sech2: f64,
    /// `E[sech⁴ S]`; NaN unless the field was linearized.
    pub sech4: f64,
    /// `E[4 sech² S − 6 sech⁴ S]`, the second derivative of `E[sech² S]` in b, with the digits that the difference loses in
    /// wide laws; NaN unless the field was linearized.
    pub sech2_bend: f64,
}

/// How much of [`Averages`] is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// `E[û_α tanh S]` and `E[sech² S]`: one iteration of the saddle-point equations.
    Map,
    /// All of it.
    Jacobian,
}

/// Gaussian components add to the noise: S has variance s² + Σ c².
pub(super) fn total_noise(field: &Field) -> f64 {
    field.coefficients.iter().fold(field.noise * field.noise, |variance, c| variance + c * c).sqrt()
}

/// Stein's lemma, `E[û_α f(S)] = c_α E[f'(S)]`.
pub(super) fn stein(coefficients: &[f64], point: Scalar, out: &mut Averages) {
    (out.sech2, out.sech4, out.sech2_bend) = (point.sech2, point.sech4, point.sech2_bend);
    out.component_tanh.clear();
    out.component_tanh.extend(coefficients.iter().map(|c| c * point.sech2));
    let slope = -0.5 * point.sech2_bend;
    out.component_tanh_sech2.clear();
    out.component_tanh_sech2.extend(coefficients.iter().map(|c| c * slope));
}

/// Σ_γ c_γ û_γ + b + the site's own field, for every site.
pub(super) fn site_fields(components: &Components, field: &Field, out: &mut Vec<f64>) {
    out.clear();
    out.extend(components.fields().iter().map(|f| f + field.bias));
    for (column, &c) in components.values().column_iter().zip(field.coefficients) {
        if c != 0.0 {
            for (out, u) in out.iter_mut().zip(column.iter()) {
                *out += c * u;
            }
        }
    }
}

pub(super) fn over_sites(components: &Components, sites: &[Scalar], out: &mut Averages) {
    let mean = Scalar::mean(sites);
    (out.sech2, out.sech4, out.sech2_bend) = (mean.sech2, mean.sech4, mean.sech2_bend);
    let weighted = |value: fn(&Scalar) -> f64| {
        components.values().column_iter().map(move |column| {
            column.iter().zip(sites).map(|(u, site)| u * value(site)).sum::<f64>() / sites.len() as f64
        })
    };
    out.component_tanh.clear();
    out.component_tanh.extend(weighted(|site| site.tanh));
    out.component_tanh_sech2.clear();
    out.component_tanh_sech2.extend(weighted(|site| site.tanh_sech2));
}
