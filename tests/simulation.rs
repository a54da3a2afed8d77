//! Runs go on from states saved between records, and their numbers raise warnings.

use spectral_rbm::data::{Dataset, Spins};
use spectral_rbm::io::Array;
use spectral_rbm::simulator::machine::{Algorithm, Hyperparameters, Machine, RbmError, Settings, Trainer, Units};
use spectral_rbm::simulator::run::{
    Detail, Fit, Learner, Limits, Record, Recorder, Result, SavedState, Spacing, SpectrumLog, Store, Warning, run,
    sample_spread, schedule, warnings,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// A learner that fails before a given update, like a machine that is switched off.
struct Failing<'a>(Trainer<'a>, u64);

impl Learner for Failing<'_> {
    fn update(&mut self) -> Result<()> {
        if self.0.updates() == self.1 {
            return Err(RbmError::TooLarge { units: 0, most: 0 }.into());
        }
        Learner::update(&mut self.0)
    }
    fn updates(&self) -> u64 {
        self.0.updates()
    }
    fn time(&self) -> f64 {
        self.0.time()
    }
    fn epoch(&self) -> f64 {
        self.0.epoch()
    }
    fn record(&self, recorder: &Recorder) -> Result<BTreeMap<String, Array>> {
        self.0.record(recorder)
    }
    fn state(&self) -> Result<SavedState> {
        self.0.state()
    }
    fn restore(&mut self, updates: u64, state: SavedState) -> Result<()> {
        self.0.restore(updates, state)
    }
}

#[test]
fn a_run_goes_on_from_a_state_between_records() {
    let spins = Spins::from_fn(200, 20, |sample, unit| (sample * 7 + unit * unit) % 11 < 4);
    let data = Dataset::of_spins(spins.clone()).unwrap();
    let recorder = Recorder::new(&data, Detail::Vectors).unwrap();
    let times = schedule(100, 2, Spacing::Linear);
    for algorithm in [Algorithm::Cd, Algorithm::Pcd] {
        let settings = Settings { algorithm, chains: 30, batch_size: 50, learning_rate: 0.1, ..Settings::default() };
        let trainer = || Trainer::new(Machine::random(20, 14, 0.1, 0).unwrap(), &spins, settings.clone()).unwrap();
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let create = |folder: &tempfile::TempDir| {
            let mut store = Store::create(folder.path(), Hyperparameters::default(), Units::Ising, b"").unwrap();
            store.save_every = Duration::ZERO;
            store
        };
        let whole = run(&mut trainer(), &recorder, &times, &create(&folders[0]), &mut |_, _| {}).unwrap();
        assert!(run(&mut Failing(trainer(), 37), &recorder, &times, &create(&folders[1]), &mut |_, _| {}).is_err());
        let store = Store::open(folders[1].path(), Hyperparameters::default(), Units::Ising).unwrap();
        assert_eq!(store.done().unwrap(), Some(37));
        let mut steps = 0;
        let resumed = run(&mut trainer(), &recorder, &times, &store, &mut |_, _| steps += 1).unwrap();
        assert_eq!(steps, 63);
        // Without a bulk σ is NaN, which does not equal itself.
        assert_eq!(format!("{resumed:?}"), format!("{whole:?}"));
    }
}

/// A log of ten records with these values of a measure, a hundred updates of rate 0.01 apart, with w_1 = 1.5.
fn log_of(fit: Fit, value: impl Fn(u64) -> f64) -> SpectrumLog {
    let record = |index: u64| {
        let quantities = [(fit.name(), vec![value(index)]), ("singular_values", vec![1.5])];
        let quantities = quantities.map(|(name, values)| (name.to_owned(), Array::F64(vec![values.len()], values)));
        Record { update: 100 * index, epoch: index as f64, time: index as f64, quantities: quantities.into() }
    };
    SpectrumLog { records: (0..10).map(record).collect() }
}

#[test]
fn warnings_are_raised_where_numbers_get_worse_and_only_there() {
    let limits = Limits::default();
    let of = |fit, value: &dyn Fn(u64) -> f64| warnings(&log_of(fit, value), 0.0, &limits);
    // From 0.08 to 0.089: 11 % worse than at the start.
    let worse = of(Fit::Reconstruction, &|index| 0.08 + 0.001 * index as f64);
    assert!(matches!(worse[..], [Warning::Worse { first: 0.08, update: 900, .. }]), "{worse:?}");
    // From −300 to −150 at record 3, and back to −210.
    let falling = of(Fit::PseudoLikelihood, &|index| if index < 4 { -300.0 + 50.0 * index as f64 } else { -210.0 });
    let expected =
        Warning::Falling { fit: Fit::PseudoLikelihood, best: -150.0, best_update: 300, last: -210.0, update: 900 };
    assert_eq!(falling, [expected]);
    assert!(of(Fit::Likelihood, &|index| -300.0 + index as f64).is_empty());
    assert!(of(Fit::Reconstruction, &|index| 0.2 / (1.0 + index as f64)).is_empty());
    // The rate is 0.01: a growth of 40 makes steps of 0.4, one of 20 steps of 0.2.
    let step = |growth| warnings(&log_of(Fit::Likelihood, |_| -1.0), growth, &limits);
    assert!(matches!(step(40.0)[..], [Warning::Overshoot { strength: 1.5, .. }]));
    assert!(step(20.0).is_empty());
}

/// Without weights, the units are independent in their fields: `1 − ⟨s⟩² = 1 − tanh² eta`. On N units and M chains the ratio
/// has a relative error of about `2 tanh(eta)/√(N M)`, below 1 % here.
#[test]
fn the_spread_of_samples_is_that_of_independent_units() {
    let data = Spins::from_fn(64, 400, |sample, unit| (sample + unit) % 2 == 0);
    for eta in [0.0f32, 0.5, 1.0] {
        let machine = Machine { eta: vec![eta; 400], ..Machine::random(400, 10, 0.0, 0).unwrap() };
        let exact = 1.0 - f64::from(eta).tanh().powi(2);
        // The mean of a hundred chains takes 1 % of the variance away.
        let spread = sample_spread(&machine, &data, 0).unwrap();
        assert!((spread / exact - 0.99).abs() < 0.03, "{eta}: {spread} {exact}");
    }
}
