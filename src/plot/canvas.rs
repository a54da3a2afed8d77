//! The paper: strokes, fills and text in points, with the origin at the top left and y downwards.
//!
//! Everything is drawn here first, as a list of marks that does not depend on a backend; PNG and SVG are two renderings of the
//! same list.

use super::geometry::{Point, Rect, circle, dashes};
use super::style::{Color, LineStyle, Marker, MarkerStyle};
use super::text::{CAP_HEIGHT, RichText};

/// One mark on the paper.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    Stroke {
        points: Vec<Point>,
        color: Color,
        width: f64,
    },
    Fill {
        polygon: Vec<Point>,
        color: Color,
        opacity: f64,
    },
    /// Cells that fill a rectangle, one colour each, row by row from the top.
    Cells {
        rect: Rect,
        columns: usize,
        colors: Vec<Color>,
    },
    Text {
        text: String,
        italic: bool,
        size: f64,
        /// Where the baseline starts.
        origin: Point,
        /// Turned to read from bottom to top.
        rotated: bool,
        advance: f64,
    },
}

/// Which point of a text is placed, horizontally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Across {
    Left,
    Center,
    Right,
}

/// Which point of a text is placed, vertically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upright {
    Top,
    /// Half the height of the digits, with or without scripts.
    Middle,
    Bottom,
}

/// The marks of a figure and its size in pt.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    pub width: f64,
    pub height: f64,
    pub marks: Vec<Mark>,
}

impl Canvas {
    pub fn new(width: f64, height: f64) -> Self {
        Canvas { width, height, marks: Vec::new() }
    }

    /// A polyline in a style; its dashes are cut here so that both backends agree.
    pub fn line(&mut self, points: &[Point], style: &LineStyle) {
        for piece in dashes(points, style.dash.pattern(), style.width) {
            self.stroke(piece, style.color, style.width);
        }
    }

    /// An unbroken polyline; a single point becomes a dot.
    pub fn stroke(&mut self, points: Vec<Point>, color: Color, width: f64) {
        match points.as_slice() {
            [] => {}
            [dot] => self.fill(circle(*dot, 0.8 * width), color, 1.0),
            _ => self.marks.push(Mark::Stroke { points, color, width }),
        }
    }

    /// The outline of a polygon.
    pub fn outline(&mut self, polygon: &[Point], color: Color, width: f64) {
        let closed = polygon.iter().chain(polygon.iter().take(2)).copied();
        self.stroke(closed.collect(), color, width);
    }

    /// A filled polygon; `opacity` between 0 and 1.
    pub fn fill(&mut self, polygon: Vec<Point>, color: Color, opacity: f64) {
        if polygon.len() > 2 {
            self.marks.push(Mark::Fill { polygon, color, opacity });
        }
    }

    /// A filled rectangle.
    pub fn fill_rect(&mut self, rect: Rect, color: Color) {
        self.fill(rect.corners().to_vec(), color, 1.0);
    }

    /// A data point.
    pub fn marker(&mut self, (x, y): Point, style: &MarkerStyle) {
        let radius = 0.5 * style.size;
        // Shapes of equal area look equally large.
        let square = 0.88 * radius;
        let diamond = 1.22 * radius;
        let triangle = 1.25 * radius;
        let (polygon, filled) = match style.marker {
            Marker::Circle => (circle((x, y), radius), true),
            Marker::OpenCircle => (circle((x, y), radius), false),
            Marker::Square | Marker::OpenSquare => {
                let rect = Rect::new(x - square, y - square, 2.0 * square, 2.0 * square);
                (rect.corners().to_vec(), style.marker == Marker::Square)
            }
            Marker::Triangle | Marker::OpenTriangle => {
                let (half, foot) = (0.866 * triangle, 0.5 * triangle);
                let corners = vec![(x, y - triangle), (x + half, y + foot), (x - half, y + foot)];
                (corners, style.marker == Marker::Triangle)
            }
            Marker::DownTriangle => {
                let (half, head) = (0.866 * triangle, 0.5 * triangle);
                (vec![(x, y + triangle), (x - half, y - head), (x + half, y - head)], true)
            }
            Marker::Diamond | Marker::OpenDiamond => {
                let corners = vec![(x, y - diamond), (x + 0.8 * diamond, y), (x, y + diamond), (x - 0.8 * diamond, y)];
                (corners, style.marker == Marker::Diamond)
            }
            Marker::Cross => {
                for sign in [-1.0, 1.0] {
                    let arm = vec![(x - square, y - sign * square), (x + square, y + sign * square)];
                    self.stroke(arm, style.color, 0.9);
                }
                return;
            }
        };
        if filled {
            self.fill(polygon, style.color, 1.0);
        } else {
            self.fill(polygon.clone(), Color::White, 1.0);
            self.outline(&polygon, style.color, 0.7);
        }
    }

    /// A text with the named point of its box at `at`.
    pub fn text(&mut self, text: &RichText, at: Point, across: Across, upright: Upright) {
        let (x, y) = baseline(text, across, upright);
        self.place(text, |dx, dy| (at.0 + x + dx, at.1 + y + dy), false);
    }

    /// A text that reads from bottom to top, with the named point of its unrotated box at `at`.
    pub fn rotated_text(&mut self, text: &RichText, at: Point, across: Across, upright: Upright) {
        let (x, y) = baseline(text, across, upright);
        self.place(text, |dx, dy| (at.0 + y + dy, at.1 - x - dx), true);
    }

    /// Draws runs and accents; `to_paper` takes offsets along and below the baseline's start.
    fn place(&mut self, text: &RichText, to_paper: impl Fn(f64, f64) -> Point, rotated: bool) {
        for run in &text.runs {
            self.marks.push(Mark::Text {
                text: run.text.clone(),
                italic: run.italic,
                size: run.size,
                origin: to_paper(run.x, -run.rise),
                rotated,
                advance: run.advance,
            });
        }
        for accent in &text.accents {
            let points = accent.points.iter().map(|&(x, rise)| to_paper(x, -rise)).collect();
            self.stroke(points, Color::Black, accent.width);
        }
    }
}

/// Where the baseline starts, from the named point of the text.
fn baseline(text: &RichText, across: Across, upright: Upright) -> Point {
    let x = match across {
        Across::Left => 0.0,
        Across::Center => -0.5 * text.width,
        Across::Right => -text.width,
    };
    let y = match upright {
        Upright::Top => text.ascent,
        Upright::Middle => 0.5 * CAP_HEIGHT * text.size,
        Upright::Bottom => -text.descent,
    };
    (x, y)
}
