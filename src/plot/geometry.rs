//! Points, rectangles and polylines on the paper, in pt: cut into dashes, clipped to a frame.

/// A position on the paper in pt.
pub(crate) type Point = (f64, f64);

/// A rectangle on the paper, in pt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub fn new(left: f64, top: f64, width: f64, height: f64) -> Self {
        Rect { left, top, right: left + width, bottom: top + height }
    }

    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub fn contains(&self, (x, y): Point) -> bool {
        x >= self.left && x <= self.right && y >= self.top && y <= self.bottom
    }

    pub fn corners(&self) -> [Point; 4] {
        [(self.left, self.top), (self.right, self.top), (self.right, self.bottom), (self.left, self.bottom)]
    }
}

/// A circle as a polygon, fine enough for any marker.
pub(crate) fn circle((x, y): Point, radius: f64) -> Vec<Point> {
    let corners = 40;
    (0..corners)
        .map(|i| {
            let angle = std::f64::consts::TAU * f64::from(i) / f64::from(corners);
            (x + radius * angle.cos(), y + radius * angle.sin())
        })
        .collect()
}

/// Cuts a polyline into dashes whose lengths are `pattern` times `width`.
pub(crate) fn dashes(points: &[Point], pattern: &[f64], width: f64) -> Vec<Vec<Point>> {
    // Dashes of a hairline are those of a visible line.
    let width = width.max(0.1);
    if pattern.is_empty() || points.len() < 2 {
        return vec![points.to_vec()];
    }
    let mut pieces = Vec::new();
    let mut piece = vec![points[0]];
    let mut index = 0;
    let mut remaining = pattern[0] * width;
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let mut done = 0.0;
        while length - done > remaining {
            done += remaining;
            let fraction = done / length;
            let here = (x0 + fraction * (x1 - x0), y0 + fraction * (y1 - y0));
            if index % 2 == 0 {
                piece.push(here);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![here];
            }
            index = (index + 1) % pattern.len();
            remaining = pattern[index] * width;
        }
        remaining -= length - done;
        if index % 2 == 0 {
            piece.push((x1, y1));
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// The parts of a polyline inside a rectangle.
pub(crate) fn clip_line(points: &[Point], rect: &Rect) -> Vec<Vec<Point>> {
    let mut pieces: Vec<Vec<Point>> = Vec::new();
    let mut piece: Vec<Point> = Vec::new();
    for pair in points.windows(2) {
        match clip_segment(pair[0], pair[1], rect) {
            Some((from, to)) => {
                if piece.last() != Some(&from) {
                    pieces.push(std::mem::take(&mut piece));
                    piece.push(from);
                }
                piece.push(to);
            }
            None => pieces.push(std::mem::take(&mut piece)),
        }
    }
    pieces.push(piece);
    pieces.retain(|piece| piece.len() > 1);
    pieces
}

/// The part of a segment inside a rectangle (Liang and Barsky).
fn clip_segment(from: Point, to: Point, rect: &Rect) -> Option<(Point, Point)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut start, mut end) = (0.0_f64, 1.0_f64);
    for (slope, room) in
        [(-dx, from.0 - rect.left), (dx, rect.right - from.0), (-dy, from.1 - rect.top), (dy, rect.bottom - from.1)]
    {
        if slope == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if slope < 0.0 {
            start = start.max(room / slope);
        } else {
            end = end.min(room / slope);
        }
    }
    let at = |t: f64| match t {
        0.0 => from,
        1.0 => to,
        // Rounding must not move a line from far away off the frame.
        _ => ((from.0 + t * dx).clamp(rect.left, rect.right), (from.1 + t * dy).clamp(rect.top, rect.bottom)),
    };
    (start < end).then(|| (at(start), at(end)))
}

/// The part of a polygon inside a rectangle (Sutherland and Hodgman).
pub(crate) fn clip_polygon(polygon: &[Point], rect: &Rect) -> Vec<Point> {
    // Each side as the signed distance inside it.
    let sides: [&dyn Fn(Point) -> f64; 4] =
        [&|p: Point| p.0 - rect.left, &|p: Point| rect.right - p.0, &|p: Point| p.1 - rect.top, &|p: Point| {
            rect.bottom - p.1
        }];
    let mut kept = polygon.to_vec();
    for inside in sides {
        let mut next = Vec::with_capacity(kept.len() + 2);
        for (index, &here) in kept.iter().enumerate() {
            let before = kept[(index + kept.len() - 1) % kept.len()];
            let (d0, d1) = (inside(before), inside(here));
            if (d0 < 0.0) != (d1 < 0.0) {
                let t = d0 / (d0 - d1);
                next.push((before.0 + t * (here.0 - before.0), before.1 + t * (here.1 - before.1)));
            }
            if d1 >= 0.0 {
                next.push(here);
            }
        }
        kept = next;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(points: &[Point]) -> f64 {
        points.windows(2).map(|pair| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1)).sum()
    }

    #[test]
    fn dashes_keep_their_length_around_corners() {
        // 100 pt of line with a corner; dashes of 4 and gaps of 2 at width 1.
        let corner = [(0.0, 0.0), (33.0, 0.0), (33.0, 67.0)];
        let pieces = dashes(&corner, &[4.0, 2.0], 1.0);
        assert_eq!(pieces.len(), 17);
        for piece in &pieces[..16] {
            assert!((length(piece) - 4.0).abs() < 1e-9);
        }
        let drawn: f64 = pieces.iter().map(|piece| length(piece)).sum();
        assert!((drawn - (16.0 * 4.0 + 4.0)).abs() < 1e-9);
    }

    #[test]
    fn dashes_do_not_depend_on_how_the_line_is_sampled() {
        let coarse = dashes(&[(0.0, 0.0), (50.0, 0.0)], &[4.0, 2.0], 1.0);
        let fine: Vec<Point> = (0..=500).map(|i| (f64::from(i) * 0.1, 0.0)).collect();
        let fine = dashes(&fine, &[4.0, 2.0], 1.0);
        assert_eq!(coarse.len(), fine.len());
        for (a, b) in coarse.iter().zip(&fine) {
            assert!((a[0].0 - b[0].0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_line_leaves_and_enters_the_frame_at_its_edge() {
        let rect = Rect::new(0.0, 0.0, 10.0, 10.0);
        let pieces = clip_line(&[(-5.0, 5.0), (5.0, 5.0), (5.0, 20.0), (8.0, 20.0), (8.0, 2.0)], &rect);
        assert_eq!(pieces, vec![vec![(0.0, 5.0), (5.0, 5.0), (5.0, 10.0)], vec![(8.0, 10.0), (8.0, 2.0)]]);
        assert!(clip_line(&[(-5.0, -5.0), (-1.0, 20.0)], &rect).is_empty());
    }

    #[test]
    fn a_clipped_polygon_keeps_its_area_inside() {
        let rect = Rect::new(0.0, 0.0, 10.0, 10.0);
        let diamond = [(5.0, -5.0), (15.0, 5.0), (5.0, 15.0), (-5.0, 5.0)];
        let clipped = clip_polygon(&diamond, &rect);
        let area: f64 = (0..clipped.len())
            .map(|i| {
                let (a, b) = (clipped[i], clipped[(i + 1) % clipped.len()]);
                0.5 * (a.0 * b.1 - b.0 * a.1)
            })
            .sum();
        assert!((area.abs() - 100.0).abs() < 1e-9);
    }
}
