//! Marks to pixels.
//!
//! The bitmap backend of plotters rounds coordinates to whole pixels, strokes polylines
//! with spikes and sets glyphs without their bearings. Here every mark becomes directed edges at
//! sub-pixel positions, filled by the nonzero rule in horizontal spans that the backend paints,
//! on a bitmap several times as fine as the final one, which is then averaged.

use ab_glyph::{Font, OutlineCurve};
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::RGBAColor;

use super::canvas::{Canvas, Mark};
use super::error::FigureError;
use super::geometry::{Point, Rect, circle};
use super::image::cell_runs;
use super::style::Color;
use super::text::{font, glyph_offsets, units_per_em};

/// Fine pixels along each side of a final pixel.
const FINENESS: u32 = 4;
/// An image of 8-bit red, green and blue.
#[derive(Clone, Debug)]
pub(crate) struct Bitmap {
    pub width: u32,
    pub height: u32,
    pub pixels: Vec<u8>,
}

/// A directed edge in fine pixels.
type Edge = (Point, Point);

/// Draws the canvas with this number of pixels per point.
pub(crate) fn rasterize(canvas: &Canvas, pixels_per_point: f64) -> Result<Bitmap, FigureError> {
    let width = (canvas.width * pixels_per_point).round() as u32;
    let height = (canvas.height * pixels_per_point).round() as u32;
    let fine = (width * FINENESS, height * FINENESS);
    let mut pixels = vec![255; 3 * fine.0 as usize * fine.1 as usize];
    let mut backend = BitMapBackend::with_buffer(&mut pixels, fine);
    let scale = pixels_per_point * f64::from(FINENESS);
    for mark in &canvas.marks {
        let (edges, color, opacity) = match mark {
            Mark::Cells { rect, columns, colors } => {
                fill_cells(&mut backend, rect, *columns, colors, scale)?;
                continue;
            }
            Mark::Stroke { points, color, width } => (stroke_edges(points, *width), color, 1.0),
            Mark::Fill { polygon, color, opacity } => {
                let mut edges = Vec::new();
                push_polygon(&mut edges, polygon);
                (edges, color, *opacity)
            }
            Mark::Text { text, italic, size, origin, rotated, .. } => {
                (text_edges(text, *italic, *size, *origin, *rotated), &Color::Black, 1.0)
            }
        };
        fill_edges(&mut backend, &edges, scale, paint(*color, opacity))?;
    }
    drop(backend);
    Ok(average(&pixels, width, height))
}

pub(crate) fn failed(error: impl std::error::Error) -> FigureError {
    FigureError::Backend(error.to_string())
}

pub(crate) fn paint(color: Color, opacity: f64) -> RGBAColor {
    let (red, green, blue) = color.rgb();
    RGBAColor(red, green, blue, opacity)
}

fn push_polygon(edges: &mut Vec<Edge>, polygon: &[Point]) {
    for (index, &corner) in polygon.iter().enumerate() {
        edges.push((corner, polygon[(index + 1) % polygon.len()]));
    }
}

/// A stroke as the union of one rectangle per segment and one disc per joint, all of one orientation.
fn stroke_edges(points: &[Point], width: f64) -> Vec<Edge> {
    let mut edges = Vec::new();
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        if length > 0.0 {
            let normal = (0.5 * width * (y1 - y0) / length, 0.5 * width * (x0 - x1) / length);
            let rectangle = [
                (x0 + normal.0, y0 + normal.1),
                (x1 + normal.0, y1 + normal.1),
                (x1 - normal.0, y1 - normal.1),
                (x0 - normal.0, y0 - normal.1),
            ];
            push_polygon(&mut edges, &rectangle);
        }
    }
    for &joint in points.iter().skip(1).take(points.len().saturating_sub(2)) {
        push_polygon(&mut edges, &circle(joint, 0.5 * width));
    }
    edges
}

/// The outlines of a run of glyphs.
fn text_edges(text: &str, italic: bool, size: f64, origin: Point, rotated: bool) -> Vec<Edge> {
    let font = font(italic);
    let scale = size / units_per_em(font);
    let (offsets, _) = glyph_offsets(text, italic, size);
    let mut edges = Vec::new();
    for (character, offset) in text.chars().zip(offsets) {
        let to_paper = |p: ab_glyph::Point| {
            let (along, up) = (offset + scale * f64::from(p.x), scale * f64::from(p.y));
            if rotated { (origin.0 - up, origin.1 - along) } else { (origin.0 + along, origin.1 - up) }
        };
        let Some(outline) = font.outline(font.glyph_id(character)) else {
            continue;
        };
        for curve in outline.curves {
            let control: Vec<Point> = match curve {
                OutlineCurve::Line(a, b) => vec![to_paper(a), to_paper(b)],
                OutlineCurve::Quad(a, b, c) => vec![to_paper(a), to_paper(b), to_paper(c)],
                OutlineCurve::Cubic(a, b, c, d) => {
                    vec![to_paper(a), to_paper(b), to_paper(c), to_paper(d)]
                }
            };
            push_bezier(&mut edges, &control);
        }
    }
    edges
}

/// A Bézier curve as short edges (de Casteljau).
fn push_bezier(edges: &mut Vec<Edge>, control: &[Point]) {
    let steps = if control.len() == 2 { 1 } else { 8 };
    let at = |t: f64| {
        let mut points = control.to_vec();
        while points.len() > 1 {
            points =
                points.windows(2).map(|p| (p[0].0 + t * (p[1].0 - p[0].0), p[0].1 + t * (p[1].1 - p[0].1))).collect();
        }
        points[0]
    };
    for step in 0..steps {
        let (from, to) = (f64::from(step), f64::from(step + 1));
        edges.push((at(from / f64::from(steps)), at(to / f64::from(steps))));
    }
}

/// Fills cells; each run of one colour is one rectangle.
fn fill_cells(
    backend: &mut BitMapBackend<'_>,
    rect: &Rect,
    columns: usize,
    colors: &[Color],
    scale: f64,
) -> Result<(), FigureError> {
    let width = rect.width() / columns as f64;
    let height = rect.height() / (colors.len() / columns) as f64;
    for run in cell_runs(columns, colors) {
        let (left, top) = (rect.left + run.start as f64 * width, rect.top + run.row as f64 * height);
        let cells = Rect::new(left, top, (run.end - run.start) as f64 * width, height);
        let mut edges = Vec::new();
        push_polygon(&mut edges, &cells.corners());
        fill_edges(backend, &edges, scale, paint(run.color, 1.0))?;
    }
    Ok(())
}

/// Fills what the edges, in pt, wind around: spans between crossings with the middle line of each row.
fn fill_edges(
    backend: &mut BitMapBackend<'_>,
    edges: &[Edge],
    scale: f64,
    color: RGBAColor,
) -> Result<(), FigureError> {
    let (width, height) = backend.get_size();
    let rows_between = |low: f64, high: f64| {
        let first = (low * scale - 0.5).ceil().clamp(0.0, f64::from(height));
        let end = (high * scale - 0.5).ceil().clamp(0.0, f64::from(height));
        first as usize..end as usize
    };
    let low = edges.iter().map(|e| e.0.1.min(e.1.1)).fold(f64::INFINITY, f64::min);
    let high = edges.iter().map(|e| e.0.1.max(e.1.1)).fold(f64::NEG_INFINITY, f64::max);
    if low.is_nan() || high <= low {
        return Ok(());
    }
    let rows = rows_between(low, high);
    let mut crossings: Vec<Vec<(f64, i32)>> = vec![Vec::new(); rows.len()];
    for &((x0, y0), (x1, y1)) in edges {
        let direction = if y1 > y0 { 1 } else { -1 };
        for row in rows_between(y0.min(y1), y0.max(y1)) {
            let y = (row as f64 + 0.5) / scale;
            let x = x0 + (y - y0) / (y1 - y0) * (x1 - x0);
            crossings[row - rows.start].push((x * scale, direction));
        }
    }
    for (row, mut crossed) in rows.zip(crossings) {
        crossed.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut winding = 0;
        let mut start = 0.0;
        for (x, direction) in crossed {
            if winding == 0 {
                start = x;
            }
            winding += direction;
            // Pixels whose middle lies in the span.
            let first = (start - 0.5).ceil().max(0.0) as i32;
            let last = (x - 0.5).ceil().min(f64::from(width)) as i32 - 1;
            if winding == 0 && last >= first {
                backend.draw_line((first, row as i32), (last, row as i32), &color).map_err(failed)?;
            }
        }
    }
    Ok(())
}

/// The mean of each block of fine pixels.
fn average(fine: &[u8], width: u32, height: u32) -> Bitmap {
    let block = FINENESS as usize;
    let row_length = 3 * width as usize * block;
    let mut pixels = Vec::with_capacity(3 * width as usize * height as usize);
    for rows in fine.chunks_exact(row_length * block) {
        for column in 0..width as usize {
            for channel in 0..3 {
                let mut sum = 0;
                for row in rows.chunks_exact(row_length) {
                    let start = 3 * column * block + channel;
                    sum += (0..block).map(|i| u32::from(row[start + 3 * i])).sum::<u32>();
                }
                pixels.push(((sum + FINENESS * FINENESS / 2) / (FINENESS * FINENESS)) as u8);
            }
        }
    }
    Bitmap { width, height, pixels }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::style::LineStyle;
    use crate::plot::text::RichText;

    fn darkness(bitmap: &Bitmap) -> f64 {
        bitmap.pixels.iter().map(|&p| f64::from(255 - p) / 255.0).sum::<f64>() / 3.0
    }

    #[test]
    fn a_stroke_has_its_width_whatever_its_direction() {
        for end in [(17.0, 4.0), (15.3, 14.7), (3.1, 18.2)] {
            let mut canvas = Canvas::new(20.0, 20.0);
            let start = (3.0, 4.0_f64);
            canvas.line(&[start, end], &LineStyle::solid(Color::Black).width(1.5));
            let area = 1.5 * (end.0 - start.0).hypot(end.1 - start.1);
            let ink = darkness(&rasterize(&canvas, 4.0).unwrap()) / 16.0;
            assert!((ink - area).abs() < 0.02 * area, "{ink} {area}");
        }
    }

    #[test]
    fn a_bent_stroke_has_no_holes_or_spikes() {
        let mut canvas = Canvas::new(20.0, 20.0);
        let hairpin = vec![(3.0, 10.0), (17.0, 10.2), (3.0, 10.4)];
        canvas.stroke(hairpin, Color::Black, 1.0);
        let bitmap = rasterize(&canvas, 4.0).unwrap();
        let pixel = |x: f64, y: f64| bitmap.pixels[3 * ((y * 4.0) as usize * 80 + (x * 4.0) as usize)];
        assert_eq!(pixel(10.0, 10.2), 0);
        assert_eq!(pixel(18.5, 10.2), 255);
    }

    #[test]
    fn cells_of_whole_pixels_have_no_blurred_edge() {
        let mut canvas = Canvas::new(9.0, 7.0);
        let colors: Vec<Color> = (0..12).map(|i| Color::Rgb(20 * i, 0, 100)).collect();
        let rect = Rect::new(1.0, 1.0, 6.0, 4.5);
        canvas.marks.push(Mark::Cells { rect, columns: 4, colors: colors.clone() });
        let bitmap = rasterize(&canvas, 2.0).unwrap();
        for (index, pixel) in bitmap.pixels.chunks(3).enumerate() {
            let (x, y) = (index % 18, index / 18);
            let inside = (2..14).contains(&x) && (2..11).contains(&y);
            let expected = if inside { colors[(y - 2) / 3 * 4 + (x - 2) / 3] } else { Color::White };
            assert_eq!((pixel[0], pixel[1], pixel[2]), expected.rgb(), "{x} {y}");
        }
    }

    #[test]
    fn opacity_mixes_with_the_paper() {
        let mut canvas = Canvas::new(4.0, 4.0);
        canvas.fill(vec![(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)], Color::Black, 0.5);
        let bitmap = rasterize(&canvas, 1.0).unwrap();
        assert!(bitmap.pixels.iter().all(|p| (126..=129).contains(p)));
    }

    #[test]
    fn letters_are_drawn_with_their_counters_open() {
        let mut canvas = Canvas::new(20.0, 20.0);
        let letter = RichText::new("\\o", 20.0);
        canvas.text(&letter, (10.0, 15.0), crate::plot::canvas::Across::Center, crate::plot::canvas::Upright::Bottom);
        let bitmap = rasterize(&canvas, 4.0).unwrap();
        let ink = darkness(&bitmap) / 16.0;
        assert!(ink > 20.0 && ink < 70.0, "{ink}");
        let Mark::Text { origin, .. } = &canvas.marks[0] else { panic!() };
        let centre = ((origin.1 - 5.5) * 4.0) as usize * 80 + 40;
        assert_eq!(bitmap.pixels[3 * centre], 255);
    }
}
