//! The replica-symmetric equations (11, 12), their linearization, and the free energy (`docs/theory.md`, sections 1b and 3).
//!
//! ```text
//! h = κ^{1/4} (σ√q x + Σ (w m + η) û)        m̄ = κ^{-1/4} E[û tanh h]     q̄ = E[tanh² h]       visible
//! h̄ = κ^{-1/4} (σ√q̄ x + Σ (w m̄ + θ) v̂)      m = κ^{1/4} E[v̂ tanh h̄]      q = E[tanh² h̄]       hidden
//! ```
//!
//! One round maps the hidden order parameters (m, q) through the visible ones (m̄, q̄) back to (m, q). Without fields
//! the two halves are the same function with u, κ in the place of v, 1/κ.

use super::ensemble::Ensemble;
use crate::error::Result;
use crate::theory::average::{Averager, Field, FieldAverages};
use crate::theory::prior::Prior;
use nalgebra::{DMatrix, DVector};

/// One half: the response (M, Q) of a layer to the order parameters (m, q) of the other, with `scale` = κ^{±1/4}.
#[derive(Clone, Debug)]
struct Half {
    averager: Averager,
    scale: f64,
    sigma: f64,
    modes: DVector<f64>,
    fields: DVector<f64>,
    coefficients: Vec<f64>,
    noise: f64,
    direction: Vec<f64>,
    image: Vec<f64>,
}

impl Half {
    fn new(ensemble: &Ensemble, prior: &Prior, fields: &DVector<f64>, scale: f64) -> Result<Self> {
        let modes = ensemble.modes().clone();
        let count = modes.len();
        Ok(Self {
            averager: Averager::new(prior, count, ensemble.backend())?,
            scale,
            sigma: ensemble.sigma(),
            fields: fields.clone(),
            modes,
            coefficients: vec![0.0; count],
            noise: 0.0,
            direction: vec![0.0; count],
            image: vec![0.0; count],
        })
    }

    /// Sets the field `k (σ√q x + Σ (w m + η) û)`.
    fn set_field(&mut self, state: &DVector<f64>) {
        let modes = self.modes.len();
        self.noise = self.scale * self.sigma * state[modes].max(0.0).sqrt();
        for mode in 0..modes {
            self.coefficients[mode] = self.scale * (self.modes[mode] * state[mode] + self.fields[mode]);
        }
    }

    fn respond(&mut self, state: &DVector<f64>, out: &mut DVector<f64>) -> Result<()> {
        self.set_field(state);
        let averages = self.averager.evaluate(&Field::new(&self.coefficients, self.noise))?;
        response(averages, self.scale, out);
        Ok(())
    }

    fn linearize(&mut self, state: &DVector<f64>, out: &mut DVector<f64>) -> Result<()> {
        self.set_field(state);
        let linearization = self.averager.linearize(&Field::new(&self.coefficients, self.noise))?;
        response(linearization.averages(), self.scale, out);
        Ok(())
    }

    /// Derivative of the response along `direction`:
    /// `∂M_α/∂m_β = w_β E[û_α û_β sech²]`, `∂M_α/∂q = −k σ² E[û_α tanh sech²]`,
    /// `∂Q/∂m_β = 2 k w_β E[û_β tanh sech²]`, `∂Q/∂q = k² σ² (3 E sech⁴ − 2 E sech²)`.
    fn derivative(&mut self, direction: &DVector<f64>, out: &mut DVector<f64>) {
        let modes = self.modes.len();
        for mode in 0..modes {
            self.direction[mode] = self.modes[mode] * direction[mode];
        }
        self.along(direction[modes], out);
    }

    /// Derivative of the response with respect to the field on one mode.
    fn field_derivative(&mut self, mode: usize, out: &mut DVector<f64>) {
        self.direction.fill(0.0);
        self.direction[mode] = 1.0;
        self.along(0.0, out);
    }

    /// Derivative along `self.direction` in w m + η, and `along_overlap` in q.
    fn along(&mut self, along_overlap: f64, out: &mut DVector<f64>) {
        let modes = self.modes.len();
        self.averager.product(&self.direction, &mut self.image);
        let averages = self.averager.averages();
        let variance = self.sigma * self.sigma;
        // 3 sech⁴ − 2 sech² is −½ (sech²)''.
        let mut overlap = -0.5 * self.scale * self.scale * variance * averages.sech2_bend * along_overlap;
        for mode in 0..modes {
            let bend = averages.component_tanh_sech2[mode];
            out[mode] = self.image[mode] - self.scale * variance * bend * along_overlap;
            overlap += 2.0 * self.scale * bend * self.direction[mode];
        }
        out[modes] = overlap;
    }
}

fn response(averages: &FieldAverages, scale: f64, out: &mut DVector<f64>) {
    let modes = averages.component_tanh.len();
    for (out, tanh) in out.iter_mut().zip(&averages.component_tanh) {
        *out = tanh / scale;
    }
    // Rounding can take the average above 1.
    out[modes] = (1.0 - averages.sech2).max(0.0);
}

/// Which layer responds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// (m, q) → (m̄, q̄).
    Visible,
    /// (m̄, q̄) → (m, q).
    Hidden,
}

/// The equations of one ensemble, with their scratch memory. A state is the vector `(m_1, …, m_K, q)`.
#[derive(Clone, Debug)]
pub(super) struct Equations {
    visible: Half,
    hidden: Half,
    /// (m̄, q̄) at the last state.
    bar: DVector<f64>,
    scratch: DVector<f64>,
}

impl Equations {
    pub fn new(ensemble: &Ensemble) -> Result<Self> {
        let scale = ensemble.kappa().powf(0.25);
        let size = ensemble.modes().len() + 1;
        Ok(Self {
            visible: Half::new(ensemble, ensemble.prior_u(), ensemble.eta(), scale)?,
            hidden: Half::new(ensemble, ensemble.prior_v(), ensemble.theta(), 1.0 / scale)?,
            bar: DVector::zeros(size),
            scratch: DVector::zeros(size),
        })
    }

    fn layer(&self, layer: Layer) -> &Half {
        match layer {
            Layer::Visible => &self.visible,
            Layer::Hidden => &self.hidden,
        }
    }

    /// Coefficient `k (w m + η)` of the first mode in a layer's field.
    pub fn field(&self, layer: Layer, magnetization: f64) -> f64 {
        let half = self.layer(layer);
        half.scale * (half.modes[0] * magnetization + half.fields[0])
    }

    /// Variance `k² σ²` of a layer's field per overlap of the other.
    pub fn variance(&self, layer: Layer) -> f64 {
        let half = self.layer(layer);
        (half.scale * half.sigma).powi(2)
    }

    /// Response of a layer to the other's magnetization and overlap, for one mode.
    pub fn respond(&mut self, layer: Layer, magnetization: f64, overlap: f64) -> Result<(f64, f64)> {
        let state = DVector::from_vec(vec![magnetization, overlap]);
        let half = match layer {
            Layer::Visible => &mut self.visible,
            Layer::Hidden => &mut self.hidden,
        };
        half.respond(&state, &mut self.scratch)?;
        Ok((self.scratch[0], self.scratch[1]))
    }

    /// Terms that one round sums over where the first `condensed` modes are magnetized fully: its cost.
    ///
    /// # Errors
    /// Fields too large to average.
    pub fn terms(&self, condensed: usize) -> Result<f64> {
        let mut terms = 0.0;
        for half in [&self.visible, &self.hidden] {
            // |m| is at most κ^{1/4}, |m̄| at most κ^{-1/4}: the layer's own scale.
            let magnetization = |mode: usize| if mode < condensed { half.scale } else { 0.0 };
            let strength =
                |mode: usize| half.scale * (half.modes[mode] * magnetization(mode) + half.fields[mode].abs());
            let coefficients: Vec<f64> = (0..half.modes.len()).map(strength).collect();
            terms += half.averager.terms(&Field::new(&coefficients, half.scale * half.sigma))?;
        }
        Ok(terms)
    }

    /// Number of modes.
    pub fn modes(&self) -> usize {
        self.bar.len() - 1
    }

    /// One round of the equations.
    pub fn round(&mut self, state: &DVector<f64>, out: &mut DVector<f64>) -> Result<()> {
        self.visible.respond(state, &mut self.bar)?;
        self.hidden.respond(&self.bar, out)
    }

    /// One round, keeping what [`derivative`](Self::derivative) needs.
    pub fn linearize(&mut self, state: &DVector<f64>, out: &mut DVector<f64>) -> Result<()> {
        self.visible.linearize(state, &mut self.bar)?;
        self.hidden.linearize(&self.bar, out)
    }

    /// Derivative of one round along `direction`, at the last linearized state.
    pub fn derivative(&mut self, direction: &DVector<f64>, out: &mut DVector<f64>) {
        self.visible.derivative(direction, &mut self.scratch);
        self.hidden.derivative(&self.scratch, out);
    }

    /// Derivative of one round (that is, of (m, q)) with respect to η of one mode, at the last linearized state.
    pub fn visible_field_derivative(&mut self, mode: usize, out: &mut DVector<f64>) {
        self.visible.field_derivative(mode, &mut self.scratch);
        self.hidden.derivative(&self.scratch, out);
    }

    /// Ā and B, `E[û_α û_β sech² h]` and `E[v̂_α v̂_β sech² h̄]`, at the last linearized state.
    pub fn component_pairs(&mut self) -> (DMatrix<f64>, DMatrix<f64>) {
        (self.visible.averager.component_pair_sech2(), self.hidden.averager.component_pair_sech2())
    }

    /// Jacobian of one round in the given entries of the state, column by column.
    pub fn jacobian(&mut self, entries: &[usize]) -> DMatrix<f64> {
        let size = self.modes() + 1;
        let (mut direction, mut column) = (DVector::zeros(size), DVector::zeros(size));
        let mut matrix = DMatrix::zeros(entries.len(), entries.len());
        for (j, &entry) in entries.iter().enumerate() {
            direction[entry] = 1.0;
            self.derivative(&direction, &mut column);
            direction[entry] = 0.0;
            for (i, &row) in entries.iter().enumerate() {
                matrix[(i, j)] = column[row];
            }
        }
        matrix
    }

    /// (m̄, q̄) at the last state.
    pub fn bar(&self) -> &DVector<f64> {
        &self.bar
    }

    /// Averages of the visible and the hidden side at the last linearized state.
    pub fn averages(&self) -> (&FieldAverages, &FieldAverages) {
        (self.visible.averager.averages(), self.hidden.averager.averages())
    }

    /// Free energy per L of any order parameters, stationary at a fixed point:
    /// `f = Σ w m m̄ − (σ²/2)(1 − q)(1 − q̄) − κ^{-1/2} E log 2cosh h − κ^{1/2} E log 2cosh h̄`.
    pub fn free_energy(&mut self, state: &DVector<f64>, bar: &DVector<f64>) -> Result<f64> {
        let modes = self.modes();
        self.visible.set_field(state);
        self.hidden.set_field(bar);
        let (visible, hidden) = (&mut self.visible, &mut self.hidden);
        let h = visible.averager.log_2cosh(&Field::new(&visible.coefficients, visible.noise))?;
        let h_bar = hidden.averager.log_2cosh(&Field::new(&hidden.coefficients, hidden.noise))?;
        let coupling: f64 = (0..modes).map(|a| visible.modes[a] * state[a] * bar[a]).sum();
        let noise = 0.5 * visible.sigma * visible.sigma * (1.0 - state[modes]) * (1.0 - bar[modes]);
        Ok(coupling - noise - h / (visible.scale * visible.scale) - h_bar * visible.scale * visible.scale)
    }
}
