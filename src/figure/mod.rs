//! Publication figures: one style, PNG at 300 dpi and SVG from the same drawing.
//!
//! A [`Panel`] is a pair of axes with what is drawn on them; a [`Figure`] is a grid of panels at
//! its printed width. Sizes are physical: widths in millimetres, type and line widths in points,
//! so a figure enters a paper unscaled.
//!
//! The way from data to file:
//!
//! | step | file |
//! |---|---|
//! | panels in a grid, files | `sheet.rs`, `export.rs` |
//! | what is drawn: lines, points, bands, histograms, maps, contours, images | `panel.rs`, `content.rs` |
//! | room for labels, the size of frames | `layout.rs`, `tiles.rs` |
//! | axes, ticks, data to paper | `axis.rs`, `ticks.rs`, `frame.rs` |
//! | a panel in the corner of another | `inset.rs` |
//! | layers to marks on paper | `layers.rs`, `uncertainty.rs`, `histogram.rs`, `maps.rs`, `contour.rs`, `image.rs` |
//! | where a label or legend covers nothing | `placement.rs`, `legend.rs` |
//! | marks: strokes, fills, text, in points | `canvas.rs`, `geometry.rs`, `markup.rs`, `text.rs` |
//! | marks to pixels and to SVG | `raster.rs`, `svg.rs` |
//! | the figures themselves: of phases | `phase_diagram.rs`, `phase_style.rs`, `stable_states.rs` |
//! | of theory against simulation | `comparison.rs` |
//! | of a trained machine | `inspection.rs` |
//! | of a training run | `spectrum_time.rs`, `spectrum_histogram.rs`, `spectrum_rank.rs`, `image_sheet.rs` |
//! | of the letter | `linear_dynamics.rs`, `spectrum_log_log.rs` |
//! | of what averages cost | `average_cost.rs` |
//! | colours, dashes, markers, sizes | `style.rs` |
//!
//! `plotters` supplies the two backends. What it lacks is supplied here once: strokes at
//! sub-pixel positions, dashes, sub- and superscripts, axes, colour bars, contours. Glyphs are
//! filled from the outlines of the embedded DejaVu Sans, so no system font is asked for.
//!
//! Text is a small markup: `w_{max}/σ`, `10^{-3}`, `w_α`, `m̄`, `q̂`, `x̃` (combining
//! characters). A single
//! lower-case letter, Latin or Greek, is a variable and set in italics; `*T*` forces italics, a
//! backslash takes the next character literally and upright.

mod average_cost;
mod axis;
mod canvas;
mod comparison;
mod content;
mod contour;
mod export;
mod frame;
mod geometry;
mod histogram;
mod image;
mod image_sheet;
mod inset;
mod inspection;
mod layers;
mod layout;
mod learning;
mod legend;
mod linear_dynamics;
mod maps;
mod markup;
mod panel;
mod phase_diagram;
mod phase_style;
mod placement;
mod raster;
mod sheet;
mod spectrum_histogram;
mod spectrum_log_log;
mod spectrum_rank;
mod spectrum_time;
mod stable_states;
mod style;
mod svg;
mod text;
mod ticks;
mod tiles;
mod uncertainty;

pub use average_cost::{CostCurves, CostPanel, average_costs, average_times};
pub use axis::{Axis, Scale};
pub use comparison::{ComparisonFigure, TheoryCurves, comparison, comparisons};
pub use content::{Category, HeatStyle};
pub use image::Image;
pub use image_sheet::{ColorScale, image_sheet, modes_as_images, samples_as_images};
pub use inset::Corner;
pub use inspection::{ComponentHistogram, LawCurve, ModeCourse, component_histograms, modes_against_update};
pub use learning::{Marks, learning_trajectory};
pub use legend::LegendPosition;
pub use linear_dynamics::{LinearCourse, linear_dynamics};
pub use markup::escape;
pub use panel::{Panel, Series};
pub use phase_diagram::{
    LearningPath, phase_diagram, phase_diagram_gallery, phase_diagram_with_learning, phase_diagram_with_path,
};
pub use sheet::Figure;
pub use spectrum_histogram::{Bulk, SpectrumHistogram, spectrum_histogram, spectrum_histogram_with_outliers};
pub use spectrum_log_log::{FollowedModes, RankSpectrum, spectrum_log_log};
pub use spectrum_rank::spectra_by_rank;
pub use spectrum_time::spectrum_against_time;
pub use stable_states::stable_states;
pub use style::{Color, Colormap, DOUBLE_COLUMN_MM, Dash, LineStyle, Marker, MarkerStyle, SINGLE_COLUMN_MM};

/// What can keep a figure from being drawn or saved.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// Two arrays that belong together differ in length.
    #[error("{what}: expected {expected} values, found {found}")]
    Length {
        /// The array that is at fault.
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
        /// Where it was to start.
        start: f64,
        /// Where it was to end.
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
    /// A value that has to be a number is none.
    #[error("{what}: the value at index {index} is {value}, not a finite number")]
    NotFinite {
        /// The array that is at fault.
        what: &'static str,
        /// Where in it.
        index: usize,
        /// What is there.
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
    /// A file could not be written; an older one is still as it was.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file to be written.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The PNG could not be encoded.
    #[error("cannot encode the PNG: {0}")]
    Png(#[from] png::EncodingError),
    /// A backend of plotters failed.
    #[error("cannot draw: {0}")]
    Backend(String),
}
