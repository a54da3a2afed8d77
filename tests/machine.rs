//! The machine against exact sums: enumeration, Gibbs sampling, annealed importance sampling, quick estimates.

use spectral_rbm::data::Spins;
use spectral_rbm::simulator::machine::{Annealing, Machine, RbmError, Sampler};

fn machine(visible: usize, hidden: usize, deviation: f64, seed: u64) -> Machine {
    let mut machine = Machine::random(visible, hidden, deviation, seed).unwrap();
    let fields = Machine::random(visible + hidden, 1, 0.4, seed + 1000).unwrap().weights;
    machine.eta.copy_from_slice(&fields[..visible]);
    machine.theta.copy_from_slice(&fields[visible..]);
    machine
}

fn spin(state: usize, unit: usize) -> f64 {
    if state >> unit & 1 == 1 { 1.0 } else { -1.0 }
}

/// `exp(−E)` of every state of both layers; the bits of the visible layer come first.
fn weights(machine: &Machine) -> Vec<f64> {
    let (visible, hidden) = (machine.visible, machine.hidden);
    (0..1usize << (visible + hidden))
        .map(|state| {
            let mut exponent = 0.0;
            for i in 0..visible {
                exponent += f64::from(machine.eta[i]) * spin(state, i);
                for j in 0..hidden {
                    exponent += f64::from(machine.weights[i * hidden + j]) * spin(state, i) * spin(state, visible + j);
                }
            }
            for j in 0..hidden {
                exponent += f64::from(machine.theta[j]) * spin(state, visible + j);
            }
            exponent.exp()
        })
        .collect()
}

#[test]
fn enumeration_agrees_with_the_sum_over_both_layers() {
    for (visible, hidden) in [(5, 3), (3, 6)] {
        let machine = machine(visible, hidden, 0.7, 4);
        let weights = weights(&machine);
        let partition: f64 = weights.iter().sum();
        let mean = |of: &dyn Fn(usize) -> f64| {
            weights.iter().enumerate().map(|(state, weight)| weight * of(state)).sum::<f64>() / partition
        };
        let exact = machine.exact().unwrap();
        assert!((exact.log_partition - partition.ln()).abs() < 1e-12);
        assert!((machine.exact_log_partition().unwrap() - partition.ln()).abs() < 1e-12);
        for i in 0..visible {
            assert!((exact.visible_mean[i] - mean(&|state| spin(state, i))).abs() < 1e-13);
            for j in 0..hidden {
                let correlation = mean(&|state| spin(state, i) * spin(state, visible + j));
                assert!((exact.correlation[(i, j)] - correlation).abs() < 1e-13);
            }
        }
        for j in 0..hidden {
            assert!((exact.hidden_mean[j] - mean(&|state| spin(state, visible + j))).abs() < 1e-13);
        }
    }
    assert_eq!(Machine::random(30, 30, 0.1, 0).unwrap().exact(), Err(RbmError::TooLarge { units: 30, most: 24 }));
}

#[test]
fn the_exact_gradient_is_the_derivative_of_the_likelihood() {
    let machine = machine(7, 4, 0.5, 2);
    let data = Spins::from_fn(50, 7, |sample, unit| (sample * sample + 3 * unit) % 7 < 3);
    let gradient = machine.exact_gradient(&data).unwrap();
    let likelihood = |machine: &Machine| machine.log_likelihood(&data, machine.exact().unwrap().log_partition).unwrap();
    // Adding a power of two to parameters in single precision is exact; the error of the difference is the square of
    // the step.
    let step = 2f32.powi(-10);
    let difference = |change: &dyn Fn(&mut Machine, f32)| {
        let (mut up, mut down) = (machine.clone(), machine.clone());
        change(&mut up, step);
        change(&mut down, -step);
        (likelihood(&up) - likelihood(&down)) / (2.0 * f64::from(step))
    };
    for n in [0, 5, 17, 27] {
        // The actual step differs by the rounding of the weight, a relative 6e-8.
        assert!((difference(&|m, step| m.weights[n] += step) - gradient.weights[(n / 4, n % 4)]).abs() < 1e-4);
    }
    assert!((difference(&|m, step| m.eta[3] += step) - gradient.eta[3]).abs() < 1e-4);
    assert!((difference(&|m, step| m.theta[1] += step) - gradient.theta[1]).abs() < 1e-4);
}

/// Chi-square test of the 2⁸ joint states of both layers against their exact probabilities.
#[test]
fn gibbs_sampling_passes_a_chi_square_test() {
    let chains = 200_000;
    for (visible, hidden, deviation) in [(5, 3, 0.4), (3, 5, 0.8)] {
        let machine = machine(visible, hidden, deviation, 11);
        let weights = weights(&machine);
        let partition: f64 = weights.iter().sum();
        let mut sampler = Sampler::new(&machine, chains, 5).unwrap();
        sampler.advance(200);
        let (visible_spins, hidden_spins) = (sampler.visible_spins(), sampler.hidden_spins());
        let mut counts = vec![0.0; weights.len()];
        for chain in 0..chains {
            counts[(visible_spins.row(chain)[0] | hidden_spins.row(chain)[0] << visible) as usize] += 1.0;
        }
        // Rare states are combined, so that each cell expects at least ten.
        let (mut chi_square, mut cells, mut rare) = (0.0, 0, (0.0, 0.0));
        for (&count, weight) in counts.iter().zip(&weights) {
            let expected = chains as f64 * weight / partition;
            if expected < 10.0 {
                rare = (rare.0 + count, rare.1 + expected);
            } else {
                chi_square += (count - expected) * (count - expected) / expected;
                cells += 1;
            }
        }
        if rare.1 > 0.0 {
            chi_square += (rare.0 - rare.1).powi(2) / rare.1.max(1.0);
            cells += 1;
        }
        let freedom = f64::from(cells - 1);
        // Four standard deviations of the statistic.
        assert!((chi_square - freedom).abs() < 4.0 * (2.0 * freedom).sqrt(), "{chi_square} for {freedom}");
    }
}

/// Exact samples against the probabilities of the visible states, with either layer the larger.
#[test]
fn exact_samples_pass_a_chi_square_test() {
    for (visible, hidden) in [(5, 3), (5, 7)] {
        let machine = machine(visible, hidden, 0.5, 21);
        let weights = weights(&machine);
        let partition: f64 = weights.iter().sum();
        let samples = machine.exact_samples(50_000, 2).unwrap();
        let mut counts = [0.0; 32];
        (0..50_000).for_each(|sample| counts[samples.row(sample)[0] as usize] += 1.0);
        let expected =
            |s: usize| 50_000.0 * (0..1 << hidden).map(|h| weights[s | h << visible]).sum::<f64>() / partition;
        let chi_square: f64 = (0..32).map(|s| (counts[s] - expected(s)).powi(2) / expected(s)).sum();
        // 31 degrees of freedom: four standard deviations.
        assert!((chi_square - 31.0).abs() < 4.0 * 62f64.sqrt(), "{chi_square}");
    }
}

#[test]
fn annealing_brackets_the_exact_partition_function() {
    let mut squares = 0.0;
    for seed in 0..10 {
        let machine = machine(20, 12, 0.35, seed);
        let exact = machine.exact().unwrap().log_partition;
        let annealing = Annealing { chains: 400, temperatures: 500, seed };
        let found = machine.annealed_log_partition(&annealing, None, &mut || ()).unwrap();
        let deviation = (found.log_partition - exact) / found.error;
        assert!(deviation.abs() < 4.0, "{found:?} for {exact}");
        assert!(found.error < 0.1 && found.effective_chains > 100.0, "{found:?}");
        squares += deviation * deviation;
    }
    // Chi-square of ten deviations: between 1 and 30 except for one case in a thousand on either side.
    assert!((1.0..30.0).contains(&squares), "{squares}");
    // Any other start gives the same result.
    let machine = machine(20, 12, 0.35, 0);
    let start = vec![0.5; 20];
    let found = machine.annealed_log_partition(&Annealing::default(), Some(&start), &mut || ()).unwrap();
    let exact = machine.exact().unwrap().log_partition;
    assert!((found.log_partition - exact).abs() < 4.0 * found.error, "{found:?} for {exact}");
}

/// Machines of different sizes, fields and strengths, each with its exact log Z.
fn annealed_machines() -> Vec<(Machine, f64)> {
    let mut planted = Machine::random(16, 9, 0.15, 7).unwrap();
    for (index, weight) in planted.weights.iter_mut().enumerate() {
        // One mode of ±1 components, w = 1.5.
        let sign = if (index / 9 * 5 + index % 9 * 3) % 4 < 2 { 1.0 } else { -1.0 };
        *weight += sign * 1.5 / 12.0;
    }
    let without_fields = Machine::random(24, 8, 0.3, 5).unwrap();
    let machines = vec![
        machine(15, 10, 0.85, 3),
        machine(10, 15, 0.4, 1),
        machine(20, 12, 0.35, 2),
        machine(7, 5, 0.9, 4),
        without_fields,
        planted,
    ];
    machines.into_iter().map(|machine| (machine.exact_log_partition().unwrap(), machine)).map(|(z, m)| (m, z)).collect()
}

/// Statistics over seeds: mean and standard error of Ẑ/Z, and the share of seeds whose stated error of log Z covers the
/// exact value.
fn annealed(machine: &Machine, exact: f64, (chains, temperatures, seeds): (usize, usize, u64)) -> (f64, f64, f64) {
    let estimates = (0..seeds).map(|seed| {
        let annealing = Annealing { chains, temperatures, seed };
        machine.annealed_log_partition(&annealing, None, &mut || ()).unwrap()
    });
    let estimates: Vec<_> = estimates.collect();
    let count = seeds as f64;
    let ratios: Vec<f64> = estimates.iter().map(|found| (found.log_partition - exact).exp()).collect();
    let mean = ratios.iter().sum::<f64>() / count;
    let variance = ratios.iter().map(|ratio| (ratio - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let covered = estimates.iter().filter(|found| (found.log_partition - exact).abs() < found.error).count();
    (mean, (variance / count).sqrt(), covered as f64 / count)
}

/// Few chains and seeds, and a tolerance of four standard errors, which twelve seeds exceed by chance in 0.2 % of
/// cases.
#[test]
fn annealing_is_unbiased_at_any_number_of_temperatures() {
    for (index, (machine, exact)) in annealed_machines().iter().enumerate() {
        for case in [(40, 10, 200), (40, 50, 60), (40, 1000, 12)] {
            let (mean, error, _) = annealed(machine, *exact, case);
            assert!((mean - 1.0).abs() < 4.0 * error, "machine {index}, {case:?}: {mean} ± {error}");
        }
    }
}

/// The estimate of Z (not of log Z) has the right mean at any number of temperatures. The stated error of log Z covers
/// the exact value as often as expected for one of 20 groups: Student's t with 19 degrees of freedom is below 1 in 67 %
/// of cases. The share may deviate by three standard deviations, and by 3 % more for skewed weights.
#[test]
#[ignore = "two to three minutes"]
fn annealing_is_unbiased_over_many_seeds_and_knows_its_error() {
    for (index, (machine, exact)) in annealed_machines().iter().enumerate() {
        for case in [(200, 10, 2000), (200, 50, 500), (200, 1000, 100)] {
            let (mean, error, covered) = annealed(machine, *exact, case);
            println!("machine {index}, log Z {exact:.2}, {case:?}: {mean:.4} ± {error:.4}, covered {covered:.3}");
            assert!((mean - 1.0).abs() < 3.0 * error, "{mean} ± {error}");
            let stray = 0.03 + 3.0 * (0.67 * 0.33 / case.2 as f64).sqrt();
            assert!((covered - 0.67).abs() < stray, "{covered}");
        }
    }
}

/// One step to a very different machine: one chain has all the weight, and the result says so without NaN.
#[test]
fn a_hopeless_annealing_says_so() {
    let machine = Machine::random(60, 40, 30.0, 1).unwrap();
    let annealing = Annealing { temperatures: 1, ..Annealing::default() };
    let found = machine.annealed_log_partition(&annealing, None, &mut || ()).unwrap();
    assert!(found.log_partition.is_finite() && !found.error.is_nan(), "{found:?}");
    assert!(found.effective_chains < 2.0 && found.error > 1.0, "{found:?}");
}

#[test]
fn pseudo_likelihood_is_that_of_the_conditionals() {
    let machine = machine(6, 4, 0.6, 8);
    let data = Spins::from_fn(64, 6, |sample, unit| sample >> unit & 1 == 1);
    let weights = weights(&machine);
    let visible: Vec<f64> = (0..64).map(|s| (0..16).map(|h| weights[s | h << 6]).sum()).collect();
    // Over many seeds, the mean of the estimate is the sum over all units.
    let exact: f64 = (0..64)
        .flat_map(|s| (0..6).map(move |i| (s, i)))
        .map(|(s, i)| (visible[s] / (visible[s] + visible[s ^ 1 << i])).ln())
        .sum::<f64>()
        / 64.0;
    let estimates: Vec<f64> = (0..400).map(|seed| machine.pseudo_log_likelihood(&data, seed).unwrap()).collect();
    let mean = estimates.iter().sum::<f64>() / 400.0;
    let variance = estimates.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 399.0;
    assert!((mean - exact).abs() < 4.0 * (variance / 400.0).sqrt(), "{mean} for {exact}");
}

#[test]
fn reconstruction_error_of_machines_that_know_nothing_or_all() {
    let data = Spins::from_fn(8, 4, |sample, _| sample % 2 == 0);
    let nothing = Machine::random(4, 2, 0.0, 0).unwrap();
    assert_eq!(nothing.reconstruction_error(&data).unwrap(), 0.25);
    let all = Machine::new(4, 1, vec![5.0; 4], vec![0.0; 4], vec![0.0]).unwrap();
    assert!(all.reconstruction_error(&data).unwrap() < 1e-7);
    let wrong = Spins::new(3, 5);
    assert_eq!(all.reconstruction_error(&wrong), Err(RbmError::Units { samples: 5, machine: 4 }));
}

#[test]
fn machines_that_cannot_be_are_refused() {
    assert!(matches!(Machine::random(0, 3, 0.1, 0), Err(RbmError::Shape { .. })));
    assert!(matches!(Machine::random(3, 3, f64::NAN, 0), Err(RbmError::Setting { .. })));
    assert!(matches!(Machine::random(3, 3, -1.0, 0), Err(RbmError::Setting { .. })));
    let nan = Machine::new(1, 2, vec![0.0, f32::NAN], vec![0.0], vec![0.0; 2]);
    assert!(matches!(nan, Err(RbmError::NotFinite { index: 1, .. })));
    let short = Machine::new(2, 2, vec![0.0; 3], vec![0.0; 2], vec![0.0; 2]);
    assert!(matches!(short, Err(RbmError::Shape { found: 3, .. })));
}
