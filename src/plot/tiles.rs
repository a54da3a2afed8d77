//! The layout of sheets of images: whole pixels per cell, titles that fit, one colour bar.

use super::axis::Axis;
use super::canvas::Canvas;
use super::content::HeatStyle;
use super::error::FigureError;
use super::export::DOTS_PER_INCH;
use super::geometry::Rect;
use super::maps::{color_bar_room, draw_color_bar, heat_axis};
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
/// The longest colour bar beside a sheet, in pt.
const LONGEST_BAR: f64 = 120.0;
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

    /// The width of everything but a colour bar beside the panels, in pt.
    pub(crate) fn panels_width(&self) -> f64 {
        self.width_mm * POINTS_PER_MM - self.bar().map_or(0.0, |bar| bar.2)
    }

    /// The size of titles of images: that of all type, or smaller if titles are wider than a column of the sheet.
    pub(crate) fn title_size(&self) -> Result<f64, FigureError> {
        let titles = self.panels.iter().filter(|panel| panel.as_image().is_some());
        let widest = titles.map(|panel| RichText::new(&panel.title, FONT_SIZE).width).fold(0.0, f64::max);
        let columns = (self.panels_width() - 2.0 * PAD + TILE_GAP) / self.columns as f64;
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

    /// The colour bar beside the panels, if there is one: its style, its axis and the room that it takes.
    fn bar(&self) -> Option<(&HeatStyle, Axis, f64)> {
        self.bar.as_ref().map(|style| {
            let axis = heat_axis(style, &[]);
            let room = color_bar_room(&axis, LONGEST_BAR);
            (style, axis, room)
        })
    }

    /// Draws the colour bar beside the panels, as long as the panels are high, up to a maximum.
    pub(crate) fn draw_bar(&self, canvas: &mut Canvas, frames: &[Rect]) -> Result<(), FigureError> {
        let (Some((style, axis, _)), [first, .., last] | [first @ last]) = (self.bar(), frames) else {
            return Ok(());
        };
        let rect = Rect { bottom: last.bottom.min(first.top + LONGEST_BAR), right: last.right, ..*first };
        if RichText::new(&axis.label, FONT_SIZE).width > rect.height() {
            return Err(FigureError::Size(format!("its colour bar is shorter than its name, '{}'", axis.label)));
        }
        draw_color_bar(canvas, &rect, style, &axis, &[]);
        Ok(())
    }
}
