//! Contribution of one state: its mean field, or the finite-size integral over one or two of its modes.
//!
//! ```text
//! ⟨s_α σ_β⟩ = L m̄_α m_β + O(1),    F = L f + ½ log det(1 − Ā D B D)
//! ```
//!
//! The O(1) term is the linear response C between and along modes that are not condensed. On the diagonal of condensed modes it
//! is `−½ d(log det)/dw_α`, a total derivative along the solution: there the shift of the mean is of the same order as C and of
//! opposite sign (`docs/theory.md`, section 2b).

use super::geometry::REST_CONDENSED;
use super::hartree::{quartic, stiffness};
use super::integral::{CONDENSED, FiniteSize, IntegralAverages, SiteAverages};
use super::layer::Layer;
use crate::theory::prior::Components;
use crate::theory::saddle::{self, Settings, Solver, Start, Symmetry};
use crate::{Ensemble, FixedPoint, Prior, Result};
use nalgebra::{DMatrix, DVector};
use std::sync::Arc;

/// Step in w of the numerical derivative: its error is 1e-8 d³/dw³, and 1e-12/1e-4 from the solutions.
const STEP: f64 = 1e-4;
/// Largest number of modes whose total derivative is taken in one state, those of largest |m̄ m|: each costs two solves.
const MOST_DERIVATIVES: usize = 8;

/// Contribution of one state (with its images) or of one integral. Matrices are over the ensemble's modes, then the weak ones.
#[derive(Clone, Debug)]
pub(super) struct Contribution {
    pub log_weight: f64,
    /// L ⟨m̄_α m_β⟩ over the ensemble's modes.
    pub leading: DMatrix<f64>,
    /// O(1) part of ⟨s_α σ_β⟩, also over the weak modes.
    pub order_one: DMatrix<f64>,
    pub magnetization_bar: DVector<f64>,
    pub magnetization: DVector<f64>,
    pub sites: Option<SiteAverages>,
}

/// Both layers of an ensemble at a state.
pub(super) fn layers(ensemble: &Ensemble, state: &FixedPoint) -> Result<(Layer, Layer)> {
    let modes: Vec<usize> = (0..ensemble.modes().len()).collect();
    let none = DVector::zeros(modes.len());
    let scale = ensemble.kappa().powf(0.25);
    let sigma = ensemble.sigma();
    let mut visible = Layer::new(ensemble.prior_u(), &modes, &none, scale, sigma, ensemble.backend())?;
    let mut hidden = Layer::new(ensemble.prior_v(), &modes, &none, 1.0 / scale, sigma, ensemble.backend())?;
    let w = ensemble.modes();
    let noise = |overlap: f64| ensemble.sigma() * overlap.max(0.0).sqrt();
    visible.evaluate(&(w.component_mul(&state.magnetization) + ensemble.eta()), noise(state.overlap), true)?;
    hidden.evaluate(&(w.component_mul(&state.magnetization_bar) + ensemble.theta()), noise(state.overlap_bar), true)?;
    Ok((visible, hidden))
}

/// `1 − w_α² Ā_αα B_αα` of every mode: its remaining stiffness in the state.
pub(super) fn stiffnesses(ensemble: &Ensemble, state: &FixedPoint) -> Result<DVector<f64>> {
    let (visible, hidden) = layers(ensemble, state)?;
    Ok(DVector::from_fn(ensemble.modes().len(), |mode, _| {
        1.0 - ensemble.modes()[mode].powi(2) * visible.answer.pair[(mode, mode)] * hidden.answer.pair[(mode, mode)]
    }))
}

/// Half of `log det(1 − ĀDBD)`, with the weak modes' part.
fn fluctuations(ensemble: &Ensemble, state: &FixedPoint, weak: &[f64]) -> Result<f64> {
    let chi = state.susceptibility();
    let of_weak: f64 = weak.iter().map(|w| (1.0 - w * w * chi).ln()).sum();
    Ok(0.5 * (saddle::log_determinant(ensemble, state)? + of_weak))
}

/// `−½ d(log det)/dw_mode` along the solution.
fn total_derivative(ensemble: &Ensemble, state: &FixedPoint, weak: &[f64], mode: usize) -> Result<Option<f64>> {
    let mut values = [0.0; 2];
    for (value, step) in values.iter_mut().zip([STEP, -STEP]) {
        let (shifted, order) = with_shifted_mode(ensemble, mode, step)?;
        let magnetization = DVector::from_fn(order.len(), |i, _| state.magnetization[order[i]]);
        let start = Start { magnetization, overlap: state.overlap };
        let settings = Settings { rounds: 0, ..Settings::default() };
        let point = Solver::with_settings(&shifted, settings)?.solve(&start)?;
        if !point.is_converged() {
            return Ok(None);
        }
        *value = fluctuations(&shifted, &point, weak)?;
    }
    let derivative = -(values[0] - values[1]) / (2.0 * STEP);
    Ok(derivative.is_finite().then_some(derivative))
}

/// The ensemble with w of one mode changed, its modes in decreasing order again: `order[i]` is the old place of mode i.
fn with_shifted_mode(ensemble: &Ensemble, mode: usize, change: f64) -> Result<(Ensemble, Vec<usize>)> {
    let mut w = ensemble.modes().clone();
    w[mode] = (w[mode] + change).max(0.0);
    let mut order: Vec<usize> = (0..w.len()).collect();
    order.sort_by(|&a, &b| w[b].total_cmp(&w[a]));
    Ok((select_modes(ensemble, &w, &order)?, order))
}

/// The ensemble of the modes `which` in that order, with strengths from `w`.
pub(super) fn select_modes(ensemble: &Ensemble, w: &DVector<f64>, which: &[usize]) -> Result<Ensemble> {
    let same_order = which.len() == w.len() && which.iter().enumerate().all(|(i, &mode)| i == mode);
    let law = |prior: &Prior| -> Result<Prior> {
        match prior {
            Prior::Empirical(components) if !same_order => {
                let values = components.values().select_columns(which);
                Ok(Prior::Empirical(Arc::new(Components::new(values, components.fields().clone())?)))
            }
            other => Ok(other.clone()),
        }
    };
    let pick = |all: &DVector<f64>| which.iter().map(|&mode| all[mode]).collect::<Vec<f64>>();
    Ensemble::new(ensemble.kappa(), ensemble.sigma(), &pick(w), Prior::Gaussian)?
        .with_priors(law(ensemble.prior_u())?, law(ensemble.prior_v())?)?
        .with_fields(&pick(ensemble.eta()), &pick(ensemble.theta()))
        .map(|built| built.with_backend(ensemble.backend()))
}

/// The mean-field contribution of a state; `weak` are the strengths of further modes that only fluctuate.
pub(super) fn of_state(ensemble: &Ensemble, state: &FixedPoint, weak: &[f64], size: f64) -> Result<Contribution> {
    let (m, bar) = (&state.magnetization, &state.magnetization_bar);
    let modes = m.len();
    let symmetry = ensemble.symmetry();
    let mut order_one = DMatrix::zeros(modes + weak.len(), modes + weak.len());
    if let Some(response) = saddle::response(ensemble, state)? {
        order_one.view_mut((0, 0), (modes, modes)).copy_from(&response);
    }
    let (chi, quartic) = (state.susceptibility(), quartic(ensemble));
    let fluctuation = |w: f64| w * chi / stiffness(1.0 - w * w * chi, quartic, size);
    let strength = |mode: usize| size * (m[mode] * bar[mode]).abs();
    let mut condensed: Vec<usize> = (0..modes).filter(|&mode| strength(mode) > CONDENSED).collect();
    condensed.sort_by(|&a, &b| strength(b).total_cmp(&strength(a)));
    for mode in (0..modes).filter(|&mode| m[mode] == 0.0 && symmetry.is_free(mode)) {
        order_one[(mode, mode)] = fluctuation(ensemble.modes()[mode]);
    }
    for (rank, &mode) in condensed.iter().enumerate() {
        // Without the derivative there is no reason to trust C either: only the leading order counts.
        let derivative = if rank < MOST_DERIVATIVES { total_derivative(ensemble, state, weak, mode)? } else { None };
        order_one[(mode, mode)] = derivative.unwrap_or(0.0);
    }
    for (slot, &w) in weak.iter().enumerate() {
        order_one[(modes + slot, modes + slot)] = fluctuation(w);
    }
    let sites = match ensemble.prior_u() {
        Prior::Empirical(_) => Some(site_averages(ensemble, state)?),
        _ => None,
    };
    Ok(Contribution {
        log_weight: state.degeneracy.ln() - size * state.free_energy - fluctuations(ensemble, state, weak)?,
        leading: bar * m.transpose() * size,
        order_one,
        magnetization_bar: bar.clone(),
        magnetization: m.clone(),
        sites,
    })
}

fn site_averages(ensemble: &Ensemble, state: &FixedPoint) -> Result<SiteAverages> {
    let (visible, _) = layers(ensemble, state)?;
    let column = |value: fn(&(f64, f64)) -> f64| {
        DVector::from_iterator(visible.answer.sites.len(), visible.answer.sites.iter().map(value))
    };
    let (tanh, sech2) = (column(|site| site.0), column(|site| site.1));
    Ok(SiteAverages { tanh_magnetization: &tanh * state.magnetization.transpose(), tanh, sech2 })
}

/// The contribution of the integral over `integrated` around a state.
pub(super) fn of_integral(
    ensemble: &Ensemble,
    integrated: &[usize],
    state: Option<&FixedPoint>,
    weak: &[f64],
    size: f64,
) -> Result<Contribution> {
    let mut integral = match state {
        Some(state) => FiniteSize::with_weak(ensemble, integrated, weak, state)?,
        None => FiniteSize::around_paramagnet(ensemble, integrated, weak)?,
    };
    let IntegralAverages {
        log_partition, magnetization_bar, magnetization, leading, mut order_one, sites, held, ..
    } = integral.averages(size)?;
    let mut images: f64 = 0.0;
    if let Some(state) = state {
        images = rest_images(&ensemble.symmetry(), integrated, &state.magnetization);
        if !held.is_empty()
            && let Some(response) = saddle::response(ensemble, state)?
        {
            for &mode in &held {
                order_one.view_mut((mode, 0), (1, response.ncols())).copy_from(&response.row(mode));
                order_one.view_mut((0, mode), (response.nrows(), 1)).copy_from(&response.column(mode));
            }
        }
    }
    Ok(Contribution { log_weight: log_partition + images, leading, order_one, magnetization_bar, magnetization, sites })
}

/// log of the number of images of the rest's magnetizations under the symmetry.
fn rest_images(symmetry: &Symmetry, integrated: &[usize], magnetization: &DVector<f64>) -> f64 {
    let rest = (0..magnetization.len()).filter(|mode| !integrated.contains(mode));
    let number = match symmetry {
        Symmetry::SignOfEachMode(free) => rest.filter(|&mode| free[mode] && magnetization[mode] != 0.0).count(),
        Symmetry::GlobalFlip => usize::from(rest.into_iter().any(|mode| magnetization[mode].abs() > REST_CONDENSED)),
        Symmetry::None => 0,
    };
    number as f64 * 2f64.ln()
}
