//! From data and an initial machine to a flow: which closure, in which directions, with which noise.

use super::batches::{BatchSettings, Batches};
use super::chains::ChainSettings;
use super::data_term::{self, Source};
use super::flow::Flow;
use super::linear::LinearTheory;
use super::mean_field::CHAINS;
use super::noise::{Noise, rates_of_map};
use super::population::Order;
use super::response;
use super::state::{Basis, Layers, State};
use crate::data::{Dataset, Moments, Samples};
use crate::error::{Error, Result};
use crate::linalg::{product_of, transposed_product};
use crate::simulator::machine::Machine;
use crate::theory::prior::Prior;
use crate::theory::spectrum::{fit, singular_values};
use nalgebra::DMatrix;
use serde::{Deserialize, Serialize};

/// Largest number of directions that linear, population and chain closures keep by default.
pub const MOST_DIRECTIONS: usize = 784;

/// How the averages of the flow are closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Closure {
    /// Linear units of unit variances: the letter's operator.
    Linear,
    /// Linear units with the variances of ±1 data: C − diag(C).
    LinearIsing,
    /// ±1 units, with a fixed law of v: the letter's data term (9).
    #[default]
    FixedPrior,
    /// ±1 units, each hidden unit with its own components, and all mean-field states of the machine.
    Population,
    /// The same with mean-field chains that start from samples of the data, where states are too many to search for.
    Chains,
}

/// What happens to the weights along directions that are left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum NoiseKind {
    /// They stay.
    Fixed,
    /// They decay, by the linear theory of the modes below threshold.
    #[default]
    Decaying,
    /// They are dropped.
    None,
}

/// How the machine's own term is computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum ResponseKind {
    /// One state and the Gaussian fluctuations around it.
    #[default]
    Gaussian,
    /// All stable states by their free energies, with finite-size integrals where a mode condenses.
    MeanField,
    /// Finite-size integrals over the one or two modes that fluctuate most, at any w.
    FiniteSize,
}

/// The choices that make a flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// How averages are closed.
    pub closure: Closure,
    /// The machine's own term, for ±1 units.
    pub response: ResponseKind,
    /// Law of u in the mean-field responses; `None` for the actual components, with the fields of their sites.
    pub prior_u: Option<Prior>,
    /// Law of v.
    pub prior_v: Prior,
    /// Number of directions kept. `None` keeps all, up to [`MOST_DIRECTIONS`], for linear units and the population closure. For
    /// the fixed-prior closure it keeps those that grow: the others decay, which the noise takes into account, and cost as much.
    pub directions: Option<usize>,
    /// What happens to the rest of the weights.
    pub noise: NoiseKind,
    /// Learning rate of the map, or 0 for the flow.
    pub learning_rate: f64,
    /// Terms of the machine's averages in the population closure.
    pub order: Order,
    /// Settings of the closure by chains.
    pub chains: ChainSettings,
    /// Batches that the steps of the map see, in the closures by population and chains; all the data if `None`. The steps of a
    /// simulation scatter with its batches, which changes its course where steps overshoot.
    pub batches: Option<BatchSettings>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            closure: Closure::default(),
            response: ResponseKind::default(),
            prior_u: None,
            prior_v: Prior::Gaussian,
            directions: None,
            noise: NoiseKind::default(),
            learning_rate: 0.0,
            order: Order::default(),
            chains: ChainSettings::default(),
            batches: None,
        }
    }
}

/// A flow ready to be followed.
#[derive(Debug)]
pub struct Prepared {
    /// The flow.
    pub flow: Flow,
    /// Where it starts.
    pub start: State,
    /// The linear theory of small weights: of the letter's operator, or of C − diag(C).
    pub theory: LinearTheory,
    /// Upper edge of the bulk of the initial weights; `None` if they have no bulk.
    pub bulk_edge: Option<f64>,
}

impl Setup {
    /// The flow of a machine that learns data with known moments.
    ///
    /// The directions kept are those of the largest growth rates. A direction that is left out is part of the noise σ.
    ///
    /// # Errors
    /// [`Error::Range`] for no directions or more than there are visible units, data that do not fit the machine, real data with
    /// a closure of ±1 units, or weights or fields so large that rounding hides the machine's states; errors of [`Flow`].
    pub fn prepare(&self, data: &Dataset, moments: &Moments, machine: &Machine) -> Result<Prepared> {
        let units = machine.visible;
        let theory = match self.closure {
            Closure::Linear => LinearTheory::of_gaussian(moments, 1.0, 1.0)?,
            _ => LinearTheory::of_ising(moments)?,
        };
        if theory.len() != units {
            let reason = format!("they are of {} units, and the machine has {units}", theory.len());
            return Err(Error::Range { name: "the moments", reason });
        }
        let directions = match (self.directions, self.closure) {
            (Some(directions), _) => directions,
            (None, Closure::FixedPrior) => theory.unstable().max(1),
            (None, _) => units.min(MOST_DIRECTIONS),
        };
        if data.units() != units {
            let reason = format!("they have {} units, and the machine {units}", data.units());
            return Err(Error::Range { name: "the data", reason });
        }
        if !(1..=units).contains(&directions) {
            let reason = format!("{directions} are asked for: choose between 1 and the {units} visible units");
            return Err(Error::Range { name: "the directions", reason });
        }
        if self.batches.is_some() {
            self.check_batches()?;
        }
        if self.closure != Closure::Linear && matches!(data.samples, Samples::Real(_)) {
            let reason = "they are real numbers, which only linear units take".to_owned();
            return Err(Error::Range { name: "the data", reason });
        }
        let basis = if directions == units { Basis::Sites } else { Basis::Directions(theory.leading(directions)?) };
        let (layers, start) = match self.closure {
            Closure::Population | Closure::Chains => Layers::of_units(machine, basis)?,
            _ => Layers::of_machine(machine, basis)?,
        };
        start.check_magnitude().map_err(|reason| Error::Range { name: "the initial machine", reason })?;
        let flow = match self.closure {
            Closure::Linear => Flow::linear(layers, &start, moments, 1.0, 1.0)?,
            Closure::LinearIsing => Flow::linear_ising(layers, &start, moments)?,
            Closure::FixedPrior => {
                let noise = self.noise(machine, &theory, directions, None)?;
                let source = source(data, &layers.basis)?;
                let flow = Flow::fixed_prior(layers, &start, source, &self.prior_v, noise)?;
                // A law of u knows only the fields along the modes: components outside the directions do not move.
                let resolved = self.response != ResponseKind::Gaussian && self.prior_u.is_some();
                self.with_response(if resolved { flow } else { flow.with_mean(moments.mean.clone())? })
            }
            Closure::Population | Closure::Chains => {
                let noise = self.noise(machine, &theory, directions, Some(moments))?;
                let source = source(data, &layers.basis)?;
                let starts = first_samples(data, CHAINS);
                let flow = Flow::population(layers, &start, source, noise, (self.order, Some(&starts)))?
                    .with_mean(moments.mean.clone())?;
                let flow = match self.closure {
                    Closure::Chains => flow.with_chains(self.chains, first_samples(data, self.chains.count))?,
                    _ => flow,
                };
                match (self.batches, &data.samples) {
                    (Some(settings), Samples::Spins(spins)) => {
                        let batches = Batches::new(settings, spins, &flow.layers().basis)?;
                        flow.with_batches(batches)
                    }
                    _ => flow,
                }
            }
        };
        let spectrum = singular_values(&machine.weights, machine.visible, machine.hidden)?;
        let bulk = fit(&spectrum, machine.visible, machine.hidden)?;
        let bulk_edge = Some(bulk.edge).filter(|edge| bulk.exists() && edge.is_finite());
        Ok(Prepared { flow, start, theory, bulk_edge })
    }

    fn check_batches(&self) -> Result<()> {
        let refused = |reason: &str| Err(Error::Range { name: "the batches", reason: reason.to_owned() });
        if !matches!(self.closure, Closure::Population | Closure::Chains) {
            return refused("they are for the closures by population and by chains");
        }
        if self.learning_rate <= 0.0 {
            return refused("a flow has no steps to take them in: a learning rate is needed");
        }
        Ok(())
    }

    fn with_response(&self, flow: Flow) -> Flow {
        let integrals = match self.response {
            ResponseKind::Gaussian => return flow,
            ResponseKind::MeanField => response::Integrals::AtTransitions,
            ResponseKind::FiniteSize => response::Integrals::Always,
        };
        flow.with_mean_field(integrals, self.prior_u.clone(), self.prior_v.clone())
    }

    /// Noise of the directions from index `kept` on. With moments, the share of each direction is weighted with the mean square
    /// of the data along it. The noise is then that of the fields of the data.
    fn noise(&self, machine: &Machine, theory: &LinearTheory, kept: usize, moments: Option<&Moments>) -> Result<Noise> {
        let rest = theory.len() - kept;
        if self.noise == NoiseKind::None || rest == 0 {
            return Ok(Noise::none());
        }
        let directions = theory.directions.columns(kept, rest).into_owned();
        let left_out = transposed_product(&directions, &machine.weight_matrix());
        let mut squares: Vec<f64> = left_out.row_iter().map(|row| row.norm_squared()).collect();
        if let Some(moments) = moments {
            let spread = product_of(&moments.covariance, &directions);
            for ((square, direction), spread) in
                squares.iter_mut().zip(directions.column_iter()).zip(spread.column_iter())
            {
                *square *= direction.dot(&spread) + direction.dot(&moments.mean).powi(2);
            }
        }
        let size = (machine.visible as f64 * machine.hidden as f64).sqrt();
        match self.noise {
            NoiseKind::Fixed => Noise::fixed((squares.iter().sum::<f64>() / size).sqrt()),
            _ => {
                let rates = rates_of_map(&theory.rates.rows(kept, rest).into_owned(), self.learning_rate);
                Noise::decaying(&squares, rates.as_slice(), size)
            }
        }
    }
}

/// The first samples, one per column, with ±1 for each site. Searches for states and chains start from them.
fn first_samples(data: &Dataset, count: usize) -> DMatrix<f64> {
    let count = data.len().min(count);
    match &data.samples {
        Samples::Spins(spins) => DMatrix::from_fn(spins.units(), count, |unit, sample| spins.value(sample, unit)),
        Samples::Real(values) => values.rows(0, count).transpose(),
    }
}

/// The samples, in the directions of a basis.
fn source(data: &Dataset, basis: &Basis) -> Result<Source> {
    let samples = match (basis, &data.samples) {
        (Basis::Directions(directions), _) => data_term::Samples::project(data, directions)?,
        (_, Samples::Spins(spins)) => data_term::Samples::spins(spins.clone())?,
        (_, Samples::Real(values)) => data_term::Samples::new(values.transpose())?,
    };
    Ok(samples.into())
}
