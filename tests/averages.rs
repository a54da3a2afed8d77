//! The averages against closed forms, independent quadrature and exact enumeration, in easy and in hard fields.

use nalgebra::{DMatrix, DVector};
use spectral_rbm::theory::average::{Averager, Backend, Field, Function};
use spectral_rbm::theory::prior::Components;
use spectral_rbm::{Error, Prior};
use std::sync::Arc;

/// Functions of the field with a scalar average.
const SCALARS: [Function; 5] =
    [Function::Tanh, Function::Sech2, Function::Sech4, Function::TanhSech2, Function::Log2Cosh];

fn value(function: Function, s: f64) -> f64 {
    let decay = (-2.0 * s.abs()).exp();
    let sech2 = 4.0 * decay / (1.0 + decay).powi(2);
    match function {
        Function::Tanh => s.tanh(),
        Function::Sech2 => sech2,
        Function::Sech4 => sech2 * sech2,
        Function::TanhSech2 => s.tanh() * sech2,
        Function::Log2Cosh => s.abs() + decay.ln_1p(),
    }
}

/// Whether two values agree relative to max(1, |value|), the accuracy that the Fourier backend promises.
fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs().max(1.0)
}

/// E[f(s x + b)] by the trapezoidal rule over x: exact up to e^{−π²/(s h)} and the tails beyond 9.5 deviations.
fn over_noise(function: impl Fn(f64) -> f64, noise: f64, bias: f64) -> f64 {
    if noise == 0.0 {
        return function(bias);
    }
    let step = 0.25f64.min(0.25 / noise);
    let nodes = (9.5 / step) as i64;
    let density = |x: f64| (-0.5 * x * x).exp() * step / std::f64::consts::TAU.sqrt();
    (-nodes..=nodes).map(|n| n as f64 * step).map(|x| density(x) * function(noise * x + bias)).sum()
}

/// All sign patterns of Bernoulli components, with their weights.
fn sign_patterns(modes: usize) -> impl Iterator<Item = Vec<f64>> {
    (0..1u32 << modes).map(move |bits| (0..modes).map(|m| if bits >> m & 1 == 1 { 1.0 } else { -1.0 }).collect())
}

/// All scalar functions, with bias, under ±1 components: enumeration of the 2^K patterns and quadrature over the noise.
#[test]
fn bernoulli_against_enumeration() {
    let cases: [(&[f64], f64, f64); 8] = [
        (&[0.7], 0.0, 0.0),
        (&[1.0, 0.5], 0.3, 0.4),
        (&[50.0, 30.0], 0.0, 0.0),
        (&[50.0, 30.0], 1e-3, 20.0),
        (&[0.2, 3.0, 7.0], 1.7, -2.0),
        (&[4.0, 4.0, 0.01], 30.0, 1.0),
        (&[0.0, 1.0], 12.0, 5.0),
        (&[2.0, -1.0, 0.5, 0.25], 0.0, 0.1),
    ];
    for (coefficients, noise, bias) in cases {
        let mut averager = Averager::new(&Prior::Bernoulli, coefficients.len(), Backend::Fourier).unwrap();
        let field = Field { coefficients, noise, bias };
        let exact = |weight: &dyn Fn(&[f64]) -> f64, function: Function| -> f64 {
            let patterns = sign_patterns(coefficients.len());
            let sum: f64 = patterns
                .map(|u| {
                    let shift = bias + coefficients.iter().zip(&u).map(|(c, u)| c * u).sum::<f64>();
                    weight(&u) * over_noise(|s| value(function, s), noise, shift)
                })
                .sum();
            sum / f64::from(1 << coefficients.len())
        };
        for function in SCALARS {
            let found = averager.mean(function, &field).unwrap();
            let expected = exact(&|_| 1.0, function);
            assert!(close(found, expected, 1e-12), "{function:?} {field:?}: {found} against {expected}");
        }
        let mut linearization = averager.linearize(&field).unwrap();
        let pairs = linearization.component_pair_sech2();
        let averages = linearization.averages();
        assert!(close(averages.sech2, exact(&|_| 1.0, Function::Sech2), 1e-12));
        assert!(close(averages.sech4, exact(&|_| 1.0, Function::Sech4), 1e-12));
        for alpha in 0..coefficients.len() {
            let tanh = exact(&|u| u[alpha], Function::Tanh);
            assert!(close(averages.component_tanh[alpha], tanh, 1e-12), "{field:?} {alpha}");
            let tanh_sech2 = exact(&|u| u[alpha], Function::TanhSech2);
            assert!(close(averages.component_tanh_sech2[alpha], tanh_sech2, 1e-12), "{field:?} {alpha}");
            for beta in 0..coefficients.len() {
                let pair = exact(&|u| u[alpha] * u[beta], Function::Sech2);
                assert!(close(pairs[(alpha, beta)], pair, 1e-12), "{field:?} {alpha} {beta}");
            }
        }
    }
}

/// A single component of each law: quadrature over û by a fine composite rule, and over the noise by the trapezoidal
/// rule.
#[test]
fn single_components_against_quadrature() {
    for prior in [Prior::Uniform, Prior::Laplace, Prior::Gaussian] {
        for (c, noise, bias) in [(0.3, 0.0, 0.0), (1.5, 0.4, 0.2), (8.0, 1e-3, 0.0), (50.0, 0.0, 3.0), (5.0, 30.0, 1.0)]
        {
            let mut averager = Averager::new(&prior, 1, Backend::Fourier).unwrap();
            let field = Field { coefficients: &[c], noise, bias };
            for function in SCALARS {
                let reference = over_component(&prior, |u| over_noise(|s| value(function, s), noise, c * u + bias));
                let found = averager.mean(function, &field).unwrap();
                assert!(close(found, reference, 1e-12), "{prior} {function:?} {field:?}: {found} {reference}");
            }
            let reference = over_component(&prior, |u| u * over_noise(f64::tanh, noise, c * u + bias));
            let found = averager.evaluate(&field).unwrap().component_tanh[0];
            assert!(close(found, reference, 1e-12), "{prior} {field:?}: {found} {reference}");
        }
    }
}

/// E[f(û)] by 20-point Gauss–Legendre on many panels, which resolve every integrand here to rounding.
fn over_component(prior: &Prior, function: impl Fn(f64) -> f64) -> f64 {
    let (edge, panels) = match prior {
        Prior::Uniform => (3f64.sqrt(), 80),
        Prior::Laplace => (27.0, 1200),
        _ => (9.5, 400),
    };
    let density = |u: f64| match prior {
        Prior::Uniform => 0.5 / 3f64.sqrt(),
        Prior::Laplace => (-(2f64.sqrt()) * u.abs()).exp() / 2f64.sqrt(),
        _ => (-0.5 * u * u).exp() / std::f64::consts::TAU.sqrt(),
    };
    let rule = spectral_rbm::theory::quadrature::legendre(20).unwrap();
    let width = 2.0 * edge / f64::from(panels);
    (0..panels)
        .map(|panel| {
            let center = -edge + (f64::from(panel) + 0.5) * width;
            width * rule.mean(|x| density(center + 0.5 * width * x) * function(center + 0.5 * width * x))
        })
        .sum()
}

/// Two hundred modes of 0.3 under ±1 components: S is a binomial sum.
#[test]
fn two_hundred_bernoulli_modes_against_the_binomial() {
    let coefficients = [0.3; 200];
    let mut log_weight = -(200.0 * 2f64.ln());
    let mut binomial = Vec::new();
    for k in 0..=200u32 {
        binomial.push(log_weight.exp());
        log_weight += (f64::from(200 - k) / f64::from(k + 1)).ln();
    }
    for noise in [0.0, 1e-3, 0.8] {
        let mut averager = Averager::new(&Prior::Bernoulli, 200, Backend::Fourier).unwrap();
        let field = Field::new(&coefficients, noise);
        let exact = |weight: &dyn Fn(f64) -> f64, function: Function| -> f64 {
            let sum = binomial.iter().enumerate().map(|(k, p)| {
                let total = 2.0 * k as f64 - 200.0;
                p * weight(total) * over_noise(|s| value(function, s), noise, 0.3 * total)
            });
            sum.sum()
        };
        // By symmetry among the modes, E[û_α f] is E[Σ û f]/K.
        let averages = averager.evaluate(&field).unwrap();
        assert!(close(averages.sech2, exact(&|_| 1.0, Function::Sech2), 1e-12));
        assert!(close(averages.component_tanh[17], exact(&|total| total / 200.0, Function::Tanh), 1e-12));
        let found = averager.log_2cosh(&field).unwrap();
        // The logarithms of the binomial weights are accurate to 1e-13.
        assert!(close(found, exact(&|_| 1.0, Function::Log2Cosh), 1e-12));
    }
}

/// Gaussian components act as noise: Stein's lemma against a one-dimensional rule, for many modes.
#[test]
fn gaussian_components_are_noise() {
    let coefficients: Vec<f64> = (0..50).map(|k| 0.02 * f64::from(k)).collect();
    let total = coefficients.iter().map(|c| c * c).sum::<f64>() + 0.09;
    let mut averager = Averager::new(&Prior::Gaussian, 50, Backend::Fourier).unwrap();
    let mut linearization = averager.linearize(&Field::new(&coefficients, 0.3)).unwrap();
    let sech2 = over_noise(|s| value(Function::Sech2, s), total.sqrt(), 0.0);
    let pairs = linearization.component_pair_sech2();
    let averages = linearization.averages();
    assert!(close(averages.sech2, sech2, 1e-13));
    assert!(close(averages.component_tanh[40], coefficients[40] * sech2, 1e-13));
    // E[û_α û_β sech² S] by the moments of (û_α, û_β) given S: δ_αβ E sech² + c_α c_β E[(S² − v)/v² sech² S].
    let bend = over_noise(|s| (s * s - total) / (total * total) * value(Function::Sech2, s), total.sqrt(), 0.0);
    assert!(close(pairs[(3, 40)], coefficients[3] * coefficients[40] * bend, 1e-13));
    assert!(close(pairs[(40, 40)], sech2 + coefficients[40].powi(2) * bend, 1e-13));
}

/// The two backends agree where Gauss–Hermite converges.
#[test]
fn fourier_averages_agree_with_gauss_hermite() {
    let cases: [(&[f64], f64); 4] = [(&[0.4], 0.2), (&[0.5, 0.3], 0.3), (&[0.4, 0.3, 0.2], 0.3), (&[0.6], 0.0)];
    for prior in Prior::NAMED {
        for (coefficients, noise) in cases {
            let modes = coefficients.len();
            let mut fourier = Averager::new(&prior, modes, Backend::Fourier).unwrap();
            let mut hermite = Averager::new(&prior, modes, Backend::hermite_for(&prior, modes)).unwrap();
            let field = Field::new(coefficients, noise);
            let mut one = fourier.linearize(&field).unwrap();
            let mut other = hermite.linearize(&field).unwrap();
            let pairs = (one.component_pair_sech2() - other.component_pair_sech2()).amax();
            let (a, b) = (one.averages(), other.averages());
            // Gauss–Laguerre on the half-lines of Laplace reaches 1e-8 at these fields; the other rules reach rounding.
            let tolerance = if prior == Prior::Laplace { 1e-7 } else { 1e-11 };
            assert!(pairs < tolerance, "{prior} {coefficients:?} {pairs:e}");
            assert!((a.sech2 - b.sech2).abs() < tolerance && (a.sech4 - b.sech4).abs() < tolerance);
            for mode in 0..modes {
                assert!((a.component_tanh[mode] - b.component_tanh[mode]).abs() < tolerance);
                assert!((a.component_tanh_sech2[mode] - b.component_tanh_sech2[mode]).abs() < tolerance);
            }
            let difference = fourier.log_2cosh(&field).unwrap() - hermite.log_2cosh(&field).unwrap();
            assert!(difference.abs() < tolerance, "{prior} {coefficients:?} {difference:e}");
        }
    }
}

/// The product with E[ûû sech²] is the derivative of E[û tanh]: finite differences, many modes.
#[test]
fn products_are_derivatives() {
    let coefficients: Vec<f64> = (0..40).map(|k| 0.4 * f64::from(k).cos()).collect();
    let direction: Vec<f64> = (0..40).map(|k| f64::from(3 * k + 1).sin()).collect();
    let shifted = |step: f64| -> Vec<f64> { coefficients.iter().zip(&direction).map(|(c, d)| c + step * d).collect() };
    for prior in Prior::NAMED {
        let mut averager = Averager::new(&prior, 40, Backend::Fourier).unwrap();
        let mut product = vec![0.0; 40];
        averager.linearize(&Field::new(&coefficients, 0.5)).unwrap().product(&direction, &mut product);
        let step = 1e-4;
        let above = averager.evaluate(&Field::new(&shifted(step), 0.5)).unwrap().component_tanh.clone();
        let below = averager.evaluate(&Field::new(&shifted(-step), 0.5)).unwrap().component_tanh.clone();
        for mode in 0..40 {
            let difference = (above[mode] - below[mode]) / (2.0 * step);
            // Central differences: O(step²) times third derivatives of order |direction|³.
            assert!((product[mode] - difference).abs() < 1e-6, "{prior} {mode}: {} {difference}", product[mode]);
        }
    }
}

/// An empirical law that lists all sign patterns is the Bernoulli law; its site fields are biases.
#[test]
fn empirical_law_of_all_patterns_is_bernoulli() {
    let rows: Vec<f64> = sign_patterns(3).flatten().collect();
    let components = Components::new(DMatrix::from_row_slice(8, 3, &rows), DVector::from_element(8, 0.3)).unwrap();
    let empirical = Prior::Empirical(Arc::new(components));
    for backend in [Backend::Fourier, Backend::Hermite { nodes: 100 }] {
        let mut one = Averager::new(&empirical, 3, backend).unwrap();
        let mut other = Averager::new(&Prior::Bernoulli, 3, Backend::Fourier).unwrap();
        for noise in [0.0, 0.4] {
            let field = Field::new(&[0.8, 0.4, 0.1], noise);
            let biased = Field { bias: 0.3, ..field };
            let mut a = one.linearize(&field).unwrap();
            let mut b = other.linearize(&biased).unwrap();
            assert!((a.component_pair_sech2() - b.component_pair_sech2()).amax() < 1e-12);
            assert!((a.averages().component_tanh[1] - b.averages().component_tanh[1]).abs() < 1e-12);
            for function in SCALARS {
                let (found, expected) = (one.mean(function, &field).unwrap(), other.mean(function, &biased).unwrap());
                assert!((found - expected).abs() < 1e-12, "{function:?} {noise}");
            }
        }
    }
}

/// E log 2cosh keeps its digits under any noise, against quadrature and against the limit of strong noise.
#[test]
fn log_2cosh_under_any_noise() {
    let mut averager = Averager::new(&Prior::Bernoulli, 1, Backend::Fourier).unwrap();
    for noise in [0.5, 3.0, 9.9, 10.1, 25.0] {
        let mut at = |s: f64| averager.log_2cosh(&Field::new(&[2.0], s)).unwrap();
        let expected: f64 =
            [-2.0, 2.0].iter().map(|&b| 0.5 * over_noise(|s| value(Function::Log2Cosh, s), noise, b)).sum();
        assert!(close(at(noise), expected, 1e-13), "{noise}");
    }
    for noise in [1e3, 1e6] {
        let found = averager.log_2cosh(&Field::new(&[2.0], noise)).unwrap();
        // |S| with variance s² + c²: s√(2/π)(1 + c²/2s²), and the correction √(2/π)(π²/24)/s.
        let correction = (2.0 + std::f64::consts::PI.powi(2) / 24.0) / noise;
        let expected = (2.0 / std::f64::consts::PI).sqrt() * (noise + correction);
        // The next order is −1.29/s³.
        let tolerance = 2.0 / noise.powi(3) + 1e-14 * expected;
        assert!((found - expected).abs() < tolerance, "{noise}: {found} {expected}");
    }
}

/// Functions that decay in strong fields.
const DECAYING: [Function; 3] = [Function::Sech2, Function::Sech4, Function::TanhSech2];

/// Averages far below the accuracy of a sum over the real axis keep ten digits. The reference values are integrals by
/// mpmath 1.3 (`quad`, 40 digits, on panels that resolve the density and the function), and sums over signs for
/// Bernoulli laws.
#[test]
fn small_averages_keep_their_digits() {
    type Row<'a> = (Prior, &'a [f64], f64, f64, [f64; 3]);
    let rows: [Row; 13] = [
        (Prior::Gaussian, &[1e-4], 1.2975, -29.71, [1.8136640080896e-24, 2.7647991355696e-45, -1.8136640080896e-24]),
        (Prior::Gaussian, &[], 5.0, 40.0, [7.0686230877778e-15, 2.0438556169686e-15, 5.3601100558733e-15]),
        (Prior::Gaussian, &[], 0.3, 25.0, [9.2365312284038e-22, 1.2228236210009e-42, 9.2365312284038e-22]),
        (Prior::Gaussian, &[], 3.0, 18.0, [2.6578853613887e-8, 5.1087026541451e-9, 2.2697747738348e-8]),
        (Prior::Gaussian, &[6.0], 8.0, 60.0, [1.4067989352221e-9, 8.5722870241737e-10, 4.184020589881e-10]),
        (Prior::Uniform, &[2.0], 0.0, 30.0, [2.580004588213e-24, 4.6117144546927e-47, 2.580004588213e-24]),
        (Prior::Uniform, &[0.5], 0.0, 20.0, [2.6859566612741e-17, 1.3303175335371e-33, 2.6859566612741e-17]),
        (Prior::Uniform, &[1.0], 0.0, -15.0, [1.7243261677213e-12, 1.032001835277e-23, -1.7243261677162e-12]),
        (Prior::Laplace, &[2.0], 0.0, 30.0, [5.370262292974e-10, 3.1326530042349e-10, 1.8986744420562e-10]),
        (Prior::Laplace, &[0.5], 0.0, 20.0, [3.3986830512364e-17, 2.3533126460243e-24, 3.3986829050203e-17]),
        (Prior::Laplace, &[1.0], 0.0, -15.0, [2.4185764645081e-9, 8.0631692314229e-10, -1.7100821874994e-9]),
        (Prior::Bernoulli, &[2.0], 0.0, 30.0, [9.564993389552e-25, 1.8285551471517e-48, 9.564993389552e-25]),
        (Prior::Bernoulli, &[25.0, 4.0], 0.5, 1.0, [7.1326420112025e-18, 5.3362487737316e-34, -6.8760636176067e-18]),
    ];
    for (prior, coefficients, noise, bias, expected) in rows {
        let mut averager = Averager::new(&prior, coefficients.len(), Backend::Fourier).unwrap();
        let field = Field { coefficients, noise, bias };
        for (function, expected) in DECAYING.into_iter().zip(expected) {
            let found = averager.mean(function, &field).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-10, "{prior} {field:?} {function:?}: {found:e} {expected:e}");
        }
    }
    // Two opposite tails and no bias: half of 4 e^{−40}, and half of 16 e^{−80}.
    let mut averager = Averager::new(&Prior::Bernoulli, 2, Backend::Fourier).unwrap();
    let mut mean = |function| averager.mean(function, &Field::new(&[50.0, 30.0], 0.0)).unwrap();
    assert!((mean(Function::Sech2) / (2.0 * (-40f64).exp()) - 1.0).abs() < 1e-10);
    assert!((mean(Function::Sech4) / (8.0 * (-80f64).exp()) - 1.0).abs() < 1e-10);
    assert_eq!(mean(Function::TanhSech2), 0.0);
}

/// Averages that are small because the law is wide are not taken for rounding. They are `√(2/π)/s e^{−b²/2s²}` for
/// sech², two thirds of it for sech⁴, and `b/2s²` of it for tanh sech², up to 1/s².
#[test]
fn wide_laws_have_small_averages_with_all_digits() {
    for noise in [1e8, 1e20, 1e90f64] {
        let mut averager = Averager::new(&Prior::Gaussian, 0, Backend::Fourier).unwrap();
        for ratio in [0.0, 1e-3, 1.0, 8.0] {
            let field = Field { coefficients: &[], noise, bias: ratio * noise };
            let height = (2.0 / std::f64::consts::PI).sqrt() / noise * (-0.5 * ratio * ratio).exp();
            let expected = [height, 2.0 / 3.0 * height, 0.5 * ratio / noise * height];
            for (function, expected) in DECAYING.into_iter().zip(expected) {
                let found = averager.mean(function, &field).unwrap();
                assert!((found - expected).abs() <= 1e-10 * expected, "{noise:e} {ratio} {function:?}: {found:e}");
            }
        }
        let tanh = averager.mean(Function::Tanh, &Field { coefficients: &[], noise, bias: 1.0 }).unwrap();
        assert!((tanh * noise / (2.0 / std::f64::consts::PI).sqrt() - 1.0).abs() < 1e-12, "{tanh:e}");
    }
    // Half of tanh 51 − tanh 49 is far below the accuracy, and must not have the wrong sign.
    let mut averager = Averager::new(&Prior::Bernoulli, 1, Backend::Fourier).unwrap();
    for bias in [1.0, -1.0, 0.3] {
        assert_eq!(averager.mean(Function::Tanh, &Field { coefficients: &[50.0], noise: 0.0, bias }).unwrap(), 0.0);
    }
}

/// Two components and noise, against quadrature over all three. Sums of positive terms have relative accuracy. sech⁴
/// shifts the weight of the noise by 4 s of its deviations, up to 8.
#[test]
fn small_averages_of_sums_against_quadrature() {
    let over_noise = |function: &dyn Fn(f64) -> f64, noise: f64, bias: f64| -> f64 {
        let step = 0.1;
        let density = |x: f64| (-0.5 * x * x).exp() * step / std::f64::consts::TAU.sqrt();
        (-200..=200).map(|n| f64::from(n) * step).map(|x| density(x) * function(noise * x + bias)).sum()
    };
    for (prior, bias, noise) in
        [(Prior::Uniform, 30.0, 0.8), (Prior::Uniform, 12.0, 2.0), (Prior::Bernoulli, 25.0, 1.5)]
    {
        let coefficients = [1.5, 1.0];
        let mut averager = Averager::new(&prior, 2, Backend::Fourier).unwrap();
        let rule = prior.quadrature(40).unwrap().unwrap();
        for function in DECAYING {
            let at = |u: f64, v: f64| bias + coefficients[0] * u + coefficients[1] * v;
            let reference = rule.mean(|u| rule.mean(|v| over_noise(&|s| value(function, s), noise, at(u, v))));
            let found = averager.mean(function, &Field { coefficients: &coefficients, noise, bias }).unwrap();
            assert!((found / reference - 1.0).abs() < 1e-9, "{prior} {function:?}: {found:e} {reference:e}");
        }
    }
}

/// Averages stay in the range of their function, for random fields of every size and for every law and backend: sech²
/// and sech⁴ between 0 and 1, tanh between −1 and 1 with the sign of the bias, `E[û tanh S]` between 0 and the sign of
/// its coefficient.
#[test]
fn averages_stay_in_the_range_of_their_functions() {
    use rand::{RngExt, SeedableRng};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    for prior in Prior::NAMED {
        for backend in [Backend::Fourier, Backend::Hermite { nodes: 24 }] {
            let mut averager = Averager::new(&prior, 2, backend).unwrap();
            for _ in 0..60 {
                let mut size =
                    |most: f64| 10f64.powf(random.random_range(-6.0..most)) * random.random_range(-1.0..1.0f64);
                let (coefficients, noise, bias) = ([size(2.0), size(1.5)], size(1.5).abs(), size(2.3));
                let field = Field { coefficients: &coefficients, noise, bias };
                for function in [Function::Sech2, Function::Sech4] {
                    let value = averager.mean(function, &field).unwrap();
                    assert!(
                        (0.0..=1.0 + 1e-12).contains(&value),
                        "{prior} {backend:?} {field:?} {function:?} {value:e}"
                    );
                }
                let tanh = averager.mean(Function::Tanh, &field).unwrap() * bias.signum();
                assert!((-1e-15..=1.0 + 1e-12).contains(&tanh), "{prior} {backend:?} {field:?} {tanh:e}");
                let averages = averager.evaluate(&field).unwrap();
                assert!((0.0..=1.0 + 1e-12).contains(&averages.sech2));
                // A Gauss rule with too few nodes does not obey this bound.
                let fourier = backend == Backend::Fourier;
                for (value, c) in averages.component_tanh.iter().zip(coefficients).filter(|_| fourier) {
                    let along = value * c.signum();
                    assert!((-1e-15..=1.0 + 1e-9).contains(&along), "{prior} {backend:?} {field:?} {along:e}");
                }
            }
        }
    }
}

/// `E[(sech²)'']` of a wide normal law is `−√(2/π)/s³ (1 − π²/8s² + …)`, where 4 sech² − 6 sech⁴ has no digits left.
#[test]
fn the_bend_of_sech2_keeps_its_digits_in_strong_fields() {
    for s in [1e3, 1e8, 1e50, 1e90f64] {
        let mut averager = Averager::new(&Prior::Gaussian, 1, Backend::Fourier).unwrap();
        let field = [s];
        let linearization = averager.linearize(&Field::new(&field, 0.0)).unwrap();
        let expected = -(2.0 / std::f64::consts::PI).sqrt() / s / s / s;
        let found = linearization.averages().sech2_bend;
        assert!((found / expected - 1.0).abs() < 2.0 / s / s + 1e-12, "{s:e}: {found:e} {expected:e}");
    }
}

#[test]
fn bad_fields_are_refused() {
    let mut averager = Averager::new(&Prior::Laplace, 1, Backend::Fourier).unwrap();
    assert!(matches!(
        averager.evaluate(&Field::new(&[1.0, 2.0], 0.0)),
        Err(Error::Length { found: 2, expected: 1, .. })
    ));
    assert!(matches!(averager.evaluate(&Field::new(&[f64::NAN], 0.0)), Err(Error::NotFinite { .. })));
    assert!(matches!(averager.evaluate(&Field::new(&[1.0], -1.0)), Err(Error::Negative { .. })));
    assert!(matches!(averager.evaluate(&Field::new(&[1e9], 0.0)), Err(Error::FieldTooLarge { .. })));
    assert!(matches!(Averager::new(&Prior::Uniform, 4, Backend::Hermite { nodes: 8 }), Err(Error::HermiteModes(4))));
    assert!(matches!(Averager::new(&Prior::Uniform, 1, Backend::Hermite { nodes: 0 }), Err(Error::QuadratureNodes(0))));
    // One dimension is enough if everything is Gaussian.
    assert!(Averager::new(&Prior::Gaussian, 9, Backend::Hermite { nodes: 64 }).is_ok());
}
