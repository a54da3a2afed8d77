//! Phase diagrams on rayon's pool: the map with all boundaries, and only the boundaries.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use spectral_rbm::Prior;
use spectral_rbm::theory::phase::{Family, PhaseDiagram, boundaries};
use std::hint::black_box;
use std::time::Duration;

/// 1/σ and w_max/σ from 0 to 2.
fn axis(points: u32) -> Vec<f64> {
    (0..points).map(|n| 2.0 * f64::from(n) / f64::from(points - 1)).collect()
}

fn family(ratios: &[f64], prior: &Prior) -> Family {
    Family::new(1.0, ratios, prior.clone(), prior.clone()).unwrap()
}

fn one_mode(c: &mut Criterion) {
    let axis = axis(201);
    let mut group = c.benchmark_group("phase diagram, K = 1, 201 × 201");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(4));
    for prior in Prior::NAMED {
        let family = family(&[1.0], &prior);
        group.bench_function(BenchmarkId::new("map and boundaries", &prior), |b| {
            b.iter(|| PhaseDiagram::compute(black_box(&family), &axis, &axis, &|| ()).unwrap())
        });
        group.bench_function(BenchmarkId::new("boundaries", &prior), |b| {
            b.iter(|| boundaries(black_box(&family), &axis, (0.0, 2.0), &|| ()).unwrap())
        });
    }
    group.finish();
}

fn three_modes(c: &mut Criterion) {
    // A quarter of the lines, since ten samples of all 201 would take minutes.
    let axis = axis(51);
    let mut group = c.benchmark_group("phase diagram, K = 3, 51 × 51");
    group.sample_size(10).warm_up_time(Duration::from_millis(300));
    let family = family(&[1.0, 0.9, 0.8], &Prior::Bernoulli);
    group.bench_function("map and boundaries", |b| {
        b.iter(|| PhaseDiagram::compute(black_box(&family), &axis, &axis, &|| ()).unwrap())
    });
    group.finish();
}

criterion_group!(benches, one_mode, three_modes);
criterion_main!(benches);
