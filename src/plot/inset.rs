//! A panel within a panel, in one of its corners.

use super::panel::{Corner, Inset};

use super::canvas::Canvas;
use super::error::FigureError;
use super::frame::{FrameTicks, PanelFrame};
use super::geometry::Rect;
use super::layers::PlacedPanel;
use super::legend::{Legend, LegendEntry, LegendPosition};

use super::style::Color;

/// Gap between an inset with its labels and the frame around it, in pt.
const GAP: f64 = 5.0;
/// Smallest room to the right of the frame of an inset, for half of the last label of its axis, in pt.
const RIGHT_MARGIN: f64 = 9.0;
/// The smallest frame of an inset that can be read, in pt.
const SMALLEST_INSET: f64 = 20.0;

impl Inset {
    /// The room that the inset takes in a frame, labels included.
    pub fn room(&self, outer: &Rect) -> Rect {
        let (width, height) = (self.size.0 * outer.width(), self.size.1 * outer.height());
        let left = match self.corner {
            Corner::UpperLeft | Corner::LowerLeft => outer.left + GAP,
            Corner::UpperRight | Corner::LowerRight => outer.right - GAP - width,
        };
        let top = match self.corner {
            Corner::UpperLeft | Corner::UpperRight => outer.top + GAP,
            Corner::LowerLeft | Corner::LowerRight => outer.bottom - GAP - height,
        };
        Rect::new(left, top, width, height)
    }

    /// Draws the inset into a frame; returns the legend entries that found no room inside.
    pub fn draw(&self, canvas: &mut Canvas, outer: &Rect) -> Result<Vec<LegendEntry>, FigureError> {
        let (room, panel) = (self.room(outer), &self.panel);
        // Ticks depend on the size of the frame, and its size on the room for their labels.
        let mut ticks = FrameTicks::new(&panel.x, &panel.y, room.width(), room.height());
        let mut rect = room;
        for _ in 0..2 {
            let margins = ticks.margins((&panel.x, &panel.y), true, true);
            rect = Rect {
                left: room.left + margins.left,
                right: room.right - margins.right.max(RIGHT_MARGIN),
                top: room.top + margins.top,
                bottom: room.bottom - margins.bottom,
            };
            if rect.width() < SMALLEST_INSET || rect.height() < SMALLEST_INSET {
                return Err(FigureError::Size("an inset has no room for its frame".to_string()));
            }
            ticks = FrameTicks::new(&panel.x, &panel.y, rect.width(), rect.height());
        }
        canvas.fill_rect(room, Color::White);
        let placed = PlacedPanel { panel, frame: PanelFrame { rect, x: &panel.x, y: &panel.y } };
        let drawn = placed.draw(canvas)?;
        ticks.draw(canvas, &placed.frame, true, true);
        let legend = Legend::column(drawn.entries.clone());
        if legend.is_empty() || panel.legend == LegendPosition::Hidden {
            return Ok(Vec::new());
        }
        let free = match panel.legend {
            LegendPosition::Auto => drawn.occupancy.free_box(legend.width(), legend.height()),
            _ => None,
        };
        let Some(place) = free else { return Ok(drawn.entries) };
        legend.draw(canvas, place.left, place.top, drawn.filled);
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::panel::Panel;
    use crate::plot::sheet::{assert_on_paper, svg_texts};
    use crate::plot::{Axis, Figure, LineStyle};

    fn panel(name: &str) -> Panel {
        let mut panel = Panel::new(Axis::linear(name, 0.0..1.0), Axis::log("y", 1e-2..1.0));
        panel.line(&[0.0, 1.0], &[1e-2, 1.0], LineStyle::nth(0)).label(&format!("of {name}"));
        panel
    }

    #[test]
    fn an_inset_stays_in_its_corner_and_is_labelled() {
        let outer = Rect::new(10.0, 20.0, 200.0, 100.0);
        for (corner, left, top) in [
            (Corner::UpperLeft, 15.0, 25.0),
            (Corner::UpperRight, 105.0, 25.0),
            (Corner::LowerLeft, 15.0, 65.0),
            (Corner::LowerRight, 105.0, 65.0),
        ] {
            let inset = Inset { panel: panel("inner"), corner, size: (0.5, 0.5) };
            assert_eq!(inset.room(&outer), Rect::new(left, top, 100.0, 50.0));
            let mut main = panel("outer");
            main.inset(panel("inner"), corner, (0.5, 0.5));
            let figure = Figure::single_column(main);
            assert_on_paper(&figure);
            let texts = svg_texts(&figure);
            for name in ["inner", "outer", "of outer", "of inner"] {
                assert!(texts.iter().any(|text| text == name), "{name} is not in {texts:?}");
            }
        }
    }

    #[test]
    fn an_inset_that_cannot_be_drawn_is_reported() {
        let mut main = panel("outer");
        main.inset(panel("inner"), Corner::UpperLeft, (0.1, 0.1));
        assert!(matches!(Figure::single_column(main).svg(), Err(FigureError::Size(_))));
        let mut main = panel("outer");
        let mut inner = panel("inner");
        inner.line(&[0.0], &[], LineStyle::nth(0));
        main.inset(inner, Corner::UpperLeft, (0.5, 0.5));
        assert!(matches!(Figure::single_column(main).svg(), Err(FigureError::Length { .. })));
    }
}
