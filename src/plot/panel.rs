//! A panel: a pair of axes and what is drawn on them.
//!
//! Data are taken as they are: points that are not numbers, or have no place on a logarithmic axis, are left out and break the
//! line. Arrays that do not fit together are reported only when the figure is drawn, so that calls can be chained.

use std::ops::Range;

use super::axis::Axis;
use super::canvas::Across;
use super::content::{Category, Content, DrawnLayer};
use super::error::FigureError;
use super::image::Image;

use super::legend::LegendPosition;
use super::style::{Color, Colormap, LineStyle, MarkerStyle};

/// Axes and what is drawn on them, in the order of the calls; maps lie at the bottom, then bands and histograms.
#[derive(Debug)]
pub struct Panel {
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) title: String,
    pub(crate) legend: LegendPosition,
    pub(crate) layers: Vec<DrawnLayer>,
    pub(crate) insets: Vec<Inset>,
    /// The first arrays that did not fit together.
    pub(crate) fault: Option<(&'static str, usize, usize)>,
}

impl Panel {
    /// An empty panel.
    pub fn new(x: Axis, y: Axis) -> Self {
        let (layers, insets) = (Vec::new(), Vec::new());
        Panel { x, y, title: String::new(), legend: LegendPosition::Auto, layers, insets, fault: None }
    }

    /// An image that fills its frame, without ticks and labels: a tile of a sheet. Its values become colours over a range; its
    /// title stands above it.
    pub fn image(image: &Image, colormap: Colormap, range: Range<f64>) -> Self {
        let cells = |count: usize| Axis::linear("", 0.0..count as f64);
        let mut panel = Panel::new(cells(image.columns()), cells(image.rows()));
        panel.title(&image.title);
        panel.add(Content::Image { image: image.clone(), colormap, range: (range.start, range.end) });
        panel
    }

    /// The image that fills the frame, if the panel is one.
    pub(crate) fn as_image(&self) -> Option<&Image> {
        self.layers.iter().find_map(|layer| match &layer.content {
            Content::Image { image, .. } => Some(image),
            _ => None,
        })
    }

    /// Sets the title (marked-up), which stands above the frame.
    pub fn title(&mut self, markup: &str) -> &mut Self {
        self.title = markup.to_string();
        self
    }

    /// Sets where the legend stands.
    pub fn legend(&mut self, position: LegendPosition) -> &mut Self {
        self.legend = position;
        self
    }

    /// Places another panel, on white, in a corner of the frame. Its `size` (width, height) includes its labels and is given as
    /// shares of the frame. Insets lie above all else; legends avoid them.
    pub fn inset(&mut self, panel: Panel, corner: Corner, size: (f64, f64)) -> &mut Self {
        self.insets.push(Inset { panel, corner, size });
        self
    }

    /// Draws a line through points.
    pub fn line(&mut self, xs: &[f64], ys: &[f64], style: LineStyle) -> Series<'_> {
        self.expect_length("y of a line", xs.len(), ys.len());
        let points = xs.iter().copied().zip(ys.iter().copied()).collect();
        self.add(Content::Line { points, style })
    }

    /// Draws a line across the whole frame at a height.
    pub fn horizontal_line(&mut self, y: f64, style: LineStyle) -> Series<'_> {
        let points = vec![(self.x.start, y), (self.x.end, y)];
        self.add(Content::Line { points, style })
    }

    /// Draws a line from the bottom to the top of the frame.
    pub fn vertical_line(&mut self, x: f64, style: LineStyle) -> Series<'_> {
        let points = vec![(x, self.y.start), (x, self.y.end)];
        self.add(Content::Line { points, style })
    }

    /// Draws data points.
    pub fn points(&mut self, xs: &[f64], ys: &[f64], style: MarkerStyle) -> Series<'_> {
        self.expect_length("y of points", xs.len(), ys.len());
        self.add(Content::Points {
            points: xs.iter().copied().zip(ys.iter().copied()).collect(),
            errors: Vec::new(),
            style,
        })
    }

    /// Draws data points with vertical error bars of ± `errors`.
    pub fn errorbars(&mut self, xs: &[f64], ys: &[f64], errors: &[f64], style: MarkerStyle) -> Series<'_> {
        self.points(xs, ys, style).errors(errors)
    }

    /// Fills between two curves with a light tint of a colour.
    pub fn band(&mut self, xs: &[f64], low: &[f64], high: &[f64], color: Color) -> Series<'_> {
        self.expect_length("lower edge of a band", xs.len(), low.len());
        self.expect_length("upper edge of a band", xs.len(), high.len());
        self.add(Content::Band { xs: xs.to_vec(), low: low.to_vec(), high: high.to_vec(), color })
    }

    /// Draws bars between neighbouring `edges`, outlined in a style and filled with a light tint of its colour. Bars without
    /// height, or whose height is not a number, are left out; on a logarithmic axis, bars stand on the frame.
    pub fn histogram(&mut self, edges: &[f64], heights: &[f64], style: LineStyle) -> Series<'_> {
        self.expect_length("edges of a histogram", heights.len() + 1, edges.len());
        self.add(Content::Histogram { edges: edges.to_vec(), heights: heights.to_vec(), style })
    }

    /// Fills cells by category: `map[i * ys.len() + j]` is the index into `categories` of the
    /// cell around `(xs[i], ys[j])`.
    pub fn category_map(&mut self, xs: &[f64], ys: &[f64], map: &[usize], categories: &[Category]) {
        self.expect_length("cells of a map", xs.len() * ys.len(), map.len());
        self.add(Content::Categories {
            xs: xs.to_vec(),
            ys: ys.to_vec(),
            map: map.to_vec(),
            categories: categories.to_vec(),
        });
    }

    /// Writes a text (marked-up) that starts at a point.
    pub fn text_from(&mut self, x: f64, y: f64, markup: &str) -> &mut Self {
        self.add(Content::Text { at: (x, y), markup: markup.to_string(), across: Across::Left });
        self
    }

    /// Names a kind of line in the legend, before those drawn so far, even if the panel has no such line.
    pub(crate) fn list_first(&mut self, markup: &str, style: LineStyle) {
        let content = Content::Line { points: Vec::new(), style };
        self.layers.insert(0, DrawnLayer { content, label: Some(markup.to_string()) });
    }

    /// Whether a line of this name is drawn.
    pub(crate) fn has_line(&self, markup: &str) -> bool {
        let is_line = |layer: &DrawnLayer| matches!(layer.content, Content::Line { .. });
        self.layers.iter().any(|layer| is_line(layer) && layer.label.as_deref() == Some(markup))
    }

    fn add(&mut self, content: Content) -> Series<'_> {
        self.layers.push(DrawnLayer { content, label: None });
        let index = self.layers.len() - 1;
        Series { panel: self, index }
    }

    fn expect_length(&mut self, what: &'static str, expected: usize, found: usize) {
        if expected != found && self.fault.is_none() {
            self.fault = Some((what, expected, found));
        }
    }

    /// Whether the panel can be drawn.
    pub(crate) fn check(&self) -> Result<(), FigureError> {
        self.x.check()?;
        self.y.check()?;
        if let Some((what, expected, found)) = self.fault {
            return Err(FigureError::Length { what, expected, found });
        }
        for inset in &self.insets {
            inset.panel.check()?;
        }
        for layer in &self.layers {
            if let Content::Image { range, .. } = &layer.content {
                Axis::linear("colours of an image", range.0..range.1).check()?;
            }
            if let Content::Categories { map, categories, .. } = &layer.content
                && let Some(&index) = map.iter().find(|&&index| index >= categories.len())
            {
                return Err(FigureError::Category { index, count: categories.len() });
            }
        }
        Ok(())
    }
}

/// The series that was just added to a panel, to be named or given error bars.
#[derive(Debug)]
pub struct Series<'a> {
    panel: &'a mut Panel,
    index: usize,
}

impl Series<'_> {
    /// Names the series (marked-up) in the legend. Series with one name share an entry.
    pub fn label(self, markup: &str) -> Self {
        self.panel.layers[self.index].label = Some(markup.to_string());
        self
    }

    /// Adds vertical error bars of ± `errors` to points; other series have none.
    fn errors(self, errors: &[f64]) -> Self {
        let mut count = errors.len();
        if let Content::Points { points, errors: shown, .. } = &mut self.panel.layers[self.index].content {
            (count, *shown) = (points.len(), errors.to_vec());
        }
        self.panel.expect_length("error bars", count, errors.len());
        self
    }
}

/// The corner of a frame in which an inset stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corner {
    /// Upper left.
    UpperLeft,
    /// Upper right.
    UpperRight,
    /// Lower left.
    LowerLeft,
    /// Lower right.
    LowerRight,
}

/// A panel that stands in the frame of another, on white.
#[derive(Debug)]
pub(crate) struct Inset {
    pub panel: Panel,
    pub corner: Corner,
    /// Width and height, labels included, as shares of the frame.
    pub size: (f64, f64),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Marker;

    fn panel() -> Panel {
        Panel::new(Axis::linear("x", 0.0..1.0), Axis::linear("y", 0.0..1.0))
    }

    #[test]
    fn arrays_that_do_not_fit_are_reported() {
        let mut panel = panel();
        panel.line(&[0.0, 1.0], &[0.0], LineStyle::nth(0)).label("a");
        assert!(matches!(panel.check(), Err(FigureError::Length { expected: 2, found: 1, .. })));
        let mut panel = self::panel();
        let style = MarkerStyle::new(Marker::Circle, Color::Black);
        panel.errorbars(&[0.0, 1.0], &[0.0, 1.0], &[0.1], style);
        assert!(panel.check().is_err());
    }

    #[test]
    fn a_category_without_description_is_reported() {
        let mut panel = panel();
        let only = [Category::filled(Color::Blue, "A")];
        panel.category_map(&[0.0, 1.0], &[0.0, 1.0], &[0, 0, 0, 1], &only);
        assert!(matches!(panel.check(), Err(FigureError::Category { index: 1, count: 1 })));
    }
}
