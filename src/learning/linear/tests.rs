use super::*;
use crate::simulator::machine::LinearMachine;

fn moments(covariance: DMatrix<f64>) -> Moments {
    Moments { mean: DVector::zeros(covariance.nrows()), covariance }
}

/// Orthogonal matrix from the Gram–Schmidt process on a smooth matrix.
fn rotation(size: usize) -> DMatrix<f64> {
    DMatrix::from_fn(size, size, |i, j| ((i * i + 3 * j + 1) as f64).sin() + f64::from(u8::from(i == j))).qr().q()
}

fn covariance(variances: &[f64]) -> DMatrix<f64> {
    let frame = rotation(variances.len());
    &frame * DMatrix::from_diagonal(&DVector::from_row_slice(variances)) * frame.transpose()
}

const VARIANCES: [f64; 5] = [6.0, 2.5, 1.4, 0.6, 0.2];
const SIGMA_V: f64 = 0.9;
const SIGMA_H: f64 = 1.2;

fn theory() -> LinearTheory {
    LinearTheory::of_gaussian(&moments(covariance(&VARIANCES)), SIGMA_V, SIGMA_H).unwrap()
}

/// dW/dt = σ_h² (C − Λ⁻¹) W of the whole matrix, with a general inverse.
fn velocity(covariance: &DMatrix<f64>, weights: &DMatrix<f64>) -> DMatrix<f64> {
    let visible = weights.nrows();
    let precision =
        DMatrix::identity(visible, visible) / SIGMA_V.powi(2) - SIGMA_H.powi(2) * weights * weights.transpose();
    SIGMA_H.powi(2) * (covariance - precision.try_inverse().unwrap()) * weights
}

/// Classical Runge–Kutta integration of the whole matrix.
fn integrated(covariance: &DMatrix<f64>, weights: &DMatrix<f64>, time: f64, steps: u32) -> DMatrix<f64> {
    let step = time / f64::from(steps);
    let mut weights = weights.clone();
    for _ in 0..steps {
        let a = velocity(covariance, &weights);
        let b = velocity(covariance, &(&weights + 0.5 * step * &a));
        let c = velocity(covariance, &(&weights + 0.5 * step * &b));
        let d = velocity(covariance, &(&weights + step * &c));
        weights += step / 6.0 * (a + 2.0 * (b + c) + d);
    }
    weights
}

/// ℓ from log det and trace of whole matrices.
fn log_likelihood(covariance: &DMatrix<f64>, weights: &DMatrix<f64>) -> f64 {
    let visible = weights.nrows();
    let precision =
        DMatrix::identity(visible, visible) / SIGMA_V.powi(2) - SIGMA_H.powi(2) * weights * weights.transpose();
    0.5 * (precision.determinant().ln()
        - (precision * covariance).trace()
        - visible as f64 * std::f64::consts::TAU.ln())
}

#[test]
fn principal_components_with_their_rates() {
    let theory = theory();
    for (index, variance) in VARIANCES.iter().enumerate() {
        assert!((theory.variances[index] - variance).abs() < 1e-14);
        assert!((theory.rates[index] - SIGMA_H.powi(2) * (variance - SIGMA_V.powi(2))).abs() < 1e-13);
    }
    assert_eq!(theory.unstable(), 3);
    let leading = theory.leading(2).unwrap();
    assert_eq!(leading.shape(), (5, 2));
    // Eigenvectors of the covariance, up to their sign.
    let residual = covariance(&VARIANCES) * &leading
        - &leading * DMatrix::from_diagonal(&theory.variances.rows(0, 2).into_owned());
    assert!(residual.amax() < 1e-13);
}

/// Two pairs of units with correlation c, one positive and one negative, and two constant units: rates ±c for each pair, and 0
/// twice.
#[test]
fn constant_units_do_not_grow() {
    let mut covariance = DMatrix::zeros(6, 6);
    covariance.fill_diagonal(1.0);
    for (i, j, c) in [(0, 2, 0.5), (1, 4, -0.25)] {
        (covariance[(i, j)], covariance[(j, i)]) = (c, c);
    }
    for unit in [3, 5] {
        covariance[(unit, unit)] = 0.0;
    }
    let theory = LinearTheory::of_ising(&moments(covariance)).unwrap();
    let expected = [0.5, 0.25, 0.0, 0.0, -0.25, -0.5];
    assert!(
        theory.rates.iter().zip(expected).all(|(rate, expected)| (rate - expected).abs() < 1e-15),
        "{}",
        theory.rates
    );
    assert_eq!(theory.unstable(), 2);
    for (index, variance) in [(0, 1.5), (1, 1.25), (4, 0.75), (5, 0.5)] {
        assert!((theory.variances[index] - variance).abs() < 1e-15);
    }
    let times = theory.emergence_times(0.01, 0.2).unwrap();
    assert!((times[0].unwrap() - 20f64.ln() / 0.5).abs() < 1e-13 && times[1].is_some());
    assert!(times[2..].iter().all(Option::is_none));
    let grown = theory.strengths_at(&[0.01, 0.01], times[0].unwrap()).unwrap();
    assert!((grown[0] - 0.2).abs() < 1e-14);
    assert!(theory.equilibrium().is_err() && theory.log_likelihood(&[]).is_err() && theory.mode(0).is_err());
}

/// The gradient of a machine of ±1 units with small weights is `(C − diag C) W`. The test enumerates the states.
#[test]
fn the_growth_operator_is_the_gradient_of_small_weights() {
    let data = [[1.0, 1.0, -1.0], [1.0, 1.0, 1.0], [-1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [-1.0, 1.0, 1.0f64]];
    let mean = DVector::from_fn(3, |i, _| data.iter().map(|s| s[i]).sum::<f64>() / 5.0);
    let second = DMatrix::from_fn(3, 3, |i, j| data.iter().map(|s| s[i] * s[j]).sum::<f64>() / 5.0);
    let moments = Moments { covariance: second - &mean * mean.transpose(), mean: mean.clone() };
    let theory = LinearTheory::of_ising(&moments).unwrap();

    let size = 1e-4;
    let weights = DVector::from_vec(vec![0.7, -0.4, 1.1]) * size;
    // One hidden unit: <s σ> given s is s tanh(W·s), and p(s) ∝ e^{η·s} 2cosh(W·s) with η = atanh(mean).
    let response = |s: &DVector<f64>| s * weights.dot(s).tanh();
    let on_data = data.iter().map(|s| response(&DVector::from_row_slice(s))).sum::<DVector<f64>>() / 5.0;
    let fields = mean.map(f64::atanh);
    let (mut on_model, mut total) = (DVector::zeros(3), 0.0);
    for state in 0..8 {
        let s = DVector::from_fn(3, |i, _| if state >> i & 1 == 1 { 1.0 } else { -1.0 });
        let weight = fields.dot(&s).exp() * weights.dot(&s).cosh();
        on_model += weight * response(&s);
        total += weight;
    }
    let gradient = on_data - on_model / total;
    for (direction, rate) in theory.directions.column_iter().zip(&theory.rates) {
        // The next order is W³: 1e-8 of the first.
        assert!((direction.dot(&gradient) - rate * direction.dot(&weights)).abs() < 20.0 * size.powi(3));
    }
}

/// In the data's frame the whole matrix keeps the frame. Its singular values follow the closed form, and its likelihood is that
/// of the strengths.
#[test]
fn the_whole_matrix_follows_the_modes() {
    let (covariance, theory) = (covariance(&VARIANCES), theory());
    let starts = [0.02, 0.05, 0.1, 0.4];
    let hidden = rotation(4);
    let weights = |strengths: &[f64]| {
        theory.directions.columns(0, 4)
            * DMatrix::from_diagonal(&DVector::from_row_slice(strengths))
            * hidden.transpose()
    };
    let mut now = weights(&starts);
    for (step, time) in [(0.3, 0.3), (0.7, 1.0), (2.0, 3.0)] {
        // Error of order (rate · step)⁴: 1e-12.
        now = integrated(&covariance, &now, step, 2000);
        let strengths = theory.strengths_at(&starts, time).unwrap();
        assert!((&now - weights(strengths.as_slice())).amax() < 1e-10, "{time}");
        let found = theory.log_likelihood(strengths.as_slice()).unwrap();
        assert!((found - log_likelihood(&covariance, &now)).abs() < 1e-10, "{time}");
    }
}

/// Outside the data's frame: exponential growth up to W³ while W is small, and the equilibrium in the end.
#[test]
fn a_turned_frame_grows_linearly_and_settles_in_the_datas() {
    let (covariance, theory) = (covariance(&VARIANCES), theory());
    let shape = DMatrix::from_fn(5, 5, |i, j| ((2 * i + 5 * j * j) as f64).cos());
    let time = 0.4;
    let growth = theory.rates.map(|rate| (rate * time).exp());
    let propagator = &theory.directions * DMatrix::from_diagonal(&growth) * theory.directions.transpose();
    let error = |size: f64| {
        let start = size * &shape;
        (integrated(&covariance, &start, time, 1000) - &propagator * start).amax() / size
    };
    let (coarse, fine) = (error(1e-3), error(1e-4));
    assert!(coarse < 1e-3 && (fine / coarse - 0.01).abs() < 1e-4, "{coarse:e} {fine:e}");

    // The slowest mode, of rate −0.3, needs a hundred units of time to fall by 1e-13.
    let settled = integrated(&covariance, &(0.05 * shape), 120.0, 60_000);
    let equilibrium = theory.equilibrium().unwrap();
    assert!(equilibrium.as_slice().is_sorted_by(|a, b| a >= b));
    let mut singular_values = settled.singular_values().as_slice().to_vec();
    singular_values.sort_by(|a, b| b.total_cmp(a));
    for (found, expected) in singular_values.iter().zip(&equilibrium) {
        assert!((found - expected).abs() < 1e-10, "{singular_values:?} for {equilibrium}");
    }
    let product = &settled * settled.transpose();
    let expected = &theory.directions
        * DMatrix::from_diagonal(&equilibrium.component_mul(&equilibrium))
        * theory.directions.transpose();
    assert!((product - expected).amax() < 1e-10);
}

#[test]
fn modes_emerge_when_their_strength_says() {
    let theory = theory();
    let (start, level) = (0.01, 0.45);
    let times = theory.emergence_times(start, level).unwrap();
    let equilibrium = theory.equilibrium().unwrap();
    for (index, time) in times.iter().enumerate() {
        assert_eq!(time.is_some(), equilibrium[index] > level, "{index}");
        if let Some(time) = *time {
            let strengths = theory.strengths_at(&[start; 5], time).unwrap();
            assert!((strengths[index] / level - 1.0).abs() < 1e-12);
            // The order is right: whatever comes later is still below.
            assert!(strengths.iter().skip(index + 1).all(|&w| w < level));
        }
    }
    assert_eq!(times.iter().flatten().count(), 3);
    assert_eq!(theory.emergence_times(0.3, 0.3).unwrap(), vec![Some(0.0); 5]);
    assert_eq!(theory.emergence_times(0.0, 0.3).unwrap(), vec![None; 5]);
}

/// Compares dℓ/dt with a central difference along the closed form, and the likelihood with that of the linear machine.
#[test]
fn the_likelihood_rises_by_the_squared_velocities() {
    let theory = theory();
    let starts = [0.1, 0.2, 0.3, 0.3, 0.5];
    let (time, step) = (0.35, 1e-4);
    let at = |t: f64| theory.log_likelihood(theory.strengths_at(&starts, t).unwrap().as_slice()).unwrap();
    let difference = (at(time + step) - at(time - step)) / (2.0 * step);
    let rate = theory.log_likelihood_rate(theory.strengths_at(&starts, time).unwrap().as_slice()).unwrap();
    // The third derivative is of order rate³, a few hundred, times step²/6; rounding is 1e-15/step.
    assert!((difference - rate).abs() < 1e-6 * rate, "{difference} for {rate}");

    let weights = &theory.directions * DMatrix::from_diagonal(&DVector::from_row_slice(&starts));
    let covariance = covariance(&VARIANCES);
    let machine = LinearMachine::new(weights, SIGMA_V, SIGMA_H).unwrap();
    let expected = machine.log_likelihood(&covariance).unwrap();
    assert!((theory.log_likelihood(&starts).unwrap() - expected).abs() < 1e-12);
    // At the equilibrium of all modes nothing rises.
    let equilibrium = theory.equilibrium().unwrap();
    assert!(theory.log_likelihood_rate(equilibrium.as_slice()).unwrap() < 1e-28);
}

#[test]
fn says_what_is_wrong() {
    let asymmetric = DMatrix::from_row_slice(2, 2, &[1.0, 0.5, 0.4, 1.0]);
    for bad in [
        DMatrix::zeros(2, 3),
        DMatrix::zeros(0, 0),
        DMatrix::from_element(2, 2, f64::NAN),
        asymmetric,
        DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]),
    ] {
        assert!(LinearTheory::of_gaussian(&moments(bad), 1.0, 1.0).is_err());
    }
    let identity = moments(DMatrix::identity(2, 2));
    assert!(LinearTheory::of_gaussian(&identity, 0.0, 1.0).is_err());
    assert!(LinearTheory::of_ising(&moments(DMatrix::zeros(2, 3))).is_err());
    let theory = theory();
    assert!(theory.leading(6).is_err() && theory.mode(5).is_err() && theory.log_likelihood(&[0.0; 6]).is_err());
    assert!(theory.emergence_times(-0.1, 0.2).is_err() && theory.emergence_times(0.1, f64::NAN).is_err());
    assert!(theory.emergence_times(0.1, 1.0).is_err()); // 1/(0.9 · 1.2) < 1
    assert!(theory.strengths_at(&[0.1], -1.0).is_err() && theory.strengths_at(&[0.1; 6], 1.0).is_err());
    let ising = LinearTheory::of_ising(&identity).unwrap();
    assert!(ising.strengths_at(&[-0.1], 1.0).is_err() && ising.emergence_times(0.1, f64::INFINITY).is_err());
    // Identity: nothing to learn, and no rate above zero.
    assert_eq!(ising.unstable(), 0);
}

/// 0.01 × 20.8 is below 30 %; 0.3/143 = 0.0021; 0.3/3500 = 8.6e-5.
#[test]
fn the_learning_rate_resolves_growth() {
    assert_eq!([20.8, 143.0, 3500.0].map(|fastest| resolving_rate(fastest, 0.3)), [0.01, 0.002, 8e-5]);
}
