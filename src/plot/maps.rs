//! Maps on a grid: categories in flat colours, values by a colour map with its bar.

use super::axis::Axis;
use super::canvas::{Across, Canvas, Upright};
use super::content::{Category, HeatStyle};
use super::error::FigureError;
use super::frame::PanelFrame;
use super::geometry::{Point, Rect};
use super::style::{Color, FONT_SIZE, FRAME_WIDTH, LineStyle, TICK_LENGTH};
use super::text::RichText;

/// Gap between frame and colour bar, in pt.
const BAR_GAP: f64 = 6.0;
/// Width of the colour bar, in pt.
const BAR_WIDTH: f64 = 8.0;
const BAR_LABEL_GAP: f64 = 2.5;
/// Number of colours of a heat map; more would only make files larger.
const HEAT_LEVELS: f64 = 128.0;
/// How far cells extend under the next ones, in pt: two pixels of a screen, so that the antialiased edge of a cell always falls
/// on a whole cell. Less shows as stripes.
const OVERLAP: f64 = 1.5;
const HATCH_SPACING: f64 = 3.5;
const HATCH_WIDTH: f64 = 0.35;

/// The cells of a grid on the paper, each around its node.
#[derive(Clone, Debug)]
pub(crate) struct Cells {
    /// Where cells begin and end, increasing.
    x_edges: Vec<f64>,
    /// Where cells begin and end, decreasing, since the paper's y runs downwards.
    y_edges: Vec<f64>,
}

impl Cells {
    /// The cells around nodes, cut off at the frame.
    pub fn new(frame: &PanelFrame<'_>, xs: &[f64], ys: &[f64]) -> Result<Self, FigureError> {
        let x: Vec<f64> = xs.iter().map(|&x| frame.place_x(x)).collect();
        let y: Vec<f64> = ys.iter().map(|&y| -frame.place_y(y)).collect();
        let rect = &frame.rect;
        let x_edges = edges(&x).ok_or(FigureError::Nodes("x"))?;
        let y_edges = edges(&y).ok_or(FigureError::Nodes("y"))?;
        Ok(Cells {
            x_edges: x_edges.into_iter().map(|e| e.clamp(rect.left, rect.right)).collect(),
            y_edges: y_edges.into_iter().map(|e| (-e).clamp(rect.top, rect.bottom)).collect(),
        })
    }

    fn columns(&self) -> usize {
        self.x_edges.len() - 1
    }

    fn rows(&self) -> usize {
        self.y_edges.len() - 1
    }

    /// The index, in the order of the data, of the cell at a point of the paper.
    pub fn index_at(&self, (x, y): Point) -> Option<usize> {
        let i = self.x_edges.partition_point(|&edge| edge <= x).checked_sub(1)?;
        let j = self.y_edges.partition_point(|&edge| edge >= y).checked_sub(1)?;
        (i < self.columns() && j < self.rows()).then(|| i * self.rows() + j)
    }

    /// Paints each cell, and a little more under the next ones, so that no viewer shows seams between cells of one colour.
    fn paint(&self, canvas: &mut Canvas, color: impl Fn(usize) -> Color) {
        for i in 0..self.columns() {
            let right = (self.x_edges[i + 1] + OVERLAP).min(self.x_edges[self.columns()]);
            let mut first = 0;
            for j in 1..=self.rows() {
                let here = color(i * self.rows() + first);
                if j < self.rows() && color(i * self.rows() + j) == here {
                    continue;
                }
                let rect = Rect {
                    left: self.x_edges[i],
                    right,
                    top: (self.y_edges[j] - OVERLAP).max(self.y_edges[self.rows()]),
                    bottom: self.y_edges[first],
                };
                if rect.width() > 0.0 && rect.height() > 0.0 {
                    canvas.fill_rect(rect, here);
                }
                first = j;
            }
        }
    }
}

/// The edges of cells around increasing nodes: halfway between them.
fn edges(nodes: &[f64]) -> Option<Vec<f64>> {
    let increasing = nodes.windows(2).all(|pair| pair[0] < pair[1]);
    let (&[first, second, ..], &[.., before, last]) = (nodes, nodes) else {
        return None;
    };
    if !increasing || !nodes.iter().all(|node| node.is_finite()) {
        return None;
    }
    let between = nodes.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]));
    let start = std::iter::once(1.5 * first - 0.5 * second);
    Some(start.chain(between).chain(std::iter::once(1.5 * last - 0.5 * before)).collect())
}

/// Draws a categorical map; hatched categories are hatched on white.
pub(crate) fn draw_categories(
    canvas: &mut Canvas,
    frame: &PanelFrame<'_>,
    cells: &Cells,
    map: &[usize],
    categories: &[Category],
) {
    cells.paint(canvas, |index| match &categories[map[index]] {
        category if category.hatched => Color::White,
        category => category.color,
    });
    if categories.iter().any(|category| category.hatched) {
        hatch(canvas, &frame.rect, |point| cells.index_at(point).is_some_and(|index| categories[map[index]].hatched));
    }
}

/// Draws diagonals over the part of a rectangle that satisfies a condition.
pub(crate) fn hatch(canvas: &mut Canvas, rect: &Rect, inside: impl Fn(Point) -> bool) {
    let step = 0.25;
    let reach = rect.width() + rect.height();
    let mut offset = HATCH_SPACING;
    while offset < reach {
        // The diagonal through (left + offset, bottom), going up to the left.
        let mut piece: Option<(Point, Point)> = None;
        let count = (offset / step) as usize;
        for index in 0..=count {
            let along = index as f64 * step;
            let point = (rect.left + offset - along, rect.bottom - along);
            if rect.contains(point) && inside(point) {
                piece = Some((piece.map_or(point, |p| p.0), point));
            } else if let Some((from, to)) = piece.take() {
                canvas.stroke(vec![from, to], Color::Gray, HATCH_WIDTH);
            }
        }
        if let Some((from, to)) = piece {
            canvas.stroke(vec![from, to], Color::Gray, HATCH_WIDTH);
        }
        offset += HATCH_SPACING;
    }
}

/// The axis of the colours of a heat map: the range in the style, or that of the data.
pub(crate) fn heat_axis(style: &HeatStyle, values: &[f64]) -> Axis {
    let shown = |v: &f64| v.is_finite() && (style.scale == super::axis::Scale::Linear || *v > 0.0);
    let (low, high) = style.range.unwrap_or_else(|| {
        values
            .iter()
            .copied()
            .filter(shown)
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    });
    if low < high {
        Axis::new(&style.label, style.scale, low..high)
    } else {
        // A map with one value or none still has a bar.
        Axis::around(&style.label, style.scale, [&low])
    }
}

/// Draws a heat map; unknown values stay white.
pub(crate) fn draw_heat(canvas: &mut Canvas, cells: &Cells, values: &[f64], style: &HeatStyle, axis: &Axis) {
    cells.paint(canvas, |index| {
        let fraction = axis.fraction(values[index]);
        if fraction.is_nan() {
            Color::White
        } else {
            let level = (fraction.clamp(0.0, 1.0) * HEAT_LEVELS).floor().min(HEAT_LEVELS - 1.0);
            style.colormap.color((level + 0.5) / HEAT_LEVELS)
        }
    });
}

/// The room that a colour bar takes to the right of a frame of this height, in pt.
pub(crate) fn color_bar_room(axis: &Axis, height: f64) -> f64 {
    let mut room = BAR_GAP + BAR_WIDTH + BAR_LABEL_GAP + tick_width(axis, height) + 1.0;
    if !axis.label.is_empty() {
        room += BAR_LABEL_GAP + RichText::new(&axis.label, FONT_SIZE).height();
    }
    room
}

fn tick_width(axis: &Axis, height: f64) -> f64 {
    let ticks = axis.vertical_ticks(height);
    let widths = ticks.major.iter().map(|(_, label)| RichText::new(label, FONT_SIZE).width);
    widths.fold(0.0, f64::max)
}

/// Draws the colour bar of a heat map beside its frame, with the levels of contours.
pub(crate) fn draw_color_bar(
    canvas: &mut Canvas,
    frame: &Rect,
    style: &HeatStyle,
    axis: &Axis,
    contours: &[(f64, LineStyle)],
) {
    let rect = Rect::new(frame.right + BAR_GAP, frame.top, BAR_WIDTH, frame.height());
    let levels = HEAT_LEVELS as usize;
    let height = |level: usize| rect.bottom - rect.height() * level as f64 / HEAT_LEVELS;
    for level in 0..levels {
        let strip = Rect { top: height((level + 2).min(levels)), bottom: height(level), ..rect };
        canvas.fill_rect(strip, style.colormap.color((level as f64 + 0.5) / HEAT_LEVELS));
    }
    let up = |value: f64| rect.bottom - axis.fraction(value) * rect.height();
    for (level, line) in contours {
        let y = up(*level);
        if y > rect.top && y < rect.bottom {
            canvas.stroke(vec![(rect.left, y), (rect.right, y)], line.color, line.width);
        }
    }
    canvas.outline(&rect.corners(), Color::Black, FRAME_WIDTH);
    let ticks = axis.vertical_ticks(rect.height());
    for (value, label) in &ticks.major {
        let y = up(*value);
        if y > rect.top + 0.1 && y < rect.bottom - 0.1 {
            let tick = vec![(rect.right, y), (rect.right - 0.7 * TICK_LENGTH, y)];
            canvas.stroke(tick, Color::Black, FRAME_WIDTH);
        }
        let text = RichText::new(label, FONT_SIZE);
        let at = (rect.right + BAR_LABEL_GAP, y);
        canvas.text(&text, at, Across::Left, Upright::Middle);
    }
    let label = RichText::new(&axis.label, FONT_SIZE);
    let left = rect.right + 2.0 * BAR_LABEL_GAP + tick_width(axis, rect.height());
    let at = (left, 0.5 * (rect.top + rect.bottom));
    canvas.rotated_text(&label, at, Across::Center, Upright::Top);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::canvas::Mark;

    #[test]
    fn edges_lie_half_way_and_nodes_must_increase() {
        assert_eq!(edges(&[0.0, 1.0, 3.0]), Some(vec![-0.5, 0.5, 2.0, 4.0]));
        assert_eq!(edges(&[0.0]), None);
        assert_eq!(edges(&[0.0, 0.0]), None);
        assert_eq!(edges(&[0.0, f64::NAN]), None);
    }

    #[test]
    fn a_point_finds_its_cell() {
        let (x, y) = (Axis::linear("x", 0.0..2.0), Axis::linear("y", 0.0..1.0));
        let frame = PanelFrame { rect: Rect::new(0.0, 0.0, 200.0, 100.0), x: &x, y: &y };
        let cells = Cells::new(&frame, &[0.0, 1.0, 2.0], &[0.0, 1.0]).unwrap();
        // The node (1, 1) is at (100, 0) on the paper.
        assert_eq!(cells.index_at((100.0, 10.0)), Some(3));
        assert_eq!(cells.index_at((10.0, 90.0)), Some(0));
        assert_eq!(cells.index_at((190.0, 90.0)), Some(4));
        assert_eq!(cells.index_at((300.0, 90.0)), None);
    }

    #[test]
    fn hatching_stays_inside() {
        let mut canvas = Canvas::new(100.0, 100.0);
        let disc = |p: Point| (p.0 - 50.0).hypot(p.1 - 50.0) < 20.0;
        hatch(&mut canvas, &Rect::new(0.0, 0.0, 100.0, 100.0), disc);
        assert!(canvas.marks.len() > 5);
        for mark in &canvas.marks {
            let Mark::Stroke { points, .. } = mark else {
                continue;
            };
            assert!(points.iter().all(|&p| disc(p)));
        }
    }
}
