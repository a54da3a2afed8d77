//! The phase diagram: its plane, the map of a grid and the boundaries (`docs/theory.md`, section 3f).

use super::boundary::boundaries;
use super::branches::Branches;
use super::curve::Boundary;
use super::curve::Family;
use super::curve::MapPoint;
use super::curve::Phase;
use super::curve::ZERO_TEMPERATURE;
use crate::error::{Error, Result};
use crate::theory::saddle::FixedPoint;
use rayon::prelude::*;

/// Map and boundaries of a family.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseDiagram {
    /// The ensembles.
    pub family: Family,
    /// Abscissae 1/σ of the map.
    pub inv_sigma: Vec<f64>,
    /// Ordinates w_max/σ of the map.
    pub w_over_sigma: Vec<f64>,
    /// `points[i * w_over_sigma.len() + j]` lies at `(inv_sigma[i], w_over_sigma[j])`.
    pub points: Vec<MapPoint>,
    /// The boundaries.
    pub boundaries: Vec<Boundary>,
}

impl PhaseDiagram {
    /// Map and boundaries on the given axes (increasing, not negative), in parallel on rayon's current pool; the result
    /// does not depend on the number of threads. `progress` is called after each of [`steps`](Self::steps) steps.
    ///
    /// # Errors
    /// Axes that are empty, not finite, negative or not increasing; a failure of the averages.
    ///
    /// ```
    /// use spectral_rbm::{Prior, theory::phase::{Curve, Family, Phase, PhaseDiagram}};
    /// let family = Family::new(1.0, &[1.0], Prior::Gaussian, Prior::Gaussian)?;
    /// let axis: Vec<f64> = (0..=10).map(|n| 0.2 * f64::from(n)).collect();
    /// let diagram = PhaseDiagram::compute(&family, &axis, &axis, &|| ())?;
    /// let middle = diagram.at(7, 4); // 1/σ = 1.4, w/σ = 0.8
    /// assert_eq!(middle.phase, Phase::Paramagnetic);
    /// assert!(diagram.boundaries.iter().any(|b| b.curve == Curve::AlmeidaThouless));
    /// # Ok::<(), spectral_rbm::Error>(())
    /// ```
    pub fn compute(
        family: &Family,
        inv_sigma: &[f64],
        w_over_sigma: &[f64],
        progress: &(dyn Fn() + Sync),
    ) -> Result<Self> {
        check_axes(family, inv_sigma, w_over_sigma)?;
        let columns: Result<Vec<Vec<MapPoint>>> = inv_sigma
            .par_iter()
            .map(|&x| {
                let column = map_column(family, x, w_over_sigma);
                progress();
                column
            })
            .collect();
        let window = (w_over_sigma[0], w_over_sigma[w_over_sigma.len() - 1]);
        Ok(Self {
            family: family.clone(),
            inv_sigma: inv_sigma.to_vec(),
            w_over_sigma: w_over_sigma.to_vec(),
            points: columns?.concat(),
            boundaries: boundaries(family, inv_sigma, window, progress)?,
        })
    }

    /// Number of steps that [`compute`](Self::compute) reports.
    pub fn steps(inv_sigma: &[f64]) -> usize {
        2 * inv_sigma.len()
    }

    /// The map at the i-th abscissa and the j-th ordinate.
    pub fn at(&self, i: usize, j: usize) -> &MapPoint {
        &self.points[i * self.w_over_sigma.len() + j]
    }
}

/// Checks the axes of a map, before anything is computed.
///
/// # Errors
/// Axes that are empty, not finite, negative or not increasing; a corner where w is beyond what an [`Ensemble`](crate::Ensemble) takes.
pub fn check_axes(family: &Family, inv_sigma: &[f64], w_over_sigma: &[f64]) -> Result<()> {
    check_axis("the axis of 1/sigma", inv_sigma)?;
    check_axis("the axis of w/sigma", w_over_sigma)?;
    family.ensemble(inv_sigma[0], w_over_sigma[w_over_sigma.len() - 1]).map(|_| ())
}

pub(super) fn check_axis(name: &'static str, axis: &[f64]) -> Result<()> {
    let increasing = axis.windows(2).all(|pair| pair[0] < pair[1]);
    let valid = axis.iter().all(|x| x.is_finite() && *x >= 0.0);
    if axis.len() < 2 || !increasing || !valid {
        let reason = "at least two increasing, finite values that are not negative are needed (a narrow window may have no room \
                      for so many)"
            .to_owned();
        return Err(Error::Range { name, reason });
    }
    Ok(())
}

/// One column of the map, from the top down so that condensed states are followed to where they end.
pub(super) fn map_column(family: &Family, inv_sigma: f64, w_over_sigma: &[f64]) -> Result<Vec<MapPoint>> {
    let mut branches = Branches::new(family, inv_sigma)?;
    let mut column = Vec::with_capacity(w_over_sigma.len());
    for &y in w_over_sigma.iter().rev() {
        let states = branches.at(y)?;
        let ensemble = family.ensemble(inv_sigma, y)?;
        let dominant = states.first();
        let leading = dominant.and_then(|point| point.modes_condensed.first()).map(|rank| rank - 1);
        let value = |of: fn(&FixedPoint) -> f64| dominant.map_or(f64::NAN, of);
        // As σ → ∞ the Almeida–Thouless number grows like σ²: no state at finite w/σ is stable against it.
        let at_edge = inv_sigma <= ZERO_TEMPERATURE;
        let phase = match Phase::of(&ensemble, dominant) {
            Phase::Ferromagnetic if at_edge => Phase::Mixed,
            phase => phase,
        };
        column.push(MapPoint {
            inv_sigma,
            w_over_sigma: y,
            phase,
            q: value(|point| point.overlap),
            q_bar: value(|point| point.overlap_bar),
            m: dominant.map_or(f64::NAN, |point| leading.map_or(0.0, |mode| point.magnetization[mode])),
            m_bar: dominant.map_or(f64::NAN, |point| leading.map_or(0.0, |mode| point.magnetization_bar[mode])),
            at_number: if at_edge { f64::INFINITY } else { value(|point| point.at_number) },
            stable_fixed_points: states.len(),
            unconverged: branches.unconverged(),
        });
    }
    column.reverse();
    Ok(column)
}
