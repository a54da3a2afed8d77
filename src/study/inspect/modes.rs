//! Bulk and modes of one machine (`docs/theory.md`, section 1).

use super::law::ComponentLaw;
use super::outlier::{BothRatios, Outlier};

use super::components::{self, Vector};

use super::law::{Judgement, Mixing, judge};
use crate::error::Result;
use crate::simulator::machine::Machine;
use crate::theory::spectrum::{BulkFit, Decomposition, fit_weights, kurtosis, projections, spiked};
use nalgebra::DMatrix;
use rayon::prelude::*;

use std::f64::consts::FRAC_PI_4;

/// A mode at most this many errors from σ is near the threshold, where the spiked formula is stationary and says little.
const NEAR_THRESHOLD: f64 = 6.0;

/// Spectrum of a machine, divided into bulk and modes.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Numbers of visible and hidden units.
    pub units: (usize, usize),
    /// Singular values and vectors.
    pub modes: Decomposition,
    /// σ, with its error and how well the law fits.
    pub bulk: BulkFit,
    /// Singular values above the bulk, in decreasing order; without a bulk, all that are not zero.
    pub outliers: Vec<Outlier>,
}

impl Reading {
    /// Reads a machine.
    ///
    /// ```
    /// use spectral_rbm::{study::inspect::Reading, simulator::machine::Machine};
    /// let machine = Machine::random(60, 40, 0.05, 1)?; // noise of σ = 0.05 √(60·40)^{1/2} = 0.35
    /// let reading = Reading::of(&machine)?;
    /// assert!(reading.outliers.is_empty() && (reading.bulk.sigma / 0.35 - 1.0).abs() < 0.05);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of the decomposition: weights that are not finite.
    pub fn of(machine: &Machine) -> Result<Self> {
        let (visible, hidden) = (machine.visible, machine.hidden);
        let modes = Decomposition::of(&machine.weights, visible, hidden)?;
        let bulk = fit_weights(&machine.weights, &modes)?;
        let mut reading = Self { units: (visible, hidden), modes, bulk, outliers: Vec::new() };
        reading.outliers = reading.judged(machine)?;
        Ok(reading)
    }

    /// κ = N_h/N_v.
    pub fn kappa(&self) -> f64 {
        self.units.1 as f64 / self.units.0 as f64
    }

    /// L = √(N_v N_h).
    pub fn size(&self) -> f64 {
        (self.units.0 as f64 * self.units.1 as f64).sqrt()
    }

    /// Strengths of the modes that have one, by rank.
    pub fn planted(&self) -> Vec<f64> {
        self.outliers.iter().map_while(|outlier| outlier.planted).collect()
    }

    /// w/σ of the strongest mode and its standard error; `None` if the mode has no strength, or if there is no noise.
    ///
    /// Both depend on σ: at a singular value s, w/σ is a function of s/σ alone, so their errors are not independent.
    pub fn strongest_over_sigma(&self) -> Option<(f64, f64)> {
        let (sigma, w) = (self.bulk.sigma, self.outliers.first()?.planted?);
        let ratio = w / sigma;
        let (drawn, shift) = self.error_parts(0, w);
        let shifted = (w + shift) / (sigma - self.bulk.sigma_error);
        self.bulk.is_noise().then(|| (ratio, (drawn / sigma).hypot(shifted - ratio)))
    }

    /// Strengths of all modes above the bulk, by rank, for the fixed points: the known ones ([`Outlier::planted`]), else those
    /// that the fit would give, else the singular values.
    pub fn strengths(&self) -> Vec<f64> {
        let strength = |outlier: &Outlier| {
            let known = outlier.planted.or_else(|| self.bulk.estimate(outlier.observed));
            known.unwrap_or(outlier.observed)
        };
        self.outliers.iter().map(strength).collect()
    }

    /// σ for the fixed points: zero if it is not known.
    pub fn sigma(&self) -> f64 {
        if self.bulk.sigma.is_finite() { self.bulk.sigma } else { 0.0 }
    }

    /// Components of the first modes at unit mean square, `sites × modes`: of u, and of v.
    pub fn components(&self, modes: usize) -> (DMatrix<f64>, DMatrix<f64>) {
        let scaled = |vectors: &DMatrix<f64>| vectors.columns(0, modes) * (vectors.nrows() as f64).sqrt();
        (scaled(&self.modes.u), scaled(&self.modes.v))
    }

    /// Components û and v̂ of the first modes without the noise of the observed vectors, as far as their laws are known, at unit
    /// mean square: `(copies · sites) × modes` each, and the number of copies of the sites. Vectors stay as observed without a
    /// planted strength, or without a bulk that would be their noise.
    pub fn planted_components(&self, modes: usize) -> [(DMatrix<f64>, usize); 2] {
        let judged = self.outliers.iter().take(modes).filter(|outlier| outlier.planted.is_some()).count();
        let (u, v) = self.components(modes);
        if judged < modes || !self.bulk.is_noise() {
            return [(u, 1), (v, 1)];
        }
        let outliers = &self.outliers[..modes];
        let of_u: Vec<Vector<'_>> = outliers.iter().zip(u.as_slice().chunks(u.nrows())).map(Vector::of_u).collect();
        let of_v: Vec<Vector<'_>> = outliers.iter().zip(v.as_slice().chunks(v.nrows())).map(Vector::of_v).collect();
        [components::planted(&of_u), components::planted(&of_v)]
    }

    fn judged(&self, machine: &Machine) -> Result<Vec<Outlier>> {
        let count = self.bulk.outliers;
        let observed = &self.modes.singular_values[..count];
        // Laws are judged as if the bulk, if there is one, were noise: in strong modes that changes little.
        let strengths: Vec<Option<f64>> =
            observed.iter().map(|&s| self.bulk.planted(s).or_else(|| self.bulk.estimate(s))).collect();
        // For the mixing of modes, a mode without a strength is at its singular value.
        let values: Vec<f64> = strengths.iter().zip(observed).map(|(w, &s)| w.unwrap_or(s)).collect();
        let turned = mixings(&values, self.sigma(), self.units);
        let (u, v) = self.components(count);
        let (eta, theta) = (projections(&self.modes.u, &machine.eta)?, projections(&self.modes.v, &machine.theta)?);
        let (kurtosis_u, kurtosis_v) = (kurtosis(&u), kurtosis(&v));
        let outlier = |index: usize| {
            let overlaps = strengths[index].map_or((0.0, 0.0), |w| self.squared_overlaps(w));
            let side = |vectors: &DMatrix<f64>, overlap: f64, mixing: Mixing| -> Judgement {
                judge(vectors.column(index).as_slice(), overlap, mixing)
            };
            let on_u = side(&u, overlaps.0, turned[index].0);
            let on_v = side(&v, overlaps.1, turned[index].1);
            let planted = self.bulk.planted(observed[index]);
            let error = planted.filter(|_| self.bulk.is_noise()).map(|w| self.error(index, w));
            let known = |overlap: f64| if planted.is_some() { overlap } else { f64::NAN };
            let law = |law: ComponentLaw| if planted.is_some() { law } else { ComponentLaw::Unclaimed };
            Outlier {
                rank: index + 1,
                observed: observed[index],
                planted,
                planted_error: error,
                near_threshold: planted
                    .zip(error)
                    .is_some_and(|(w, error)| w - self.bulk.sigma < NEAR_THRESHOLD * error),
                squared_overlap_u: known(overlaps.0),
                squared_overlap_v: known(overlaps.1),
                kurtosis_u: kurtosis_u[index],
                kurtosis_v: kurtosis_v[index],
                prior_u: law(on_u.law),
                prior_v: law(on_v.law),
                log_likelihood_ratios: BothRatios { u: on_u.ratios, v: on_v.ratios },
                distance_u: on_u.distance,
                distance_v: on_v.distance,
                eta: eta[index],
                theta: theta[index],
                seen: (on_u.seen, on_v.seen),
            }
        };
        Ok((0..count).into_par_iter().map(outlier).collect())
    }

    /// The law of the noise alone, whose κ and σ differ from the machine's if there are many modes.
    fn noise(&self) -> Option<(f64, f64)> {
        self.bulk.law.map(|law| (law.sigma(), law.kappa()))
    }

    fn squared_overlaps(&self, w: f64) -> (f64, f64) {
        self.noise().map_or((1.0, 1.0), |(sigma, kappa)| spiked::squared_overlaps(w, sigma, kappa))
    }

    fn error(&self, index: usize, w: f64) -> f64 {
        let (drawn, shift) = self.error_parts(index, w);
        drawn.hypot(shift)
    }

    /// The standard error of w at known σ, and the change of w if σ is smaller by its error.
    fn error_parts(&self, index: usize, w: f64) -> (f64, f64) {
        let (sigma, s) = (self.bulk.sigma, self.modes.singular_values[index]);
        let x = (sigma / w).powi(2);
        let drawn = sigma / (self.size() * (1.0 - x).max(f64::EPSILON)).sqrt();
        // Change of w with σ, by a difference; towards smaller σ, where the mode stays outside the bulk.
        let relative = self.bulk.sigma_error / sigma;
        let shifted = self.noise().and_then(|(sigma, kappa)| spiked::planted(s, sigma * (1.0 - relative), kappa));
        (drawn, shifted.map_or(0.0, |shifted| shifted - w))
    }
}

/// Standard deviations of how far the vectors u and v of each mode may be turned into those of the others.
///
/// In a drawn machine, û of different modes have scalar products of 1/√N_v, v̂ of 1/√N_h, and the noise couples modes by σ/√L. To
/// first order, u^α turns into u^β by an angle of variance
///
/// ```text
/// [ (w_α² + w_β²)²/(4 N_v) + w_α² w_β²/N_h + σ² (w_α² + w_β²)/L ] / (w_α² − w_β²)²
/// ```
///
/// and v^α with N_v and N_h exchanged.
pub fn mixings(strengths: &[f64], sigma: f64, (visible, hidden): (usize, usize)) -> Vec<(Mixing, Mixing)> {
    let (n, h) = (visible as f64, hidden as f64);
    let angle = |a: f64, b: f64, (one, other): (f64, f64)| {
        let (a, b) = (a * a, b * b);
        let variance = (a + b).powi(2) / (4.0 * one) + a * b / other + sigma * sigma * (a + b) / (n * h).sqrt();
        (variance.sqrt() / (a - b).abs()).min(FRAC_PI_4)
    };
    let of = |mode: usize, sizes: (f64, f64)| {
        let others = strengths.iter().enumerate().filter(|(other, _)| *other != mode);
        let angles = others.map(|(_, &w)| angle(strengths[mode], w, sizes));
        let (share, angle) =
            angles.fold((0.0, 0.0f64), |(share, largest), angle| (share + angle.sin().powi(2), largest.max(angle)));
        Mixing { share, angle }
    };
    (0..strengths.len()).map(|mode| (of(mode, (n, h)), of(mode, (h, n)))).collect()
}
