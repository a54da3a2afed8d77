//! Enumeration against brute force: a grid of starts under plain rounds of the equations.

use nalgebra::DVector;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;
use spectral_rbm::saddle::{self, Enumeration};
use spectral_rbm::{Ensemble, Prior};

type State = (DVector<f64>, f64);

/// Plain rounds until nothing changes (or 6000 of them).
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

/// The distinct end points, from `levels`³ starts, that a small random kick does not leave.
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
    // What enumeration calls stable must stay under rounds, whether or not the grid leads there.
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
    // Uniform and Bernoulli have several states each: the comparison is not an empty one.
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

/// Ten modes: under Gaussian laws only the largest survives, under Bernoulli laws every single mode deep in F does.
#[test]
fn ten_modes() {
    let modes: Vec<f64> = (0..10).map(|k| 2.5 - 0.02 * f64::from(k)).collect();
    let gaussian = saddle::enumerate(&Ensemble::new(1.0, 0.2, &modes, Prior::Gaussian).unwrap()).unwrap();
    assert_eq!(gaussian.stable().count(), 1);
    let bernoulli = saddle::enumerate(&Ensemble::new(1.0, 0.2, &modes, Prior::Bernoulli).unwrap()).unwrap();
    for mode in 1..=10 {
        assert!(bernoulli.stable().any(|point| point.modes_condensed == [mode]), "mode {mode}");
    }
    assert_eq!(bernoulli.unconverged, 0);
}

/// Weak fields on every mode split a Laplace mixture of K modes into its 2^K sign images, all of them still stable: they
/// were counted as one state of that degeneracy without the fields.
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
