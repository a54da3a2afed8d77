//! Tests on problems with known solutions.

use super::*;
use crate::Error;
use crate::Result;
use nalgebra::DVector;

/// A flow with its exact solution.
struct Problem {
    name: &'static str,
    start: Vec<f64>,
    end: f64,
    slow: fn(f64, &DVector<f64>) -> DVector<f64>,
    fast: fn(f64, &DVector<f64>) -> Result<DVector<f64>>,
    solution: fn(f64) -> Vec<f64>,
}

impl Split for Problem {
    fn slow(&self, t: f64, y: &DVector<f64>) -> Result<DVector<f64>> {
        Ok((self.slow)(t, y))
    }

    fn fast(&self, t: f64, y: &DVector<f64>) -> Result<DVector<f64>> {
        (self.fast)(t, y)
    }
}

fn vector(values: &[f64]) -> DVector<f64> {
    DVector::from_column_slice(values)
}

const STIFFNESS: f64 = 1e4;

fn problems() -> [Problem; 4] {
    [
        // A rotation; the whole rate is slow.
        Problem {
            name: "rotation",
            start: vec![1.0, 0.0],
            end: 3.0,
            slow: |_, y| vector(&[y[1], -y[0]]),
            fast: |_, y| Ok(DVector::zeros(y.len())),
            solution: |t| vec![t.cos(), -t.sin()],
        },
        // Logistic growth; the whole rate is fast.
        Problem {
            name: "logistic",
            start: vec![0.01],
            end: 8.0,
            slow: |_, y| DVector::zeros(y.len()),
            fast: |_, y| Ok(vector(&[y[0] * (1.0 - y[0])])),
            solution: |t| vec![1.0 / (1.0 + 99.0 * (-t).exp())],
        },
        // Relaxation at the rate 10⁴ towards a slow curve, y = sin t (A. Prothero and A. Robinson, Math. Comp. 28, 145 (1974)).
        Problem {
            name: "stiff relaxation",
            start: vec![0.0],
            end: 1.0,
            slow: |t, _| vector(&[t.cos() + STIFFNESS * t.sin()]),
            fast: |_, y| Ok(vector(&[-STIFFNESS * y[0]])),
            solution: |t| vec![t.sin()],
        },
        // dw/dt = w/(2 (1 − t)²) − …, chosen so that w = 1 − e^{−t}/2 stays below the pole of its response at 1.
        Problem {
            name: "pole",
            start: vec![0.5],
            end: 4.0,
            slow: |t, _| {
                let w = 1.0 - 0.5 * (-t).exp();
                vector(&[0.5 * (-t).exp() + w / (1.0 - w * w)])
            },
            fast: |_, y| {
                if y[0].abs() >= 1.0 { Err(Error::Divergent) } else { Ok(vector(&[-y[0] / (1.0 - y[0] * y[0])])) }
            },
            solution: |t| vec![1.0 - 0.5 * (-t).exp()],
        },
    ]
}

/// Global errors stay within a hundred times the tolerance of a step, for both methods, all problems and tolerances.
#[test]
fn solutions_are_met_to_the_tolerance() {
    for problem in problems() {
        for method in [Method::Multirate, Method::Dop853] {
            for relative in [1e-5, 1e-7, 1e-9] {
                let tolerance = Tolerance { relative, absolute: relative * 1e-2 };
                let integrator = Integrator { method, tolerance, learning_rate: 0.0 };
                let times: Vec<f64> = (0..=10).map(|part| problem.end * f64::from(part) / 10.0).collect();
                let (mut worst, mut visited): (f64, Vec<f64>) = (0.0, Vec::new());
                let mut compare = |point: SolutionPoint| {
                    visited.push(point.time);
                    worst = worst.max((&point.y - vector(&(problem.solution)(point.time))).amax());
                    Ok(false)
                };
                let statistics = integrator.run(&problem, &times, vector(&problem.start), &mut compare).unwrap();
                assert_eq!(visited, times);
                let Statistics { data_evaluations, machine_evaluations, .. } = statistics;
                let name = problem.name;
                println!("{name} {method:?} {relative:e}: error {worst:e}, {data_evaluations} + {machine_evaluations}");
                assert!(worst < 100.0 * relative, "{name}, {method:?}, {relative:e}: {worst:e}");
            }
        }
    }
}

/// Where the fast part is stiff, accuracy alone determines the number of evaluations of the slow part.
#[test]
fn stiffness_costs_no_evaluations_of_the_slow_part() {
    let [.., stiff, _] = problems();
    let evaluations = |method| {
        let integrator = Integrator { method, tolerance: Tolerance::default(), learning_rate: 0.0 };
        let run = integrator.run(&stiff, &[0.0, stiff.end], vector(&stiff.start), &mut |_| Ok(false));
        run.unwrap().data_evaluations
    };
    let (multirate, whole) = (evaluations(Method::Multirate), evaluations(Method::Dop853));
    // Explicit steps of at most 6/10⁴, with twelve evaluations each.
    assert!(whole > 15_000 && multirate < 400, "{multirate} and {whole}");
}

/// Without a fast part the pair is that of Adams, of order 6 at most. The controller sets the steps, so the test does not halve
/// them: ten times the accuracy must cost less than 1.9 times the evaluations (10^{1/5} is 1.6).
#[test]
fn accuracy_is_cheap() {
    let [rotation, ..] = problems();
    let evaluations = |relative: f64| {
        let tolerance = Tolerance { relative, absolute: relative };
        let integrator = Integrator { method: Method::Multirate, tolerance, learning_rate: 0.0 };
        let run = integrator.run(&rotation, &[0.0, rotation.end], vector(&rotation.start), &mut |_| Ok(false));
        run.unwrap().data_evaluations as f64
    };
    assert!(evaluations(1e-10) / evaluations(1e-6) < 1.9f64.powi(4));
}

/// The map of a linear rate gives (1 + γλ)^n.
#[test]
fn the_map_is_the_power() {
    let growth = Problem {
        name: "growth",
        start: vec![1.0],
        end: 1.0,
        slow: |_, y| y * 3.0,
        fast: |_, y| Ok(-y),
        solution: |_| vec![],
    };
    let integrator = Integrator { method: Method::Map, tolerance: Tolerance::default(), learning_rate: 0.01 };
    let mut points = Vec::new();
    let mut keep = |point: SolutionPoint| {
        points.push((point.y[0], point.rate[0]));
        Ok(false)
    };
    let statistics = integrator.run(&growth, &[0.0, 0.5, 1.0], vector(&[1.0]), &mut keep).unwrap();
    for ((y, rate), steps) in points.into_iter().zip([0, 50, 100]) {
        assert!((y / 1.02f64.powi(steps) - 1.0).abs() < 1e-13 && (rate / (2.0 * y) - 1.0).abs() < 1e-13);
    }
    assert_eq!(statistics.steps, 100);
}

#[test]
fn what_cannot_be_is_refused() {
    let [rotation, ..] = problems();
    let of = |method, relative, absolute, times: &[f64]| {
        let integrator = Integrator { method, tolerance: Tolerance { relative, absolute }, learning_rate: 0.0 };
        integrator.run(&rotation, times, vector(&rotation.start), &mut |_| Ok(false)).err()
    };
    for (relative, absolute) in [(0.0, 1e-9), (f64::NAN, 1e-9), (1e-6, 0.0)] {
        assert!(matches!(of(Method::Dop853, relative, absolute, &[0.0, 1.0]), Some(Error::Range { .. })));
    }
    for times in [&[0.0, 0.0][..], &[1.0, 0.0], &[0.0, f64::NAN]] {
        assert!(matches!(of(Method::Multirate, 1e-6, 1e-9, times), Some(Error::Range { .. })));
    }
    assert!(matches!(of(Method::Map, 1e-6, 1e-9, &[0.0, 1.0]), Some(Error::Range { .. })));
    // y' = y² explodes at t = 1.
    let explosion = Problem {
        name: "explosion",
        start: vec![1.0],
        end: 2.0,
        slow: |_, y| y.component_mul(y),
        fast: |_, y| Ok(DVector::zeros(y.len())),
        solution: |_| vec![],
    };
    for method in [Method::Multirate, Method::Dop853] {
        let integrator = Integrator { method, tolerance: Tolerance::default(), learning_rate: 0.0 };
        let outcome = integrator.run(&explosion, &[0.0, explosion.end], vector(&explosion.start), &mut |_| Ok(false));
        assert!(matches!(outcome, Err(Error::Step { .. })), "{method:?}: {outcome:?}");
    }
}
