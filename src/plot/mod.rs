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

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod content;
pub(crate) mod contour;
pub(crate) mod export;
pub(crate) mod frame;
pub(crate) mod geometry;
pub(crate) mod histogram;
pub(crate) mod image;
pub(crate) mod image_sheet;
pub(crate) mod inset;
pub(crate) mod layers;
pub(crate) mod layout;
pub(crate) mod legend;
pub(crate) mod maps;
pub(crate) mod markup;
pub(crate) mod panel;
pub(crate) mod placement;
pub(crate) mod raster;
pub(crate) mod sheet;
pub(crate) mod style;
pub(crate) mod svg;
pub(crate) mod text;
pub(crate) mod ticks;
pub(crate) mod tiles;
pub(crate) mod uncertainty;

pub use axis::{Axis, Scale};
pub use content::{Category, HeatStyle};
pub use image::Image;
pub use image_sheet::{ColorScale, image_sheet, modes_as_images, samples_as_images};
pub use inset::Corner;
pub use legend::LegendPosition;
pub use markup::escape;
pub use panel::{Panel, Series};
pub use sheet::Figure;
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
