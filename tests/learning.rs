//! The learning flow against closed forms, independent integrations, identities and exact enumeration.

use crate::frame_flow::{FrameFlow, FrameState, aligned};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use spectral_rbm::data::{Clusters, Dataset, Ellipsoid, Moments};
use spectral_rbm::learning::{
    Basis, Closure, Component, Flow, Frame, Integrator, Layers, LinearMode, Method, Mixture, Noise, NoiseKind, Plan,
    Samples, Setup, Snapshot, Source, State, Tolerance, Trajectory, follow, response,
};
use spectral_rbm::simulator::machine::{LinearMachine, Machine};
use spectral_rbm::simulator::run::{Learner, LinearTrainer};
use spectral_rbm::{Prior, theory::average, theory::quadrature};

fn normal(rows: usize, columns: usize, seed: u64) -> DMatrix<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    DMatrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut random))
}

fn vector(length: usize, seed: u64) -> DVector<f64> {
    normal(length, 1, seed).column(0).into_owned()
}

/// A covariance with given variances along random directions.
fn covariance(variances: &[f64], seed: u64) -> DMatrix<f64> {
    let directions = normal(variances.len(), variances.len(), seed).qr().q();
    &directions * DMatrix::from_diagonal(&DVector::from_column_slice(variances)) * directions.transpose()
}

fn moments(covariance: DMatrix<f64>) -> Moments {
    Moments { mean: DVector::zeros(covariance.nrows()), covariance }
}

fn layers(visible: usize, hidden: usize) -> Layers {
    Layers { visible_units: visible, hidden_units: hidden, basis: Basis::Sites, hidden_basis: None }
}

fn state(weights: DMatrix<f64>) -> State {
    let (visible, hidden) = weights.shape();
    State { weights, eta: DVector::zeros(visible), theta: DVector::zeros(hidden) }
}

fn plan(times: Vec<f64>, method: Method, relative: f64) -> Plan {
    let tolerance = Tolerance { relative, absolute: 1e-3 * relative };
    Plan { times, integrator: Integrator { method, tolerance, learning_rate: 0.0 }, bulk_edge: None }
}

fn run(flow: &Flow, start: &State, plan: &Plan) -> Trajectory {
    follow(flow, start, plan, &mut |_| {}).unwrap()
}

fn even(end: f64, count: usize) -> Vec<f64> {
    (0..=count).map(|k| end * k as f64 / count as f64).collect()
}

/// One linear mode along the data's own direction, by both methods, against the implicit solution of section 5.
#[test]
fn one_linear_mode_follows_the_closed_form() {
    let data = covariance(&[4.0, 0.7, 0.5], 1);
    let direction = data.clone().symmetric_eigen();
    let leading = direction.eigenvectors.column(direction.eigenvalues.imax()).into_owned();
    let hidden = vector(4, 2).normalize();
    let start = state(&leading * hidden.transpose() * 0.02);
    for (sigma_v, sigma_h) in [(1.0, 1.0), (1.3, 0.8)] {
        let mode = LinearMode::new(4.0, sigma_v, sigma_h).unwrap();
        let flow = Flow::linear(layers(3, 4), &start, &moments(data.clone()), sigma_v, sigma_h).unwrap();
        for method in [Method::Dop853, Method::Multirate] {
            // Step errors accumulate to some hundred tolerances; the closed form is accurate to 1e-12.
            let trajectory = run(&flow, &start, &plan(even(6.0, 12), method, 1e-12));
            for snapshot in &trajectory.snapshots {
                let exact = mode.strength_at(0.02, snapshot.time).unwrap();
                let error = (snapshot.singular_values[0] / exact - 1.0).abs();
                assert!(error < 1e-9, "{method:?} at t = {}: {error:e}", snapshot.time);
            }
            let last = trajectory.snapshots.last().unwrap().singular_values[0];
            assert!((last - mode.equilibrium()).abs() < 1e-6 && last > 0.5);
        }
    }
}

/// Classical Runge–Kutta steps of `dW/dt = (C − (1 − W Wᵀ)⁻¹) W`, with the inverse of the whole matrix.
fn runge_kutta(mut weights: DMatrix<f64>, covariance: &DMatrix<f64>, end: f64, steps: usize) -> DMatrix<f64> {
    let unit = DMatrix::<f64>::identity(covariance.nrows(), covariance.nrows());
    let rate = |w: &DMatrix<f64>| (covariance - (&unit - w * w.transpose()).try_inverse().unwrap()) * w;
    let h = end / steps as f64;
    for _ in 0..steps {
        let k1 = rate(&weights);
        let k2 = rate(&(&weights + &k1 * (0.5 * h)));
        let k3 = rate(&(&weights + &k2 * (0.5 * h)));
        let k4 = rate(&(&weights + &k3 * h));
        weights += (k1 + k2 * 2.0 + k3 * 2.0 + k4) * (h / 6.0);
    }
    weights
}

/// All modes of a linear machine that starts along none of the data's directions, with W wider and narrower than it is
/// tall. The reference is Runge–Kutta in full dimension, with its error extrapolated away to below 1e-11.
#[test]
fn linear_flow_is_that_of_the_whole_matrix() {
    let data = covariance(&[4.0, 3.0, 2.2, 1.4, 0.8, 0.5], 3);
    for hidden in [4, 6, 9] {
        let start = normal(6, hidden, 4) * 0.05;
        let coarse = runge_kutta(start.clone(), &data, 2.0, 4000);
        let fine = runge_kutta(start.clone(), &data, 2.0, 8000);
        let exact = &fine + (&fine - &coarse) / 15.0;
        assert!((&exact - &fine).amax() < 1e-11);
        let start = state(start);
        let flow = Flow::linear(layers(6, hidden), &start, &moments(data.clone()), 1.0, 1.0).unwrap();
        for method in [Method::Dop853, Method::Multirate] {
            let trajectory = run(&flow, &start, &plan(even(2.0, 8), method, 1e-11));
            let error = (&trajectory.last.weights - &exact).amax();
            assert!(error < 1e-9, "{method:?}, {hidden}: {error:e}");
        }
    }
}

/// The likelihood never falls and is that of [`LinearMachine`], and the spectrum ends at the theory's fixed point.
#[test]
fn likelihood_climbs_to_the_equilibrium() {
    let data = covariance(&[3.0, 2.0, 1.2, 0.8], 5);
    let start = state(normal(4, 3, 6) * 0.01);
    let flow = Flow::linear(layers(4, 3), &start, &moments(data.clone()), 1.0, 1.0).unwrap();
    let trajectory = run(&flow, &start, &plan(even(200.0, 400), Method::Multirate, 1e-8));
    let likelihoods: Vec<f64> = trajectory.snapshots.iter().map(|snapshot| snapshot.log_likelihood.unwrap()).collect();
    // Steps have an error of 1e-8 in w; at the maximum the likelihood errs by the square of that.
    assert!(likelihoods.is_sorted_by(|a, b| *b >= a - 1e-13));
    let last = &trajectory.last.weights;
    let machine = LinearMachine::new(last.clone(), 1.0, 1.0).unwrap();
    let reference = machine.log_likelihood(&data).unwrap();
    assert!((likelihoods.last().unwrap() - reference).abs() < 1e-12);
    let ends = &trajectory.snapshots.last().unwrap().singular_values;
    for (w, variance) in ends.iter().zip([3.0, 2.0, 1.2f64]) {
        let equilibrium = ((variance - 1.0) / variance).sqrt();
        // The slowest mode has relaxed by e^{−2·0.2·200}.
        assert!((w - equilibrium).abs() < 1e-7, "{w} {equilibrium}");
    }
}

/// The map of the theory equals training of the linear machine, update for update.
#[test]
fn the_map_is_training_of_the_linear_machine() {
    let data = Ellipsoid::new(20, &[4.0, 3.0, 2.0], 7).unwrap().generate(500).unwrap();
    let machine = Machine::random(20, 8, 0.05, 1).unwrap();
    let linear = LinearMachine::with_weights_of(&machine, 1.0, 1.0).unwrap();
    let mut trainer = LinearTrainer::new(linear, &data, Some(0.01), 5.0).unwrap();
    let moments = Moments::of(&data).unwrap();
    let setup = Setup { closure: Closure::Linear, learning_rate: 0.01, ..Setup::default() };
    let prepared = setup.prepare(&data, &moments, &machine).unwrap();
    let integrator = Integrator { method: Method::Map, tolerance: Tolerance::default(), learning_rate: 0.01 };
    let plan = Plan { times: even(4.0, 4), integrator, bulk_edge: None };
    let trajectory = run(&prepared.flow, &prepared.start, &plan);
    for snapshot in &trajectory.snapshots[1..] {
        (0..100).for_each(|_| trainer.update().unwrap());
        let values = trainer.machine().weights.singular_values();
        for (theory, simulation) in snapshot.singular_values.iter().zip(&values) {
            assert!((theory - simulation).abs() < 1e-12, "{theory} {simulation}");
        }
    }
    assert!(trajectory.snapshots[4].singular_values[0] > 0.5);
}

/// A flow of ±1 units with fields on both sides, in the whole space.
fn with_fields(visible: usize, hidden: usize) -> (Flow, State) {
    let amplitudes = [0.9, 0.6];
    let clusters = Clusters::new(visible, &amplitudes, &[0.6, 0.3], &Prior::Uniform, 8).unwrap();
    let data = clusters.generate(300).unwrap();
    let layers = layers(visible, hidden);
    let start = State {
        weights: normal(visible, hidden, 9) * 0.1,
        eta: vector(visible, 10) * 0.2,
        theta: vector(hidden, 11) * 0.2,
    };
    let source = Source::from(Samples::spins(data.spins().unwrap().clone()).unwrap());
    let flow = Flow::fixed_prior(layers, &start, source, &Prior::Gaussian, Noise::fixed(0.1).unwrap()).unwrap();
    (flow, start)
}

/// The equations of the frame and the flow of W agree, with fields, as long as no two w meet. The projections of all
/// fields agree with those from their own equations, including the rotation terms. The tolerance is 10⁴ tolerances of a
/// step, since rotations amplify errors by the inverse distance of two w.
#[test]
fn frame_and_matrix_flow_agree() {
    for (visible, hidden) in [(12, 5), (6, 9)] {
        let (flow, start) = with_fields(visible, hidden);
        let end = 0.25;
        let matrix = run(&flow, &start, &plan(even(end, 5), Method::Dop853, 1e-10));
        let frame_start = FrameState::of(&flow, &start).unwrap();
        let frame_flow = FrameFlow::new(&flow, &frame_start);
        let integrator = plan(vec![0.0], Method::Dop853, 1e-10).integrator;
        let mut last = frame_start.clone();
        let mut keep = |point: spectral_rbm::learning::Point| {
            last.copy_from(&point.y);
            Ok(false)
        };
        integrator.run(&frame_flow, &even(end, 5), frame_start.to_vector(), &mut keep).unwrap();
        let gaps = matrix.snapshots.iter().flat_map(|snapshot| snapshot.singular_values.windows(2));
        assert!(gaps.map(|pair| pair[0] - pair[1]).all(|gap| gap > 1e-3));
        let tolerance = 1e-6;
        assert!((last.frame.weights() - &matrix.last.weights).amax() < tolerance);
        assert!((&last.eta - &matrix.last.eta).amax() < tolerance);
        let reference = aligned(Frame::of(&matrix.last.weights).unwrap(), &last.frame);
        assert!((&reference.u - &last.frame.u).amax() < tolerance);
        let eta = reference.u.tr_mul(&matrix.last.eta);
        let theta = reference.v.tr_mul(&matrix.last.theta);
        assert!((&eta - &last.projected_eta).amax() < tolerance && eta.amax() > 0.1);
        assert!((&theta - &last.projected_theta).amax() < tolerance && theta.amax() > 0.1);
        // The frame has turned, so the agreement is not trivial.
        assert!((&frame_start.frame.u - &last.frame.u).amax() > 0.1);
    }
}

/// Ω along a flow is the rate at which the vectors of its own snapshots turn. Central differences with a step of 1e-4
/// err by 1e-8 of third derivatives, which grow with the rates up to some hundred here.
#[test]
fn rotations_are_finite_differences_along_the_flow() {
    let (flow, start) = with_fields(10, 6);
    let step = 1e-4;
    let times = vec![0.0, 0.1 - step, 0.1, 0.1 + step];
    let trajectory = run(&flow, &start, &plan(times, Method::Dop853, 1e-12));
    let [before, here, after]: [&Snapshot; 3] = std::array::from_fn(|index| &trajectory.snapshots[index + 1]);
    for (before, here, after, rotation) in
        [(&before.u, &here.u, &after.u, &here.visible_rotation), (&before.v, &here.v, &after.v, &here.hidden_rotation)]
    {
        let slope = (after - before) / (2.0 * step);
        // Ω_αβ = (du^α/dt)·u^β.
        let omega = slope.transpose() * here;
        let error = (omega - rotation).amax();
        assert!(error < 1e-3 * rotation.amax() && rotation.amax() > 0.1, "{error:e}, {}", rotation.amax());
    }
}

/// Where two w meet the flow of W continues smoothly, and each mode is followed through. The crossing is where the
/// closed forms of the two modes predict it.
#[test]
fn crossings_are_passed() {
    // The weaker mode of W is along the stronger direction of the data.
    let data = moments(DMatrix::from_diagonal(&DVector::from_vec(vec![4.0, 2.0, 0.5])));
    let mut weights = DMatrix::zeros(3, 3);
    (weights[(0, 0)], weights[(1, 1)]) = (0.01, 0.05);
    weights[(2, 0)] = 1e-6;
    let start = state(weights);
    let flow = Flow::linear(layers(3, 3), &start, &data, 1.0, 1.0).unwrap();
    let trajectory = run(&flow, &start, &plan(even(3.0, 60), Method::Multirate, 1e-9));
    let names: Vec<&str> = trajectory.events.iter().map(|event| event.kind.name()).collect();
    assert!(names.contains(&"overtakes"), "{names:?}");
    let overtaking = trajectory.events.iter().find(|event| event.kind.name() == "overtakes").unwrap();
    assert_eq!(overtaking.mode, 2);
    // The closed forms of the two modes.
    let [first, second] = [4.0, 2.0].map(|variance| LinearMode::new(variance, 1.0, 1.0).unwrap());
    let [a, b] =
        [first.strength_at(0.01, overtaking.time), second.strength_at(0.05, overtaking.time)].map(Result::unwrap);
    assert!((a / b - 1.0).abs() < 1e-6, "{a} {b}");
    let last = trajectory.snapshots.last().unwrap();
    assert_eq!(last.by_identity[..2], [last.singular_values[1], last.singular_values[0]]);
}

/// The Gaussian response against exact enumeration of small machines with fields on the sites. It leaves out the third
/// order in W, so halving W divides the error by eight.
#[test]
fn gaussian_response_is_exact_to_second_order() {
    let error = |scale: f64| {
        let (visible, hidden) = (9, 6);
        let weights: Vec<f32> = normal(hidden, visible, 12).iter().map(|w| (scale * w) as f32).collect();
        let eta: Vec<f32> = vector(visible, 13).iter().map(|field| 0.6 * *field as f32).collect();
        let machine = Machine::new(visible, hidden, weights, eta, vec![0.0; hidden]).unwrap();
        let exact = machine.exact().unwrap();
        let (layers, state) = Layers::of_machine(&machine, Basis::Sites).unwrap();
        let response = spectral_rbm::learning::SingleState::default().averages(&layers, &state).unwrap();
        (response.correlation - exact.correlation).amax()
    };
    let [coarse, fine] = [error(0.08), error(0.04)];
    // The largest w is about 0.4 at first, and 0.4³ is 0.06.
    assert!(coarse < 0.06 && fine < coarse / 6.0, "{coarse:e} {fine:e}");
}

/// One mode on ±1 sites, N = 400/200, data of magnetisation 0.6, Gaussian v. The flow with the finite-size response
/// ends where the data term, by a Gauss rule over z, equals the machine's own term, by the sum over the number of sites
/// that point along the mode. The integral is accurate to 1e-4 here (tests/learning_response.rs), and the flow has
/// relaxed.
#[test]
fn the_flow_ends_where_data_and_machine_agree() {
    let (visible, hidden) = (400, 200);
    let (n, units) = (visible as f64, hidden as f64);
    let (mean, variance) = (0.6 * n.sqrt(), 1.0 - 0.36);
    let component = |sign: f64| Component {
        weight: 0.5,
        mean: DVector::from_element(1, sign * mean),
        covariance: DMatrix::from_element(1, 1, variance),
    };
    let source = Source::from(Mixture::new(vec![component(1.0), component(-1.0)]).unwrap());
    let (layers, start) = Layers::of_modes(visible, hidden, &[0.2]).unwrap();
    let flow = Flow::fixed_prior(layers, &start, source, &Prior::Gaussian, Noise::none()).unwrap().with_mean_field(
        response::Integrals::Always,
        Some(Prior::Bernoulli),
        Prior::Gaussian,
    );
    let trajectory = run(&flow, &start, &plan(even(0.5, 10), Method::Multirate, 1e-7));
    let found = trajectory.snapshots.last().unwrap().singular_values[0];
    assert!((found - trajectory.snapshots[9].singular_values[0]).abs() < 1e-5);

    let rule = quadrature::hermite(200).unwrap();
    let clamped = |w: f64| {
        rule.mean(|x| {
            let z = mean + variance.sqrt() * x;
            z * z * w * average::response::v(z * z * w * w / units).unwrap()
        })
    };
    let log_binomial = |k: usize| (1..=k).map(|i| ((visible - i + 1) as f64 / i as f64).ln()).sum::<f64>();
    let free = |w: f64| {
        let states = (0..=visible).map(|k| {
            let s = (2.0 * k as f64 - n) / n.sqrt();
            let field = w * s / units.sqrt();
            let log = log_binomial(k) + units * rule.mean(|v| average::log_2cosh(field * v));
            (log, s * units.sqrt() * rule.mean(|v| v * (field * v).tanh()))
        });
        let states: Vec<(f64, f64)> = states.collect();
        let largest = states.iter().map(|state| state.0).fold(f64::MIN, f64::max);
        let weights = states.iter().map(|(log, value)| ((log - largest).exp(), value));
        let (total, sum) = weights.fold((0.0, 0.0), |(t, s), (weight, value)| (t + weight, s + weight * value));
        sum / total
    };
    let (mut low, mut high) = (1.2, 1.8);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if clamped(middle) > free(middle) { low = middle } else { high = middle }
    }
    assert!((found / low - 1.0).abs() < 2e-4, "{found} {low}");
    // The published value of this closure, which uses drawn samples.
    assert!((found - 1.493).abs() < 0.01, "{found}");
}

/// Fields on sites, two modes: with the actual components, the mean-field response of the flow is the response of the
/// ensemble in any basis of the flow.
#[test]
fn responses_do_not_depend_on_the_basis() {
    let clusters = Clusters::new(80, &[0.9, 0.6], &[0.6, 0.3], &Prior::Uniform, 8).unwrap();
    let data = clusters.generate(500).unwrap();
    let moments = Moments::of(&data).unwrap();
    // A machine of two modes within the span of the directions.
    let modes = normal(80, 2, 3).qr().q();
    let hidden = normal(40, 2, 5).qr().q();
    let weights = &modes * DMatrix::from_diagonal(&DVector::from_vec(vec![1.7, 0.8])) * hidden.transpose();
    let eta: Vec<f32> = vector(80, 6).iter().map(|field| 0.2 * *field as f32).collect();
    let weights: Vec<f32> = weights.transpose().iter().map(|w| *w as f32).collect();
    let machine = Machine::new(80, 40, weights, eta, vec![0.0; 40]).unwrap();
    let gradient = |basis: Basis| {
        let (layers, start) = Layers::of_machine(&machine, basis.clone()).unwrap();
        let source: Source = match &basis {
            Basis::Directions(directions) => Samples::project(&data, directions).unwrap().into(),
            _ => Samples::spins(data.spins().unwrap().clone()).unwrap().into(),
        };
        let flow = Flow::fixed_prior(layers, &start, source, &Prior::Gaussian, Noise::none()).unwrap();
        let flow = flow.with_mean(moments.mean.clone()).unwrap().with_mean_field(
            response::Integrals::AtTransitions,
            None,
            Prior::Gaussian,
        );
        let machine = flow.machine(0.0, &start).unwrap();
        let layers = flow.layers();
        // Transformed to the full space.
        let hidden = layers.hidden_basis.clone().unwrap_or_else(|| DMatrix::identity(40, 40));
        (layers.expand_columns(&machine.weights) * hidden.transpose(), machine.eta)
    };
    let all = normal(80, 80, 7).qr().q();
    let (sites, rotated) = (gradient(Basis::Sites), gradient(Basis::Directions(all)));
    // The rounding of weights to single precision adds modes of 1e-8.
    assert!((&sites.1 - &rotated.1).amax() < 1e-6 && sites.1.amax() > 0.1);
    assert!((&sites.0 - &rotated.0).amax() < 1e-5 * sites.0.amax());
}

/// A trajectory does not depend on the number of threads.
#[test]
fn one_answer_for_any_number_of_threads() {
    let data = Clusters::new(40, &[0.8], &[0.5], &Prior::Bernoulli, 1).unwrap().generate(3000).unwrap();
    let end = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (flow, start) = prepared(&data, 12);
            run(&flow, &start, &plan(even(0.3, 3), Method::Multirate, 1e-6)).last
        })
    };
    assert_eq!(end(1), end(3));
}

fn prepared(data: &Dataset, directions: usize) -> (Flow, State) {
    let machine = Machine::random(data.units(), 30, 0.02, 3).unwrap().with_mean_of(data.spins().unwrap()).unwrap();
    let setup = Setup { directions: Some(directions), noise: NoiseKind::Decaying, ..Setup::default() };
    let prepared = setup.prepare(data, &Moments::of(data).unwrap(), &machine).unwrap();
    (prepared.flow, prepared.start)
}

/// At the start of training small weights grow at the rates of C − diag(C), in the flow of ±1 units as in its linear
/// theory. The difference is of second order in W.
#[test]
fn small_weights_grow_at_the_rates_of_the_linear_theory() {
    let data = Clusters::new(60, &[0.8, 0.5], &[0.5, 0.7], &Prior::Laplace, 2).unwrap().generate(4000).unwrap();
    let moments = Moments::of(&data).unwrap();
    let machine = Machine::random(60, 40, 1e-4, 4).unwrap().with_mean_of(data.spins().unwrap()).unwrap();
    let setup = Setup { directions: Some(60), ..Setup::default() };
    let prepared = setup.prepare(&data, &moments, &machine).unwrap();
    let gradient = prepared.flow.gradient(0.0, &prepared.start).unwrap().weights;
    let linear = moments.growth_operator() * &prepared.start.weights;
    // Means are matched up to 1/(M + 1), and W is about 1e-3 in norm.
    assert!((gradient - &linear).norm() < 3e-3 * linear.norm());
}

#[test]
fn what_does_not_fit_is_refused() {
    let data = Clusters::new(20, &[0.8], &[0.5], &Prior::Bernoulli, 2).unwrap().generate(50).unwrap();
    let moments = Moments::of(&data).unwrap();
    let machine = Machine::random(20, 10, 0.1, 4).unwrap();
    let prepare = |setup: &Setup, machine: &Machine| setup.prepare(&data, &moments, machine).map(|_| ());
    for directions in [0, 21] {
        assert!(prepare(&Setup { directions: Some(directions), ..Setup::default() }, &machine).is_err());
    }
    assert!(prepare(&Setup::default(), &Machine::random(19, 10, 0.1, 4).unwrap()).is_err());
    let real = Ellipsoid::new(20, &[2.0], 1).unwrap().generate(50).unwrap();
    assert!(Setup::default().prepare(&real, &Moments::of(&real).unwrap(), &machine).is_err());
    let (flow, start) = prepared(&data, 5);
    for times in [vec![0.1, 0.2], vec![], vec![0.0, 0.2, 0.1], vec![0.0, f64::INFINITY]] {
        assert!(follow(&flow, &start, &plan(times, Method::Multirate, 1e-6), &mut |_| {}).is_err());
    }
}
