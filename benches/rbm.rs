//! Gibbs sampling and training, next to the matrix products that they need.

use criterion::{Criterion, criterion_group, criterion_main};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use spectral_rbm::data::Spins;
use spectral_rbm::simulator::machine::{Algorithm, Machine, Sampler, Settings, Trainer};
use std::hint::black_box;

/// One product rows×inner · inner×columns on all threads, in faer's fastest way.
fn product(rows: usize, inner: usize, columns: usize) -> impl FnMut() {
    let (a, b) = (Mat::<f32>::from_fn(rows, inner, |i, j| ((i * j) % 7) as f32), Mat::<f32>::ones(inner, columns));
    let mut c = Mat::<f32>::zeros(rows, columns);
    let threads = Par::rayon(0);
    move || matmul(&mut c, Accum::Replace, black_box(&a), black_box(&b), 1.0, threads)
}

fn data(samples: usize, units: usize) -> Spins {
    Spins::from_fn(samples, units, |sample, unit| (sample * 31 + unit * 17) % 23 < 7)
}

/// A sweep v → h → v of 500 chains of a 784×500 machine.
fn sweep(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sweep 500x784x500");
    let machine = Machine::random(784, 500, 0.05, 0).expect("a machine");
    let mut sampler = Sampler::new(&machine, 500, 0).expect("chains");
    group.bench_function("gibbs", |bencher| bencher.iter(|| sampler.advance(1)));
    let (mut up, mut down) = (product(500, 784, 500), product(500, 500, 784));
    group.bench_function("bare products", |bencher| {
        bencher.iter(|| {
            up();
            down();
        });
    });
    group.finish();
}

/// A complete update: PCD-10, batch 500, 500 chains, 784×200.
fn update(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("update PCD-10 500x784x200");
    let machine = Machine::random(784, 200, 0.05, 0).expect("a machine");
    let data = data(2000, 784);
    let settings = Settings {
        algorithm: Algorithm::Pcd,
        gibbs_steps: 10,
        chains: 500,
        batch_size: 500,
        learning_rate: 1e-6,
        ..Settings::default()
    };
    let mut trainer = Trainer::new(machine, &data, settings).expect("a trainer");
    group.bench_function("trainer", |bencher| bencher.iter(|| trainer.update().expect("finite weights")));
    let (mut up, mut down, mut outer) = (product(500, 784, 200), product(500, 200, 784), product(784, 500, 200));
    group.bench_function("bare products", |bencher| {
        bencher.iter(|| {
            up();
            for _ in 0..10 {
                down();
                up();
            }
            outer();
            outer();
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20);
    targets = sweep, update
}
criterion_main!(benches);
