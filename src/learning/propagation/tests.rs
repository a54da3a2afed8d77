use super::SweepSettings;
use crate::data::{Clusters, Spins};
use crate::learning::averages::Averages;
use crate::learning::data_term::Samples;
use crate::learning::state::State;
use crate::simulator::machine::{Machine, Sampler};
use crate::theory::prior::Prior;
use nalgebra::{DMatrix, DVector};

fn averages(gibbs_steps: usize, modes: usize, spins: &Spins, state: &State) -> Averages {
    SweepSettings { gibbs_steps, modes }.averages(&Samples::spins(spins.clone()).unwrap(), state).unwrap()
}

/// One mode of strength w with equal components, `N × N/2`, without fields.
fn one_mode(units: usize, w: f64) -> State {
    let hidden = units / 2;
    let weight = w / (units as f64 * hidden as f64).sqrt();
    State {
        weights: DMatrix::from_element(units, hidden, weight),
        eta: DVector::zeros(units),
        theta: DVector::zeros(hidden),
    }
}

/// Two samples with `u·s = ±2`.
fn two_samples(units: usize) -> Spins {
    let up = (units + (4.0 * units as f64).sqrt() as usize) / 2;
    Spins::from_fn(2, units, |sample, unit| (unit < up) == (sample == 0))
}

/// Where fields are weak, sweeps are linear: `⟨s_u σ_v⟩ = w (1 + w² + … + w^{4k−2} + w^{4k} Λ)` with Λ = 4 (`docs/theory.md`,
/// section 2d). Fields of 1/√N leave terms of order 1/N and 1/N²: three sizes extrapolate to the limit, which takes at least 99 % of the
/// error at N = 1024 away (1e-3 of the rate at w = 0.5).
#[test]
fn weak_fields_have_the_linear_limit() {
    for (k, w) in [(1, 0.5), (1, 0.7), (3, 0.6)] {
        let exact = w * ((0..2 * k).map(|n| f64::powi(w, 2 * n)).sum::<f64>() + 4.0 * f64::powi(w, 4 * k));
        let error = |units: usize| {
            let found = averages(k as usize, 1, &two_samples(units), &one_mode(units, w)).correlation;
            found.sum() / (units as f64 * (units / 2) as f64).sqrt() - exact
        };
        let errors = [64, 256, 1024].map(error);
        let pair = |first: usize| (4.0 * errors[first + 1] - errors[first]) / 3.0;
        let extrapolated = (16.0 * pair(1) - pair(0)) / 15.0;
        assert!((errors[1] / errors[2] - 4.0).abs() < 0.5, "{k} {w}: {errors:?}");
        assert!(extrapolated.abs() < 1e-2 * errors[2].abs(), "{k} {w}: {errors:?} {extrapolated}");
    }
}

/// Samples that differ in sign alone share slopes and covariances: no mode of its own is needed.
#[test]
fn samples_of_one_kind_share_their_covariance() {
    let units = 64;
    let spins = two_samples(units);
    let mut state = one_mode(units, 1.3);
    // A second mode, along the first 32 units less the others.
    for (row, mut weights) in state.weights.row_iter_mut().enumerate() {
        let sign = if row < 32 { 0.02 } else { -0.02 };
        weights.iter_mut().enumerate().for_each(|(column, weight)| *weight += if column < 16 { sign } else { -sign });
    }
    for k in [1, 3] {
        let expected = averages(k, 32, &spins, &state);
        for modes in [0, 1, 2] {
            let found = averages(k, modes, &spins, &state);
            let error = (&found.correlation - &expected.correlation).amax() / expected.correlation.amax();
            assert!(error < 1e-10, "{k} {modes}: {error}");
        }
    }
}

/// Clusters along planted directions, and a machine with modes along random vectors, noise and fields.
fn clustered(prior: &Prior, modes: usize, sigma: f32) -> (Spins, Machine) {
    let (visible, hidden) = (120, 60);
    let amplitudes = &[0.8, 0.6, 0.5, 0.4, 0.3][..modes];
    let clusters = Clusters::new(visible, amplitudes, &vec![0.4; modes], prior, 3).unwrap();
    let spins = clusters.generate(200).unwrap().spins().unwrap().clone();
    let size = ((visible * hidden) as f32).sqrt();
    let mut machine = Machine::random(visible, hidden, f64::from(sigma) / f64::from(size).sqrt(), 4).unwrap();
    let planted = clusters.directions();
    for (mode, u) in planted.column_iter().enumerate() {
        let strength = [1.5, 1.2, 1.1, 0.9, 0.8][mode];
        for (index, weight) in machine.weights.iter_mut().enumerate() {
            let (i, j) = (index / hidden, index % hidden);
            // Orthogonal rows of signs.
            let sign = if (j >> mode) & 1 == 0 { 1.0 } else { -1.0 };
            *weight += (strength * u[i] * sign / (hidden as f64).sqrt()) as f32;
        }
    }
    machine.eta = (0..visible).map(|i| 0.2 * ((i as f32) * 0.7).sin()).collect();
    machine.theta = (0..hidden).map(|j| 0.2 * ((j as f32) * 1.3).cos()).collect();
    (spins, machine)
}

/// Single steps against the simulated negative term, along the planted modes: within four standard errors of 400 repetitions, or
/// 0.5 % of the largest term for one sweep. After three sweeps, 1 %: the weak second mode, a fiftieth of the first, is then a
/// quarter of itself off.
#[test]
fn single_steps_agree_with_simulated_ones() {
    let cases = [
        (Prior::Bernoulli, 1, 0.0, 1),
        (Prior::Bernoulli, 2, 0.3, 1),
        (Prior::Uniform, 2, 0.3, 3),
        (Prior::Gaussian, 5, 0.3, 1),
    ];
    for (prior, modes, sigma, k) in cases {
        let (spins, machine) = clustered(&prior, modes, sigma);
        let weights = machine.weight_matrix();
        let svd = weights.clone().svd(true, true);
        let (u, v) = (svd.u.unwrap(), svd.v_t.unwrap().transpose());
        let along = |correlation: &DMatrix<f64>| -> Vec<f64> {
            (0..modes).map(|mode| u.column(mode).dot(&(correlation * v.column(mode)))).collect()
        };
        let field = |values: &[f32]| DVector::from_iterator(values.len(), values.iter().map(|&x| f64::from(x)));
        let (eta, theta) = (field(&machine.eta), field(&machine.theta));
        let state = State { weights, eta, theta };
        let found = along(&averages(k, 40, &spins, &state).correlation);
        let runs: Vec<Vec<f64>> = (0..400)
            .map(|seed| {
                let mut sampler = Sampler::from_samples(&machine, &spins, seed).unwrap();
                sampler.advance(k);
                let drawn = sampler.visible_spins();
                let s = DMatrix::from_fn(120, spins.samples(), |unit, sample| drawn.value(sample, unit));
                let mut t = state.weights.tr_mul(&s);
                t.column_iter_mut().for_each(|mut column| column += &state.theta);
                along(&(s * t.map(f64::tanh).transpose() / spins.samples() as f64))
            })
            .collect();
        let count = runs.len() as f64;
        let largest = found.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
        for mode in 0..modes {
            let mean = runs.iter().map(|run| run[mode]).sum::<f64>() / count;
            let variance = runs.iter().map(|run| (run[mode] - mean).powi(2)).sum::<f64>() / (count - 1.0);
            let (error, difference) = ((variance / count).sqrt(), found[mode] - mean);
            println!("{prior:?} {modes} {sigma} k = {k}, mode {mode}: {} {mean} ± {error}", found[mode]);
            assert!(
                difference.abs() < (4.0 * error).max(if k == 1 { 0.005 } else { 0.01 } * largest),
                "{prior:?} {modes} {sigma} {k}, mode {mode}: {} {mean} ± {error}",
                found[mode]
            );
        }
    }
}

/// With all modes, each sample has its own covariance. Fewer modes approach it.
#[test]
fn more_modes_are_more_exact() {
    let (spins, machine) = clustered(&Prior::Gaussian, 5, 0.3);
    let field = |values: &[f32]| DVector::from_iterator(values.len(), values.iter().map(|&x| f64::from(x)));
    let state = State { weights: machine.weight_matrix(), eta: field(&machine.eta), theta: field(&machine.theta) };
    for k in [1, 2] {
        let whole = averages(k, 60, &spins, &state).correlation;
        let errors =
            [0, 5, 20, 59].map(|modes| (averages(k, modes, &spins, &state).correlation - &whole).norm() / whole.norm());
        println!("{errors:?}");
        assert!(errors.is_sorted_by(|a, b| a > b) && errors[3] < 0.1 * errors[0], "{errors:?}");
    }
}
