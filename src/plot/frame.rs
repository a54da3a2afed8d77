//! The frame of a panel: from data to paper, ticks on all four sides, labels and the room they take.

use super::axis::Axis;
use super::canvas::{Across, Canvas, Upright};
use super::geometry::{Point, Rect};
use super::style::{Color, FONT_SIZE, FRAME_WIDTH, MINOR_TICK_LENGTH, MINOR_TICK_WIDTH, TICK_LENGTH};
use super::text::RichText;
use super::ticks::Ticks;

/// Gap between the frame and the tick labels, in pt.
const TICK_LABEL_GAP: f64 = 3.0;
/// Gap between the tick labels and the label of the axis, in pt.
const LABEL_GAP: f64 = 2.5;

/// A frame on the paper with its two axes: maps data to paper.
#[derive(Clone, Debug)]
pub(crate) struct PanelFrame<'a> {
    pub rect: Rect,
    pub x: &'a Axis,
    pub y: &'a Axis,
}

impl PanelFrame<'_> {
    /// The point on the paper, with NaN where a value has no place.
    pub fn place(&self, x: f64, y: f64) -> Point {
        (self.place_x(x), self.place_y(y))
    }

    pub fn place_x(&self, x: f64) -> f64 {
        self.rect.left + self.x.fraction(x) * self.rect.width()
    }

    pub fn place_y(&self, y: f64) -> f64 {
        self.rect.bottom - self.y.fraction(y) * self.rect.height()
    }

    /// The parts of a data curve between points that have no place.
    pub fn place_curve(&self, points: &[(f64, f64)]) -> Vec<Vec<Point>> {
        let placed: Vec<Point> = points.iter().map(|&(x, y)| self.place(x, y)).collect();
        placed
            .split(|p| p.0.is_nan() || p.1.is_nan())
            .filter(|piece| !piece.is_empty())
            .map(<[Point]>::to_vec)
            .collect()
    }
}

/// Ticks of both axes, their labels laid out.
#[derive(Clone, Debug)]
pub(crate) struct FrameTicks {
    x: TickLabels,
    y: TickLabels,
}

#[derive(Clone, Debug)]
struct TickLabels {
    /// Place along the axis between 0 and 1, and label.
    major: Vec<(f64, RichText)>,
    minor: Vec<f64>,
}

impl TickLabels {
    fn new(axis: &Axis, ticks: Ticks) -> Self {
        TickLabels {
            major: ticks
                .major
                .iter()
                .map(|(value, label)| (axis.fraction(*value), RichText::new(label, FONT_SIZE)))
                .collect(),
            minor: ticks.minor.iter().map(|&value| axis.fraction(value)).collect(),
        }
    }

    fn width(&self) -> f64 {
        self.major.iter().map(|(_, label)| label.width).fold(0.0, f64::max)
    }

    fn height(&self) -> f64 {
        self.major.iter().map(|(_, label)| label.height()).fold(0.0, f64::max)
    }
}

/// Room that labels take outside a frame, in pt.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Margins {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl FrameTicks {
    /// The ticks of a frame of about this size in pt.
    pub fn new(x: &Axis, y: &Axis, width: f64, height: f64) -> Self {
        FrameTicks { x: TickLabels::new(x, x.horizontal_ticks(width)), y: TickLabels::new(y, y.vertical_ticks(height)) }
    }

    /// No ticks at all, for the tiles of a sheet.
    pub fn none() -> Self {
        let none = TickLabels { major: Vec::new(), minor: Vec::new() };
        FrameTicks { x: none.clone(), y: none }
    }

    /// The room that the labels need, with or without the labels of each axis.
    pub fn margins(&self, frame: (&Axis, &Axis), show_x: bool, show_y: bool) -> Margins {
        let (x, y) = frame;
        let mut margins = Margins { left: 1.0, right: 1.0, top: 2.0, bottom: 1.0 };
        if show_x {
            margins.bottom = TICK_LABEL_GAP + self.x.height();
            if !x.label.is_empty() {
                margins.bottom += LABEL_GAP + RichText::new(&x.label, FONT_SIZE).height();
            }
            // A label at the end of the axis hangs over by half its width.
            let hang = |at: f64| {
                let near = self.x.major.iter().filter(|(place, _)| (place - at).abs() < 0.02);
                near.map(|(_, label)| 0.5 * label.width + 1.0).fold(0.0, f64::max)
            };
            margins.left = margins.left.max(hang(0.0));
            margins.right = margins.right.max(hang(1.0));
        }
        if show_y {
            let mut room = TICK_LABEL_GAP + self.y.width() + 1.0;
            if !y.label.is_empty() {
                room += LABEL_GAP + RichText::new(&y.label, FONT_SIZE).height();
            }
            margins.left = margins.left.max(room);
            margins.top = margins.top.max(0.4 * FONT_SIZE);
            margins.bottom = margins.bottom.max(0.4 * FONT_SIZE);
        }
        margins
    }

    /// Draws the frame, ticks on all four sides and the labels asked for.
    pub fn draw(&self, canvas: &mut Canvas, frame: &PanelFrame<'_>, show_x: bool, show_y: bool) {
        let rect = &frame.rect;
        canvas.outline(&rect.corners(), Color::Black, FRAME_WIDTH);
        let along = |at: f64| rect.left + at * rect.width();
        let up = |at: f64| rect.bottom - at * rect.height();
        let major = |labels: &TickLabels| labels.major.iter().map(|m| m.0).collect::<Vec<_>>();
        for (places, length, width) in
            [(&self.x.minor, MINOR_TICK_LENGTH, MINOR_TICK_WIDTH), (&major(&self.x), TICK_LENGTH, FRAME_WIDTH)]
        {
            for x in places.iter().copied().filter(|&at| is_inner(at)).map(along) {
                canvas.stroke(vec![(x, rect.bottom), (x, rect.bottom - length)], Color::Black, width);
                canvas.stroke(vec![(x, rect.top), (x, rect.top + length)], Color::Black, width);
            }
        }
        for (places, length, width) in
            [(&self.y.minor, MINOR_TICK_LENGTH, MINOR_TICK_WIDTH), (&major(&self.y), TICK_LENGTH, FRAME_WIDTH)]
        {
            for y in places.iter().copied().filter(|&at| is_inner(at)).map(up) {
                canvas.stroke(vec![(rect.left, y), (rect.left + length, y)], Color::Black, width);
                canvas.stroke(vec![(rect.right, y), (rect.right - length, y)], Color::Black, width);
            }
        }
        if show_x {
            let top = rect.bottom + TICK_LABEL_GAP;
            for (at, label) in &self.x.major {
                // Baselines agree even where only some labels have exponents.
                let drop = self.x.major.iter().map(|m| m.1.ascent).fold(0.0, f64::max);
                let y = top + drop - label.ascent;
                canvas.text(label, (along(*at), y), Across::Center, Upright::Top);
            }
            let label = RichText::new(&frame.x.label, FONT_SIZE);
            let at = (0.5 * (rect.left + rect.right), top + self.x.height() + LABEL_GAP);
            canvas.text(&label, at, Across::Center, Upright::Top);
        }
        if show_y {
            let right = rect.left - TICK_LABEL_GAP;
            for (at, label) in &self.y.major {
                canvas.text(label, (right, up(*at)), Across::Right, Upright::Middle);
            }
            let label = RichText::new(&frame.y.label, FONT_SIZE);
            let at = (right - self.y.width() - LABEL_GAP, 0.5 * (rect.top + rect.bottom));
            canvas.rotated_text(&label, at, Across::Center, Upright::Bottom);
        }
    }
}

/// Whether a tick is inside the frame; at the ends it would lie on the frame.
fn is_inner(at: f64) -> bool {
    at > 1e-6 && at < 1.0 - 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_land_where_they_belong() {
        let (x, y) = (Axis::log("t", 1e-2..1e2), Axis::linear("m", -1.0..1.0));
        let frame = PanelFrame { rect: Rect::new(10.0, 20.0, 100.0, 50.0), x: &x, y: &y };
        let (px, py) = frame.place(1.0, 0.5);
        assert!((px - 60.0).abs() < 1e-9 && (py - 32.5).abs() < 1e-9);
        assert!(frame.place(0.0, 0.0).0.is_nan() && frame.place(-1.0, 0.0).0.is_nan());
    }

    #[test]
    fn a_curve_breaks_where_a_point_is_unknown() {
        let (x, y) = (Axis::linear("x", 0.0..4.0), Axis::log("y", 0.1..10.0));
        let frame = PanelFrame { rect: Rect::new(0.0, 0.0, 100.0, 50.0), x: &x, y: &y };
        let points = [(0.0, 1.0), (1.0, 1.0), (2.0, f64::NAN), (3.0, 1.0), (3.5, -1.0), (4.0, 1.0)];
        let lengths: Vec<usize> = frame.place_curve(&points).iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 1, 1]);
    }
}
