//! The population closure against simulations that learn MNIST. Results are in `docs/comparison.md`.

use nalgebra::DMatrix;
use rayon::prelude::*;
use spectral_rbm::data::{Binarization, Dataset, Moments, mnist};
use spectral_rbm::learning::{BatchSettings, Closure, Integrator, Method, Plan, Prepared, Setup, Tolerance, follow};
use spectral_rbm::simulator::machine::{Algorithm, Machine, Settings, Trainer};
use spectral_rbm::theory::spectrum::singular_values;
use std::path::Path;

/// Learning rate.
const RATE: f64 = 0.01;
/// Number of hidden units.
const HIDDEN: usize = 400;
/// Number of modes compared.
const MODES: usize = 10;

fn load(samples: Option<usize>) -> (Dataset, Machine) {
    let folder = std::env::var_os(mnist::VARIABLE).expect("SPECTRAL_RBM_MNIST says where MNIST is");
    let data = mnist::load(Path::new(&folder), samples, Binarization::MIDDLE).unwrap();
    let machine = Machine::random(784, HIDDEN, 0.01, 0).unwrap().with_mean_of(data.spins().unwrap()).unwrap();
    (data, machine)
}

/// The leading w at each update.
type Curve = Vec<Vec<f64>>;

fn leading(machine: &Machine) -> Vec<f64> {
    singular_values(&machine.weights, machine.visible, machine.hidden).unwrap()[..MODES].to_vec()
}

fn theory(data: &Dataset, machine: &Machine, updates: usize) -> Curve {
    let moments = Moments::of(data).unwrap();
    let setup = Setup { closure: Closure::Population, learning_rate: RATE, ..Setup::default() };
    curve(&setup.prepare(data, &moments, machine).unwrap(), updates)
}

fn curve(prepared: &Prepared, updates: usize) -> Curve {
    let integrator = Integrator { method: Method::Map, tolerance: Tolerance::default(), learning_rate: RATE };
    let times = (0..=updates).map(|update| RATE * update as f64).collect();
    let plan = Plan { times, integrator, bulk_edge: None };
    let trajectory = follow(&prepared.flow, &prepared.start, &plan, &mut |_| {}).unwrap();
    trajectory.snapshots.iter().map(|snapshot| snapshot.singular_values[..MODES].to_vec()).collect()
}

fn simulate(data: &Dataset, machine: &Machine, settings: Settings, updates: usize) -> Curve {
    let settings = Settings { algorithm: Algorithm::Pcd, learning_rate: RATE, ..settings };
    let mut trainer = Trainer::new(machine.clone(), data.spins().unwrap(), settings).unwrap();
    let mut curve = vec![leading(machine)];
    for _ in 0..updates {
        trainer.update().unwrap();
        curve.push(leading(trainer.machine()));
    }
    curve
}

/// Prints theory over simulation minus one for each mode at each update. Returns the largest value at the updates
/// before `end`.
fn deviations(theory: &Curve, simulation: &Curve, end: usize) -> f64 {
    let mut largest = 0f64;
    for (update, (theory, simulation)) in theory.iter().zip(simulation).enumerate() {
        let found: Vec<f64> = theory.iter().zip(simulation).map(|(theory, expected)| theory / expected - 1.0).collect();
        println!("update {update}: w_1 {:.4}, simulation {:.4}; {found:+.4?}", theory[0], simulation[0]);
        if update < end {
            largest = found.iter().fold(largest, |largest, deviation| largest.max(deviation.abs()));
        }
    }
    largest
}

/// PCD-10 with 500 chains and batches of 500: the theory follows the mean of eight runs up to the first transition.
/// After it the steps of this rate overshoot, and the curves separate; `docs/comparison.md` continues step by step.
#[test]
#[ignore = "MNIST: a minute"]
fn pcd_of_mnist_up_to_its_first_transition() {
    let (data, machine) = load(None);
    let (runs, updates) = (8, 9);
    let found: Vec<Curve> = (0..runs)
        .map(|seed| {
            let settings = Settings { gibbs_steps: 10, chains: 500, batch_size: 500, seed, ..Settings::default() };
            simulate(&data, &machine, settings, updates)
        })
        .collect();
    let mean = |update: usize, mode: usize| found.iter().map(|run| run[update][mode]).sum::<f64>() / runs as f64;
    let mean: Curve = (0..=updates).map(|update| (0..MODES).map(|mode| mean(update, mode)).collect()).collect();
    // At w_1 = 1 the machine alone would condense.
    let end = mean.iter().position(|w| w[0] >= 0.9).expect("mode 1 grows");
    assert!(end >= 8, "{end}");
    // The order of the batches scatters w_1 by about 1 % of the mean of the runs.
    let largest = deviations(&theory(&data, &machine, updates), &mean, end);
    assert!(largest < 0.05, "{largest}");
}

/// The map of the exact gradient, with all samples and chains at equilibrium, to w_1 = 1. The next steps of this map
/// overshoot, in theory and in simulation.
#[test]
#[ignore = "MNIST: a minute"]
fn the_exact_gradient_of_mnist_through_its_first_transition() {
    let samples = 6000;
    let (data, machine) = load(Some(samples));
    let settings = Settings { gibbs_steps: 100, chains: 3000, batch_size: samples, ..Settings::default() };
    let simulation = simulate(&data, &machine, settings, 9);
    let largest = deviations(&theory(&data, &machine, 9), &simulation, 10);
    assert!(simulation[9][0] > 1.0, "{}", simulation[9][0]);
    // 3000 chains determine a correlation to 2 %, and each step changes w_1 by 15 % of the difference of two.
    assert!(largest < 0.01, "{largest}");
}

/// The gradient along each mode at a machine that such a run reaches later, against chains at equilibrium.
#[test]
#[ignore = "MNIST: a minute"]
fn the_gradient_of_learning_mnist_after_its_first_transition() {
    let samples = 6000;
    let (data, machine) = load(Some(samples));
    let settings = Settings {
        algorithm: Algorithm::Pcd,
        learning_rate: RATE,
        gibbs_steps: 10,
        chains: 2000,
        batch_size: samples,
        ..Settings::default()
    };
    let mut trainer = Trainer::new(machine, data.spins().unwrap(), settings.clone()).unwrap();
    for _ in 0..11 {
        trainer.update().unwrap();
    }
    let machine = trainer.machine().clone();
    println!("w: {:.4?}", leading(&machine));
    let weights =
        |machine: &Machine| DMatrix::from_row_iterator(784, HIDDEN, machine.weights.iter().map(|&w| f64::from(w)));
    let start = weights(&machine);
    let modes = start.clone().svd(true, true);
    let along = |change: &DMatrix<f64>, mode: usize| {
        let (u, v) = (modes.u.as_ref().unwrap(), modes.v_t.as_ref().unwrap());
        (u.column(mode).transpose() * change * v.row(mode).transpose())[(0, 0)] / RATE
    };
    let equilibrated = Settings { gibbs_steps: 600, chains: 6000, ..settings };
    let mut trainer = Trainer::new(machine.clone(), data.spins().unwrap(), equilibrated).unwrap();
    trainer.update().unwrap();
    let simulated = weights(trainer.machine()) - &start;
    let moments = Moments::of(&data).unwrap();
    let setup = Setup { closure: Closure::Population, learning_rate: RATE, ..Setup::default() };
    let prepared = setup.prepare(&data, &moments, &machine).unwrap();
    let integrator = Integrator { method: Method::Map, tolerance: Tolerance::default(), learning_rate: RATE };
    let plan = Plan { times: vec![0.0, RATE], integrator, bulk_edge: None };
    let predicted = follow(&prepared.flow, &prepared.start, &plan, &mut |_| {}).unwrap().last.weights - &start;
    for mode in 0..MODES {
        let (found, expected) = (along(&predicted, mode), along(&simulated, mode));
        println!("mode {}: {found:.3}, simulation {expected:.3}", mode + 1);
        // The machine's part of the gradient is 50 to 100 along mode 1, known to 2 % from 6000 chains that flip between
        // states.
        assert!((found - expected).abs() < 0.05 * expected.abs() + 0.3, "mode {}: {found}, {expected}", mode + 1);
    }
}

/// Chains that pass through the batches of the simulations, to two epochs. Where steps overshoot, every course goes its
/// own way, so means over runs are compared, and measured in units of the scatter of single runs.
#[test]
#[ignore = "MNIST: two minutes"]
fn chains_follow_pcd_for_two_epochs() {
    let (data, machine) = load(None);
    let (runs, updates, size) = (4u64, 240, 500);
    let moments = Moments::of(&data).unwrap();
    let predicted: Vec<Curve> = (0..runs)
        .into_par_iter()
        .map(|seed| {
            let batches = Some(BatchSettings { size, seed });
            let setup = Setup { closure: Closure::Chains, learning_rate: RATE, batches, ..Setup::default() };
            curve(&setup.prepare(&data, &moments, &machine).unwrap(), updates)
        })
        .collect();
    let simulated: Vec<Curve> = (0..runs)
        .map(|seed| {
            let settings = Settings { gibbs_steps: 10, chains: size, batch_size: size, seed, ..Settings::default() };
            simulate(&data, &machine, settings, updates)
        })
        .collect();
    let statistics = |curves: &[Curve], update: usize, mode: usize| {
        let values: Vec<f64> = curves.iter().map(|curve| curve[update][mode]).collect();
        let mean = values.iter().sum::<f64>() / runs as f64;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (runs - 1) as f64;
        (mean, variance / runs as f64)
    };
    let (mut errors, mut count) = (0.0, 0.0);
    for update in [6, 12, 18, 24, 30, 42, 63, 90, 123, 180, 240] {
        let (mut squares, mut largest) = (0.0, 0f64);
        for mode in 0..MODES {
            let (theory, theory_error) = statistics(&predicted, update, mode);
            let (simulation, simulation_error) = statistics(&simulated, update, mode);
            let deviation = theory / simulation - 1.0;
            squares += deviation * deviation;
            largest = largest.max(deviation.abs());
            errors += (theory - simulation).powi(2) / (theory_error + simulation_error);
            count += 1.0;
        }
        let rms = (squares / MODES as f64).sqrt();
        println!("t = {:.2}: root mean square {rms:.3}, largest {largest:.3}", RATE * update as f64);
        // One run scatters by 5 to 7 %, so the difference of two means of four runs has a deviation of up to 4.5 %.
        assert!(rms < 0.13, "update {update}: {rms}");
        // Run by run, before the courses separate.
        if update <= 12 {
            let pairs = predicted.iter().zip(&simulated);
            let apart =
                pairs.flat_map(|(theory, run)| theory[update].iter().zip(&run[update]).map(|(a, b)| a / b - 1.0));
            let rms = (apart.map(|d| d * d).sum::<f64>() / (runs as f64 * MODES as f64)).sqrt();
            println!("    run by run {rms:.4}");
            assert!(rms < if update <= 6 { 0.01 } else { 0.05 }, "update {update}: {rms}");
        }
    }
    let errors = f64::sqrt(errors / count);
    println!("{errors:.2} standard errors");
    // Squares of Student's t with four runs have a mean of 1.5, and the modes of a run are correlated.
    assert!(errors < 2.5, "{errors}");
}
