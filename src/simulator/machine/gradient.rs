//! The gradient estimated from a batch and chains: centring and update (`docs/theory.md`, section 6).

use super::chains::GibbsChains;
use super::exact::Exact;
use super::rbm::Machine;
use crate::linalg::{single_product, single_rows_mut};
use rayon::prelude::*;

/// Rows of W per block of the gradient; fixed, so that sums do not depend on the number of threads.
const UPDATE_SLAB: usize = 200;

/// Gradient of weights and fields, with the means of the data that centring needs.
#[derive(Clone, Debug)]
pub(super) struct Gradients {
    hidden: usize,
    weights: Vec<f32>,
    eta: Vec<f32>,
    theta: Vec<f32>,
    data_visible: Vec<f32>,
    data_hidden: Vec<f32>,
}

impl Gradients {
    pub fn new(machine: &Machine) -> Self {
        let zeros = |length: usize| vec![0.0; length];
        Self {
            hidden: machine.hidden,
            weights: zeros(machine.visible * machine.hidden),
            eta: zeros(machine.visible),
            theta: zeros(machine.hidden),
            data_visible: zeros(machine.visible),
            data_hidden: zeros(machine.hidden),
        }
    }

    /// `<s tanh>_batch − <s tanh>_chains`, `<s>_batch − <s>_chains`, `<tanh>_batch − <tanh>_chains`.
    pub fn estimate(&mut self, machine: &Machine, batch: &GibbsChains, chains: &GibbsChains) {
        self.sum(machine, batch, Some(chains));
    }

    /// Same, with the machine's exact averages in place of averages over chains.
    pub fn against(&mut self, machine: &Machine, batch: &GibbsChains, model: &Exact) {
        self.sum(machine, batch, None);
        let hidden = self.hidden;
        for (index, entry) in self.weights.iter_mut().enumerate() {
            *entry -= model.correlation[(index / hidden, index % hidden)] as f32;
        }
        for (total, means) in [(&mut self.eta, &model.visible_mean), (&mut self.theta, &model.hidden_mean)] {
            total.iter_mut().zip(means.iter()).for_each(|(total, &mean)| *total -= mean as f32);
        }
    }

    /// The averages over the batch, minus those over chains.
    fn sum(&mut self, machine: &Machine, batch: &GibbsChains, chains: Option<&GibbsChains>) {
        let hidden = self.hidden;
        let share = 1.0 / batch.count() as f32;
        let chains = chains.map(|chains| (chains, -1.0 / chains.count() as f32));
        let phases: Vec<(&GibbsChains, f32)> = std::iter::once((batch, share)).chain(chains).collect();
        self.weights.par_chunks_mut(UPDATE_SLAB * hidden).enumerate().for_each(|(index, slab)| {
            let rows = slab.len() / hidden;
            let mut slab = single_rows_mut(slab, hidden);
            let mut add = false;
            for &(chains, share) in &phases {
                for block in chains.blocks() {
                    let spins = block.spins(machine).subcols(index * UPDATE_SLAB, rows);
                    let means = block.hidden_means(machine);
                    single_product(slab.as_mut(), add, spins.transpose(), means, share);
                    add = true;
                }
            }
        });
        for (target, total, layer) in [
            (&mut self.data_visible, &mut self.eta, GradientLayer::Visible),
            (&mut self.data_hidden, &mut self.theta, GradientLayer::Hidden),
        ] {
            target.fill(0.0);
            sum(batch, share, layer, target);
            total.copy_from_slice(target);
            if let Some((chains, share)) = chains {
                sum(chains, share, layer, total);
            }
        }
    }

    /// Turns the plain gradient into the gradient of the centred machine, expressed in the plain parameters. With the data's
    /// means μ of s and λ of σ, and plain gradients G, g, f: `G_c = G − μ fᵀ − g λᵀ`, `g_c = g − G_c λ`, `f_c = f − G_cᵀ μ`.
    pub fn centre(&mut self) {
        let Self { hidden, weights, eta, theta, data_visible, data_hidden } = self;
        for ((row, &mu), g) in weights.chunks_exact_mut(*hidden).zip(&*data_visible).zip(eta.iter_mut()) {
            let mut shift = 0.0;
            for ((entry, &f), &lambda) in row.iter_mut().zip(&*theta).zip(&*data_hidden) {
                *entry -= mu * f + *g * lambda;
                shift += *entry * lambda;
            }
            *g -= shift;
        }
        for (row, &mu) in weights.chunks_exact(*hidden).zip(&*data_visible) {
            for (f, &entry) in theta.iter_mut().zip(row) {
                *f -= mu * entry;
            }
        }
    }

    /// Adds `rate` times the gradient; the gradient of the weights is reduced by `l2 · W`.
    pub fn apply(&self, machine: &mut Machine, rate: f64, l2: f64) {
        let (rate, keep) = (rate as f32, (1.0 - rate * l2) as f32);
        for (parameters, gradient, keep) in [
            (&mut machine.weights, &self.weights, keep),
            (&mut machine.eta, &self.eta, 1.0),
            (&mut machine.theta, &self.theta, 1.0),
        ] {
            for (parameter, &gradient) in parameters.iter_mut().zip(gradient) {
                *parameter = keep * *parameter + rate * gradient;
            }
        }
    }

    #[cfg(test)]
    pub fn parts(&self) -> [&[f32]; 3] {
        [&self.weights, &self.eta, &self.theta]
    }
}

#[derive(Clone, Copy)]
enum GradientLayer {
    Visible,
    Hidden,
}

/// Adds `share` times the sum of a layer (spins or hidden means) over chains.
fn sum(chains: &GibbsChains, share: f32, layer: GradientLayer, total: &mut [f32]) {
    for block in chains.blocks() {
        let values = match layer {
            GradientLayer::Visible => &block.spins,
            GradientLayer::Hidden => &block.hidden_means,
        };
        for row in values.chunks_exact(total.len()) {
            for (total, &value) in total.iter_mut().zip(row) {
                *total += share * value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Spins;
    use crate::simulator::machine::random::{Purpose, Stream};

    const CHAINS: usize = 40_000;

    fn estimate() -> (Machine, Spins, Gradients) {
        let data = Spins::from_fn(300, 9, |sample, unit| (sample * 7 + unit * unit) % 11 < 4);
        let machine = Machine::random(9, 5, 0.3, 1).unwrap().with_mean_of(&data).unwrap();
        let mut batch = GibbsChains::new(300, &machine);
        batch.load(&data, &(0..300).collect::<Vec<_>>());
        batch.average_hidden(&machine);
        let mut chains = GibbsChains::new(CHAINS, &machine);
        let stream = Stream::new(0, Purpose::Chains);
        chains.start(&machine, stream);
        chains.advance(&machine, 100, stream, 1);
        let mut gradients = Gradients::new(&machine);
        gradients.estimate(&machine, &batch, &chains);
        (machine, data, gradients)
    }

    #[test]
    fn the_estimate_is_the_exact_gradient_within_its_error() {
        let (machine, data, gradients) = estimate();
        let exact = machine.exact_gradient(&data).unwrap();
        let [weights, eta, theta] = gradients.parts();
        let pairs = (0..45).map(|n| (weights[n], exact.weights[(n / 5, n % 5)]));
        let pairs = pairs.chain(eta.iter().copied().zip(exact.eta.iter().copied()));
        // |s tanh| ≤ 1 bounds the deviation of one chain; the data's part is exact to single precision.
        let error = 1.0 / (CHAINS as f64).sqrt() + 1e-5;
        let mut squares = 0.0;
        for (found, exact) in pairs.chain(theta.iter().copied().zip(exact.theta.iter().copied())) {
            let deviation = (f64::from(found) - exact) / error;
            assert!(deviation.abs() < 4.0, "{found} for {exact} ± {error}");
            squares += deviation * deviation;
        }
        // Deviations well below one error would mean that the bound is no test.
        assert!(squares / 59.0 > 0.05, "{squares}");
    }

    /// The centred gradient is the difference of covariances of centred variables; both phases use the data's means.
    #[test]
    fn centring_is_a_change_of_variables() {
        let (machine, data, mut gradients) = estimate();
        let [weights, eta, theta] = gradients.parts().map(<[f32]>::to_vec);
        gradients.centre();
        let [mu, lambda] = [&gradients.data_visible, &gradients.data_hidden];
        let mean = data.unit_sums()[3] as f32 / 300.0;
        assert!((mu[3] - mean).abs() < 1e-5);
        for i in 0..machine.visible {
            let mut expected_eta = eta[i];
            for j in 0..machine.hidden {
                // <(s−μ)(σ−λ)>_data − <(s−μ)(σ−λ)>_chains, from the means of each phase.
                let (s_chains, h_chains) = (mu[i] - eta[i], lambda[j] - theta[j]);
                let product_difference = weights[i * machine.hidden + j];
                let data_part = -mu[i] * lambda[j];
                let chains_part = -mu[i] * h_chains - s_chains * lambda[j] + mu[i] * lambda[j];
                let expected = product_difference + data_part - chains_part;
                let found = gradients.weights[i * machine.hidden + j];
                assert!((found - expected).abs() < 1e-5, "{found} {expected}");
                expected_eta -= found * lambda[j];
            }
            assert!((gradients.eta[i] - expected_eta).abs() < 1e-5);
        }
    }
}
