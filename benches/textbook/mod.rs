//! The saddle point the textbook way, for comparison: damped iteration of equations (11, 12), with every average a
//! tensor product of Gauss rules over x and the K components, or one Gauss–Hermite rule if all components are Gaussian.

use nalgebra::DVector;
use spectral_rbm::theory::quadrature::{self, Rule};
use spectral_rbm::theory::saddle::Start;
use spectral_rbm::{Ensemble, Prior};

/// Weight of the new order parameters in each step.
const DAMPING: f64 = 0.5;
/// The iteration ends when no order parameter changes by more than this in a round.
const TOLERANCE: f64 = 1e-12;
/// Largest number of rounds.
const MAX_ROUNDS: usize = 100_000;

/// Nodes of the rules; Laplace takes twice `component`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nodes {
    /// Over x.
    pub noise: usize,
    /// Over each component.
    pub component: usize,
}

/// Order parameters at the end, and the number of rounds.
#[derive(Clone, Debug)]
pub struct Solution {
    /// m_α.
    pub magnetization: DVector<f64>,
    /// q.
    pub overlap: f64,
    /// Number of rounds.
    pub rounds: usize,
}

/// `E[û_α tanh S]` and `E[tanh² S]` in the field `S = s x + Σ_γ c_γ û_γ` of one layer.
struct Layer {
    noise: Rule,
    /// `None` where Stein's lemma reduces the average to one dimension.
    component: Option<Rule>,
    component_tanh: Vec<f64>,
    tanh_squared: f64,
}

impl Layer {
    fn new(prior: &Prior, modes: usize, nodes: Nodes) -> Self {
        let component = match prior {
            Prior::Gaussian => None,
            law => law.quadrature(nodes.component).expect("up to 1024 nodes"),
        };
        let noise = quadrature::hermite(nodes.noise).expect("up to 1024 nodes");
        Self { noise, component, component_tanh: vec![0.0; modes], tanh_squared: 0.0 }
    }

    fn average(&mut self, coefficients: &[f64], noise: f64) {
        let Some(component) = &self.component else {
            let deviation = coefficients.iter().fold(noise, |total, c| total.hypot(*c));
            self.tanh_squared = self.noise.mean(|x| (deviation * x).tanh().powi(2));
            for (out, c) in self.component_tanh.iter_mut().zip(coefficients) {
                *out = c * (1.0 - self.tanh_squared);
            }
            return;
        };
        self.component_tanh.fill(0.0);
        self.tanh_squared = 0.0;
        let size = component.nodes.len();
        let mut u = vec![0.0; coefficients.len()];
        for index in 0..size.pow(coefficients.len() as u32) {
            let (mut weight, mut field, mut rest) = (1.0, 0.0, index);
            for (u, c) in u.iter_mut().zip(coefficients) {
                *u = component.nodes[rest % size];
                weight *= component.weights[rest % size];
                field += c * *u;
                rest /= size;
            }
            let (mut mean, mut square) = (0.0, 0.0);
            for (x, w) in self.noise.nodes.iter().zip(&self.noise.weights) {
                let tanh = (field + noise * x).tanh();
                mean += w * tanh;
                square += w * tanh * tanh;
            }
            self.tanh_squared += weight * square;
            for (out, u) in self.component_tanh.iter_mut().zip(&u) {
                *out += weight * u * mean;
            }
        }
    }
}

/// The equations of one ensemble, with the rules of both layers computed in advance.
pub struct Textbook {
    ensemble: Ensemble,
    visible: Layer,
    hidden: Layer,
}

impl Textbook {
    pub fn new(ensemble: &Ensemble, nodes: Nodes) -> Self {
        let modes = ensemble.modes().len();
        Self {
            visible: Layer::new(ensemble.prior_u(), modes, nodes),
            hidden: Layer::new(ensemble.prior_v(), modes, nodes),
            ensemble: ensemble.clone(),
        }
    }

    /// Iterates from (m, q) until nothing changes.
    pub fn solve(&mut self, start: &Start) -> Solution {
        let scale = self.ensemble.kappa().powf(0.25);
        let sigma = self.ensemble.sigma();
        let (w, eta, theta) = (self.ensemble.modes(), self.ensemble.eta(), self.ensemble.theta());
        let (mut m, mut q) = (start.magnetization.clone(), start.overlap);
        let modes = m.len();
        let mut coefficients = vec![0.0; modes];
        let mut rounds = 0;
        loop {
            for a in 0..modes {
                coefficients[a] = scale * (w[a] * m[a] + eta[a]);
            }
            self.visible.average(&coefficients, scale * sigma * q.sqrt());
            for a in 0..modes {
                coefficients[a] = (w[a] * self.visible.component_tanh[a] / scale + theta[a]) / scale;
            }
            self.hidden.average(&coefficients, sigma * self.visible.tanh_squared.sqrt() / scale);
            let mut change = (self.hidden.tanh_squared - q).abs();
            q += DAMPING * (self.hidden.tanh_squared - q);
            for a in 0..modes {
                let step = scale * self.hidden.component_tanh[a] - m[a];
                change = change.max(step.abs());
                m[a] += DAMPING * step;
            }
            rounds += 1;
            if change < TOLERANCE || rounds == MAX_ROUNDS {
                return Solution { magnetization: m, overlap: q, rounds };
            }
        }
    }
}
