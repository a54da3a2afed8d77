//! Compares the machine's term with closed forms, exact sums and finite differences of its own log Z.

use super::super::state::{Basis, Layers, State};
use super::clamped::PopulationTerm;
use super::contribution::Order;
use super::factors::Factors;
use super::states::PopulationStates;
use crate::learning::data_term::{Component, Mixture, Samples};
use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn random(rows: usize, columns: usize, scale: f64, seed: u64) -> DMatrix<f64> {
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    DMatrix::from_fn(rows, columns, |_, _| scale * 3f64.sqrt() * (2.0 * stream.random::<f64>() - 1.0))
}

fn layers(visible_units: usize, hidden_units: usize) -> Layers {
    Layers { visible_units, hidden_units, basis: Basis::Sites, hidden_basis: None }
}

/// log Z of all states, from the given starts.
fn log_z(layers: &Layers, state: &State, starts: &[DVector<f64>]) -> f64 {
    let factors = Factors::of(layers, state);
    let states = PopulationStates::new(Order::Full, None);
    let (found, _) = states.settle(&factors, layers, 0.0, starts.to_vec()).unwrap();
    let best = found.iter().map(|state| state.log_weight).fold(f64::NEG_INFINITY, f64::max);
    best + found.iter().map(|state| (state.log_weight - best).exp()).sum::<f64>().ln()
}

/// log Z, ⟨s⟩ and ⟨σ⟩, ⟨s σᵀ⟩ over all visible patterns.
fn exact(state: &State) -> (f64, DVector<f64>, DVector<f64>, DMatrix<f64>) {
    let (visible, hidden) = state.weights.shape();
    let (mut z, mut s_mean, mut t_mean) = (0.0, DVector::zeros(visible), DVector::zeros(hidden));
    let mut correlation = DMatrix::zeros(visible, hidden);
    for pattern in 0..1usize << visible {
        let s = DVector::from_fn(visible, |i, _| if pattern >> i & 1 == 1 { 1.0 } else { -1.0 });
        let field = state.weights.tr_mul(&s) + &state.theta;
        let weight = (state.eta.dot(&s) + field.map(|f| (2.0 * f.cosh()).ln()).sum()).exp();
        let t = field.map(f64::tanh);
        z += weight;
        correlation.ger(weight, &s, &t, 1.0);
        s_mean.axpy(weight, &s, 1.0);
        t_mean.axpy(weight, &t, 1.0);
    }
    (z.ln(), s_mean / z, t_mean / z, correlation / z)
}

/// A machine in fields has one state. Its averages are the derivatives of log Z, in both representations (more or fewer sites
/// than hidden units), up to 1e-6: the direction of integration is chosen again for each machine.
#[test]
fn averages_are_the_derivatives_of_log_z() {
    for (visible, hidden) in [(9, 6), (6, 9)] {
        let layers = layers(visible, hidden);
        let mut state = State {
            weights: random(visible, hidden, 0.08, 1),
            eta: random(visible, 1, 0.3, 2).column(0).into_owned(),
            theta: random(hidden, 1, 0.3, 3).column(0).into_owned(),
        };
        let averages = PopulationStates::new(Order::Full, None).averages(&layers, &state, None).unwrap();
        let start = [DVector::zeros(visible.min(hidden))];
        let step = 1e-4;
        let mut difference = |change: &dyn Fn(&mut State, f64)| {
            change(&mut state, step);
            let up = log_z(&layers, &state, &start);
            change(&mut state, -2.0 * step);
            let down = log_z(&layers, &state, &start);
            change(&mut state, step);
            (up - down) / (2.0 * step)
        };
        for i in 0..visible {
            let found = difference(&|state, by| state.eta[i] += by);
            assert!((found - averages.visible[i]).abs() < 1e-6, "eta {i}: {found} {}", averages.visible[i]);
            for j in 0..hidden {
                let found = difference(&|state, by| state.weights[(i, j)] += by);
                let expected = averages.correlation[(i, j)];
                assert!((found - expected).abs() < 1e-6, "W {i} {j}: {found} {expected}");
            }
        }
        for j in 0..hidden {
            let found = difference(&|state, by| state.theta[j] += by);
            assert!((found - averages.hidden[j]).abs() < 1e-6, "theta {j}: {found} {}", averages.hidden[j]);
        }
    }
}

/// Compares with enumeration: the terms left out fall with a higher power of W than the last term that is kept.
#[test]
fn each_order_brings_the_averages_closer_to_enumeration() {
    let (visible, hidden) = (12, 10);
    let layers = layers(visible, hidden);
    let error = |scale: f64, order| {
        let state = State {
            weights: random(visible, hidden, scale, 5),
            eta: random(visible, 1, 0.4, 6).column(0).into_owned(),
            theta: random(hidden, 1, 0.4, 7).column(0).into_owned(),
        };
        let averages = PopulationStates::new(order, None).averages(&layers, &state, None).unwrap();
        (averages.correlation - exact(&state).3).norm()
    };
    for (order, power) in [(Order::Leading, 1.0), (Order::Connected, 2.0), (Order::Full, 2.0)] {
        let measured = (error(0.08, order) / error(0.04, order)).log2();
        println!("{order:?}: {} falls as W^{measured}", error(0.08, order));
        assert!((measured - power).abs() < 0.5, "{order:?}: power {measured}, {power} expected");
    }
    assert!(error(0.08, Order::Full) < 0.5 * error(0.08, Order::Connected));
}

/// One mode of ±1 components on both sides: `⟨s σ⟩` along it, from the binomial sum over the overlap.
fn binomial(visible: usize, hidden: usize, w: f64) -> f64 {
    let (n_v, n_h) = (visible as f64, hidden as f64);
    let coupling = w / (n_v * n_h).sqrt();
    let mut log_binomial = 0.0;
    let (mut terms, mut best) = (Vec::new(), f64::NEG_INFINITY);
    for up in 0..=visible {
        let overlap = 2.0 * up as f64 - n_v;
        let field = coupling * overlap;
        let log = log_binomial + n_h * (field.abs() + (-2.0 * field.abs()).exp().ln_1p());
        best = best.max(log);
        terms.push((log, overlap / n_v.sqrt() * n_h.sqrt() * field.tanh()));
        log_binomial += ((n_v - up as f64) / (up as f64 + 1.0)).ln();
    }
    let z: f64 = terms.iter().map(|(log, _)| (log - best).exp()).sum();
    terms.iter().map(|(log, value)| (log - best).exp() * value).sum::<f64>() / z
}

/// Through the transition of one mode, in the representation of the mode.
#[test]
fn one_mode_follows_the_binomial_sum_through_its_transition() {
    let (visible, hidden) = (400, 200);
    let u = DMatrix::from_fn(visible, 1, |i, _| if i % 3 == 0 { 0.05 } else { -0.05 });
    let v = DMatrix::from_fn(1, hidden, |_, j| if j % 2 == 0 { 1.0 } else { -1.0 } / (hidden as f64).sqrt());
    let layers =
        Layers { visible_units: visible, hidden_units: hidden, basis: Basis::Directions(u), hidden_basis: None };
    for w in [0.3, 0.6, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.35, 1.6, 2.2] {
        let state = State { weights: &v * w, eta: DVector::zeros(visible), theta: DVector::zeros(hidden) };
        let averages = PopulationStates::new(Order::Full, None).averages(&layers, &state, None).unwrap();
        let found = (averages.correlation * v.transpose())[(0, 0)];
        let expected = binomial(visible, hidden, w);
        println!("{w}: {found} {expected} {:e}", found / expected - 1.0);
        assert!((found / expected - 1.0).abs() < 2e-3, "{w}: {found}, exactly {expected}");
    }
}

/// `⟨s σ⟩` along two modes, from the sum over the magnetizations of two classes of sites. Both modes have ±1 components on the
/// sites, in two classes of equal size, and Gaussian v.
fn two_classes(visible: usize, v: &DMatrix<f64>, w: [f64; 2]) -> [f64; 2] {
    let class = visible / 2;
    let mut logs = vec![0.0; class + 1];
    for up in 0..class {
        logs[up + 1] = logs[up] + ((class - up) as f64 / (up as f64 + 1.0)).ln();
    }
    let scale = (visible as f64).sqrt();
    let (mut largest, mut z, mut sums) = (f64::NEG_INFINITY, 0.0, [0.0; 2]);
    for (up, log) in logs.iter().enumerate() {
        for (other, other_log) in logs.iter().enumerate() {
            let (a, b) = (2.0 * up as f64 - class as f64, 2.0 * other as f64 - class as f64);
            let along = [(a + b) / scale, (a - b) / scale];
            let (mut exponent, mut t) = (log + other_log, [0.0; 2]);
            for v in v.row_iter() {
                let field: f64 = w[0] * along[0] * v[0] + w[1] * along[1] * v[1];
                let power = (-2.0 * field.abs()).exp();
                exponent += field.abs() + power.ln_1p();
                let tanh = ((1.0 - power) / (1.0 + power)).copysign(field);
                t[0] += v[0] * tanh;
                t[1] += v[1] * tanh;
            }
            if exponent > largest {
                let factor = (largest - exponent).exp();
                largest = exponent;
                z *= factor;
                sums.iter_mut().for_each(|sum| *sum *= factor);
            }
            let weight = (exponent - largest).exp();
            z += weight;
            for k in 0..2 {
                sums[k] += weight * along[k] * t[k];
            }
        }
    }
    sums.map(|sum| sum / z)
}

/// Two nearly equal modes, from before they condense to where one is left, in the machine of N = 400/200 and along the modes. A
/// single integral is up to 64 % off there.
#[test]
fn two_modes_that_are_soft_at_once_follow_the_sum_over_two_classes() {
    let (visible, hidden) = (400, 200);
    let sign = |up: bool| if up { 0.05 } else { -0.05 };
    let u =
        DMatrix::from_fn(visible, 2, |i, k| sign(if k == 0 { i % 3 == 0 } else { (i % 3 == 0) == (i < visible / 2) }));
    let mut stream = ChaCha8Rng::seed_from_u64(4);
    let normal = DMatrix::from_fn(hidden, 2, |_, _| stream.sample::<f64, _>(rand_distr::StandardNormal));
    let v = normal.qr().q();
    let layers =
        Layers { visible_units: visible, hidden_units: hidden, basis: Basis::Directions(u), hidden_basis: None };
    for w in [[0.6, 0.5], [0.95, 0.9], [1.05, 1.0], [1.2, 1.18], [1.3, 1.25], [1.3, 0.9], [1.6, 1.5]] {
        let weights = DMatrix::from_fn(2, hidden, |k, j| w[k] * v[(j, k)]);
        let state = State { weights, eta: DVector::zeros(visible), theta: DVector::zeros(hidden) };
        let mut states = PopulationStates::new(Order::Full, None);
        let averages = states.averages(&layers, &state, None).unwrap();
        let along = averages.correlation * &v;
        let expected = two_classes(visible, &v, w);
        println!("{w:?}: {:?} {expected:?} {:?}", along.diagonal().as_slice(), states.reliability());
        assert_eq!(states.reliability().approximate, 0, "{w:?}");
        for k in 0..2 {
            let error = along[(k, k)] / expected[k] - 1.0;
            assert!(error.abs() < 0.01, "{w:?}: mode {k}: {}, exactly {}", along[(k, k)], expected[k]);
        }
    }
}

/// Number of averages that count as approximate in a machine of `directions` directions. Two of them have the strengths `w`, the
/// others almost none.
fn approximate(directions: usize, w: [f64; 2]) -> u64 {
    let (visible, hidden) = (200, 100);
    let (u, v) = (random(visible, directions, 1.0, 5).qr().q(), random(hidden, directions, 1.0, 6).qr().q());
    let strength = |k: usize| *w.get(k).unwrap_or(&0.1);
    let weights = DMatrix::from_fn(directions, hidden, |k, j| strength(k) * v[(j, k)]);
    let layers =
        Layers { visible_units: visible, hidden_units: hidden, basis: Basis::Directions(u), hidden_basis: None };
    let state = State { weights, eta: DVector::zeros(visible), theta: DVector::zeros(hidden) };
    let mut states = PopulationStates::new(Order::Full, None);
    states.averages(&layers, &state, None).unwrap();
    let reliability = states.reliability();
    assert_eq!(reliability.evaluations, 1);
    assert_eq!(reliability.approximate == 1, reliability.largest_weight > 0.01, "{reliability:?}");
    reliability.approximate
}

/// Two modes that are soft at once are integrated over together in up to eight directions. In more directions the integral is
/// over one of them. It may be 64 % off, and is marked. Nothing is marked where one mode alone is soft, or none.
#[test]
fn two_soft_modes_among_many_directions_are_marked() {
    for w in [[1.0, 0.98], [1.05, 1.04]] {
        assert_eq!([8, 9, 14].map(|directions| approximate(directions, w)), [0, 1, 1], "{w:?}");
    }
    for w in [[0.3, 0.2], [1.05, 0.2]] {
        assert_eq!([8, 9, 14].map(|directions| approximate(directions, w)), [0, 0, 0], "{w:?}");
    }
}

/// Compares weights of lower rank than the number of units, down to no weights, with enumeration in both representations. The
/// paramagnet is found. The terms left out are at least of second order in W, as with any weights in fields.
#[test]
fn weights_of_low_rank_agree_with_enumeration() {
    for (visible, hidden) in [(12, 9), (9, 12)] {
        let (u, v) = (random(visible, 2, 1.0, 1).qr().q(), random(hidden, 2, 1.0, 2).qr().q());
        let fields = |units: usize, scale: f64, seed| random(units, 1, scale, seed).column(0).into_owned();
        let error = |strengths: [f64; 2], field: f64| {
            let mut weights = &u * DMatrix::from_diagonal(&DVector::from_row_slice(&strengths)) * v.transpose();
            weights.column_mut(3).fill(0.0);
            let state = State { weights, eta: fields(visible, field, 3), theta: fields(hidden, field, 4) };
            let averages =
                PopulationStates::new(Order::Full, None).averages(&layers(visible, hidden), &state, None).unwrap();
            let (_, s, t, correlation) = exact(&state);
            let error = (averages.correlation - correlation).amax().max((averages.visible - s).amax());
            error.max((averages.hidden - t).amax())
        };
        for field in [0.0, 0.4] {
            assert!(error([0.0, 0.0], field) < 1e-12, "no weights: {:e}", error([0.0, 0.0], field));
            for [a, b] in [[0.5, 0.3], [0.5, 0.0]] {
                let (whole, half) = (error([a, b], field), error([0.5 * a, 0.5 * b], field));
                println!("{visible} {hidden} {a} {b} {field}: {whole:e} {half:e}");
                assert!(whole < 1e-2 && half < whole / 3.0, "{visible} {hidden} {a} {b} {field}: {whole:e} {half:e}");
            }
        }
    }
}

/// With all hidden units saturated, the sites are free in their fields.
#[test]
fn saturated_units_are_fields_to_the_others() {
    let (visible, hidden) = (9, 6);
    for field in [1e3, 1e6] {
        let state = State {
            weights: random(visible, hidden, 0.1, 1),
            eta: DVector::zeros(visible),
            theta: DVector::from_element(hidden, field),
        };
        let averages =
            PopulationStates::new(Order::Full, None).averages(&layers(visible, hidden), &state, None).unwrap();
        let expected = state.weights.column_sum().map(f64::tanh);
        assert!((averages.visible - expected).amax() < 1e-12 && averages.hidden.iter().all(|t| *t == 1.0), "{field}");
    }
}

/// Errors of `⟨s σ⟩/L` compared with the binomial sum at doubling sizes, κ = 1/2, and the power of 1/N with which they fall.
#[test]
fn errors_of_the_machine_fall_with_size() {
    let error = |w: f64, visible: usize| {
        let hidden = visible / 2;
        let l = ((visible * hidden) as f64).sqrt();
        let u = DMatrix::from_fn(visible, 1, |i, _| if i % 3 == 0 { 1.0 } else { -1.0 } / (visible as f64).sqrt());
        let v = DMatrix::from_fn(1, hidden, |_, j| if j % 2 == 0 { 1.0 } else { -1.0 } / (hidden as f64).sqrt());
        let layers =
            Layers { visible_units: visible, hidden_units: hidden, basis: Basis::Directions(u), hidden_basis: None };
        let state = State { weights: &v * w, eta: DVector::zeros(visible), theta: DVector::zeros(hidden) };
        let averages = PopulationStates::new(Order::Full, None).averages(&layers, &state, None).unwrap();
        (averages.correlation * v.transpose())[(0, 0)] / l - binomial(visible, hidden, w) / l
    };
    // The next terms of the expansion are of order 1/N of those kept, which are themselves 1/N of the leading one.
    for w in [1.0, 1.1, 1.3, 1.6] {
        let errors = [200, 400, 800, 1600].map(|visible| error(w, visible));
        let exponent = (errors[0] / errors[3]).abs().log2() / 3.0;
        println!("{w}: {errors:?}, exponent {exponent:.3}");
        assert!((exponent - 2.0).abs() < 0.1 && errors[0].abs() < 1e-4, "{w}: {errors:?}");
    }
    // No mode is integrated over. The error is two powers of 1/N below the average, which is 1/N of L there.
    let errors = [1600, 3200].map(|visible| error(0.7, visible));
    let exponent = (errors[0] / errors[1]).abs().log2();
    println!("0.7: {errors:?}, exponent {exponent:.3}");
    assert!((exponent - 3.0).abs() < 0.1, "{errors:?}");
}

/// `u·⟨s σᵀ⟩v` by Gibbs sampling, and its standard error.
fn sampled(weights: &DMatrix<f64>, u: &DVector<f64>, v: &DVector<f64>) -> (f64, f64) {
    let (chains, warm_up, sweeps) = (1000, 100, 300);
    let mut stream = ChaCha8Rng::seed_from_u64(9);
    let mut draw = |fields: &DMatrix<f64>| {
        // P(+1) = 1/(1 + e^{−2 field}).
        fields.map(|field| if stream.random::<f64>() < 1.0 / (1.0 + (-2.0 * field).exp()) { 1.0 } else { -1.0 })
    };
    let mut s = draw(&DMatrix::zeros(weights.nrows(), chains));
    let mut means = DVector::zeros(chains);
    for sweep in 0..warm_up + sweeps {
        let on_hidden = weights.tr_mul(&s);
        if sweep >= warm_up {
            let along = on_hidden.map(f64::tanh).tr_mul(v);
            means += s.tr_mul(u).component_mul(&along) / f64::from(sweeps);
        }
        let t = draw(&on_hidden);
        s = draw(&(weights * t));
    }
    (means.mean(), (means.variance() / (chains as f64 - 1.0)).sqrt())
}

/// A planted mode in noise of sigma = 0.3, before and after it condenses. The reaction of all other units to a unit must be taken
/// to all orders, not only to the first.
#[test]
fn a_mode_in_noise_agrees_with_monte_carlo() {
    let (visible, hidden) = (120, 60);
    let u = DVector::from_fn(visible, |i, _| if i % 3 == 0 { 1.0 } else { -1.0 } / (visible as f64).sqrt());
    let v = DVector::from_fn(hidden, |j, _| if j % 2 == 0 { 1.0 } else { -1.0 } / (hidden as f64).sqrt());
    let noise = random(visible, hidden, 0.3 / ((visible * hidden) as f64).powf(0.25), 3);
    for w in [0.7, 1.4] {
        let weights = &u * v.transpose() * w + &noise;
        let (expected, error) = sampled(&weights, &u, &v);
        let state = State { weights, eta: DVector::zeros(visible), theta: DVector::zeros(hidden) };
        let found = |order| {
            let averages = PopulationStates::new(order, None).averages(&layers(visible, hidden), &state, None).unwrap();
            u.dot(&(averages.correlation * &v))
        };
        let (full, naive) = (found(Order::Full), found(Order::Connected));
        println!("{w}: {full:.4}, naive {naive:.4}, sampled {expected:.4} ± {error:.4}");
        assert!((full - expected).abs() < 3.0 * error + 2e-3 * expected, "{w}: {full}, sampled {expected} ± {error}");
        assert!((naive - expected).abs() > 3.0 * (full - expected).abs(), "{w}: naive {naive}, {full}, {expected}");
    }
}

/// Compares the data term over samples and over a described population with plain sums.
#[test]
fn the_data_term_is_the_plain_sum() {
    let (directions, hidden, count, noise) = (5, 7, 700, 0.09);
    let (z, weights) = (random(directions, count, 1.0, 1), random(directions, hidden, 0.6, 2));
    let theta = random(hidden, 1, 0.3, 3).column(0).into_owned();
    // A Gaussian average by brute force: the trapezoidal rule.
    let smooth = |field: f64, variance: f64, f: &dyn Fn(f64) -> f64| {
        let density = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
        (-400..=400)
            .map(|n| f64::from(n) * 0.02)
            .map(|x| 0.02 * density(x) * f(field + variance.sqrt() * x))
            .sum::<f64>()
    };
    let term = PopulationTerm::new(Samples::new(z.clone()).unwrap().into());
    for noise in [0.0, noise] {
        let clamped = term.evaluate(&weights, &theta, noise).unwrap();
        let t = (weights.tr_mul(&z)).map_with_location(|j, _, field| smooth(field + theta[j], noise, &f64::tanh));
        let error = (clamped.correlation - &z * t.transpose() / count as f64).amax();
        // With noise, the accuracy that the nodes are chosen for.
        let allowed = if noise == 0.0 { 1e-8 } else { 1e-6 };
        assert!(error < allowed, "{noise}: {error:e}");
        assert!((clamped.hidden - t.column_sum() / count as f64).amax() < allowed);
    }
    let (root, mean) = (random(directions, directions, 0.4, 5), random(directions, 1, 1.0, 6).column(0).into_owned());
    let covariance = &root * root.transpose();
    let part = Component { weight: 1.0, mean: mean.clone(), covariance: covariance.clone() };
    let clamped =
        PopulationTerm::new(Mixture::new(vec![part]).unwrap().into()).evaluate(&weights, &theta, noise).unwrap();
    for j in 0..hidden {
        let (a, variance) = (weights.column(j), weights.column(j).dot(&(&covariance * weights.column(j))) + noise);
        let field = a.dot(&mean) + theta[j];
        let (t, slope) = (smooth(field, variance, &f64::tanh), smooth(field, variance, &|x| 1.0 - x.tanh().powi(2)));
        let expected = &mean * t + &covariance * a * slope;
        let error = (clamped.hidden[j] - t).abs().max((clamped.correlation.column(j) - expected).amax());
        assert!(error < 1e-7, "{variance}: {error:e}");
    }
}
