//! The flow: `dW/dt = ⟨s σᵀ⟩_Data − ⟨s σᵀ⟩_RBM`, `deta/dt = ⟨s⟩_Data − ⟨s⟩_RBM`, `dtheta/dt = ⟨σ⟩_Data − ⟨σ⟩_RBM`, in the
//! bases of [`Layers`] (`docs/theory.md`, section 2).
//!
//! These bases do not rotate. Rotation terms belong to the description in the frame of the singular vectors
//! ([`Frame::rates`](super::Frame::rates)), which is computed from the state. Modes that cross, or nearly cross, pass smoothly.

use super::batches::Batches;
use super::chains::{ChainSettings, Chains};
use super::data_term::{Clamped, DataTerm, Source};
use super::frame::Frame;
use super::gaussian::{Averages, Covariance, SingleState};
use super::integrate::{Method, Split};
use super::linear_terms::{Likelihood, LinearClamped, LinearFree};
use super::mean_field::MeanField;
use super::noise::Noise;
use super::population::{Order, PopulationStates, PopulationTerm, Reliability};
use super::response::{self, StateChange};
use super::state::{Layers, State};
use super::term::{At, ClampedTerm, FreeTerm};
use crate::data::Moments;
use crate::error::{Error, Result};
use crate::theory::prior::Prior;
use nalgebra::{DMatrix, DVector};
use std::cell::RefCell;
use std::sync::Arc;

/// Ratio of the costs of data and machine above which the multirate method is faster. At 5 it takes 1.4 times as long (2,000
/// digits in 30 directions), at 19 a third of the time (10,000 digits in 135).
const COSTLY: f64 = 10.0;
/// A learning flow.
#[derive(Debug)]
pub struct Flow {
    layers: Layers,
    clamped: RefCell<Box<dyn ClampedTerm>>,
    free: RefCell<Box<dyn FreeTerm>>,
    noise: Noise,
    /// ⟨s⟩_Data, in the components of the visible fields; `None` where fields do not move.
    mean: Option<DVector<f64>>,
    /// Batches that steps of the map see instead of all the data.
    batches: Option<RefCell<Batches>>,
    /// For linear machines only.
    likelihood: Option<Likelihood>,
    shape: State,
}

impl Flow {
    /// The flow of a linear machine, with units of free variances σ_v² and σ_h²: `dW/dt = σ_h² (C − Λ⁻¹) W`,
    /// `Λ = 1/σ_v² − σ_h² W Wᵀ`. C is the covariance of the data. The flow is exact. Fields do not move.
    ///
    /// # Errors
    /// [`Error::Range`] if the moments do not fit the layers.
    pub fn linear(layers: Layers, start: &State, moments: &Moments, sigma_v: f64, sigma_h: f64) -> Result<Self> {
        for (name, value) in [("sigma_v", sigma_v), ("sigma_h", sigma_h)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::Range { name, reason: format!("it is {value}: it must be positive and finite") });
            }
        }
        let operator = Arc::new(resolved(&layers, &moments.covariance)? * (sigma_h * sigma_h));
        let free =
            LinearFree { covariance: Covariance::Uniform(sigma_v * sigma_v), hidden_variance: sigma_h * sigma_h };
        let likelihood = Some(Likelihood::new(operator.clone(), moments, (sigma_v, sigma_h)));
        let flow = Self::new(layers, start, LinearClamped(operator), free, Noise::none(), None);
        Ok(Self { likelihood, ..flow })
    }

    /// The flow of a linear machine whose visible units have the variances of the data. It describes ±1 units while W is small
    /// and their fields match the means of the data: `dW/dt = (C − diag C) W + O(W³)`.
    ///
    /// # Errors
    /// As [`Flow::linear`].
    pub fn linear_ising(layers: Layers, start: &State, moments: &Moments) -> Result<Self> {
        let operator = Arc::new(resolved(&layers, &moments.covariance)?);
        let covariance = Covariance::of_sites(&layers, &moments.covariance.diagonal());
        let free = LinearFree { covariance, hidden_variance: 1.0 };
        Ok(Self::new(layers, start, LinearClamped(operator), free, Noise::none(), None))
    }

    /// The flow of ±1 units. The data term is the letter's (9), which fixes the law of v; the machine's own term is the
    /// Gaussian response.
    ///
    /// # Errors
    /// [`Error::Range`] if the source does not fit the layers; errors of a prior that cannot be used.
    pub fn fixed_prior(layers: Layers, start: &State, source: Source, prior_v: &Prior, noise: Noise) -> Result<Self> {
        if source.dimension() != layers.directions() {
            let reason =
                format!("they have {} directions, and the machine {}", source.dimension(), layers.directions());
            return Err(Error::Range { name: "the data", reason });
        }
        let mean = layers.expand(&source.mean());
        let data = DataTerm::new(source, prior_v, layers.hidden_units)?;
        Ok(Self::new(layers, start, data, SingleState::default(), noise, Some(mean)))
    }

    /// The flow of ±1 units in the population closure: each hidden unit has its own components, of any law. The layers have to
    /// resolve all hidden units (no hidden basis). The noise acts on the data term only. Searches for states start from `starts`,
    /// configurations of the sites in columns.
    ///
    /// # Errors
    /// [`Error::Range`] if source or layers do not fit.
    pub fn population(
        layers: Layers,
        start: &State,
        source: Source,
        noise: Noise,
        (order, starts): (Order, Option<&DMatrix<f64>>),
    ) -> Result<Self> {
        if source.dimension() != layers.directions() || layers.hidden_basis.is_some() {
            let reason = format!(
                "they have {} directions, and the machine {}; all hidden units must be resolved",
                source.dimension(),
                layers.directions()
            );
            return Err(Error::Range { name: "the data", reason });
        }
        let mean = layers.expand(&source.mean());
        let states = PopulationStates::new(order, starts);
        Ok(Self::new(layers, start, PopulationTerm::new(source), states, noise, Some(mean)))
    }

    /// The same flow with mean-field chains for the machine's own term. They start from `starts`, configurations of the sites in
    /// columns. They are iterated whenever the machine has changed: once per step of the map, and at every evaluation of the
    /// flow.
    ///
    /// # Errors
    /// Those of [`Chains::new`].
    pub fn with_chains(mut self, settings: ChainSettings, starts: DMatrix<f64>) -> Result<Self> {
        self.free = RefCell::new(Box::new(Chains::new(settings, starts)?));
        Ok(self)
    }

    /// The same flow, but each step of the map sees one batch instead of all the data.
    pub(super) fn with_batches(mut self, batches: Batches) -> Self {
        self.batches = Some(RefCell::new(batches));
        self
    }

    /// How far chains were from their fixed point after their last iteration; `None` for other responses.
    pub fn chain_residual(&self) -> Option<f64> {
        self.free.borrow().residual()
    }

    /// How often the population's states were known only approximately so far; `None` for other responses.
    pub fn reliability(&self) -> Option<Reliability> {
        self.free.borrow().reliability()
    }

    /// The same flow with the mean-field response for the machine's own term: the stable states of the machine, weighted by their
    /// free energies. Visible components follow the law `prior_u`, or are the actual ones with the fields of their sites. Hidden
    /// components follow the law `prior_v`. Once more than ten modes exceed 1, there is no search for states: they are the states
    /// that the first hundred samples lead to, with equal weights.
    pub fn with_mean_field(mut self, integrals: response::Integrals, prior_u: Option<Prior>, prior_v: Prior) -> Self {
        self.free = RefCell::new(Box::new(MeanField::new(integrals, prior_u, prior_v)));
        self
    }

    /// The same flow with another value of ⟨s⟩_Data: that of the sites, which the data term knows only along the directions.
    ///
    /// # Errors
    /// [`Error::Length`] if it does not have as many components as the visible fields.
    pub fn with_mean(mut self, mean: DVector<f64>) -> Result<Self> {
        let expected = self.layers.field_components();
        if mean.len() != expected {
            return Err(Error::Length { name: "the mean of the data", found: mean.len(), expected });
        }
        self.mean = self.mean.map(|_| mean);
        Ok(self)
    }

    fn new(
        layers: Layers,
        start: &State,
        clamped: impl ClampedTerm + 'static,
        free: impl FreeTerm + 'static,
        noise: Noise,
        mean: Option<DVector<f64>>,
    ) -> Self {
        let (clamped, free) = (RefCell::new(Box::new(clamped) as _), RefCell::new(Box::new(free) as _));
        Self { shape: start.zeros_like(), layers, clamped, free, noise, mean, batches: None, likelihood: None }
    }

    /// The layers that the flow moves in.
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// The faster method, judged by the number of multiplications: multirate where the data term costs far more than the
    /// machine's own term, and otherwise DOP853, which needs fewer evaluations of the latter.
    pub fn suggested_method(&self) -> Method {
        let (directions, hidden) = (self.shape.weights.nrows() as f64, self.shape.weights.ncols() as f64);
        let data = self.clamped.borrow().multiplications(directions, hidden);
        let machine = self.free.borrow().multiplications(self.at(0.0, &self.shape));
        if data > COSTLY * machine { Method::Multirate } else { Method::Dop853 }
    }

    /// σ of the noise at time t.
    pub fn sigma(&self, t: f64) -> f64 {
        self.noise.sigma(t)
    }

    /// The averages over the data, as a rate.
    ///
    /// # Errors
    /// Those of the data term.
    pub fn data(&self, t: f64, state: &State) -> Result<State> {
        let clamped = self.clamped.borrow_mut().averages(self.at(t, state))?;
        Ok(self.of_data(clamped, self.mean.as_ref()))
    }

    fn at<'a>(&'a self, t: f64, state: &'a State) -> At<'a> {
        At { layers: &self.layers, state, sigma: self.noise.sigma(t) }
    }

    fn of_data(&self, clamped: Clamped, mean: Option<&DVector<f64>>) -> State {
        let Clamped { correlation, hidden } = clamped;
        let eta = mean.cloned().unwrap_or_else(|| DVector::zeros(self.shape.eta.len()));
        State { weights: correlation, eta, theta: hidden }
    }

    /// The averages over the data that the step of the map at time t sees.
    fn data_of_step(&self, t: f64, state: &State, learning_rate: f64) -> Result<State> {
        match &self.batches {
            None => self.data(t, state),
            Some(batches) => {
                let (source, mean) = batches.borrow_mut().of_step((t / learning_rate).round() as u64)?;
                let clamped = ClampedTerm::averages(&mut PopulationTerm::new(source), self.at(t, state))?;
                Ok(self.of_data(clamped, Some(&mean)))
            }
        }
    }

    /// The averages over the machine's own distribution, as a rate.
    ///
    /// # Errors
    /// [`Error::Divergent`] beyond the pole of the response; [`Error::Unsolved`] for a machine whose weights and fields are so
    /// large that rounding hides its states, and for averages that are not finite.
    pub fn machine(&self, t: f64, state: &State) -> Result<State> {
        self.weighed(t, state, None)
    }

    /// Same as [`machine`](Self::machine), with the weights of states in a step of the map: its learning rate, and the averages
    /// over the data.
    fn weighed(&self, t: f64, state: &State, step: Option<(f64, &State)>) -> Result<State> {
        check(t, state)?;
        let averages = rates(self.free.borrow_mut().averages(self.at(t, state), step)?);
        if averages.magnitude().is_finite() {
            return Ok(averages);
        }
        let reason =
            format!("they are no numbers at t = {t:.4e}, where weights are up to {:.1e}", state.weights.amax());
        Err(Error::Unsolved { what: "the machine's averages", reason })
    }

    /// Looks for states of the machine that appeared or vanished; none where the response knows a single one.
    ///
    /// # Errors
    /// Those of the search.
    pub fn refresh(&self, t: f64, state: &State) -> Result<Vec<StateChange>> {
        self.free.borrow_mut().refresh(self.at(t, state), self.clamped.borrow().source())
    }

    /// Mean log-likelihood of a sample, `½ log det Λ − ½ tr(ΛC) − (N_v/2) log 2π`; `None` for machines that are not linear.
    ///
    /// # Errors
    /// [`Error::Divergent`] if the machine cannot be normalised.
    pub fn log_likelihood(&self, frame: &Frame, state: &State) -> Result<Option<f64>> {
        self.likelihood.as_ref().map(|likelihood| likelihood.mean_log(frame, state)).transpose()
    }

    /// The gradient: data minus machine.
    ///
    /// # Errors
    /// Those of both.
    pub fn gradient(&self, t: f64, state: &State) -> Result<State> {
        let mut gradient = self.data(t, state)?;
        gradient.add(-1.0, &self.machine(t, state)?);
        Ok(gradient)
    }
}

impl Split for Flow {
    fn slow(&self, t: f64, y: &DVector<f64>) -> Result<DVector<f64>> {
        let mut state = self.shape.clone();
        state.copy_from(y);
        Ok(self.data(t, &state)?.to_vector())
    }

    fn fast(&self, t: f64, y: &DVector<f64>) -> Result<DVector<f64>> {
        let mut state = self.shape.clone();
        state.copy_from(y);
        let mut averages = self.machine(t, &state)?.to_vector();
        averages.neg_mut();
        Ok(averages)
    }

    fn step(&self, t: f64, y: &DVector<f64>, learning_rate: f64) -> Result<DVector<f64>> {
        let mut state = self.shape.clone();
        state.copy_from(y);
        check(t, &state)?;
        let mut gradient = self.data_of_step(t, &state, learning_rate)?;
        let machine = self.weighed(t, &state, Some((learning_rate, &gradient)))?;
        gradient.add(-1.0, &machine);
        Ok(gradient.to_vector())
    }
}

/// Checks that the averages of the machine can still be computed.
fn check(t: f64, state: &State) -> Result<()> {
    let diverged =
        |reason| Error::Unsolved { what: "the machine", reason: format!("it has diverged at t = {t:.4e}: {reason}") };
    state.check_magnitude().map_err(diverged)
}

fn rates(averages: Averages) -> State {
    let Averages { correlation, visible, hidden } = averages;
    State { weights: correlation, eta: visible, theta: hidden }
}

/// `Bᵀ C B`.
fn resolved(layers: &Layers, covariance: &DMatrix<f64>) -> Result<DMatrix<f64>> {
    let units = covariance.nrows();
    if units != layers.visible_units {
        let reason = format!("they are of {units} units, and the machine has {}", layers.visible_units);
        return Err(Error::Range { name: "the moments", reason });
    }
    let half = layers.project_columns(covariance);
    Ok(layers.project_columns(&half.transpose()))
}
