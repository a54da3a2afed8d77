//! What can keep a figure from being drawn or saved.

/// What can keep a figure from being drawn or saved.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// Two arrays that belong together differ in length.
    #[error("{what}: expected {expected} values, found {found}")]
    Length {
        /// The array at fault.
        what: &'static str,
        /// The length it should have.
        expected: usize,
        /// The length it has.
        found: usize,
    },
    /// An axis does not run from a smaller to a larger finite number (above zero if logarithmic).
    #[error("the axis '{axis}' cannot run from {start} to {end}")]
    Range {
        /// The label of the axis.
        axis: String,
        /// The start of the axis.
        start: f64,
        /// The end of the axis.
        end: f64,
    },
    /// The nodes of a map do not increase, or are fewer than two.
    #[error("the nodes of a map must be at least two, finite and increasing ({0})")]
    Nodes(&'static str),
    /// A map names a category that was not described.
    #[error("the map names category {index}, but only {count} are described")]
    Category {
        /// The index that the map holds.
        index: usize,
        /// How many categories there are.
        count: usize,
    },
    /// There is nothing to draw.
    #[error("there are no {0} to draw")]
    Empty(&'static str),
    /// A value that must be a number is not.
    #[error("{what}: the value at index {index} is {value}, not a finite number")]
    NotFinite {
        /// The array at fault.
        what: &'static str,
        /// Index in the array.
        index: usize,
        /// The value.
        value: f64,
    },
    /// The number of panels does not fill the grid.
    #[error("a grid of {rows} x {columns} needs {} panels, found {found}", rows * columns)]
    Panels {
        /// Rows of the grid.
        rows: usize,
        /// Columns of the grid.
        columns: usize,
        /// Panels that were given.
        found: usize,
    },
    /// A width, height or ratio is not a positive number, leaves no room for the frame, or is too large.
    #[error("the figure cannot have this size: {0}")]
    Size(String),
    /// The name of a figure is not a plain file name.
    #[error("'{0}' is not a plain file name")]
    Name(String),
    /// A file could not be written; an older one is unchanged.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file to be written.
        path: std::path::PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The PNG could not be encoded.
    #[error("cannot encode the PNG: {0}")]
    Png(#[from] png::EncodingError),
    /// A backend of plotters failed.
    #[error("cannot draw: {0}")]
    Backend(String),
}
