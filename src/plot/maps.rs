//! Maps of categories on a grid, in flat colours.

use super::canvas::Canvas;
use super::content::Category;
use super::error::FigureError;
use super::frame::PanelFrame;
use super::geometry::{Point, Rect};
use super::style::Color;

/// How far cells extend under the next ones, in pt: two pixels of a screen, so that the antialiased edge of a cell always falls
/// on a whole cell. Less shows as stripes.
const OVERLAP: f64 = 1.5;
/// Distance between the lines of a hatched region, in pt.
const HATCH_SPACING: f64 = 3.5;
/// Width of these lines, in pt.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Axis;
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
