//! One node of a finite-size integral: the rest solved at its λ, the weight there, and the quantities to be averaged.

use super::hartree::{inverse_of_rest, log_factor, stiffness};
use super::integral::FiniteSize;
use super::relax::Relaxation;
use crate::Result;
use nalgebra::{Cholesky, DMatrix, DVector};

impl FiniteSize {
    /// Solves for the rest at one λ.
    pub(super) fn relax(&mut self, lambda: &DVector<f64>, relaxed: &mut DVector<f64>) -> Result<f64> {
        if relaxed.is_empty() {
            return Ok(0.0);
        }
        let mut relaxation = std::mem::replace(&mut self.relaxation, Relaxation::new(0));
        let noisy = self.sigma > 0.0;
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
        let (k, all) = (self.integrated, self.active.len());
        let mut fields = DVector::zeros(all);
        fields.rows_mut(0, k).copy_from(lambda);
        for mode in k..all {
            fields[mode] = self.w[mode] * rest[mode - k] + self.eta[mode];
        }
        let overlap = if self.sigma > 0.0 { rest[all - k].max(0.0) } else { 0.0 };
        self.visible.evaluate(&fields, self.sigma * overlap.sqrt(), detail)?;
        let overlap_bar = if self.sigma > 0.0 { (1.0 - self.visible.answer.sech2).max(0.0) } else { 0.0 };
        let fields_bar = self.w.component_mul(&self.visible.answer.response) + &self.theta;
        self.hidden.evaluate(&fields_bar, self.sigma * overlap_bar.sqrt(), detail)?;
        let answers = self.hidden.answer.response.rows(k, all - k);
        let overlap = (1.0 - self.hidden.answer.sech2).max(0.0);
        Ok(DVector::from_iterator(rest.len(), answers.iter().copied().chain([overlap]).take(rest.len())))
    }

    /// Returns the log of the weight at one node, and sets `self.sample` to the quantities to be averaged.
    pub(super) fn node(&mut self, lambda: &DVector<f64>, rest: &DVector<f64>, size: f64) -> Result<f64> {
        self.round(lambda, rest, true)?;
        let (k, all) = (self.integrated, self.active.len());
        let (visible, hidden) = (&self.visible.answer, &self.hidden.answer);
        let (bar, m) = (&visible.response, &hidden.response);
        let mut energy = self.held_energy - visible.potential - hidden.potential;
        for mode in 0..all {
            energy += if mode < k {
                (lambda[mode] - self.eta[mode]) * bar[mode]
            } else {
                self.w[mode] * rest[mode - k] * bar[mode]
            };
        }
        if self.sigma > 0.0 {
            energy -= 0.5 * self.sigma * self.sigma * (1.0 - rest[all - k]) * visible.sech2;
        }
        let Fluctuations { rest: fluctuations, log_weight, slope, measure } = self.rest_fluctuations(size);
        (self.prefactor, self.slope) = (log_weight, slope);
        self.sample.clear();
        self.sample.extend(bar.iter().chain(m.iter()));
        self.sample.extend((bar * m.transpose()).iter().chain(fluctuations.iter()));
        let chi = visible.sech2 * hidden.sech2;
        let mut pull = 0.0;
        for &w in &self.spectator_w {
            let r = 1.0 - w * w * chi;
            let renormalised = stiffness(r, self.quartic, size);
            self.prefactor += log_factor(r, self.quartic, size);
            pull += 0.5 * w * w * visible.sech2 / renormalised;
            self.sample.push(w * chi / renormalised);
        }
        // d(E sech² h̄)/d(w m̄_α) = −2 k E[v̂_α tanh h̄ sech² h̄].
        let slope = -2.0 * self.hidden.scale();
        self.sample.extend((0..k).map(|i| pull * slope * hidden.bend[i] * bar[i]));
        if self.has_sites {
            let sites = &visible.sites;
            let correction = self.visible.given_magnetization(k);
            let mean = || sites.iter().zip(correction.iter()).map(|(site, correction)| site.0 + correction);
            self.sample.extend(mean().chain(sites.iter().map(|site| site.1)));
            for m in m.iter() {
                self.sample.extend(mean().map(|mean| mean * m));
            }
        }
        Ok(self.prefactor + measure - size * energy)
    }

    /// Smallest eigenvalue of Ā among the modes integrated over, at the last node.
    pub(super) fn softest_pair(&self) -> f64 {
        let pair = &self.visible.answer.pair;
        if self.integrated == 1 {
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
        let (k, all) = (self.integrated, self.active.len());
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
        let d = DMatrix::from_diagonal(&self.w);
        let through = &d * &self.hidden.answer.pair;
        let s = &precision - &through * &d;
        let block = |matrix: &DMatrix<f64>| matrix.view((k, k), (rest, rest)).into_owned();
        let (inverse, log_factors) = inverse_of_rest(&block(&precision), &block(&s), self.quartic / size);
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
