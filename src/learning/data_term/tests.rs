//! Tests against direct sums, quadrature, drawn hidden units and drawn samples.

use super::clamped::HiddenLayer;
use super::frame::Frame;
use super::sums::Sums;
use super::*;
use crate::data::{Clusters, Dataset, Spins};
use crate::theory::average::response;
use crate::theory::prior::Components;
use crate::theory::quadrature;
use crate::{Error, Prior};
use nalgebra::{DMatrix, DVector, dmatrix};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use std::sync::Arc;

const HIDDEN_UNITS: usize = 60;
const NOISE: f64 = 0.4;

fn normal(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    DMatrix::from_fn(rows, columns, |_, _| random.sample(StandardNormal))
}

fn orthogonal(size: usize, seed: u64) -> DMatrix<f64> {
    normal(size, size, seed).qr().q()
}

fn evaluate(source: impl Into<Source>, prior: &Prior, y: &DMatrix<f64>, theta: &DVector<f64>, noise: f64) -> Clamped {
    let mut term = DataTerm::new(source.into(), prior, HIDDEN_UNITS).unwrap();
    term.evaluate(y, theta, noise).unwrap().clone()
}

fn difference(a: &Clamped, b: &Clamped) -> f64 {
    (&a.correlation - &b.correlation).amax().max((&a.hidden - &b.hidden).amax())
}

/// Running mean and square of ⟨z σᵀ⟩ and ⟨σ⟩ over independent draws.
struct Statistics {
    count: f64,
    sum: Clamped,
    square: Clamped,
}

impl Statistics {
    fn new(directions: usize, hidden: usize) -> Self {
        Self { count: 0.0, sum: Clamped::zeros(directions, hidden), square: Clamped::zeros(directions, hidden) }
    }

    fn add(&mut self, correlation: &DMatrix<f64>, hidden: &DVector<f64>) {
        self.count += 1.0;
        self.sum.correlation += correlation;
        self.sum.hidden += hidden;
        self.square.correlation += correlation.component_mul(correlation);
        self.square.hidden += hidden.component_mul(hidden);
    }

    /// Deviations of the draws' means from `expected`, in standard errors.
    fn scores(&self, expected: &Clamped) -> Vec<f64> {
        let sums = self.sum.correlation.iter().chain(&self.sum.hidden);
        let squares = self.square.correlation.iter().chain(&self.square.hidden);
        let expected = expected.correlation.iter().chain(&expected.hidden);
        let score = |((sum, square), expected): ((&f64, &f64), &f64)| {
            let mean = sum / self.count;
            (mean - expected) / ((square / self.count - mean * mean) / self.count).sqrt()
        };
        sums.zip(squares).zip(expected).map(score).collect()
    }
}

/// Allows four standard errors for about sixty comparisons (chance exceeds them in 0.4 % of all seeds), and deviations of about
/// one standard error on the whole. Deviations from one draw are correlated, so their mean square scatters more than 1/√count.
fn assert_statistical(scores: &[f64]) {
    let worst = scores.iter().fold(0.0f64, |worst, score| worst.max(score.abs()));
    let size = (scores.iter().map(|score| score * score).sum::<f64>() / scores.len() as f64).sqrt();
    let beyond = scores.iter().filter(|score| score.abs() > 3.0).count();
    println!("{} comparisons: worst {worst:.2}, root mean square {size:.2}, {beyond} beyond 3", scores.len());
    assert!(worst < 4.0 && size < 1.5 && beyond <= 1, "{scores:?}");
}

/// Draws 1e5 hidden units for every prior, each with its v̂ in the frame of Y's singular vectors and its noise. With three
/// visible directions θ is along the singular vectors; with two, a part of θ is outside them.
#[test]
fn the_data_term_is_the_average_over_drawn_hidden_units() {
    const UNITS: usize = 100_000;
    let mut scores = Vec::new();
    let root = (HIDDEN_UNITS as f64).sqrt();
    for (directions, hidden) in [(3, 2), (2, 3)] {
        let z = normal(directions, 4, 1) * 1.5;
        let (u, r) = (orthogonal(directions, 2), orthogonal(hidden, 3));
        let w = [0.9 * root, 0.5 * root];
        let y: DMatrix<f64> = (0..2).map(|mode| u.column(mode) * r.column(mode).transpose() * w[mode]).sum();
        let theta = DVector::from_fn(hidden, |beta, _| root * (0.3 - 0.4 * beta as f64));
        let field = (y.tr_mul(&z) + &theta * DMatrix::from_element(1, 4, 1.0)).tr_mul(&r) / root;
        for prior in Prior::NAMED {
            let mut random = ChaCha8Rng::seed_from_u64(4);
            let mut statistics = Statistics::new(directions, hidden);
            for _ in 0..UNITS {
                let v = prior.sample(1, hidden, &mut random).unwrap().transpose();
                let noise = NOISE.sqrt() * random.sample::<f64, _>(StandardNormal);
                let tanh = (&field * &v).map(|s| (s + noise).tanh());
                let along = (&r * &v).column(0) * root;
                statistics.add(&(&z * &tanh * along.transpose() / 4.0), &(&along * tanh.mean()));
            }
            let found = evaluate(Samples::new(z.clone()).unwrap(), &prior, &y, &theta, NOISE);
            scores.extend(statistics.scores(&found));
        }
    }
    // 8 averages of (3, 2) and 9 of (2, 3), four priors.
    assert_eq!(scores.len(), 68);
    assert_statistical(&scores);
}

/// Compares with the sum over the machine's own hidden units; with noise, by Gauss–Hermite over the noise of each unit.
#[test]
fn an_empirical_prior_is_the_machine_itself() {
    let (units, z) = (HIDDEN_UNITS, normal(3, 40, 5));
    let rows = normal(units, 2, 6);
    let fields = DVector::from_fn(units, |j, _| 0.5 * (j as f64).cos());
    let prior = Prior::Empirical(Arc::new(Components::new(rows.clone(), fields.clone()).unwrap()));
    let root = (units as f64).sqrt();
    let (y, theta) = (normal(3, 2, 7) * root * 0.5, DVector::from_vec(vec![2.0, -1.0]));
    // Gauss–Hermite converges to 1e-11 at noise of standard deviation 0.3.
    for (noise, rule) in [(0.0, quadrature::hermite(1).unwrap()), (0.09, quadrature::hermite(100).unwrap())] {
        let mut expected = Clamped::zeros(3, 2);
        for z in z.column_iter() {
            let f = (y.tr_mul(&z) + &theta) / root;
            let tanh = (&rows * f + &fields).map(|s| rule.mean(|x| (s + f64::sqrt(noise) * x).tanh()));
            let sigma = rows.tr_mul(&tanh) / root;
            expected.correlation += z * sigma.transpose() / 40.0;
            expected.hidden += sigma / 40.0;
        }
        let found = evaluate(Samples::new(z.clone()).unwrap(), &prior, &y, &theta, noise);
        assert!(difference(&found, &expected) < 1e-10, "{noise}: {:e}", difference(&found, &expected));
    }
}

/// f V(x) sample by sample.
fn direct(z: &DMatrix<f64>, y: &DMatrix<f64>, theta: &DVector<f64>, noise: f64) -> Statistics {
    let mut statistics = Statistics::new(y.nrows(), y.ncols());
    for z in z.column_iter() {
        let f = y.tr_mul(&z) + theta;
        let sigma = &f * response::exact(f.norm_squared() / HIDDEN_UNITS as f64 + noise).unwrap();
        statistics.add(&(z * sigma.transpose()), &sigma);
    }
    statistics
}

/// Covers numbers of samples on both sides of the edge of a block and of a group, directions that fill no vector register, and
/// both forms of the sum. The triangular form has several panels, more or fewer hidden directions than visible ones, and θ
/// outside the columns of Yᵀ.
#[test]
fn blocks_add_up_to_the_direct_sum() {
    for (count, directions, hidden) in
        [(1, 1, 1), (511, 3, 9), (513, 17, 8), (600, 60, 70), (600, 60, 50), (600, 60, 40), (40_000, 2, 3)]
    {
        let (z, y) = (normal(directions, count, 8), normal(directions, hidden, 9) * 3.0);
        let theta = DVector::from_fn(hidden, |beta, _| beta as f64 - 1.0);
        let found = evaluate(Samples::new(z.clone()).unwrap(), &Prior::Gaussian, &y, &theta, NOISE);
        let Statistics { count, sum, .. } = direct(&z, &y, &theta, NOISE);
        let expected = Clamped { correlation: sum.correlation / count, hidden: sum.hidden / count };
        // Rounding of sums of numbers of order ten to a hundred.
        assert!(difference(&found, &expected) < 1e-12, "{:e}", difference(&found, &expected));
    }
}

/// The Gaussian prior has no preferred frame: Fourier averages in the singular frame give `f V`, whatever the rank.
#[test]
fn averages_in_the_singular_frame_agree_with_stein() {
    let one = |y: DMatrix<f64>, theta: DVector<f64>| {
        let samples = Samples::new(normal(y.nrows(), 50, 10)).unwrap();
        let stein = evaluate(samples.clone(), &Prior::Gaussian, &y, &theta, NOISE);
        let (frame, mut found) = (Frame::of(&y, &theta).unwrap(), Clamped::zeros(0, 0));
        let source = Source::Samples(samples.clone());
        let units = HIDDEN_UNITS as f64;
        let layer = HiddenLayer { weights: &frame.weights, theta: &frame.theta, units, noise: NOISE };
        Sums::new(&source).averaged(&samples, &Prior::Gaussian, layer, &mut found).unwrap();
        frame.rotate_back(&mut found);
        // V and the Fourier averages are accurate to 1e-14 of fields of order ten.
        assert!(difference(&found, &stein) < 1e-12, "{:e}", difference(&found, &stein));
    };
    let theta = DVector::from_vec(vec![1.0, -2.0, 0.5, 3.0]);
    for y in [normal(6, 4, 11), normal(2, 4, 12), DMatrix::zeros(3, 4), normal(5, 1, 13) * normal(1, 4, 14)] {
        one(y.clone() * 4.0, theta.clone());
        one(y, DVector::zeros(4));
    }
}

/// tanh is linear in small fields: ⟨z σᵀ⟩ = ⟨z zᵀ⟩ Y + ⟨z⟩ θᵀ and ⟨σ⟩ = Yᵀ⟨z⟩ + θ.
#[test]
fn small_fields_are_linear() {
    let samples = Samples::new(normal(3, 700, 15).add_scalar(0.3)).unwrap();
    let mixture = Mixture::gaussian(
        DVector::from_vec(vec![1.0, 0.0, -0.5]),
        dmatrix![2.0, 0.3, 0.0; 0.3, 1.0, 0.1; 0.0, 0.1, 0.5],
    );
    let (y, theta) = (normal(3, 4, 16) * 1e-4, DVector::from_element(4, 1e-4));
    for source in [Source::from(samples), mixture.unwrap().into()] {
        let (mean, moment) = (source.mean(), source.second_moment().unwrap());
        let linear = Clamped { correlation: moment * &y + &mean * theta.transpose(), hidden: y.tr_mul(&mean) + &theta };
        for prior in Prior::NAMED {
            let Ok(mut term) = DataTerm::new(source.clone(), &prior, HIDDEN_UNITS) else { continue };
            let found = term.evaluate(&y, &theta, 0.0).unwrap();
            // Corrections are of relative order f²/N_h, and the largest fields are about 5e-4.
            let scale = linear.correlation.amax().max(linear.hidden.amax());
            assert!(difference(found, &linear) < 1e-8 * scale, "{prior}: {:e}", difference(found, &linear) / scale);
        }
    }
}

/// In one dimension, compares with Gauss–Legendre over z on 400 panels. Their half-width, 0.025, is below the distance 0.04 of
/// the nearest pole of V(f²/N_h + n) at n > 0 (there is none at n = 0, where V is still smooth). Ten deviations hold all but
/// 1e-23.
#[test]
fn one_dimensional_mixtures_are_integrals() {
    let rule = quadrature::legendre(20).unwrap();
    let n_h = HIDDEN_UNITS as f64;
    // (mean, variance, Y, θ, noise): weak, large variance, large mean, strong weights, much noise.
    for (mean, variance, y, theta, noise) in [
        (0.5, 1.0, 3.0, 0.4, 0.3),
        (0.0, 40.0, 5.0, -2.0, 0.2),
        (30.0, 4.0, 20.0, 5.0, 0.5),
        (1.0, 1.0, 200.0, 0.0, 1.0),
        (2.0, 0.5, 1.0, 1.0, 900.0),
        (0.0, 2.0, 4.0, 0.0, 0.0),
    ] {
        let mixture = Mixture::gaussian(DVector::from_element(1, mean), DMatrix::from_element(1, 1, variance)).unwrap();
        let found = evaluate(mixture, &Prior::Gaussian, &dmatrix![y], &DVector::from_element(1, theta), noise);
        let expected = |factor: &dyn Fn(f64) -> f64| {
            const PANELS: i32 = 400;
            let integrand = |x: f64| {
                let z = mean + x * f64::sqrt(variance);
                let f = y * z + theta;
                let density = (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
                density * factor(z) * f * response::exact(f * f / n_h + noise).unwrap()
            };
            let width = 20.0 / f64::from(PANELS);
            let panel = |n: i32| width * rule.mean(|x| integrand(-10.0 + width * (f64::from(n) + 0.5 * (x + 1.0))));
            (0..PANELS).map(panel).sum::<f64>()
        };
        let (correlation, hidden) = (expected(&|z| z), expected(&|_| 1.0));
        let errors = (found.correlation[0] / correlation - 1.0, found.hidden[0] - hidden);
        println!("{mean} {variance} {y} {theta} {noise}: {errors:?}");
        // Absolute accuracy about 1e-16 of the field's size.
        assert!(errors.0.abs() < 1e-12 && errors.1.abs() < 1e-12 * (1.0 + hidden.abs()));
    }
}

/// Without covariance a component is one sample, for fields from weak to huge.
#[test]
fn a_point_is_a_mixture() {
    for scale in [1e-3, 1.0, 1e3, 1e6] {
        let (z, y) = (normal(3, 1, 17), normal(3, 2, 18) * scale);
        let theta = DVector::from_vec(vec![0.3, -0.2]);
        let mixture = Mixture::gaussian(z.column(0).into_owned(), DMatrix::zeros(3, 3)).unwrap();
        let exact = evaluate(mixture, &Prior::Gaussian, &y, &theta, NOISE);
        let sample = evaluate(Samples::new(z).unwrap(), &Prior::Gaussian, &y, &theta, NOISE);
        let relative = difference(&exact, &sample) / sample.correlation.amax();
        // The integral has an absolute accuracy: relative to V ~ 1/√x it loses digits.
        assert!(relative < 1e-14 * scale.max(10.0), "{scale}: {relative:e}");
    }
}

fn clusters_of_three() -> Mixture {
    let component = |weight: f64, mean: [f64; 3], seed| {
        let root = normal(3, 3, seed);
        Component { weight, mean: DVector::from_row_slice(&mean), covariance: &root * root.transpose() }
    };
    let first = component(0.5, [3.0, 0.0, 1.0], 19);
    Mixture::new(vec![first, component(0.3, [-2.0, 1.0, 0.0], 20), component(0.2, [0.0, -4.0, 2.0], 21)]).unwrap()
}

#[test]
fn mixtures_agree_with_samples_drawn_from_them() {
    let mixture = clusters_of_three();
    let (y, theta) = (normal(3, 4, 22) * 4.0, DVector::from_vec(vec![2.0, -1.0, 0.0, 3.0]));
    let samples = mixture.draw(100_000, 23).unwrap();
    assert_eq!(samples, mixture.draw(100_000, 23).unwrap());
    let exact = evaluate(mixture.clone(), &Prior::Gaussian, &y, &theta, NOISE);
    let found = evaluate(samples.clone(), &Prior::Gaussian, &y, &theta, NOISE);
    let z = samples.columns(0..100_000, &mut []).to_vec();
    let statistics = direct(&DMatrix::from_vec(3, 100_000, z), &y, &theta, NOISE);
    let mean = Clamped { correlation: &statistics.sum.correlation / 1e5, hidden: &statistics.sum.hidden / 1e5 };
    assert!(difference(&found, &mean) < 1e-11);
    // 16 comparisons.
    assert_statistical(&statistics.scores(&exact));
    let off = (samples.second_moment().unwrap() - mixture.second_moment()).amax();
    // Entries of about 10, of standard deviation about 10.
    assert!(off < 4.0 * 10.0 / 1e5f64.sqrt() * 1.5 && (samples.mean() - mixture.mean()).amax() < 0.05, "{off}");
}

/// Clusters of ±1 units: exact moments, and the data term of generated samples, for which the central limit theorem is
/// good at 400 units.
#[test]
fn clusters_are_a_mixture() {
    let (units, amplitudes, balance) = (400, [0.6, 0.4], [0.5, 0.7]);
    let clusters = Clusters::new(units, &amplitudes, &balance, &Prior::Gaussian, 24).unwrap();
    let basis = clusters.directions().clone();
    let fields = &basis * DMatrix::from_diagonal(&DVector::from_row_slice(&amplitudes)) * (units as f64).sqrt();
    let mixture = Mixture::of_clusters(&fields, &balance, &basis).unwrap();
    assert_eq!(mixture.components().len(), 4);
    assert!((mixture.mean() - basis.tr_mul(&clusters.mean().unwrap())).amax() < 1e-12);
    let samples = Samples::project(&clusters.generate(20_000).unwrap(), &basis).unwrap();
    let z = DMatrix::from_vec(2, 20_000, samples.columns(0..20_000, &mut []).to_vec());
    let mut moments = Statistics::new(2, 2);
    z.column_iter().for_each(|z| moments.add(&(z * z.transpose()), &z.into_owned()));
    let exact = Clamped { correlation: mixture.second_moment(), hidden: mixture.mean() };
    let mut scores = moments.scores(&exact);
    let (y, theta) = (DMatrix::identity(2, 2) * 1.2, DVector::from_vec(vec![0.5, 0.0]));
    let found = evaluate(mixture, &Prior::Gaussian, &y, &theta, NOISE);
    scores.extend(direct(&z, &y, &theta, NOISE).scores(&found));
    // 12 comparisons.
    assert_statistical(&scores);
}

/// Bits give the same results as real numbers, and so do their projections on another basis.
#[test]
fn projections_are_products() {
    let spins = Spins::from_fn(1300, 70, |sample, unit| (sample * 31 + unit * 17 + sample * unit) % 23 < 9);
    let reals = DMatrix::from_fn(1300, 70, |sample, unit| spins.value(sample, unit));
    let basis = orthogonal(70, 25).columns(0, 5).into_owned();
    let real = Dataset { samples: crate::data::Samples::Real(reals.clone()), labels: None, image_shape: None };
    let data = Dataset::of_spins(spins.clone()).unwrap();
    let projected = Samples::project(&data, &basis).unwrap();
    let expected = (&reals * &basis).transpose();
    for samples in [&projected, &Samples::project(&real, &basis).unwrap()] {
        assert_eq!((samples.count(), samples.dimension()), (1300, 5));
        let off = DMatrix::from_column_slice(5, 1300, samples.columns(0..1300, &mut [])) - &expected;
        assert!(off.amax() < 1e-13);
    }
    let sites = Samples::spins(spins).unwrap();
    let dense = Samples::new(reals.transpose()).unwrap();
    for (prior, hidden) in [(Prior::Gaussian, 3), (Prior::Gaussian, 90), (Prior::Bernoulli, 3)] {
        let (y, theta) = (normal(70, hidden, 26), DVector::from_element(hidden, 0.1));
        let of = |samples: &Samples| evaluate(samples.clone(), &prior, &y, &theta, NOISE);
        assert_eq!(of(&sites), of(&dense));
    }
    assert!((sites.mean() - dense.mean()).amax() < 1e-14);
    assert!((sites.second_moment().unwrap() - dense.second_moment().unwrap()).amax() < 1e-13);
    assert!((projected.second_moment().unwrap() - &expected * expected.transpose() / 1300.0).amax() < 1e-12);
}

#[test]
fn the_number_of_threads_does_not_matter() {
    let (y, theta) = (normal(3, 4, 27), DVector::from_element(4, 0.5));
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mixture = clusters_of_three();
            let samples = mixture.draw(5000, 28).unwrap();
            let mut all = vec![evaluate(mixture, &Prior::Gaussian, &y, &theta, NOISE)];
            all.extend(Prior::NAMED.map(|prior| evaluate(samples.clone(), &prior, &y, &theta, NOISE)));
            all
        })
    };
    let one = on(1);
    assert!(one == on(2) && one == on(3));
}

/// Uses one evaluator for several ranks and numbers of hidden directions in turn, as when the basis grows.
#[test]
fn nothing_is_left_from_the_call_before() {
    for prior in Prior::NAMED {
        let samples = Samples::new(normal(3, 600, 29)).unwrap();
        let mut term = DataTerm::new(Source::from(samples.clone()), &prior, HIDDEN_UNITS).unwrap();
        for y in [normal(3, 2, 30), normal(3, 5, 31), DMatrix::zeros(3, 5), normal(3, 1, 32) * normal(1, 4, 33)] {
            let theta = DVector::from_fn(y.ncols(), |beta, _| beta as f64);
            let again = term.evaluate(&y, &theta, NOISE).unwrap().clone();
            assert_eq!(again, evaluate(samples.clone(), &prior, &y, &theta, NOISE));
        }
    }
}

#[test]
fn bad_input_is_refused() {
    let samples = Samples::new(DMatrix::identity(3, 3)).unwrap();
    let mixture = Mixture::gaussian(DVector::zeros(3), DMatrix::identity(3, 3)).unwrap();
    let theta = DVector::zeros(2);
    for source in [Source::from(samples.clone()), Source::from(mixture.clone())] {
        let mut term = DataTerm::new(source, &Prior::Gaussian, 10).unwrap();
        let mut refused = |y: DMatrix<f64>, theta: &DVector<f64>, noise| term.evaluate(&y, theta, noise).unwrap_err();
        assert!(matches!(refused(DMatrix::zeros(2, 2), &theta, 0.0), Error::Range { .. }));
        assert!(matches!(refused(DMatrix::zeros(3, 0), &DVector::zeros(0), 0.0), Error::Range { .. }));
        assert!(matches!(refused(DMatrix::zeros(3, 1), &theta, 0.0), Error::Length { found: 2, expected: 1, .. }));
        assert!(matches!(refused(DMatrix::zeros(3, 2), &theta, -0.1), Error::Negative { .. }));
        assert!(matches!(refused(DMatrix::zeros(3, 2), &theta, f64::NAN), Error::NotFinite { .. }));
        assert!(matches!(refused(DMatrix::from_element(3, 2, f64::NAN), &theta, 0.0), Error::NotFinite { .. }));
        for hidden in [2, 3] {
            let (large, theta) = (DMatrix::from_element(3, hidden, 1e200), DVector::zeros(hidden));
            assert!(matches!(refused(large, &theta, 0.0), Error::NotFinite { .. }));
        }
    }
    assert!(DataTerm::new(Source::from(samples), &Prior::Gaussian, 0).is_err());
    let refusal = DataTerm::new(Source::from(mixture), &Prior::Laplace, 10).unwrap_err().to_string();
    assert!(refusal.contains("draw samples") && refusal.contains("laplace"), "{refusal}");
}

#[test]
fn bad_data_are_refused() {
    assert!(Samples::new(DMatrix::zeros(0, 3)).is_err() && Samples::new(DMatrix::zeros(3, 0)).is_err());
    assert!(matches!(Samples::new(dmatrix![f64::INFINITY]), Err(Error::NotFinite { .. })));
    assert!(Samples::spins(Spins::new(0, 3)).is_err());
    let data = Dataset::of_spins(Spins::new(4, 3)).unwrap();
    assert!(Samples::project(&data, &DMatrix::identity(2, 2)).is_err());
    assert!(Samples::project(&data, &DMatrix::from_element(3, 2, 1.0)).is_err());
    assert!(Samples::project(&data, &DMatrix::from_element(3, 1, f64::NAN)).is_err());
    let mixture = |weight: f64, covariance: DMatrix<f64>| {
        Mixture::new(vec![Component { weight, mean: DVector::zeros(2), covariance }])
    };
    let identity = DMatrix::<f64>::identity(2, 2);
    assert!(mixture(1.0, identity.clone()).is_ok() && mixture(1.0, DMatrix::zeros(2, 2)).is_ok());
    assert!(mixture(0.9, identity.clone()).is_err() && mixture(-1.0, identity.clone()).is_err());
    assert!(mixture(f64::NAN, identity).is_err() && mixture(1.0, DMatrix::identity(3, 3)).is_err());
    assert!(mixture(1.0, dmatrix![1.0, 0.5; 0.0, 1.0]).is_err() && mixture(1.0, dmatrix![1.0, 2.0; 2.0, 1.0]).is_err());
    assert!(Mixture::new(Vec::new()).is_err() && clusters_of_three().draw(0, 1).is_err());
    let basis = DMatrix::identity(4, 2);
    let fields = DMatrix::from_element(4, 1, 0.3);
    assert!(Mixture::of_clusters(&fields, &[0.5], &basis).is_ok());
    assert!(Mixture::of_clusters(&fields, &[1.0], &basis).is_err());
    assert!(Mixture::of_clusters(&fields, &[0.5, 0.5], &basis).is_err());
    assert!(Mixture::of_clusters(&fields, &[0.5], &DMatrix::identity(3, 2)).is_err());
    assert!(Mixture::of_clusters(&DMatrix::zeros(4, 11), &[0.5; 11], &basis).is_err());
}
