//! The states along a line of constant σ, followed from one w_max to the next.

use super::curve::{Family, PRECISION};
use crate::error::Result;
use crate::theory::saddle::{self, FixedPoint, Search, Solver, Start};

/// Modes up to which every subset is followed.
const ALL_SUBSETS: usize = 4;
/// States closer than this in every magnetization are one.
const SAME_STATE: f64 = 1e-6;

/// The state without magnetization, and the condensed states: those of every subset of up to four modes; of more modes,
/// each alone and the mixtures of the first k.
#[derive(Clone, Debug)]
pub(super) struct Branches<'a> {
    family: &'a Family,
    inv_sigma: f64,
    /// Paramagnet or spin glass; nothing but its stability depends on w.
    disordered: FixedPoint,
    branches: Vec<Branch>,
    /// Whether there is only one mode to condense: it does so where the disordered state is unstable to it.
    alone: bool,
    /// Solves that did not converge at the last point.
    unconverged: usize,
}

/// Modes condensed together, and where the state was last seen.
#[derive(Clone, Debug)]
struct Branch {
    modes: Vec<usize>,
    last: Option<Start>,
}

impl<'a> Branches<'a> {
    pub fn new(family: &'a Family, inv_sigma: f64) -> Result<Self> {
        let branches = followed(family).into_iter().map(|modes| Branch { modes, last: None }).collect();
        let alone = family.modes_ratio().len() == 1 || family.is_gaussian();
        Ok(Self { family, inv_sigma, disordered: disordered(family, inv_sigma, 0.0)?, branches, alone, unconverged: 0 })
    }

    /// Solves that ended without convergence at the last point: states may be missing there.
    pub fn unconverged(&self) -> usize {
        self.unconverged
    }

    /// The stable states at w_max/σ = y, by free energy. Calls should descend in y: a condensed state is then followed
    /// down to the fold or the transition at which it ends.
    pub fn at(&mut self, y: f64) -> Result<Vec<FixedPoint>> {
        let ensemble = self.family.ensemble(self.inv_sigma, y)?;
        let growth = ensemble.modes()[0].powi(2) * self.disordered.susceptibility();
        let mut stable: Vec<FixedPoint> = Vec::new();
        // At most 1, up to rounding: on the boundary itself the disordered state is still the only one.
        if growth <= 1.0 + PRECISION {
            stable.push(FixedPoint { spectral_radius: growth, stable: true, ..self.disordered.clone() });
        }
        let mut solver = Solver::new(&ensemble)?;
        self.unconverged = 0;
        let count = ensemble.modes().len();
        for branch in &mut self.branches {
            // One mode alone condenses where the disordered state is unstable to it, or survives from above.
            let start = match branch.last.take() {
                Some(last) => last,
                None if self.alone && growth <= 1.0 + PRECISION => continue,
                None => Start::condensed(count, &branch.modes),
            };
            let point = solver.solve(&start)?;
            self.unconverged += usize::from(!point.is_converged());
            if !point.is_converged() || point.modes_condensed.len() != branch.modes.len() {
                continue;
            }
            branch.last = Some(Start::from(&point));
            let known = stable.iter().any(|other| (&other.magnetization - &point.magnetization).amax() < SAME_STATE);
            if point.stable && !known {
                stable.push(point);
            }
        }
        if stable.is_empty() {
            let search =
                Search { random: 8, from_low_temperature: false, deflation: false, scan: false, ..Search::default() };
            stable.extend(saddle::enumerate_with(&ensemble, &search)?.stable().cloned());
        }
        stable.sort_by(|a, b| a.free_energy.total_cmp(&b.free_energy));
        Ok(stable)
    }
}

/// Modes that are condensed together, for each branch; under Gaussian laws the first (or one of its equals) alone.
fn followed(family: &Family) -> Vec<Vec<usize>> {
    let count = family.modes_ratio().len();
    if family.is_gaussian() {
        return vec![vec![0]];
    }
    if count <= ALL_SUBSETS {
        let members = |bits: usize| (0..count).filter(|mode| bits >> mode & 1 == 1).collect();
        return (1..1usize << count).map(members).collect();
    }
    let singles = (0..count).map(|mode| vec![mode]);
    singles.chain((2..=count).map(|modes| (0..modes).collect())).collect()
}

/// The state without magnetization: the spin glass for σ > 1, else the paramagnet.
pub(super) fn disordered(family: &Family, inv_sigma: f64, y: f64) -> Result<FixedPoint> {
    let ensemble = family.ensemble(inv_sigma, y)?;
    let modes = ensemble.modes().len();
    let start = if ensemble.sigma() > 1.0 { Start::spin_glass(modes) } else { Start::paramagnet(modes) };
    Solver::new(&ensemble)?.solve(&start)
}
