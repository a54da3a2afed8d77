//! Sampling from a machine.

use super::chains::{GibbsChains, check_count};
use super::random::{Purpose, Stream};
use super::rbm::Machine;
use super::result::Result;
use crate::data::Spins;

/// Chains that sample from a machine by block Gibbs sampling.
///
/// ```
/// use spectral_rbm::simulator::machine::{Machine, Sampler};
/// let machine = Machine::random(20, 10, 0.1, 0)?;
/// let mut sampler = Sampler::new(&machine, 64, 0)?;
/// sampler.advance(100);
/// assert_eq!((sampler.visible_spins().samples(), sampler.visible_spins().units()), (64, 20));
/// # Ok::<(), spectral_rbm::simulator::machine::RbmError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sampler<'a> {
    machine: &'a Machine,
    chains: GibbsChains,
    stream: Stream,
    calls: u64,
}

impl<'a> Sampler<'a> {
    /// Chains that start from independent units in the fields, as if there were no weights.
    ///
    /// # Errors
    /// [`RbmError::Setting`](super::RbmError::Setting) without chains or with too many,
    /// [`RbmError::NotFinite`](super::RbmError::NotFinite) for a machine that is not finite.
    pub fn new(machine: &'a Machine, chains: usize, seed: u64) -> Result<Self> {
        machine.check()?;
        check_count(chains, machine)?;
        let mut chains = GibbsChains::new(chains, machine);
        chains.start(machine, Stream::new(seed, Purpose::Starts));
        Ok(Self { machine, chains, stream: Stream::new(seed, Purpose::Chains), calls: 0 })
    }

    /// Chains that start from samples.
    ///
    /// # Errors
    /// As [`Sampler::new`], and [`RbmError::Units`](super::RbmError::Units) if the samples do not fit the machine.
    pub fn from_samples(machine: &'a Machine, samples: &Spins, seed: u64) -> Result<Self> {
        machine.check_data(samples)?;
        let mut sampler = Self::new(machine, samples.samples(), seed)?;
        let all: Vec<usize> = (0..samples.samples()).collect();
        sampler.chains.load(samples, &all);
        sampler.chains.average_hidden(machine);
        let means = sampler.chains.clone();
        sampler.chains.draw_hidden_of(&means, Stream::new(seed, Purpose::Starts), 0);
        Ok(sampler)
    }

    /// Goes on by `steps` Gibbs steps: each draws the visible spins given the hidden ones, then the hidden ones.
    pub fn advance(&mut self, steps: usize) {
        self.chains.advance(self.machine, steps, self.stream, self.calls);
        self.calls += 1;
    }

    /// Visible spins, one sample per chain; before the first step, those of the initial samples, or all −1.
    pub fn visible_spins(&self) -> Spins {
        self.chains.visible_spins()
    }

    /// Hidden spins, one sample per chain.
    pub fn hidden_spins(&self) -> Spins {
        self.chains.hidden_spins()
    }
}
