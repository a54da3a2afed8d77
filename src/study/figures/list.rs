//! The list of figures.

use super::made::Made;
use super::studio::Studio;
use super::{averages, closures, digits, learned_modes, learning, linear_dynamics, phase_diagrams, spectrum_histogram};
use super::{spectrum_log_log, stable_states, theory_vs_simulation, training, trajectory};
use crate::study::error::Result;

/// A figure.
pub struct Named {
    /// Its name.
    pub name: &'static str,
    /// What it shows.
    pub about: &'static str,
    /// Which data it shows.
    pub data: Shows,
    /// Makes it.
    pub make: fn(&Studio<'_>) -> Result<Made>,
}

/// The data of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// Its own, or none.
    Own,
    /// Clusters, drawn in a number that can be chosen.
    Clusters,
    /// Those given; it trains the letter's machine on them.
    Given,
}

/// All figures: the letter's first.
pub const FIGURES: [Named; 14] = [
    Named {
        name: linear_dynamics::NAME,
        about: "The letter's figure 1: a linear machine learns Gaussian data, mode by mode",
        data: Shows::Own,
        make: linear_dynamics::make,
    },
    Named {
        name: spectrum_histogram::NAME,
        about: "The letter's figure 2: singular values at the start, early and after long training",
        data: Shows::Given,
        make: spectrum_histogram::make,
    },
    Named {
        name: learned_modes::NAME,
        about: "The letter's figure 3: learnt modes and principal components as images",
        data: Shows::Given,
        make: learned_modes::make,
    },
    Named {
        name: spectrum_log_log::NAME,
        about: "The letter's figure 4: singular values against rank, and modes against epochs",
        data: Shows::Given,
        make: spectrum_log_log::make,
    },
    Named {
        name: phase_diagrams::ONE_MODE,
        about: "Phase diagrams of one mode under the four priors",
        data: Shows::Own,
        make: phase_diagrams::one_mode,
    },
    Named {
        name: theory_vs_simulation::NAME,
        about: "w(t) of theory and simulation on the same axes",
        data: Shows::Clusters,
        make: theory_vs_simulation::make,
    },
    Named {
        name: stable_states::NAME,
        about: "Number of stable states of three modes, by prior",
        data: Shows::Own,
        make: stable_states::make,
    },
    Named {
        name: trajectory::NAME,
        about: "A learning trajectory on the phase diagram",
        data: Shows::Clusters,
        make: trajectory::make,
    },
    Named {
        name: closures::NAME,
        about: "The closures of the theory against simulation",
        data: Shows::Clusters,
        make: closures::make,
    },
    Named { name: averages::NAME, about: "Cost and accuracy of the averages", data: Shows::Own, make: averages::make },
    Named {
        name: phase_diagrams::METASTABILITY,
        about: "Phase diagrams of three modes, with the limits of metastability",
        data: Shows::Own,
        make: phase_diagrams::metastability,
    },
    Named {
        name: digits::NAME,
        about: "Drawn digits, and the spectrum of their covariance beside MNIST's where that is at hand",
        data: Shows::Own,
        make: digits::make,
    },
    Named {
        name: training::NAME,
        about: "Singular values of a machine that learns drawn digits, against time",
        data: Shows::Own,
        make: training::make,
    },
    Named {
        name: learning::NAME,
        about: "The same by the deterministic flow, in the thirty directions that grow fastest",
        data: Shows::Own,
        make: learning::make,
    },
];
