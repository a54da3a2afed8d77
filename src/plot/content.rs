//! What a panel holds, in data coordinates.

use std::ops::Range;

use super::axis::Scale;
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

/// How the values of a heat map become colours.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatStyle {
    pub(crate) colormap: Colormap,
    pub(crate) range: Option<(f64, f64)>,
    pub(crate) scale: Scale,
    pub(crate) label: String,
}

impl HeatStyle {
    /// Viridis over the range of the data; the label (marked-up) stands at the colour bar.
    pub fn new(label: &str) -> Self {
        HeatStyle { colormap: Colormap::Viridis, range: None, scale: Scale::Linear, label: label.to_string() }
    }

    /// Another colour map.
    pub fn colormap(mut self, colormap: Colormap) -> Self {
        self.colormap = colormap;
        self
    }

    /// A fixed range; values beyond it take the colour of its end.
    pub fn range(mut self, range: Range<f64>) -> Self {
        self.range = Some((range.start, range.end));
        self
    }

    /// Colours by the logarithm of the value.
    pub fn log(mut self) -> Self {
        self.scale = Scale::Log;
        self
    }
}

/// What a layer draws, in data coordinates.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Line { points: Vec<(f64, f64)>, style: LineStyle },
    Points { points: Vec<(f64, f64)>, x_errors: Vec<f64>, y_errors: Vec<f64>, style: MarkerStyle },
    Band { xs: Vec<f64>, low: Vec<f64>, high: Vec<f64>, color: Color },
    Categories { xs: Vec<f64>, ys: Vec<f64>, map: Vec<usize>, categories: Vec<Category> },
    Heat { xs: Vec<f64>, ys: Vec<f64>, values: Vec<f64>, style: HeatStyle },
    Histogram { edges: Vec<f64>, heights: Vec<f64>, style: LineStyle },
    Image { image: Image, colormap: Colormap, range: (f64, f64) },
    Contours { xs: Vec<f64>, ys: Vec<f64>, values: Vec<f64>, levels: Vec<f64>, style: LineStyle },
    Text { at: (f64, f64), markup: String, across: Across },
}

#[derive(Clone, Debug)]
pub(crate) struct DrawnLayer {
    pub content: Content,
    pub label: Option<String>,
}
