//! The machine's averages from the contributions of its states (`docs/theory.md`, section 2b).

use super::averages::{MachineAverages, OnSites};
use super::mean_field::Contribution;
use super::reduced::Reduced;
use crate::learning::averages::Averages;
use crate::theory::saddle::Symmetry;
use crate::{Ensemble, Error, Prior, Result};
use nalgebra::{DMatrix, DVector};

/// Averages the contributions of the states over their weights and over their images under the symmetries.
pub(super) fn assemble(
    ensemble: &Ensemble,
    reduced: &Reduced,
    contributions: Vec<Contribution>,
    size: f64,
    given: bool,
) -> Result<MachineAverages> {
    let symmetry = if given { Symmetry::None } else { reduced.ensemble.symmetry() };
    let largest = contributions.iter().map(|c| c.log_weight).fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return Err(Error::NotFinite { name: "the free energy of a state", value: largest });
    }
    let total: f64 = contributions.iter().map(|c| (c.log_weight - largest).exp()).filter(|p| p.is_finite()).sum();
    let (active, all) = (reduced.active.len(), reduced.active.len() + reduced.weak.len());
    let mut correlation = DMatrix::zeros(all, all);
    let (mut bar, mut m) = (DVector::zeros(active), DVector::zeros(active));
    let mut sites: Option<OnSites> = None;
    for contribution in &contributions {
        let p = (contribution.log_weight - largest).exp() / total;
        if !p.is_finite() {
            continue;
        }
        let mut joint = contribution.order_one.clone();
        let mut block = joint.view_mut((0, 0), (active, active));
        block += &contribution.leading;
        correlation += joint * p;
        bar.axpy(p, &contribution.magnetization_bar, 1.0);
        m.axpy(p, &contribution.magnetization, 1.0);
        if let Some(OnSites { mean, correlation }) = of_sites(reduced, contribution, size)? {
            let zero = || OnSites { mean: &mean * 0.0, correlation: &correlation * 0.0 };
            let sum = sites.get_or_insert_with(zero);
            sum.mean += mean * p;
            sum.correlation += correlation * p;
        }
    }
    average_images(&symmetry, &mut correlation, &mut bar, &mut m);
    // Back to the order of the modes in the ensemble.
    let mut place = vec![0; all];
    reduced.active.iter().chain(&reduced.weak).enumerate().for_each(|(slot, &mode)| place[mode] = slot);
    let spread = |values: &DVector<f64>| {
        DVector::from_fn(all, |mode, _| values.get(place[mode]).map_or(0.0, |x| x * size.sqrt()))
    };
    // An empirical law keeps all modes, in their order.
    debug_assert!(sites.is_none() || matches!(ensemble.prior_u(), Prior::Empirical(_)));
    if let Some(sites) = sites.as_mut().filter(|_| symmetry != Symmetry::None) {
        sites.mean *= 0.0;
    }
    let correlation = DMatrix::from_fn(all, all, |alpha, beta| correlation[(place[alpha], place[beta])]);
    Ok(MachineAverages { modes: Averages { correlation, visible: spread(&bar), hidden: spread(&m) }, sites })
}

/// Odd averages cancel between the images.
fn average_images(symmetry: &Symmetry, correlation: &mut DMatrix<f64>, bar: &mut DVector<f64>, m: &mut DVector<f64>) {
    match symmetry {
        Symmetry::None => {}
        Symmetry::GlobalFlip => {
            bar.fill(0.0);
            m.fill(0.0);
        }
        Symmetry::SignOfEachMode(free) => {
            for mode in (0..free.len()).filter(|&mode| free[mode]) {
                (bar[mode], m[mode]) = (0.0, 0.0);
                let diagonal = correlation[(mode, mode)];
                correlation.row_mut(mode).fill(0.0);
                correlation.column_mut(mode).fill(0.0);
                correlation[(mode, mode)] = diagonal;
            }
        }
    }
}

/// ⟨s_i⟩ and ⟨s_i σ_β⟩ of one contribution under an empirical law: `√L ⟨tanh h_i m_β⟩ + sech² h_i u_i·(Ā⁻¹ C)_β`, where C is the
/// O(1) part. Since `u·tanh h = √L m̄` and `u·sech² u = Ā`, the product with uᵀ is the whole correlation, O(1) part included.
fn of_sites(reduced: &Reduced, contribution: &Contribution, size: f64) -> Result<Option<OnSites>> {
    let (Some(sites), Prior::Empirical(components)) = (&contribution.sites, reduced.ensemble.prior_u()) else {
        return Ok(None);
    };
    let units = sites.tanh.len() as f64;
    let mut weighted = components.values().clone();
    weighted.row_iter_mut().zip(sites.sech2.iter()).for_each(|(mut row, sech2)| row *= *sech2);
    let pair = components.values().tr_mul(&weighted) / units;
    let order_one = contribution.order_one.view((0, 0), pair.shape()).into_owned();
    let singular = || Error::Range {
        name: "the visible components",
        reason: "they are linearly dependent where the units are not saturated".to_owned(),
    };
    let through = pair.lu().solve(&order_one).ok_or_else(singular)?;
    let correlation = &sites.tanh_magnetization * size.sqrt() + weighted * through / units.sqrt();
    Ok(Some(OnSites { mean: sites.tanh.clone(), correlation }))
}
