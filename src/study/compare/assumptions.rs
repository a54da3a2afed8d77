//! What the theories of a comparison assume, by their closures.

use super::design::MODES_COMPARED;
use super::experiment::Experiment;
use crate::Prior;
use crate::learning::{ChainSettings, Closure, NoiseKind, Order, ResponseKind, Setup, SweepSettings};
use serde::{Deserialize, Serialize};

/// Largest number of directions in which finite-size integrals are affordable.
const INTEGRATED: usize = 2;
/// Largest number of sites that the population closure resolves if that is left open; its cost grows with their square.
const MOST_SITES: usize = 600;

/// What the population closure resolves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(clap::ValueEnum))]
#[serde(rename_all = "lowercase")]
pub enum Resolved {
    /// Every site, and with it the noise in the weights and what leaves the directions.
    Sites,
    /// The directions that are compared, in a fraction of the time.
    Directions,
}

impl Resolved {
    /// All sites of up to 600 units, else directions.
    pub fn for_units(units: usize) -> Self {
        if units <= MOST_SITES { Self::Sites } else { Self::Directions }
    }
}

/// What theories assume. What is `None` follows from the number of directions, as each field says.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumptions {
    /// The machine's own term in the fixed-prior closure. `None`: finite-size integrals in one or two directions, all states up to
    /// ten, then one state.
    pub response: Option<ResponseKind>,
    /// The weights along other directions. `None`: they decay; they are dropped where states are looked for in several directions,
    /// which noise makes ten times as slow.
    pub noise: Option<NoiseKind>,
    /// Law of v̂ in the fixed-prior closure.
    pub prior_v: Prior,
    /// What the population closure resolves. `None`: see [`Resolved::for_units`].
    pub resolved: Option<Resolved>,
    /// The mean-field chains of the closure that has them.
    pub chains: ChainSettings,
    /// Whether theories are continuous flows; otherwise they make the simulations' steps.
    pub flow: bool,
}

impl Default for Assumptions {
    fn default() -> Self {
        let (prior_v, chains) = (Prior::Gaussian, ChainSettings::default());
        Self { response: None, noise: None, prior_v, resolved: None, chains, flow: false }
    }
}

impl Experiment {
    /// The setup of a closure under some assumptions.
    pub fn setup(&self, closure: Closure, assumed: &Assumptions) -> Setup {
        let (directions, sites) = (self.view().directions(), self.data().units());
        let response = assumed.response.unwrap_or(match directions {
            0..=INTEGRATED => ResponseKind::FiniteSize,
            _ if directions <= MODES_COMPARED => ResponseKind::MeanField,
            _ => ResponseKind::Gaussian,
        });
        let several = closure == Closure::FixedPrior && response != ResponseKind::Gaussian && directions > 1;
        let resolved = assumed.resolved.unwrap_or(Resolved::for_units(sites));
        Setup {
            closure,
            response: match closure {
                Closure::Linear | Closure::LinearIsing => ResponseKind::Gaussian,
                _ => response,
            },
            noise: assumed.noise.unwrap_or(if several { NoiseKind::None } else { NoiseKind::Decaying }),
            prior_v: assumed.prior_v.clone(),
            // Linear machines are cheap enough to be kept whole, and chains are for data with many modes.
            directions: match closure {
                Closure::Linear | Closure::LinearIsing | Closure::Chains | Closure::Cd => None,
                Closure::Population if resolved == Resolved::Sites => Some(sites),
                _ => Some(directions),
            },
            learning_rate: if assumed.flow { 0.0 } else { self.learning_rate() },
            chains: assumed.chains,
            sweeps: SweepSettings { gibbs_steps: self.design().settings(0).gibbs_steps, ..SweepSettings::default() },
            ..Setup::default()
        }
    }

    /// The closures of ±1 units and their responses, by name: the three of the fixed-prior closure, the three orders of the
    /// population closure, and this closure with all sites. In all but the last, the weights along other directions decay, and
    /// the machine's own term does without them.
    pub fn closures(&self) -> [(&'static str, Setup); 7] {
        let (along, sites) = (self.view().directions(), self.data().units());
        let setup = |closure, directions| Setup {
            closure,
            directions: Some(directions),
            learning_rate: self.learning_rate(),
            ..Setup::default()
        };
        let fixed = |response| Setup { response, ..setup(Closure::FixedPrior, along) };
        let population = |order, directions| Setup { order, ..setup(Closure::Population, directions) };
        [
            ("fixed prior, Gaussian", fixed(ResponseKind::Gaussian)),
            ("fixed prior, mean field", fixed(ResponseKind::MeanField)),
            ("fixed prior, finite size", fixed(ResponseKind::FiniteSize)),
            ("population, leading", population(Order::Leading, along)),
            ("population, connected", population(Order::Connected, along)),
            ("population, full", population(Order::Full, along)),
            ("population, all sites", population(Order::Full, sites)),
        ]
    }
}
