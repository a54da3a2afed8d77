//! Identities of the replica-symmetric theory, for every prior, with and without fields.

use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use spectral_rbm::theory::average::Backend;
use spectral_rbm::theory::prior::Components;
use spectral_rbm::theory::saddle::{self, Kind, Solver, Start};
use spectral_rbm::{Ensemble, FixedPoint, Prior};
use std::sync::Arc;

/// Ensembles of all kinds (laws, κ, σ and fields), each with the modes that condense.
fn cases() -> Vec<(Ensemble, Vec<usize>)> {
    let mut cases = Vec::new();
    let empirical = |seed: u64, scale: f64| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let values = Prior::Laplace.sample(40, 2, &mut random).unwrap();
        let fields = DVector::from_fn(40, |_, _| scale * (random.random::<f64>() - 0.5));
        Prior::Empirical(Arc::new(Components::new(values, fields).unwrap()))
    };
    let laws = [
        (Prior::Gaussian, Prior::Gaussian),
        (Prior::Uniform, Prior::Uniform),
        (Prior::Bernoulli, Prior::Bernoulli),
        (Prior::Laplace, Prior::Laplace),
        (Prior::Bernoulli, Prior::Gaussian),
        (Prior::Laplace, Prior::Uniform),
        (empirical(1, 0.4), empirical(2, 0.0)),
        (empirical(3, 0.4), Prior::Gaussian),
    ];
    for (u, v) in laws {
        for (kappa, sigma) in [(1.0, 0.0), (0.4, 0.5), (2.5, 1.3)] {
            for (eta, theta) in [([0.0, 0.0], [0.0, 0.0]), ([0.15, -0.1], [0.05, 0.2])] {
                let ensemble = Ensemble::new(kappa, sigma, &[1.9, 1.6], Prior::Gaussian)
                    .and_then(|e| e.with_priors(u.clone(), v.clone()))
                    .and_then(|e| e.with_fields(&eta, &theta))
                    .unwrap();
                cases.push((ensemble.clone(), vec![0]));
                cases.push((ensemble, vec![0, 1]));
            }
        }
    }
    cases
}

/// A description of the case in one line.
fn name(ensemble: &Ensemble, modes: &[usize]) -> String {
    let (u, v) = (ensemble.prior_u(), ensemble.prior_v());
    let fields = ensemble.eta().norm() > 0.0;
    format!("{u}/{v} kappa {} sigma {} fields {fields} start {modes:?}", ensemble.kappa(), ensemble.sigma())
}

fn solve(ensemble: &Ensemble, modes: &[usize]) -> FixedPoint {
    let point = Solver::new(ensemble).unwrap().solve(&Start::condensed(2, modes)).unwrap();
    assert!(point.is_converged(), "{} {:e}", name(ensemble, modes), point.residual);
    point
}

fn near(ensemble: &Ensemble, point: &FixedPoint) -> FixedPoint {
    let moved = Solver::new(ensemble).unwrap().solve(&Start::from(point)).unwrap();
    assert!(moved.is_converged());
    moved
}

/// The free energy is stationary in m, m̄, q and q̄. Central differences of step h leave h² times third derivatives,
/// which are of order σ⁶: 1e-6.
#[test]
fn free_energy_is_stationary() {
    let step = 1e-4;
    for (ensemble, modes) in cases() {
        let point = solve(&ensemble, &modes);
        let f = |entry: usize, shift: f64| {
            let (mut m, mut m_bar) = (point.magnetization.clone(), point.magnetization_bar.clone());
            let (mut q, mut q_bar) = (point.overlap, point.overlap_bar);
            match entry {
                0 | 1 => m[entry] += shift,
                2 | 3 => m_bar[entry - 2] += shift,
                4 => q += shift,
                _ => q_bar += shift,
            }
            saddle::free_energy(&ensemble, &m, q, &m_bar, q_bar).unwrap()
        };
        assert!((f(0, 0.0) - point.free_energy).abs() < 1e-12);
        for entry in 0..6 {
            // At q = 0 only one side exists; stationarity in q then follows from the equations themselves.
            if entry >= 4 && point.overlap.min(point.overlap_bar) < step {
                continue;
            }
            let slope = (f(entry, step) - f(entry, -step)) / (2.0 * step);
            assert!(slope.abs() < 1e-6, "{} entry {entry}: {slope:e}", name(&ensemble, &modes));
        }
    }
}

/// df/dw_α = −m_α m̄_α along the solution, ∂f/∂η_α = −m̄_α, ∂f/∂θ_α = −m_α.
#[test]
fn order_parameters_are_derivatives_of_the_free_energy() {
    let step = 1e-4;
    for (ensemble, modes) in cases() {
        let point = solve(&ensemble, &modes);
        for mode in 0..2 {
            let at = |w: f64, eta: f64, theta: f64| {
                let shifted = |vector: &DVector<f64>, by: f64| {
                    let mut shifted = vector.clone();
                    shifted[mode] += by;
                    shifted
                };
                let moved = Ensemble::new(
                    ensemble.kappa(),
                    ensemble.sigma(),
                    shifted(ensemble.modes(), w).as_slice(),
                    Prior::Gaussian,
                )
                .and_then(|e| e.with_priors(ensemble.prior_u().clone(), ensemble.prior_v().clone()))
                .and_then(|e| {
                    e.with_fields(shifted(ensemble.eta(), eta).as_slice(), shifted(ensemble.theta(), theta).as_slice())
                })
                .unwrap();
                near(&moved, &point).free_energy
            };
            let (m, m_bar) = (point.magnetization[mode], point.magnetization_bar[mode]);
            let slopes = [
                ((at(step, 0.0, 0.0) - at(-step, 0.0, 0.0)) / (2.0 * step), -m * m_bar),
                ((at(0.0, step, 0.0) - at(0.0, -step, 0.0)) / (2.0 * step), -m_bar),
                ((at(0.0, 0.0, step) - at(0.0, 0.0, -step)) / (2.0 * step), -m),
            ];
            for (index, (found, expected)) in slopes.into_iter().enumerate() {
                // Susceptibilities enter at third order in the step, and are large in nearly marginal cases.
                assert!(
                    (found - expected).abs() < 2e-6,
                    "{} {mode} {index}: {found} {expected}",
                    name(&ensemble, &modes)
                );
            }
        }
    }
}

/// Exchanging u, v, η, θ, κ with v, u, θ, η, 1/κ exchanges hidden and visible order parameters.
#[test]
fn exchanged_layers_exchange_their_order_parameters() {
    for (ensemble, modes) in cases() {
        let point = solve(&ensemble, &modes);
        let exchanged = ensemble.exchanged();
        let start = Start { magnetization: point.magnetization_bar.clone(), overlap: point.overlap_bar };
        let other = Solver::new(&exchanged).unwrap().solve(&start).unwrap();
        assert!(other.is_converged());
        assert!((&other.magnetization - &point.magnetization_bar).amax() < 1e-10, "{}", name(&ensemble, &modes));
        assert!((&other.magnetization_bar - &point.magnetization).amax() < 1e-10);
        assert!((other.overlap - point.overlap_bar).abs() < 1e-10);
        assert!((other.free_energy - point.free_energy).abs() < 1e-12);
        assert!((other.at_number - point.at_number).abs() < 1e-9 * point.at_number.max(1.0));
        // The two rounds J_h J_v and J_v J_h have the same eigenvalues.
        assert!((other.spectral_radius - point.spectral_radius).abs() < 1e-8, "{}", name(&ensemble, &modes));
    }
}

/// The linear response is the derivative of the hidden magnetizations with respect to the visible fields. It is
/// symmetric in the sense that dm_β/dη_α = dm̄_α/dθ_β = −∂²f/∂η_α∂θ_β.
#[test]
fn response_is_the_derivative_of_the_magnetization() {
    let step = 1e-4;
    for (ensemble, modes) in cases().into_iter().filter(|(e, _)| e.has_fields()) {
        let point = solve(&ensemble, &modes);
        let response = saddle::response(&ensemble, &point).unwrap().unwrap();
        for alpha in 0..2 {
            let at = |shift: f64| {
                let mut eta = ensemble.eta().clone();
                eta[alpha] += shift;
                let moved = ensemble.clone().with_fields(eta.as_slice(), ensemble.theta().as_slice()).unwrap();
                near(&moved, &point).magnetization
            };
            let slope = (at(step) - at(-step)) / (2.0 * step);
            for beta in 0..2 {
                let found = response[(alpha, beta)];
                assert!(
                    (found - slope[beta]).abs() < 1e-5 * (1.0 + found.abs().powi(3)),
                    "{} {found} {slope}",
                    name(&ensemble, &modes)
                );
            }
        }
        let reversed = saddle::response(&ensemble.exchanged(), &near_exchanged(&ensemble, &point)).unwrap().unwrap();
        assert!((reversed.transpose() - &response).amax() < 1e-8 * (1.0 + response.amax().powi(2)));
    }
}

fn near_exchanged(ensemble: &Ensemble, point: &FixedPoint) -> FixedPoint {
    let start = Start { magnetization: point.magnetization_bar.clone(), overlap: point.overlap_bar };
    Solver::new(&ensemble.exchanged()).unwrap().solve(&start).unwrap()
}

/// In the paramagnet the response is w/(1 − w²). With one condensed mode and noise it is the fluctuation of section 3:
/// Bernoulli, w = 1.5, σ = 0.6 gives 0.2386 (Gibbs sampling: 0.238 ± 0.009).
#[test]
fn response_in_known_cases() {
    let ensemble = Ensemble::new(0.7, 0.4, &[0.8, 0.3], Prior::Uniform).unwrap();
    let paramagnet = Solver::new(&ensemble).unwrap().solve(&Start::paramagnet(2)).unwrap();
    let response = saddle::response(&ensemble, &paramagnet).unwrap().unwrap();
    let expected = DMatrix::from_diagonal(&DVector::from_vec(vec![0.8 / 0.36, 0.3 / 0.91]));
    // dm/dη from w m̄ alone: C = w + w·w²… = w/(1 − w²).
    assert!((response - expected).amax() < 1e-12);

    let ensemble = Ensemble::new(1.0, 0.6, &[1.5], Prior::Bernoulli).unwrap();
    let point = Solver::new(&ensemble).unwrap().solve(&Start::condensed(1, &[0])).unwrap();
    let response = saddle::response(&ensemble, &point).unwrap().unwrap();
    assert!((response[(0, 0)] - 0.2386).abs() < 0.5e-4, "{response}");
    // Without the response of the overlaps, Ā w/(1 − w² ĀB)·B is 0.358.
    let frozen = ensemble.modes()[0];
    let (a, b) = (1.0 - point.overlap_bar, 1.0 - point.overlap);
    assert!((a * frozen * b / (1.0 - frozen * frozen * a * b) - 0.358).abs() < 0.5e-3);
}

/// The growth rate of a small perturbation under rounds is the spectral radius.
#[test]
fn spectral_radius_is_the_growth_rate() {
    for prior in Prior::NAMED {
        let ensemble = Ensemble::new(0.6, 0.5, &[1.7, 1.5], prior.clone()).unwrap();
        for modes in [vec![], vec![0], vec![1]] {
            let mut solver = Solver::new(&ensemble).unwrap();
            let point = solver.solve(&Start::condensed(2, &modes)).unwrap();
            let mut perturbed = Start::from(&point);
            perturbed.magnetization += DVector::from_vec(vec![1e-7, 1e-7]);
            let mut rate = 0.0;
            for _ in 0..12 {
                let (m, q) = saddle::round(&ensemble, &perturbed.magnetization, perturbed.overlap).unwrap();
                let deviation = &m - &point.magnetization;
                rate = deviation.norm() / (&perturbed.magnetization - &point.magnetization).norm();
                let scale = 1e-7 / deviation.norm();
                perturbed.magnetization = &point.magnetization + deviation * scale;
                perturbed.overlap = point.overlap + (q - point.overlap) * scale;
            }
            // After twelve rounds the error is the ratio of the second eigenvalue to the first, to the twelfth power.
            assert!((rate / point.spectral_radius - 1.0).abs() < 0.05, "{prior} {modes:?} {rate} {point:?}");
        }
    }
}

/// Complete solves with the textbook backend.
#[test]
fn backends_agree_on_fixed_points() {
    for prior in [Prior::Gaussian, Prior::Uniform, Prior::Bernoulli] {
        let ensemble =
            Ensemble::new(0.5, 0.3, &[1.3, 1.2], prior.clone()).unwrap().with_fields(&[0.1, 0.1], &[0.0, 0.0]).unwrap();
        let fourier = solve(&ensemble, &[0, 1]);
        let hermite = solve(&ensemble.clone().with_backend(Backend::hermite_for(&prior, 2)), &[0, 1]);
        // The 64-node rules err by 1e-9: sech² has poles at ±iπ/2, and the fields here are about one.
        assert!((fourier.magnetization - hermite.magnetization).amax() < 1e-8, "{prior}");
        assert!((fourier.free_energy - hermite.free_energy).abs() < 1e-8);
        assert!((fourier.spectral_radius - hermite.spectral_radius).abs() < 1e-7);
    }
    // Also for a spin glass: 200 nodes reach 1e-8 at this noise.
    let ensemble = Ensemble::new(1.0, 1.5, &[0.5], Prior::Uniform).unwrap();
    let overlap = |ensemble: &Ensemble| {
        let point = Solver::new(ensemble).unwrap().solve(&Start::spin_glass(1)).unwrap();
        assert!(point.is_converged());
        assert_eq!(point.kind, Kind::SpinGlass);
        point.overlap
    };
    let hermite = ensemble.clone().with_backend(Backend::hermite_for(&Prior::Uniform, 1));
    assert!((overlap(&ensemble) - overlap(&hermite)).abs() < 1e-8);
}
