//! What a panel holds, in data coordinates.

use super::canvas::Across;
use super::image::Image;
use super::style::{Color, Colormap, LineStyle, MarkerStyle};

/// A category of a map: its colour and its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Category {
    pub(crate) color: Color,
    pub(crate) hatched: bool,
    pub(crate) label: String,
    /// Its name in the legend, in addition to a label inside its region.
    pub(crate) listed: Option<String>,
}

impl Category {
    /// A category in a flat colour; its label is written inside its largest region, or in the
    /// legend if it does not fit. An empty label is not shown.
    pub fn filled(color: Color, label: &str) -> Self {
        Category { color, hatched: false, label: label.to_string(), listed: None }
    }

    /// A category hatched in grey on white and explained in the legend, for what is not known.
    pub fn hatched(label: &str) -> Self {
        Category { color: Color::White, hatched: true, label: label.to_string(), listed: None }
    }

    /// A category in a flat colour that the legend explains by a name wherever it occurs. A short label is also written inside
    /// its largest region, if it fits.
    pub fn listed(color: Color, label: &str, name: &str) -> Self {
        Category { listed: Some(name.to_string()), ..Category::filled(color, label) }
    }
}

/// What a layer draws, in data coordinates.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Line { points: Vec<(f64, f64)>, style: LineStyle },
    Points { points: Vec<(f64, f64)>, errors: Vec<f64>, style: MarkerStyle },
    Band { xs: Vec<f64>, low: Vec<f64>, high: Vec<f64>, color: Color },
    Categories { xs: Vec<f64>, ys: Vec<f64>, map: Vec<usize>, categories: Vec<Category> },
    Histogram { edges: Vec<f64>, heights: Vec<f64>, style: LineStyle },
    Image { image: Image, colormap: Colormap, range: (f64, f64) },
    Text { at: (f64, f64), markup: String, across: Across },
}

#[derive(Clone, Debug)]
pub(crate) struct DrawnLayer {
    pub content: Content,
    pub label: Option<String>,
}
