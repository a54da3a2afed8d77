//! Averages: V over the samples of a data set, the cost of one Fourier average against the number of modes, and Fourier
//! against Gauss–Hermite.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use spectral_rbm::theory::average::{Averager, Backend, Field, response};
use spectral_rbm::{Prior, theory::quadrature};
use std::hint::black_box;
use std::time::Duration;

/// Number of images in MNIST.
const SAMPLES: usize = 60_000;

fn response_function(c: &mut Criterion) {
    // From 1e-2 to 1e3: the range in the data term from the start of learning to its end.
    let x: Vec<f64> = (0..SAMPLES).map(|n| 10f64.powf(-2.0 + 5.0 * n as f64 / SAMPLES as f64)).collect();
    let mut out = vec![0.0; SAMPLES];
    let mut group = c.benchmark_group("V of 60,000 samples");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    group.throughput(Throughput::Elements(SAMPLES as u64));
    // On one thread, so elements per second are those of one core. The rival in Python is rivals/v_numpy.py.
    group.bench_function("slice", |b| b.iter(|| response::v_slice(black_box(&x), &mut out).unwrap()));
    group.bench_function("one by one", |b| {
        b.iter(|| {
            for (out, &x) in out.iter_mut().zip(black_box(&x)) {
                *out = response::v(x).unwrap();
            }
        })
    });
    group.bench_function("Fourier integral", |b| {
        b.iter(|| black_box(&x).iter().map(|&x| response::exact(x).unwrap()).sum::<f64>())
    });
    // The relative error of 64 nodes is printed below. They are accurate only up to x of a few units; beyond, sech²(√x
    // y) is narrower than the spacing of the nodes.
    let rule = quadrature::hermite(64).unwrap();
    let hermite = |x: f64| rule.mean(|y| (x.sqrt() * y).cosh().powi(-2));
    for x in [0.1, 1.0, 3.0, 10.0, 100.0, 1000.0] {
        println!(
            "Gauss–Hermite of 64 nodes, x = {x}: off by {:.0e}",
            (hermite(x) / response::exact(x).unwrap() - 1.0).abs()
        );
    }
    group.bench_function("Gauss–Hermite, 64 nodes", |b| {
        b.iter(|| black_box(&x).iter().map(|&x| hermite(x)).sum::<f64>())
    });
    group.finish();
}

/// Coefficients with Σ c² = 1, since the number of nodes depends on Σ c² and not on the number of modes.
fn coefficients(modes: usize) -> Vec<f64> {
    vec![1.0 / (modes as f64).sqrt(); modes]
}

/// Noise of the field.
const NOISE: f64 = 0.5;

fn number_of_modes(c: &mut Criterion) {
    let mut group = c.benchmark_group("Fourier average");
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for prior in Prior::NAMED {
        for modes in [1, 10, 100, 1000] {
            let coefficients = coefficients(modes);
            let mut averager = Averager::new(&prior, modes, Backend::Fourier).unwrap();
            group.bench_function(BenchmarkId::new(prior.name(), modes), |b| {
                b.iter(|| averager.evaluate(&Field::new(black_box(&coefficients), NOISE)).unwrap().sech2)
            });
        }
    }
    group.finish();
}

/// Compares the backends. The tensor rules have the fewest nodes that agree with the Fourier integral to 1e-10.
fn backends(c: &mut Criterion) {
    let mut group = c.benchmark_group("uniform average");
    group.sample_size(20).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1));
    for (modes, nodes) in [(1, 16), (2, 17), (3, 13)] {
        let coefficients = coefficients(modes);
        let field = Field::new(&coefficients, NOISE);
        let mut fourier = Averager::new(&Prior::Uniform, modes, Backend::Fourier).unwrap();
        let mut hermite = Averager::new(&Prior::Uniform, modes, Backend::Hermite { nodes }).unwrap();
        let (ours, theirs) = (fourier.evaluate(&field).unwrap(), hermite.evaluate(&field).unwrap());
        let pairs = ours.component_tanh.iter().zip(&theirs.component_tanh);
        let difference = pairs.fold((ours.sech2 - theirs.sech2).abs(), |worst, (a, b)| worst.max((a - b).abs()));
        assert!(difference < 1e-10, "K = {modes}: {difference:e}");
        group.bench_function(BenchmarkId::new("Fourier", modes), |b| {
            b.iter(|| fourier.evaluate(black_box(&field)).unwrap().sech2)
        });
        group.bench_function(BenchmarkId::new("Gauss–Hermite", modes), |b| {
            b.iter(|| hermite.evaluate(black_box(&field)).unwrap().sech2)
        });
    }
    group.finish();
}

criterion_group!(benches, response_function, number_of_modes, backends);
criterion_main!(benches);
