//! Boundaries against closed forms, limits and published points.

use spectral_rbm::theory::phase::{Boundary, Curve, Family, PRECISION, Phase, PhaseDiagram, PointStatus, boundaries};
use spectral_rbm::theory::saddle::{Solver, Start};
use spectral_rbm::{Ensemble, Prior};

fn axis(low: f64, high: f64, points: usize) -> Vec<f64> {
    (0..points).map(|n| low + (high - low) * n as f64 / (points - 1) as f64).collect()
}

fn family(kappa: f64, ratios: &[f64], u: Prior, v: Prior) -> Family {
    Family::new(kappa, ratios, u, v).unwrap()
}

fn curve(pieces: &[Boundary], curve: Curve) -> Vec<(f64, f64)> {
    let points = pieces.iter().filter(|piece| piece.curve == curve).flat_map(|piece| &piece.points);
    points
        .map(|point| {
            assert!(matches!(point.status, PointStatus::Converged | PointStatus::ClosedForm), "{curve} {point:?}");
            assert!(point.bracket <= PRECISION);
            (point.inv_sigma, point.w_over_sigma)
        })
        .collect()
}

/// w_max = 1, σ = 1, and three phases that meet at (1, 1), for every κ and pair of laws.
#[test]
fn straight_boundaries_of_the_paramagnet() {
    for (kappa, u, v) in [
        (1.0, Prior::Gaussian, Prior::Gaussian),
        (0.2, Prior::Laplace, Prior::Bernoulli),
        (5.0, Prior::Uniform, Prior::Uniform),
    ] {
        let pieces = boundaries(&family(kappa, &[1.0], u, v), &axis(0.0, 2.0, 21), (0.0, 2.0), &|| ()).unwrap();
        let ferromagnetic = curve(&pieces, Curve::ParamagneticFerromagnetic);
        assert_eq!(ferromagnetic.len(), 11);
        assert!(ferromagnetic.iter().all(|(x, y)| (x - y).abs() < PRECISION));
        let spin_glass = curve(&pieces, Curve::ParamagneticSpinGlass);
        assert!(spin_glass.len() > 10 && spin_glass.iter().all(|(x, _)| (x - 1.0).abs() < PRECISION));
        for piece in [Curve::ParamagneticFerromagnetic, Curve::SpinGlassFerromagnetic, Curve::AlmeidaThouless] {
            assert!(curve(&pieces, piece).contains(&(1.0, 1.0)), "{piece}");
        }
    }
}

/// σ = 1.25: F–SG at w = 1.26412184 for every law at κ = 1; AT at 1.304841 (Gaussian) and 1.295064 (Bernoulli).
#[test]
fn boundaries_pass_through_the_published_points() {
    for (prior, almeida_thouless) in [(Prior::Gaussian, 1.304841), (Prior::Bernoulli, 1.295064)] {
        let pieces = boundaries(&family(1.0, &[1.0], prior.clone(), prior), &[0.8, 0.9], (0.0, 2.0), &|| ()).unwrap();
        let w = |which: Curve| curve(&pieces, which)[0].1 * 1.25;
        assert!((w(Curve::SpinGlassFerromagnetic) - 1.26412184).abs() < 0.5e-8);
        assert!((w(Curve::AlmeidaThouless) - almeida_thouless).abs() < 0.5e-6);
    }
}

/// In a high window the Almeida–Thouless line, w/σ ~ 1/x at small x = 1/σ, is a single curve.
#[test]
fn a_steep_line_is_not_broken() {
    let family = family(0.5, &[1.0], Prior::Gaussian, Prior::Gaussian);
    let pieces = boundaries(&family, &axis(0.0, 4.0, 101), (0.0, 40.0), &|| ()).unwrap();
    let lines: Vec<_> = pieces.iter().filter(|piece| piece.curve == Curve::AlmeidaThouless).collect();
    assert_eq!(lines.len(), 1);
    let points = curve(&pieces, Curve::AlmeidaThouless);
    let step = points.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs()).fold(0.0, f64::max);
    // Curves used to break at steps of a tenth of the window.
    assert!(step < 4.0 && points[0].1 > 36.0, "{step} {points:?}");
}

/// F–SG tends to √(π/2) as σ → ∞, with a correction linear in 1/σ, for every κ.
#[test]
fn low_temperature_limit() {
    for kappa in [1.0, 0.3] {
        let laws = family(kappa, &[1.0], Prior::Gaussian, Prior::Gaussian);
        let pieces = boundaries(&laws, &[0.0, 1e-4, 2e-4], (0.0, 2.0), &|| ()).unwrap();
        let points = curve(&pieces, Curve::SpinGlassFerromagnetic);
        let limit = std::f64::consts::FRAC_PI_2.sqrt();
        assert!((points[0].1 - limit).abs() < 1e-15);
        let (one, two) = (points[1].1 - limit, points[2].1 - limit);
        assert!(one.abs() < 1e-3 && (two / one - 2.0).abs() < 1e-2, "{one:e} {two:e}");
    }
}

/// On the Almeida–Thouless line σ⁴ E sech⁴ h E sech⁴ h̄ = 1. Checked by independent one-dimensional quadrature in the
/// Gaussian case, where h is normal with variance √κ(σ²q + w²m²).
#[test]
fn almeida_thouless_number_by_quadrature() {
    let kappa = 0.6;
    let laws = family(kappa, &[1.0], Prior::Gaussian, Prior::Gaussian);
    let pieces = boundaries(&laws, &axis(0.5, 0.9, 5), (0.0, 2.0), &|| ()).unwrap();
    let line = curve(&pieces, Curve::AlmeidaThouless);
    assert_eq!(line.len(), 5);
    for (x, y) in line {
        let (sigma, w) = (1.0 / x, y / x);
        let ensemble = Ensemble::new(kappa, sigma, &[w], Prior::Gaussian).unwrap();
        let point = Solver::new(&ensemble).unwrap().solve(&Start::condensed(1, &[0])).unwrap();
        let sech4 = |scale: f64, m: f64, q: f64| {
            let deviation = (scale * (sigma * sigma * q + w * w * m * m)).sqrt();
            let step = 0.01;
            let nodes = (-950..=950).map(|n| f64::from(n) * step);
            let sum: f64 = nodes.map(|x| (-0.5 * x * x).exp() / (deviation * x).cosh().powi(4)).sum();
            sum * step / std::f64::consts::TAU.sqrt()
        };
        let visible = sech4(kappa.sqrt(), point.magnetization[0], point.overlap);
        let hidden = sech4(1.0 / kappa.sqrt(), point.magnetization_bar[0], point.overlap_bar);
        assert!((sigma.powi(4) * visible * hidden - 1.0).abs() < 1e-9);
    }
}

/// A single-mode state of mode 2 has its limit at w_1²(1 − q)(1 − q̄) = 1, with q and q̄ of a machine that has only
/// mode 2.
#[test]
fn metastability_of_the_second_mode() {
    let laws = family(0.8, &[1.0, 0.9], Prior::Bernoulli, Prior::Bernoulli);
    let pieces = boundaries(&laws, &axis(0.3, 1.3, 6), (0.0, 2.0), &|| ()).unwrap();
    let limits = curve(&pieces, Curve::Metastable(2));
    assert!(limits.len() >= 5, "{limits:?}");
    for (x, y) in limits {
        let growth = |y: f64| {
            let ensemble = Ensemble::new(0.8, 1.0 / x, &[0.9 * y / x], Prior::Bernoulli).unwrap();
            let alone = Solver::new(&ensemble).unwrap().solve(&Start::condensed(1, &[0])).unwrap();
            (y / x).powi(2) * alone.susceptibility() - 1.0
        };
        assert!(growth(y - PRECISION) > 0.0 && growth(y + PRECISION) < 0.0, "{x} {y}");
    }
    // Under Gaussian laws the lower mode is never stable.
    let gaussian = family(0.8, &[1.0, 0.9], Prior::Gaussian, Prior::Gaussian);
    let pieces = boundaries(&gaussian, &axis(0.3, 1.3, 6), (0.0, 2.0), &|| ()).unwrap();
    assert!(curve(&pieces, Curve::Metastable(2)).is_empty() && curve(&pieces, Curve::Mixture(2)).is_empty());
}

/// Under Laplace laws the single mode becomes unstable exactly where the mixture branches off from it.
#[test]
fn laplace_mixture_branches_off_the_single_mode() {
    let laws = family(1.0, &[1.0, 0.95], Prior::Laplace, Prior::Laplace);
    let pieces = boundaries(&laws, &axis(0.4, 1.2, 5), (0.0, 2.0), &|| ()).unwrap();
    let mixture = curve(&pieces, Curve::Mixture(2));
    let single = curve(&pieces, Curve::Metastable(1));
    assert!(!mixture.is_empty());
    for (x, y) in mixture {
        assert!(single.iter().any(|(a, b)| *a == x && (b - y).abs() < 2.0 * PRECISION), "{x} {y} {single:?}");
    }
}

/// Curves stay on their side of the multicritical point when the window cuts them. At 1/σ = 0 no ferromagnet is stable
/// against replica-symmetry breaking.
#[test]
fn edges_of_the_window() {
    let laws = family(1.0, &[1.0], Prior::Bernoulli, Prior::Bernoulli);
    for (points, top) in [(5, 1.2), (201, 1.005), (41, 1.02), (3, 1.5)] {
        let pieces = boundaries(&laws, &axis(0.0, 2.0, points), (0.0, top), &|| ()).unwrap();
        for (which, side) in [
            (Curve::SpinGlassFerromagnetic, -1.0),
            (Curve::AlmeidaThouless, -1.0),
            (Curve::ParamagneticFerromagnetic, 1.0),
        ] {
            assert!(curve(&pieces, which).iter().all(|(x, y)| side * (x - 1.0) >= 0.0 && *y <= top), "{which} {top}");
        }
    }
    let axes = axis(0.0, 8.0, 9);
    let diagram = PhaseDiagram::compute(&laws, &axes, &axes, &|| ()).unwrap();
    assert!(curve(&diagram.boundaries, Curve::AlmeidaThouless).iter().all(|(x, _)| *x > 0.0));
    assert!((2..9).all(|j| diagram.at(0, j).phase == Phase::Mixed && diagram.at(0, j).at_number.is_infinite()));
}

/// Equal modes under Gaussian laws form one continuum: one state, and no limits of stability.
#[test]
fn a_continuum_has_no_metastable_states() {
    let laws = family(1.0, &[1.0, 1.0], Prior::Gaussian, Prior::Gaussian);
    let axes = axis(0.1, 1.9, 10);
    let diagram = PhaseDiagram::compute(&laws, &axes, &axes, &|| ()).unwrap();
    assert!(diagram.points.iter().all(|point| point.stable_fixed_points == 1));
    assert!(diagram.boundaries.iter().all(|piece| !matches!(piece.curve, Curve::Metastable(_) | Curve::Mixture(_))));
}

/// Exchanging hidden and visible leaves the boundaries unchanged.
#[test]
fn exchange_leaves_the_boundaries() {
    let one = family(0.4, &[1.0], Prior::Laplace, Prior::Bernoulli);
    let other = family(2.5, &[1.0], Prior::Bernoulli, Prior::Laplace);
    let abscissae = axis(0.2, 0.9, 8);
    let a = boundaries(&one, &abscissae, (0.0, 2.0), &|| ()).unwrap();
    let b = boundaries(&other, &abscissae, (0.0, 2.0), &|| ()).unwrap();
    for which in [Curve::SpinGlassFerromagnetic, Curve::AlmeidaThouless] {
        let (a, b) = (curve(&a, which), curve(&b, which));
        assert_eq!(a.len(), b.len());
        assert!(a.iter().zip(&b).all(|(a, b)| (a.1 - b.1).abs() < 2.0 * PRECISION), "{which}");
    }
}

/// The map changes phase at the boundaries, and does not depend on the number of threads.
#[test]
fn the_map_agrees_with_the_boundaries() {
    let laws = family(1.0, &[1.0, 0.9], Prior::Bernoulli, Prior::Bernoulli);
    let axes = axis(0.0, 2.0, 41);
    let compute = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| PhaseDiagram::compute(&laws, &axes, &axes, &|| ()).unwrap())
    };
    let diagram = compute(1);
    assert_eq!(diagram, compute(2));
    let spin_glass = curve(&diagram.boundaries, Curve::SpinGlassFerromagnetic);
    let replica = curve(&diagram.boundaries, Curve::AlmeidaThouless);
    for point in &diagram.points {
        let (x, y) = (point.inv_sigma, point.w_over_sigma);
        let on = |line: &[(f64, f64)]| line.iter().find(|(a, _)| *a == x).map(|(_, b)| *b);
        let expected = if x >= 1.0 {
            // At a grid point on the boundary itself, either answer is correct.
            if (y - x).abs() < 1e-9 || x == 1.0 && y == 1.0 {
                point.phase
            } else if y < x {
                Phase::Paramagnetic
            } else {
                Phase::Ferromagnetic
            }
        } else if y < on(&spin_glass).unwrap() {
            Phase::SpinGlass
        } else if on(&replica).is_some_and(|line| y > line) {
            Phase::Ferromagnetic
        } else {
            Phase::Mixed
        };
        assert_eq!(point.phase, expected, "{point:?}");
        assert!(point.q.is_finite() && point.m.is_finite() && point.stable_fixed_points >= 1);
    }
}

#[test]
fn bad_axes_are_refused() {
    let laws = family(1.0, &[1.0], Prior::Gaussian, Prior::Gaussian);
    for bad in [vec![], vec![1.0], vec![1.0, 0.5], vec![-1.0, 1.0], vec![0.0, f64::NAN]] {
        assert!(PhaseDiagram::compute(&laws, &bad, &[0.0, 1.0], &|| ()).is_err());
    }
    assert!(Family::new(1.0, &[0.9, 0.8], Prior::Gaussian, Prior::Gaussian).is_err());
    assert!(Family::new(1.0, &[1.0, 1.1], Prior::Gaussian, Prior::Gaussian).is_err());
}
