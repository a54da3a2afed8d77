//! One layer of the machine in the finite-size integrals: the response of its units to the fields on a few modes
//! (`docs/theory.md`, section 2b).
//!
//! ```text
//! h = k (s x + Σ_a c_a û_a) + (the site's own field),    k = κ^{1/4} (visible) or κ^{-1/4} (hidden)
//! potential k^{-2} E log 2cosh h,    response k^{-1} E[û_a tanh h],    pair E[û_a û_b sech² h]
//! ```
//!
//! Each is the derivative of the one before it with respect to c. An empirical law is a sum over its sites. So is the Bernoulli
//! law of few modes without noise (its 2^{a−1} pairs of opposite sites). Other laws use [`Averager`].

use crate::theory::average::{Averager, Backend, Field};
use crate::theory::quadrature::{self, Rule};
use crate::{Error, Prior, Result};
use nalgebra::{DMatrix, DVector};

/// Largest number of modes for which the Bernoulli law is summed over its 2^{a−1} kinds of sites.
const BERNOULLI_MODES: usize = 5;
/// Number of Gauss–Hermite nodes, in units of s², for noise of standard deviation s on the sites. tanh has its poles at ±iπ/2,
/// and the error of n nodes is exp(−√(2n) π/(2s)): e^{−18} with 65 s².
const NOISE_NODES: f64 = 65.0;
/// Smallest and largest number of these nodes.
const NOISE_LIMITS: (f64, f64) = (6.0, 64.0);
/// Largest noise s: with the largest number of nodes the error is e^{−11}.
const MOST_NOISE: f64 = 1.6;
/// Largest |h| for which e^{±2h}, and the product of two of them, are finite.
const LARGEST_FIELD: f64 = 170.0;

/// The response of a layer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// `k^{-2} E log 2cosh h`; only with detail.
    pub potential: f64,
    /// `k^{-1} E[û_a tanh h]`: m̄ of the visible layer, m of the hidden one.
    pub response: DVector<f64>,
    /// `E sech² h = 1 − q`.
    pub sech2: f64,
    /// `E[û_a tanh h sech² h]`; only with detail.
    pub bend: DVector<f64>,
    /// `E[û_a û_b sech² h]`; only with detail.
    pub pair: DMatrix<f64>,
    /// `tanh h` and `sech² h` of each site of an empirical law (averaged over the noise); only with detail.
    pub sites: Vec<(f64, f64)>,
}

#[derive(Clone, Debug)]
enum LayerLaw {
    Sites(Sites),
    Smooth(Box<Averager>),
}

/// Sites of equal weight, with scratch memory.
#[derive(Clone, Debug)]
struct Sites {
    /// Components of the modes, site after site.
    values: Vec<f64>,
    fields: Vec<f64>,
    noise: Rule,
    total: Vec<f64>,
    /// e^{−2h} and e^{2h} of `total`.
    powers: Vec<(f64, f64)>,
    sites: Vec<Site>,
}

impl Sites {
    pub(super) fn new(values: Vec<f64>, fields: Vec<f64>, noise: Rule) -> Self {
        Self { values, fields, noise, total: Vec::new(), powers: Vec::new(), sites: Vec::new() }
    }

    /// Returns the sum of weight times log 2cosh over noise and sites, and adds the averages of each site to `sites`, at the
    /// fields in `total`.
    fn average(&mut self, noise: f64) -> f64 {
        let Self { noise: rule, total, powers, sites, .. } = self;
        let farthest = |values: &[f64], scale: f64| values.iter().fold(0.0f64, |far, x| far.max((scale * x).abs()));
        let apart = rule.nodes.len() > 1 && farthest(total, 1.0).max(farthest(&rule.nodes, noise)) < LARGEST_FIELD;
        powers.clear();
        if apart {
            powers.extend(total.iter().map(|&h| powers_of(h)));
        }
        let mut log = 0.0;
        for (x, &weight) in rule.nodes.iter().zip(&rule.weights) {
            let shift = noise * x;
            log += weight
                * if apart {
                    let (down, up) = powers_of(shift);
                    // e^{−2|h|} of a sum is a product of two powers: no further exponential is needed.
                    add_sites(total, powers, sites, (shift, weight), |_, powers| (powers.0 * down).min(powers.1 * up))
                } else {
                    // No field is used twice.
                    add_sites(total, total, sites, (shift, weight), |h, _| (-2.0 * h.abs()).exp())
                };
        }
        log
    }
}

/// e^{−2h} and e^{2h}.
fn powers_of(h: f64) -> (f64, f64) {
    let up = (2.0 * h).exp();
    (1.0 / up, up)
}

#[derive(Clone, Debug)]
pub(super) struct LayerResponse {
    law: LayerLaw,
    scale: f64,
    modes: usize,
    scratch: Vec<f64>,
    pub answer: Answer,
}

impl LayerResponse {
    /// The layer for the modes `active`, in their order. `held` are the field coefficients of all modes. Those of modes that are
    /// not active act on the sites of an empirical law as a fixed field.
    pub fn new(
        prior: &Prior,
        active: &[usize],
        held: &DVector<f64>,
        scale: f64,
        sigma: f64,
        backend: Backend,
    ) -> Result<Self> {
        let modes = active.len();
        let law = match prior {
            Prior::Empirical(components) => {
                let mut coefficients = held * scale;
                active.iter().for_each(|&mode| coefficients[mode] = 0.0);
                let fields = components.values() * coefficients + components.fields();
                let values = components
                    .values()
                    .row_iter()
                    .flat_map(|row| active.iter().map(move |&mode| row[mode]).collect::<Vec<_>>());
                LayerLaw::Sites(Sites::new(values.collect(), fields.as_slice().to_vec(), noise_rule(scale * sigma)?))
            }
            Prior::Bernoulli if sigma == 0.0 && modes <= BERNOULLI_MODES && backend == Backend::Fourier => {
                // The opposite site contributes the same to every even average.
                let kinds = 1usize << modes.saturating_sub(1);
                let sign = |site: usize, mode: usize| if mode > 0 && site >> (mode - 1) & 1 == 1 { -1.0 } else { 1.0 };
                let values = (0..kinds).flat_map(|site| (0..modes).map(move |mode| sign(site, mode)));
                LayerLaw::Sites(Sites::new(values.collect(), vec![0.0; kinds], noise_rule(0.0)?))
            }
            law => LayerLaw::Smooth(Box::new(Averager::new(law, modes, backend)?)),
        };
        let answer = Answer {
            potential: 0.0,
            response: DVector::zeros(modes),
            sech2: 1.0,
            bend: DVector::zeros(modes),
            pair: DMatrix::zeros(modes, modes),
            sites: Vec::new(),
        };
        Ok(Self { law, scale, modes, scratch: vec![0.0; modes], answer })
    }

    /// k.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Evaluates the response to the fields `coefficients` (unscaled: w m + η) and the noise σ√q. Without detail only `response`
    /// and `sech2` are set.
    pub fn evaluate(&mut self, coefficients: &DVector<f64>, noise: f64, detail: bool) -> Result<()> {
        self.scratch.iter_mut().zip(coefficients.iter()).for_each(|(out, c)| *out = self.scale * c);
        let noise = self.scale * noise;
        match &mut self.law {
            LayerLaw::Sites(sites) => {
                sum_sites(sites, &self.scratch, noise, detail, &mut self.answer);
                self.answer.response /= self.scale;
                self.answer.potential /= self.scale * self.scale;
            }
            LayerLaw::Smooth(averager) => {
                let field = Field::new(&self.scratch, noise);
                let answer = &mut self.answer;
                if detail {
                    let mut linear = averager.linearize(&field)?;
                    answer.pair = linear.component_pair_sech2();
                    answer.bend.copy_from_slice(&linear.averages().component_tanh_sech2);
                    set_response(linear.averages(), self.scale, answer);
                    answer.potential = averager.log_2cosh(&field)? / (self.scale * self.scale);
                } else {
                    set_response(averager.evaluate(&field)?, self.scale, answer);
                }
            }
        }
        debug_assert_eq!(self.answer.response.len(), self.modes);
        Ok(())
    }

    /// Correction of `E[s_i | m̄]` of each site beyond tanh h_i, where the m̄ of the first `fixed` modes are given. Here h_i is
    /// the field at which m̄ is the mean, but such fields would have a spread that is absent at given m̄. From the derivative of
    /// ½ log det I'' with respect to the site's field at fixed m̄, the correction is
    ///
    /// `−(1/2N) [ t''_i g_i − t'_i û_i·Ā⁻¹ (1/N) Σ_j û_j t''_j g_j ]`, g_i = û_i·(Ā_II)⁻¹ û_i, t' = sech², t'' = −2 tanh sech²;
    ///
    /// its projections on û vanish. It is zero where Ā is singular, and empty for laws without sites.
    pub fn given_magnetization(&self, fixed: usize) -> DVector<f64> {
        let LayerLaw::Sites(Sites { values, sites, .. }) = &self.law else { return DVector::zeros(0) };
        let mut out = DVector::zeros(sites.len());
        let block = self.answer.pair.view((0, 0), (fixed, fixed)).into_owned();
        let (Some(block), Some(whole)) = (block.cholesky(), self.answer.pair.clone().cholesky()) else { return out };
        let (inverse, share) = (block.inverse(), 1.0 / sites.len() as f64);
        let mut mean = DVector::zeros(self.modes);
        for ((row, site), out) in values.chunks_exact(self.modes).zip(sites).zip(out.iter_mut()) {
            let quadratic: f64 = (0..fixed)
                .flat_map(|a| (0..fixed).map(move |b| (a, b)))
                .map(|(a, b)| row[a] * inverse[(a, b)] * row[b])
                .sum();
            *out = -2.0 * site.bend * quadratic;
            mean.iter_mut().zip(row).for_each(|(mean, u)| *mean += share * u * *out);
        }
        whole.solve_mut(&mut mean);
        for ((row, site), out) in values.chunks_exact(self.modes).zip(sites).zip(out.iter_mut()) {
            let along: f64 = row.iter().zip(mean.iter()).map(|(u, x)| u * x).sum();
            *out = -0.5 * share * (*out - site.sech2 * along);
        }
        out
    }
}

fn set_response(averages: &crate::theory::average::FieldAverages, scale: f64, answer: &mut Answer) {
    answer.sech2 = averages.sech2;
    answer.response.iter_mut().zip(&averages.component_tanh).for_each(|(out, tanh)| *out = tanh / scale);
}

/// Rule for the noise σ√q x with σ√q at most `largest`.
fn noise_rule(largest: f64) -> Result<Rule> {
    if largest == 0.0 {
        return Ok(Rule { nodes: vec![0.0], weights: vec![1.0] });
    }
    if largest > MOST_NOISE {
        let reason = format!(
            "it has the standard deviation {largest:.3} on the units of a layer, and the sums over them hold up to \
             {MOST_NOISE}: take smaller initial weights, keep more directions of the data, or leave the noise out"
        );
        return Err(Error::Range { name: "the noise of the directions left out", reason });
    }
    quadrature::hermite((NOISE_NODES * largest * largest).ceil().clamp(NOISE_LIMITS.0, NOISE_LIMITS.1) as usize)
}

/// Averages of one site over the noise: tanh h, sech² h and tanh h sech² h.
#[derive(Clone, Copy, Debug, Default)]
struct Site {
    tanh: f64,
    sech2: f64,
    bend: f64,
}

/// Returns the sum of log 2cosh over the sites, and adds the averages of each site to `sites`, for one `(shift, weight)` of the
/// noise. `decay` is e^{−2|h|} from a field and its entry in `others`.
fn add_sites<T>(
    fields: &[f64],
    others: &[T],
    sites: &mut [Site],
    (shift, weight): (f64, f64),
    decay: impl Fn(f64, &T) -> f64,
) -> f64 {
    // Logs of factors between 1 and 2 are taken a few hundred at a time.
    const FACTORS: usize = 512;
    let mut log = 0.0;
    for ((fields, others), sites) in fields.chunks(FACTORS).zip(others.chunks(FACTORS)).zip(sites.chunks_mut(FACTORS)) {
        let mut product = 1.0;
        for ((field, other), site) in fields.iter().zip(others).zip(sites) {
            let h = field + shift;
            let decay = decay(h, other);
            let inverse = 1.0 / (1.0 + decay);
            let tanh = ((1.0 - decay) * inverse).copysign(h);
            let sech2 = 4.0 * decay * inverse * inverse;
            site.tanh += weight * tanh;
            site.sech2 += weight * sech2;
            site.bend += weight * tanh * sech2;
            product *= 1.0 + decay;
            log += h.abs();
        }
        log += product.ln();
    }
    log
}

/// Sums over sites, with `response` and `potential` still in units of h.
fn sum_sites(sum: &mut Sites, scaled: &[f64], noise: f64, detail: bool, out: &mut Answer) {
    let modes = scaled.len();
    let share = 1.0 / sum.fields.len() as f64;
    let Sites { values, fields, total, sites, .. } = &mut *sum;
    total.clear();
    total.extend(
        values
            .chunks_exact(modes)
            .zip(fields.iter())
            .map(|(row, &own)| row.iter().zip(scaled).fold(own, |sum, (u, c)| sum + u * c)),
    );
    sites.clear();
    sites.resize(fields.len(), Site::default());
    out.potential = share * sum.average(noise);
    let Sites { values, sites, .. } = sum;
    out.sech2 = sites.iter().map(|site| site.sech2).sum::<f64>() * share;
    out.response.fill(0.0);
    for (row, site) in values.chunks_exact(modes).zip(sites.iter()) {
        row.iter().zip(out.response.iter_mut()).for_each(|(u, out)| *out += share * u * site.tanh);
    }
    if !detail {
        return;
    }
    out.bend.fill(0.0);
    out.pair.fill(0.0);
    out.sites.clear();
    out.sites.extend(sites.iter().map(|site| (site.tanh, site.sech2)));
    for (row, site) in values.chunks_exact(modes).zip(sites.iter()) {
        for (b, &u) in row.iter().enumerate() {
            out.bend[b] += share * u * site.bend;
            let weight = share * u * site.sech2;
            out.pair.column_mut(b).iter_mut().zip(&row[..=b]).for_each(|(out, v)| *out += weight * v);
        }
    }
    out.pair.fill_lower_triangle_with_upper_triangle();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::prior::Components;
    use std::sync::Arc;

    /// Compares the sums over sites with those of the averager, with noise and site fields.
    #[test]
    fn sites_agree_with_the_averager() {
        let values = DMatrix::from_fn(7, 2, |i, j| ((3 * i + 5 * j) as f64).sin() * 1.4);
        let fields = DVector::from_fn(7, |i, _| 0.3 * (i as f64).cos());
        let prior = Prior::Empirical(Arc::new(Components::new(values, fields).unwrap()));
        let (scale, c) = (0.8, DVector::from_vec(vec![0.7, -0.4]));
        for sigma in [0.0, 0.2, 0.6, 1.0] {
            let mut layer = LayerResponse::new(&prior, &[0, 1], &c, scale, sigma, Backend::Fourier).unwrap();
            layer.evaluate(&c, sigma, true).unwrap();
            let scaled = [scale * c[0], scale * c[1]];
            let field = Field::new(&scaled, scale * sigma);
            let mut averager = Averager::new(&prior, 2, Backend::Fourier).unwrap();
            let potential = averager.log_2cosh(&field).unwrap() / (scale * scale);
            let mut linear = averager.linearize(&field).unwrap();
            let pair = linear.component_pair_sech2();
            // e^{-18} where the number of nodes is not at its limits.
            let tolerance = 1e-7;
            assert!((layer.answer.potential - potential).abs() < tolerance);
            assert!((&layer.answer.pair - &pair).amax() < tolerance);
            assert!((layer.answer.sech2 - linear.averages().sech2).abs() < tolerance);
            for mode in 0..2 {
                assert!(
                    (layer.answer.response[mode] * scale - linear.averages().component_tanh[mode]).abs() < tolerance
                );
                assert!((layer.answer.bend[mode] - linear.averages().component_tanh_sech2[mode]).abs() < tolerance);
            }
        }
    }

    /// Averages over the noise are the same to rounding whether the exponentials of field and noise are taken apart or together,
    /// and noise that the rule does not resolve is refused.
    #[test]
    fn noise_is_added_to_fields_of_any_size_and_refused_where_it_is_too_strong() {
        let (values, scale, sigma) = (vec![0.9, -1.3, 0.2, 1e-3], 0.8, 1.9);
        let c = [2.5];
        let rule = noise_rule(scale * sigma).unwrap();
        for own in [0.0, -3.0, 40.0, 165.0, 400.0] {
            let fields = vec![own, 0.5 * own, -own, 0.1];
            let mut sites = Sites::new(values.clone(), fields.clone(), rule.clone());
            let mut answer =
                LayerResponse::new(&Prior::Gaussian, &[0], &DVector::zeros(1), scale, 0.0, Backend::Fourier);
            let answer = &mut answer.as_mut().unwrap().answer;
            sum_sites(&mut sites, &[scale * c[0]], scale * sigma, true, answer);
            let mut potential = 0.0;
            for (u, field) in values.iter().zip(&fields) {
                for (x, weight) in rule.nodes.iter().zip(&rule.weights) {
                    let h = field + u * scale * c[0] + scale * sigma * x;
                    potential += 0.25 * weight * (h.abs() + (-2.0 * h.abs()).exp().ln_1p());
                }
            }
            let mean = |f: &dyn Fn(f64) -> f64| {
                let of = |(u, field): (&f64, &f64)| {
                    let of_noise = rule.nodes.iter().zip(&rule.weights);
                    of_noise.map(|(x, weight)| weight * f(field + u * scale * c[0] + scale * sigma * x)).sum::<f64>()
                };
                values.iter().zip(&fields).map(|site| 0.25 * of(site)).sum::<f64>()
            };
            let sech2 = mean(&|h| h.cosh().powi(-2));
            assert!((answer.potential - potential).abs() < 1e-14 * (1.0 + potential), "{own}");
            assert!((answer.sech2 - sech2).abs() < 1e-14, "{own}: {} {sech2}", answer.sech2);
            assert!(answer.response[0].is_finite() && answer.bend[0].is_finite());
        }
        assert!(matches!(noise_rule(1.7), Err(Error::Range { .. })) && noise_rule(1.6).is_ok());
    }

    /// Compares four kinds of sites for three Bernoulli modes with the Fourier average.
    #[test]
    fn bernoulli_sites_agree_with_the_averager() {
        let c = DVector::from_vec(vec![0.9, 0.5, 0.2]);
        let mut layer = LayerResponse::new(&Prior::Bernoulli, &[0, 1, 2], &c, 1.3, 0.0, Backend::Fourier).unwrap();
        layer.evaluate(&c, 0.0, true).unwrap();
        let scaled: Vec<f64> = c.iter().map(|c| 1.3 * c).collect();
        let mut averager = Averager::new(&Prior::Bernoulli, 3, Backend::Fourier).unwrap();
        let potential = averager.log_2cosh(&Field::new(&scaled, 0.0)).unwrap() / 1.69;
        let mut linear = averager.linearize(&Field::new(&scaled, 0.0)).unwrap();
        // The Fourier averages are accurate to 2e-15 per node.
        assert!((layer.answer.potential - potential).abs() < 1e-13);
        assert!((&layer.answer.pair - linear.component_pair_sech2()).amax() < 1e-13);
        assert!((layer.answer.bend[1] - linear.averages().component_tanh_sech2[1]).abs() < 1e-13);
    }
}
