//! The number of stable states on maps, against the full search for states.

use spectral_rbm::Prior;
use spectral_rbm::theory::phase::{Family, PhaseDiagram};
use spectral_rbm::theory::saddle::{Search, enumerate_with};

/// The map follows one state for every subset of modes, downwards from strong modes. The search starts from everywhere,
/// from low temperature and from random directions. Both must count the same states, under all four laws.
#[test]
fn maps_count_the_states_that_the_full_search_finds() {
    let (inv_sigma, w_over_sigma) = ([0.4, 0.9, 1.6], [0.7, 1.4, 2.1, 2.9]);
    let search = Search { random: 8, deflation: false, ..Search::default() };
    let mut counts = Vec::new();
    for prior in Prior::NAMED {
        let family = Family::new(1.0, &[1.0, 0.9, 0.8], prior.clone(), prior.clone()).unwrap();
        let diagram = PhaseDiagram::compute(&family, &inv_sigma, &w_over_sigma, &|| ()).unwrap();
        for point in &diagram.points {
            assert_eq!(point.unconverged, 0, "{prior} {point:?}");
            let ensemble = family.ensemble(point.inv_sigma, point.w_over_sigma).unwrap();
            let found = enumerate_with(&ensemble, &search).unwrap();
            assert_eq!(point.stable_fixed_points, found.stable().count(), "{prior} {point:?}");
            counts.push(point.stable_fixed_points);
        }
    }
    // The grid contains different numbers of states.
    assert!(counts.contains(&1) && counts.contains(&2) && counts.contains(&3), "{counts:?}");
}
