//! A training run by sampling: where it starts, how it learns and how long.

use crate::simulator::machine::Settings;

/// A training run. By default with the letter's parameters; it does not state the size of its batches.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// Hidden units.
    pub hidden: usize,
    /// Standard deviation of the initial weights.
    pub deviation: f64,
    /// Passes through the data.
    pub epochs: f64,
    /// Number of records, approximately.
    pub records: usize,
    /// Algorithm, batches, learning rate, and the seed of weights, batches and chains.
    pub settings: Settings,
}

/// Largest growth of a mode in an update of training, as a share of itself, from which a learning rate that is left open follows. The
/// chains of PCD lag behind larger steps: on drawn digits, 20 epochs at 4 % bring the pseudo-log-likelihood from −221 to −83 without
/// a pause, at 8 % to −67 after a long one at −165, and at 20 % to −324.
pub const TRAINED_GROWTH: f64 = 0.05;

impl Default for Training {
    fn default() -> Self {
        Self { hidden: 400, deviation: 0.01, epochs: 20.0, records: 60, settings: Settings::default() }
    }
}

impl Training {
    /// The run of figures, for this many samples: longer, or as long if `quick`, and with batches of 500, or a hundredth of the
    /// samples if that is less.
    pub fn of_figures(samples: usize, quick: bool) -> Self {
        let batch_size = 500.min(samples.div_ceil(100));
        let settings = Settings { batch_size, chains: batch_size, ..Settings::default() };
        let usual = Self::default();
        Self { epochs: if quick { usual.epochs } else { 100.0 }, settings, ..usual }
    }

    /// Updates in `epochs` passes through the data.
    pub fn updates_in(&self, epochs: f64, samples: usize) -> u64 {
        (epochs * samples as f64 / self.settings.batch_size as f64).ceil() as u64
    }
}
