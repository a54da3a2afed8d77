//! Mean-field chains against exact enumeration.

use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use spectral_rbm::learning::{Basis, ChainSettings, Chains, Correction, Layers, State};
use spectral_rbm::rbm::Machine;

fn normal(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    DMatrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut random))
}

fn layers(visible: usize, hidden: usize) -> Layers {
    Layers { visible_units: visible, hidden_units: hidden, basis: Basis::Sites, hidden_basis: None }
}

/// Parameters rounded to single precision, which the enumeration takes.
fn machine(scale: f64) -> (State, Machine) {
    let single = |matrix: DMatrix<f64>| matrix.map(|value| f64::from(value as f32));
    let weights = single(normal(10, 8, 1) * scale);
    let eta: DVector<f64> = single(normal(10, 1, 2) * 0.5).column(0).into_owned();
    let theta: DVector<f64> = single(normal(8, 1, 3) * 0.5).column(0).into_owned();
    let rows: Vec<f32> = weights.transpose().iter().map(|&value| value as f32).collect();
    let narrow = |fields: &DVector<f64>| fields.iter().map(|&value| value as f32).collect();
    let machine = Machine::new(10, 8, rows, narrow(&eta), narrow(&theta)).unwrap();
    (State { weights, eta, theta }, machine)
}

/// Root mean square error of the magnetisations, the error of −log Z, and what remains of it without
/// the term of third order, `−(2/3) Σ w³ m(1 − m²) t(1 − t²)`. No triangles exist between two layers.
fn errors(correction: Correction, scale: f64) -> [f64; 3] {
    let (state, machine) = machine(scale);
    let settings = ChainSettings { count: 1, iterations: 200, correction };
    let mut chains = Chains::new(settings, DMatrix::zeros(10, 1)).unwrap();
    let layers = layers(10, 8);
    chains.advance(&layers, &state).unwrap();
    assert!(chains.residual() < 1e-14, "{}", chains.residual());
    let odd = |mean: f64| mean * (1.0 - mean * mean);
    let (m, t) = (chains.visible().map(odd), chains.hidden().map(odd));
    let third = -2.0 / 3.0 * (m.transpose() * state.weights.map(|weight| weight.powi(3)) * t)[0];
    let exact = machine.exact().unwrap();
    let visible = (chains.visible().column(0) - &exact.visible_mean).norm_squared();
    let hidden = (chains.hidden().column(0) - &exact.hidden_mean).norm_squared();
    let energy = chains.free_energies(&layers, &state).unwrap()[0] + exact.log_partition;
    [((visible + hidden) / 18.0).sqrt(), energy.abs(), (energy + third).abs()]
}

/// The expansion in W: naive mean field leaves out ½ Σ w²(1 − m²)(1 − t²) and its derivative, of order W²; TAP leaves out the
/// third order, whose sum over pairs of either sign is here as small as the fourth (loops of four), so that −log Z is
/// compared without it. Relative corrections of the next order, W √N ≈ 0.1, move the exponents by about 0.1.
#[test]
fn errors_fall_by_the_power_of_the_first_term_left_out() {
    let cases = [
        (Correction::MeanField, "magnetisations", 0, 2.0),
        (Correction::MeanField, "-log Z", 1, 2.0),
        (Correction::Tap, "magnetisations", 0, 3.0),
        (Correction::Tap, "-log Z without the third order", 2, 4.0),
    ];
    for (correction, what, which, power) in cases {
        let (coarse, fine) = (errors(correction, 0.04)[which], errors(correction, 0.02)[which]);
        let measured = (coarse / fine).log2();
        println!("{correction:?}, {what}: {coarse:.3e} {fine:.3e}, exponent {measured:.3}");
        assert!((measured - power).abs() < 0.25, "{correction:?}, {what}: exponent {measured} instead of {power}");
    }
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let state = State { weights: normal(150, 90, 4) * 0.1, eta: DVector::zeros(150), theta: DVector::zeros(90) };
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let starts = normal(150, 140, 5).map(f64::signum);
            Chains::new(ChainSettings::default(), starts).unwrap().advance(&layers(150, 90), &state).unwrap()
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn bad_input_is_refused() {
    let settings = ChainSettings::default();
    assert!(Chains::new(settings, DMatrix::zeros(10, 0)).is_err());
    assert!(Chains::new(ChainSettings { iterations: 0, ..settings }, DMatrix::zeros(10, 1)).is_err());
    assert!(Chains::new(settings, DMatrix::from_element(10, 1, f64::NAN)).is_err());
    assert!(Chains::new(settings, DMatrix::from_element(10, 1, 1.5)).is_err());
    let (mut state, _) = machine(0.1);
    let mut chains = Chains::new(settings, DMatrix::zeros(10, 1)).unwrap();
    assert!(chains.free_energies(&layers(10, 8), &state).is_err());
    assert!(chains.advance(&layers(10, 9), &state).is_err());
    assert!(chains.advance(&layers(9, 8), &state).is_err());
    state.eta[3] = f64::NAN;
    assert!(chains.advance(&layers(10, 8), &state).is_err());
}
