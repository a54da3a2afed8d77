//! The data as the data term sees them: samples, or a population of known law.

use super::mixture::Mixture;
use super::samples::Samples;
use crate::Result;
use nalgebra::{DMatrix, DVector};

/// What is known of the data, in an orthonormal visible basis of D directions: the law of `z = Bᵀ s`.
#[derive(Clone, Debug)]
pub enum Source {
    /// Projected samples.
    Samples(Samples),
    /// A mixture of Gaussians: one component is a Gaussian population, several are clusters.
    Mixture(Mixture),
}

impl Source {
    /// Number of directions, D.
    pub fn dimension(&self) -> usize {
        match self {
            Source::Samples(samples) => samples.dimension(),
            Source::Mixture(mixture) => mixture.dimension(),
        }
    }

    /// ⟨z⟩, of length D.
    pub fn mean(&self) -> DVector<f64> {
        match self {
            Source::Samples(samples) => samples.mean(),
            Source::Mixture(mixture) => mixture.mean(),
        }
    }

    /// ⟨z zᵀ⟩, `D × D`: about zero, not about the mean.
    ///
    /// # Errors
    /// [`Error::Range`](crate::Error::Range) if it would take more than 4 GiB, or overflows.
    pub fn second_moment(&self) -> Result<DMatrix<f64>> {
        match self {
            Source::Samples(samples) => samples.second_moment(),
            Source::Mixture(mixture) => Ok(mixture.second_moment()),
        }
    }
}

impl From<Samples> for Source {
    fn from(samples: Samples) -> Self {
        Source::Samples(samples)
    }
}

impl From<Mixture> for Source {
    fn from(mixture: Mixture) -> Self {
        Source::Mixture(mixture)
    }
}
