//! Training: fixed points, reproducibility, resumption.

use spectral_rbm::data::Spins;
use spectral_rbm::simulator::machine::{Algorithm, Machine, RbmError, Sampler, Settings, Trainer};

/// Samples of a machine whose states all have sizeable probability, so that the likelihood has its maximum at finite
/// weights.
fn samples(count: usize) -> Spins {
    let mut teacher = Machine::random(7, 4, 0.45, 3).unwrap();
    teacher.eta.fill(0.2);
    let mut sampler = Sampler::new(&teacher, count, 1).unwrap();
    sampler.advance(500);
    sampler.visible_spins()
}

fn average(sum: &mut Machine, machine: &Machine, share: f32) {
    for (sum, new) in
        [(&mut sum.weights, &machine.weights), (&mut sum.eta, &machine.eta), (&mut sum.theta, &machine.theta)]
    {
        for (sum, new) in sum.iter_mut().zip(new) {
            *sum += share * new;
        }
    }
}

/// ⟨sσ⟩, ⟨s⟩ and ⟨σ⟩ of a machine, by a sum over all states of both layers.
fn brute_force(machine: &Machine) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let (n, m) = (machine.visible, machine.hidden);
    let spin = |state: usize, unit: usize| if state >> unit & 1 == 1 { 1.0 } else { -1.0 };
    let (mut z, mut product, mut s, mut sigma) = (0.0, vec![0.0; n * m], vec![0.0; n], vec![0.0; m]);
    for state in 0..1usize << (n + m) {
        let (visible, hidden) = (|i| spin(state, i), |j| spin(state, n + j));
        let mut energy = 0.0;
        for i in 0..n {
            energy += f64::from(machine.eta[i]) * visible(i);
            energy += (0..m).map(|j| f64::from(machine.weights[i * m + j]) * visible(i) * hidden(j)).sum::<f64>();
        }
        energy += (0..m).map(|j| f64::from(machine.theta[j]) * hidden(j)).sum::<f64>();
        let weight = energy.exp();
        z += weight;
        (0..n * m).for_each(|k| product[k] += weight * visible(k / m) * hidden(k % m));
        (0..n).for_each(|i| s[i] += weight * visible(i));
        (0..m).for_each(|j| sigma[j] += weight * hidden(j));
    }
    for sum in [&mut product, &mut s, &mut sigma] {
        sum.iter_mut().for_each(|x| *x /= z);
    }
    (product, s, sigma)
}

/// Two updates by the exact gradient on all samples, against sums over all states of both layers. Weights are in single
/// precision, so an update of 0.1 is rounded at 1e-8.
#[test]
fn the_exact_gradient_is_that_of_a_sum_over_all_states() {
    let data = samples(300);
    let start = Machine::random(7, 4, 0.5, 2).unwrap().with_mean_of(&data).unwrap();
    let settings = Settings { algorithm: Algorithm::Exact, batch_size: 300, learning_rate: 0.1, ..Settings::default() };
    let mut trainer = Trainer::new(start.clone(), &data, settings.clone()).unwrap();
    let mut row = [0.0; 7];
    for _ in 0..2 {
        let before = trainer.machine().clone();
        let (mut product, mut s, mut sigma) = brute_force(&before);
        for sum in [&mut product, &mut s, &mut sigma] {
            sum.iter_mut().for_each(|x| *x = -*x);
        }
        for sample in 0..300 {
            data.expand(sample, &mut row);
            for j in 0..4 {
                let field: f64 = (0..7).map(|i| f64::from(before.weights[i * 4 + j] * row[i])).sum();
                let mean = (field + f64::from(before.theta[j])).tanh();
                (0..7).for_each(|i| product[i * 4 + j] += f64::from(row[i]) * mean / 300.0);
                sigma[j] += mean / 300.0;
            }
            (0..7).for_each(|i| s[i] += f64::from(row[i]) / 300.0);
        }
        trainer.update().unwrap();
        let after = trainer.machine();
        let parts = [
            (&before.weights, &after.weights, product),
            (&before.eta, &after.eta, s),
            (&before.theta, &after.theta, sigma),
        ];
        for (before, after, gradient) in parts {
            for ((before, after), gradient) in before.iter().zip(after).zip(gradient) {
                let expected = f64::from(*before) + 0.1 * gradient;
                assert!((f64::from(*after) - expected).abs() < 1e-6, "{after} {expected}");
            }
        }
    }
    // Nothing is random, there are no chains to look at, and machines with too many states are refused.
    let mut other = Trainer::new(start, &data, Settings { seed: 7, ..settings.clone() }).unwrap();
    (0..2).for_each(|_| other.update().unwrap());
    let apart =
        trainer.machine().weights.iter().zip(&other.machine().weights).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(apart < 1e-6, "{apart}");
    assert!(trainer.probe(10).is_none() && trainer.chains().is_none());
    let large = Spins::new(300, 30);
    let refused = Trainer::new(Machine::random(30, 25, 0.1, 0).unwrap(), &large, settings);
    assert!(matches!(refused, Err(RbmError::TooLarge { units: 25, most: 24 })));
}

/// A look at the chains changes nothing in the run.
#[test]
fn chains_are_looked_at_without_a_trace() {
    let data = samples(400);
    let start = Machine::random(7, 4, 0.5, 2).unwrap();
    for algorithm in [Algorithm::Pcd, Algorithm::Cd] {
        let settings = Settings {
            algorithm,
            gibbs_steps: 3,
            chains: 200,
            batch_size: 200,
            learning_rate: 0.05,
            ..Settings::default()
        };
        let mut trainers = [(); 2].map(|()| Trainer::new(start.clone(), &data, settings.clone()).unwrap());
        for _ in 0..5 {
            let probe = trainers[0].probe(50).unwrap();
            for states in [&probe.once, &probe.twice] {
                assert_eq!((states.visible.shape(), states.hidden.shape()), ((200, 7), (200, 4)));
                assert!(states.visible.iter().chain(states.hidden.iter()).all(|spin| spin.abs() == 1.0));
            }
            assert_eq!(probe.data.visible.shape(), (50, 7));
            assert_ne!(probe.once, probe.twice);
            trainers.iter_mut().for_each(|trainer| trainer.update().unwrap());
        }
        let [looked, not] = &trainers;
        assert_eq!(looked.machine(), not.machine());
    }
}

#[test]
fn long_pcd_reaches_the_fixed_point_of_the_exact_gradient() {
    let data = samples(4000);
    let start = Machine::random(7, 4, 0.1, 0).unwrap();
    let slope = |machine: &Machine| {
        let gradient = machine.exact_gradient(&data).unwrap();
        gradient.weights.amax().max(gradient.eta.amax()).max(gradient.theta.amax())
    };
    let likelihood = |machine: &Machine| machine.log_likelihood(&data, machine.exact().unwrap().log_partition).unwrap();
    // The maximum of the likelihood, found by its exact gradient.
    let mut exact = start.clone();
    for _ in 0..3000 {
        let gradient = exact.exact_gradient(&data).unwrap();
        for i in 0..7 {
            exact.eta[i] += 0.3 * gradient.eta[i] as f32;
            for j in 0..4 {
                exact.weights[i * 4 + j] += 0.3 * gradient.weights[(i, j)] as f32;
            }
        }
        for j in 0..4 {
            exact.theta[j] += 0.3 * gradient.theta[j] as f32;
        }
    }
    let settings = Settings {
        algorithm: Algorithm::Pcd,
        gibbs_steps: 2,
        chains: 4000,
        batch_size: 4000,
        learning_rate: 0.05,
        ..Settings::default()
    };
    let (settled, averaged) = (14_000, 6_000);
    let mut trainer = Trainer::new(start.clone(), &data, settings).unwrap();
    let mut mean = Machine::random(7, 4, 0.0, 0).unwrap();
    for update in 0..settled + averaged {
        trainer.update().unwrap();
        if update >= settled {
            average(&mut mean, trainer.machine(), 1.0 / averaged as f32);
        }
    }
    let found = (slope(&mean), likelihood(&exact) - likelihood(&mean));
    println!(
        "slope {:.1e} (start {:.2}, ascent {:.1e}), likelihood below: {:.1e}",
        found.0,
        slope(&start),
        slope(&exact),
        found.1
    );
    // One update's gradient scatters by 1/√4000 = 0.016; over 6000 correlated updates, by less than 0.002.
    assert!(found.0 < 0.004 && slope(&start) > 0.05, "{found:?}");
    assert!(found.1.abs() < 2e-3, "{found:?}");
}

fn settings(algorithm: Algorithm) -> Settings {
    Settings {
        algorithm,
        gibbs_steps: 2,
        chains: 150,
        batch_size: 130,
        learning_rate: 0.05,
        seed: 9,
        ..Settings::default()
    }
}

fn trained(algorithm: Algorithm, threads: usize) -> Machine {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let data = Spins::from_fn(500, 70, |sample, unit| (sample * 31 + unit * unit) % 13 < 5);
    pool.install(|| {
        let machine = Machine::random(70, 33, 0.05, 0).unwrap().with_mean_of(&data).unwrap();
        let mut trainer =
            Trainer::new(machine, &data, Settings { l2: 0.01, centred: true, ..settings(algorithm) }).unwrap();
        (0..40).for_each(|_| trainer.update().unwrap());
        trainer.machine().clone()
    })
}

#[test]
fn the_number_of_threads_does_not_matter() {
    for algorithm in [Algorithm::Cd, Algorithm::Pcd] {
        let one = trained(algorithm, 1);
        assert!(one.weights.iter().all(|w| w.is_finite()));
        for threads in [2, 3, 8] {
            assert_eq!(trained(algorithm, threads), one);
        }
    }
}

#[test]
fn a_resumed_run_is_the_uninterrupted_one() {
    let data = samples(500);
    for algorithm in [Algorithm::Cd, Algorithm::Pcd] {
        let start = Machine::random(7, 4, 0.1, 0).unwrap();
        let mut whole = Trainer::new(start.clone(), &data, settings(algorithm)).unwrap();
        (0..30).for_each(|_| whole.update().unwrap());
        let mut first = Trainer::new(start, &data, settings(algorithm)).unwrap();
        (0..13).for_each(|_| first.update().unwrap());
        let chains = first.chains();
        let other = Machine::random(7, 4, 0.3, 5).unwrap();
        let mut second = Trainer::new(other, &data, settings(algorithm)).unwrap();
        second.go_on(first.machine().clone(), first.updates(), chains.as_ref()).unwrap();
        (0..17).for_each(|_| second.update().unwrap());
        assert_eq!(whole.machine(), second.machine());
        assert_eq!(whole.chains(), second.chains());
    }
}

#[test]
fn settings_that_cannot_be_used_are_refused() {
    let data = samples(50);
    let start = || Machine::random(7, 4, 0.1, 0).unwrap();
    for bad in [
        Settings { batch_size: 51, ..Settings::default() },
        Settings { batch_size: 0, ..Settings::default() },
        Settings { batch_size: 10, gibbs_steps: 0, ..Settings::default() },
        Settings { batch_size: 10, chains: 0, ..Settings::default() },
        Settings { batch_size: 10, learning_rate: f64::NAN, ..Settings::default() },
        Settings { batch_size: 10, l2: -1.0, ..Settings::default() },
    ] {
        assert!(matches!(Trainer::new(start(), &data, bad), Err(RbmError::Setting { .. })));
    }
    let wrong = Machine::random(8, 4, 0.1, 0).unwrap();
    assert!(matches!(Trainer::new(wrong, &data, settings(Algorithm::Cd)), Err(RbmError::Units { .. })));
    // A learning rate at which the weights diverge is reported as an error.
    let wild = Settings { batch_size: 10, learning_rate: 1e38, ..Settings::default() };
    let mut trainer = Trainer::new(start(), &data, wild).unwrap();
    let outcome = (0..50).try_for_each(|_| trainer.update());
    assert!(matches!(outcome, Err(RbmError::NotFinite { .. })), "{outcome:?}");
}
