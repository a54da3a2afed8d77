//! The problem of figures: clusters along planted directions, learnt from noise of a known scale.
//!
//! The initial weights are noise of scale σ, `W_ij ~ N(0, σ²/L)`, and the visible fields are those of the data's means. Machines
//! are seen along the directions of the data that grow fastest, one per planted direction.

use super::design::Design;
use super::experiment::Experiment;
use crate::data::Clusters;
use crate::error::Error;
use crate::learning::LinearTheory;
use crate::simulator::machine::Machine;
use crate::study::error::Result;
use crate::theory::average::response;
use crate::theory::prior::Prior;
use crate::theory::saddle::{Ensemble, Solver, Start};

/// Clusters, and the scale of the noise that learning starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Planted {
    /// Numbers of visible and hidden units.
    pub units: (usize, usize),
    /// Amplitudes of the planted directions, see [`Clusters`]; all balanced.
    pub amplitudes: Vec<f64>,
    /// Law of the components of the planted directions.
    pub prior_u: Prior,
    /// Samples.
    pub samples: usize,
    /// Scale σ of the initial weights.
    pub sigma: f64,
    /// Seed of data and initial machine.
    pub seed: u64,
}

impl Planted {
    /// Draws data and machine.
    ///
    /// # Errors
    /// Parameters that [`Clusters`], the machine or [`Experiment::new`] reject.
    pub fn experiment(&self, design: Design) -> Result<Experiment> {
        let (visible, hidden) = self.units;
        let modes = self.amplitudes.len();
        let clusters = Clusters::new(visible, &self.amplitudes, &vec![0.5; modes], &self.prior_u, self.seed)?;
        let data = clusters.generate(self.samples)?;
        let size = (visible as f64 * hidden as f64).sqrt();
        let machine = Machine::random(visible, hidden, self.sigma / size.sqrt(), self.seed)?;
        let machine = machine.with_mean_of(data.spins()?)?;
        Experiment::new(data, machine, Design { directions: Some(modes), modes: Some(modes), ..design })
    }

    /// σ at the times of the records of its `experiment`, with one direction whose mode has the strengths w(t) of a theory.
    ///
    /// Along a direction that is not learnt, the weights change through the fluctuations of its units under the data and under
    /// the machine,
    ///
    /// ```text
    /// d ln σ/dt = (1 − q_Data) V(w² λ/N_h + σ² κ^{-1/2}) − (1 − q̄)(1 − q),
    /// ```
    ///
    /// with λ and 1 − q_Data the variances of the data along the mode and along the other directions, V the response
    /// function, and q, q̄ the overlaps of the dominant state of the ensemble (σ, w). σ decays in the paramagnet, and stops
    /// once the machine's overlaps are those of the data. The hidden components are taken as normal. Integrated by Heun's
    /// rule from record to record.
    ///
    /// # Errors
    /// [`Error::Range`] for more than one direction, or more strengths than records; those of the states.
    pub fn noise(&self, experiment: &Experiment, strengths: &[f64]) -> crate::Result<Vec<f64>> {
        let times = experiment.times();
        if self.amplitudes.len() != 1 || strengths.len() > times.len() {
            let reason = "one direction is needed, and no more strengths than records".to_owned();
            return Err(Error::Range { name: "the strengths", reason });
        }
        let moments = experiment.moments();
        let mode = LinearTheory::of_ising(moments)?.leading(1)?;
        let along = (mode.transpose() * &moments.covariance * &mode)[(0, 0)];
        let across = (moments.covariance.trace() - along) / (self.units.0 as f64 - 1.0);
        let rate = |sigma: f64, strength: f64| self.decay(sigma, strength, (along, across));
        let mut sigmas = vec![self.sigma];
        for record in 1..strengths.len() {
            let (step, last) = (times[record] - times[record - 1], sigmas[record - 1]);
            let first = rate(last, strengths[record - 1])?;
            let second = rate(last * (first * step).exp(), strengths[record])?;
            sigmas.push(last * (0.5 * (first + second) * step).exp());
        }
        sigmas.truncate(strengths.len());
        Ok(sigmas)
    }

    /// d ln σ/dt, from the variances of the data along the mode and across it.
    fn decay(&self, sigma: f64, strength: f64, (along, across): (f64, f64)) -> crate::Result<f64> {
        let (visible, hidden) = (self.units.0 as f64, self.units.1 as f64);
        let kappa = hidden / visible;
        let field = strength * strength * along / hidden + sigma * sigma / kappa.sqrt();
        let ensemble = Ensemble::new(kappa, sigma, &[strength], Prior::Gaussian)?
            .with_priors(self.prior_u.clone(), Prior::Gaussian)?;
        let mut solver = Solver::new(&ensemble)?;
        let states = [Start::condensed(1, &[0]), Start::paramagnet(1), Start::spin_glass(1)];
        let states = states.iter().map(|start| solver.solve(start)).collect::<crate::Result<Vec<_>>>()?;
        let stable = states.into_iter().filter(|state| state.is_converged() && state.stable);
        let dominant = stable.min_by(|a, b| a.free_energy.total_cmp(&b.free_energy));
        let Some(dominant) = dominant else {
            let reason = format!("no stable state was found at σ = {sigma}, w = {strength}");
            return Err(Error::Range { name: "the strengths", reason });
        };
        Ok(across * response::v(field)? - dominant.susceptibility())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::compare::Runs;

    fn planted() -> Planted {
        let (amplitudes, prior_u) = (vec![0.8], Prior::Bernoulli);
        Planted { units: (120, 60), amplitudes, prior_u, samples: 4000, sigma: 0.2, seed: 1 }
    }

    fn design() -> Design {
        Design {
            gibbs_steps: Some(5),
            batch_size: Some(100),
            learning_rate: Some(0.005),
            updates: Some(60),
            records: 20,
            runs: Runs::Simulated { count: Some(2), seed: 1 },
            ..Design::default()
        }
    }

    /// The population closure has no free parameter. It must follow the simulation within the chance of batches of 100 samples
    /// (relative 0.1 of the gradient, averaged over tens of updates) and terms of order 1/L; 5 % was chosen before.
    #[test]
    fn the_population_closure_follows_the_simulation_and_steps_are_its_own() {
        let experiment = planted().experiment(design()).unwrap();
        let theories = experiment.closures();
        let mut updates = 0;
        let outcome = experiment.compare(&theories[5..], &mut |made| updates = made).unwrap();
        assert_eq!(updates, 120);
        let ours = &outcome.curves;
        let last = ours.times.len() - 1;
        assert!((ours.times[last] - 0.3).abs() < 1e-12);
        assert!(ours.mean[0][last] > 5.0 * ours.mean[0][0], "it has learnt: {:?}", ours.mean[0]);
        for theory in &outcome.theories {
            assert!(theory.ended().is_none());
            // The machine at the start is the same, to the precision of its weights.
            assert!((theory.followed.values[0][0] / ours.mean[0][0] - 1.0).abs() < 1e-5);
            let deviation = theory.followed.values[0][last] / ours.mean[0][last] - 1.0;
            assert!(deviation.abs() < 0.05, "{}: {deviation}", theory.name);
        }
    }

    /// Before there is a mode, σ decays as a site of ±1 data without noise of its own loses its weights. In a weak field,
    /// V = 1 − x to first order and the rate is `(1 − q_Data)(1 − σ² κ^{-1/2}) − 1`. σ is constant once the machine's overlaps are
    /// those of the data, M̄ = tanh 0.8: for ±1 and normal components that is at `w² M̄ V(w² M̄²/κ) = atanh M̄`, by (11).
    #[test]
    fn noise_decays_until_the_machine_has_learnt() {
        let planted = Planted { sigma: 0.1, ..planted() };
        let experiment = planted.experiment(design()).unwrap();
        let times = experiment.times();
        let end = times[times.len() - 1];
        let rate = |strength: f64| {
            let sigmas = planted.noise(&experiment, &vec![strength; times.len()]).unwrap();
            assert_eq!(sigmas[0], 0.1);
            (sigmas[times.len() - 1] / 0.1).ln() / end
        };
        // tanh² 0.8 = 0.441; the first-order V leaves x² = 2e-4 and the drawn samples 1 %.
        let exact = (1.0 - 0.8f64.tanh().powi(2)) * (1.0 - 0.01 * 2f64.sqrt()) - 1.0;
        assert!((rate(0.0) - exact).abs() < 0.01, "{} {exact}", rate(0.0));
        let mean = 0.8f64.tanh();
        let field = |w: f64| w * w * mean * response::v(w * w * mean * mean / 0.5).unwrap();
        let (mut low, mut high) = (1.0, 3.0);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if field(middle) < 0.8 { low = middle } else { high = middle }
        }
        // Terms of order σ², and the drawn samples.
        let (below, at, above) = (rate(0.9 * low), rate(low), rate(1.1 * low));
        assert!(at.abs() < 0.02 && below < -at.abs() && above > at.abs(), "w = {low}: {below} {at} {above}");
        assert!(planted.noise(&experiment, &vec![1.0; times.len() + 1]).is_err());
    }
}
