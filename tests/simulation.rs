//! A run can continue from a state saved between records.

use spectral_rbm::data::{Dataset, Spins};
use spectral_rbm::io::Array;
use spectral_rbm::simulator::machine::{Algorithm, Hyperparameters, Machine, RbmError, Settings, Trainer, Units};
use spectral_rbm::simulator::run::{Detail, Learner, Recorder, Result, SavedState, Spacing, Store, run, schedule};
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
        let whole = run(&mut trainer(), &recorder, &times, &create(&folders[0]), &mut |_| {}).unwrap();
        assert!(run(&mut Failing(trainer(), 37), &recorder, &times, &create(&folders[1]), &mut |_| {}).is_err());
        let store = Store::open(folders[1].path(), Hyperparameters::default(), Units::Ising).unwrap();
        assert_eq!(store.done().unwrap(), Some(37));
        let mut steps = 0;
        let resumed = run(&mut trainer(), &recorder, &times, &store, &mut |_| steps += 1).unwrap();
        assert_eq!(steps, 63);
        // Without a bulk σ is NaN, which does not equal itself.
        assert_eq!(format!("{resumed:?}"), format!("{whole:?}"));
    }
}
