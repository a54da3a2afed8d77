//! Marks to SVG.
//!
//! The backend of plotters supports only whole units, so a unit is a hundredth of a point. Text stays text; each run has the
//! width that it has in DejaVu Sans, whatever font a viewer has.

use std::collections::BTreeMap;

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, FontTransform, IntoFont, TextStyle};

use super::canvas::{Canvas, Mark};
use super::error::FigureError;
use super::geometry::{Point, Rect};
use super::image::{cell_runs, commonest};
use super::raster::{failed, paint};
use super::style::{Color, POINTS_PER_MM};
use super::text::FONT_FAMILY;

const SVG_UNITS_PER_POINT: f64 = 100.0;
/// The SVG backend divides sizes by this to name the font size.
const SVG_SIZE_FACTOR: f64 = 1.24;
/// The SVG backend puts the baseline of a text anchored at its top this many em below the anchor.
const SVG_TOP_TO_BASELINE: f64 = 0.76;

/// Writes the canvas as an SVG document of its physical size, with text as text.
pub(crate) fn to_svg(canvas: &Canvas) -> Result<String, FigureError> {
    let units = |value: f64| (value * SVG_UNITS_PER_POINT).round();
    let place = |&(x, y): &Point| (units(x) as i32, units(y) as i32);
    let size = (units(canvas.width) as u32, units(canvas.height) as u32);
    let mut document = String::new();
    let mut lengths = Vec::new();
    let mut images = Vec::new();
    {
        let mut backend = SVGBackend::with_string(&mut document, size);
        let paper = (size.0 as i32, size.1 as i32);
        let white = paint(Color::White, 1.0);
        backend.draw_rect((0, 0), paper, &white, true).map_err(failed)?;
        for mark in &canvas.marks {
            match mark {
                Mark::Stroke { points, color, width } => {
                    let style = paint(*color, 1.0).stroke_width(units(*width) as u32);
                    backend.draw_path(points.iter().map(place), &style)
                }
                Mark::Fill { polygon, color, opacity } => {
                    backend.fill_polygon(polygon.iter().map(place), &paint(*color, *opacity))
                }
                Mark::Cells { rect, columns, colors } => {
                    let ground = paint(commonest(colors), 1.0);
                    images.push(cells_svg(rect, *columns, colors));
                    backend.draw_rect(place(&(rect.left, rect.top)), place(&(rect.right, rect.bottom)), &ground, true)
                }
                Mark::Text { text, italic, size, origin, rotated, advance } => {
                    let slant = if *italic { FontStyle::Oblique } else { FontStyle::Normal };
                    let drop = SVG_TOP_TO_BASELINE * size;
                    let (turn, anchor) = if *rotated {
                        (FontTransform::Rotate270, (origin.0 - drop, origin.1))
                    } else {
                        (FontTransform::None, (origin.0, origin.1 - drop))
                    };
                    let font = (FONT_FAMILY, units(*size) * SVG_SIZE_FACTOR).into_font();
                    let style = TextStyle::from(font.style(slant).transform(turn))
                        .color(&plotters::style::BLACK)
                        .pos(Pos::new(HPos::Left, VPos::Top));
                    lengths.push(units(*advance));
                    backend.draw_text(text, &style, place(&anchor))
                }
            }
            .map_err(failed)?;
        }
        backend.present().map_err(failed)?;
    }
    Ok(finish_svg(&document, canvas, size, &lengths, &images))
}

/// The cells of an image over a background of their most frequent colour: one path per colour, in units of cells, which takes a
/// tenth of what one polygon per cell takes.
fn cells_svg(rect: &Rect, columns: usize, colors: &[Color]) -> String {
    let ground = commonest(colors).rgb();
    let mut paths: BTreeMap<(u8, u8, u8), String> = BTreeMap::new();
    for run in cell_runs(columns, colors).filter(|run| run.color.rgb() != ground) {
        let path = paths.entry(run.color.rgb()).or_default();
        let length = run.end - run.start;
        path.push_str(&format!("M{} {}h{length}v1h-{length}z", run.start, run.row));
    }
    let units = |value: f64| format!("{:.4}", value * SVG_UNITS_PER_POINT);
    let cell = (rect.width() / columns as f64, rect.height() / (colors.len() / columns) as f64);
    let mut group = format!(
        "<g transform=\"translate({} {}) scale({} {})\" shape-rendering=\"crispEdges\">\n",
        units(rect.left),
        units(rect.top),
        units(cell.0),
        units(cell.1)
    );
    for ((red, green, blue), path) in paths {
        group.push_str(&format!("<path fill=\"#{red:02X}{green:02X}{blue:02X}\" d=\"{path}\"/>\n"));
    }
    group + "</g>\n"
}

/// Gives the document its physical size, and each text its width in any font.
///
/// The backend does not support cells, so they go after the rectangles that it drew as their backgrounds; the first rectangle is
/// the paper.
fn finish_svg(document: &str, canvas: &Canvas, size: (u32, u32), lengths: &[f64], images: &[String]) -> String {
    let head = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let physical = format!(
        "<svg width=\"{:.3}mm\" height=\"{:.3}mm\" stroke-linejoin=\"round\"",
        canvas.width / POINTS_PER_MM,
        canvas.height / POINTS_PER_MM
    );
    let document = document.replacen(&head, &physical, 1);
    let mut parts = document.split("<rect ");
    let mut with_images = parts.next().unwrap_or_default().to_string();
    for (index, part) in parts.enumerate() {
        let (rect, rest) = part.split_at(part.find('\n').map_or(part.len(), |end| end + 1));
        let image = index.checked_sub(1).and_then(|index| images.get(index));
        with_images.extend(["<rect ", rect, image.map_or("", String::as_str), rest]);
    }
    let mut parts = with_images.split("<text ");
    let mut finished = parts.next().unwrap_or_default().to_string();
    for (part, length) in parts.zip(lengths) {
        finished.push_str(&format!("<text textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" {part}"));
    }
    finished
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::canvas::{Across, Upright};
    use crate::plot::style::LineStyle;
    use crate::plot::text::RichText;

    #[test]
    fn cells_follow_their_ground_a_path_a_colour() {
        let mut canvas = Canvas::new(10.0, 10.0);
        let (a, b, c) = (Color::White, Color::Black, Color::Rgb(1, 2, 3));
        for (left, colors) in [(1.0, vec![a, a, b, b, b, a]), (5.0, vec![c, a, a, c, b, c])] {
            canvas.marks.push(Mark::Cells { rect: Rect::new(left, 1.0, 3.0, 2.0), columns: 3, colors });
        }
        let svg = to_svg(&canvas).unwrap();
        let groups: Vec<&str> = svg.split("<g ").collect();
        assert_eq!(groups.len(), 3);
        let ground = r##"<rect x="100" y="100" width="300" height="200" opacity="1" fill="#FFFFFF" stroke="none"/>"##;
        assert!(groups[0].trim_end().ends_with(ground), "{svg}");
        assert!(groups[1].starts_with("transform=\"translate(100.0000 100.0000) scale(100.0000 100.0000)\""));
        assert!(groups[1].contains("<path fill=\"#000000\" d=\"M2 0h1v1h-1zM0 1h2v1h-2z\"/>"), "{svg}");
        assert!(groups[1].contains("fill=\"#010203\" stroke"), "the ground of the second: {svg}");
        assert!(groups[2].contains("<path fill=\"#FFFFFF\" d=\"M1 0h2v1h-2z\"/>"), "{svg}");
        assert!(groups[2].contains("<path fill=\"#000000\" d=\"M1 1h1v1h-1z\"/>"), "{svg}");
    }

    #[test]
    fn the_svg_is_balanced_sized_and_holds_its_text() {
        let mut canvas = Canvas::new(86.0 * POINTS_PER_MM, 50.0);
        let text = RichText::new("\\<a & b>_{max}", 8.0);
        canvas.text(&text, (10.0, 15.0), Across::Left, Upright::Bottom);
        canvas.line(&[(0.0, 0.0), (10.0, 10.0)], &LineStyle::dashed(Color::Blue));
        let svg = to_svg(&canvas).unwrap();
        assert!(svg.starts_with("<svg width=\"86.000mm\""), "{svg}");
        assert!(svg.contains("max") && svg.contains("&amp;") && svg.contains("&lt;"));
        assert_eq!(svg.matches("<text ").count(), svg.matches("textLength").count());
        assert_eq!(svg.matches("<text ").count(), svg.matches("</text>").count());
        assert!(svg.trim_end().ends_with("</svg>"));
    }
}
