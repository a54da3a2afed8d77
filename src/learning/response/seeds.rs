//! The stationary points of f, around which the weight of a finite-size integral lies.

use super::geometry::Geometry;
use super::integral::{CONDENSED, Couplings, FiniteSize, SUPPORT};
use crate::{Error, Result};
use nalgebra::DVector;

/// Largest number of rounds of `λ ← η + w m(λ)` towards a stationary point.
const SEED_ROUNDS: usize = 40;
/// Step, in units of 1/√L, at which λ is close enough: where rounds are slow the weight is flat, and nodes spread from the seed.
const SEED_CLOSE: f64 = 0.3;
/// Step in w of numerical derivatives, whose error is then 1e-6 of the third derivative.
const W_STEP: f64 = 1e-3;

/// A point where the integral looks for weight.
pub(super) struct Seed {
    pub exponent: f64,
    pub curvature: f64,
    pub lambda: DVector<f64>,
    /// m̄ of the modes integrated over.
    pub bar: DVector<f64>,
    pub rest: DVector<f64>,
}

impl FiniteSize {
    /// The stationary points of f that have weight.
    pub(super) fn seeds(&mut self, size: f64) -> Result<Vec<Seed>> {
        let (k, close) = (self.geometry.integrated, SEED_CLOSE / size.sqrt());
        let mut found = Vec::new();
        for mut lambda in self.starts() {
            let mut rest = self.rest_of_background();
            for _ in 0..SEED_ROUNDS {
                self.relax(&lambda, &mut rest)?;
                self.round(&lambda, &rest, false)?;
                let Couplings { w, eta, .. } = &self.couplings;
                let next = DVector::from_fn(k, |i, _| eta[i] + w[i] * self.hidden.answer.response[i]);
                let moved = (&next - &lambda).amax();
                lambda = next;
                if moved < close {
                    break;
                }
            }
            if self.geometry.mirror && lambda[0] < 0.0 {
                lambda.neg_mut();
                self.geometry.flip_rest(&mut rest);
            }
            self.relax(&lambda, &mut rest)?;
            let exponent = self.node(&lambda, &rest, size)?.exponent;
            let block = self.visible.answer.pair.view((0, 0), (k, k)).into_owned();
            let bar = self.visible.answer.response.rows(0, k).into_owned();
            found.push(Seed { exponent, curvature: block.symmetric_eigenvalues().max(), lambda, bar, rest });
        }
        let best = found.iter().map(|seed| seed.exponent).fold(f64::NEG_INFINITY, f64::max);
        if !best.is_finite() {
            return Err(Error::NotFinite { name: "the weight of the finite-size integral", value: best });
        }
        found.retain(|seed| seed.exponent >= best - SUPPORT);
        Ok(found)
    }

    /// For each active mode, the derivative of the log of the weight's prefactor with respect to w at fixed m̄, where the rest
    /// follows. (The derivative of −L f at fixed m̄ is L m̄ m.) If there is a rest, it is given for the modes integrated over and
    /// for those of the rest that are condensed. It varies on the scale of λ itself, not on that of the peaks, so its mean over
    /// the stationary points is enough.
    pub(super) fn pulls(&mut self, seeds: &[Seed], size: f64) -> Result<Vec<Option<f64>>> {
        let Geometry { integrated: k, active, .. } = &self.geometry;
        let (k, all) = (*k, active.len());
        let mut pulls = vec![None; all];
        if all == k {
            return Ok(pulls);
        }
        let strength = |&mode: &usize| {
            size * (self.background.magnetization[mode] * self.background.magnetization_bar[mode]).abs()
        };
        let asked: Vec<usize> = (0..all).filter(|&slot| slot < k || strength(&active[slot]) > CONDENSED).collect();
        let best = seeds.iter().map(|seed| seed.exponent).fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = seeds.iter().map(|seed| (seed.exponent - best).exp()).sum();
        for slot in asked {
            let mut mean = 0.0;
            for seed in seeds {
                let w = self.couplings.w[slot];
                let mut logs = [0.0; 2];
                for (log, step) in logs.iter_mut().zip([W_STEP, -W_STEP]) {
                    self.couplings.w[slot] = w + step;
                    let found = self.prefactor_at(seed, size);
                    self.couplings.w[slot] = w;
                    *log = found?;
                }
                mean += (seed.exponent - best).exp() / total * (logs[0] - logs[1]) / (2.0 * W_STEP);
            }
            pulls[slot] = mean.is_finite().then_some(mean);
        }
        Ok(pulls)
    }

    /// log of the prefactor at the m̄ of a seed, after a change of w.
    fn prefactor_at(&mut self, seed: &Seed, size: f64) -> Result<f64> {
        let (mut lambda, mut rest) = (seed.lambda.clone(), seed.rest.clone());
        for _ in 0..2 {
            self.relax(&lambda, &mut rest)?;
            let slope = self.node(&lambda, &rest, size)?.derivatives.slope;
            let moved = self.visible.answer.response.rows(0, self.geometry.integrated) - &seed.bar;
            lambda -= slope * moved;
        }
        self.relax(&lambda, &mut rest)?;
        Ok(self.node(&lambda, &rest, size)?.derivatives.prefactor)
    }

    /// Starts of the search for stationary points: on each axis zero and the largest possible field |w m + η| of either sign; and
    /// the fields of the background.
    fn starts(&self) -> Vec<DVector<f64>> {
        let (Geometry { integrated, active, free, .. }, Couplings { w, eta, .. }) = (&self.geometry, &self.couplings);
        let mut starts = vec![DVector::zeros(*integrated)];
        for axis in 0..*integrated {
            let reach = w[axis] / self.hidden.scale();
            let values = if free[axis] { vec![0.0, reach] } else { vec![0.0, reach, -reach] };
            let grown = starts.iter().flat_map(|start| {
                values.iter().map(|value| {
                    let mut start = start.clone();
                    start[axis] = eta[axis] + value;
                    start
                })
            });
            starts = grown.collect();
        }
        let own = |i: usize, _| eta[i] + w[i] * self.background.magnetization[active[i]];
        starts.push(DVector::from_fn(*integrated, own));
        starts
    }

    /// The unknowns that follow λ, as in the background: m of the rest, then q.
    fn rest_of_background(&self) -> DVector<f64> {
        let Geometry { active, integrated, .. } = &self.geometry;
        let rest = active[*integrated..].iter().map(|&mode| self.background.magnetization[mode]);
        let unknowns = self.geometry.unknowns();
        DVector::from_iterator(unknowns, rest.chain([self.background.overlap]).take(unknowns))
    }
}
