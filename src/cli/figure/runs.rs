//! Data and training runs that several figures need, made once.

use super::super::error::CliError;
use super::gallery::Gallery;
use crate::cli::{budget, progress};
use crate::data::{Dataset, Expect};
use crate::simulator::machine::{Machine, Settings, Trainer};
use crate::study::letter::{TrainingCourse, TrainingSettings, updates_in};
use std::rc::Rc;

/// Default number of passes through the data.
const EPOCHS: f64 = 100.0;
/// Default number of passes in quick figures.
const QUICK_EPOCHS: f64 = 20.0;
/// Largest number of passes; more are a mistake.
const MOST_EPOCHS: f64 = 1e6;
/// Default number of samples in a batch, if there are a hundred times as many samples.
const BATCH: usize = 500;
/// Standard deviation of the initial weights.
const DEVIATION: f64 = 0.01;
/// Approximate number of records of the run.
const RECORDS: usize = 60;

impl Gallery<'_> {
    /// The ±1 data of the options.
    pub fn data(&mut self) -> Result<Rc<Dataset>, CliError> {
        if let Some(data) = &self.runs.data {
            return Ok(Rc::clone(data));
        }
        let data = Rc::new(self.options.data.load(self.common, Expect::Spins)?);
        Ok(Rc::clone(self.runs.data.insert(data)))
    }

    /// The letter's training run on these data.
    pub fn training(&mut self) -> Result<Rc<TrainingCourse>, CliError> {
        if let Some(course) = &self.runs.training {
            return Ok(Rc::clone(course));
        }
        let data = self.data()?;
        let training = self.training_settings(data.len())?;
        let total = updates_in(training.epochs, data.len(), &training);
        let bar = progress::updates(self.common, "training", total);
        let course = TrainingCourse::run(&data, &training, &mut |updates| bar.set_position(updates))?;
        bar.finish_and_clear();
        Ok(Rc::clone(self.runs.training.insert(Rc::new(course))))
    }

    /// Checks that the training run is possible and takes reasonable time.
    pub fn check_training(&mut self) -> Result<(), CliError> {
        let data = self.data()?;
        let training = self.training_settings(data.len())?;
        let TrainingSettings { hidden, ref settings, .. } = training;
        budget::check_memory("--hidden", hidden, 32.0 * data.units() as f64)?;
        let weights = data.units() as f64 * hidden as f64;
        let update = budget::update_seconds(5.0 * settings.batch_size as f64 * weights);
        budget::check_time("--epochs", training.epochs, update * updates_in(1.0, data.len(), &training) as f64)?;
        let machine = Machine::random(data.units(), hidden, 0.0, 0)?;
        Trainer::new(machine, data.spins()?, settings.clone())?;
        Ok(())
    }

    fn training_settings(&mut self, samples: usize) -> Result<TrainingSettings, CliError> {
        let options = &mut self.options;
        let epochs = *options.epochs.get_or_insert(if options.quick { QUICK_EPOCHS } else { EPOCHS });
        if !(epochs > 0.0 && epochs <= MOST_EPOCHS) {
            return Err(CliError::Input(format!(
                "--epochs is {epochs}: it must be above 0, and at most {MOST_EPOCHS}"
            )));
        }
        let batch_size = *options.batch_size.get_or_insert(BATCH.min(samples.div_ceil(100)));
        if batch_size == 0 {
            return Err(CliError::Input("--batch-size is 0: a batch has at least one sample".to_owned()));
        }
        let batch_size = options.data.batch(batch_size, samples);
        options.batch_size = Some(batch_size);
        let settings = Settings { batch_size, chains: batch_size, seed: self.common.seed, ..Settings::default() };
        Ok(TrainingSettings { hidden: options.hidden, deviation: DEVIATION, epochs, records: RECORDS, settings })
    }
}
