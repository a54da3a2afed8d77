//! The machine of figures 2 to 4: ±1 units that learn by CD-1. The weights start as noise and the visible fields at the data's
//! means; there are no hidden fields.
//!
//! The letter's parameters are 400 hidden units, weights of standard deviation 0.01 (`docs/theory.md`, section 1a), a learning
//! rate of 0.01 and 20 epochs; it does not state the size of its batches. Time, Σ learning rate × updates, is what counts: with
//! batches of 500 an epoch of MNIST is t = 1.2, the end of the linear regime, and ten are t = 12.

use super::linear_limit::{LinearLimit, decomposed, raised};
use crate::data::{Dataset, Moments, PrincipalComponents};
use crate::simulator::machine::{Machine, Trainer};
use crate::simulator::run::{Spacing, Training, schedule};
use crate::study::error::Result;
use crate::theory::spectrum::{BulkFit, Decomposition, fit, overlaps, singular_values};
use nalgebra::{DMatrix, DVector};

/// Number of modes that are drawn and compared with the data's principal components.
pub const LEADING: usize = 10;
/// Strength of the first mode, in units of the edge of the bulk, at which its portrait is taken.
const STANDS_OUT: f64 = 1.5;
/// Number of principal components that modes are compared with.
const COMPONENTS_COMPARED: usize = 50;
/// Number of samples on which the response of the hidden units is measured.
const RESPONSE_SAMPLES: usize = 1000;

/// Singular values after some updates.
#[derive(Clone, Debug, PartialEq)]
pub struct SpectrumRecord {
    /// Updates.
    pub update: u64,
    /// Passes through the data.
    pub epoch: f64,
    /// Σ learning rate × updates.
    pub time: f64,
    /// Singular values, decreasing.
    pub singular_values: Vec<f64>,
    /// Their bulk.
    pub bulk: BulkFit,
}

/// The leading modes at one moment, with the data's principal components and the result of the linear theory.
#[derive(Clone, Debug, PartialEq)]
pub struct Portrait {
    /// Index of its record.
    pub record: usize,
    /// u^α of the leading modes, in columns; ten, or as many as there are.
    pub u: DMatrix<f64>,
    /// `|u^α·d_β|` of these modes with the leading fifty principal components d_β of the data, or as many as there are.
    pub overlaps: DMatrix<f64>,
    /// Same, for the weights of the linear theory; `None` where it has left its range.
    pub linear_overlaps: Option<DMatrix<f64>>,
    /// Mean of `1 − tanh²` over hidden units and samples: the response of the hidden layer to a small change of its fields.
    pub response: f64,
}

/// A training run, as figures 2 to 4 need it.
#[derive(Clone, Debug)]
pub struct TrainingCourse {
    /// Visible units.
    pub visible: usize,
    /// Hidden units.
    pub hidden: usize,
    /// Rows and columns of the visible layer, if it is an image.
    pub image_shape: Option<(usize, usize)>,
    /// How it was trained.
    pub training: Training,
    /// Records, in the order of their updates; the first is the start.
    pub records: Vec<SpectrumRecord>,
    /// The first record at which the first mode is 1.5 times the edge of the bulk (or that of `early`).
    pub first_mode: Portrait,
    /// The first record with ten modes above the bulk (or the record after one epoch, if there is none before).
    pub early: Portrait,
    /// After one epoch.
    pub first_epoch: Portrait,
    /// After ten epochs, or at the end if that comes before.
    pub tenth_epoch: Portrait,
    /// At the end.
    pub end: Portrait,
    /// u¹ of a machine that starts without visible fields, after the updates of `first_mode`.
    pub null_field: DVector<f64>,
    /// Means of the data.
    pub mean: DVector<f64>,
    /// The data's principal components.
    pub components: PrincipalComponents,
    /// The linear theory of the start.
    pub linear: LinearLimit,
    /// Mean of `1 − tanh²` over hidden units and samples at the start.
    pub start_response: f64,
}

impl TrainingCourse {
    /// Trains the machine, and another one without visible fields up to the record of the first mode; `step` gets the number of
    /// updates made.
    ///
    /// # Errors
    /// Those of data, machine and training.
    pub fn run(data: &Dataset, training: &Training, step: &mut dyn FnMut(u64)) -> Result<Self> {
        let spins = data.spins()?;
        let moments = Moments::of(data)?;
        let components = moments.principal_components()?;
        let null = Machine::random(data.units(), training.hidden, training.deviation, training.settings.seed)?;
        let start = null.clone().with_mean_of(spins)?;
        let linear = LinearLimit::new(&moments, &start, training.settings.learning_rate)?;
        let mut observer = Observer { training, data, components: &components, linear: &linear, records: Vec::new() };
        let mut trainer = Trainer::new(start.clone(), spins, training.settings.clone())?;
        let per_epoch = training.updates_in(1.0, data.len());
        let last = training.updates_in(training.epochs, data.len());
        let (one, ten) = (per_epoch.min(last), (10 * per_epoch).min(last));
        let mut updates = schedule(last, training.records, Spacing::Log);
        updates.extend([one, ten]);
        updates.sort_unstable();
        updates.dedup();
        let (mut first, mut early, mut first_epoch, mut tenth_epoch) = (None, None, None, None);
        for update in updates {
            while trainer.updates() < update {
                trainer.update()?;
                step(trainer.updates());
            }
            observer.record(&trainer)?;
            let stands_out = |record: &SpectrumRecord| record.singular_values[0] >= STANDS_OUT * record.bulk.edge;
            if first.is_none() && observer.records.last().is_some_and(stands_out) {
                first = Some(observer.portrait(trainer.machine())?);
            }
            let leave = observer.records.last().is_some_and(|record| record.bulk.outliers >= LEADING);
            if early.is_none() && (leave || update >= one) {
                early = Some(observer.portrait(trainer.machine())?);
            }
            if update == one {
                first_epoch = Some(observer.portrait(trainer.machine())?);
            }
            if update == ten {
                tenth_epoch = Some(observer.portrait(trainer.machine())?);
            }
        }
        let missing = || crate::Error::Range { name: "the number of epochs", reason: "no update was made".to_owned() };
        let early = early.ok_or_else(missing)?;
        let first = first.filter(|first| first.record <= early.record).unwrap_or_else(|| early.clone());
        let without_field = first_mode(null, data, training, observer.records[first.record].update)?;
        Ok(Self {
            visible: data.units(),
            hidden: training.hidden,
            image_shape: data.image_shape,
            training: training.clone(),
            first_mode: first,
            early,
            first_epoch: first_epoch.ok_or_else(missing)?,
            tenth_epoch: tenth_epoch.ok_or_else(missing)?,
            null_field: without_field,
            mean: moments.mean.clone(),
            end: observer.portrait(trainer.machine())?,
            start_response: mean_response(&start, data)?,
            records: observer.records,
            components,
            linear,
        })
    }

    /// The last record.
    pub fn last(&self) -> &SpectrumRecord {
        &self.records[self.records.len() - 1]
    }

    /// Number of ranks at which the spectrum of a record lies above that of the start.
    pub fn raised(&self, record: usize) -> usize {
        raised(&self.records[record].singular_values, &self.records[0].singular_values)
    }
}

/// Observes a machine in training.
struct Observer<'a> {
    training: &'a Training,
    data: &'a Dataset,
    components: &'a PrincipalComponents,
    linear: &'a LinearLimit,
    records: Vec<SpectrumRecord>,
}

impl Observer<'_> {
    fn record(&mut self, trainer: &Trainer<'_>) -> Result<()> {
        let machine = trainer.machine();
        let values = singular_values(&machine.weights, machine.visible, machine.hidden)?;
        self.records.push(SpectrumRecord {
            update: trainer.updates(),
            epoch: trainer.epoch(),
            time: trainer.time(),
            bulk: fit(&values, machine.visible, machine.hidden)?,
            singular_values: values,
        });
        Ok(())
    }

    /// The leading modes of the machine of the last record.
    fn portrait(&self, machine: &Machine) -> Result<Portrait> {
        let modes = Decomposition::of(&machine.weights, machine.visible, machine.hidden)?;
        let count = LEADING.min(self.training.hidden).min(machine.visible);
        let directions = &self.components.directions;
        let directions = directions.columns(0, directions.ncols().min(COMPONENTS_COMPARED)).into_owned();
        let u = modes.u.columns(0, count).into_owned();
        let record = self.records.len() - 1;
        let linear_overlaps = match self.linear.weights(self.records[record].update) {
            Some(weights) => {
                let u = decomposed(&weights)?.u.columns(0, count).into_owned();
                Some(overlaps(&u, &directions)?)
            }
            None => None,
        };
        let response = mean_response(machine, self.data)?;
        Ok(Portrait { record, overlaps: overlaps(&u, &directions)?, u, linear_overlaps, response })
    }
}

/// u¹ of a machine after some updates.
fn first_mode(machine: Machine, data: &Dataset, training: &Training, updates: u64) -> Result<DVector<f64>> {
    let mut trainer = Trainer::new(machine, data.spins()?, training.settings.clone())?;
    while trainer.updates() < updates {
        trainer.update()?;
    }
    let machine = trainer.machine();
    let modes = Decomposition::of(&machine.weights, machine.visible, machine.hidden)?;
    Ok(modes.u.column(0).into_owned())
}

/// Mean of `1 − tanh²(Wᵀs + θ)` over the first samples and all hidden units.
fn mean_response(machine: &Machine, data: &Dataset) -> Result<f64> {
    let spins = data.spins()?;
    let samples = spins.samples().min(RESPONSE_SAMPLES);
    let inputs = DMatrix::from_fn(samples, machine.visible, |n, i| spins.value(n, i));
    let mut fields = inputs * machine.weight_matrix();
    for (j, mut column) in fields.column_iter_mut().enumerate() {
        column.add_scalar_mut(f64::from(machine.theta[j]));
    }
    Ok(fields.map(|field| 1.0 - field.tanh().powi(2)).mean())
}

/// A short run of a small machine on clusters, for tests.
#[cfg(test)]
pub(super) fn small() -> TrainingCourse {
    use crate::Prior;
    use crate::data::Clusters;
    let clusters = Clusters::new(60, &[0.9, 0.6], &[0.5; 2], &Prior::Bernoulli, 1).unwrap();
    let settings = crate::simulator::machine::Settings { learning_rate: 0.02, ..Default::default() };
    let training = Training { hidden: 40, epochs: 12.0, settings, ..Training::default() };
    TrainingCourse::run(&clusters.generate(1000).unwrap(), &training, &mut |_| ()).unwrap()
}
