//! Markov chains of a machine, in blocks (`docs/theory.md`, section 6).
//!
//! Rows are chains. They are cut into blocks of about [`CHAINS_A_BLOCK`] rows, independent of the number of threads. Each block has its
//! own random numbers and goes through all its Gibbs steps without waiting for the others. Everything that a block needs stays in
//! the second-level cache, except the weights, which all blocks share.

use super::error::RbmError;
use super::kernel;
use super::random::{Lanes, Stream};
use super::rbm::Machine;
use super::result::Result;
use crate::data::Spins;
use crate::linalg::{Singles, single_product, single_rows, single_rows_mut};
use rayon::prelude::*;

/// Maximum number of rows in a block: enough that packing the weights for each block costs little, few enough to share the work.
const CHAINS_A_BLOCK: usize = 64;

/// Maximum number of values, of four bytes each, in the states of all chains.
const MOST_STATES: usize = 1 << 31;

/// States of chains: visible spins, hidden spins, and means of the hidden spins given the visible ones.
#[derive(Clone, Debug)]
pub(super) struct GibbsChains {
    count: usize,
    visible: usize,
    hidden: usize,
    blocks: Vec<ChainBlock>,
}

#[derive(Clone, Debug)]
pub(super) struct ChainBlock {
    /// First chain of the block.
    first: usize,
    /// s, `rows × N_v`.
    pub spins: Vec<f32>,
    /// σ, `rows × N_h`.
    pub hidden_spins: Vec<f32>,
    /// `tanh(Wᵀs + theta)`, `rows × N_h`, or on the way there the field.
    pub hidden_means: Vec<f32>,
}

/// Checks that there is at least one chain and that the states of all chains are not too large.
pub(super) fn check_count(count: usize, machine: &Machine) -> Result<()> {
    let bad = |reason: String| Err(RbmError::Setting { name: "the number of chains", value: count as f64, reason });
    let units = machine.visible + 2 * machine.hidden;
    match count.checked_mul(units) {
        Some(0) => bad("it must be at least 1".to_owned()),
        Some(states) if states <= MOST_STATES => Ok(()),
        _ => bad(format!("of {units} numbers each, they would take more than {} GiB", MOST_STATES >> 28)),
    }
}

impl GibbsChains {
    /// Makes `count` chains for a machine; all states are zero until they are set.
    pub fn new(count: usize, machine: &Machine) -> Self {
        let (visible, hidden) = (machine.visible, machine.hidden);
        let blocks = count.div_ceil(CHAINS_A_BLOCK);
        let block = |index: usize| {
            let first = index * count / blocks;
            let rows = (index + 1) * count / blocks - first;
            let zeros = |units: usize| vec![0.0; rows * units];
            ChainBlock { first, spins: zeros(visible), hidden_spins: zeros(hidden), hidden_means: zeros(hidden) }
        };
        Self { count, visible, hidden, blocks: (0..blocks).map(block).collect() }
    }

    /// Number of chains.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Sets the visible spins to the samples with the numbers `chosen`.
    pub fn load(&mut self, data: &Spins, chosen: &[usize]) {
        assert_eq!(chosen.len(), self.count, "one sample per chain");
        let visible = self.visible;
        self.blocks.par_iter_mut().for_each(|block| {
            for (row, &sample) in block.spins.chunks_exact_mut(visible).zip(&chosen[block.first..]) {
                data.expand(sample, row);
            }
        });
    }

    /// Means of the hidden units given the visible spins.
    pub fn average_hidden(&mut self, machine: &Machine) {
        self.blocks.par_iter_mut().for_each(|block| {
            block.hidden_fields(machine);
            kernel::means(&mut block.hidden_means, &machine.theta);
        });
    }

    /// Replaces the visible spins by their means given the hidden units at their means.
    pub fn reconstruct(&mut self, machine: &Machine) {
        self.blocks.par_iter_mut().for_each(|block| {
            block.visible_fields(machine, Hidden::Means);
            kernel::means(&mut block.spins, &machine.eta);
        });
    }

    /// Replaces the hidden means by the fields of the weights on the hidden units.
    pub fn hidden_fields(&mut self, machine: &Machine) {
        self.blocks.par_iter_mut().for_each(|block| block.hidden_fields(machine));
    }

    /// Draws the hidden spins from the hidden means of the same number of other chains.
    pub fn draw_hidden_of(&mut self, from: &Self, stream: Stream, time: u64) {
        self.blocks.par_iter_mut().zip(&from.blocks).enumerate().for_each(|(index, (block, from))| {
            let mut random = stream.lanes(time, index as u64);
            kernel::sample_means(&from.hidden_means, &mut block.hidden_spins, &mut random);
        });
    }

    /// Draws the hidden spins from the hidden fields alone, as if there were no weights.
    pub fn start(&mut self, machine: &Machine, stream: Stream) {
        self.blocks.par_iter_mut().enumerate().for_each(|(index, block)| {
            let mut random = stream.lanes(0, index as u64);
            block.hidden_spins.fill(0.0);
            kernel::sample(&mut block.hidden_spins, &machine.theta, &mut random);
        });
    }

    /// Makes `steps` Gibbs steps from the hidden spins; each draws the visible spins, then the hidden ones. The last step
    /// computes the hidden means first and draws the hidden spins from them.
    pub fn advance(&mut self, machine: &Machine, steps: usize, stream: Stream, time: u64) {
        self.blocks.par_iter_mut().enumerate().for_each(|(index, block)| {
            let mut random = stream.lanes(time, index as u64);
            for step in 1..=steps {
                block.draw_visible(machine, &mut random);
                if step < steps {
                    block.draw_hidden(machine, &mut random);
                } else {
                    block.hidden_fields(machine);
                    kernel::means(&mut block.hidden_means, &machine.theta);
                    kernel::sample_means(&block.hidden_means, &mut block.hidden_spins, &mut random);
                }
            }
        });
    }

    /// Draws the visible spins given the hidden ones.
    pub fn draw_visible(&mut self, machine: &Machine, stream: Stream, time: u64) {
        self.blocks.par_iter_mut().enumerate().for_each(|(index, block)| {
            block.draw_visible(machine, &mut stream.lanes(time, index as u64));
        });
    }

    /// Draws the hidden spins given the visible ones.
    pub fn draw_hidden(&mut self, machine: &Machine, stream: Stream, time: u64) {
        self.blocks.par_iter_mut().enumerate().for_each(|(index, block)| {
            block.draw_hidden(machine, &mut stream.lanes(time, index as u64));
        });
    }

    /// The blocks, in the order of the chains.
    pub fn blocks(&self) -> &[ChainBlock] {
        &self.blocks
    }

    /// Visible spins of all chains.
    pub fn visible_spins(&self) -> Spins {
        self.pack(self.visible, |block| &block.spins)
    }

    /// Hidden spins of all chains.
    pub fn hidden_spins(&self) -> Spins {
        self.pack(self.hidden, |block| &block.hidden_spins)
    }

    fn pack(&self, units: usize, layer: impl Fn(&ChainBlock) -> &[f32]) -> Spins {
        let mut packed = Spins::new(self.count, units);
        for block in &self.blocks {
            for (row, values) in layer(block).chunks_exact(units).enumerate() {
                packed.fill(block.first + row, |unit| values[unit] > 0.0);
            }
        }
        packed
    }

    /// Sets the spins of both layers, as [`Self::visible_spins`] and [`Self::hidden_spins`] gave them.
    pub fn restore(&mut self, visible: &Spins, hidden: &Spins) {
        for block in &mut self.blocks {
            for (spins, values) in [(visible, &mut block.spins), (hidden, &mut block.hidden_spins)] {
                assert_eq!(spins.samples(), self.count, "the same number of chains");
                for (row, values) in values.chunks_exact_mut(spins.units()).enumerate() {
                    spins.expand(block.first + row, values);
                }
            }
        }
    }
}

/// What represents the hidden units.
#[derive(Clone, Copy)]
enum Hidden {
    Spins,
    Means,
}

impl ChainBlock {
    /// s, `rows × N_v`.
    pub fn spins(&self, machine: &Machine) -> Singles<'_> {
        single_rows(&self.spins, machine.visible)
    }

    /// Means of the hidden units, `rows × N_h`.
    pub fn hidden_means(&self, machine: &Machine) -> Singles<'_> {
        single_rows(&self.hidden_means, machine.hidden)
    }

    fn draw_visible(&mut self, machine: &Machine, random: &mut Lanes) {
        self.visible_fields(machine, Hidden::Spins);
        kernel::sample(&mut self.spins, &machine.eta, random);
    }

    /// Draws the hidden spins; afterwards `hidden_means` holds no means.
    fn draw_hidden(&mut self, machine: &Machine, random: &mut Lanes) {
        self.hidden_fields(machine);
        kernel::sample(&mut self.hidden_means, &machine.theta, random);
        std::mem::swap(&mut self.hidden_means, &mut self.hidden_spins);
    }

    fn hidden_fields(&mut self, machine: &Machine) {
        let fields = single_rows_mut(&mut self.hidden_means, machine.hidden);
        let spins = single_rows(&self.spins, machine.visible);
        single_product(fields, false, spins, machine.matrix(), 1.0);
    }

    fn visible_fields(&mut self, machine: &Machine, given: Hidden) {
        let fields = single_rows_mut(&mut self.spins, machine.visible);
        let hidden = match given {
            Hidden::Spins => &self.hidden_spins,
            Hidden::Means => &self.hidden_means,
        };
        let hidden = single_rows(hidden, machine.hidden);
        single_product(fields, false, hidden, machine.matrix().transpose(), 1.0);
    }
}
