//! Assigns states to integrals, each state counted once.

use super::geometry::REST_CONDENSED;
use super::hartree::quartic;
use super::mean_field::{self, Contribution};
use super::reduced::{Integrals, RELEVANT, Reduced};
use super::states::MeanFieldResponse;
use crate::theory::saddle::Symmetry;
use crate::{Ensemble, FixedPoint, Result};
use nalgebra::DVector;

/// A mode that has not condensed is critical for `L r² <` this times a. Here r = 1 − w²χ, and a is the quartic coefficient of
/// [`stiffness`](super::hartree::stiffness). C is right to first order in a/(L r²); its error is the square, 1/2 %.
const CRITICAL: f64 = 15.0;
/// Same for a condensed mode. Its r is that of its own fluctuations, 2 (w² − 1) close to its transition. The barrier to the image
/// of the state is then 0.19 times the same ratio. It must be high enough for the images to be separate states (e^{−8.5}).
const CRITICAL_CONDENSED: f64 = 45.0;
/// Magnetization that a field may induce in a mode before it counts as condensed.
const FIELD_INDUCED: f64 = 0.1;

impl MeanFieldResponse {
    /// Contributions of all states, each counted once: by integrals where needed, by mean field otherwise.
    pub(super) fn families(&self, reduced: &Reduced, points: &[FixedPoint], size: f64) -> Result<Vec<Contribution>> {
        let ensemble = &reduced.ensemble;
        let symmetry = ensemble.symmetry();
        // The state of lowest free energy chooses first: a state about to vanish must not change how the others are treated.
        let mut order: Vec<usize> = (0..points.len()).collect();
        order.sort_by(|&a, &b| points[a].free_energy.total_cmp(&points[b].free_energy).then(a.cmp(&b)));
        let mut covered = vec![false; points.len()];
        let mut contributions = Vec::new();
        for index in order {
            if covered[index] {
                continue;
            }
            let r = mean_field::stiffnesses(ensemble, &points[index])?;
            let modes = self.integrated(ensemble, &points[index], &r, size);
            let covers = |modes: &[usize]| -> Vec<usize> {
                (0..points.len())
                    .filter(|&other| other == index || same_rest(&symmetry, modes, &points[index], &points[other]))
                    .collect()
            };
            let candidates = [modes.clone(), modes.first().map(|&mode| vec![mode]).unwrap_or_default()];
            let chosen = candidates
                .into_iter()
                .find(|modes| !modes.is_empty() && covers(modes).iter().all(|&other| !covered[other]));
            let contribution = match chosen {
                Some(modes) => {
                    covers(&modes).into_iter().for_each(|other| covered[other] = true);
                    mean_field::of_integral(ensemble, &modes, Some(&points[index]), &reduced.weak_w, size)?
                }
                None => {
                    covered[index] = true;
                    mean_field::of_state(ensemble, &points[index], &reduced.weak_w, size)?
                }
            };
            contributions.push(contribution);
        }
        Ok(contributions)
    }

    /// The modes to integrate over in a state: the softest two, condensed ones first, since a soft mode grows at the expense of a
    /// condensed one. With [`Integrals::AtTransitions`] only modes up to the last critical one count; there are none if no mode
    /// is critical.
    fn integrated(&self, ensemble: &Ensemble, point: &FixedPoint, r: &DVector<f64>, size: f64) -> Vec<usize> {
        let symmetry = ensemble.symmetry();
        let is_condensed = |mode: usize| {
            let least = if symmetry.is_free(mode) { 0.0 } else { FIELD_INDUCED };
            point.magnetization[mode].abs() > least
        };
        let mut order: Vec<usize> = (0..r.len()).filter(|&mode| ensemble.modes()[mode] > RELEVANT).collect();
        order.sort_by(|&a, &b| is_condensed(b).cmp(&is_condensed(a)).then(r[a].total_cmp(&r[b])).then(a.cmp(&b)));
        if self.integrals == Integrals::AtTransitions {
            let quartic = quartic(ensemble);
            let is_critical = |&mode: &usize| {
                let bound = if is_condensed(mode) { CRITICAL_CONDENSED } else { CRITICAL };
                r[mode] < 0.0 || size * r[mode] * r[mode] < bound * quartic
            };
            let critical = order.iter().rposition(is_critical).map_or(0, |last| last + 1);
            order.truncate(critical);
        }
        order.truncate(2);
        order
    }
}

/// Whether two states differ in the given modes only. Where the sign of a mode is free, the same modes of the rest are condensed;
/// elsewhere the rest has about the same magnetizations.
fn same_rest(symmetry: &Symmetry, integrated: &[usize], a: &FixedPoint, b: &FixedPoint) -> bool {
    let (a, b) = (&a.magnetization, &b.magnetization);
    (0..a.len()).filter(|mode| !integrated.contains(mode)).all(|mode| {
        if symmetry.is_free(mode) {
            (a[mode] != 0.0) == (b[mode] != 0.0)
        } else {
            (a[mode] - b[mode]).abs() < REST_CONDENSED
                || a[mode] * b[mode] > 0.0 && a[mode].abs().min(b[mode].abs()) > REST_CONDENSED
        }
    })
}
