//! The layers of a panel, drawn on its frame.

use super::canvas::{Across, Canvas, Upright};
use super::content::{Category, Content, DrawnLayer};
use super::error::FigureError;
use super::frame::PanelFrame;
use super::geometry::{Point, Rect, clip_line};
use super::legend::{LegendEntry, LegendSample, add_entry};
use super::maps::{Cells, draw_categories};
use super::panel::Panel;
use super::placement::Occupancy;
use super::style::BAND_OPACITY;
use super::style::{FONT_SIZE, LineStyle};
use super::text::RichText;

/// A panel with its frame on the paper.
#[derive(Debug)]
pub(crate) struct PlacedPanel<'a> {
    pub panel: &'a Panel,
    pub frame: PanelFrame<'a>,
}

/// The result of drawing a panel: its legend and the room that is left for it.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub entries: Vec<LegendEntry>,
    pub occupancy: Occupancy,
    /// Whether the frame is filled, so that a legend inside needs its own box.
    pub filled: bool,
}

impl PlacedPanel<'_> {
    /// Draws all layers and the labels of regions, but not the frame itself.
    pub fn draw(&self, canvas: &mut Canvas) -> Result<Drawn, FigureError> {
        let mut drawn = Drawn { entries: Vec::new(), occupancy: Occupancy::new(self.frame.rect), filled: false };
        let mut layers: Vec<&DrawnLayer> = self.panel.layers.iter().collect();
        layers.sort_by_key(|layer| match layer.content {
            Content::Categories { .. } | Content::Image { .. } => 0,
            Content::Band { .. } | Content::Histogram { .. } => 1,
            _ => 2,
        });
        for layer in layers {
            self.draw_layer(canvas, layer, &mut drawn)?;
        }
        for layer in &self.panel.layers {
            if let Content::Categories { xs, ys, map, categories } = &layer.content {
                let cells = Cells::new(&self.frame, xs, ys)?;
                self.label_regions(canvas, &cells, map, categories, &mut drawn);
            }
        }
        Ok(drawn)
    }

    fn draw_layer(&self, canvas: &mut Canvas, layer: &DrawnLayer, drawn: &mut Drawn) -> Result<(), FigureError> {
        let mut name = |sample: LegendSample| {
            if let Some(label) = &layer.label {
                add_entry(&mut drawn.entries, label, sample);
            }
        };
        match &layer.content {
            Content::Line { points, style } => {
                name(LegendSample::Line(*style));
                for piece in self.frame.place_curve(points) {
                    self.draw_line(canvas, &piece, style, &mut drawn.occupancy);
                }
            }
            Content::Points { points, errors, style } => {
                name(if !errors.is_empty() { LegendSample::ErrorBar(*style) } else { LegendSample::Marker(*style) });
                self.draw_error_bars(canvas, points, errors, style, drawn);
                for &(x, y) in points {
                    let at = self.frame.place(x, y);
                    if self.frame.rect.contains(at) {
                        canvas.marker(at, style);
                        drawn.occupancy.mark(at, 0.5 * style.size);
                    }
                }
            }
            Content::Band { xs, low, high, color } => {
                name(LegendSample::Fill(color.tint(BAND_OPACITY)));
                self.draw_band(canvas, xs, low, high, *color, &mut drawn.occupancy);
            }
            Content::Categories { xs, ys, map, categories } => {
                drawn.filled = true;
                let cells = Cells::new(&self.frame, xs, ys)?;
                draw_categories(canvas, &self.frame, &cells, map, categories);
            }
            Content::Histogram { edges, heights, style } => {
                name(LegendSample::Fill(style.color.tint(BAND_OPACITY)));
                self.draw_histogram(canvas, edges, heights, style, &mut drawn.occupancy);
            }
            Content::Image { image, colormap, range } => {
                drawn.filled = true;
                image.draw(canvas, self.frame.rect, *colormap, *range);
            }
            Content::Text { at, markup, across } => {
                let at = self.frame.place(at.0, at.1);
                if self.frame.rect.contains(at) {
                    let text = RichText::new(markup, FONT_SIZE);
                    canvas.text(&text, at, *across, Upright::Middle);
                    let middle = match across {
                        Across::Left => at.0 + 0.5 * text.width,
                        Across::Center => at.0,
                        Across::Right => at.0 - 0.5 * text.width,
                    };
                    drawn.occupancy.mark_rect(&box_around((middle, at.1), &text));
                }
            }
        }
        Ok(())
    }

    fn draw_line(&self, canvas: &mut Canvas, points: &[Point], style: &LineStyle, occupancy: &mut Occupancy) {
        // A point between two breaks is a line of no length: a dot.
        if let [dot] = points
            && self.frame.rect.contains(*dot)
        {
            canvas.stroke(vec![*dot], style.color, style.width);
            occupancy.mark(*dot, style.width);
        }
        for piece in clip_line(points, &self.frame.rect) {
            occupancy.mark_line(&piece);
            canvas.line(&piece, style);
        }
    }

    /// Writes the names of categories inside their regions, away from borders and curves.
    fn label_regions(
        &self,
        canvas: &mut Canvas,
        cells: &Cells,
        map: &[usize],
        categories: &[Category],
        drawn: &mut Drawn,
    ) {
        for (category, description) in categories.iter().enumerate() {
            if description.label.is_empty() || !map.contains(&category) {
                continue;
            }
            if description.hatched {
                add_entry(&mut drawn.entries, &description.label, LegendSample::Hatch);
                continue;
            }
            if let Some(name) = &description.listed {
                add_entry(&mut drawn.entries, name, LegendSample::Fill(description.color));
            }
            let text = RichText::new(&description.label, FONT_SIZE);
            let mut obstacles = drawn.occupancy.clone();
            obstacles.mark_where(|p| cells.index_at(p).is_none_or(|index| map[index] != category));
            match obstacles.roomiest(text.width + 2.0, text.height()) {
                Some(at) => {
                    canvas.text(&text, at, Across::Center, Upright::Middle);
                    drawn.occupancy.mark_rect(&box_around(at, &text));
                }
                None if description.listed.is_some() => {}
                None => {
                    let sample = LegendSample::Fill(description.color);
                    add_entry(&mut drawn.entries, &description.label, sample);
                }
            }
        }
    }
}

/// The box of a text centred on a point.
fn box_around(at: Point, text: &RichText) -> Rect {
    let (width, height) = (text.width, text.height());
    Rect::new(at.0 - 0.5 * width, at.1 - 0.5 * height, width, height)
}

/// The part of a canvas that tests check: its texts and where they start.
#[cfg(test)]
pub(crate) fn texts(canvas: &Canvas) -> Vec<(String, Point)> {
    canvas
        .marks
        .iter()
        .filter_map(|mark| match mark {
            super::canvas::Mark::Text { text, origin, .. } => Some((text.clone(), *origin)),
            _ => None,
        })
        .collect()
}

/// Draws a panel on a frame of 200 by 100 pt.
#[cfg(test)]
pub(crate) fn draw_alone(panel: &Panel) -> (Canvas, Drawn) {
    let placed =
        PlacedPanel { panel, frame: PanelFrame { rect: Rect::new(0.0, 0.0, 200.0, 100.0), x: &panel.x, y: &panel.y } };
    let mut canvas = Canvas::new(200.0, 100.0);
    let drawn = placed.draw(&mut canvas).expect("the panel can be drawn");
    (canvas, drawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::canvas::Mark;
    use crate::plot::{Axis, Color, Marker, MarkerStyle};

    #[test]
    fn unknown_points_are_not_drawn() {
        let mut panel = Panel::new(Axis::linear("x", 0.0..4.0), Axis::linear("y", 0.0..1.0));
        let (xs, ys) = ([0.0, 1.0, 2.0, 3.0, 4.0], [0.5, 0.5, f64::NAN, 0.5, 0.5]);
        panel.line(&xs, &ys, LineStyle::nth(0));
        panel.points(&xs, &ys, MarkerStyle::new(Marker::Circle, Color::Blue));
        let (canvas, _) = draw_alone(&panel);
        let strokes = canvas.marks.iter().filter(|m| matches!(m, Mark::Stroke { .. })).count();
        let fills = canvas.marks.iter().filter(|m| matches!(m, Mark::Fill { .. })).count();
        assert_eq!((strokes, fills), (2, 4));
    }

    #[test]
    fn regions_are_labelled_inside_and_small_ones_in_the_legend() {
        let nodes: Vec<f64> = (0..=40).map(|i| f64::from(i) / 40.0).collect();
        let map: Vec<usize> = (0..41 * 41)
            .map(|index| match index / 41 {
                0..20 => 0,
                20 => 1,
                _ => 2,
            })
            .collect();
        let mut panel = Panel::new(Axis::linear("x", 0.0..1.0), Axis::linear("y", 0.0..1.0));
        let categories = [
            Category::filled(Color::White, "P"),
            Category::filled(Color::Yellow, "narrow"),
            Category::hatched("unknown"),
        ];
        panel.category_map(&nodes, &nodes, &map, &categories);
        let (canvas, drawn) = draw_alone(&panel);
        let texts = texts(&canvas);
        assert_eq!(texts.len(), 1);
        let (text, (x, y)) = &texts[0];
        assert_eq!(text, "P");
        assert!((*x - 48.0).abs() < 8.0 && (*y - 50.0).abs() < 8.0, "{x} {y}");
        let names: Vec<&str> = drawn.entries.iter().map(|e| e.label.as_str()).collect();
        assert_eq!(names, ["narrow", "unknown"]);
        assert_eq!(drawn.entries[1].samples, [LegendSample::Hatch]);
    }
}
