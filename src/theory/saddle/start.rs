//! Where a solve starts.

use super::fixed_point::FixedPoint;
use nalgebra::DVector;

/// Where a solve starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    /// m_α, one a mode.
    pub magnetization: DVector<f64>,
    /// q.
    pub overlap: f64,
}

impl Start {
    /// m = q = 0.
    pub fn paramagnet(modes: usize) -> Self {
        Self { magnetization: DVector::zeros(modes), overlap: 0.0 }
    }

    /// m = 0, q = 1.
    pub fn spin_glass(modes: usize) -> Self {
        Self { overlap: 1.0, ..Self::paramagnet(modes) }
    }

    /// The given modes (counted from 0) magnetized in equal parts, as at low temperature.
    pub fn condensed(modes: usize, which: &[usize]) -> Self {
        let mut magnetization = DVector::zeros(modes);
        for &mode in which {
            magnetization[mode] = 0.8 / (which.len() as f64).sqrt();
        }
        Self { magnetization, overlap: 0.8 }
    }

    pub(super) fn state(&self) -> DVector<f64> {
        self.magnetization.push(self.overlap)
    }
}

impl From<&FixedPoint> for Start {
    fn from(point: &FixedPoint) -> Self {
        Self { magnetization: point.magnetization.clone(), overlap: point.overlap }
    }
}
