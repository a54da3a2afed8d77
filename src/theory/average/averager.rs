//! Averages over the field of a unit.

use super::super::prior::Components;
use super::field::Averages;
use super::field::Backend;
use super::field::Detail;
use super::field::Field;
use super::field::Function;
use std::sync::Arc;

use super::field::over_sites;
use super::field::site_fields;
use super::field::stein;
use super::field::total_noise;
use super::fourier::FourierLine;
use super::hermite::HermiteLine;
use super::product::{Product, Tensor};
use super::scalar::Scalar;
use super::tilted::Tilted;
use crate::error::{Error, Result};
use crate::theory::prior::Prior;
use nalgebra::DMatrix;

/// Absolute accuracy of Fourier averages, rounding of the sums included: a smaller average may have no correct digit.
pub const ACCURACY: f64 = 2e-15;

/// Averages below this are computed again with relative accuracy.
pub(super) const SMALL: f64 = 1e-3;

/// Computes averages under one prior, keeping its scratch memory from one field to the next.
///
/// ```
/// use spectral_rbm::{Prior, theory::average::{Averager, Backend, Field, Function}};
/// // û = ±1 and no noise: E[û tanh(cû)] is tanh c.
/// let mut averager = Averager::new(&Prior::Bernoulli, 1, Backend::Fourier)?;
/// let averages = averager.evaluate(&Field::new(&[0.7], 0.0))?;
/// assert!((averages.component_tanh[0] - 0.7f64.tanh()).abs() < 1e-14);
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Averager {
    modes: usize,
    line: Line,
    law: Law,
    pub(super) averages: Averages,
}

/// Averages over the line S = s x + b, by either backend.
#[derive(Clone, Debug)]
pub(super) enum Line {
    Fourier(FourierLine),
    Hermite(HermiteLine),
}

impl Line {
    fn averages(&mut self, noise: f64, biases: &[f64], detail: Detail, out: &mut Vec<Scalar>) -> Result<()> {
        match self {
            Line::Fourier(line) => line.averages(noise, biases, detail, out),
            Line::Hermite(line) => line.averages(noise, biases, out),
        }
    }

    fn log_2cosh(&mut self, noise: f64, bias: f64) -> Result<f64> {
        match self {
            Line::Fourier(line) => line.log_2cosh(noise, bias),
            Line::Hermite(line) => line.log_2cosh(noise, bias),
        }
    }
}

impl Averager {
    /// Averages over `modes` components of `prior`.
    ///
    /// # Errors
    /// An empirical prior with another number of modes; Gauss–Hermite with more than three modes that are neither
    /// Gaussian nor empirical, or with a number of nodes outside 1..=1024.
    pub fn new(prior: &Prior, modes: usize, backend: Backend) -> Result<Self> {
        prior.check_modes(modes)?;
        let line = match backend {
            Backend::Fourier => Line::Fourier(FourierLine::default()),
            Backend::Hermite { nodes } => Line::Hermite(HermiteLine::new(nodes)?),
        };
        let law = match (prior, backend) {
            (Prior::Gaussian, _) => {
                Law::Gaussian { coefficients: vec![0.0; modes], point: Scalar::default(), scratch: Vec::new() }
            }
            (Prior::Empirical(components), _) => {
                Law::Empirical { components: components.clone(), sites: Vec::new(), arguments: Vec::new() }
            }
            (_, Backend::Fourier) => Law::Product(Product::new(prior.clone(), modes)),
            (_, Backend::Hermite { nodes }) => Law::Tensor(Tensor::new(prior, modes, nodes)?),
        };
        Ok(Self { modes, line, law, averages: Averages::default() })
    }

    /// Lowers the accuracy of the Fourier averages of [`evaluate`](Self::evaluate) to an absolute `tolerance` between
    /// 1e-16 and 1, to measure what accuracy costs. Gauss rules keep the number of nodes of their backend.
    ///
    /// # Errors
    /// [`Error::Range`] for another tolerance.
    pub fn with_tolerance(mut self, tolerance: f64) -> Result<Self> {
        if !(1e-16..=1.0).contains(&tolerance) {
            let reason = format!("it is {tolerance}, and must lie between 1e-16 and 1");
            return Err(Error::Range { name: "the tolerance", reason });
        }
        // At least a little accuracy: a rule without any has no cut-off.
        let digits = (-tolerance.ln()).max(0.1);
        if let Law::Product(product) = &mut self.law {
            product.digits = digits;
        }
        if let Line::Fourier(line) = &mut self.line {
            line.digits = digits;
        }
        Ok(self)
    }

    /// Number of nodes of the last Fourier average, or of the Gauss rule: the points at which functions are evaluated,
    /// for each site under an empirical law.
    pub fn nodes(&self) -> usize {
        match (&self.law, &self.line) {
            (Law::Product(product), _) => product.nodes(),
            (Law::Tensor(tensor), _) => tensor.nodes(),
            (_, Line::Fourier(line)) => line.nodes(),
            (_, Line::Hermite(line)) => line.nodes(),
        }
    }

    /// Number of terms that [`evaluate`](Self::evaluate) sums for a field: a measure of its cost.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn terms(&self, field: &Field) -> Result<f64> {
        field.validate(self.modes)?;
        let each = (1 + field.coefficients.iter().filter(|&&c| c != 0.0).count()) as f64;
        match (&self.law, &self.line) {
            (Law::Product(product), _) => Ok(each * product.count(field)?),
            (Law::Tensor(tensor), _) => Ok(each * tensor.nodes() as f64),
            (Law::Empirical { components, .. }, _) => Ok(100.0 * components.values().nrows() as f64),
            _ => Ok(100.0),
        }
    }

    /// `E[û_α tanh S]` and `E[sech² S]`.
    ///
    /// # Errors
    /// Coefficients of the wrong number or not finite, negative noise, a field beyond [`MAX_NODES`](super::MAX_NODES) Fourier nodes.
    pub fn evaluate(&mut self, field: &Field) -> Result<&Averages> {
        self.compute(field, Detail::Map)?;
        Ok(&self.averages)
    }

    /// All averages, and the products with `E[û_α û_β sech² S]` that a linearization needs.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn linearize(&mut self, field: &Field) -> Result<Linearization<'_>> {
        self.compute(field, Detail::Jacobian)?;
        Ok(Linearization { averager: self })
    }

    /// [`Linearization::component_pair_sech2`] at the field of the last [`linearize`](Self::linearize).
    pub(crate) fn component_pair_sech2(&mut self) -> DMatrix<f64> {
        let mut matrix = DMatrix::zeros(self.modes, self.modes);
        let mut direction = vec![0.0; self.modes];
        for (beta, mut column) in matrix.column_iter_mut().enumerate() {
            direction[beta] = 1.0;
            self.product(&direction, column.as_mut_slice());
            direction[beta] = 0.0;
        }
        matrix
    }

    /// The averages of the last field.
    pub(crate) fn averages(&self) -> &Averages {
        &self.averages
    }

    fn compute(&mut self, field: &Field, detail: Detail) -> Result<()> {
        field.validate(self.modes)?;
        let out = &mut self.averages;
        match &mut self.law {
            Law::Gaussian { coefficients, point, scratch } => {
                coefficients.copy_from_slice(field.coefficients);
                self.line.averages(total_noise(field), &[field.bias], detail, scratch)?;
                *point = scratch[0];
                stein(coefficients, *point, out);
            }
            Law::Product(product) => product.averages(field, detail, out)?,
            Law::Tensor(tensor) => tensor.averages(field, out)?,
            Law::Empirical { components, sites, arguments } => {
                site_fields(components, field, arguments);
                self.line.averages(field.noise, arguments, detail, sites)?;
                over_sites(components, sites, out);
            }
        }
        self.refine(field);
        Ok(())
    }

    /// Under Gaussian laws with a bias, sech² and what follows from it with relative accuracy where they are small.
    fn refine(&mut self, field: &Field) {
        let normal = matches!((&self.law, &self.line), (Law::Gaussian { .. }, Line::Fourier(_)));
        if !normal || field.bias == 0.0 || self.averages.sech2 > SMALL {
            return;
        }
        let (sech2, sech4) = (self.small(Function::Sech2, field), self.small(Function::Sech4, field));
        if let (Some(sech2), Some(sech4)) = (sech2, sech4) {
            let point = Scalar { sech2, sech4, sech2_bend: 4.0 * sech2 - 6.0 * sech4, ..Scalar::default() };
            stein(field.coefficients, point, &mut self.averages);
        }
    }

    /// [`Linearization::product`] at the field of the last [`linearize`](Self::linearize).
    pub(crate) fn product(&mut self, direction: &[f64], out: &mut [f64]) {
        debug_assert_eq!((direction.len(), out.len()), (self.modes, self.modes));
        match &mut self.law {
            Law::Gaussian { coefficients, point, .. } => {
                // E[û_α û_β g(S)] = δ_αβ E[g] + c_α c_β E[g''], and (sech²)'' = 4 sech² − 6 sech⁴.
                let along: f64 = coefficients.iter().zip(direction).map(|(c, d)| c * d).sum();
                let bend = along * point.sech2_bend;
                for ((out, c), d) in out.iter_mut().zip(coefficients.iter()).zip(direction) {
                    *out = point.sech2 * d + bend * c;
                }
            }
            Law::Product(product) => product.product(direction, out),
            Law::Tensor(tensor) => tensor.product(direction, out),
            Law::Empirical { components, sites, .. } => {
                out.fill(0.0);
                for (site, row) in sites.iter().zip(components.values().row_iter()) {
                    let along: f64 = row.iter().zip(direction).map(|(u, d)| u * d).sum();
                    for (out, u) in out.iter_mut().zip(row.iter()) {
                        *out += u * along * site.sech2 / sites.len() as f64;
                    }
                }
            }
        }
    }

    /// Average of one scalar function of S. Averages that are small because S is far from 0 keep their relative
    /// accuracy. Where that is impossible, an average below [`ACCURACY`] is returned as 0.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn mean(&mut self, function: Function, field: &Field) -> Result<f64> {
        field.validate(self.modes)?;
        let value = match function {
            Function::Log2Cosh => return self.log_2cosh(field),
            _ => self.scalar(function, field)?,
        };
        if !matches!(self.line, Line::Fourier(_)) || value.abs() > SMALL {
            return Ok(value);
        }
        let rounded = if value.abs() < self.resolution(function, field) { 0.0 } else { value };
        Ok(self.small(function, field).unwrap_or(rounded))
    }

    /// Largest value that rounding may leave of a Fourier sum that is exactly zero. Terms are smaller under strong
    /// noise, and those of odd functions under a small bias.
    fn resolution(&self, function: Function, field: &Field) -> f64 {
        let noise = if matches!(self.law, Law::Gaussian { .. }) { total_noise(field) } else { field.noise };
        let narrow = noise.recip().min(1.0);
        let odd = field.bias.abs().min(1.0);
        match function {
            Function::Tanh => ACCURACY * narrow * odd,
            Function::TanhSech2 => ACCURACY * narrow.powi(3) * odd,
            _ => ACCURACY * narrow,
        }
    }

    /// A small average of a decaying function, where S is one normal variable or a sum of independent components, away
    /// from 0.
    fn small(&self, function: Function, field: &Field) -> Option<f64> {
        let active: Vec<f64> = field.coefficients.iter().copied().filter(|&c| c != 0.0).collect();
        let (prior, coefficients, noise) = match &self.law {
            Law::Gaussian { .. } => (&Prior::Gaussian, &[][..], total_noise(field)),
            Law::Product(product) => (product.prior(), &active[..], field.noise),
            _ => return None,
        };
        let can_be_small = field.bias != 0.0 || *prior == Prior::Bernoulli && !coefficients.is_empty();
        let fluctuates = noise > 0.0 || !coefficients.is_empty();
        let tilted = Tilted { prior, coefficients, noise, bias: field.bias };
        (can_be_small && fluctuates).then(|| tilted.mean(function)).flatten()
    }

    fn scalar(&mut self, function: Function, field: &Field) -> Result<f64> {
        let mut points = Vec::new();
        let scalar = match &mut self.law {
            Law::Gaussian { .. } => {
                self.line.averages(total_noise(field), &[field.bias], Detail::Jacobian, &mut points)?;
                points[0]
            }
            Law::Product(product) => product.scalar(field)?,
            Law::Tensor(tensor) => tensor.scalar(field)?,
            Law::Empirical { components, arguments, .. } => {
                site_fields(components, field, arguments);
                self.line.averages(field.noise, arguments, Detail::Jacobian, &mut points)?;
                Scalar::mean(&points)
            }
        };
        Ok(match function {
            Function::Tanh => scalar.tanh,
            Function::Sech2 => scalar.sech2,
            Function::Sech4 => scalar.sech4,
            _ => scalar.tanh_sech2,
        })
    }

    /// `E[log 2cosh S]`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn log_2cosh(&mut self, field: &Field) -> Result<f64> {
        field.validate(self.modes)?;
        match &mut self.law {
            Law::Gaussian { .. } => self.line.log_2cosh(total_noise(field), field.bias),
            Law::Product(product) => product.log_2cosh(field),
            Law::Tensor(tensor) => Ok(tensor.log_2cosh(field)),
            Law::Empirical { components, arguments, .. } => {
                site_fields(components, field, arguments);
                let mut sum = 0.0;
                for &argument in arguments.iter() {
                    sum += self.line.log_2cosh(field.noise, argument)?;
                }
                Ok(sum / arguments.len() as f64)
            }
        }
    }
}

/// How the prior computes the averages, with the values of the last linearization that its products need.
#[derive(Clone, Debug)]
pub(super) enum Law {
    Gaussian { coefficients: Vec<f64>, point: Scalar, scratch: Vec<Scalar> },
    Product(Product),
    Tensor(Tensor),
    Empirical { components: Arc<Components>, sites: Vec<Scalar>, arguments: Vec<f64> },
}

/// The averages over a field, with the derivatives of `E[û_α tanh S]` in the directions of the coefficients.
#[derive(Debug)]
pub struct Linearization<'a> {
    pub(super) averager: &'a mut Averager,
}

impl Linearization<'_> {
    /// The averages at the point.
    pub fn averages(&self) -> &Averages {
        &self.averager.averages
    }

    /// `out_α = Σ_β E[û_α û_β sech² S] δ_β`, the derivative of `E[û_α tanh S]` along
    /// `δ` in c: linear in the number of modes. `direction` and `out` have one entry per mode.
    pub fn product(&mut self, direction: &[f64], out: &mut [f64]) {
        self.averager.product(direction, out);
    }

    /// The whole matrix `E[û_α û_β sech² S]`, `modes × modes`.
    pub fn component_pair_sech2(&mut self) -> DMatrix<f64> {
        self.averager.component_pair_sech2()
    }
}
