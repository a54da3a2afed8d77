//! A look at the chains of a trainer: where they would go under the current machine.

use super::chains::{ChainBlock, GibbsChains};
use super::random::{Purpose, Stream};
use super::rbm::Machine;
use super::train::{Algorithm, Trainer};
use nalgebra::DMatrix;

/// Both layers of chains, one chain per row.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainStates {
    /// s, `chains × N_v`.
    pub visible: DMatrix<f32>,
    /// σ drawn given s, `chains × N_h`.
    pub hidden: DMatrix<f32>,
    /// ⟨σ⟩ given s, `chains × N_h`.
    pub hidden_means: DMatrix<f32>,
}

/// The chains behind the negative term of a trainer's next update, and the same chains after more Gibbs steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// Samples of the data, with the hidden layer given them.
    pub data: ChainStates,
    /// Chains after the k Gibbs steps of an update.
    pub once: ChainStates,
    /// The same chains after k more.
    pub twice: ChainStates,
}

impl Trainer<'_> {
    /// Copies of the chains after the Gibbs steps of one update and of two, with no update between, and `samples` samples of the
    /// data (all, if there are fewer). Training is not affected. `None` for the exact gradient.
    pub fn probe(&self, samples: usize) -> Option<Probe> {
        let (machine, settings) = (&self.machine, &self.settings);
        let mut chains = self.chains.clone();
        match settings.algorithm {
            Algorithm::Pcd => {}
            Algorithm::Cd => {
                let (mut order, mut chosen, mut batch) = (self.order.clone(), self.chosen.clone(), self.batch.clone());
                order.batch(self.updates, &mut chosen);
                batch.load(self.data, &chosen);
                batch.average_hidden(machine);
                chains.draw_hidden_of(&batch, Stream::new(settings.seed, Purpose::Starts), self.updates + 1);
            }
            Algorithm::Exact => return None,
        }
        let stream = Stream::new(settings.seed, Purpose::Probe);
        chains.advance(machine, settings.gibbs_steps, stream, 2 * self.updates);
        let once = states(&chains, machine);
        chains.advance(machine, settings.gibbs_steps, stream, 2 * self.updates + 1);
        let count = samples.clamp(1, self.data.samples());
        // Spread evenly over the data, whatever their order.
        let chosen: Vec<usize> = (0..count).map(|index| index * self.data.samples() / count).collect();
        let mut data = GibbsChains::new(count, machine);
        data.load(self.data, &chosen);
        data.average_hidden(machine);
        Some(Probe { data: states(&data, machine), once, twice: states(&chains, machine) })
    }
}

fn states(chains: &GibbsChains, machine: &Machine) -> ChainStates {
    let rows = |units: usize, layer: fn(&ChainBlock) -> &[f32]| {
        let values = chains.blocks().iter().flat_map(|block| layer(block).iter().copied());
        DMatrix::from_row_iterator(chains.count(), units, values)
    };
    ChainStates {
        visible: rows(machine.visible, |block| &block.spins),
        hidden: rows(machine.hidden, |block| &block.hidden_spins),
        hidden_means: rows(machine.hidden, |block| &block.hidden_means),
    }
}
