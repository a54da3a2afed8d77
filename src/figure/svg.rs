//! Marks to SVG.
//!
//! The backend of plotters knows whole units only, so a unit is a hundredth of a point. Text stays
//! text, each run with the width that it has in DejaVu Sans, whatever font a viewer has.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontStyle, FontTransform, IntoFont, TextStyle};

use super::FigureError;
use super::canvas::{Canvas, Mark};
use super::geometry::Point;
use super::raster::{failed, paint};
use super::style::{Color, POINTS_PER_MM};
use super::text::FONT_FAMILY;

const SVG_UNITS_PER_POINT: f64 = 100.0;
/// The SVG backend divides sizes by this to name the font size.
const SVG_SIZE_FACTOR: f64 = 1.24;
/// The SVG backend puts the baseline of a text anchored at its top this many em below the anchor.
const SVG_TOP_TO_BASELINE: f64 = 0.76;

/// Writes the canvas as an SVG document of its physical size, with text as text.
pub(super) fn to_svg(canvas: &Canvas) -> Result<String, FigureError> {
    let units = |value: f64| (value * SVG_UNITS_PER_POINT).round();
    let place = |&(x, y): &Point| (units(x) as i32, units(y) as i32);
    let size = (units(canvas.width) as u32, units(canvas.height) as u32);
    let mut document = String::new();
    let mut lengths = Vec::new();
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
    Ok(finish_svg(&document, canvas, size, &lengths))
}

/// Gives the document its physical size and each text its width in whatever font it is shown.
fn finish_svg(document: &str, canvas: &Canvas, size: (u32, u32), lengths: &[f64]) -> String {
    let head = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
    let physical = format!(
        "<svg width=\"{:.3}mm\" height=\"{:.3}mm\" stroke-linejoin=\"round\"",
        canvas.width / POINTS_PER_MM,
        canvas.height / POINTS_PER_MM
    );
    let document = document.replacen(&head, &physical, 1);
    let mut parts = document.split("<text ");
    let mut finished = parts.next().unwrap_or_default().to_string();
    for (part, length) in parts.zip(lengths) {
        finished.push_str(&format!("<text textLength=\"{length}\" lengthAdjust=\"spacingAndGlyphs\" {part}"));
    }
    finished
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::canvas::{Across, Upright};
    use crate::figure::style::LineStyle;
    use crate::figure::text::RichText;

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
