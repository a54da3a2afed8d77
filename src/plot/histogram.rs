//! Histograms: counts as densities, and bars on a panel.

use super::canvas::Canvas;
use super::geometry::{Point, clip_line, clip_polygon};
use super::layers::PlacedPanel;
use super::placement::Occupancy;
use super::style::BAND_OPACITY;
use super::style::LineStyle;

/// The density of values in bins between increasing `edges`: the share of all values that lie in a bin, divided by its width.
///
/// A value on an edge counts in the bin above it, a value on the last edge in the bin below it. The integral over the bins is the
/// share of values within the edges.
pub(crate) fn density_in_bins(values: &[f64], edges: &[f64]) -> Vec<f64> {
    let bins = edges.len().saturating_sub(1);
    let mut counts = vec![0_u32; bins];
    for &value in values {
        let above = edges.partition_point(|&edge| edge <= value);
        let bin = if edges.last() == Some(&value) { bins } else { above };
        if let Some(count) = bin.checked_sub(1).and_then(|bin| counts.get_mut(bin)) {
            *count += 1;
        }
    }
    let density = |(count, pair): (u32, &[f64])| f64::from(count) / (values.len() as f64 * (pair[1] - pair[0]));
    counts.into_iter().zip(edges.windows(2)).map(density).collect()
}

impl PlacedPanel<'_> {
    /// Fills and outlines the bars, with no line between neighbours.
    pub fn draw_histogram(
        &self,
        canvas: &mut Canvas,
        edges: &[f64],
        heights: &[f64],
        style: &LineStyle,
        occupancy: &mut Occupancy,
    ) {
        let rect = &self.frame.rect;
        let zero = self.frame.place_y(0.0);
        // A logarithmic axis has no zero: bars start below the frame.
        let ground = if zero.is_nan() { rect.bottom + 1.0 } else { zero };
        // Values off a logarithmic x axis lie left of the frame.
        let x = |edge: f64| {
            let place = self.frame.place_x(edge);
            if place.is_nan() && !edge.is_nan() { rect.left - 1.0 } else { place }
        };
        let bars: Vec<(f64, f64, f64)> = edges
            .windows(2)
            .zip(heights)
            .map(|(pair, &height)| (x(pair[0]), x(pair[1]), self.frame.place_y(height)))
            .collect();
        let shown = |&(left, right, top): &(f64, f64, f64)| !(left + right + top).is_nan() && top != ground;
        for group in bars.split(|bar| !shown(bar)).filter(|group| !group.is_empty()) {
            let tops = group.iter().flat_map(|&(left, right, top)| [(left, top), (right, top)]);
            let start = std::iter::once((group[0].0, ground));
            let skyline: Vec<Point> = start.chain(tops).chain([(group[group.len() - 1].1, ground)]).collect();
            canvas.fill(clip_polygon(&skyline, rect), style.color.tint(BAND_OPACITY), 1.0);
            for piece in clip_line(&skyline, rect) {
                occupancy.mark_line(&piece);
                canvas.line(&piece, style);
            }
            for &(left, right, top) in group {
                let inside = |p: Point| p.0 >= left && p.0 <= right && p.1 >= top.min(ground) && p.1 <= top.max(ground);
                occupancy.mark_where(inside);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::canvas::Mark;
    use crate::plot::geometry::Rect;
    use crate::plot::layers::draw_alone;
    use crate::plot::{Axis, Color, Figure, FigureError, Panel};

    fn style() -> LineStyle {
        LineStyle::solid(Color::Black)
    }

    /// Outlines of the filled groups of bars.
    fn fills(panel: &Panel) -> Vec<Vec<Point>> {
        let fill = |mark: Mark| match mark {
            Mark::Fill { polygon, .. } => Some(polygon),
            _ => None,
        };
        draw_alone(panel).0.marks.into_iter().filter_map(fill).collect()
    }

    #[test]
    fn a_density_integrates_to_the_share_of_values_within() {
        let values = [0.0, 0.1, 0.5, 0.5, 1.9, 2.0, 2.1, -1.0];
        let edges = [0.0, 0.5, 1.0, 2.0];
        let density = density_in_bins(&values, &edges);
        // Two, two and two (the last edge included) of eight values, over widths 0.5, 0.5 and 1.
        assert_eq!(density, [0.5, 0.5, 0.25]);
        let integral: f64 = density.iter().zip(edges.windows(2)).map(|(d, e)| d * (e[1] - e[0])).sum();
        assert_eq!(integral, 0.75);
        assert!(density_in_bins(&values, &[]).is_empty());
    }

    #[test]
    fn bars_stand_where_they_belong_and_empty_ones_part_groups() {
        let mut panel = Panel::new(Axis::linear("x", 0.0..4.0), Axis::linear("y", 0.0..2.0));
        panel.histogram(&[0.0, 1.0, 2.0, 3.0, 4.0], &[1.0, 2.0, 0.0, f64::NAN], style());
        panel.histogram(&[3.0, 4.0], &[1.0], style());
        let fills = fills(&panel);
        assert_eq!(fills.len(), 2);
        // 50 pt per unit of x and of y, on a frame 100 pt high.
        for corner in [(0.0, 100.0), (0.0, 50.0), (50.0, 50.0), (50.0, 0.0), (100.0, 0.0), (100.0, 100.0)] {
            assert!(fills[0].contains(&corner), "{corner:?} {:?}", fills[0]);
        }
        assert!(fills[1].contains(&(150.0, 50.0)) && fills[1].contains(&(200.0, 100.0)));
    }

    #[test]
    fn bars_reach_the_frame_of_logarithmic_axes_and_stay_inside() {
        let mut panel = Panel::new(Axis::log("x", 0.1..10.0), Axis::log("y", 0.1..10.0));
        panel.histogram(&[0.0, 1.0, 100.0], &[1.0, 1e5], style());
        let fills = fills(&panel);
        let frame = Rect::new(0.0, 0.0, 200.0, 100.0);
        assert!(fills[0].iter().all(|&p| frame.contains(p)));
        for corner in [(0.0, 100.0), (200.0, 100.0), (0.0, 50.0), (200.0, 0.0)] {
            let near = |p: &Point| (p.0 - corner.0).hypot(p.1 - corner.1) < 1e-9;
            assert!(fills[0].iter().any(near), "{corner:?} {:?}", fills[0]);
        }
    }

    #[test]
    fn edges_must_be_one_more_than_bars() {
        let mut panel = Panel::new(Axis::linear("x", 0.0..4.0), Axis::linear("y", 0.0..2.0));
        panel.histogram(&[0.0, 1.0], &[1.0, 2.0], style());
        let drawn = Figure::single_column(panel).svg();
        assert!(matches!(drawn, Err(FigureError::Length { expected: 3, found: 2, .. })));
    }
}
