//! Quick measures of how well a machine fits data.

use super::chains::GibbsChains;
use super::random::{Purpose, Stream};
use super::rbm::Machine;
use super::result::Result;
use crate::data::Spins;
use crate::theory::average::log_2cosh;
use rand::RngExt;
use rayon::prelude::*;

/// Maximum number of samples used.
const MOST_SAMPLES: usize = 1000;

impl Machine {
    /// Mean over samples and units of `(s − ŝ)²/4`, with `ŝ = tanh(W tanh(Wᵀs + theta) + eta)`. It lies between 0 (the machine
    /// reproduces the samples) and 1, and is 1/4 if the machine knows nothing. Uses the first 1000 samples.
    ///
    /// # Errors
    /// [`RbmError::Units`](super::RbmError::Units) if the samples do not fit the machine.
    pub fn reconstruction_error(&self, data: &Spins) -> Result<f64> {
        let mut chains = self.first_samples(data)?;
        chains.average_hidden(self);
        chains.reconstruct(self);
        let means = chains.blocks().iter().flat_map(|block| block.spins.chunks_exact(self.visible));
        let mut row = vec![0.0; self.visible];
        let mut sum = 0.0;
        for (sample, means) in means.enumerate() {
            data.expand(sample, &mut row);
            sum += row.iter().zip(means).map(|(s, mean)| f64::from(s - mean).powi(2)).sum::<f64>();
        }
        Ok(sum / (4 * chains.count() * self.visible) as f64)
    }

    /// Estimate of the mean of `Σ_i log p(s_i | all other s)` per sample (Besag 1975). In each of the first 1000 samples, one
    /// unit is drawn with `seed` and counts N_v times.
    ///
    /// # Errors
    /// As [`Machine::reconstruction_error`].
    pub fn pseudo_log_likelihood(&self, data: &Spins, seed: u64) -> Result<f64> {
        let stream = Stream::new(seed, Purpose::Estimates);
        let mut chains = self.first_samples(data)?;
        chains.hidden_fields(self);
        let fields = chains.blocks().iter().flat_map(|block| block.hidden_means.chunks_exact(self.hidden));
        let fields: Vec<&[f32]> = fields.collect();
        let values: Vec<f64> = fields
            .into_par_iter()
            .enumerate()
            .map(|(sample, fields)| {
                let unit = stream.generator(sample as u64, 0).random_range(0..self.visible);
                self.conditional_log_probability(data.value(sample, unit), unit, fields)
            })
            .collect();
        Ok(self.visible as f64 * values.iter().sum::<f64>() / values.len() as f64)
    }

    /// `log p(s_i | all other s)`, given the fields of all s on the hidden units.
    fn conditional_log_probability(&self, s: f64, unit: usize, fields: &[f32]) -> f64 {
        let row = &self.weights[unit * self.hidden..(unit + 1) * self.hidden];
        // log of the ratio of weights: flipped sample over sample.
        let hidden = fields.iter().zip(&self.theta).zip(row).map(|((&field, &theta), &w)| {
            let field = f64::from(field) + f64::from(theta);
            log_2cosh(field - 2.0 * s * f64::from(w)) - log_2cosh(field)
        });
        let odds = hidden.sum::<f64>() - 2.0 * s * f64::from(self.eta[unit]);
        // −log(1 + e^odds), without overflow.
        -(0.5 * odds + log_2cosh(0.5 * odds))
    }

    /// The first samples, in the visible layer.
    fn first_samples(&self, data: &Spins) -> Result<GibbsChains> {
        self.check_data(data)?;
        let count = data.samples().min(MOST_SAMPLES);
        let mut chains = GibbsChains::new(count, self);
        chains.load(data, &(0..count).collect::<Vec<_>>());
        Ok(chains)
    }
}
