//! The saddle point against published digits, identities and limits.

use nalgebra::DVector;
use spectral_rbm::theory::saddle::{self, Kind, Solver, Start};
use spectral_rbm::{Ensemble, FixedPoint, Prior};

fn single(kappa: f64, sigma: f64, w: f64, prior: Prior) -> FixedPoint {
    let ensemble = Ensemble::new(kappa, sigma, &[w], prior).unwrap();
    let point = Solver::new(&ensemble).unwrap().solve(&Start::condensed(1, &[0])).unwrap();
    assert!(point.is_converged(), "{point:?}");
    point
}

/// One mode: (w, σ, κ) and (m, m̄) for each named prior. Two independent implementations agree on every digit.
#[test]
fn magnetizations_are_the_reference_values() {
    let table = [
        (1.2, 0.0, 1.0, [0.4052352664, 0.5011457626, 0.6585696604, 0.3042612773], None),
        (1.5, 0.5, 1.0, [0.5283179075, 0.6254777322, 0.7855491076, 0.4193824415], None),
        (2.0, 1.2, 1.0, [0.5166866070, 0.6029045502, 0.7329404826, 0.4191486036], None),
        (
            1.5,
            0.5,
            0.5,
            [0.4900760414, 0.5767629723, 0.7239320764, 0.3912327425],
            Some([0.5455412954, 0.6456414058, 0.8081470998, 0.4327973135]),
        ),
    ];
    // Half a unit of the last printed digit.
    let digits = 0.5e-10 + 1e-14;
    for (w, sigma, kappa, m, m_bar) in table {
        for (prior, index) in Prior::NAMED.into_iter().zip(0..) {
            let point = single(kappa, sigma, w, prior.clone());
            assert!((point.magnetization[0] - m[index]).abs() < digits, "{prior} {w} {sigma} {kappa}: {point:?}");
            let expected_bar = m_bar.unwrap_or(m)[index];
            assert!((point.magnetization_bar[0] - expected_bar).abs() < digits, "{prior} {w} {sigma} {kappa}");
        }
    }
}

#[test]
fn reference_free_energies() {
    let expected = [-1.5891158601, -1.6220188995, -1.6825290132, -1.5590125316];
    for (prior, expected) in Prior::NAMED.into_iter().zip(expected) {
        assert!((single(1.0, 0.5, 1.5, prior).free_energy - expected).abs() < 0.5e-10 + 1e-14);
    }
}

/// Gaussian components: w²(1 − q)(1 − q̄) = 1 in F, hence q = 1 − 1/w at κ = 1 for any σ.
#[test]
fn gaussian_overlap_in_closed_form() {
    for (w, sigma) in [(1.2, 0.0), (1.5, 0.5), (3.0, 0.9), (2.0, 1.2), (8.0, 2.0)] {
        let point = single(1.0, sigma, w, Prior::Gaussian);
        assert!((point.overlap - (1.0 - 1.0 / w)).abs() < 1e-12, "{w} {sigma} {point:?}");
        let other = single(0.3, sigma, w, Prior::Gaussian);
        assert!((w * w * other.susceptibility() - 1.0).abs() < 1e-12);
    }
}

/// Laplace, three modes: every start leads to the mixture.
#[test]
fn laplace_mixture_from_every_start() {
    let ensemble = Ensemble::new(1.0, 0.2, &[3.0, 2.9, 2.8], Prior::Laplace).unwrap();
    let found = saddle::enumerate(&ensemble).unwrap();
    let stable: Vec<_> = found.stable().collect();
    assert_eq!(stable.len(), 1, "{stable:?}");
    for (m, expected) in stable[0].magnetization.iter().zip([0.4481, 0.3994, 0.3425]) {
        assert!((m - expected).abs() < 0.5e-4);
    }
}

/// Marginal points, where plain rounds need thousands of steps.
#[test]
fn marginal_points_converge() {
    let laplace = Ensemble::new(1.0, 0.4, &[1.6, 1.5, 1.4], Prior::Laplace).unwrap();
    let point = Solver::new(&laplace).unwrap().solve(&Start::condensed(3, &[0, 1, 2])).unwrap();
    assert!(point.is_converged() && point.iterations < 100, "{point:?}");
    for prior in Prior::NAMED {
        for distance in [1e-2, 1e-4, 1e-6] {
            let point = single(1.0, 0.3, 1.0 + distance, prior.clone());
            assert_eq!(point.kind, Kind::Single, "{prior} {distance:e} {point:?}");
            let below = single(1.0, 0.3, 1.0 - distance, prior.clone());
            assert_eq!(below.kind, Kind::Paramagnet, "{prior} {distance:e} {below:?}");
        }
        let critical = single(1.0, 0.3, 1.0, prior.clone());
        assert_eq!(critical.kind, Kind::Paramagnet, "{prior} {critical:?}");
        assert!((critical.spectral_radius - 1.0).abs() < 1e-12);
    }
}

/// Near the multicritical point, κ = 1, Gaussian: q = 1 − 1/w, and `1 − V(v) = q` with v = σ²q + w²m² gives m. Both are
/// small, and the equations are satisfied to the square of the distance for any values.
#[test]
fn near_the_multicritical_point() {
    for sigma in [0.99, 0.999, 1.0, 1.001] {
        for distance in [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6] {
            let w: f64 = 1.0 + distance;
            // F exists where w² (1 − q)² > 1 for the spin glass, with q ≈ σ − 1.
            if sigma > 1.0 && distance < 3.0 * (sigma - 1.0) {
                continue;
            }
            let point = single(1.0, sigma, w, Prior::Gaussian);
            assert_eq!(point.kind, Kind::Single, "{sigma} {distance:e}");
            assert!(point.stable, "{sigma} {distance:e} {point:?}");
            let q = 1.0 - 1.0 / w;
            // E tanh² = v − 2v² + 17/3 v³ − 62/3 v⁴ …, inverted by Newton's method for small q.
            if distance <= 1e-3 {
                let mut v = q;
                for _ in 0..20 {
                    let excess = v - 2.0 * v * v + 17.0 / 3.0 * v.powi(3) - 62.0 / 3.0 * v.powi(4) - q;
                    v -= excess / (1.0 - 4.0 * v + 17.0 * v * v);
                }
                let m = ((v - sigma * sigma * q) / (w * w)).sqrt();
                let found = point.magnetization[0];
                // Rounding of 1e-16 in the overlap's equation, with terms of order q(1 − σ⁴) + q².
                let tolerance = 1e-6 + 1e-15 / (q * (q + (1.0 - sigma).abs()));
                assert!((found / m - 1.0).abs() < tolerance, "{sigma} {distance:e}: {found} {m}");
            }
        }
    }
}

/// Just above σ = 1 the spin glass is small, but is not taken for the paramagnet.
#[test]
fn just_above_the_spin_glass_transition() {
    for prior in Prior::NAMED {
        for sigma in [1.00001, 1.0001, 1.001, 1.01, 1.03] {
            let found = saddle::enumerate(&Ensemble::new(1.0, sigma, &[0.5], prior.clone()).unwrap()).unwrap();
            let stable: Vec<_> = found.stable().collect();
            assert_eq!(stable.len(), 1, "{prior} {sigma}");
            assert_eq!(stable[0].kind, Kind::SpinGlass);
            assert!((stable[0].overlap / (sigma - 1.0) - 1.0).abs() < 1.5 * (sigma - 1.0), "{prior} {sigma}");
        }
    }
    // Without noise there is no spin glass, also under an empirical law, and no overlap from rounding.
    let values = nalgebra::DMatrix::from_fn(30, 1, |i, _| if i % 2 == 0 { 1.1 } else { -0.9 });
    let components = spectral_rbm::theory::prior::Components::new(values, DVector::zeros(30)).unwrap();
    for prior in [Prior::Bernoulli, Prior::Empirical(std::sync::Arc::new(components))] {
        let ensemble = Ensemble::new(1.0, 0.0, &[0.5], prior).unwrap();
        let point = Solver::new(&ensemble).unwrap().solve(&Start::condensed(1, &[0])).unwrap();
        assert_eq!((point.kind, point.overlap, point.overlap_bar), (Kind::Paramagnet, 0.0, 0.0));
    }
}

/// Near its onset `m² → (w − 1)·c`. For σ = 0, κ = 1: `m = E[v̂ tanh(w m v̂)] = w m − w³ m³ E[v̂⁴]/3`.
#[test]
fn onset_of_m_follows_the_fourth_moment() {
    for prior in Prior::NAMED {
        let excess = 1e-6;
        let m = single(1.0, 0.0, 1.0 + excess, prior.clone()).magnetization[0];
        let expected = (3.0 * excess / prior.kurtosis()).sqrt();
        // The next order is relative O(excess).
        assert!((m / expected - 1.0).abs() < 1e-4, "{prior} {m} {expected}");
    }
}

/// The spin-glass branch at κ = 1.
#[test]
fn spin_glass_branch() {
    let ensemble = Ensemble::new(1.0, 1.25, &[0.5], Prior::Gaussian).unwrap();
    let point = Solver::new(&ensemble).unwrap().solve(&Start::spin_glass(1)).unwrap();
    assert_eq!(point.kind, Kind::SpinGlass);
    assert!((point.overlap - 0.20893701).abs() < 0.5e-8);
    let boundary = 1.0 / point.susceptibility().sqrt();
    assert!((boundary - 1.26412184).abs() < 0.5e-8);
    assert!(point.at_number > 1.0 && !point.at_stable);
}

/// Equal singular values under Gaussian laws are a continuum, reported as such and counted once.
#[test]
fn equal_gaussian_modes_are_a_continuum() {
    let ensemble = Ensemble::new(0.7, 0.3, &[1.6, 1.6, 1.2], Prior::Gaussian).unwrap();
    let found = saddle::enumerate(&ensemble).unwrap();
    let stable: Vec<_> = found.stable().collect();
    assert_eq!(stable.len(), 1, "{stable:#?}");
    assert_eq!(stable[0].kind, Kind::Continuum);
    assert!((stable[0].spectral_radius - 1.0).abs() < 1e-8);
    // A field on another mode does not lift the degeneracy, nor does a difference below the resolution.
    for modes in [[1.6, 1.6, 1.2], [1.6, 1.6 * (1.0 - 1e-12), 1.2]] {
        let ensemble = Ensemble::new(0.7, 0.3, &modes, Prior::Gaussian).unwrap();
        let fielded = ensemble.clone().with_fields(&[0.0, 0.0, 0.05], &[0.0; 3]).unwrap();
        for ensemble in [ensemble, fielded] {
            let found = saddle::enumerate(&ensemble).unwrap();
            let kinds: Vec<Kind> = found.stable().map(|point| point.kind).collect();
            assert_eq!(kinds, [Kind::Continuum], "{modes:?} {}", ensemble.has_fields());
        }
    }
    // Any other difference selects the larger one.
    for gap in [1e-8, 1e-4] {
        let found = saddle::enumerate(&Ensemble::new(0.7, 0.3, &[1.6, 1.6 - gap], Prior::Gaussian).unwrap()).unwrap();
        let condensed: Vec<_> = found.stable().map(|point| point.modes_condensed.clone()).collect();
        assert_eq!(condensed, [[1]], "{gap:e}");
        assert_eq!(found.unconverged, 0);
    }
    // The determinant of the fluctuations vanishes, so there is no weight to this order.
    let mut found = found;
    found.weigh(&ensemble, 100.0).unwrap();
    assert!(found.points.iter().all(|point| point.weight.is_none()));
}

/// Fields distinguish the signs: one mode deep in F has a stable and a metastable state of opposite magnetization.
#[test]
fn fields_break_the_symmetry() {
    let ensemble = Ensemble::new(1.0, 0.2, &[2.0], Prior::Bernoulli).unwrap().with_fields(&[0.02], &[0.0]).unwrap();
    let found = saddle::enumerate(&ensemble).unwrap();
    let stable: Vec<_> = found.stable().collect();
    assert_eq!(stable.len(), 2);
    assert!(stable[0].magnetization[0] > 0.0 && stable[1].magnetization[0] < 0.0);
    assert_eq!(stable[0].degeneracy, 1.0);
    // To first order the field separates them by 2 η m̄.
    let difference = stable[1].free_energy - stable[0].free_energy;
    let first_order = 0.02 * (stable[0].magnetization_bar[0] - stable[1].magnetization_bar[0]);
    assert!((difference / first_order - 1.0).abs() < 1e-3);
}

#[test]
fn weights_follow_the_free_energy() {
    let ensemble = Ensemble::new(1.0, 0.0, &[1.8, 1.7], Prior::Bernoulli).unwrap();
    let mut found = saddle::enumerate(&ensemble).unwrap();
    found.weigh(&ensemble, 50.0).unwrap();
    let weights: Vec<f64> = found.stable().filter_map(|point| point.weight).collect();
    assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-14);
    assert!(weights.len() >= 2 && weights[0] > weights[1]);
    assert!(found.weigh(&ensemble, -1.0).is_err());
}

#[test]
fn bad_ensembles_are_refused() {
    use spectral_rbm::Error;
    let new = |kappa, sigma, modes: &[f64]| Ensemble::new(kappa, sigma, modes, Prior::Gaussian).unwrap_err();
    assert_eq!(new(0.0, 0.1, &[1.0]), Error::Kappa(0.0));
    assert!(matches!(new(f64::NAN, 0.1, &[1.0]), Error::Kappa(_)));
    assert_eq!(new(1.0, -0.1, &[1.0]), Error::Sigma(-0.1));
    assert_eq!(new(1.0, 0.1, &[]), Error::NoModes);
    assert_eq!(new(1.0, 0.1, &[1.0, 1.1]), Error::Unordered { mode: 2, value: 1.1, previous: 1.0 });
    assert_eq!(new(1.0, 0.1, &[1.0, -1.0]), Error::Mode { mode: 2, value: -1.0 });
    assert!(matches!(new(1.0, 0.1, &[f64::INFINITY]), Error::Mode { mode: 1, .. }));
    let ensemble = Ensemble::new(1.0, 0.1, &[1.0], Prior::Gaussian).unwrap();
    assert!(ensemble.clone().with_fields(&[0.1, 0.2], &[0.0]).is_err());
    assert!(ensemble.with_fields(&[f64::NAN], &[0.0]).is_err());
    let point = saddle::free_energy(
        &Ensemble::new(1.0, 0.1, &[1.0], Prior::Gaussian).unwrap(),
        &DVector::zeros(1),
        1.5,
        &DVector::zeros(1),
        0.0,
    );
    assert!(point.is_err());
}
