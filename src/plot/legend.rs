//! Legends: samples of line, marker and fill with their labels.

use super::canvas::{Across, Canvas, Upright};
use super::geometry::Rect;
use super::maps::hatch;
use super::style::{Color, FONT_SIZE, FRAME_WIDTH, LineStyle, MarkerStyle};
use super::text::RichText;

/// Width of a sample in pt: long enough to show a period of every dash.
const SAMPLE_WIDTH: f64 = 22.0;
/// Gap between a sample and its label, in pt.
const SAMPLE_GAP: f64 = 4.0;
/// Distance between rows, in pt.
const ROW_HEIGHT: f64 = 11.0;
/// Gap between columns, in pt.
const ENTRY_GAP: f64 = 12.0;
/// Height of a sample of a fill, in pt.
const FILL_HEIGHT: f64 = 7.0;

/// Where the legend of a panel stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LegendPosition {
    /// Inside the frame where it covers nothing, or below the figure if there is no such place.
    #[default]
    Auto,
    /// Below the figure, together with the legends of other panels; equal labels appear once.
    Below,
    /// Not shown.
    Hidden,
}

/// The sample beside a label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LegendSample {
    Line(LineStyle),
    Marker(MarkerStyle),
    /// A marker with an error bar.
    ErrorBar(MarkerStyle),
    Fill(Color),
    Hatch,
}

impl LegendSample {
    /// Place in a legend of several panels: lines, then markers, then fills.
    pub fn rank(&self) -> usize {
        match self {
            LegendSample::Line(_) => 0,
            LegendSample::Marker(_) | LegendSample::ErrorBar(_) => 1,
            LegendSample::Fill(_) => 2,
            LegendSample::Hatch => 3,
        }
    }
}

/// A label and its samples, which are drawn over each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LegendEntry {
    pub label: String,
    pub samples: Vec<LegendSample>,
}

/// Adds a sample to the entry of its label, or a new entry.
pub(crate) fn add_entry(entries: &mut Vec<LegendEntry>, label: &str, sample: LegendSample) {
    match entries.iter_mut().find(|entry| entry.label == label) {
        Some(entry) if entry.samples.contains(&sample) => {}
        Some(entry) => entry.samples.push(sample),
        None => entries.push(LegendEntry { label: label.to_string(), samples: vec![sample] }),
    }
}

/// A legend laid out in columns, to be read row by row.
#[derive(Clone, Debug)]
pub(crate) struct Legend {
    entries: Vec<(LegendEntry, RichText)>,
    /// Widths of the columns in pt.
    columns: Vec<f64>,
}

impl Legend {
    /// All entries in one column.
    pub fn column(entries: Vec<LegendEntry>) -> Self {
        Self::in_columns(&set(entries), 1)
    }

    /// In as few rows as a width in pt allows, and no more columns than these rows need.
    pub fn block(entries: Vec<LegendEntry>, width: f64) -> Self {
        let entries = set(entries);
        let layouts = (1..=entries.len()).rev().map(|columns| Self::in_columns(&entries, columns));
        let fitting = layouts.into_iter().find(|legend| legend.width() <= width);
        let widest = fitting.unwrap_or_else(|| Self::in_columns(&entries, 1));
        let even = entries.len().div_ceil(widest.rows().max(1));
        let even = Self::in_columns(&entries, even.max(1));
        if even.width() <= width { even } else { widest }
    }

    fn in_columns(entries: &[(LegendEntry, RichText)], count: usize) -> Self {
        let width = |column: usize| {
            let texts = entries.iter().skip(column).step_by(count).map(|(_, text)| text.width);
            SAMPLE_WIDTH + SAMPLE_GAP + texts.fold(0.0, f64::max)
        };
        Legend { entries: entries.to_vec(), columns: (0..count).map(width).collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn rows(&self) -> usize {
        self.entries.len().div_ceil(self.columns.len())
    }

    pub fn width(&self) -> f64 {
        self.columns.iter().sum::<f64>() + (self.columns.len() - 1) as f64 * ENTRY_GAP
    }

    pub fn height(&self) -> f64 {
        self.rows() as f64 * ROW_HEIGHT
    }

    /// Draws the legend with its upper left corner at a point; if `boxed`, on white with a frame.
    pub fn draw(&self, canvas: &mut Canvas, left: f64, top: f64, boxed: bool) {
        if boxed {
            let pad = 2.0;
            let rect = Rect::new(left - pad, top - pad, self.width() + 2.0 * pad, self.height() + 2.0 * pad);
            canvas.fill_rect(rect, Color::White);
            canvas.outline(&rect.corners(), Color::Gray, 0.5 * FRAME_WIDTH);
        }
        for (index, (entry, text)) in self.entries.iter().enumerate() {
            let (row, column) = (index / self.columns.len(), index % self.columns.len());
            let before = &self.columns[..column];
            let x = left + before.iter().sum::<f64>() + column as f64 * ENTRY_GAP;
            let y = top + (row as f64 + 0.5) * ROW_HEIGHT;
            for sample in &entry.samples {
                draw_sample(canvas, sample, x, y);
            }
            let at = (x + SAMPLE_WIDTH + SAMPLE_GAP, y);
            canvas.text(text, at, Across::Left, Upright::Middle);
        }
    }
}

/// Lays out the labels.
fn set(entries: Vec<LegendEntry>) -> Vec<(LegendEntry, RichText)> {
    entries
        .into_iter()
        .map(|entry| {
            let text = RichText::new(&entry.label, FONT_SIZE);
            (entry, text)
        })
        .collect()
}

fn draw_sample(canvas: &mut Canvas, sample: &LegendSample, x: f64, y: f64) {
    let middle = (x + 0.5 * SAMPLE_WIDTH, y);
    match sample {
        LegendSample::Line(style) => canvas.line(&[(x, y), (x + SAMPLE_WIDTH, y)], style),
        LegendSample::Marker(style) => canvas.marker(middle, style),
        LegendSample::ErrorBar(style) => {
            let reach = 0.5 * FILL_HEIGHT;
            let bar = vec![(middle.0, y - reach), (middle.0, y + reach)];
            canvas.stroke(bar, style.color, FRAME_WIDTH);
            canvas.marker(middle, style);
        }
        LegendSample::Fill(_) | LegendSample::Hatch => {
            let rect = Rect::new(x, y - 0.5 * FILL_HEIGHT, SAMPLE_WIDTH, FILL_HEIGHT);
            match sample {
                LegendSample::Fill(color) => canvas.fill_rect(rect, *color),
                _ => hatch(canvas, &rect, |_| true),
            }
            canvas.outline(&rect.corners(), Color::Gray, 0.5 * FRAME_WIDTH);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(count: usize) -> Vec<LegendEntry> {
        let mut entries = Vec::new();
        for index in 0..count {
            let sample = LegendSample::Line(LineStyle::nth(index));
            add_entry(&mut entries, &format!("curve {index}"), sample);
        }
        entries
    }

    #[test]
    fn a_block_stays_within_its_width() {
        for count in 1..9 {
            let legend = Legend::block(entries(count), 200.0);
            assert!(legend.width() <= 200.0 && legend.rows() * legend.columns.len() >= count);
        }
        // Four entries where three columns fit: two by two, not three and one.
        assert_eq!(Legend::block(entries(4), 230.0).columns.len(), 2);
    }

    #[test]
    fn theory_and_simulation_of_one_name_share_an_entry() {
        let mut entries = entries(1);
        let marker = LegendSample::Marker(MarkerStyle::nth(0));
        add_entry(&mut entries, "curve 0", marker.clone());
        add_entry(&mut entries, "curve 0", marker);
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].samples.len(), 2);
    }
}
