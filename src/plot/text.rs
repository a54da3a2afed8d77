//! Text with sub- and superscripts, italic variables and accents, set in DejaVu Sans.
//!
//! A text, parsed in `markup.rs`, is laid out as runs at positions in pt. The backends draw the runs as they can.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef};

use super::markup::{Accent, Markup, parse_markup};

/// The family named in an SVG; a viewer without DejaVu falls back to a font of similar proportions.
pub(crate) const FONT_FAMILY: &str = "DejaVu Sans, Verdana, sans-serif";
/// Height of capitals and digits, in units of the font size.
pub(crate) const CAP_HEIGHT: f64 = 0.73;

/// Extent of letters above the baseline, in units of the font size.
const ASCENT: f64 = 0.78;
/// Extent of letters below the baseline, in units of the font size.
const DESCENT: f64 = 0.24;
/// Size of a script, in units of the size of the text.
const SCRIPT_SCALE: f64 = 0.7;
/// Drop of a subscript's baseline, in units of the font size.
const SUBSCRIPT_DROP: f64 = 0.17;
/// Rise of a superscript's baseline, in units of the font size.
const SUPERSCRIPT_RISE: f64 = 0.36;
/// Slant of the oblique font: horizontal shift over height.
const SLANT: f64 = 0.194;
/// Gap between a letter and its accent, in units of the font size.
const ACCENT_GAP: f64 = 0.1;
/// Line width of an accent, in units of the font size.
const ACCENT_WIDTH: f64 = 0.07;

// The bytes are compiled in, so the fonts either parse always or never; a test parses them.
static UPRIGHT: LazyLock<FontRef<'static>> =
    LazyLock::new(|| FontRef::try_from_slice(dejavu::sans::regular()).expect("the embedded font is a constant"));
static OBLIQUE: LazyLock<FontRef<'static>> =
    LazyLock::new(|| FontRef::try_from_slice(dejavu::sans::oblique()).expect("the embedded font is a constant"));

/// The embedded font, upright or oblique.
pub(crate) fn font(italic: bool) -> &'static FontRef<'static> {
    if italic { &OBLIQUE } else { &UPRIGHT }
}

/// Units of the font per em.
pub(crate) fn units_per_em(font: &FontRef<'_>) -> f64 {
    f64::from(font.units_per_em().unwrap_or(2048.0))
}

/// A run of characters in one font at one size, relative to the start of the text.
#[derive(Clone, Debug)]
pub(crate) struct TextRun {
    pub text: String,
    pub italic: bool,
    /// Font size in pt.
    pub size: f64,
    /// Distance from the start of the text, in pt.
    pub x: f64,
    /// Rise of the baseline, upwards, in pt.
    pub rise: f64,
    /// Width in pt.
    pub advance: f64,
}

/// An accent over a letter as a polyline; heights are upwards from the baseline, in pt.
#[derive(Clone, Debug)]
pub(crate) struct AccentStroke {
    pub points: Vec<(f64, f64)>,
    pub width: f64,
}

/// A text laid out in pt, with its baseline starting at the origin.
#[derive(Clone, Debug)]
pub(crate) struct RichText {
    pub runs: Vec<TextRun>,
    pub accents: Vec<AccentStroke>,
    /// Size of the plain letters in pt.
    pub size: f64,
    pub width: f64,
    /// Extent above the baseline, in pt.
    pub ascent: f64,
    /// Extent below the baseline, in pt.
    pub descent: f64,
}

impl RichText {
    /// Lays out a marked-up text with letters of `size` pt.
    pub fn new(markup: &str, size: f64) -> Self {
        let nodes = parse_markup(markup);
        let mut text = RichText {
            runs: Vec::new(),
            accents: Vec::new(),
            size,
            width: 0.0,
            ascent: ASCENT * size,
            descent: DESCENT * size,
        };
        text.width = text.place(&nodes, 0.0, 0.0, size);
        text
    }

    /// Ascent and descent together, in pt.
    pub fn height(&self) -> f64 {
        self.ascent + self.descent
    }

    /// Places the nodes from `x` on and returns where they end.
    fn place(&mut self, nodes: &[Markup], mut x: f64, rise: f64, size: f64) -> f64 {
        let mut previous_script: Option<(bool, f64)> = None;
        for node in nodes {
            match node {
                Markup::Run { text, italic, accent } => {
                    if let Some(accent) = accent {
                        let over = accent_over(*accent, text, *italic, size);
                        self.accents.push(AccentStroke {
                            points: over.iter().map(|(dx, dy)| (x + dx, rise + dy)).collect(),
                            width: ACCENT_WIDTH * size,
                        });
                    }
                    // An SVG viewer drops spaces at the ends of a run, so none is left there.
                    let indent = advance(&text[..text.len() - text.trim_start().len()], *italic, size);
                    if !text.trim().is_empty() {
                        self.runs.push(TextRun {
                            text: text.trim().to_string(),
                            italic: *italic,
                            size,
                            x: x + indent,
                            rise,
                            advance: advance(text.trim(), *italic, size),
                        });
                    }
                    self.ascent = self.ascent.max(rise + ASCENT * size);
                    self.descent = self.descent.max(DESCENT * size - rise);
                    x += advance(text, *italic, size);
                    previous_script = None;
                }
                Markup::Script { raised, inner } => {
                    // A superscript right after a subscript stands above it.
                    let start = match previous_script {
                        Some((before, start)) if before != *raised => start,
                        _ => x,
                    };
                    let shift = if *raised { SUPERSCRIPT_RISE } else { -SUBSCRIPT_DROP };
                    let end = self.place(inner, start, rise + shift * size, size * SCRIPT_SCALE);
                    x = x.max(end + 0.03 * size);
                    previous_script = Some((*raised, start));
                }
            }
        }
        x
    }
}

/// Width of a run in pt, with kerning.
fn advance(text: &str, italic: bool, size: f64) -> f64 {
    glyph_offsets(text, italic, size).1
}

/// Where each glyph of a run starts, and the width of the run, in pt.
pub(crate) fn glyph_offsets(text: &str, italic: bool, size: f64) -> (Vec<f64>, f64) {
    let font = font(italic);
    let scale = size / units_per_em(font);
    let mut offsets = Vec::new();
    let mut x = 0.0;
    let mut previous = None;
    for character in text.chars() {
        let glyph = font.glyph_id(character);
        if let Some(before) = previous {
            x += scale * f64::from(font.kern_unscaled(before, glyph));
        }
        offsets.push(x);
        x += scale * f64::from(font.h_advance_unscaled(glyph));
        previous = Some(glyph);
    }
    (offsets, x)
}

/// An accent over a one-letter run: above its ink, shifted along the slant of an italic.
fn accent_over(accent: Accent, text: &str, italic: bool, size: f64) -> Vec<(f64, f64)> {
    // The oblique font is the upright one sheared about the baseline, so the upright one gives the extent.
    let upright = font(false);
    let scale = size / units_per_em(upright);
    let outline = text.chars().next().and_then(|c| upright.outline(upright.glyph_id(c)));
    let (left, right, top) = match outline.map(|outline| outline.bounds) {
        Some(ink) => {
            (scale * f64::from(ink.min.x), scale * f64::from(ink.max.x), scale * f64::from(ink.min.y.max(ink.max.y)))
        }
        None => (0.0, advance(text, italic, size), 0.55 * size),
    };
    let middle = 0.5 * (left + right);
    let foot = top + (ACCENT_GAP + 0.5 * ACCENT_WIDTH) * size;
    let points = match accent {
        Accent::Bar => {
            // Bars of neighbouring letters must not run together.
            let inset = 0.03 * size;
            vec![(left + inset, foot), (right - inset, foot)]
        }
        Accent::Hat => {
            let (half, height) = (0.17 * size, 0.13 * size);
            vec![(middle - half, foot), (middle, foot + height), (middle + half, foot)]
        }
        Accent::Tilde => (0..=12)
            .map(|step| {
                let phase = f64::from(step) / 6.0 - 1.0;
                let wave = 0.05 * size * (std::f64::consts::PI * phase).sin();
                (middle + 0.19 * size * phase, foot + 0.05 * size - wave)
            })
            .collect(),
    };
    let slant = if italic { SLANT } else { 0.0 };
    points.into_iter().map(|(x, y)| (x + slant * y, y)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_lies_over_its_letter() {
        let text = RichText::new("m̄", 10.0);
        assert_eq!(text.accents.len(), 1);
        let [(from, rise), (to, _)] = text.accents[0].points[..] else { panic!() };
        // Over the x-height, within the letter's slanted width.
        assert!(rise > 6.0 && rise < 8.0);
        assert!(to - from > 6.0 && to < text.width + 2.0);
    }

    #[test]
    fn scripts_are_small_shifted_and_stacked() {
        let text = RichText::new("10^{-3}", 10.0);
        assert_eq!(text.runs[1].text, "−3");
        assert_eq!(text.runs[1].size, 7.0);
        assert!(text.runs[1].rise > 0.0);
        let stacked = RichText::new("w_α^2", 10.0);
        assert_eq!(stacked.runs[1].x, stacked.runs[2].x);
        assert!(stacked.runs[1].rise < 0.0 && stacked.runs[2].rise > 0.0);
    }

    #[test]
    fn spaces_beside_scripts_keep_their_width() {
        let (wide, narrow) = (RichText::new("x^2 + 1", 10.0), RichText::new("x^2+1", 10.0));
        assert_eq!(wide.runs[2].text, "+ 1");
        assert!(wide.runs[2].x > narrow.runs[2].x + 2.0);
    }

    #[test]
    fn malformed_markup_is_laid_out_not_refused() {
        let width = |markup| RichText::new(markup, 8.0).width;
        for (markup, shown) in [("w_{", "w"), ("w_{a_{b", "w"), ("x}", "x"), ("x\\", "x"), ("x^", "x")] {
            assert!(width(markup) >= width(shown) && width(markup) < 4.0 * width(shown), "{markup}");
        }
        for markup in ["", "_", "^", "}", "*", "\\", "\u{304}", "_}"] {
            assert!((0.0..10.0).contains(&width(markup)), "{markup}");
        }
    }

    #[test]
    fn the_embedded_fonts_hold_greek() {
        for italic in [false, true] {
            for letter in "αβγκσΩ–−×".chars() {
                assert_ne!(font(italic).glyph_id(letter).0, 0, "{letter}");
            }
        }
    }
}
