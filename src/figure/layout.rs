//! The layout of a figure: room for labels, the size of frames, everything on paper.

use super::FigureError;
use super::canvas::{Across, Canvas, Upright};
use super::frame::{Frame, FrameTicks, Margins};
use super::geometry::Rect;
use super::layers::{PlacedPanel, heat_of};
use super::legend::{Entry, Legend, LegendPosition, add_entry};
use super::maps::color_bar_room;
use super::sheet::Figure;
use super::style::{FONT_SIZE, POINTS_PER_MM};
use super::text::RichText;

/// Around the whole figure, in pt.
const PAD: f64 = 1.5;
/// Between the labels of neighbouring panels, in pt.
const COLUMN_GAP: f64 = 8.0;
const ROW_GAP: f64 = 7.0;
const TITLE_GAP: f64 = 2.5;
const LEGEND_GAP: f64 = 5.0;
/// The largest side of a figure in mm; an A3 sheet has 420.
const LARGEST_MM: f64 = 500.0;
/// The smallest frame that can be read, in pt.
const SMALLEST_FRAME: f64 = 25.0;

impl Figure {
    fn shows_x(&self, index: usize) -> bool {
        !self.share_x || index / self.columns == self.rows - 1
    }

    fn shows_y(&self, index: usize) -> bool {
        !self.share_y || index.is_multiple_of(self.columns)
    }

    /// Letter and title of a panel, left aligned above its frame.
    fn heading(&self, index: usize) -> Option<RichText> {
        let title = &self.panels[index].title;
        let letter = (b'a'..=b'z').nth(index).filter(|_| self.letters).map(char::from);
        let markup = match (letter, title.is_empty()) {
            (None, true) => return None,
            (None, false) => title.clone(),
            (Some(letter), true) => format!("(\\{letter})"),
            (Some(letter), false) => format!("(\\{letter}) {title}"),
        };
        Some(RichText::new(&markup, FONT_SIZE))
    }

    /// The room that a panel needs around a frame of this size.
    fn margins(&self, index: usize, ticks: &FrameTicks, height: f64) -> Margins {
        let panel = &self.panels[index];
        let mut margins = ticks.margins((&panel.x, &panel.y), self.shows_x(index), self.shows_y(index));
        if let Some(heading) = self.heading(index) {
            margins.top = margins.top.max(heading.height() + TITLE_GAP);
        }
        if let Some((_, axis)) = heat_of(panel) {
            margins.right = margins.right.max(color_bar_room(&axis, height));
        }
        margins
    }

    /// Frames and ticks: ticks need the size of the frames and frames the room for tick labels,
    /// so both are found in two rounds.
    pub(super) fn layout(&self) -> Result<(Vec<Rect>, Vec<FrameTicks>, f64), FigureError> {
        let ratios = self.row_heights.iter().chain([&self.aspect, &self.width_mm]);
        if ratios.into_iter().any(|r| !(r.is_finite() && *r > 0.0)) {
            return Err(FigureError::Size("widths and ratios must be positive".to_string()));
        }
        let width = self.width_mm * POINTS_PER_MM;
        let mut frame_width = 0.8 * width / self.columns as f64;
        let mut rounds = 0;
        loop {
            let height = |row: usize| frame_width * self.aspect * self.row_heights[row];
            let ticks: Vec<FrameTicks> = self
                .panels
                .iter()
                .enumerate()
                .map(|(i, p)| FrameTicks::new(&p.x, &p.y, frame_width, height(i / self.columns)))
                .collect();
            let margins: Vec<Margins> =
                ticks.iter().enumerate().map(|(i, ticks)| self.margins(i, ticks, height(i / self.columns))).collect();
            let most = |pick: fn(&Margins) -> f64, wanted: &dyn Fn(usize) -> bool| {
                let of = margins.iter().enumerate().filter(|(i, _)| wanted(*i));
                of.map(|(_, m)| pick(m)).fold(0.0, f64::max)
            };
            let left = |column: usize| most(|m| m.left, &|i| i % self.columns == column);
            let right = |column: usize| most(|m| m.right, &|i| i % self.columns == column);
            let top = |row: usize| most(|m| m.top, &|i| i / self.columns == row);
            let bottom = |row: usize| most(|m| m.bottom, &|i| i / self.columns == row);
            if rounds < 2 {
                let labels: f64 = (0..self.columns).map(|c| left(c) + right(c)).sum();
                let gaps = COLUMN_GAP * (self.columns - 1) as f64 + 2.0 * PAD;
                frame_width = (width - labels - gaps) / self.columns as f64;
                rounds += 1;
                if frame_width < SMALLEST_FRAME {
                    return Err(FigureError::Size(format!(
                        "{} mm leave {frame_width:.0} pt for a frame",
                        self.width_mm
                    )));
                }
                continue;
            }
            let mut rects = Vec::new();
            let mut y = PAD;
            for row in 0..self.rows {
                y += top(row);
                let mut x = PAD;
                for column in 0..self.columns {
                    x += left(column);
                    rects.push(Rect::new(x, y, frame_width, height(row)));
                    x += frame_width + right(column) + COLUMN_GAP;
                }
                y += height(row) + bottom(row) + ROW_GAP;
            }
            let height = y - ROW_GAP + PAD;
            if width.max(height) > LARGEST_MM * POINTS_PER_MM {
                return Err(FigureError::Size(format!("it is larger than {LARGEST_MM} mm")));
            }
            return Ok((rects, ticks, height));
        }
    }

    /// Everything on paper.
    pub(super) fn draw(&self) -> Result<Canvas, FigureError> {
        for panel in &self.panels {
            panel.check()?;
        }
        let (rects, ticks, height) = self.layout()?;
        let mut canvas = Canvas::new(self.width_mm * POINTS_PER_MM, height);
        let mut below: Vec<Entry> = Vec::new();
        for (index, panel) in self.panels.iter().enumerate() {
            let placed = PlacedPanel { panel, frame: Frame { rect: rects[index], x: &panel.x, y: &panel.y } };
            let drawn = placed.draw(&mut canvas)?;
            let show = (self.shows_x(index), self.shows_y(index));
            ticks[index].draw(&mut canvas, &placed.frame, show.0, show.1);
            if let Some(heading) = self.heading(index) {
                let at = (rects[index].left, rects[index].top - TITLE_GAP);
                canvas.text(&heading, at, Across::Left, Upright::Bottom);
            }
            let legend = Legend::column(drawn.entries.clone());
            if legend.is_empty() || panel.legend == LegendPosition::Hidden {
                continue;
            }
            let place = match panel.legend {
                LegendPosition::Auto => drawn.occupancy.free_box(legend.width(), legend.height()),
                _ => None,
            };
            match place {
                Some(place) => legend.draw(&mut canvas, place.left, place.top, drawn.filled),
                None => {
                    for entry in drawn.entries {
                        for sample in entry.samples {
                            add_entry(&mut below, &entry.label, sample);
                        }
                    }
                }
            }
        }
        let legend = Legend::block(below, canvas.width - 2.0 * PAD);
        if !legend.is_empty() {
            let left = (0.5 * (canvas.width - legend.width())).max(PAD);
            legend.draw(&mut canvas, left, height + LEGEND_GAP - PAD, false);
            canvas.height = height + LEGEND_GAP + legend.height();
        }
        Ok(canvas)
    }
}
