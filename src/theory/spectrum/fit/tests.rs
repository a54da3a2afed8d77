use super::super::svd::singular_values;
use super::*;
use crate::theory::spectrum::drawn::Machine;

/// Fit of a drawn machine with modes at multiples of σ.
fn drawn(visible: usize, hidden: usize, taus: &[f64], sigma: f64, seed: u64) -> BulkFit {
    let strengths: Vec<f64> = taus.iter().map(|tau| tau * sigma).collect();
    let machine = Machine::draw(visible, hidden, &strengths, sigma, seed);
    fit(&singular_values(&machine.rows(), visible, hidden).unwrap(), visible, hidden).unwrap()
}

#[test]
fn sigma_of_noise_and_modes() {
    for (visible, hidden, sigma) in
        [(784, 400, 0.01), (784, 400, 0.3), (784, 400, 1.0), (250, 1000, 0.3), (400, 400, 0.3)]
    {
        let bulk = drawn(visible, hidden, &[4.0, 2.5, 1.8, 1.3, 1.05], sigma, 1);
        assert!((bulk.sigma / sigma - 1.0).abs() < 0.01, "{visible} × {hidden}: {bulk:?}");
        assert!(bulk.sigma_error > 0.0 && bulk.sigma_error < 0.005 * sigma);
        // 1.05 σ is seen 0.1 % above the edge, where noise itself scatters by 1 %: it need not be counted.
        assert!((3..=5).contains(&bulk.outliers), "{bulk:?}");
        assert_eq!((bulk.outliers + bulk.modes, &bulk.note), (visible.min(hidden), &None));
        assert!(bulk.ks_distance < 5.0 / bulk.modes as f64);
        let root = (hidden as f64 / visible as f64).powf(0.25);
        assert!((bulk.edge / (bulk.sigma * (root + 1.0 / root)) - 1.0).abs() < 0.02);
    }
}

/// Modes of 2.5 σ stand 16 % above the edge and scatter by 4 %/√2.5; noise exceeds the margin once in a thousand machines.
#[test]
fn outliers_are_counted() {
    for seed in 0..20 {
        let bulk = drawn(392, 200, &[6.0, 4.0, 3.5, 3.0, 2.5], 0.3, seed);
        assert_eq!((bulk.outliers, bulk.modes), (5, 195), "{seed}");
        assert_eq!(drawn(392, 200, &[], 0.3, 100 + seed).outliers, 0, "{seed}");
    }
    assert_eq!(drawn(784, 400, &[6.0, 4.0, 3.5, 3.0, 2.5], 0.3, 3).outliers, 5);
}

/// Inverted with the law of the bulk, outliers give the planted strengths: within 3 % in the mean square, for an observed
/// value scatters by up to σ/√L, 1.7 % of 2.5 σ.
#[test]
fn planted_strengths() {
    let taus = [6.0, 4.0, 3.5, 3.0, 2.5];
    let mut squares = Vec::new();
    for seed in 0..6 {
        let machine = Machine::draw(784, 400, &taus.map(|tau| 0.3 * tau), 0.3, seed);
        let values = singular_values(&machine.rows(), 784, 400).unwrap();
        let law = fit(&values, 784, 400).unwrap().law.unwrap();
        for (s, tau) in values.iter().zip(taus) {
            let w = spiked::planted(*s, law.sigma(), law.kappa()).unwrap();
            squares.push((w / (0.3 * tau) - 1.0).powi(2));
        }
    }
    let rms = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
    assert!(rms < 0.03, "{rms}");
}

/// (σ_fit − σ)/error over a hundred machines: mean and spread. Modes just above the threshold, often lost, push it up.
#[test]
fn errors_are_honest() {
    for (visible, hidden, taus) in
        [(200, 100, &[][..]), (150, 150, &[]), (300, 150, &[5.0, 4.0, 3.0, 2.5]), (300, 150, &[4.0, 2.0, 1.5, 1.05])]
    {
        let pulls: Vec<f64> = (0..100)
            .map(|seed| drawn(visible, hidden, taus, 0.3, seed))
            .map(|bulk| (bulk.sigma - 0.3) / bulk.sigma_error)
            .collect();
        let mean = pulls.iter().sum::<f64>() / 100.0;
        let spread = (pulls.iter().map(|pull| pull * pull).sum::<f64>() / 100.0).sqrt();
        assert!((0.6..1.6).contains(&spread), "{visible} × {hidden}, {taus:?}: mean {mean}, spread {spread}");
        assert!(mean.abs() < 1.0, "{visible} × {hidden}, {taus:?}: mean {mean}");
    }
}

/// Many outliers, among them a continuum that reaches the edge: a fifth of the spectrum.
#[test]
fn many_outliers() {
    let taus: Vec<f64> = (0..40).map(|mode| 1.2 + 0.2 * f64::from(mode)).rev().collect();
    let bulk = drawn(400, 200, &taus, 0.3, 5);
    assert!((bulk.sigma / 0.3 - 1.0).abs() < 0.03 && bulk.note.is_none(), "{bulk:?}");
    assert!((38..=40).contains(&bulk.outliers), "{bulk:?}");
}

/// Units without weights leave zeros (or, under decay, nearly so); the rest is fitted as the smaller matrix that it is.
#[test]
fn silent_units() {
    for (visible, hidden, level) in [(300, 150, 0.0), (300, 150, 1e-4), (150, 300, 1e-9), (200, 200, 0.0)] {
        let mut machine = Machine::draw(visible, hidden, &[0.9], 0.3, 6);
        for unit in 0..30 {
            if hidden <= visible {
                machine.weights.column_mut(unit).scale_mut(level);
            } else {
                machine.weights.row_mut(unit).scale_mut(level);
            }
        }
        let bulk = fit(&singular_values(&machine.rows(), visible, hidden).unwrap(), visible, hidden).unwrap();
        assert!((bulk.sigma / 0.3 - 1.0).abs() < 0.02, "{bulk:?}");
        assert_eq!((bulk.outliers, bulk.modes, &bulk.note), (1, visible.min(hidden) - 31, &None));
    }
}

/// Spectra that are not noise with modes, as after long training, get a word, whatever σ they are given.
#[test]
fn no_bulk_to_speak_of() {
    let rank = |n: usize| 1.0 + n as f64;
    let spectra: [(&str, &dyn Fn(f64) -> f64); 7] = [
        ("power law 1/2", &|n| n.powf(-0.5)),
        ("power law 1", &|n| n.recip()),
        ("power law 2", &|n| n.powi(-2)),
        ("exponential, 200", &|n| (-n / 200.0).exp()),
        ("exponential, 30", &|n| (-n / 30.0).exp()),
        ("constant", &|_| 1.0),
        ("shallow", &|n| 400.0 - 0.5 * n),
    ];
    for (name, law) in spectra {
        let values: Vec<f64> = (0..400).map(|n| law(rank(n))).collect();
        for (visible, hidden) in [(784, 400), (400, 784), (400, 400)] {
            let bulk = fit(&values, visible, hidden).unwrap();
            assert!(bulk.note.is_some() && !bulk.is_noise(), "{name}, {visible} × {hidden}: {bulk:?}");
            assert!(bulk.planted(values[0]).is_none());
        }
    }
    assert!(drawn(20, 7, &[], 0.3, 1).note.is_some());
}

#[test]
fn extremes() {
    let nothing = fit(&[0.0; 20], 30, 20).unwrap();
    assert_eq!((nothing.sigma, nothing.modes, nothing.outliers, nothing.law), (0.0, 0, 0, None));
    assert!(nothing.note.is_some());
    for values in [&[3.0][..], &[1.0, 0.0], &[1e300, 1e-300], &[1.0, 1.0, 1e-6]] {
        let bulk = fit(values, values.len(), 5).unwrap();
        assert!(bulk.note.is_some() && !bulk.exists() && bulk.sigma.is_nan() && bulk.modes == 0);
    }
    // The unit of the weights does not matter.
    let noise = Machine::draw(60, 40, &[], 1.0, 2);
    let values = singular_values(&noise.rows(), 60, 40).unwrap();
    let expected = fit(&values, 60, 40).unwrap();
    for scale in [1e-280, 1e280] {
        let scaled: Vec<f64> = values.iter().map(|s| s * scale).collect();
        let found = fit(&scaled, 60, 40).unwrap();
        assert!((found.sigma / scale / expected.sigma - 1.0).abs() < 1e-13);
        assert_eq!((found.outliers, found.modes), (expected.outliers, expected.modes));
    }
    assert!(matches!(fit(&[1.0], 2, 2), Err(Error::Length { found: 1, expected: 2, .. })));
    assert!(matches!(fit(&[], 0, 2), Err(Error::Length { .. })));
    assert!(matches!(fit(&[1.0, f64::NAN], 2, 2), Err(Error::Mode { mode: 2, .. })));
    assert!(matches!(fit(&[1.0, -1.0], 2, 2), Err(Error::Mode { mode: 2, value: -1.0 })));
    assert!(matches!(fit(&[1.0, 2.0], 2, 2), Err(Error::Unordered { mode: 2, .. })));
}

/// More zeros than silent units are likely to make: low rank, whose values are those of modes.
#[test]
fn low_rank_has_no_noise() {
    let mut values = vec![2.0, 1.5, 0.7];
    values.resize(50, 1e-8);
    let bulk = fit(&values, 100, 50).unwrap();
    assert_eq!((bulk.sigma, bulk.sigma_error, bulk.edge, bulk.modes, bulk.outliers), (0.0, 0.0, 0.0, 0, 3));
    assert_eq!((bulk.planted(0.7), bulk.standing), (Some(0.7), Standing::Absent));
}

/// The largest difference of counts in drawn noise: below [`chance`], and near enough to it that the bound is of use.
#[test]
fn singular_values_of_noise_keep_to_their_law() {
    for (hidden, machines) in [(16, 400), (40, 200), (150, 40)] {
        for visible in [hidden, 4 * hidden] {
            let mut counts: Vec<f64> = (0..machines)
                .map(|seed| drawn(visible, hidden, &[], 1.0, 5000 + seed))
                .map(|bulk| bulk.ks_distance * bulk.modes as f64)
                .collect();
            counts.sort_by(f64::total_cmp);
            let (largest, mean) = (counts[counts.len() - 1], counts.iter().sum::<f64>() / machines as f64);
            assert!(largest < chance(hidden) && largest > chance(hidden) - 2.2, "{hidden}: {largest}");
            assert!((mean - 0.45 - 0.39 * (hidden as f64).ln()).abs() < 0.12, "{hidden}: {mean}");
        }
    }
}

/// What the shape shows: correlated entries and rows of unequal variance, with the numbers in the note.
#[test]
fn a_bulk_of_another_shape_is_doubted() {
    let noise = Machine::draw(400, 200, &[], 0.3, 9).weights;
    let mut correlated = noise.clone();
    for column in 1..200 {
        let before = 0.5 * correlated.column(column - 1);
        let mut column = correlated.column_mut(column);
        column += before;
    }
    let mut scaled = noise.clone();
    scaled.row_iter_mut().enumerate().for_each(|(i, mut row)| row *= 1.0 + 0.3 * (i as f64).sin());
    for weights in [correlated, scaled] {
        let values = singular_values(weights.transpose().as_slice(), 400, 200).unwrap();
        let bulk = fit(&values, 400, 200).unwrap();
        assert!(bulk.note.as_ref().is_some_and(|note| note.contains("by chance")), "{bulk:?}");
        assert!(!bulk.is_noise() && bulk.planted(2.0 * values[0]).is_none());
    }
}
