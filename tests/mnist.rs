//! Tests with the MNIST files in the folder named by `SPECTRAL_RBM_MNIST`.

use spectral_rbm::data::{Binarization, DataError, Moments, Spins, mnist};
use spectral_rbm::linalg::symmetric_eigen;
use std::path::PathBuf;

/// The folder with MNIST.
fn folder() -> PathBuf {
    std::env::var_os(mnist::VARIABLE).map(PathBuf::from).expect("SPECTRAL_RBM_MNIST says where MNIST is")
}

/// Number of samples in which each unit is up.
fn counts(spins: &Spins) -> Vec<u64> {
    let count = |unit| (0..spins.samples()).filter(|&sample| spins.get(sample, unit)).count() as u64;
    (0..spins.units()).map(count).collect()
}

#[test]
#[ignore = "needs MNIST, in the folder SPECTRAL_RBM_MNIST"]
fn the_training_set_is_the_known_one() {
    let folder = folder();
    let set = mnist::load(&folder, None, Binarization::MIDDLE).unwrap();
    let spins = set.spins().unwrap();
    assert_eq!((spins.samples(), spins.units(), set.image_shape), (60_000, 784, Some((28, 28))));
    let labels = set.labels.as_ref().unwrap();
    let digits: Vec<usize> = (0..10).map(|digit| labels.iter().filter(|&&label| label == digit).count()).collect();
    assert_eq!(digits, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    // The trace of the covariance, Σ_i (1 − m_i²), is 269.889 to the digits given.
    let mean = |count: u64| 2.0 * count as f64 / 60_000.0 - 1.0;
    let variance: f64 = counts(spins).into_iter().map(|count| 1.0 - mean(count).powi(2)).sum();
    assert!((variance - 269.889).abs() < 5e-4, "{variance}");
}

#[test]
#[ignore = "needs MNIST, in the folder SPECTRAL_RBM_MNIST"]
fn a_count_takes_the_first_ones() {
    let folder = folder();
    let all = mnist::load(&folder, Some(300), Binarization::MIDDLE).unwrap();
    let few = mnist::load(&folder, Some(100), Binarization::MIDDLE).unwrap();
    assert_eq!((few.len(), few.labels.as_ref().map(Vec::len)), (100, Some(100)));
    assert!((0..100).all(|sample| few.spins().unwrap().row(sample) == all.spins().unwrap().row(sample)));
    assert_eq!(few.labels.unwrap()[..5], [5, 0, 4, 1, 9]);
    for count in [0, 60_001] {
        let outcome = mnist::load(&folder, Some(count), Binarization::MIDDLE);
        assert!(matches!(outcome, Err(DataError::Parameter(_))), "{outcome:?}");
    }
}

#[test]
#[ignore = "needs MNIST, in the folder SPECTRAL_RBM_MNIST"]
fn stochastic_pixels_depend_on_the_seed_and_not_on_the_count() {
    let folder = folder();
    let load = |count, seed| mnist::load(&folder, Some(count), Binarization::Stochastic { seed }).unwrap();
    let (few, all, other) = (load(50, 1), load(2000, 1), load(2000, 2));
    assert!((0..50).all(|sample| few.spins().unwrap().row(sample) == all.spins().unwrap().row(sample)));
    assert_ne!(all, other);
}

#[test]
#[ignore = "needs MNIST, in the folder SPECTRAL_RBM_MNIST"]
fn what_is_there_is_verified_and_not_fetched() {
    let folder = folder();
    // Nothing answers at this address.
    mnist::fetch("http://127.0.0.1:1/", &folder, &mut |progress| panic!("{progress:?}")).unwrap();
    assert_eq!(mnist::locate(Some(&folder)).unwrap(), folder);
}

/// Whether numbers agree within half a unit of the second decimal, the last one given.
fn agree(found: &[f64], given: &[f64]) -> bool {
    found.len() == given.len() && found.iter().zip(given).all(|(found, given)| (found - given).abs() <= 0.005)
}

#[test]
#[ignore = "needs MNIST, in the folder SPECTRAL_RBM_MNIST"]
fn spectra_of_mnist_are_the_known_ones() {
    let folder = folder();
    let moments = Moments::of(&mnist::load(&folder, None, Binarization::MIDDLE).unwrap()).unwrap();
    let variances = moments.principal_components().unwrap().variances;

    assert!((moments.covariance.trace() - 269.889).abs() <= 0.0005, "{}", moments.covariance.trace());
    let leading = [21.61, 16.15, 14.10, 12.23, 11.06, 9.87, 7.49, 6.76, 6.39, 5.53];
    assert!(agree(&variances.as_slice()[..10], &leading), "{}", variances.rows(0, 10));
    assert_eq!(variances.iter().filter(|&&variance| variance > 1.0).count(), 46);

    // The linear theory of ±1 units: C − diag(C).
    let (rates, _) = symmetric_eigen(&moments.growth_operator()).unwrap();
    assert!(agree(&rates.as_slice()[..6], &[20.82, 15.28, 13.31, 11.40, 10.19, 9.01]), "{}", rates.rows(0, 6));
    // 108 pixels are never inked. Their rates are 0 up to rounding of a matrix of norm 21, and some are positive by
    // 1e-15, so counting positive eigenvalues would include them. The smallest growing rate is 3e-8.
    let rounding = 1e-10;
    assert_eq!(rates.iter().filter(|rate| rate.abs() <= rounding).count(), 108);
    assert_eq!(rates.iter().filter(|&&rate| rate > rounding).count(), 154);
}
