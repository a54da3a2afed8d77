//! Axes: label, range, and the place of a value on them.

use std::ops::Range;

use super::error::FigureError;
use super::style::FONT_SIZE;
use super::text::RichText;
use super::ticks::{Ticks, linear_ticks, log_ticks};

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By their logarithm, ticks at powers of ten.
    Log,
}

/// An axis: its label (marked-up text), range and scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub(crate) label: String,
    pub(crate) start: f64,
    pub(crate) end: f64,
    pub(crate) scale: Scale,
}

impl Axis {
    /// An axis of a given scale over a range.
    pub fn new(label: &str, scale: Scale, range: Range<f64>) -> Self {
        Axis { label: label.to_string(), start: range.start, end: range.end, scale }
    }

    /// A linear axis over a range.
    pub fn linear(label: &str, range: Range<f64>) -> Self {
        Self::new(label, Scale::Linear, range)
    }

    /// A logarithmic axis over a range of positive numbers.
    pub fn log(label: &str, range: Range<f64>) -> Self {
        Self::new(label, Scale::Log, range)
    }

    /// An axis wide enough for the values it can show: with a margin of 5 % if linear, over whole
    /// decades if logarithmic. Without any such value it runs from 0 (or 0.1) to 1.
    pub fn around<'a>(label: &str, scale: Scale, values: impl IntoIterator<Item = &'a f64>) -> Self {
        let shown = |v: &f64| v.is_finite() && (scale == Scale::Linear || *v > 0.0);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().copied().filter(shown) {
            low = low.min(value);
            high = high.max(value);
        }
        let range = match (scale, low <= high) {
            (Scale::Linear, false) => 0.0..1.0,
            (Scale::Log, false) => 0.1..1.0,
            (Scale::Linear, true) => {
                let margin = if high > low { 0.05 * (high - low) } else { 0.5 * low.abs().max(1.0) };
                low - margin..high + margin
            }
            (Scale::Log, true) => {
                // A small tolerance, so that 0.001 does not need one more decade.
                let first = (low.log10() + 1e-9).floor() as i32;
                let last = ((high.log10() - 1e-9).ceil() as i32).max(first + 1);
                10f64.powi(first)..10f64.powi(last)
            }
        };
        Self::new(label, scale, range)
    }

    /// Whether the range can be drawn.
    pub(crate) fn check(&self) -> Result<(), FigureError> {
        let finite = (self.end - self.start).is_finite() && self.start < self.end;
        if finite && (self.scale == Scale::Linear || self.start > 0.0) {
            return Ok(());
        }
        Err(FigureError::Range { axis: self.label.clone(), start: self.start, end: self.end })
    }

    /// The value as a fraction of the axis: 0 at its start, 1 at its end, NaN if it has no place.
    pub(crate) fn fraction(&self, value: f64) -> f64 {
        let fraction = match self.scale {
            Scale::Linear => (value - self.start) / (self.end - self.start),
            Scale::Log if value > 0.0 => (value.ln() - self.start.ln()) / (self.end.ln() - self.start.ln()),
            Scale::Log => f64::NAN,
        };
        if fraction.is_finite() { fraction } else { f64::NAN }
    }

    /// Ticks for an axis of `length` pt whose labels stand side by side.
    pub(crate) fn horizontal_ticks(&self, length: f64) -> Ticks {
        self.ticks(length, |labels, spacing| {
            let width = labels.iter().map(|l| RichText::new(l, FONT_SIZE).width).fold(0.0, f64::max);
            spacing >= width + 8.0 && spacing >= 22.0
        })
    }

    /// Ticks for an axis of `length` pt whose labels stand above each other.
    pub(crate) fn vertical_ticks(&self, length: f64) -> Ticks {
        self.ticks(length, |_, spacing| spacing >= 2.2 * FONT_SIZE)
    }

    fn ticks(&self, length: f64, fits: impl Fn(&[String], f64) -> bool) -> Ticks {
        match self.scale {
            Scale::Linear => linear_ticks(self.start, self.end, length, fits),
            Scale::Log => log_ticks(self.start, self.end, length, fits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_around_data_holds_them_all() {
        let axis = Axis::around("t", Scale::Log, &[0.001, 3.0, -1.0, f64::NAN]);
        assert!((axis.start - 1e-3).abs() < 1e-12 && (axis.end - 10.0).abs() < 1e-9);
        let axis = Axis::around("x", Scale::Linear, &[2.0, 2.0]);
        assert!(axis.start < 2.0 && axis.end > 2.0);
        assert!(Axis::around("x", Scale::Log, &[]).check().is_ok());
    }

    #[test]
    fn extreme_ranges_have_ticks() {
        for axis in [
            Axis::log("x", 1e-300..1e300),
            Axis::linear("x", -1e300..1e300),
            Axis::linear("x", 0.0..1e-300),
            Axis::linear("x", 1e15..1e15 + 2.0),
        ] {
            axis.check().unwrap();
            let ticks = axis.horizontal_ticks(200.0);
            assert!((2..20).contains(&ticks.major.len()), "{axis:?} {ticks:?}");
            assert!(ticks.major.iter().all(|(v, _)| (-0.01..1.01).contains(&axis.fraction(*v))));
        }
    }

    #[test]
    fn ranges_that_cannot_be_drawn_are_refused() {
        assert!(Axis::linear("x", 1.0..1.0).check().is_err());
        assert!(Axis::linear("x", 0.0..f64::NAN).check().is_err());
        assert!(Axis::log("x", 0.0..1.0).check().is_err());
        assert!(Axis::log("x", 0.1..1.0).check().is_ok());
    }
}
