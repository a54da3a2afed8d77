//! `average`: the averages that all other quantities are built from.

use super::destination::{Destination, write_json};
use super::error::CliError;
use super::options::{BackendName, Common};
use super::report;
use super::report::number;
use crate::Prior;
use crate::theory::average::{ACCURACY, Averager, Field, Function, response};
use clap::Args;
use serde::{Deserialize, Serialize};

/// Averages over the field S = s x + c_1 u_1 + c_2 u_2 + ... + b, or the response function V(x).
///
/// FUNCTION is V or V-prime (of the variances --x), or tanh, sech2, sech4, tanh-sech2 or log2cosh (of the field given by
/// --prior, --coefficients, --noise and --bias; with --x instead, of a normal variable of variance x).
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = "Examples:
  spectral-rbm average V --x 0.5,10,1e6
  spectral-rbm average sech2 --prior bernoulli --coefficients 1,0.5 --noise 0.3
  spectral-rbm average log2cosh --prior laplace --coefficients 50,30 --bias 0.2 --format json")]
#[serde(deny_unknown_fields)]
pub(super) struct Average {
    /// V, V-prime, tanh, sech2, sech4, tanh-sech2 or log2cosh
    #[arg(default_value = "V")]
    function: String,
    /// Variances of a normal field [default for V: 0,0.5,1,10,1e6]
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_name = "X,...")]
    #[serde(default)]
    x: Vec<f64>,
    /// Law of the components u
    #[arg(long, default_value = "gaussian")]
    prior: Prior,
    /// Coefficients c of the components [default: 1]
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true, value_name = "C,...")]
    #[serde(default)]
    coefficients: Vec<f64>,
    /// Standard deviation s of the normal part
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    noise: f64,
    /// Constant b
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    bias: f64,
    /// How averages are computed
    #[arg(long, value_enum, default_value_t)]
    backend: BackendName,
}

#[derive(Serialize)]
struct Value {
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<f64>,
    value: f64,
    /// Bound on the value: a value of 0 stands for a number smaller than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    below: Option<f64>,
}

#[derive(Serialize)]
struct AverageReport<'a> {
    function: &'a str,
    backend: BackendName,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<FieldReport<'a>>,
    values: Vec<Value>,
    /// E[u_α tanh S], for a field under tanh.
    #[serde(skip_serializing_if = "Option::is_none")]
    component_values: Option<Vec<f64>>,
}

#[derive(Serialize)]
struct FieldReport<'a> {
    prior: &'a Prior,
    coefficients: &'a [f64],
    noise: f64,
    bias: f64,
}

impl Average {
    pub fn execute(mut self, common: &Common) -> Result<(), CliError> {
        self.resolve();
        let destination = Destination::requested(common)?;
        let values = self.values()?;
        if self.backend == BackendName::Hermite && !common.quiet {
            let exact = Self { backend: BackendName::Fourier, ..self.clone() };
            let relative = |(a, b): (Value, &Value)| {
                let size = a.value.abs().max(b.value.abs());
                if size == 0.0 { 0.0 } else { (a.value - b.value).abs() / size }
            };
            let largest = exact.values()?.values.into_iter().zip(&values.values).map(relative).fold(0.0, f64::max);
            if largest > BackendName::NOTABLE_ERROR {
                eprintln!(
                    "note: the hermite backend has not converged here: by fourier the values differ by up to {largest:.1e} of them"
                );
            }
        }
        report::show(common, &values, || values.table());
        if let Some(mut destination) = destination {
            write_json(&mut destination, "average.json", &values)?;
            destination.write_run(common, "average", &self)?;
        }
        Ok(())
    }

    fn is_response(&self) -> bool {
        matches!(self.function.to_lowercase().as_str(), "v" | "v-prime")
    }

    fn resolve(&mut self) {
        if self.is_response() && self.x.is_empty() {
            self.x = vec![0.0, 0.5, 1.0, 10.0, 1e6];
        }
        if !self.is_response() && self.x.is_empty() && self.coefficients.is_empty() {
            self.coefficients = vec![1.0];
        }
    }

    fn values(&self) -> Result<AverageReport<'_>, CliError> {
        let function = if self.is_response() { None } else { Some(self.function.parse::<Function>()?) };
        let backend = self.backend.resolve([&self.prior; 2], self.coefficients.len());
        if !self.x.is_empty() {
            if !self.coefficients.is_empty() || self.noise != 0.0 || (self.bias != 0.0 && function.is_none()) {
                let message = "--x gives the variance of a normal field: leave out --coefficients and --noise (and --bias with V)";
                return Err(CliError::Input(message.to_owned()));
            }
            let backend = self.backend.resolve([&Prior::Gaussian; 2], 0);
            let mut averager = Averager::new(&Prior::Gaussian, 0, backend)?;
            let values: crate::Result<Vec<Value>> = self
                .x
                .iter()
                .map(|&x| Ok(self.value(Some(x), self.at_variance(&mut averager, function, x)?)))
                .collect();
            return Ok(self.report(values?));
        }
        let Some(function) = function else { return Ok(self.report(Vec::new())) };
        let mut averager = Averager::new(&self.prior, self.coefficients.len(), backend)?;
        let field = Field { coefficients: &self.coefficients, noise: self.noise, bias: self.bias };
        let value = averager.mean(function, &field)?;
        let component_values = match function {
            Function::Tanh => Some(averager.evaluate(&field)?.component_tanh.clone()),
            Function::TanhSech2 => Some(averager.linearize(&field)?.averages().component_tanh_sech2.clone()),
            _ => None,
        };
        let field =
            FieldReport { prior: &self.prior, coefficients: &self.coefficients, noise: self.noise, bias: self.bias };
        Ok(AverageReport { field: Some(field), component_values, ..self.report(vec![self.value(None, value)]) })
    }

    fn report(&self, values: Vec<Value>) -> AverageReport<'_> {
        AverageReport { function: &self.function, backend: self.backend, field: None, values, component_values: None }
    }

    /// Wraps a value, and says what a 0 stands for. Only the average of an odd function without bias is exactly 0.
    fn value(&self, x: Option<f64>, value: f64) -> Value {
        let vanishes = self.bias == 0.0 && self.function.to_lowercase().starts_with("tanh");
        Value { x, value, below: (value == 0.0 && !vanishes).then_some(ACCURACY) }
    }

    /// The function, or V or V', at variance x.
    fn at_variance(&self, averager: &mut Averager, function: Option<Function>, x: f64) -> crate::Result<f64> {
        if x < 0.0 {
            return Err(crate::Error::Negative { name: "the variance x", value: x });
        }
        let field = Field { coefficients: &[], noise: x.sqrt(), bias: self.bias };
        match (function, self.backend) {
            (Some(function), _) => averager.mean(function, &field),
            (None, BackendName::Fourier) if self.is_slope() => response::v_prime(x),
            (None, BackendName::Fourier) => response::v(x),
            (None, BackendName::Hermite) => {
                let (sech2, sech4) = (averager.mean(Function::Sech2, &field)?, averager.mean(Function::Sech4, &field)?);
                Ok(if self.is_slope() { 2.0 * sech2 - 3.0 * sech4 } else { sech2 })
            }
        }
    }

    fn is_slope(&self) -> bool {
        self.function.to_lowercase() == "v-prime"
    }
}

impl AverageReport<'_> {
    fn table(&self) -> String {
        let name = format!("E[{}]", self.function);
        let mut text = match &self.field {
            None => report::table(
                &["x", if self.function.to_lowercase().starts_with('v') { self.function } else { &name }],
                self.values.iter().map(|v| vec![v.x.map_or(String::new(), number), number(v.value)]),
            ),
            Some(_) => report::table(&[&name], self.values.iter().map(|v| vec![number(v.value)])),
        };
        if let Some(below) = self.values.iter().find_map(|value| value.below) {
            text += &format!("0 stands for less than {below:e}, the accuracy of these averages.\n");
        }
        if let Some(components) = &self.component_values {
            let rows = components.iter().enumerate().map(|(mode, value)| vec![(mode + 1).to_string(), number(*value)]);
            text += "\n";
            text += &report::table(&["mode", &format!("E[u {}]", self.function)], rows);
        }
        text
    }
}
