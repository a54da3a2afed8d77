//! Enumeration against brute force: a grid of starts, iterated by plain rounds of the equations.

use nalgebra::DVector;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use spectral_rbm::theory::saddle::{self, Enumeration};
use spectral_rbm::{Ensemble, Prior};

type State = (DVector<f64>, f64);

/// Iterates plain rounds until nothing changes, or 6000 times.
fn settle(ensemble: &Ensemble, mut state: State) -> State {
    for _ in 0..6000 {
        let next = saddle::round(ensemble, &state.0, state.1).unwrap();
        let change = (&next.0 - &state.0).amax().max((next.1 - state.1).abs());
        state = next;
        if change < 1e-13 {
            break;
        }
    }
    state
}

/// The distinct end points from `levels`³ starts that return after a small random kick.
fn brute_force(ensemble: &Ensemble, levels: &[f64]) -> Vec<State> {
    let starts: Vec<State> = levels
        .iter()
        .flat_map(|&a| levels.iter().flat_map(move |&b| levels.iter().map(move |&c| (a, b, c))))
        .map(|(a, b, c)| (DVector::from_vec(vec![a, b, c]), 0.5))
        .collect();
    let ends: Vec<Option<State>> = starts
        .into_par_iter()
        .enumerate()
        .map(|(index, start)| {
            let end = settle(ensemble, start);
            let mut random = ChaCha8Rng::seed_from_u64(index as u64);
            let kick = DVector::from_fn(3, |_, _| 1e-3 * random.sample::<f64, _>(StandardNormal));
            let back = settle(ensemble, (&end.0 + kick, end.1));
            ((&back.0 - &end.0).amax() < 1e-5).then_some(end)
        })
        .collect();
    let mut distinct: Vec<State> = Vec::new();
    for (mut m, q) in ends.into_iter().flatten() {
        if !ensemble.has_fields() {
            m = m.abs();
        }
        if !distinct.iter().any(|(other, _)| (other - &m).amax() < 1e-4) {
            distinct.push((m, q));
        }
    }
    distinct
}

fn assert_same(ensemble: &Ensemble, found: &Enumeration, expected: &[State]) {
    for (m, q) in expected {
        let known =
            found.stable().any(|point| (&point.magnetization - m).amax() < 1e-4 && (point.overlap - q).abs() < 1e-4);
        assert!(known, "missed m = {m:?} of {:?} {}", ensemble.modes(), ensemble.prior_u());
    }
    // Points that the enumeration calls stable must stay fixed under rounds, whether or not the grid leads there.
    for point in found.stable() {
        let (m, _) = settle(ensemble, (point.magnetization.add_scalar(1e-4), point.overlap));
        assert!((&m - &point.magnetization).amax() < 1e-4, "not stable: {:?}", point.magnetization);
    }
    assert!(found.last_new < found.starts);
}

#[test]
fn every_state_of_three_modes_is_found() {
    let mut total = 0;
    for prior in Prior::NAMED {
        for (kappa, sigma, modes) in [
            (1.0, 0.2, [2.0, 1.9, 1.8]),
            (0.5, 0.6, [1.6, 1.45, 1.3]),
            (2.0, 1.2, [3.0, 2.8, 2.7]),
            (1.0, 0.0, [4.0, 3.9, 3.85]),
        ] {
            let ensemble = Ensemble::new(kappa, sigma, &modes, prior.clone()).unwrap();
            let found = saddle::enumerate(&ensemble).unwrap();
            let expected = brute_force(&ensemble, &[0.02, 0.25, 0.6, 0.9]);
            assert!(!expected.is_empty());
            assert_same(&ensemble, &found, &expected);
            total += expected.len();
        }
    }
    // Uniform and Bernoulli laws have several states each, so the comparison is not empty.
    assert!(total > 25, "{total}");
}

#[test]
fn every_state_is_found_with_fields() {
    for prior in Prior::NAMED {
        let ensemble = Ensemble::new(0.7, 0.3, &[1.9, 1.8, 1.6], prior.clone())
            .and_then(|e| e.with_fields(&[0.05, 0.0, -0.03], &[0.0, 0.02, 0.01]))
            .unwrap();
        let found = saddle::enumerate(&ensemble).unwrap();
        let expected = brute_force(&ensemble, &[-0.7, -0.2, 0.2, 0.7]);
        assert_same(&ensemble, &found, &expected);
    }
}

/// Ten modes: under Gaussian laws only the largest survives; under Bernoulli laws every single mode deep in F does.
#[test]
fn ten_modes_leave_one_state_under_gaussian_laws_and_ten_under_bernoulli() {
    let modes: Vec<f64> = (0..10).map(|k| 2.5 - 0.02 * f64::from(k)).collect();
    let gaussian = saddle::enumerate(&Ensemble::new(1.0, 0.2, &modes, Prior::Gaussian).unwrap()).unwrap();
    assert_eq!(gaussian.stable().count(), 1);
    let bernoulli = saddle::enumerate(&Ensemble::new(1.0, 0.2, &modes, Prior::Bernoulli).unwrap()).unwrap();
    for mode in 1..=10 {
        assert!(bernoulli.stable().any(|point| point.modes_condensed == [mode]), "mode {mode}");
    }
    assert_eq!(bernoulli.unconverged, 0);
}

/// Weak fields on every mode split a Laplace mixture of K modes into its 2^K sign images, all of them still stable.
/// Without fields they were counted as one state with that degeneracy.
#[test]
fn weak_fields_split_every_image() {
    for (count, modes_step, field) in [(5, 0.005, 0.001), (7, 0.005, 0.001), (6, 0.02, 0.005)] {
        let modes: Vec<f64> = (0..count).map(|k| 2.4 - modes_step * f64::from(k)).collect();
        let fields = vec![field; modes.len()];
        let free = Ensemble::new(1.0, 0.2, &modes, Prior::Laplace).unwrap();
        let images: f64 = saddle::enumerate(&free).unwrap().stable().map(|point| point.degeneracy).sum();
        assert_eq!(images, f64::from(1 << count));
        let fielded = free.with_fields(&fields, &vec![0.0; modes.len()]).unwrap();
        let found = saddle::enumerate(&fielded).unwrap();
        assert_eq!(found.stable().count(), 1 << count, "{count} modes");
    }
}

/// A solution (m, q) by Newton's method on one round, with finite differences for derivatives; `None` if it does not
/// converge.
fn newton(ensemble: &Ensemble, start: (f64, f64)) -> Option<(f64, f64)> {
    let noisy = ensemble.sigma() > 0.0;
    let off = |m: f64, q: f64| {
        let (image, overlap) = saddle::round(ensemble, &DVector::from_element(1, m), q.max(0.0)).unwrap();
        // Without noise nothing depends on q.
        (image[0] - m, if noisy { overlap - q } else { 0.0 })
    };
    let (mut m, mut q) = start;
    for _ in 0..40 {
        let (a, b) = off(m, q);
        if a.abs().max(b.abs()) < 1e-12 {
            return (q >= 0.0).then_some((m, q));
        }
        let step = 1e-6;
        let along_m = (off(m + step, q), off(m - step, q));
        let along_q = (off(m, q + step), off(m, q - step));
        let slope = |(above, below): ((f64, f64), (f64, f64))| {
            ((above.0 - below.0) / (2.0 * step), (above.1 - below.1) / (2.0 * step))
        };
        let ((am, bm), (aq, bq)) = (slope(along_m), slope(along_q));
        let (aq, bq) = if noisy { (aq, bq) } else { (0.0, 1.0) };
        let determinant = am * bq - aq * bm;
        m -= ((a * bq - aq * b) / determinant).clamp(-0.3, 0.3);
        q -= ((am * b - a * bm) / determinant).clamp(-0.3, 0.3);
        q = q.min(1.0);
    }
    None
}

/// Whether two solutions are the same.
fn same(a: (f64, f64), b: (f64, f64), ensemble: &Ensemble) -> bool {
    (a.0 - b.0).abs() < 1e-5 && (ensemble.sigma() == 0.0 || (a.1 - b.1).abs() < 1e-5)
}

/// One mode: every solution that Newton's method finds from eighty random starts is in the list, and every point of the
/// list is a solution. Under all laws, with and without noise and fields, with fields in the interval of w where three
/// solutions coexist, and in the spin glass.
#[test]
fn every_solution_of_one_mode_is_found() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let (mut unstable, mut glasses) = (0, 0);
    for prior in Prior::NAMED {
        for (kappa, sigma, w, eta, theta) in [
            (1.0, 0.1, 1.2, 0.01, 0.0),
            (1.0, 0.0, 1.2, 0.01, 0.0),
            (0.5, 0.0, 1.5, 0.03, -0.02),
            (2.0, 0.6, 1.6, 0.0, -0.02),
            (1.0, 1.3, 2.2, 0.02, 0.01),
            (0.7, 1.5, 1.4, 0.0, 0.0),
            (1.0, 0.3, 0.9, 0.05, 0.0),
            (1.0, 0.4, 8.0, 0.5, 0.0),
            (1.0, 0.4, 1.8, 0.0, 0.0),
        ] {
            let ensemble = Ensemble::new(kappa, sigma, &[w], prior.clone())
                .and_then(|ensemble| ensemble.with_fields(&[eta], &[theta]))
                .unwrap();
            let found = saddle::enumerate(&ensemble).unwrap();
            assert!(found.complete);
            let points: Vec<(f64, f64)> = found.points.iter().map(|p| (p.magnetization[0], p.overlap)).collect();
            for _ in 0..80 {
                let start = (kappa.powf(0.25) * random.random_range(-1.0..1.0), random.random_range(0.0..1.0));
                let Some((m, q)) = newton(&ensemble, start) else { continue };
                let m = if ensemble.has_fields() { m } else { m.abs() };
                let known = points.iter().any(|&point| same(point, (m, q), &ensemble));
                assert!(known, "missed m = {m}, q = {q} of {ensemble:?}: {points:?}");
            }
            for (index, point) in found.points.iter().enumerate() {
                let (image, overlap) = saddle::round(&ensemble, &point.magnetization, point.overlap).unwrap();
                let residual = (image[0] - point.magnetization[0]).abs().max((overlap - point.overlap).abs());
                assert!(residual < 1e-11, "{point:?}");
                assert!(
                    !points[..index].iter().any(|&other| same(other, points[index], &ensemble)),
                    "twice: {point:?}"
                );
                unstable += usize::from(!point.stable && point.magnetization[0] != 0.0);
                glasses += usize::from(point.magnetization[0] == 0.0 && point.overlap > 0.0);
            }
        }
    }
    println!("{unstable} unstable magnetized solutions, {glasses} spin glasses");
    assert!(unstable >= 16 && glasses >= 4, "{unstable} {glasses}");
}

/// The third solution at w = 1.2, σ = 0.1, η = 0.01, by hand. With q eliminated at κ = 1 the Gaussian equations are
/// `m̄ = (w m + η) A`, `m = w m̄ B` with A = V(σ²q + (w m + η)²) = 1 − q̄, B = V(σ²q̄ + w²m̄²) = 1 − q. All unknowns
/// except m̄ are found by rounds.
#[test]
fn the_third_solution_of_a_weak_field() {
    use spectral_rbm::theory::average::response::v;
    let (w, sigma, eta) = (1.2, 0.1f64, 0.01);
    // The residual of the first equation at fixed m̄, after rounds for (m, q, q̄).
    let excess = |bar: f64| {
        let (mut m, mut q_bar) = (0.0, 0.0);
        for _ in 0..200 {
            let b = v(sigma * sigma * q_bar + (w * bar).powi(2)).unwrap();
            let q = 1.0 - b;
            m = w * bar * b;
            q_bar = 1.0 - v(sigma * sigma * q + (w * m + eta).powi(2)).unwrap();
        }
        (w * m + eta) * (1.0 - q_bar) - bar
    };
    let (mut low, mut high) = (-0.1, -0.005);
    assert!(excess(low) * excess(high) < 0.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if excess(low) * excess(middle) > 0.0 { low = middle } else { high = middle }
    }
    assert!((low + 0.02281).abs() < 5e-6, "{low}");
    let ensemble =
        Ensemble::new(1.0, sigma, &[w], Prior::Gaussian).and_then(|e| e.with_fields(&[eta], &[0.0])).unwrap();
    let found = saddle::enumerate(&ensemble).unwrap();
    assert_eq!((found.points.len(), found.stable().count()), (3, 2));
    let third = found.points.last().unwrap();
    assert!(!third.stable && (third.magnetization_bar[0] - low).abs() < 1e-9, "{third:?}");
}

/// For several modes the unstable points are by-products, and the list says so.
#[test]
fn only_one_mode_is_scanned() {
    let two = Ensemble::new(1.0, 0.1, &[1.5, 1.3], Prior::Gaussian).unwrap();
    assert!(!saddle::enumerate(&two).unwrap().complete);
}

/// At w → ∞ tanh is a sign function: m = κ^{1/4} E|v̂|, `1 − q = E[δ(S)]·2 = √(2/π)/(w m̄)·κ^{1/4}` under Gaussian
/// laws, and f = −w m m̄ to leading order. Up to the largest strength, and for layers of very different size.
#[test]
fn saturated_states_of_very_strong_modes() {
    let size = (2.0 / std::f64::consts::PI).sqrt();
    for kappa in [1.0, 1e-6, 1e6f64] {
        for w in [1e8, 1e20, 1e50, 1e100] {
            let found = saddle::enumerate(&Ensemble::new(kappa, 0.5, &[w], Prior::Gaussian).unwrap()).unwrap();
            let point = found.dominant().unwrap_or_else(|| panic!("no state at {kappa} {w:e}"));
            let scale = kappa.powf(0.25);
            assert!((point.magnetization[0] / (size * scale) - 1.0).abs() < 1e-6, "{kappa} {w:e} {point:?}");
            assert!((point.magnetization_bar[0] / (size / scale) - 1.0).abs() < 1e-6, "{kappa} {w:e} {point:?}");
            assert!((point.free_energy / (-w * size * size) - 1.0).abs() < 1e-6, "{kappa} {w:e} {point:?}");
            assert!(point.stable && point.spectral_radius < 1e-3 && point.at_number >= 0.0, "{kappa} {w:e} {point:?}");
        }
    }
    // A strong field on one layer saturates only this layer: E|û| = √(2/π) for Gaussian, E|û| = 1 for ±1 components.
    for (prior, expected) in [(Prior::Gaussian, size), (Prior::Bernoulli, 1.0)] {
        let field = if prior == Prior::Gaussian { 1e100 } else { 1e3 };
        let ensemble = Ensemble::new(1.0, 0.5, &[1.5], prior).and_then(|e| e.with_fields(&[field], &[0.0])).unwrap();
        let found = saddle::enumerate(&ensemble).unwrap();
        let bar = found.dominant().unwrap().magnetization_bar[0];
        assert!((bar - expected).abs() < 1e-9 && bar <= 1.0, "{bar}");
    }
    for (kappa, sigma, w) in [(1.0, 0.5, 1e101), (1.0, 1e101, 1.0), (1e-10, 0.5, 1.0), (1e10, 0.5, 1.0)] {
        assert!(Ensemble::new(kappa, sigma, &[w], Prior::Gaussian).is_err());
    }
}

/// Weights do not overflow at large sizes. A size at which free energies cannot distinguish states is refused.
#[test]
fn weights_at_extreme_sizes() {
    let ensemble =
        Ensemble::new(1.0, 0.0, &[1.8], Prior::Bernoulli).and_then(|e| e.with_fields(&[0.02], &[0.0])).unwrap();
    let mut found = saddle::enumerate(&ensemble).unwrap();
    assert_eq!(found.stable().count(), 2);
    found.weigh(&ensemble, 1e12).unwrap();
    assert_eq!(found.stable().map(|point| point.weight.unwrap()).collect::<Vec<_>>(), [1.0, 0.0]);
    for size in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e13] {
        assert!(found.weigh(&ensemble, size).is_err(), "{size}");
    }
}
