//! Mean-field chains: each is relaxed by a few iterations whenever the machine has changed (`docs/theory.md`, section 2c).

use super::fluctuations::variance;

use super::super::averages::Averages;
use super::super::state::{Layers, State};
use super::fluctuations::{Leading, Weighted};
use crate::error::{Error, Result};
use crate::linalg::{product_of, transposed_product};

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

/// Largest difference of visible magnetisations between chains in the same state.
pub(super) const SAME_CHAIN: f64 = 1e-3;

/// Equations that the magnetisations obey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// Naive mean field.
    None,
    /// Onsager's correction of second order in W: Thouless, Anderson and Palmer.
    #[default]
    Tap,
}

/// Settings of the chains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChainSettings {
    /// Largest number of chains: there are no more than starts.
    pub count: usize,
    /// Iterations per call of [`Chains::advance`].
    pub iterations: usize,
    /// Equations of the magnetisations.
    pub correction: Correction,
}

impl Default for ChainSettings {
    fn default() -> Self {
        Self { count: 100, iterations: 10, correction: Correction::Tap }
    }
}

/// A set of mean-field states that follows a machine.
#[derive(Clone, Debug)]
pub struct Chains {
    settings: ChainSettings,
    /// m, `N_v × C`.
    visible: DMatrix<f64>,
    /// t, `N_h × C`; without columns before the first iteration.
    hidden: DMatrix<f64>,
    residual: f64,
    /// The machine on which the chains were last iterated, and its averages.
    last: Option<(State, Averages)>,
}

impl Chains {
    /// Chains that start from the first columns of `starts` (`N_v × C`): samples of the data, or other magnetisations.
    ///
    /// # Errors
    /// [`Error::Range`] without chains or iterations, or for a start outside −1 … 1.
    pub fn new(settings: ChainSettings, starts: DMatrix<f64>) -> Result<Self> {
        if starts.is_empty() || settings.iterations == 0 || settings.count == 0 {
            let reason = format!(
                "{} chains of {} iterations from {} starts: all must be positive",
                settings.count,
                settings.iterations,
                starts.ncols()
            );
            return Err(Error::Range { name: "mean-field chains", reason });
        }
        if let Some(start) = starts.iter().find(|start| !(-1.0..=1.0).contains(*start)) {
            let reason = format!("a chain starts from {start}: magnetisations lie between -1 and 1");
            return Err(Error::Range { name: "mean-field chains", reason });
        }
        Ok(Self {
            settings,
            visible: starts.columns(0, settings.count.min(starts.ncols())).into_owned(),
            hidden: DMatrix::zeros(0, 0),
            residual: f64::INFINITY,
            last: None,
        })
    }

    /// Visible magnetisations, `N_v × C`.
    pub fn visible(&self) -> &DMatrix<f64> {
        &self.visible
    }

    /// Hidden magnetisations, `N_h × C`; empty before the first call of [`Chains::advance`].
    pub fn hidden(&self) -> &DMatrix<f64> {
        &self.hidden
    }

    /// Largest change of a magnetisation in the last iteration; infinite before the first.
    pub fn residual(&self) -> f64 {
        self.residual
    }

    /// Iterates the chains on a machine and averages over them; the correlation is `D × N_h`. A second call with the same machine
    /// returns the same averages without further iterations.
    ///
    /// # Errors
    /// [`Error::Range`] for layers with a hidden basis, or for a state of another shape;
    /// [`Error::Unsolved`] if a field is not finite.
    pub fn advance(&mut self, layers: &Layers, state: &State) -> Result<Averages> {
        self.check(layers, state)?;
        if let Some((last, averages)) = &self.last
            && last == state
        {
            return Ok(averages.clone());
        }
        let weights = layers.expand_columns(&state.weights);
        let squares = weights.map(|weight| weight * weight);
        if self.hidden.is_empty() {
            let start = transposed_product(&weights, &self.visible);
            self.hidden =
                DMatrix::from_fn(start.nrows(), start.ncols(), |j, c| (start[(j, c)] + state.theta[j]).tanh());
        }
        for _ in 0..self.settings.iterations {
            self.iterate(&weights, &squares, state);
            if !self.residual.is_finite() {
                let reason = "a field is not finite".to_owned();
                return Err(Error::Unsolved { what: "the magnetisations of the mean-field chains", reason });
            }
        }
        let averages = self.averages(layers, &weights)?;
        self.last = Some((state.clone(), averages.clone()));
        Ok(averages)
    }

    /// One chain per state, weighted by the share of chains in that state.
    fn states(&self) -> Vec<Weighted<'_>> {
        let mut states: Vec<Weighted> = Vec::new();
        let share = 1.0 / self.visible.ncols() as f64;
        for (m, t) in self.visible.column_iter().zip(self.hidden.column_iter()) {
            let same = |state: &&mut Weighted| state.m.iter().zip(m.iter()).all(|(a, b)| (a - b).abs() < SAME_CHAIN);
            match states.iter_mut().find(same) {
                Some(state) => state.weight += share,
                None => states.push(Weighted { m, t, weight: share }),
            }
        }
        states
    }

    fn check(&self, layers: &Layers, state: &State) -> Result<()> {
        let sites = self.visible.nrows();
        let sizes = state.weights.shape() == (layers.directions(), layers.hidden_units)
            && (state.eta.len(), state.theta.len()) == (sites, layers.hidden_units)
            && layers.visible_units == sites;
        if layers.hidden_basis.is_some() || !sizes {
            let reason = format!(
                "chains of {sites} visible units need a machine of as many, with all its hidden units and no hidden basis"
            );
            return Err(Error::Range { name: "mean-field chains", reason });
        }
        Ok(())
    }

    fn iterate(&mut self, weights: &DMatrix<f64>, squares: &DMatrix<f64>, state: &State) {
        let tap = self.settings.correction == Correction::Tap;
        let drive = transposed_product(weights, &self.visible);
        let reaction = tap.then(|| transposed_product(squares, &self.visible.map(variance)));
        let hidden = update(&mut self.hidden, drive, reaction, &state.theta);
        let drive = product_of(weights, &self.hidden);
        let reaction = tap.then(|| product_of(squares, &self.hidden.map(variance)));
        let visible = update(&mut self.visible, drive, reaction, &state.eta);
        self.residual = if hidden.is_nan() || visible.is_nan() { f64::NAN } else { hidden.max(visible) };
    }

    fn averages(&self, layers: &Layers, weights: &DMatrix<f64>) -> Result<Averages> {
        let share = 1.0 / self.visible.ncols() as f64;
        let pairs = product_of(&self.visible, &self.hidden.transpose());
        let spread = product_of(&self.visible.map(variance), &self.hidden.map(variance).transpose());
        let first = (pairs + spread.component_mul(weights)) * share;
        let correlation = first + Leading::of(weights)?.beyond_first_order(&self.states())?;
        Ok(Averages {
            correlation: layers.project_columns(&correlation),
            visible: self.visible.column_sum() * share,
            hidden: self.hidden.column_sum() * share,
        })
    }
}

/// Updates the magnetisations of a layer. Returns their largest change, or NaN if a field is NaN.
pub(super) fn update(
    means: &mut DMatrix<f64>,
    drive: DMatrix<f64>,
    reaction: Option<DMatrix<f64>>,
    fields: &DVector<f64>,
) -> f64 {
    let mut largest = 0.0_f64;
    let units = fields.len();
    for (index, (mean, drive)) in means.iter_mut().zip(drive.iter()).enumerate() {
        let onsager = reaction.as_ref().map_or(0.0, |reaction| *mean * reaction[index]);
        let new = (fields[index % units] + drive - onsager).tanh();
        let change = (new - *mean).abs();
        largest = if change.is_nan() || largest.is_nan() { f64::NAN } else { largest.max(change) };
        *mean = new;
    }
    largest
}
