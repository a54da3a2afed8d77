//! What averages cost: error against the number of nodes, and against time, of both backends.
//!
//! The averages are those of one iteration of the saddle-point equations, `E[û_α tanh S]` of every mode and `E[sech² S]`, and
//! the error is the largest of theirs. The [`reference()`] is computed in the space of S, by neither backend's rule:
//!
//! | law | reference |
//! |---|---|
//! | Gaussian | one normal variable of variance `s² + Σ c²` |
//! | Bernoulli | the sum over all 2^K signs |
//! | uniform | Gauss–Legendre on two panels per component |
//! | Laplace | `û = √e g` with e exponential and g normal: `z = Σ c² e` has a density of exponentials in closed form, and S is normal of variance `s² + z` |
//!
//! each with the trapezoidal rule for normal variables, whose error is below `e^{−π²/(s h)}` for tanh (poles at ±iπ/2) and a
//! step h. Times are the median of repeated measurements, each of many calls.

use super::averager::Averager;
use super::field::{Backend, Field};
use crate::error::{Error, Result};
use crate::theory::prior::Prior;
use crate::theory::quadrature;
use std::hint::black_box;
use std::time::Instant;

/// Largest step of the trapezoidal rule over a standard normal variable; a coefficient above 1 divides it.
const STEP: f64 = 0.25;
/// End of the trapezoidal rule: the normal density there is 1e-20.
const END: f64 = 9.5;
/// Nodes on each panel of Gauss–Legendre rules.
const PANEL: usize = 24;
/// Panels of the rule over the exponential variable.
const PANELS: usize = 60;
/// End of these panels, in units of the variable's largest scale: e^{−45} = 3e-20.
const LAST: f64 = 45.0;
/// Largest number of modes of a reference: 2^K terms under a Bernoulli law.
const MOST_MODES: usize = 12;
/// Largest number of modes under a uniform law, which takes 48^K terms.
const MOST_UNIFORM: usize = 3;
/// Number of measurements; their median is taken.
const MEASUREMENTS: usize = 9;
/// Shortest duration of one measurement, in seconds.
const LASTING: f64 = 5e-4;

/// A field whose averages are taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Law of the components.
    pub prior: Prior,
    /// Coefficients, one per mode, not zero; of a Laplace law all different.
    pub coefficients: Vec<f64>,
    /// Standard deviation of the noise, positive.
    pub noise: f64,
}

/// A rule, its error and its cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// The tolerance of a Fourier average, or the Gauss nodes in each dimension.
    pub setting: f64,
    /// Points at which functions are evaluated.
    pub nodes: usize,
    /// Largest absolute error of the averages.
    pub error: f64,
    /// Time of all the averages, in seconds.
    pub seconds: f64,
}

/// `E[û_α tanh S]` of every mode, then `E[sech² S]`.
pub type Values = Vec<f64>;

/// The averages of a problem in real space, to about 1e-15.
///
/// # Errors
/// [`Error::Range`] for an empirical law, no modes or too many, a coefficient or noise that is not positive and finite, or equal coefficients
/// of a Laplace law.
pub fn reference(problem: &Problem) -> Result<Values> {
    check(problem)?;
    let Problem { prior, coefficients, noise } = problem;
    Ok(match prior {
        Prior::Gaussian => {
            let total = coefficients.iter().fold(noise * noise, |variance, c| variance + c * c);
            let sech2 = normal(total.sqrt(), 0.0).1;
            coefficients.iter().map(|c| c * sech2).chain([sech2]).collect()
        }
        Prior::Laplace => laplace(coefficients, *noise)?,
        Prior::Bernoulli => over_components(&[-1.0, 1.0].map(|u| (u, 0.5)), coefficients, *noise),
        _ => {
            let rule = quadrature::legendre(PANEL)?;
            let half = 0.5 * 3f64.sqrt();
            let panel = |middle: f64| {
                rule.nodes.iter().zip(&rule.weights).map(move |(x, w)| (middle + half * x, 0.5 * w)).collect::<Vec<_>>()
            };
            over_components(&[panel(-half), panel(half)].concat(), coefficients, *noise)
        }
    })
}

/// Fourier averages at each tolerance.
///
/// # Errors
/// Those of the averages.
pub fn fourier(problem: &Problem, exact: &[f64], tolerances: &[f64]) -> Result<Vec<Cost>> {
    let at = |&tolerance: &f64| {
        let averager = Averager::new(&problem.prior, problem.coefficients.len(), Backend::Fourier)?;
        measure(averager.with_tolerance(tolerance)?, problem, exact, tolerance)
    };
    tolerances.iter().map(at).collect()
}

/// Tensor products of Gauss rules with each number of nodes per dimension.
///
/// # Errors
/// Those of the averages: more than three modes, more than 1024 nodes.
pub fn hermite(problem: &Problem, exact: &[f64], nodes: &[usize]) -> Result<Vec<Cost>> {
    let at = |&nodes: &usize| {
        let averager = Averager::new(&problem.prior, problem.coefficients.len(), Backend::Hermite { nodes })?;
        measure(averager, problem, exact, nodes as f64)
    };
    nodes.iter().map(at).collect()
}

fn measure(mut averager: Averager, problem: &Problem, exact: &[f64], setting: f64) -> Result<Cost> {
    let field = Field::new(&problem.coefficients, problem.noise);
    let found = averager.evaluate(&field)?;
    let values = found.component_tanh.iter().chain([&found.sech2]);
    let error = values.zip(exact).map(|(found, exact)| (found - exact).abs()).fold(0.0, f64::max);
    let nodes = averager.nodes();
    let mut run = |calls: usize| {
        let start = Instant::now();
        for _ in 0..calls {
            // The first call succeeded, and the others are the same.
            let _ = black_box(averager.evaluate(black_box(&field)).map(|averages| averages.sech2));
        }
        start.elapsed().as_secs_f64() / calls as f64
    };
    let calls = ((LASTING / run(1).max(1e-9)) as usize).max(1);
    let mut times: Vec<f64> = (0..MEASUREMENTS).map(|_| run(calls)).collect();
    times.sort_by(f64::total_cmp);
    Ok(Cost { setting, nodes, error, seconds: times[MEASUREMENTS / 2] })
}

fn check(problem: &Problem) -> Result<()> {
    let Problem { prior, coefficients, noise } = problem;
    let bad = |reason: String| Err(Error::Range { name: "the problem", reason });
    if !prior.is_symmetric() {
        return bad("averages under an empirical law are sums over its sites".to_owned());
    }
    let most = if *prior == Prior::Uniform { MOST_UNIFORM } else { MOST_MODES };
    if !(1..=most).contains(&coefficients.len()) {
        return bad(format!("it has {} modes: choose between 1 and {most}", coefficients.len()));
    }
    if let Some(value) = coefficients.iter().chain([noise]).find(|value| !(value.is_finite() && **value > 0.0)) {
        return bad(format!("{value} is not positive and finite"));
    }
    let close = |(index, a): (usize, &f64)| coefficients[..index].iter().any(|b| (a / b - 1.0).abs() < 0.01);
    if *prior == Prior::Laplace && coefficients.iter().enumerate().any(close) {
        return bad("coefficients of a Laplace law must be different".to_owned());
    }
    Ok(())
}

/// `(E tanh, E sech²)` of `b + s x`.
fn normal(s: f64, b: f64) -> (f64, f64) {
    let step = STEP / s.max(1.0);
    let count = (END / step).ceil() as i32;
    let (mut tanh, mut sech2, mut total) = (0.0, 0.0, 0.0);
    for n in -count..=count {
        let x = f64::from(n) * step;
        let weight = (-0.5 * x * x).exp();
        let at = super::scalar::Scalar::at(b + s * x);
        tanh += weight * at.tanh;
        sech2 += weight * at.sech2;
        total += weight;
    }
    (tanh / total, sech2 / total)
}

/// Averages over every combination of the components' points and weights.
fn over_components(points: &[(f64, f64)], coefficients: &[f64], noise: f64) -> Values {
    let modes = coefficients.len();
    let mut sums = vec![0.0; modes + 1];
    let mut u = vec![0.0; modes];
    for index in 0..points.len().pow(modes as u32) {
        let (mut rest, mut weight, mut field) = (index, 1.0, 0.0);
        for (u, c) in u.iter_mut().zip(coefficients) {
            let (point, share) = points[rest % points.len()];
            (*u, weight, field) = (point, weight * share, field + c * point);
            rest /= points.len();
        }
        let (tanh, sech2) = normal(noise, field);
        sums.iter_mut().zip(&u).for_each(|(sum, u)| *sum += weight * u * tanh);
        sums[modes] += weight * sech2;
    }
    sums
}

/// With rates `λ_γ = 1/c_γ²` the density of `z = Σ c_γ² e_γ` is `Σ_γ A_γ λ_γ e^{−λ_γ z}`, `A_γ = Π_{β≠γ} λ_β/(λ_β − λ_γ)`.
/// By Stein's lemma `E[û_α tanh S] = c_α E[e_α sech² S]`, and a density times e_α is that of z with e_α twice:
/// a double pole, `λ_α A_α [λ_α z − Σ_{β≠α} λ_α/(λ_β − λ_α)] e^{−λ_α z} + Σ_{γ≠α} A_γ λ_γ λ_α/(λ_α − λ_γ) e^{−λ_γ z}`.
fn laplace(coefficients: &[f64], noise: f64) -> Result<Values> {
    let modes = coefficients.len();
    let rates: Vec<f64> = coefficients.iter().map(|c| c.powi(-2)).collect();
    let others = |mode: usize| (0..modes).filter(move |&other| other != mode);
    let shares: Vec<f64> =
        (0..modes).map(|g| others(g).map(|b| rates[b] / (rates[b] - rates[g])).product::<f64>()).collect();
    let rule = quadrature::legendre(PANEL)?;
    let end = LAST / rates.iter().copied().fold(f64::INFINITY, f64::min);
    let mut sums = vec![0.0; modes + 1];
    for panel in 0..PANELS {
        // Narrow where z is small: there the variance changes fastest.
        let edge = |n: usize| end * (n as f64 / PANELS as f64).powi(2);
        let (low, width) = (edge(panel), edge(panel + 1) - edge(panel));
        for (x, w) in rule.nodes.iter().zip(&rule.weights) {
            let z = low + 0.5 * width * (1.0 + x);
            let value = w * width * normal((noise * noise + z).sqrt(), 0.0).1;
            let densities: Vec<f64> = (0..modes).map(|g| shares[g] * rates[g] * (-rates[g] * z).exp()).collect();
            sums[modes] += value * densities.iter().sum::<f64>();
            for (alpha, c) in coefficients.iter().enumerate() {
                let rate = rates[alpha];
                let slope: f64 = others(alpha).map(|b| rate / (rates[b] - rate)).sum();
                let rest: f64 = others(alpha).map(|g| densities[g] * rate / (rate - rates[g])).sum();
                sums[alpha] += c * value * (densities[alpha] * (rate * z - slope) + rest);
            }
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(prior: Prior, coefficients: &[f64], noise: f64) -> Problem {
        Problem { prior, coefficients: coefficients.to_vec(), noise }
    }

    /// The four references against the default Fourier average, which is computed in another space, to what both are
    /// accurate to: 1e-15 and the cancellation among the shares of the Laplace density, which are below 30 here.
    #[test]
    fn references_and_fourier_averages_agree() {
        for prior in Prior::NAMED {
            for (coefficients, noise) in [(&[1.5][..], 0.5), (&[2.0, 1.2], 1.0), (&[1.5, 1.2, 0.9], 0.4)] {
                let problem = problem(prior.clone(), coefficients, noise);
                let exact = reference(&problem).unwrap();
                let cost = fourier(&problem, &exact, &[1e-16]).unwrap()[0];
                assert!(cost.error < 1e-13, "{problem:?} {}", cost.error);
            }
        }
    }

    /// At little noise one mode has closed forms: tanh c of Bernoulli components, and `E[sech²(cû)] = tanh(√3 c)/(√3 c)` of
    /// uniform ones, up to the noise's `s²/2` times second derivatives of order one.
    #[test]
    fn references_have_the_closed_forms_of_no_noise() {
        let bernoulli = reference(&problem(Prior::Bernoulli, &[0.8], 1e-5)).unwrap();
        assert!((bernoulli[0] - 0.8f64.tanh()).abs() < 1e-10 && (bernoulli[1] - 0.8f64.cosh().powi(-2)).abs() < 1e-10);
        let uniform = reference(&problem(Prior::Uniform, &[0.8], 1e-5)).unwrap();
        let z = 0.8 * 3f64.sqrt();
        assert!((uniform[1] - z.tanh() / z).abs() < 1e-10);
    }

    /// A tolerance is kept, within a factor for the algebraic prefactors of the bound, and costs nodes.
    #[test]
    fn tolerances_are_kept_and_cost_nodes() {
        let tolerances = [1e-3, 1e-6, 1e-9, 1e-12];
        for prior in Prior::NAMED {
            let problem = problem(prior, &[1.5, 1.2], 0.5);
            let exact = reference(&problem).unwrap();
            let costs = fourier(&problem, &exact, &tolerances).unwrap();
            assert!(costs.windows(2).all(|pair| pair[0].nodes < pair[1].nodes), "{costs:?}");
            assert!(costs.iter().all(|cost| cost.error < 10.0 * cost.setting), "{costs:?}");
            // n nodes of a Gauss rule: the error falls, and the number of points is that of the tensor.
            let gauss = hermite(&problem, &exact, &[4, 16]).unwrap();
            assert!(gauss[1].error < gauss[0].error && gauss[1].seconds > 0.0);
            let each = |n: usize| match problem.prior {
                Prior::Gaussian => n,
                Prior::Bernoulli => 4 * n,
                Prior::Uniform => n * n * n,
                _ => 4 * n * n * n,
            };
            assert_eq!(gauss.iter().map(|cost| cost.nodes).collect::<Vec<_>>(), [each(4), each(16)]);
        }
    }

    #[test]
    fn problems_without_a_reference_are_refused() {
        for (prior, coefficients, noise) in [
            (Prior::Laplace, &[1.0, 1.0][..], 0.5),
            (Prior::Uniform, &[1.0, 0.9, 0.8, 0.7], 0.5),
            (Prior::Gaussian, &[1.0], 0.0),
            (Prior::Gaussian, &[], 0.5),
            (Prior::Bernoulli, &[f64::NAN], 0.5),
        ] {
            assert!(reference(&problem(prior, coefficients, noise)).is_err());
        }
        let averager = Averager::new(&Prior::Laplace, 1, Backend::Fourier).unwrap();
        assert!(averager.clone().with_tolerance(2.0).is_err() && averager.with_tolerance(f64::NAN).is_err());
    }
}
