//! The layout of a figure: room for labels, the size of frames, everything on paper.

use super::style::PAD;

use super::canvas::{Across, Canvas, Upright};
use super::error::FigureError;
use super::frame::{FrameTicks, Margins, PanelFrame};
use super::geometry::Rect;
use super::layers::PlacedPanel;
use super::legend::{Legend, LegendEntry, LegendPosition, LegendSample, add_entry};
use super::sheet::Figure;
use super::style::{Color, FONT_SIZE, MINOR_TICK_WIDTH, POINTS_PER_MM};
use super::text::RichText;
use super::tiles::{TILE_GAP, TILE_MARGIN, on_pixel};

/// Gap between the labels of panels side by side, in pt.
const PANEL_GAP: f64 = 8.0;
/// Gap between the labels of panels above each other, in pt.
const ROW_GAP: f64 = 7.0;
/// Gap between a panel's title and its frame, in pt.
const TITLE_GAP: f64 = 2.5;
/// Gap between the panels and the legend below them, in pt.
const LEGEND_GAP: f64 = 5.0;
/// The largest side of a figure in mm; an A3 sheet has 420.
const LARGEST_MM: f64 = 500.0;
/// The smallest frame that can be read, in pt.
const SMALLEST_FRAME: f64 = 25.0;

/// Room that labels take on either side of each column and row, in pt.
struct Room {
    left: Vec<f64>,
    right: Vec<f64>,
    top: Vec<f64>,
    bottom: Vec<f64>,
}

impl Room {
    fn across(&self) -> f64 {
        self.left.iter().zip(&self.right).map(|(left, right)| left + right).sum()
    }
}

impl Figure {
    fn shows_x(&self, index: usize) -> bool {
        self.panels[index].as_image().is_none() && (!self.share_x || index / self.columns == self.rows - 1)
    }

    fn shows_y(&self, index: usize) -> bool {
        self.panels[index].as_image().is_none() && (!self.share_y || index.is_multiple_of(self.columns))
    }

    /// Letter and title of a panel, above its frame: left aligned, but centred on images.
    fn heading(&self, index: usize, title_size: f64) -> Option<RichText> {
        let panel = &self.panels[index];
        let title = &panel.title;
        let letter = (b'a'..=b'z').nth(index).filter(|_| self.letters).map(char::from);
        let markup = match (letter, title.is_empty()) {
            (None, true) => return None,
            (None, false) => title.clone(),
            (Some(letter), true) => format!("(\\{letter})"),
            (Some(letter), false) => format!("(\\{letter}) {title}"),
        };
        let size = if panel.as_image().is_some() { title_size } else { FONT_SIZE };
        Some(RichText::new(&markup, size))
    }

    /// The room that a panel needs around a frame of this size.
    fn margins(&self, index: usize, ticks: &FrameTicks, width: f64, title_size: f64) -> Margins {
        let panel = &self.panels[index];
        let image = panel.as_image().is_some();
        let mut margins = ticks.margins((&panel.x, &panel.y), self.shows_x(index), self.shows_y(index));
        if image {
            margins = Margins { left: TILE_MARGIN, right: TILE_MARGIN, ..margins };
        }
        if let Some(heading) = self.heading(index, title_size) {
            margins.top = margins.top.max(heading.height() + TITLE_GAP);
            if image {
                // A title wider than its tile keeps clear of the next one.
                let hang = 0.5 * (heading.width - width) + TILE_MARGIN;
                margins.left = margins.left.max(hang);
                margins.right = margins.right.max(hang);
            }
        }
        margins
    }

    /// The ticks of frames with this width, and the room that labels need.
    fn labels(&self, frame_width: f64, title_size: f64) -> (Vec<FrameTicks>, Room) {
        let size = |i: usize| (frame_width, frame_width * self.aspect * self.row_heights[i / self.columns]);
        let ticks: Vec<FrameTicks> = (self.panels.iter().enumerate())
            .map(|(i, panel)| match panel.as_image() {
                Some(_) => FrameTicks::none(),
                None => FrameTicks::new(&panel.x, &panel.y, frame_width, size(i).1),
            })
            .collect();
        let margins: Vec<Margins> =
            ticks.iter().enumerate().map(|(i, ticks)| self.margins(i, ticks, frame_width, title_size)).collect();
        let most = |pick: fn(&Margins) -> f64, wanted: &dyn Fn(usize) -> bool| {
            let of = margins.iter().enumerate().filter(|(i, _)| wanted(*i));
            of.map(|(_, m)| pick(m)).fold(0.0, f64::max)
        };
        // The tiles of a sheet are evenly spaced.
        let even = self.is_sheet();
        let across = |pick| (0..self.columns).map(|c| most(pick, &|i| even || i % self.columns == c)).collect();
        let upright = |pick| (0..self.rows).map(|r| most(pick, &|i| i / self.columns == r)).collect();
        let room = Room {
            left: across(|m| m.left),
            right: across(|m| m.right),
            top: upright(|m| m.top),
            bottom: upright(|m| m.bottom),
        };
        (ticks, room)
    }

    /// Gaps between the labels of neighbouring panels, horizontal and vertical.
    fn gaps(&self) -> (f64, f64) {
        if self.is_sheet() { (TILE_GAP, TILE_GAP) } else { (PANEL_GAP, ROW_GAP) }
    }

    /// Frames and ticks. Ticks need the size of the frames, and frames need the room for tick labels, so both are found in two
    /// rounds.
    pub(crate) fn layout(&self) -> Result<(Vec<Rect>, Vec<FrameTicks>, f64), FigureError> {
        let ratios = self.row_heights.iter().chain([&self.aspect, &self.width_mm]);
        if ratios.into_iter().any(|r| !(r.is_finite() && *r > 0.0)) {
            return Err(FigureError::Size("widths and ratios must be positive".to_string()));
        }
        let width = self.width_mm * POINTS_PER_MM;
        let title_size = self.title_size()?;
        let gaps = self.gaps().0 * (self.columns - 1) as f64 + 2.0 * PAD;
        let room_for_frames = |room: &Room| width - room.across() - gaps;
        let mut frame_width = 0.8 * width / self.columns as f64;
        for _ in 0..2 {
            let (_, room) = self.labels(frame_width, title_size);
            frame_width = self.whole_cells(room_for_frames(&room) / self.columns as f64);
            if frame_width < SMALLEST_FRAME {
                return Err(FigureError::Size(format!("{} mm leave {frame_width:.0} pt for a frame", self.width_mm)));
            }
        }
        let (ticks, room) = self.labels(frame_width, title_size);
        let spare = room_for_frames(&room) - frame_width * self.columns as f64;
        let (rects, height) = self.place(frame_width, &room, spare);
        if width.max(height) > LARGEST_MM * POINTS_PER_MM {
            return Err(FigureError::Size(format!("it is larger than {LARGEST_MM} mm")));
        }
        Ok((rects, ticks, height))
    }

    /// The frames on the paper, and its height.
    fn place(&self, frame_width: f64, room: &Room, spare: f64) -> (Vec<Rect>, f64) {
        let (mut column_gap, row_gap) = self.gaps();
        let sheet = self.is_sheet();
        if sheet && self.columns > 1 {
            // The width that whole pixels leave over goes between the columns.
            column_gap += spare.max(0.0) / (self.columns - 1) as f64;
        }
        let snap = |place: f64| if sheet { on_pixel(place) } else { place };
        let mut rects = Vec::new();
        let mut y = PAD;
        for row in 0..self.rows {
            let height = frame_width * self.aspect * self.row_heights[row];
            y = snap(y + room.top[row]);
            let mut x = PAD;
            for column in 0..self.columns {
                x += room.left[column];
                rects.push(Rect::new(snap(x), y, frame_width, height));
                x += frame_width + room.right[column] + column_gap;
            }
            y += height + room.bottom[row] + row_gap;
        }
        (rects, y - row_gap + PAD)
    }

    /// Draws everything on paper.
    pub(crate) fn draw(&self) -> Result<Canvas, FigureError> {
        for panel in &self.panels {
            panel.check()?;
        }
        let (rects, ticks, height) = self.layout()?;
        let mut canvas = Canvas::new(self.width_mm * POINTS_PER_MM, height);
        let title_size = self.title_size()?;
        let mut below: Vec<LegendEntry> = Vec::new();
        for (index, panel) in self.panels.iter().enumerate() {
            let placed = PlacedPanel { panel, frame: PanelFrame { rect: rects[index], x: &panel.x, y: &panel.y } };
            let mut drawn = placed.draw(&mut canvas)?;
            let image = panel.as_image().is_some();
            if image {
                canvas.outline(&rects[index].corners(), Color::Black, MINOR_TICK_WIDTH);
            } else {
                let show = (self.shows_x(index), self.shows_y(index));
                ticks[index].draw(&mut canvas, &placed.frame, show.0, show.1);
            }
            if let Some(heading) = self.heading(index, title_size) {
                let rect = &rects[index];
                let (x, across) =
                    if image { (0.5 * (rect.left + rect.right), Across::Center) } else { (rect.left, Across::Left) };
                canvas.text(&heading, (x, rect.top - TITLE_GAP), across, Upright::Bottom);
            }
            for inset in &panel.insets {
                for entry in inset.draw(&mut canvas, &rects[index])? {
                    entry.samples.into_iter().for_each(|sample| add_entry(&mut below, &entry.label, sample));
                }
                drawn.occupancy.mark_rect(&inset.room(&rects[index]));
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
        below.sort_by_key(|entry| entry.samples.first().map(LegendSample::rank));
        let legend = Legend::block(below, canvas.width - 2.0 * PAD);
        if !legend.is_empty() {
            let left = (0.5 * (canvas.width - legend.width())).max(PAD);
            legend.draw(&mut canvas, left, height + LEGEND_GAP - PAD, false);
            canvas.height = height + LEGEND_GAP + legend.height();
        }
        Ok(canvas)
    }
}
