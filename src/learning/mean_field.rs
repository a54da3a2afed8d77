//! The mean-field response within the flow: from the bases of the flow to the frame of the modes and back.
//!
//! In the frame, the machine is one of the ensemble (10) with the current w_α and fields. Its averages are those of
//! [`MeanFieldResponse`]. The visible components are the actual ones, with a field for each site, or follow a law. The hidden
//! components follow a law.

use super::frame::Frame;
use super::gaussian::Averages;
use super::response::{self, MeanFieldResponse, StateChange};
use super::state::{Basis, Layers, State};
use crate::error::{Error, Result};
use crate::theory::average::response::v;
use crate::theory::prior::{Components, Prior};
use crate::theory::saddle::{Ensemble, Start};
use nalgebra::{DMatrix, DVector};
use std::sync::Arc;

/// Largest number of modes above 1 for which states are searched: there may be two states per mode, and mixtures.
pub(super) const ENUMERABLE: usize = 10;
/// Number of samples that states start from when there are more modes.
pub(super) const CHAINS: usize = 100;

/// States of the machine, followed along the flow.
#[derive(Debug)]
pub(super) struct MeanField {
    response: MeanFieldResponse,
    /// Law of û; `None` for the actual components, with the fields of their sites.
    prior_u: Option<Prior>,
    prior_v: Prior,
    /// v^α of the last call, `H × K`.
    last: Option<DMatrix<f64>>,
    /// State and noise of the last averages, and the averages. At the end of a step they are needed again, up to three times, and
    /// may be integrals.
    made: Option<(State, f64, Averages)>,
}

impl MeanField {
    pub fn new(integrals: response::Integrals, prior_u: Option<Prior>, prior_v: Prior) -> Self {
        Self { response: MeanFieldResponse::new(integrals), prior_u, prior_v, last: None, made: None }
    }

    /// Averages at a state of the flow, with noise of scale `sigma`.
    pub fn averages(&mut self, layers: &Layers, state: &State, sigma: f64) -> Result<Averages> {
        if let Some((at, with, averages)) = &self.made
            && at == state
            && *with == sigma
        {
            return Ok(averages.clone());
        }
        let averages = self.averages_anew(layers, state, sigma)?;
        self.made = Some((state.clone(), sigma, averages.clone()));
        Ok(averages)
    }

    fn averages_anew(&mut self, layers: &Layers, state: &State, sigma: f64) -> Result<Averages> {
        let frame = Frame::of(&state.weights)?;
        let ensemble = self.ensemble(layers, state, &frame, sigma)?;
        self.turn(&frame, &ensemble);
        let found = self.response.averages(&ensemble, layers.size())?;
        let mut in_frame = &frame.u * &found.correlation;
        if let Some(sites) = &found.site_correlation {
            // The part that leaves the span of the modes.
            let resolved = layers.project_columns(sites);
            in_frame += &resolved - &frame.u * frame.u.tr_mul(&resolved);
        }
        let visible = match found.sites {
            Some(sites) => sites,
            None => layers.expand(&(&frame.u * &found.visible)),
        };
        Ok(Averages { correlation: in_frame * frame.v.transpose(), visible, hidden: &frame.v * found.hidden })
    }

    /// Searches for states again at a state of the flow, and returns the changes. Where more than [`ENUMERABLE`] modes exceed 1,
    /// the states from now on are those that the given samples (`D × count`) lead to. They start again at each search and are
    /// followed in between.
    pub fn refresh(
        &mut self,
        layers: &Layers,
        state: &State,
        sigma: f64,
        samples: Option<&DMatrix<f64>>,
    ) -> Result<Vec<StateChange>> {
        let frame = Frame::of(&state.weights)?;
        let ensemble = self.ensemble(layers, state, &frame, sigma)?;
        self.turn(&frame, &ensemble);
        let condensable = frame.singular_values.iter().filter(|w| **w > 1.0).count();
        if let Some(samples) = samples.filter(|_| condensable > ENUMERABLE || self.response.is_given()) {
            // Starts again each time: chains that have merged may separate again, and can enter modes that condense.
            self.response = MeanFieldResponse::with_starts(starts(layers, state, &frame, sigma, samples)?);
        }
        let changes = self.response.refresh(&ensemble, layers.size())?;
        if !changes.is_empty() || self.response.is_given() {
            self.made = None;
        }
        Ok(changes)
    }

    /// The ensemble that the machine belongs to.
    fn ensemble(&self, layers: &Layers, state: &State, frame: &Frame, sigma: f64) -> Result<Ensemble> {
        let modes = frame.modes();
        let scale = layers.size().sqrt();
        let (prior_u, eta) = match (&self.prior_u, &layers.basis) {
            (Some(law), _) => (law.clone(), frame.u.tr_mul(&layers.project(&state.eta)) / scale),
            (None, Basis::Abstract(_)) => {
                let reason = "the directions are abstract: the law of their components must be given".to_owned();
                return Err(Error::Range { name: "the law of u", reason });
            }
            (None, _) => {
                let values = layers.expand_columns(&frame.u) * (layers.visible_units as f64).sqrt();
                let components = Components::new(values, state.eta.clone())?;
                (Prior::Empirical(Arc::new(components)), DVector::zeros(modes))
            }
        };
        let theta = frame.v.tr_mul(&state.theta) / scale;
        Ensemble::new(layers.kappa(), sigma, frame.singular_values.as_slice(), Prior::Gaussian)?
            .with_priors(prior_u, self.prior_v.clone())?
            .with_fields(eta.as_slice(), theta.as_slice())
    }

    /// Rotates the known states with the frame. Under laws that are symmetric in each mode, states stay with their modes, up to
    /// the signs of the vectors.
    fn turn(&mut self, frame: &Frame, ensemble: &Ensemble) {
        if let Some(last) = self.last.take().filter(|last| last.shape() == frame.v.shape()) {
            let mut rotation = frame.v.tr_mul(&last);
            if ensemble.prior_u().is_symmetric() && ensemble.prior_v().is_symmetric() {
                rotation = DMatrix::from_diagonal(&rotation.diagonal().map(f64::signum));
            }
            self.response.turn(&rotation);
        }
        self.last = Some(frame.v.clone());
    }
}

/// Response of the hidden units to each sample: `⟨σ⟩ = f V(|f|²/N_h + κ^{-1/2} σ²)`, `f = Yᵀ z + θ`, in the frame.
fn starts(layers: &Layers, state: &State, frame: &Frame, sigma: f64, samples: &DMatrix<f64>) -> Result<Vec<Start>> {
    let units = layers.hidden_units as f64;
    let noise = sigma * sigma / layers.kappa().sqrt();
    let start = |z: nalgebra::DVectorView<'_, f64>| {
        let field = state.weights.tr_mul(&z) + &state.theta;
        let slope = v(field.norm_squared() / units + noise)?;
        Ok(Start { magnetization: frame.v.tr_mul(&field) * (slope / layers.size().sqrt()), overlap: 1.0 - slope })
    };
    samples.column_iter().map(start).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::Samples;

    /// Twelve strong modes under ±1 components, and samples along two of them. The states are the two that the samples are in,
    /// weighted by their share of the samples. ⟨s_α σ_α⟩ is L m̄_α m_α of the single mode times that weight.
    #[test]
    fn many_states_are_followed_from_the_samples() {
        let modes = 12;
        let (layers, state) = Layers::of_modes(600, 600, &vec![2.0; modes]).unwrap();
        let mut mean_field =
            MeanField::new(response::Integrals::AtTransitions, Some(Prior::Bernoulli), Prior::Bernoulli);
        // √N_v along the first mode, three times, and against the second one.
        let samples = DMatrix::from_fn(modes, 4, |mode, sample| match (mode, sample) {
            (0, 0..3) => 600f64.sqrt(),
            (1, 3) => -(600f64.sqrt()),
            _ => 0.0,
        });
        let source = Samples::new(samples).unwrap();
        let changes = mean_field.refresh(&layers, &state, 0.0, Some(&source.first(CHAINS)));
        assert!(changes.unwrap().is_empty() && mean_field.response.is_given());
        let averages = mean_field.averages(&layers, &state, 0.0).unwrap();
        // For one mode at κ = 1, m = m̄ = tanh(w m).
        let mut m: f64 = 0.9;
        (0..200).for_each(|_| m = (2.0 * m).tanh());
        let alone = 600.0 * m * m;
        for (mode, weight) in [(0, 0.75), (1, 0.25)] {
            // The rest are fluctuations of order one.
            assert!((averages.correlation[(mode, mode)] / (weight * alone) - 1.0).abs() < 0.01);
        }
        let scale = 600f64.sqrt();
        assert!((averages.hidden[0] / (0.75 * scale * m) - 1.0).abs() < 1e-6);
        assert!((averages.hidden[1] / (-0.25 * scale * m) - 1.0).abs() < 1e-6);
    }
}
