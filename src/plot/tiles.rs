//! The layout of sheets of images: whole pixels per cell, titles that fit.

use super::error::FigureError;
use super::export::DOTS_PER_INCH;
use super::panel::Panel;
use super::sheet::Figure;
use super::style::PAD;
use super::style::{FONT_SIZE, POINTS_PER_MM};
use super::text::RichText;

/// Gap between the margins of neighbouring tiles, in pt.
pub(crate) const TILE_GAP: f64 = 2.0;
/// Margin beside a tile or its title, whichever is wider, in pt.
pub(crate) const TILE_MARGIN: f64 = 0.5;
/// The smallest titles of tiles that can be read, in pt.
const SMALLEST_TITLE: f64 = 5.0;
/// A pixel of a PNG in pt; it is a whole number of the units of an SVG.
const PIXEL: f64 = 72.0 / DOTS_PER_INCH;

/// Rounds to the nearest edge of a pixel.
pub(crate) fn on_pixel(place: f64) -> f64 {
    (place / PIXEL).round() * PIXEL
}

impl Figure {
    /// Whether all panels are images.
    pub(crate) fn is_sheet(&self) -> bool {
        self.panels.iter().all(|panel| panel.as_image().is_some())
    }

    /// The size of titles of images: that of all type, or smaller if titles are wider than a column of the sheet.
    pub(crate) fn title_size(&self) -> Result<f64, FigureError> {
        let titles = self.panels.iter().filter(|panel| panel.as_image().is_some());
        let widest = titles.map(|panel| RichText::new(&panel.title, FONT_SIZE).width).fold(0.0, f64::max);
        let columns = (self.width_mm * POINTS_PER_MM - 2.0 * PAD + TILE_GAP) / self.columns as f64;
        let room = columns - TILE_GAP - 2.0 * TILE_MARGIN;
        let size = if widest > room { FONT_SIZE * room / widest } else { FONT_SIZE };
        if size >= SMALLEST_TITLE {
            return Ok(size);
        }
        Err(FigureError::Size(format!("{} mm are too narrow for the titles of a row", self.width_mm)))
    }

    /// The width of frames. Where they hold images it is a little less than the room, so that a cell is a whole number of pixels:
    /// cells are alike and sharp.
    pub(crate) fn whole_cells(&self, room: f64) -> f64 {
        let Some(image) = self.panels.iter().find_map(Panel::as_image) else {
            return room;
        };
        let cells = image.columns() as f64;
        let pixels = (room / cells / PIXEL).floor();
        if pixels > 0.0 { pixels * cells * PIXEL } else { room }
    }
}
