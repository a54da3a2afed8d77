//! The arrays of a file as a machine of ±1 units: their orientation and their units.

use super::checkpoint::fault;
use super::model_error::ModelError;
use super::rbm::Machine;
use super::units::{BernoulliMachine, Units};
use std::path::Path;

/// An array as stored in a file: shape and values.
pub(super) type Numbers = (Vec<usize>, Vec<f32>);

/// The layer that the rows of weights belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowUnits {
    Visible,
    Hidden,
}

impl RowUnits {
    /// Finds the layer from the numbers of biases; where both fit, `usual`.
    pub(super) fn of(shape: &[usize], visible: usize, hidden: usize, usual: RowUnits) -> Option<Self> {
        let other = if usual == RowUnits::Visible { RowUnits::Hidden } else { RowUnits::Visible };
        [usual, other].into_iter().find(|rows| match rows {
            RowUnits::Visible => shape == [visible, hidden],
            RowUnits::Hidden => shape == [hidden, visible],
        })
    }

    /// A note on weights that are not as `usual`.
    pub(super) fn note(self, usual: RowUnits) -> Option<String> {
        let found = match self {
            RowUnits::Visible => "[visible, hidden]",
            RowUnits::Hidden => "[hidden, visible]",
        };
        (self != usual).then(|| format!("the weights in the file are {found}, by the numbers of biases: transposed"))
    }
}

/// A machine's arrays.
pub(super) struct Parameters {
    pub(super) weights: Numbers,
    pub(super) visible: Numbers,
    pub(super) hidden: Numbers,
    /// The layer of the rows of weights where the numbers of biases do not decide it.
    pub(super) usual: RowUnits,
}

impl Parameters {
    /// The machine, and the orientation of its weights in the file.
    ///
    /// # Errors
    /// [`ModelError::Format`] for shapes that do not fit together, and parameters that are not finite.
    pub(super) fn machine(self, path: &Path, units: Units) -> Result<(Machine, RowUnits), ModelError> {
        let ((shape, weights), (eta_shape, eta), (theta_shape, theta)) = (self.weights, self.visible, self.hidden);
        let (visible, hidden) = (eta.len(), theta.len());
        let rows = RowUnits::of(&shape, visible, hidden, self.usual);
        let Some(rows) = rows.filter(|_| eta_shape.len() == 1 && theta_shape.len() == 1) else {
            let found = format!("weights {shape:?}, visible fields {eta_shape:?}, hidden fields {theta_shape:?}");
            let needed = "the shapes [visible, hidden], [visible], [hidden] are needed";
            let potts = if shape.len() == 3 {
                "; three dimensions are Potts units, [visible, states, hidden], which are not read; those of an image have to be \
                 reshaped to one"
            } else {
                ""
            };
            return Err(wrong(path, format!("{found}: {needed}{potts}")));
        };
        let weights = match rows {
            RowUnits::Visible => weights,
            RowUnits::Hidden => transposed(&weights, hidden, visible),
        };
        ising(path, units, Machine { visible, hidden, weights, eta, theta }).map(|machine| (machine, rows))
    }
}

/// The machine of ±1 units for `stored`, whose parameters are in `units`.
///
/// # Errors
/// [`ModelError::Format`] if parameters are not finite.
pub(super) fn ising(path: &Path, units: Units, stored: Machine) -> Result<Machine, ModelError> {
    // Before the conversion: its sums would spread values that are not finite.
    let stored = checked(path, stored)?;
    match units {
        Units::Ising | Units::Gaussian => Ok(stored),
        Units::Bernoulli => {
            let Machine { visible, hidden, weights, eta: visible_bias, theta: hidden_bias } = stored;
            checked(path, Machine::from(&BernoulliMachine { visible, hidden, weights, visible_bias, hidden_bias }))
        }
    }
}

/// Returns the machine if its shapes fit together and its parameters are finite.
pub(super) fn checked(path: &Path, machine: Machine) -> Result<Machine, ModelError> {
    match fault(&machine) {
        Some(fault) => Err(wrong(path, fault)),
        None => Ok(machine),
    }
}

/// Transpose of a matrix of `rows` × `columns`.
pub(super) fn transposed<T: Copy>(values: &[T], rows: usize, columns: usize) -> Vec<T> {
    (0..values.len()).map(|index| values[index % rows * columns + index / rows]).collect()
}

pub(super) fn wrong(path: &Path, reason: String) -> ModelError {
    ModelError::Format { path: path.into(), reason }
}
