//! W and its leading modes, prepared for the propagation of many samples.

use crate::error::Result;
use crate::linalg::thin_svd;
use nalgebra::DMatrix;

/// W, and its leading modes `W ≈ U S Vᵀ`.
pub(super) struct Coupling {
    /// W, `N_v × N_h`.
    pub weights: DMatrix<f64>,
    /// W_ij².
    pub squares: DMatrix<f64>,
    /// The P leading singular values.
    pub strengths: Vec<f64>,
    /// U.
    pub visible: Vectors,
    /// V.
    pub hidden: Vectors,
}

/// The singular vectors of one layer.
pub(super) struct Vectors {
    /// One column a mode, `units × P`.
    pub columns: DMatrix<f64>,
    /// Products of two components at a unit, `units × P(P+1)/2`: pairs (a, b ≤ a), as [`Pairs`] orders them.
    pub pairs: DMatrix<f64>,
}

/// The order of pairs of modes: (0, 0), (1, 0), (1, 1), (2, 0), …
pub(super) fn pairs(modes: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..modes).flat_map(|a| (0..=a).map(move |b| (a, b)))
}

impl Vectors {
    fn of(columns: DMatrix<f64>) -> Self {
        let modes = columns.ncols();
        let mut products = DMatrix::zeros(columns.nrows(), modes * (modes + 1) / 2);
        for (mut product, (a, b)) in products.column_iter_mut().zip(pairs(modes)) {
            product.copy_from(&columns.column(a));
            product.component_mul_assign(&columns.column(b));
        }
        Self { columns, pairs: products }
    }
}

impl Coupling {
    /// The leading `modes` modes of W, or all if there are fewer.
    ///
    /// # Errors
    /// [`Error::NoConvergence`](crate::Error::NoConvergence) of the singular values.
    pub fn of(weights: &DMatrix<f64>, modes: usize) -> Result<Self> {
        let (rows, columns) = weights.shape();
        // Row after row, as the decomposition wants it.
        let (strengths, u, v) = thin_svd(weights.transpose().as_slice(), (rows, columns))?;
        let kept = modes.min(strengths.len());
        Ok(Self {
            weights: weights.clone(),
            squares: weights.map(|weight| weight * weight),
            strengths: strengths[..kept].to_vec(),
            visible: Vectors::of(u.columns(0, kept).into_owned()),
            hidden: Vectors::of(v.columns(0, kept).into_owned()),
        })
    }

    /// P.
    pub fn modes(&self) -> usize {
        self.strengths.len()
    }

    /// Whether the modes are all of W.
    pub fn is_complete(&self) -> bool {
        self.modes() == self.weights.nrows().min(self.weights.ncols())
    }
}
