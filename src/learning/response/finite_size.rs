//! The finite-size integral over the magnetizations of one or two modes, with all the others in a given state.
//!
//! ```text
//! Z = (L/2π)^{k/2} ∫ d^kλ  √det J''(λ)  exp(−L f(λ)),       f = (λ − η)·m̄ − J(λ) − H(w m̄ + θ),
//! J(λ) = κ^{-1/2} E log 2cosh(κ^{1/4} λ·û),   m̄ = J'(λ),     H(g) = κ^{1/2} E log 2cosh(κ^{-1/4} g·v̂)
//! ⟨s_α σ_β⟩ = L ⟨m̄_α m_β⟩,    m = H'(w m̄ + θ)
//! ```
//!
//! (`docs/theory.md`, section 2b.) λ is the whole field on the visible side of the mode. exp(−L I(m̄)) √det I'' counts the
//! states of given m̄ (I: the Legendre transform of J), and dm̄ √det I'' = dλ √det J''. This is the saddle-point form of the
//! density of m̄, with relative corrections O(1/L) that hardly depend on λ; the hidden side is exact.
//!
//! All that is not integrated over follows λ:
//! * modes with magnetization or field of their own ("rest"): m_γ, m̄_γ solve their equations at every λ, and their Gaussian
//!   fluctuations enter as a determinant;
//! * the overlaps q, q̄ of the noise, in the same way (their own fluctuations are left out);
//! * modes without either ("spectators", symmetric laws): a factor `(1 − w²χ)^{-1/2}` each, with χ = E sech² h E sech² h̄ at
//!   this λ. 1 − w²χ is renormalised ([`stiffness`](super::hartree)) so that it stays positive, also in the determinant of the
//!   rest.
//!
//! The trapezoidal rule with step h on a Gaussian of deviation s has an error of 2 exp(−2π² s²/h²). Since f'' ≤ J'', no peak of
//! the weight is narrower than `s = 1/√(L J'')` at its top, and h = s leaves an error of 5e-9 ([`STEP`]). Nodes are visited
//! outward from the stationary points of f as long as the weight exceeds e^{−32} of the largest.

use super::geometry::{Background, Geometry};
use super::hartree::quartic;
use super::integral::{Couplings, FiniteSize, IntegralAverages, SUPPORT};
use super::layer::Layer;
use super::node::Node;
use super::relax::Relaxation;
use super::seeds::Seed;
use super::sums::Sums;
use crate::{Ensemble, Error, FixedPoint, Prior, Result};
use nalgebra::DVector;
use std::collections::{HashSet, VecDeque};

/// Step of the grid in units of 1/√(L J''), over one mode and over two. For a Gaussian peak the errors are 5e-9 and 6e-6. The
/// latter is still below the error of the saddle-point density.
const STEP: [f64; 2] = [1.0, 1.25];
/// Largest step in units of 1/k: tanh(kλ) has its poles at ±iπ/(2k), and the error of the rule is e^{−π²/(k h)} = 2e-11.
const LARGEST_STEP: f64 = 0.4;
/// λ is followed no further once fewer units than this are free in some direction, N_v Ā, over one mode and over two: m̄ then no
/// longer changes by more than this number of units. There is weight only where units are saturated (large w) or fewer than 50.
const SATURATED: [f64; 2] = [1e-3, 1e-2];
/// The averages are refused if the mean residual of the rest's equations is above this.
const UNSOLVED: f64 = 1e-4;
/// Largest number of nodes of one integral.
const MOST_NODES: usize = 100_000;
/// Same where a rest is solved for at each node, which takes milliseconds.
const MOST_SOLVED: usize = 20_000;

impl FiniteSize {
    /// The integral over `integrated` (one or two modes, from 0) around a state. Only the state's other modes and q matter,
    /// as the start from which they follow λ.
    ///
    /// # Errors
    /// Not one or two different modes of the ensemble; a state of another ensemble; backends that cannot be used.
    pub fn new(ensemble: &Ensemble, integrated: &[usize], state: &FixedPoint) -> Result<Self> {
        Self::with_weak(ensemble, integrated, &[], state)
    }

    /// The integral around the state without magnetization, and with further spectators of strengths `weak`, whose
    /// fluctuations are appended to the diagonal of [`IntegralAverages::order_one`].
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn around_paramagnet(ensemble: &Ensemble, integrated: &[usize], weak: &[f64]) -> Result<Self> {
        let zero = DVector::zeros(ensemble.modes().len());
        let background = Background { magnetization: zero.clone(), magnetization_bar: zero, overlap: 0.0 };
        Self::around(ensemble, integrated, weak, background)
    }

    /// [`new`](Self::new) with further spectators.
    pub(super) fn with_weak(
        ensemble: &Ensemble,
        integrated: &[usize],
        weak: &[f64],
        state: &FixedPoint,
    ) -> Result<Self> {
        let (magnetization, magnetization_bar) = (state.magnetization.clone(), state.magnetization_bar.clone());
        let background = Background { magnetization, magnetization_bar, overlap: state.overlap };
        Self::around(ensemble, integrated, weak, background)
    }

    fn around(ensemble: &Ensemble, integrated: &[usize], weak: &[f64], background: Background) -> Result<Self> {
        let geometry = Geometry::new(ensemble, integrated, &background)?;
        let (m, bar, w) = (&background.magnetization, &background.magnetization_bar, ensemble.modes());
        let (scale, sigma, backend) = (ensemble.kappa().powf(0.25), ensemble.sigma(), ensemble.backend());
        let layer =
            |prior, fields: DVector<f64>, scale| Layer::new(prior, &geometry.active, &fields, scale, sigma, backend);
        Ok(Self {
            visible: layer(ensemble.prior_u(), w.component_mul(m) + ensemble.eta(), scale)?,
            hidden: layer(ensemble.prior_v(), w.component_mul(bar) + ensemble.theta(), 1.0 / scale)?,
            couplings: Couplings {
                w: geometry.pick(w),
                eta: geometry.pick(ensemble.eta()),
                theta: geometry.pick(ensemble.theta()),
                spectators: geometry.spectators.iter().map(|&mode| w[mode]).chain(weak.iter().copied()).collect(),
                sigma,
                quartic: quartic(ensemble),
                units: ensemble.kappa().powf(-0.5),
                held_energy: geometry.held.iter().map(|&mode| w[mode] * m[mode] * bar[mode]).sum(),
            },
            has_sites: matches!(ensemble.prior_u(), Prior::Empirical(_)),
            relaxation: Relaxation::new(geometry.unknowns()),
            geometry,
            background,
        })
    }

    /// The averages at size L.
    ///
    /// # Errors
    /// L not positive; a weight so broad that it would need more nodes than an integral may have; a rest that cannot follow λ;
    /// failures of the averages.
    pub fn averages(&mut self, size: f64) -> Result<IntegralAverages> {
        self.averages_with(size, STEP[self.geometry.integrated - 1])
    }

    /// [`averages`](Self::averages) on a grid of another step, in units of 1/√(L J'').
    ///
    /// # Errors
    /// As [`averages`](Self::averages), and a step that is not positive.
    pub fn averages_with(&mut self, size: f64, step: f64) -> Result<IntegralAverages> {
        if !(size.is_finite() && size > 0.0) {
            return Err(Error::Size(size));
        }
        if !(step.is_finite() && step > 0.0) {
            return Err(Error::Range { name: "the step", reason: format!("{step} is not positive and finite") });
        }
        let seeds = self.seeds(size)?;
        let pulls = self.pulls(&seeds, size)?;
        let curvature = seeds.iter().map(|seed| seed.curvature).fold(0.0, f64::max);
        let h = (step / (size * curvature).sqrt()).min(step * LARGEST_STEP / self.visible.scale());
        let sums = self.sweep(seeds, h, size)?;
        let no_maximum = || Error::Unsolved {
            what: "the response",
            reason:
                "the weight of the finite-size integral has no maximum that could be found, since w or the fields are \
                     too large"
                    .to_owned(),
        };
        let mut averages = self.collect(&sums, &sums.mean().ok_or_else(no_maximum)?, h, size);
        if averages.residual > UNSOLVED {
            let reason = format!(
                "the other modes' equations are unsolved around modes {:?}: residual {:.1e}",
                &self.geometry.active[..self.geometry.integrated],
                averages.residual
            );
            return Err(Error::Unsolved { what: "the response", reason });
        }
        for (&mode, pull) in self.geometry.active.iter().zip(pulls) {
            averages.order_one[(mode, mode)] = pull.unwrap_or(averages.order_one[(mode, mode)]);
        }
        Ok(averages)
    }

    /// Visits nodes outward from the seeds.
    fn sweep(&mut self, seeds: Vec<Seed>, h: f64, size: f64) -> Result<Sums> {
        let saturated = SATURATED[self.geometry.integrated - 1];
        let mut sums = Sums::default();
        let (mut visited, mut queue) = (HashSet::new(), VecDeque::new());
        for seed in seeds {
            let index = self.geometry.index(&seed.lambda, h);
            if visited.insert(index) {
                queue.push_back((index, seed.rest));
            }
        }
        while let Some((index, mut rest)) = queue.pop_front() {
            let lambda = self.geometry.point(index, h);
            let residual = self.relax(&lambda, &mut rest)?;
            let Node { exponent, sample, .. } = self.node(&lambda, &rest, size)?;
            if !exponent.is_finite() {
                return Err(Error::NotFinite { name: "the weight of the finite-size integral", value: exponent });
            }
            sums.add(exponent, &sample, residual);
            if exponent < sums.largest - SUPPORT || self.softest_pair() * size * self.couplings.units < saturated {
                continue;
            }
            let most = if self.geometry.rest() > 0 { MOST_SOLVED } else { MOST_NODES };
            if sums.nodes > most {
                let reason = format!("the finite-size integral needs more than {most} nodes at L = {size}");
                return Err(Error::Unsolved { what: "the response", reason });
            }
            for (next, rest) in self.geometry.neighbours(index, &rest) {
                if visited.insert(next) {
                    queue.push_back((next, rest));
                }
            }
        }
        Ok(sums)
    }
}
