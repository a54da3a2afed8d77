//! Small images: values in rows and columns, drawn cell by cell.

use std::collections::BTreeMap;

use super::axis::Axis;
use super::canvas::{Canvas, Mark};
use super::error::FigureError;
use super::geometry::Rect;
use super::style::{Color, Colormap};

/// Number of colours in an image; odd, so that the middle of a range (zero on a symmetric one) has its own.
const LEVELS: f64 = 33.0;

/// A small image, with values row by row from the top.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    columns: usize,
    values: Vec<f64>,
    pub(crate) title: String,
}

impl Image {
    /// An image with a shape (rows, columns): `values[row * columns + column]`, the first row on top.
    ///
    /// # Errors
    /// If the shape is empty, the values do not fill it, or one of them is not a finite number.
    pub fn new((rows, columns): (usize, usize), values: &[f64]) -> Result<Self, FigureError> {
        if rows == 0 || columns == 0 {
            return Err(FigureError::Empty("rows or columns of an image"));
        }
        let expected = rows.saturating_mul(columns);
        if values.len() != expected {
            return Err(FigureError::Length { what: "values of an image", expected, found: values.len() });
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            return Err(FigureError::NotFinite { what: "an image", index, value: values[index] });
        }
        Ok(Image { columns, values: values.to_vec(), title: String::new() })
    }

    /// Sets the title (marked-up), which stands centred above the image.
    pub fn title(mut self, markup: &str) -> Self {
        self.title = markup.to_string();
        self
    }

    /// Rows of the image.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns
    }

    /// Columns of the image.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The largest absolute value.
    pub(crate) fn magnitude(&self) -> f64 {
        self.values.iter().fold(0.0, |largest, value| value.abs().max(largest))
    }

    /// Draws the image into a rectangle.
    pub(crate) fn draw(&self, canvas: &mut Canvas, rect: Rect, colormap: Colormap, range: (f64, f64)) {
        let axis = Axis::linear("", range.0..range.1);
        let steps = LEVELS - 1.0;
        let color = |&value: &f64| {
            let fraction = axis.fraction(value).clamp(0.0, 1.0);
            colormap.color((fraction * steps).round() / steps)
        };
        let colors = self.values.iter().map(color).collect();
        canvas.marks.push(Mark::Cells { rect, columns: self.columns, colors });
    }
}

/// Cells of one row that have the same colour, from column `start` to before column `end`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct CellRun {
    pub row: usize,
    pub start: usize,
    pub end: usize,
    pub color: Color,
}

/// The runs of equal colour along the rows of cells.
pub(crate) fn cell_runs(columns: usize, colors: &[Color]) -> impl Iterator<Item = CellRun> {
    colors.chunks(columns).enumerate().flat_map(|(row, colors)| {
        let mut start = 0;
        colors.chunk_by(|one, next| one == next).map(move |run| {
            let end = start + run.len();
            CellRun { row, start: std::mem::replace(&mut start, end), end, color: run[0] }
        })
    })
}

/// The most frequent colour of the cells.
pub(crate) fn commonest(colors: &[Color]) -> Color {
    let mut counts: BTreeMap<(u8, u8, u8), usize> = BTreeMap::new();
    for color in colors {
        *counts.entry(color.rgb()).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|&(_, count)| count);
    most.map_or(Color::White, |((red, green, blue), _)| Color::Rgb(red, green, blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_values_are_checked() {
        assert!(matches!(Image::new((0, 3), &[]), Err(FigureError::Empty(_))));
        assert!(matches!(Image::new((2, 2), &[0.0; 3]), Err(FigureError::Length { expected: 4, found: 3, .. })));
        assert!(Image::new((usize::MAX, 2), &[0.0; 3]).is_err());
        let unknown = Image::new((1, 3), &[0.0, 1.0, f64::NAN]);
        assert!(matches!(unknown, Err(FigureError::NotFinite { index: 2, .. })));
        let image = Image::new((2, 3), &[0.0, -4.0, 0.0, 0.0, 3.0, 0.0]).unwrap();
        assert_eq!((image.rows(), image.columns(), image.magnitude()), (2, 3, 4.0));
    }

    #[test]
    fn runs_cover_every_cell_once_and_end_with_their_row() {
        let (a, b) = (Color::Black, Color::White);
        let colors = [a, a, b, b, b, b, a, b, a];
        let runs: Vec<CellRun> = cell_runs(3, &colors).collect();
        let mut seen = [0; 9];
        for run in &runs {
            for column in run.start..run.end {
                assert_eq!(colors[3 * run.row + column], run.color);
                seen[3 * run.row + column] += 1;
            }
        }
        assert_eq!(seen, [1; 9]);
        // aab, bbb, aba: runs do not continue in the next row.
        assert_eq!(runs.len(), 6);
    }

    #[test]
    fn zero_lies_in_the_middle_of_a_symmetric_range() {
        let image = Image::new((1, 3), &[-2.0, 0.0, 5.0]).unwrap();
        let mut canvas = Canvas::new(10.0, 10.0);
        image.draw(&mut canvas, Rect::new(0.0, 0.0, 3.0, 1.0), Colormap::Signed, (-2.0, 2.0));
        let Mark::Cells { colors, .. } = &canvas.marks[0] else { panic!() };
        let expected = [0.0, 0.5, 1.0].map(|fraction| Colormap::Signed.color(fraction));
        assert_eq!(colors.as_slice(), expected);
    }
}
