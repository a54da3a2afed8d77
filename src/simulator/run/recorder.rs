//! Taking a record of a machine.

use super::error::Result;
use crate::data::{Dataset, Moments};
use crate::io::Array;
use crate::theory::spectrum::{Decomposition, fit, kurtosis, overlaps, projections, singular_values};
use nalgebra::DMatrix;
use std::collections::BTreeMap;

/// Maximum number of modes and components whose overlaps are recorded.
const MOST_OVERLAPS: usize = 50;

/// How much of a machine is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// Singular values and the bulk: quick.
    Values,
    /// Also kurtosis, overlaps and fields of the singular vectors, and how well the machine fits the data.
    #[default]
    Modes,
    /// Also the singular vectors.
    Vectors,
}

/// Takes records of machines trained on one data set.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Leading principal components of the data, in columns; none if they are not needed.
    components: DMatrix<f64>,
    detail: Detail,
}

impl Recorder {
    /// A recorder for machines of these data.
    ///
    /// # Errors
    /// Those of the data's [`Moments`].
    pub fn new(data: &Dataset, detail: Detail) -> Result<Self> {
        if detail == Detail::Values {
            return Ok(Self { components: DMatrix::zeros(data.units(), 0), detail });
        }
        let components = Moments::of(data)?.principal_components()?.directions;
        let count = components.ncols().min(MOST_OVERLAPS);
        Ok(Self { components: components.columns(0, count).into_owned(), detail })
    }

    /// How much is recorded.
    pub fn detail(&self) -> Detail {
        self.detail
    }

    /// Spectrum and bulk of W (`visible × hidden`, row after row); beyond [`Detail::Values`] also kurtosis, overlaps with the
    /// data and projected fields.
    ///
    /// # Errors
    /// [`Error::NotFinite`](crate::Error::NotFinite) for parameters that are not finite.
    pub fn spectrum<T: Copy + Into<f64>>(
        &self,
        weights: &[T],
        (visible, hidden): (usize, usize),
        fields: Option<(&[T], &[T])>,
    ) -> Result<BTreeMap<String, Array>> {
        let mut quantities = BTreeMap::new();
        let values = if self.detail == Detail::Values {
            singular_values(weights, visible, hidden)?
        } else {
            let modes = Decomposition::of(weights, visible, hidden)?;
            self.modes(&modes, fields, &mut quantities)?;
            modes.singular_values
        };
        let bulk = fit(&values, visible, hidden)?;
        let mut add = |name: &str, shape: Vec<usize>, values: Vec<f64>| {
            quantities.insert(name.to_owned(), Array::F64(shape, values));
        };
        for (name, value) in [
            ("bulk_sigma", bulk.sigma),
            ("bulk_sigma_error", bulk.sigma_error),
            ("bulk_edge", bulk.edge),
            ("bulk_distance", bulk.ks_distance),
            ("outliers", bulk.outliers as f64),
        ] {
            add(name, vec![], vec![value]);
        }
        add("singular_values", vec![values.len()], values);
        Ok(quantities)
    }

    fn modes<T: Copy + Into<f64>>(
        &self,
        modes: &Decomposition,
        fields: Option<(&[T], &[T])>,
        quantities: &mut BTreeMap<String, Array>,
    ) -> Result<()> {
        let rank = modes.singular_values.len();
        let mut add = |name: &str, shape: Vec<usize>, values: Vec<f64>| {
            quantities.insert(name.to_owned(), Array::F64(shape, values));
        };
        add("kurtosis_u", vec![rank], kurtosis(&modes.u));
        add("kurtosis_v", vec![rank], kurtosis(&modes.v));
        let leading = rank.min(MOST_OVERLAPS);
        let table = overlaps(&modes.u.columns(0, leading).into_owned(), &self.components)?;
        add("overlaps", vec![leading, self.components.ncols()], table.transpose().as_slice().to_vec());
        if let Some((eta, theta)) = fields {
            add("eta", vec![rank], projections(&modes.u, eta)?);
            add("theta", vec![rank], projections(&modes.v, theta)?);
        }
        if self.detail == Detail::Vectors {
            for (name, matrix) in [("u", &modes.u), ("v", &modes.v)] {
                let rows: Vec<f32> = matrix.transpose().iter().map(|&x| x as f32).collect();
                quantities.insert(name.to_owned(), Array::F32(vec![matrix.nrows(), rank], rows));
            }
        }
        Ok(())
    }
}
