//! One node of a finite-size integral: the rest solved at its λ, the weight there, and the quantities to be averaged.

use super::hartree::{inverse_of_rest, log_factor, stiffness};
use super::integral::{Couplings, FiniteSize, SiteAverages};
use super::relax::Relaxation;
use crate::Result;
use nalgebra::{Cholesky, DMatrix, DVector};

/// A node, with the rest solved for.
pub(super) struct Node {
    /// log of the weight.
    pub exponent: f64,
    pub derivatives: Derivatives,
    pub sample: NodeSample,
}

/// How the weight at a node changes with λ and w.
pub(super) struct Derivatives {
    /// log of the weight in m̄, without −L f.
    pub prefactor: f64,
    /// dλ/dm̄, where the rest follows.
    pub slope: DMatrix<f64>,
}

/// The quantities at a node that are averaged over all nodes.
#[derive(Clone, Debug)]
pub(super) struct NodeSample {
    /// m̄ and m of the active modes.
    pub bar: DVector<f64>,
    pub m: DVector<f64>,
    /// m̄ mᵀ.
    pub product: DMatrix<f64>,
    /// ⟨δs_α δσ_β⟩ at fixed λ.
    pub fluctuations: DMatrix<f64>,
    /// ⟨s σ⟩ of each spectator.
    pub spectators: Vec<f64>,
    /// For each mode integrated over, the derivative of the log of the spectators' factors with respect to w, at fixed m̄.
    pub pulls: Vec<f64>,
    /// With an empirical law of û: averages on its sites, the products with m of the active modes only.
    pub sites: Option<SiteAverages>,
}

impl NodeSample {
    /// Applies a function to every number and the one of another sample in its place.
    pub fn combine(&mut self, other: &Self, with: impl Fn(&mut f64, f64)) {
        let apply = |own: &mut [f64], other: &[f64]| own.iter_mut().zip(other).for_each(|(own, x)| with(own, *x));
        apply(self.bar.as_mut_slice(), other.bar.as_slice());
        apply(self.m.as_mut_slice(), other.m.as_slice());
        apply(self.product.as_mut_slice(), other.product.as_slice());
        apply(self.fluctuations.as_mut_slice(), other.fluctuations.as_slice());
        apply(&mut self.spectators, &other.spectators);
        apply(&mut self.pulls, &other.pulls);
        if let (Some(own), Some(other)) = (&mut self.sites, &other.sites) {
            apply(own.tanh.as_mut_slice(), other.tanh.as_slice());
            apply(own.sech2.as_mut_slice(), other.sech2.as_slice());
            apply(own.tanh_magnetization.as_mut_slice(), other.tanh_magnetization.as_slice());
        }
    }
}

impl FiniteSize {
    /// Solves for the rest at one λ.
    pub(super) fn relax(&mut self, lambda: &DVector<f64>, relaxed: &mut DVector<f64>) -> Result<f64> {
        if relaxed.is_empty() {
            return Ok(0.0);
        }
        let mut relaxation = std::mem::replace(&mut self.relaxation, Relaxation::new(0));
        let noisy = self.geometry.noisy;
        let clamp = |y: &mut DVector<f64>| {
            if noisy && let Some(q) = y.as_mut_slice().last_mut() {
                *q = q.clamp(0.0, 1.0);
            }
        };
        let result = relaxation.solve(relaxed, clamp, |y| self.round(lambda, y, false));
        self.relaxation = relaxation;
        result
    }

    /// One round of the equations at fixed λ: fields, visible response, hidden response. Returns the rest that follows from them.
    pub(super) fn round(&mut self, lambda: &DVector<f64>, rest: &DVector<f64>, detail: bool) -> Result<DVector<f64>> {
        let (k, all) = (self.geometry.integrated, self.geometry.active.len());
        let Couplings { w, eta, theta, sigma, .. } = &self.couplings;
        let noisy = self.geometry.noisy;
        let mut fields = DVector::zeros(all);
        fields.rows_mut(0, k).copy_from(lambda);
        for mode in k..all {
            fields[mode] = w[mode] * rest[mode - k] + eta[mode];
        }
        let overlap = if noisy { rest[all - k].max(0.0) } else { 0.0 };
        self.visible.evaluate(&fields, sigma * overlap.sqrt(), detail)?;
        let overlap_bar = if noisy { (1.0 - self.visible.answer.sech2).max(0.0) } else { 0.0 };
        let fields_bar = w.component_mul(&self.visible.answer.response) + theta;
        self.hidden.evaluate(&fields_bar, sigma * overlap_bar.sqrt(), detail)?;
        let answers = self.hidden.answer.response.rows(k, all - k);
        let overlap = (1.0 - self.hidden.answer.sech2).max(0.0);
        Ok(DVector::from_iterator(rest.len(), answers.iter().copied().chain([overlap]).take(rest.len())))
    }

    /// A node: the log of the weight, and the quantities to be averaged.
    pub(super) fn node(&mut self, lambda: &DVector<f64>, rest: &DVector<f64>, size: f64) -> Result<Node> {
        self.round(lambda, rest, true)?;
        let k = self.geometry.integrated;
        let (visible, hidden) = (&self.visible.answer, &self.hidden.answer);
        let Fluctuations { rest: fluctuations, log_weight, slope, measure } = self.rest_fluctuations(size);
        let chi = visible.sech2 * hidden.sech2;
        let (mut prefactor, mut pull) = (log_weight, 0.0);
        let mut spectators = Vec::with_capacity(self.couplings.spectators.len());
        for &w in &self.couplings.spectators {
            let r = 1.0 - w * w * chi;
            let renormalised = stiffness(r, self.couplings.quartic, size);
            prefactor += log_factor(r, self.couplings.quartic, size);
            pull += 0.5 * w * w * visible.sech2 / renormalised;
            spectators.push(w * chi / renormalised);
        }
        let (bar, m) = (visible.response.clone(), hidden.response.clone());
        // d(E sech² h̄)/d(w m̄_α) = −2 k E[v̂_α tanh h̄ sech² h̄].
        let through = -2.0 * self.hidden.scale();
        let sample = NodeSample {
            product: &bar * m.transpose(),
            fluctuations,
            spectators,
            pulls: (0..k).map(|i| pull * through * hidden.bend[i] * bar[i]).collect(),
            sites: self.has_sites.then(|| self.on_sites()),
            bar,
            m,
        };
        let exponent = prefactor + measure - size * self.energy(lambda, rest);
        Ok(Node { exponent, derivatives: Derivatives { prefactor, slope }, sample })
    }

    /// f at the last node.
    fn energy(&self, lambda: &DVector<f64>, rest: &DVector<f64>) -> f64 {
        let (k, all) = (self.geometry.integrated, self.geometry.active.len());
        let Couplings { w, eta, sigma, held_energy, .. } = &self.couplings;
        let (visible, hidden) = (&self.visible.answer, &self.hidden.answer);
        let mut energy = held_energy - visible.potential - hidden.potential;
        for mode in 0..all {
            let field = if mode < k { lambda[mode] - eta[mode] } else { w[mode] * rest[mode - k] };
            energy += field * visible.response[mode];
        }
        if self.geometry.noisy {
            energy -= 0.5 * sigma * sigma * (1.0 - rest[all - k]) * visible.sech2;
        }
        energy
    }

    /// Averages on the sites at the last node.
    fn on_sites(&self) -> SiteAverages {
        let sites = &self.visible.answer.sites;
        let column = |value: fn(&(f64, f64)) -> f64| DVector::from_iterator(sites.len(), sites.iter().map(value));
        let tanh = column(|site| site.0) + self.visible.given_magnetization(self.geometry.integrated);
        let tanh_magnetization = &tanh * self.hidden.answer.response.transpose();
        SiteAverages { tanh_magnetization, tanh, sech2: column(|site| site.1) }
    }

    /// Smallest eigenvalue of Ā among the modes integrated over, at the last node.
    pub(super) fn softest_pair(&self) -> f64 {
        let pair = &self.visible.answer.pair;
        if self.geometry.integrated == 1 {
            return pair[(0, 0)];
        }
        let (a, b, c) = (pair[(0, 0)], pair[(1, 1)], pair[(0, 1)]);
        // det/largest, which does not cancel.
        (a * b - c * c) / (0.5 * (a + b + ((a - b).powi(2) + 4.0 * c * c).sqrt())).max(f64::MIN_POSITIVE)
    }

    /// Fluctuations of the rest. Let P = Ā⁻¹ and S = P − D B D, both `active × active`. At fixed λ the rest's m̄ has the
    /// covariance (S_RR)⁻¹/L, hence `⟨δs_α δσ_β⟩ = [(S_RR)⁻¹ D B]_αβ`. The weight in m̄ is `√(det P/det S_RR)`, and dλ = Q dm̄
    /// with `Q = P_II − P_IR (S_RR)⁻¹ S_RI`. Without a rest Q is P, and the weight in λ is √det Ā.
    fn rest_fluctuations(&self, size: f64) -> Fluctuations {
        let (k, all) = (self.geometry.integrated, self.geometry.active.len());
        let rest = all - k;
        let mut out = Fluctuations::saturated(all, k);
        let Some(factors) = Cholesky::new(self.visible.answer.pair.clone()) else { return out };
        let log_pair = 2.0 * factors.l_dirty().diagonal().iter().map(|x| x.ln()).sum::<f64>();
        let precision = factors.inverse();
        out.log_weight = -0.5 * log_pair;
        if rest == 0 {
            (out.slope, out.measure) = (precision, log_pair);
            return out;
        }
        let d = DMatrix::from_diagonal(&self.couplings.w);
        let through = &d * &self.hidden.answer.pair;
        let s = &precision - &through * &d;
        let block = |matrix: &DMatrix<f64>| matrix.view((k, k), (rest, rest)).into_owned();
        let (inverse, log_factors) = inverse_of_rest(&block(&precision), &block(&s), self.couplings.quartic / size);
        let slope =
            precision.view((0, 0), (k, k)) - precision.view((0, k), (k, rest)) * &inverse * s.view((k, 0), (rest, k));
        let Some(factors) = Cholesky::new(slope.clone()) else { return out };
        out.measure = -2.0 * factors.l_dirty().diagonal().iter().map(|x| x.ln()).sum::<f64>();
        out.log_weight += log_factors;
        out.slope = slope;
        out.rest.rows_mut(k, rest).copy_from(&(&inverse * through.rows(k, rest)));
        out
    }
}

/// Contribution of the modes that follow λ, at one λ.
struct Fluctuations {
    /// ⟨δs_α δσ_β⟩ at fixed λ, `active × active`.
    rest: DMatrix<f64>,
    /// log of the weight in m̄, without e^{−L f} and the spectators.
    log_weight: f64,
    /// Q = dλ/dm̄.
    slope: DMatrix<f64>,
    /// −log det Q.
    measure: f64,
}

impl Fluctuations {
    /// Units saturated to the last digit: nothing fluctuates, and λ has no weight.
    fn saturated(active: usize, integrated: usize) -> Self {
        Self {
            rest: DMatrix::zeros(active, active),
            log_weight: 0.0,
            slope: DMatrix::identity(integrated, integrated),
            measure: f64::MIN_POSITIVE.ln(),
        }
    }
}
