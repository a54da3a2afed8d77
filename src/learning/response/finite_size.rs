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

use super::integral::{Background, FiniteSize, IntegralAverages, SUPPORT};

use super::hartree::quartic;
use super::layer::Layer;
use super::relax::Relaxation;
use super::seeds::Seed;
use super::sums::Sums;
use crate::theory::saddle::Symmetry;
use crate::{Ensemble, Error, FixedPoint, Prior, Result};
use nalgebra::{DMatrix, DVector};
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
/// Magnetization above which the rest counts as condensed where no sign of its own is free.
pub(super) const REST_CONDENSED: f64 = 0.25;
/// Largest number of modes of an ensemble without symmetry for which all modes take part.
const ALL_TAKE_PART: usize = 40;
/// Beyond this number only modes with w above this take part.
const TAKES_PART: f64 = 0.5;

impl FiniteSize {
    /// The integral over `integrated` (one or two modes, from 0) around a state. Only the state's other modes and q matter,
    /// as the start from which they follow λ.
    ///
    /// # Errors
    /// Not one or two different modes of the ensemble; a state of another ensemble; backends that cannot be used.
    pub fn new(ensemble: &Ensemble, integrated: &[usize], state: &FixedPoint) -> Result<Self> {
        let (m, bar) = (state.magnetization.clone(), state.magnetization_bar.clone());
        Self::around(
            ensemble,
            integrated,
            &[],
            Background { magnetization: m, magnetization_bar: bar, overlap: state.overlap },
        )
    }

    /// The integral around the state without magnetization, and with further spectators of strengths `weak`, whose
    /// fluctuations are appended to the diagonal of [`IntegralAverages::order_one`].
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn around_paramagnet(ensemble: &Ensemble, integrated: &[usize], weak: &[f64]) -> Result<Self> {
        let zero = DVector::zeros(ensemble.modes().len());
        Self::around(
            ensemble,
            integrated,
            weak,
            Background { magnetization: zero.clone(), magnetization_bar: zero, overlap: 0.0 },
        )
    }

    /// [`new`](Self::new) with further spectators.
    pub(super) fn with_weak(
        ensemble: &Ensemble,
        integrated: &[usize],
        weak: &[f64],
        state: &FixedPoint,
    ) -> Result<Self> {
        let (m, bar) = (state.magnetization.clone(), state.magnetization_bar.clone());
        Self::around(
            ensemble,
            integrated,
            weak,
            Background { magnetization: m, magnetization_bar: bar, overlap: state.overlap },
        )
    }

    fn around(ensemble: &Ensemble, integrated: &[usize], weak: &[f64], background: Background) -> Result<Self> {
        let modes = ensemble.modes().len();
        check(integrated, modes, &background)?;
        let symmetry = ensemble.symmetry();
        let (rest, spectators, held) = roles(ensemble, &symmetry, integrated, &background);
        let is_condensed = |&mode: &usize| background.magnetization[mode].abs() > REST_CONDENSED;
        let mirror = symmetry == Symmetry::GlobalFlip && !rest.iter().chain(&held).any(is_condensed);
        let active: Vec<usize> = integrated.iter().copied().chain(rest).collect();
        let pick = |all: &DVector<f64>| DVector::from_iterator(active.len(), active.iter().map(|&mode| all[mode]));
        let (w, eta, theta) = (pick(ensemble.modes()), pick(ensemble.eta()), pick(ensemble.theta()));
        let all_w = ensemble.modes();
        let fields = all_w.component_mul(&background.magnetization) + ensemble.eta();
        let fields_bar = all_w.component_mul(&background.magnetization_bar) + ensemble.theta();
        let scale = ensemble.kappa().powf(0.25);
        let noisy = ensemble.sigma() > 0.0;
        let visible = Layer::new(ensemble.prior_u(), &active, &fields, scale, ensemble.sigma(), ensemble.backend())?;
        let hidden =
            Layer::new(ensemble.prior_v(), &active, &fields_bar, 1.0 / scale, ensemble.sigma(), ensemble.backend())?;
        let unknowns = active.len() - integrated.len() + usize::from(noisy);
        let energy = |&mode: &usize| all_w[mode] * background.magnetization[mode] * background.magnetization_bar[mode];
        Ok(Self {
            integrated: integrated.len(),
            spectator_w: spectators.iter().map(|&mode| all_w[mode]).chain(weak.iter().copied()).collect(),
            spectators,
            free: integrated
                .iter()
                .enumerate()
                .map(|(axis, &mode)| symmetry.is_free(mode) || mirror && axis == 0)
                .collect(),
            mirror,
            sigma: ensemble.sigma(),
            held_energy: held.iter().map(energy).sum(),
            held,
            active,
            w,
            eta,
            theta,
            background,
            quartic: quartic(ensemble),
            units: ensemble.kappa().powf(-0.5),
            has_sites: matches!(ensemble.prior_u(), Prior::Empirical(_)),
            visible,
            hidden,
            relaxation: Relaxation::new(unknowns),
            sample: Vec::new(),
            prefactor: 0.0,
            slope: DMatrix::identity(integrated.len(), integrated.len()),
        })
    }

    /// The averages at size L.
    ///
    /// # Errors
    /// L not positive; a weight so broad that it would need more nodes than an integral may have; a rest that cannot follow λ;
    /// failures of the averages.
    pub fn averages(&mut self, size: f64) -> Result<IntegralAverages> {
        self.averages_with(size, STEP[self.integrated - 1])
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
        let mut averages = self.collect(&sums, h, size);
        if averages.residual > UNSOLVED {
            let reason = format!(
                "the other modes' equations are unsolved around modes {:?}: residual {:.1e}",
                &self.active[..self.integrated],
                averages.residual
            );
            return Err(Error::Unsolved { what: "the response", reason });
        }
        for (&mode, pull) in self.active.iter().zip(pulls) {
            averages.order_one[(mode, mode)] = pull.unwrap_or(averages.order_one[(mode, mode)]);
        }
        Ok(averages)
    }

    /// Visits nodes outward from the seeds.
    fn sweep(&mut self, seeds: Vec<Seed>, h: f64, size: f64) -> Result<Sums> {
        let saturated = SATURATED[self.integrated - 1];
        let mut sums = Sums::default();
        let (mut visited, mut queue) = (HashSet::new(), VecDeque::new());
        for seed in seeds {
            let index = self.index(&seed.lambda, h);
            if visited.insert(index) {
                queue.push_back((index, seed.rest));
            }
        }
        while let Some((index, mut rest)) = queue.pop_front() {
            let lambda = self.point(index, h);
            let residual = self.relax(&lambda, &mut rest)?;
            let exponent = self.node(&lambda, &rest, size)?;
            if !exponent.is_finite() {
                return Err(Error::NotFinite { name: "the weight of the finite-size integral", value: exponent });
            }
            sums.add(exponent, &self.sample, residual);
            if exponent < sums.largest - SUPPORT || self.softest_pair() * size * self.units < saturated {
                continue;
            }
            let most = if self.active.len() > self.integrated { MOST_SOLVED } else { MOST_NODES };
            if sums.nodes > most {
                let reason = format!("the finite-size integral needs more than {most} nodes at L = {size}");
                return Err(Error::Unsolved { what: "the response", reason });
            }
            for (next, rest) in self.neighbours(index, &rest) {
                if visited.insert(next) {
                    queue.push_back((next, rest));
                }
            }
        }
        if sums.nodes == 0 {
            let reason = "the weight of the finite-size integral has no maximum that could be found, since w or the fields are too large";
            return Err(Error::Unsolved { what: "the response", reason: reason.to_owned() });
        }
        Ok(sums)
    }

    /// The neighbours of a node, with the rest to start from there.
    fn neighbours(&self, index: [i64; 2], rest: &DVector<f64>) -> Vec<([i64; 2], DVector<f64>)> {
        let mut neighbours = Vec::with_capacity(4);
        for (axis, side) in (0..self.integrated).flat_map(|axis| [(axis, -1), (axis, 1)]) {
            let (mut next, mut rest) = (index, rest.clone());
            next[axis] += side;
            if self.free[axis] && next[axis] < 0 {
                if !self.mirror {
                    continue;
                }
                next = [0, -next[1]];
                self.flip_rest(&mut rest);
            }
            neighbours.push((next, rest));
        }
        neighbours
    }

    /// The node at λ. Modes whose sign is free are integrated over λ > 0 only, on a grid that begins half a step above zero.
    fn index(&self, lambda: &DVector<f64>, h: f64) -> [i64; 2] {
        let mut index = [0; 2];
        for axis in 0..self.integrated {
            let x = lambda[axis] / h;
            index[axis] = if self.free[axis] { x.abs().floor() as i64 } else { x.round() as i64 };
        }
        index
    }

    fn point(&self, index: [i64; 2], h: f64) -> DVector<f64> {
        DVector::from_fn(self.integrated, |axis, _| h * (index[axis] as f64 + if self.free[axis] { 0.5 } else { 0.0 }))
    }
}

fn check(integrated: &[usize], modes: usize, background: &Background) -> Result<()> {
    let bad = integrated.is_empty()
        || integrated.len() > 2
        || integrated.iter().any(|&mode| mode >= modes)
        || integrated.len() == 2 && integrated[0] == integrated[1];
    if bad {
        let reason = format!("{integrated:?} are not one or two of {modes} modes");
        return Err(Error::Range { name: "the modes integrated over", reason });
    }
    if background.magnetization.len() != modes {
        return Err(Error::Length { name: "m", found: background.magnetization.len(), expected: modes });
    }
    Ok(())
}

/// The modes that follow λ, those that only fluctuate, and those that are held.
fn roles(
    ensemble: &Ensemble,
    symmetry: &Symmetry,
    integrated: &[usize],
    background: &Background,
) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
    let others = (0..ensemble.modes().len()).filter(|mode| !integrated.contains(mode));
    let sums_over_sites = |prior: &Prior| matches!(prior, Prior::Empirical(_));
    if matches!(symmetry, Symmetry::SignOfEachMode(_)) {
        let (rest, spectators) =
            others.partition(|&mode| background.magnetization[mode] != 0.0 || !symmetry.is_free(mode));
        return (rest, spectators, Vec::new());
    }
    let can_hold = sums_over_sites(ensemble.prior_u()) && sums_over_sites(ensemble.prior_v());
    let takes_part =
        |mode: &usize| !can_hold || ensemble.modes().len() <= ALL_TAKE_PART || ensemble.modes()[*mode] > TAKES_PART;
    let (rest, held) = others.partition(takes_part);
    (rest, Vec::new(), held)
}
