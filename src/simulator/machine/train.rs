//! Training by contrastive divergence, from chains that start at the data (CD) or persist (PCD), or by the exact gradient
//! (`docs/theory.md`, section 6).
//!
//! ```text
//! dW ∝ <s tanh(Wᵀs + theta)>_Data − <s tanh(Wᵀs + theta)>_chains
//! ```
//!
//! CD: Hinton, *Neural Computation* 14, 1771 (2002). PCD: Tieleman, *ICML* (2008). Centred gradient: Melchior, Fischer and
//! Wiskott, *JMLR* 17, 99 (2016).

use super::chains::{GibbsChains, check_count};
use super::error::RbmError;
use super::exact::MOST_EXACT_UNITS;
use super::gradient::Gradients;
use super::order::BatchOrder;
use super::random::{Purpose, Stream};
use super::rbm::Machine;
use super::result::Result;
use crate::data::Spins;
use serde::{Deserialize, Serialize};

/// Where the chains of an update start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// At the samples of the batch: contrastive divergence.
    #[default]
    Cd,
    /// Where the last update left them: persistent contrastive divergence.
    Pcd,
    /// No chains: the machine's own averages are summed over all states of its smaller layer, which has at most 24 units.
    Exact,
}

impl Algorithm {
    /// Gibbs steps of an update if nothing else is asked for: 1 of CD; 10 of PCD, whose chains then keep up with machines of a few
    /// modes.
    pub fn gibbs_steps(self) -> usize {
        if self == Self::Pcd { 10 } else { 1 }
    }
}

/// How a machine is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// CD, PCD or the exact gradient.
    pub algorithm: Algorithm,
    /// Gibbs steps of each update.
    pub gibbs_steps: usize,
    /// Persistent chains; CD has one per sample of the batch.
    pub chains: usize,
    /// Samples per batch.
    pub batch_size: usize,
    /// Factor of the gradient in each update.
    pub learning_rate: f64,
    /// Decay of the weights: the gradient loses `l2 · W`.
    pub l2: f64,
    /// Whether to use the centred gradient instead of the plain one of the theory.
    pub centred: bool,
    /// Seed of batches and chains.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::Cd,
            gibbs_steps: 1,
            chains: 100,
            batch_size: 100,
            learning_rate: 0.01,
            l2: 0.0,
            centred: false,
            seed: 0,
        }
    }
}

impl Settings {
    fn check(&self, samples: usize) -> Result<()> {
        let bad = |name, value, reason: String| Err(RbmError::Setting { name, value, reason });
        if self.batch_size == 0 || self.batch_size > samples {
            let reason = format!("there are {samples} samples, and a batch takes between one and all of them");
            return bad("the batch size", self.batch_size as f64, reason);
        }
        if self.gibbs_steps == 0 {
            return bad("the number of Gibbs steps", 0.0, "it must be at least 1".to_owned());
        }
        for (name, value) in [("the learning rate", self.learning_rate), ("the decay l2", self.l2)] {
            if !(value.is_finite() && value >= 0.0) {
                return bad(name, value, "it must be finite and not negative".to_owned());
            }
        }
        Ok(())
    }
}

/// A machine in training.
///
/// No random state is kept: batches and chains draw their numbers from (seed, update). The machine, the number of its update and
/// the spins of its persistent chains are enough to go on exactly.
///
/// ```
/// use spectral_rbm::data::Spins;
/// use spectral_rbm::simulator::machine::{Machine, Settings, Trainer};
///
/// let data = Spins::from_fn(200, 12, |sample, unit| (sample + unit / 6) % 2 == 0);
/// let machine = Machine::random(12, 6, 0.01, 0)?.with_mean_of(&data)?;
/// let mut trainer = Trainer::new(machine, &data, Settings { learning_rate: 0.1, ..Settings::default() })?;
/// for _ in 0..100 {
///     trainer.update()?;
/// }
/// assert_eq!((trainer.updates(), trainer.time()), (100, 10.0));
/// # Ok::<(), spectral_rbm::simulator::machine::RbmError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trainer<'a> {
    pub(super) settings: Settings,
    pub(super) data: &'a Spins,
    pub(super) machine: Machine,
    pub(super) updates: u64,
    pub(super) order: BatchOrder,
    pub(super) chosen: Vec<usize>,
    pub(super) batch: GibbsChains,
    pub(super) chains: GibbsChains,
    gradients: Gradients,
}

impl<'a> Trainer<'a> {
    /// Starts training; persistent chains start from independent units in the hidden fields.
    ///
    /// # Errors
    /// [`RbmError::Units`] if the samples do not fit the machine, [`RbmError::Setting`] for settings that cannot be used,
    /// [`RbmError::NotFinite`] for a machine that is not finite, [`RbmError::TooLarge`] for the exact gradient of one with
    /// more than 24 units in both layers.
    pub fn new(machine: Machine, data: &'a Spins, settings: Settings) -> Result<Self> {
        machine.check_data(data)?;
        machine.check()?;
        settings.check(data.samples())?;
        let count = match settings.algorithm {
            Algorithm::Cd => settings.batch_size,
            Algorithm::Pcd => settings.chains,
            Algorithm::Exact => 1,
        };
        let units = machine.visible.min(machine.hidden);
        if settings.algorithm == Algorithm::Exact && units > MOST_EXACT_UNITS {
            return Err(RbmError::TooLarge { units, most: MOST_EXACT_UNITS });
        }
        for count in [count, settings.batch_size, settings.chains] {
            check_count(count, &machine)?;
        }
        let mut chains = GibbsChains::new(count, &machine);
        chains.start(&machine, Stream::new(settings.seed, Purpose::Starts));
        Ok(Self {
            order: BatchOrder::new(data.samples(), settings.seed),
            chosen: vec![0; settings.batch_size],
            batch: GibbsChains::new(settings.batch_size, &machine),
            gradients: Gradients::new(&machine),
            chains,
            updates: 0,
            settings,
            data,
            machine,
        })
    }

    /// Continues a run of the same settings that stopped after `updates` updates, from its machine and the visible and hidden
    /// spins of its chains.
    ///
    /// # Errors
    /// [`RbmError::Shape`] for a machine with other layers; [`RbmError::Setting`] if PCD is given no chains, or a different
    /// number.
    pub fn go_on(&mut self, machine: Machine, updates: u64, chains: Option<&(Spins, Spins)>) -> Result<()> {
        machine.check()?;
        let (visible, hidden) = (self.machine.visible, self.machine.hidden);
        if (machine.visible, machine.hidden) != (visible, hidden) {
            return Err(RbmError::Shape { name: "saved weights", found: machine.weights.len(), visible, hidden });
        }
        if self.settings.algorithm == Algorithm::Pcd {
            let fits = |spins: &Spins, units| (spins.samples(), spins.units()) == (self.chains.count(), units);
            match chains {
                Some((s, sigma)) if fits(s, visible) && fits(sigma, hidden) => self.chains.restore(s, sigma),
                other => {
                    let reason = format!("the run to go on from has {}", other.map_or(0, |(s, _)| s.samples()));
                    let value = self.chains.count() as f64;
                    return Err(RbmError::Setting { name: "the number of chains", value, reason });
                }
            }
        }
        self.machine = machine;
        self.updates = updates;
        Ok(())
    }

    /// One update of weights and fields.
    ///
    /// # Errors
    /// [`RbmError::NotFinite`] if training has diverged.
    pub fn update(&mut self) -> Result<()> {
        let stream = Stream::new(self.settings.seed, Purpose::Chains);
        self.order.batch(self.updates, &mut self.chosen);
        self.batch.load(self.data, &self.chosen);
        self.batch.average_hidden(&self.machine);
        if self.settings.algorithm == Algorithm::Exact {
            self.gradients.against(&self.machine, &self.batch, &self.machine.exact()?);
        } else {
            if self.settings.algorithm == Algorithm::Cd {
                let starts = Stream::new(self.settings.seed, Purpose::Starts);
                self.chains.draw_hidden_of(&self.batch, starts, self.updates + 1);
            }
            self.chains.advance(&self.machine, self.settings.gibbs_steps, stream, self.updates);
            self.gradients.estimate(&self.machine, &self.batch, &self.chains);
        }
        if self.settings.centred {
            self.gradients.centre();
        }
        self.gradients.apply(&mut self.machine, self.settings.learning_rate, self.settings.l2);
        self.updates += 1;
        self.machine.check_finite()
    }

    /// The machine as it is now.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Updates done.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// Time: learning rate × updates.
    pub fn time(&self) -> f64 {
        self.settings.learning_rate * self.updates as f64
    }

    /// Passes through the data.
    pub fn epoch(&self) -> f64 {
        self.updates as f64 * self.settings.batch_size as f64 / self.data.samples() as f64
    }

    /// Visible and hidden spins of the persistent chains, from which the next update starts; `None` unless the algorithm is PCD.
    pub fn chains(&self) -> Option<(Spins, Spins)> {
        let persistent = self.settings.algorithm == Algorithm::Pcd;
        persistent.then(|| (self.chains.visible_spins(), self.chains.hidden_spins()))
    }

    /// The data.
    pub fn data(&self) -> &'a Spins {
        self.data
    }

    /// Settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
