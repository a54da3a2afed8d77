//! Finds where a box covers nothing, for legends and for labels inside regions.
//!
//! The frame is divided into cells of one point; a summed-area table counts what is under a box.

use super::geometry::{Point, Rect};

/// Side of a cell in pt.
const CELL: f64 = 1.0;
/// Gap between a legend and the frame, in pt.
const INSET_MARGIN: f64 = 5.0;
/// Gap between a legend and what is drawn, in pt.
const CLEARANCE: f64 = 2.5;

/// Which cells of a frame are occupied.
#[derive(Clone, Debug)]
pub(crate) struct Occupancy {
    rect: Rect,
    columns: usize,
    rows: usize,
    taken: Vec<bool>,
}

impl Occupancy {
    /// A frame on which nothing is drawn yet.
    pub fn new(rect: Rect) -> Self {
        let columns = (rect.width() / CELL).ceil().max(1.0) as usize;
        let rows = (rect.height() / CELL).ceil().max(1.0) as usize;
        Occupancy { rect, columns, rows, taken: vec![false; columns * rows] }
    }

    /// Marks the cells within `reach` pt of a point as occupied.
    pub fn mark(&mut self, (x, y): Point, reach: f64) {
        if !(x.is_finite() && y.is_finite()) {
            return;
        }
        let (columns, rows) = (self.columns, self.rows);
        let range = |from: f64, to: f64, count: usize| {
            (from / CELL).floor().clamp(0.0, count as f64) as usize
                ..(to / CELL + 1.0).floor().clamp(0.0, count as f64) as usize
        };
        let (x, y) = (x - self.rect.left, y - self.rect.top);
        for row in range(y - reach, y + reach, rows) {
            for column in range(x - reach, x + reach, columns) {
                self.taken[row * columns + column] = true;
            }
        }
    }

    /// Marks the cells along a polyline, which should be clipped to the frame.
    pub fn mark_line(&mut self, points: &[Point]) {
        for pair in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let steps = ((x1 - x0).hypot(y1 - y0) / CELL).ceil().clamp(1.0, 1e4) as usize;
            for step in 0..=steps {
                let t = step as f64 / steps as f64;
                self.mark((x0 + t * (x1 - x0), y0 + t * (y1 - y0)), 0.5);
            }
        }
    }

    /// Marks a box.
    pub fn mark_rect(&mut self, rect: &Rect) {
        self.mark_where(|p| rect.contains(p));
    }

    /// Marks every cell whose middle satisfies a condition.
    pub fn mark_where(&mut self, condition: impl Fn(Point) -> bool) {
        for row in 0..self.rows {
            for column in 0..self.columns {
                let x = self.rect.left + (column as f64 + 0.5) * CELL;
                let y = self.rect.top + (row as f64 + 0.5) * CELL;
                if condition((x, y)) {
                    self.taken[row * self.columns + column] = true;
                }
            }
        }
    }

    /// A place for a legend of this size that covers nothing, as near to a corner as possible.
    pub fn free_box(&self, width: f64, height: f64) -> Option<Rect> {
        let counts = self.counts();
        let room = Rect {
            left: self.rect.left + INSET_MARGIN,
            top: self.rect.top + INSET_MARGIN,
            right: self.rect.right - INSET_MARGIN - width,
            bottom: self.rect.bottom - INSET_MARGIN - height,
        };
        if room.right < room.left || room.bottom < room.top {
            return None;
        }
        let positions = |from: f64, to: f64| {
            let steps = ((to - from) / (2.0 * CELL)).ceil().max(1.0);
            (0..=steps as usize).map(move |i| from + (to - from) * i as f64 / steps)
        };
        let mut best: Option<(f64, Rect)> = None;
        for left in positions(room.left, room.right) {
            for top in positions(room.top, room.bottom) {
                let place = Rect::new(left, top, width, height);
                if !counts.is_free(&grown(&place, CLEARANCE, CLEARANCE)) {
                    continue;
                }
                let from_side = (left - room.left).min(room.right - left);
                let from_end = (top - room.top).min(room.bottom - top);
                // Preference between corners: upper right, upper left, lower right, lower left.
                let preference = 0.02 * (room.right - left) + 0.04 * (top - room.top);
                let cost = from_side + from_end + preference;
                if best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, place));
                }
            }
        }
        best.map(|(_, place)| place)
    }

    /// The middle of the place where a label of this size is farthest from occupied cells and from the frame; `None` if it fits
    /// nowhere.
    pub fn roomiest(&self, width: f64, height: f64) -> Option<Point> {
        let counts = self.counts();
        let mut best: Option<(f64, Point)> = None;
        for row in 0..self.rows {
            for column in 0..self.columns {
                let middle = (self.rect.left + (column as f64 + 0.5) * CELL, self.rect.top + (row as f64 + 0.5) * CELL);
                let label = Rect::new(middle.0 - 0.5 * width, middle.1 - 0.5 * height, width, height);
                let fits = |room: f64| {
                    let rect = grown(&label, room, room);
                    rect.left >= self.rect.left
                        && rect.right <= self.rect.right
                        && rect.top >= self.rect.top
                        && rect.bottom <= self.rect.bottom
                        && counts.is_free(&rect)
                };
                let least = best.map_or(0.0, |(room, _)| room);
                if !fits(least) {
                    continue;
                }
                let (mut low, mut high) = (least, self.rect.width() + self.rect.height());
                while high - low > 0.1 {
                    let middle = 0.5 * (low + high);
                    if fits(middle) {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                if best.is_none_or(|(room, _)| low > room) {
                    best = Some((low, middle));
                }
            }
        }
        best.map(|(_, middle)| middle)
    }

    fn counts(&self) -> Counts<'_> {
        let stride = self.columns + 1;
        let mut sums = vec![0_u32; stride * (self.rows + 1)];
        for row in 0..self.rows {
            for column in 0..self.columns {
                let here = u32::from(self.taken[row * self.columns + column]);
                sums[(row + 1) * stride + column + 1] =
                    here + sums[row * stride + column + 1] + sums[(row + 1) * stride + column]
                        - sums[row * stride + column];
            }
        }
        Counts { occupancy: self, sums }
    }
}

fn grown(rect: &Rect, across: f64, upright: f64) -> Rect {
    Rect {
        left: rect.left - across,
        top: rect.top - upright,
        right: rect.right + across,
        bottom: rect.bottom + upright,
    }
}

/// The summed-area table of an occupancy.
struct Counts<'a> {
    occupancy: &'a Occupancy,
    sums: Vec<u32>,
}

impl Counts<'_> {
    /// Whether all cells that the rectangle touches are free.
    fn is_free(&self, rect: &Rect) -> bool {
        let Occupancy { rect: frame, columns, rows, .. } = self.occupancy;
        let cell = |length: f64, count: usize| (length / CELL).clamp(0.0, count as f64);
        let left = cell(rect.left - frame.left, *columns).floor() as usize;
        let right = cell(rect.right - frame.left, *columns).ceil() as usize;
        let top = cell(rect.top - frame.top, *rows).floor() as usize;
        let bottom = cell(rect.bottom - frame.top, *rows).ceil() as usize;
        let sum = |row: usize, column: usize| self.sums[row * (columns + 1) + column];
        sum(bottom, right) + sum(top, left) == sum(top, right) + sum(bottom, left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_avoids_the_curve() {
        // A diagonal from the lower left to the upper right occupies both of those corners.
        let rect = Rect::new(10.0, 10.0, 100.0, 100.0);
        let mut occupancy = Occupancy::new(rect);
        occupancy.mark_line(&[(10.0, 110.0), (110.0, 10.0)]);
        let place = occupancy.free_box(30.0, 20.0).unwrap();
        // The upper-left corner of the frame is free and preferred to the lower right.
        assert_eq!((place.left, place.top), (15.0, 15.0));
        for step in 0..=100 {
            let t = f64::from(step);
            assert!(!place.contains((10.0 + t, 110.0 - t)));
        }
    }

    #[test]
    fn a_legend_without_room_is_not_placed() {
        let mut occupancy = Occupancy::new(Rect::new(0.0, 0.0, 50.0, 50.0));
        assert!(occupancy.free_box(60.0, 10.0).is_none());
        occupancy.mark_where(|_| true);
        assert!(occupancy.free_box(10.0, 10.0).is_none());
    }

    #[test]
    fn a_label_sits_in_the_middle_of_its_region() {
        let mut occupancy = Occupancy::new(Rect::new(0.0, 0.0, 100.0, 60.0));
        // All but a disc around (70, 30) is occupied.
        occupancy.mark_where(|(x, y)| (x - 70.0).hypot(y - 30.0) > 20.0);
        let (x, y) = occupancy.roomiest(10.0, 6.0).unwrap();
        assert!((x - 70.0).abs() < 2.0 && (y - 30.0).abs() < 2.0, "{x} {y}");
        assert!(occupancy.roomiest(50.0, 6.0).is_none());
    }
}
