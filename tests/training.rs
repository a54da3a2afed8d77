//! Training: fixed points, reproducibility, resumption.

use spectral_rbm::data::Spins;
use spectral_rbm::rbm::{Algorithm, Machine, RbmError, Sampler, Settings, Trainer};

/// Samples of a machine whose states are all probable, so that the likelihood has its maximum at finite weights.
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

#[test]
fn long_pcd_reaches_the_fixed_point_of_the_exact_gradient() {
    let data = samples(4000);
    let start = Machine::random(7, 4, 0.1, 0).unwrap();
    let slope = |machine: &Machine| {
        let gradient = machine.exact_gradient(&data).unwrap();
        gradient.weights.amax().max(gradient.eta.amax()).max(gradient.theta.amax())
    };
    let likelihood = |machine: &Machine| machine.log_likelihood(&data, machine.exact().unwrap().log_partition).unwrap();
    // The maximum of the likelihood, by its exact gradient.
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
    // A learning rate that blows the weights up is reported, not carried on with.
    let wild = Settings { batch_size: 10, learning_rate: 1e38, ..Settings::default() };
    let mut trainer = Trainer::new(start(), &data, wild).unwrap();
    let outcome = (0..50).try_for_each(|_| trainer.update());
    assert!(matches!(outcome, Err(RbmError::NotFinite { .. })), "{outcome:?}");
}
