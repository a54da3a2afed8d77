//! Publication figures: one style, PNG at 300 dpi and SVG from the same drawing.
//!
//! A [`Panel`] is a pair of axes with what is drawn on them; a [`Figure`] is a grid of panels at
//! its printed width. Sizes are physical: widths in millimetres, type and line widths in points,
//! so a figure enters a paper unscaled.
//!
//! From data to file:
//!
//! | step | file |
//! |---|---|
//! | panels in a grid, files | `sheet.rs`, `export.rs` |
//! | what is drawn: lines, points, bands, histograms, maps, images | `panel.rs`, `content.rs` |
//! | room for labels, the size of frames | `layout.rs`, `tiles.rs` |
//! | axes, ticks, data to paper | `axis.rs`, `ticks.rs`, `frame.rs` |
//! | a panel in the corner of another | `inset.rs` |
//! | layers to marks on paper | `layers.rs`, `uncertainty.rs`, `histogram.rs`, `maps.rs`, `image.rs` |
//! | where a label or legend covers nothing | `placement.rs`, `legend.rs` |
//! | marks: strokes, fills, text, in points | `canvas.rs`, `geometry.rs`, `markup.rs`, `text.rs` |
//! | marks to pixels and to SVG | `raster.rs`, `svg.rs` |
//! | colours, dashes, markers, sizes | `style.rs` |
//!
//! `plotters` supplies the two backends. This module supplies what they lack: strokes at sub-pixel positions, dashes, sub- and
//! superscripts, axes. Glyphs are filled from the outlines of the embedded DejaVu Sans, so no system font
//! is needed.
//!
//! Text is a small markup: `w_{max}/σ`, `10^{-3}`, `w_α`, `m̄`, `q̂`, `x̃` (combining characters). A single lower-case letter,
//! Latin or Greek, is a variable and is set in italics. `*T*` forces italics; a backslash takes the next character literally and
//! upright.

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod content;
mod error;
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
pub use content::Category;
pub use error::FigureError;
pub use image::Image;
pub use image_sheet::{image_sheet, modes_as_images, samples_as_images};
pub use legend::LegendPosition;
pub use markup::escape;
pub use panel::Corner;
pub use panel::{Panel, Series};
pub use sheet::Figure;
pub use style::{Color, Colormap, DOUBLE_COLUMN_MM, Dash, LineStyle, Marker, MarkerStyle, SINGLE_COLUMN_MM};
