//! Saddle points: solves including the construction of the solver, the textbook way for comparison, and enumerations.

mod textbook;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use spectral_rbm::theory::saddle::{self, Solver, Start};
use spectral_rbm::{Ensemble, FixedPoint, Prior};
use std::hint::black_box;
use std::time::Duration;
use textbook::{Nodes, Textbook};

fn solve(ensemble: &Ensemble, start: &Start) -> FixedPoint {
    Solver::new(ensemble).unwrap().solve(start).unwrap()
}

/// Both ways from one start that condenses all modes. `nodes` are the fewest that agree with ours to `accuracy`.
fn beside_textbook(c: &mut Criterion, sigma: f64, w: &[f64], cases: [(Prior, Nodes, f64); 4]) {
    let modes = w.len();
    let mut group = c.benchmark_group(format!("solve, K = {modes}"));
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    for (prior, nodes, accuracy) in cases {
        let ensemble = Ensemble::new(1.0, sigma, w, prior.clone()).unwrap();
        let start = Start::condensed(modes, &(0..modes).collect::<Vec<_>>());
        let mut rival = Textbook::new(&ensemble, nodes);
        let (ours, theirs) = (solve(&ensemble, &start), rival.solve(&start));
        let difference = (&ours.magnetization - theirs.magnetization).amax().max((ours.overlap - theirs.overlap).abs());
        assert!(difference < accuracy, "{prior}: {difference:e}");
        println!("{prior}, K = {modes}: textbook differs by {difference:.0e} after {} rounds", theirs.rounds);
        group.bench_function(BenchmarkId::new("ours", &prior), |b| b.iter(|| solve(black_box(&ensemble), &start)));
        group.bench_function(BenchmarkId::new("textbook", &prior), |b| b.iter(|| rival.solve(black_box(&start))));
    }
    group.finish();
}

fn one_mode(c: &mut Criterion) {
    let cases = [
        (Prior::Gaussian, Nodes { noise: 65, component: 1 }, 1e-10),
        (Prior::Uniform, Nodes { noise: 13, component: 13 }, 1e-10),
        (Prior::Bernoulli, Nodes { noise: 15, component: 2 }, 1e-10),
        (Prior::Laplace, Nodes { noise: 10, component: 24 }, 1e-10),
    ];
    beside_textbook(c, 0.5, &[1.5], cases);
}

fn three_modes(c: &mut Criterion) {
    let cases = [
        (Prior::Gaussian, Nodes { noise: 149, component: 1 }, 1e-10),
        (Prior::Uniform, Nodes { noise: 8, component: 20 }, 1e-10),
        (Prior::Bernoulli, Nodes { noise: 9, component: 2 }, 1e-10),
        // Gauss–Laguerre on half-lines gains one digit per four nodes; 1e-10 would take seconds per solve.
        (Prior::Laplace, Nodes { noise: 4, component: 14 }, 1e-6),
    ];
    beside_textbook(c, 0.3, &[2.0, 1.9, 1.8], cases);
}

/// Hundreds of modes: one condensed, or all of them held by fields whose Σ c² does not depend on their number.
fn many_modes(c: &mut Criterion) {
    let mut group = c.benchmark_group("solve, Bernoulli");
    group.sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for modes in [256, 512] {
        let spread = |top: f64, width: f64| -> Vec<f64> {
            (0..modes).map(|mode| top - width * mode as f64 / modes as f64).collect()
        };
        let condensed = Ensemble::new(1.0, 0.5, &spread(1.5, 0.5), Prior::Bernoulli).unwrap();
        let start = Start::condensed(modes, &[0]);
        let point = solve(&condensed, &start);
        assert!(point.is_converged() && point.modes_condensed == [1]);
        group.bench_function(BenchmarkId::new("one condensed", modes), |b| {
            b.iter(|| solve(black_box(&condensed), &start))
        });

        let fields = vec![0.5 / (modes as f64).sqrt(); modes];
        let held = Ensemble::new(1.0, 0.5, &spread(0.9, 0.3), Prior::Bernoulli).unwrap();
        let held = held.with_fields(&fields, &fields).unwrap();
        let start = Start::condensed(modes, &(0..modes).collect::<Vec<_>>());
        let point = solve(&held, &start);
        assert!(point.is_converged() && point.modes_condensed.len() == modes);
        group.bench_function(BenchmarkId::new("all condensed", modes), |b| b.iter(|| solve(black_box(&held), &start)));
    }
    group.finish();
}

fn enumeration(c: &mut Criterion) {
    let mut group = c.benchmark_group("enumeration");
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    for modes in [3, 10] {
        let w: Vec<f64> = (0..modes).map(|mode| 2.0 - 0.05 * f64::from(mode)).collect();
        for prior in Prior::NAMED {
            let ensemble = Ensemble::new(1.0, 0.3, &w, prior.clone()).unwrap();
            let found = saddle::enumerate(&ensemble).unwrap();
            println!("{prior}, K = {modes}: {} stable of {}", found.stable().count(), found.points.len());
            group.bench_function(BenchmarkId::new(prior.name(), modes), |b| {
                b.iter(|| saddle::enumerate(black_box(&ensemble)).unwrap())
            });
        }
    }
    group.finish();
}

criterion_group!(benches, one_mode, three_modes, many_modes, enumeration);
criterion_main!(benches);
