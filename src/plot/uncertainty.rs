//! Error bars and bands.

use super::style::BAND_OPACITY;

use super::canvas::Canvas;
use super::geometry::{Point, clip_line, clip_polygon};
use super::layers::{Drawn, PlacedPanel};
use super::placement::Occupancy;
use super::style::{Color, FRAME_WIDTH, MarkerStyle};

/// Half the width of the cap of an error bar, in pt.
const CAP: f64 = 1.2;

impl PlacedPanel<'_> {
    /// Draws error bars with caps.
    pub fn draw_error_bars(
        &self,
        canvas: &mut Canvas,
        points: &[(f64, f64)],
        errors: &[f64],
        style: &MarkerStyle,
        drawn: &mut Drawn,
    ) {
        let rect = &self.frame.rect;
        let mut bar = |at: Point, from: Point, to: Point, cap: Point| {
            if !rect.contains(at) {
                return;
            }
            for piece in clip_line(&[from, to], rect) {
                drawn.occupancy.mark_line(&piece);
                canvas.stroke(piece, style.color, FRAME_WIDTH);
            }
            for end in [from, to].into_iter().filter(|&end| rect.contains(end)) {
                let ends = vec![(end.0 - cap.0, end.1 - cap.1), (end.0 + cap.0, end.1 + cap.1)];
                canvas.stroke(ends, style.color, FRAME_WIDTH);
            }
        };
        // A bar that reaches zero on a logarithmic axis continues to the edge of the frame.
        let or_edge = |place: f64, edge: f64| if place.is_nan() { edge } else { place };
        for (&(x, y), &error) in points.iter().zip(errors) {
            let at = self.frame.place(x, y);
            if error > 0.0 && error.is_finite() {
                let low = or_edge(self.frame.place_y(y - error), rect.bottom + 1.0);
                let high = self.frame.place_y(y + error);
                bar(at, (at.0, low), (at.0, high), (CAP, 0.0));
            }
        }
    }

    /// Fills between two curves.
    pub fn draw_band(
        &self,
        canvas: &mut Canvas,
        xs: &[f64],
        low: &[f64],
        high: &[f64],
        color: Color,
        occupancy: &mut Occupancy,
    ) {
        let rect = &self.frame.rect;
        let edges: Vec<(Point, Point)> = xs
            .iter()
            .zip(low.iter().zip(high))
            .map(|(&x, (&low, &high))| {
                let (bottom, top) = (self.frame.place_y(low), self.frame.place_y(high));
                let x = self.frame.place_x(x);
                // As with error bars, values off a logarithmic axis reach its edge.
                let bottom = if bottom.is_nan() && !low.is_nan() { rect.bottom + 1.0 } else { bottom };
                ((x, bottom), (x, top))
            })
            .collect();
        let known = |(a, b): &(Point, Point)| !(a.0.is_nan() || a.1.is_nan() || b.1.is_nan());
        for piece in edges.split(|edge| !known(edge)).filter(|piece| piece.len() > 1) {
            let lower = piece.iter().map(|edge| edge.0);
            let polygon: Vec<Point> = lower.chain(piece.iter().rev().map(|edge| edge.1)).collect();
            canvas.fill(clip_polygon(&polygon, rect), color, BAND_OPACITY);
            for line in [piece.iter().map(|edge| edge.0).collect::<Vec<_>>(), piece.iter().map(|edge| edge.1).collect()]
            {
                clip_line(&line, rect).iter().for_each(|part| occupancy.mark_line(part));
            }
            for edge in piece {
                clip_line(&[edge.0, edge.1], rect).iter().for_each(|part| occupancy.mark_line(part));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::plot::canvas::Mark;
    use crate::plot::layers::draw_alone;
    use crate::plot::{Axis, Color, Marker, MarkerStyle, Panel};

    #[test]
    fn error_bars_that_reach_zero_end_at_the_frame_of_a_log_axis() {
        let mut panel = Panel::new(Axis::linear("x", 0.0..2.0), Axis::log("y", 0.1..10.0));
        let style = MarkerStyle::new(Marker::Circle, Color::Black);
        panel.errorbars(&[1.0], &[1.0], &[1.5], style);
        let (canvas, _) = draw_alone(&panel);
        let Mark::Stroke { points, .. } = &canvas.marks[0] else { panic!() };
        assert_eq!(points[0], (100.0, 100.0));
    }
}
