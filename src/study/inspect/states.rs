//! Position, phase and fixed points of a machine.

use super::modes::Reading;
use crate::data::Spins;
use crate::error::{Error, Result};
use crate::simulator::machine::Machine;
use crate::theory::phase::Phase;
use crate::theory::prior::{Components, Prior};
use crate::theory::saddle::{self, Ensemble, Enumeration, FixedPoint, Search, Solver, Start};
use crate::theory::spectrum::BulkFit;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use serde::Serialize;
use std::sync::Arc;

/// States of two solves closer than this count as one: solutions are accurate to 1e-10 or better.
const SAME_STATE: f64 = 1e-6;

/// How much is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Depth {
    /// Leading modes that enter the fixed points. The machine's other modes are left out.
    pub modes: usize,
    /// Random starts of the search.
    pub random: usize,
    /// Samples whose states are searched for.
    pub samples: usize,
    /// Seed of the random starts.
    pub seed: u64,
}

impl Default for Depth {
    fn default() -> Self {
        Self { modes: 4, random: 8, samples: 200, seed: 0 }
    }
}

/// Place on the phase diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Position {
    /// 1/σ.
    pub inv_sigma: f64,
    /// Its standard error, from that of σ.
    pub inv_sigma_error: f64,
    /// w_max/σ; `None` if no mode rises above the bulk.
    pub w_over_sigma: Option<f64>,
    /// Its standard error ([`Reading::strongest_over_sigma`]).
    pub w_over_sigma_error: Option<f64>,
    /// Phase of the machine's modes and components without its fields; with fields, phases cannot be told apart.
    pub phase: Phase,
}

/// Where a machine is, and its states.
#[derive(Clone, Debug, PartialEq)]
pub struct States {
    /// The ensemble of the fixed points: κ, σ, planted strengths, the machine's components and site fields.
    pub ensemble: Ensemble,
    /// Place on the phase diagram; `None` if the bulk is not the ensemble's noise.
    pub position: Option<Position>,
    /// Fixed points, with thermodynamic weights at the machine's size.
    pub found: Enumeration,
    /// Where the data lie, if there are any.
    pub data: Option<DataStates>,
}

/// The states that samples of the data lead to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataStates {
    /// Number of samples that were followed.
    pub samples: usize,
    /// Share of the samples that end in each stable fixed point, in the order of these points, which come first in the list of
    /// all.
    pub shares: Vec<f64>,
    /// Share of the samples that end in unstable fixed points.
    pub at_unstable: f64,
    /// Samples from which no solution was reached.
    pub unconverged: usize,
}

impl Position {
    /// Place of a machine; the phase comes from a short search. `None` if the bulk is not the ensemble's noise: then neither σ
    /// nor the modes are known.
    ///
    /// # Errors
    /// Those of the averages.
    pub fn of(machine: &Machine, reading: &Reading, depth: &Depth) -> Result<Option<Self>> {
        if !reading.bulk.is_noise() {
            return Ok(None);
        }
        let ensemble = ensemble(machine, reading, depth.modes, false)?;
        let search = Search {
            subset: 1,
            random: 0,
            from_low_temperature: false,
            deflation: false,
            seed: depth.seed,
            ..Search::default()
        };
        let phase = Phase::of_enumeration(&ensemble, &saddle::enumerate_with(&ensemble, &search)?);
        let BulkFit { sigma, sigma_error, .. } = reading.bulk;
        let strongest = reading.strongest_over_sigma();
        Ok(Some(Self {
            inv_sigma: sigma.recip(),
            inv_sigma_error: sigma_error / (sigma * sigma),
            w_over_sigma: strongest.map(|(ratio, _)| ratio),
            w_over_sigma_error: strongest.map(|(_, error)| error),
            phase,
        }))
    }
}

impl States {
    /// Finds the states of a machine, and those that samples of `data` lead to. Each sample is followed from the hidden means
    /// that it causes, `m_α = Σ_j v_j^α tanh(Σ_i W_ij s_i + theta_j)/√L`.
    ///
    /// # Errors
    /// Data without samples, or with a number of units other than the machine's visible ones; those of the averages.
    pub fn of(machine: &Machine, reading: &Reading, depth: &Depth, data: Option<&Spins>) -> Result<Self> {
        if let Some(data) = data.filter(|data| data.units() != machine.visible || data.samples() == 0) {
            let (samples, units, visible) = (data.samples(), data.units(), machine.visible);
            let reason = format!("{samples} samples of {units} units, and the machine has {visible} visible ones");
            return Err(Error::Range { name: "data", reason });
        }
        let ensemble = ensemble(machine, reading, depth.modes, true)?;
        let search = Search {
            subset: 2,
            random: depth.random,
            from_low_temperature: false,
            deflation: false,
            seed: depth.seed,
            ..Search::default()
        };
        let mut found = saddle::enumerate_with(&ensemble, &search)?;
        let data = data.map(|data| follow(machine, reading, &ensemble, data, depth.samples, &mut found)).transpose()?;
        found.weigh(&ensemble, reading.size())?;
        Ok(Self { position: Position::of(machine, reading, depth)?, ensemble, found, data })
    }
}

/// The ensemble whose laws are the machine's own components. Without modes, it has the leading vectors at strength 0: only fields
/// and noise are left.
fn ensemble(machine: &Machine, reading: &Reading, modes: usize, fields: bool) -> Result<Ensemble> {
    let mut strengths = reading.strengths();
    strengths.truncate(modes.max(1));
    if strengths.is_empty() {
        strengths.push(0.0);
    }
    let [u, v] = reading.planted_components(strengths.len());
    let law = |(components, copies): (DMatrix<f64>, usize), values: &[f32]| -> Result<Prior> {
        let shown = |&value: &f32| if fields { f64::from(value) } else { 0.0 };
        let field = DVector::from_iterator(components.nrows(), values.repeat(copies).iter().map(shown));
        Ok(Prior::Empirical(Arc::new(Components::new(components, field)?)))
    };
    Ensemble::new(reading.kappa(), reading.sigma(), &strengths, Prior::Gaussian)?
        .with_priors(law(u, &machine.eta)?, law(v, &machine.theta)?)
}

/// Follows samples to their states; states that the search had not found are added to `found`.
fn follow(
    machine: &Machine,
    reading: &Reading,
    ensemble: &Ensemble,
    data: &Spins,
    most: usize,
    found: &mut Enumeration,
) -> Result<DataStates> {
    let samples = data.samples().min(most.max(1));
    let solver = Solver::new(ensemble)?;
    let end = |index: usize| {
        // Spread evenly over the data.
        let sample = index * data.samples() / samples;
        solver.clone().solve(&start(machine, reading, ensemble.modes().len(), data, sample))
    };
    let ends = (0..samples).into_par_iter().map(end).collect::<Result<Vec<FixedPoint>>>()?;
    let solutions: Vec<&FixedPoint> = ends.iter().filter(|point| point.is_converged()).collect();
    for point in &solutions {
        if !found.points.iter().any(|known| is_image(ensemble, known, point)) {
            found.points.push((*point).clone());
        }
    }
    found.points.sort_by(|a, b| b.stable.cmp(&a.stable).then(a.free_energy.total_cmp(&b.free_energy)));
    let mut counts = vec![0usize; found.points.len()];
    for point in &solutions {
        if let Some(index) = found.points.iter().position(|known| is_image(ensemble, known, point)) {
            counts[index] += 1;
        }
    }
    let stable = found.points.iter().take_while(|point| point.stable).count();
    let shares = counts[..stable].iter().map(|&count| count as f64 / samples as f64).collect();
    let at_unstable = counts[stable..].iter().sum::<usize>() as f64 / samples as f64;
    Ok(DataStates { samples, shares, at_unstable, unconverged: samples - solutions.len() })
}

/// Whether two points are the same, up to a global flip if no field acts.
fn is_image(ensemble: &Ensemble, one: &FixedPoint, other: &FixedPoint) -> bool {
    let near = |sign: f64| {
        (&one.magnetization - sign * &other.magnetization).amax() < SAME_STATE
            && (one.overlap - other.overlap).abs() < SAME_STATE
    };
    near(1.0) || (!ensemble.has_fields() && near(-1.0))
}

/// The hidden state that a sample leads to.
fn start(machine: &Machine, reading: &Reading, modes: usize, data: &Spins, sample: usize) -> Start {
    let mut fields: Vec<f64> = machine.theta.iter().map(|&theta| f64::from(theta)).collect();
    for (unit, row) in machine.weights.chunks(machine.hidden).enumerate() {
        let spin = data.value(sample, unit);
        fields.iter_mut().zip(row).for_each(|(field, &weight)| *field += spin * f64::from(weight));
    }
    let means = DVector::from_iterator(fields.len(), fields.iter().map(|field| field.tanh()));
    let magnetization = reading.modes.v.columns(0, modes).tr_mul(&means) / reading.size().sqrt();
    Start { magnetization, overlap: means.norm_squared() / means.len() as f64 }
}
