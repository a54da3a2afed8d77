//! Learning dynamics: one right-hand side of the data term, with as many samples as MNIST has images and 100 directions
//! on both sides, next to the two matrix products in it; and a trajectory of the drawn digits by both methods. Rivals
//! in Python: `rivals/learning_rhs_numpy.py` and `rivals/learning_scipy.py`.

use criterion::{Criterion, criterion_group, criterion_main};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use nalgebra::{DMatrix, DVector};
use spectral_rbm::Prior;
use spectral_rbm::data::{Moments, Spins, digits};
use spectral_rbm::learning::{
    Closure, DataTerm, Integrator, Method, Mixture, Plan, Samples, Setup, Source, Tolerance, follow,
};
use spectral_rbm::simulator::machine::{Algorithm, Machine, Settings, Trainer};
use std::hint::black_box;
use std::time::Duration;

/// Number of samples.
const SAMPLES: usize = 60_000;
/// Number of hidden units.
const HIDDEN_UNITS: usize = 400;

/// Y with singular values of order one along spread directions.
fn weights(directions: usize, hidden: usize) -> DMatrix<f64> {
    let scale = 1.0 / (directions.max(hidden) as f64).sqrt();
    DMatrix::from_fn(directions, hidden, |a, b| scale * ((a * a * 37 + b * b * 101 + a * b * 7) as f64).sin())
}

fn samples(directions: usize) -> DMatrix<f64> {
    DMatrix::from_fn(directions, SAMPLES, |a, n| 3.0 * ((a * a * 71 + n * 13 + a * n) as f64 * 0.37).cos())
}

/// `F = Yᵀ Z` and `C = Z Fᵀ` in one pass, on `threads` threads.
fn products(directions: usize, hidden: usize, threads: usize) -> impl FnMut() {
    let y = Mat::<f64>::from_fn(directions, hidden, |i, j| ((i * j) % 7) as f64);
    let z = Mat::<f64>::from_fn(directions, SAMPLES, |i, j| ((i * 3 + j) % 5) as f64);
    let (mut f, mut c) = (Mat::<f64>::zeros(hidden, SAMPLES), Mat::<f64>::zeros(directions, hidden));
    let par = if threads == 1 { Par::Seq } else { Par::rayon(threads) };
    move || {
        matmul(&mut f, Accum::Replace, black_box(&y).transpose(), black_box(&z), 1.0, par);
        matmul(&mut c, Accum::Replace, &z, f.transpose(), 1.0, par);
    }
}

fn gaussian(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("data term, 60,000 samples, D = H = 100, gaussian");
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    let source = Source::from(Samples::new(samples(100)).unwrap());
    let mut term = DataTerm::new(source, &Prior::Gaussian, HIDDEN_UNITS).unwrap();
    let (y, theta) = (weights(100, 100), DVector::from_element(100, 0.1));
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        group.bench_function(format!("data term, {threads} thread(s)"), |b| {
            b.iter(|| pool.install(|| term.evaluate(black_box(&y), &theta, 0.1).unwrap().hidden[0]))
        });
        let mut bare = products(100, 100, threads);
        group.bench_function(format!("two products, {threads} thread(s)"), |b| b.iter(|| pool.install(&mut bare)));
    }
    group.finish();
}

fn site_basis(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("data term, 60,000 × 784 spins, H = 100, gaussian");
    group.sample_size(10).warm_up_time(Duration::from_millis(500));
    let spins = Spins::from_fn(SAMPLES, 784, |sample, unit| (sample * 31 + unit * 17) % 23 < 7);
    let mut term = DataTerm::new(Source::from(Samples::spins(spins).unwrap()), &Prior::Gaussian, 100).unwrap();
    let (y, theta) = (weights(784, 100), DVector::from_element(100, 0.1));
    group.bench_function("data term", |b| b.iter(|| term.evaluate(black_box(&y), &theta, 0.1).unwrap().hidden[0]));
    let mut bare = products(784, 100, 2);
    group.bench_function("two products", |b| b.iter(&mut bare));
    group.finish();
}

fn other_priors(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("data term, 60,000 samples, D = H = 100");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(5));
    let source = std::sync::Arc::new(Source::from(Samples::new(samples(100)).unwrap()));
    let (y, theta) = (weights(100, 100), DVector::from_element(100, 0.1));
    for prior in [Prior::Uniform, Prior::Bernoulli, Prior::Laplace] {
        let mut term = DataTerm::new(source.clone(), &prior, HIDDEN_UNITS).unwrap();
        group.bench_function(prior.name(), |b| b.iter(|| term.evaluate(black_box(&y), &theta, 0.1).unwrap().hidden[0]));
    }
    group.finish();
}

fn mixture(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("data term, gaussian mixture, D = H = 100");
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    let covariance = DMatrix::from_diagonal(&DVector::from_fn(100, |a, _| 50.0 / (1.0 + a as f64)));
    let source = Source::from(Mixture::gaussian(DVector::from_element(100, 1.0), covariance).unwrap());
    let mut term = DataTerm::new(source, &Prior::Gaussian, HIDDEN_UNITS).unwrap();
    let (y, theta) = (weights(100, 100), DVector::from_element(100, 0.1));
    group.bench_function("one component", |b| b.iter(|| term.evaluate(black_box(&y), &theta, 0.1).unwrap().hidden[0]));
    group.finish();
}

/// The drawn digits in 30 directions to t = 0.4, past the first transitions.
fn trajectory(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("trajectory, 2,000 digits, 30 directions");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(5));
    let data = digits::generate(2_000, 0).unwrap();
    let moments = Moments::of(&data).unwrap();
    let machine = Machine::random(data.units(), 100, 0.01, 0).unwrap().with_mean_of(data.spins().unwrap()).unwrap();
    let setup = Setup { directions: Some(30), ..Setup::default() };
    let times: Vec<f64> = (0..=40).map(|k| 0.01 * f64::from(k)).collect();
    for method in [Method::Multirate, Method::Dop853] {
        let integrator = Integrator { method, tolerance: Tolerance::default(), learning_rate: 0.0 };
        let plan = Plan { times: times.clone(), integrator, bulk_edge: None };
        let prepared = setup.prepare(&data, &moments, &machine).unwrap();
        group.bench_function(format!("{method:?}"), |b| {
            b.iter(|| follow(&prepared.flow, &prepared.start, &plan, &mut |_| {}).unwrap().last.theta[0])
        });
    }
    group.finish();
}

/// The population closure of 500 hidden units in ten directions of 10,000 digits, through the cascade of transitions;
/// and one of the eight simulations needed to know w to 1 %.
fn population(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("population closure, 10,000 digits, D = 10, H = 500, 120 steps");
    group.sample_size(10).warm_up_time(Duration::from_millis(1)).measurement_time(Duration::from_secs(10));
    const RATE: f64 = 0.01;
    const STEPS: u32 = 120;
    let data = digits::generate(10_000, 0).unwrap();
    let moments = Moments::of(&data).unwrap();
    let machine = Machine::random(data.units(), 500, 0.01, 0).unwrap().with_mean_of(data.spins().unwrap()).unwrap();
    let setup = Setup { closure: Closure::Population, directions: Some(10), learning_rate: RATE, ..Setup::default() };
    let integrator = Integrator { method: Method::Map, tolerance: Tolerance::default(), learning_rate: RATE };
    let plan = Plan { times: (0..=STEPS).map(|k| RATE * f64::from(k)).collect(), integrator, bulk_edge: None };
    group.bench_function("theory", |b| {
        b.iter(|| {
            let prepared = setup.prepare(&data, &moments, &machine).unwrap();
            follow(&prepared.flow, &prepared.start, &plan, &mut |_| {}).unwrap().last.theta[0]
        })
    });
    let settings = Settings {
        algorithm: Algorithm::Pcd,
        gibbs_steps: 10,
        chains: 500,
        batch_size: 500,
        learning_rate: RATE,
        ..Settings::default()
    };
    group.bench_function("one of eight simulations: PCD-10", |b| {
        b.iter(|| {
            let mut trainer = Trainer::new(machine.clone(), data.spins().unwrap(), settings.clone()).unwrap();
            (0..STEPS).for_each(|_| trainer.update().unwrap());
            trainer.machine().theta[0]
        })
    });
    group.finish();
}

criterion_group!(benches, gaussian, site_basis, other_priors, mixture, trajectory, population);
criterion_main!(benches);
