//! The flow: `dW/dt = ⟨s σᵀ⟩_Data − ⟨s σᵀ⟩_RBM`, `deta/dt = ⟨s⟩_Data − ⟨s⟩_RBM`, `dtheta/dt = ⟨σ⟩_Data − ⟨σ⟩_RBM`, in the
//! bases of [`Layers`] (`docs/theory.md`, section 2).
//!
//! These bases do not rotate. Rotation terms belong to the description in the frame of the singular vectors
//! ([`Frame::rates`](super::Frame::rates)), which is computed from the state. Modes that cross, or nearly cross, pass smoothly.

use super::batches::Batches;
use super::chains::{ChainSettings, Chains};
use super::data_term::{DataTerm, Source};
use super::frame::Frame;
use super::gaussian::{Averages, Covariance, SingleState, linear_response};
use super::integrate::{Method, Split};
use super::mean_field::{CHAINS, MeanField};
use super::noise::Noise;
use super::population::{Order, PopulationStates, PopulationTerm, Reliability};
use super::response::{self, StateChange};
use super::state::{Layers, State};
use crate::data::Moments;
use crate::error::{Error, Result};
use crate::linalg::product_of;
use crate::theory::prior::Prior;
use nalgebra::{DMatrix, DVector};
use std::cell::RefCell;

/// Ratio of the costs of data and machine above which the multirate method is faster. At 5 it takes 1.4 times as long (2,000
/// digits in 30 directions), at 19 a third of the time (10,000 digits in 135).
const COSTLY: f64 = 10.0;
/// Cost of a mean-field response in multiplications: a few milliseconds.
const SEARCH: f64 = 1e7;

/// Where the averages over the data come from.
#[derive(Debug)]
enum Data {
    /// Linear units: `σ_h² C Y`.
    Linear(DMatrix<f64>),
    /// Equation (9), and its analogues for other laws of v.
    FixedPrior(RefCell<DataTerm>),
    /// Each hidden unit's own tanh.
    Population(PopulationTerm),
}

/// Where the averages over the machine's own distribution come from.
#[derive(Debug)]
enum Response {
    /// Linear units: `A Y (1/σ_h² − Yᵀ A Y)⁻¹`.
    Linear { covariance: Covariance, hidden_variance: f64 },
    /// One state and the Gaussian fluctuations around it.
    Gaussian(RefCell<SingleState>),
    /// All states, by their free energies.
    MeanField(Box<RefCell<MeanField>>),
    /// All states of the machine itself.
    Population(Box<RefCell<PopulationStates>>),
    /// States that follow from samples.
    Chains(Box<RefCell<Chains>>),
}

/// A learning flow.
#[derive(Debug)]
pub struct Flow {
    layers: Layers,
    data: Data,
    response: Response,
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
        let operator = resolved(&layers, &moments.covariance)? * (sigma_h * sigma_h);
        let response =
            Response::Linear { covariance: Covariance::Uniform(sigma_v * sigma_v), hidden_variance: sigma_h * sigma_h };
        let likelihood = Some(Likelihood {
            trace: moments.covariance.trace(),
            visible_variance: sigma_v * sigma_v,
            hidden_variance: sigma_h * sigma_h,
        });
        let flow = Self::new(layers, start, Data::Linear(operator), response, Noise::none(), None);
        Ok(Self { likelihood, ..flow })
    }

    /// The flow of a linear machine whose visible units have the variances of the data. It describes ±1 units while W is small
    /// and their fields match the means of the data: `dW/dt = (C − diag C) W + O(W³)`.
    ///
    /// # Errors
    /// As [`Flow::linear`].
    pub fn linear_ising(layers: Layers, start: &State, moments: &Moments) -> Result<Self> {
        let operator = resolved(&layers, &moments.covariance)?;
        let covariance = Covariance::of_sites(&layers, &moments.covariance.diagonal());
        let response = Response::Linear { covariance, hidden_variance: 1.0 };
        Ok(Self::new(layers, start, Data::Linear(operator), response, Noise::none(), None))
    }

    /// The flow of ±1 units. The data term is in the closure (9), which fixes the law of v; the machine's own term is the
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
        let response = Response::Gaussian(RefCell::default());
        Ok(Self::new(layers, start, Data::FixedPrior(RefCell::new(data)), response, noise, Some(mean)))
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
        let response = Response::Population(Box::new(RefCell::new(PopulationStates::new(order, starts))));
        Ok(Self::new(layers, start, Data::Population(PopulationTerm::new(source)), response, noise, Some(mean)))
    }

    /// The same flow with mean-field chains for the machine's own term. They start from `starts`, configurations of the sites in
    /// columns. They are iterated whenever the machine has changed: once per step of the map, and at every evaluation of the
    /// flow.
    ///
    /// # Errors
    /// Those of [`Chains::new`].
    pub fn with_chains(mut self, settings: ChainSettings, starts: DMatrix<f64>) -> Result<Self> {
        self.response = Response::Chains(Box::new(RefCell::new(Chains::new(settings, starts)?)));
        Ok(self)
    }

    /// The same flow, but each step of the map sees one batch instead of all the data.
    pub(super) fn with_batches(mut self, batches: Batches) -> Self {
        self.batches = Some(RefCell::new(batches));
        self
    }

    /// How far chains were from their fixed point after their last iteration; `None` for other responses.
    pub fn chain_residual(&self) -> Option<f64> {
        match &self.response {
            Response::Chains(chains) => Some(chains.borrow().residual()),
            _ => None,
        }
    }

    /// How often the population's states were known only approximately so far; `None` for other responses.
    pub fn reliability(&self) -> Option<Reliability> {
        match &self.response {
            Response::Population(states) => Some(states.borrow().reliability()),
            _ => None,
        }
    }

    /// The same flow with the mean-field response for the machine's own term: the stable states of the machine, weighted by their
    /// free energies. Visible components follow the law `prior_u`, or are the actual ones with the fields of their sites. Hidden
    /// components follow the law `prior_v`. Once more than ten modes exceed 1, there is no search for states: they are the states
    /// that the first hundred samples lead to, with equal weights.
    pub fn with_mean_field(mut self, integrals: response::Integrals, prior_u: Option<Prior>, prior_v: Prior) -> Self {
        self.response = Response::MeanField(Box::new(RefCell::new(MeanField::new(integrals, prior_u, prior_v))));
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
        data: Data,
        response: Response,
        noise: Noise,
        mean: Option<DVector<f64>>,
    ) -> Self {
        Self { shape: start.zeros_like(), layers, data, response, noise, mean, batches: None, likelihood: None }
    }

    /// The layers that the flow moves in.
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// The faster method, judged by the number of multiplications: multirate where the data term costs far more than the
    /// machine's own term, and otherwise DOP853, which needs fewer evaluations of the latter.
    pub fn suggested_method(&self) -> Method {
        let (directions, hidden) = (self.shape.weights.nrows() as f64, self.shape.weights.ncols() as f64);
        let products = directions * hidden * hidden + hidden.powi(3);
        let data = match &self.data {
            Data::Linear(_) => directions * directions * hidden,
            Data::FixedPrior(data) => data.borrow().multiplications(directions, hidden),
            Data::Population(data) => data.multiplications(directions, hidden),
        };
        let machine = match &self.response {
            Response::Linear { .. } => products,
            Response::Gaussian(_) => products + self.layers.visible_units as f64 * directions * directions,
            Response::MeanField(_) | Response::Population(_) | Response::Chains(_) => SEARCH,
        };
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
        let (weights, theta) = match &self.data {
            Data::Linear(operator) => (product_of(operator, &state.weights), DVector::zeros(state.theta.len())),
            Data::FixedPrior(data) => {
                let variance = self.noise.sigma(t).powi(2) / self.layers.kappa().sqrt();
                let mut data = data.borrow_mut();
                let clamped = data.evaluate(&state.weights, &state.theta, variance)?;
                (clamped.correlation.clone(), clamped.hidden.clone())
            }
            Data::Population(data) => return self.clamped(data, self.mean.clone(), t, state),
        };
        let eta = self.mean.clone().unwrap_or_else(|| DVector::zeros(state.eta.len()));
        Ok(State { weights, eta, theta })
    }

    /// The averages over the data in the population closure.
    fn clamped(&self, data: &PopulationTerm, mean: Option<DVector<f64>>, t: f64, state: &State) -> Result<State> {
        let variance = self.noise.sigma(t).powi(2) / self.layers.kappa().sqrt();
        let clamped = data.evaluate(&state.weights, &state.theta, variance)?;
        let eta = mean.unwrap_or_else(|| DVector::zeros(state.eta.len()));
        Ok(State { weights: clamped.correlation, eta, theta: clamped.hidden })
    }

    /// The averages over the data that the step of the map at time t sees.
    fn data_of_step(&self, t: f64, state: &State, learning_rate: f64) -> Result<State> {
        match &self.batches {
            None => self.data(t, state),
            Some(batches) => {
                let (source, mean) = batches.borrow_mut().of_step((t / learning_rate).round() as u64)?;
                self.clamped(&PopulationTerm::new(source), Some(mean), t, state)
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
        let averages = self.averages(t, state, step)?;
        if averages.magnitude().is_finite() {
            return Ok(averages);
        }
        let reason =
            format!("they are no numbers at t = {t:.4e}, where weights are up to {:.1e}", state.weights.amax());
        Err(Error::Unsolved { what: "the machine's averages", reason })
    }

    fn averages(&self, t: f64, state: &State, step: Option<(f64, &State)>) -> Result<State> {
        match &self.response {
            Response::Linear { covariance, hidden_variance } => {
                let weights = linear_response(&state.weights, covariance, *hidden_variance)?;
                Ok(State { weights, ..state.zeros_like() })
            }
            Response::Gaussian(single) => Ok(rates(single.borrow_mut().averages(&self.layers, state)?)),
            Response::MeanField(states) => {
                Ok(rates(states.borrow_mut().averages(&self.layers, state, self.noise.sigma(t))?))
            }
            Response::Population(states) => Ok(rates(states.borrow_mut().averages(&self.layers, state, step)?)),
            Response::Chains(chains) => Ok(rates(chains.borrow_mut().advance(&self.layers, state)?)),
        }
    }

    /// Searches for states of the machine that appeared or vanished. Returns none for responses without a search.
    ///
    /// # Errors
    /// Those of the search.
    pub fn refresh(&self, t: f64, state: &State) -> Result<Vec<StateChange>> {
        match &self.response {
            Response::MeanField(states) => {
                let samples = match &self.data {
                    Data::FixedPrior(data) => match &**data.borrow().source() {
                        Source::Samples(samples) => Some(samples.first(CHAINS)),
                        Source::Mixture(_) => None,
                    },
                    _ => None,
                };
                states.borrow_mut().refresh(&self.layers, state, self.noise.sigma(t), samples.as_ref())
            }
            Response::Population(states) => states.borrow_mut().refresh(&self.layers, state),
            _ => Ok(Vec::new()),
        }
    }

    /// Mean log-likelihood of a sample, `½ log det Λ − ½ tr(ΛC) − (N_v/2) log 2π`; `None` for machines that are not linear.
    ///
    /// # Errors
    /// [`Error::Divergent`] if the machine cannot be normalised.
    pub fn log_likelihood(&self, frame: &Frame, state: &State) -> Result<Option<f64>> {
        let (Some(known), Data::Linear(operator)) = (self.likelihood, &self.data) else { return Ok(None) };
        let coupling = known.visible_variance * known.hidden_variance;
        let units = self.layers.visible_units as f64;
        let free = -units * (known.visible_variance * std::f64::consts::TAU).ln();
        if frame.singular_values.iter().any(|w| coupling * w * w >= 1.0) {
            return Err(Error::Divergent);
        }
        let log_determinant: f64 = frame.singular_values.iter().map(|w| (-coupling * w * w).ln_1p()).sum();
        let explained = state.weights.dot(&product_of(operator, &state.weights));
        Ok(Some(0.5 * (free + log_determinant - known.trace / known.visible_variance + explained)))
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

/// Constants in the likelihood of a linear machine.
#[derive(Clone, Copy, Debug)]
struct Likelihood {
    /// tr C.
    trace: f64,
    visible_variance: f64,
    hidden_variance: f64,
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
