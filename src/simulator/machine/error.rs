//! What can be wrong with a machine or its training.

/// Errors of machines and their training.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RbmError {
    /// An array of parameters does not fit the numbers of units.
    #[error("{name}: {found} values for a machine of {visible} visible and {hidden} hidden units")]
    Shape {
        /// The array.
        name: &'static str,
        /// Values found.
        found: usize,
        /// Visible units.
        visible: usize,
        /// Hidden units.
        hidden: usize,
    },
    /// A parameter is NaN or infinite.
    #[error("{name}: value {index} is {value}; training may have diverged: a smaller learning rate would help")]
    NotFinite {
        /// The array.
        name: &'static str,
        /// Index in the array, from 0.
        index: usize,
        /// The value.
        value: f32,
    },
    /// Samples and machine differ in the number of visible units.
    #[error("the samples have {samples} units and the machine has {machine} visible ones: they must agree")]
    Units {
        /// Units of a sample.
        samples: usize,
        /// Visible units of the machine.
        machine: usize,
    },
    /// A setting that cannot be used.
    #[error("{name} is {value}: {reason}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// The value given.
        value: f64,
        /// What would be valid.
        reason: String,
    },
    /// The machine is too large for exact enumeration.
    #[error("the smaller layer has {units} units: its states can be enumerated up to {most}")]
    TooLarge {
        /// Units of the smaller layer.
        units: usize,
        /// Maximum number of units.
        most: usize,
    },
}
