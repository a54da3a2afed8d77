//! The linear machine against closed forms.

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use spectral_rbm::Prior;
use spectral_rbm::simulator::machine::{LinearMachine, RbmError};

fn random(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    Prior::Gaussian.sample(rows, columns, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
}

/// `½ log det Λ − ½ tr(ΛC) − (N/2) log 2π`, from Λ itself.
fn likelihood(machine: &LinearMachine, moments: &DMatrix<f64>) -> f64 {
    let (visible, v, h) = (machine.weights.nrows(), machine.sigma_v.powi(2), machine.sigma_h.powi(2));
    let product = &machine.weights * machine.weights.transpose();
    let precision = DMatrix::from_fn(visible, visible, |i, j| if i == j { 1.0 / v } else { 0.0 } - h * product[(i, j)]);
    let trace: f64 = (0..visible).map(|i| (0..visible).map(|j| precision[(i, j)] * moments[(j, i)]).sum::<f64>()).sum();
    0.5 * (precision.determinant().ln() - trace - visible as f64 * std::f64::consts::TAU.ln())
}

#[test]
fn likelihood_and_gradient_agree_with_the_full_matrix() {
    for hidden in [3, 9] {
        let sample = random(40, 6, 1);
        let moments = sample.transpose() * &sample * (1.0 / 40.0);
        let weights = random(6, hidden, 2) * 0.15;
        let machine = LinearMachine::new(weights, 1.1, 0.8).unwrap();
        let found = machine.log_likelihood(&moments).unwrap();
        assert!((found - likelihood(&machine, &moments)).abs() < 1e-12);
        let gradient = machine.gradient(&moments).unwrap();
        let step = 1e-5;
        for (i, j) in [(0, 0), (5, 1), (2, 2)] {
            let shifted = |by: f64| {
                let mut machine = machine.clone();
                machine.weights[(i, j)] += by;
                likelihood(&machine, &moments)
            };
            // The central difference errs by step², and by rounding over the step.
            let slope = (shifted(step) - shifted(-step)) / (2.0 * step);
            assert!((slope - gradient[(i, j)]).abs() < 1e-8, "{slope} {}", gradient[(i, j)]);
        }
    }
}

/// `(Λ̂−1) t` as a function of w along the flow of one mode.
fn clock(w: f64, variance: f64) -> f64 {
    w.ln() - (variance - 1.0 - variance * w * w).abs().ln() / (2.0 * variance)
}

/// One mode, unit variances: the map with step h follows the closed form of the flow with an error of order h. Two step
/// sizes extrapolate it to order h².
#[test]
fn one_mode_follows_the_closed_form() {
    let (variance, start, time) = (3.0, 0.05, 1.6);
    let direction = random(8, 1, 5);
    let direction = direction.normalize();
    let hidden = random(4, 1, 6);
    let hidden = hidden.normalize();
    let projector = &direction * direction.transpose();
    let moments = DMatrix::from_fn(8, 8, |i, j| f64::from(i == j) + (variance - 1.0) * projector[(i, j)]);
    let end = |steps: usize| {
        let weights = &direction * hidden.transpose() * start;
        let mut machine = LinearMachine::new(weights, 1.0, 1.0).unwrap();
        for _ in 0..steps {
            machine.update(&moments, time / steps as f64).unwrap();
        }
        (direction.transpose() * &machine.weights * &hidden)[(0, 0)]
    };
    let elapsed = |w: f64| (clock(w, variance) - clock(start, variance)) / (variance - 1.0);
    let errors: Vec<f64> = [500, 1000, 2000].map(|steps| elapsed(end(steps)) - time).to_vec();
    let halving = (errors[0] / errors[1], errors[1] / errors[2]);
    assert!((halving.0 - 2.0).abs() < 0.1 && (halving.1 - 2.0).abs() < 0.05, "{errors:?}");
    let extrapolated = 2.0 * errors[2] - errors[1];
    assert!(errors[2].abs() < 0.01 && extrapolated.abs() < 2e-5, "{errors:?}");
    // w levels off where w² = (Λ̂ − 1)/Λ̂.
    assert!(end(2000) < ((variance - 1.0) / variance).sqrt());
}

#[test]
fn every_mode_reaches_its_equilibrium() {
    let variances = [4.0, 2.5, 0.7];
    let basis = random(10, 3, 7).qr().q();
    let moments = DMatrix::from_fn(10, 10, |i, j| {
        let modes = (0..3).map(|k| (variances[k] - 1.0) * basis[(i, k)] * basis[(j, k)]);
        f64::from(i == j) + modes.sum::<f64>()
    });
    let mut machine = LinearMachine::new(random(10, 5, 8) * 0.01, 1.0, 1.0).unwrap();
    let mut last = f64::NEG_INFINITY;
    for _ in 0..6000 {
        machine.update(&moments, 0.02).unwrap();
        let likelihood = machine.log_likelihood(&moments).unwrap();
        assert!(likelihood >= last - 1e-12, "the likelihood fell: {last} {likelihood}");
        last = likelihood;
    }
    let values = machine.weights.singular_values();
    for (found, variance) in values.iter().zip([4.0, 2.5]) {
        assert!((found - ((variance - 1.0f64) / variance).sqrt()).abs() < 1e-6, "{found}");
    }
    // Directions of variance below 1 decay exponentially, those of variance 1 only by w³: w is at most about 1/√(2t)
    // from the start.
    assert!(values[2] < 0.07, "{values:?}");
}

#[test]
fn a_machine_that_cannot_be_normalised_is_refused() {
    let identity = DMatrix::<f64>::identity(3, 3);
    let outcome = LinearMachine::new(&identity * 1.5, 1.0, 1.0);
    assert!(matches!(outcome, Err(RbmError::Setting { value, .. }) if (value - 1.5).abs() < 1e-12));
    assert!(LinearMachine::new(&identity * 0.5, 0.0, 1.0).is_err());
    let mut machine = LinearMachine::new(&identity * 0.5, 1.0, 1.0).unwrap();
    assert!(machine.gradient(&DMatrix::identity(4, 4)).is_err());
    // After one step that is far too large, the next step reports the error.
    machine.update(&(&identity * 100.0), 1.0).unwrap();
    assert!(machine.update(&identity, 0.01).is_err());
}
