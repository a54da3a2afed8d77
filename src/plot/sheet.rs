//! A figure: panels in a grid at a printed width, drawn as PNG and SVG and saved.

use std::path::{Path, PathBuf};

use super::error::FigureError;
use super::export::{DOTS_PER_INCH, encode_png, file_path, write};
use super::panel::Panel;
use super::raster::rasterize;
use super::style::SINGLE_COLUMN_MM;
use super::svg::to_svg;

/// Panels in a grid, at the width at which they are printed.
#[derive(Debug)]
pub struct Figure {
    pub(crate) panels: Vec<Panel>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) width_mm: f64,
    /// Height of the first row's frames over their width.
    pub(crate) aspect: f64,
    /// Heights of the rows' frames in units of the first.
    pub(crate) row_heights: Vec<f64>,
    pub(crate) share_x: bool,
    pub(crate) share_y: bool,
    pub(crate) letters: bool,
}

impl Figure {
    /// One panel, as wide as a column (86 mm).
    pub fn single_column(panel: Panel) -> Self {
        Self::with(SINGLE_COLUMN_MM, 1, 1, vec![panel])
    }

    /// Panels row by row in a grid of a width in mm, lettered (a), (b), …
    ///
    /// # Errors
    /// If the panels do not fill the grid.
    pub fn grid(width_mm: f64, rows: usize, columns: usize, panels: Vec<Panel>) -> Result<Self, FigureError> {
        if panels.is_empty() || panels.len() != rows * columns {
            return Err(FigureError::Panels { rows, columns, found: panels.len() });
        }
        let letters = panels.len() > 1;
        Ok(Self::with(width_mm, rows, columns, panels).letters(letters))
    }

    /// A panel above others with the same x axis, such as data above residuals; `lower` holds each of the others with the height
    /// of its frame over that of the main one.
    pub fn stacked(width_mm: f64, main: Panel, lower: Vec<(Panel, f64)>) -> Self {
        let mut heights = vec![1.0];
        let mut panels = vec![main];
        for (panel, height) in lower {
            panels.push(panel);
            heights.push(height);
        }
        let mut figure = Self::with(width_mm, panels.len(), 1, panels).share_x();
        figure.row_heights = heights;
        figure
    }

    /// Panels row by row in a grid whose last cells may stay empty, without letters.
    pub(crate) fn with(width_mm: f64, rows: usize, columns: usize, panels: Vec<Panel>) -> Self {
        Figure {
            panels,
            rows,
            columns,
            width_mm,
            aspect: 0.75,
            row_heights: vec![1.0; rows],
            share_x: false,
            share_y: false,
            letters: false,
        }
    }

    /// Sets the height of the frames (in the first row) over their width; 0.75 unless set.
    pub fn aspect(mut self, height_over_width: f64) -> Self {
        self.aspect = height_over_width;
        self
    }

    /// Sets the heights of the rows' frames in units of the first; rows without a value keep theirs.
    pub fn row_heights(mut self, heights: &[f64]) -> Self {
        self.row_heights.iter_mut().zip(heights).for_each(|(old, &new)| *old = new);
        self
    }

    /// Labels the x axis below the last row only; the panels of a column should agree on it.
    pub fn share_x(mut self) -> Self {
        self.share_x = true;
        self
    }

    /// Labels the y axis left of the first column only; the panels of a row should agree on it.
    pub fn share_y(mut self) -> Self {
        self.share_y = true;
        self
    }

    /// Sets whether panels are lettered.
    pub fn letters(mut self, letters: bool) -> Self {
        self.letters = letters;
        self
    }

    /// The figure as a PNG of 300 dpi.
    ///
    /// # Errors
    /// If panels hold content that cannot be drawn, or there is no room for their frames.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        encode_png(&rasterize(&self.draw()?, DOTS_PER_INCH / 72.0)?)
    }

    /// The figure as an SVG document of its physical size.
    ///
    /// # Errors
    /// As [`Figure::png`].
    pub fn svg(&self) -> Result<String, FigureError> {
        to_svg(&self.draw()?)
    }

    /// Writes `name.png` and `name.svg` into a folder, which is created if needed, and returns their paths. Each file is written
    /// completely under a temporary name and then renamed.
    ///
    /// # Errors
    /// As [`Figure::png`]; if the name is not a plain file name; if a file cannot be written.
    pub fn save(&self, folder: &Path, name: &str) -> Result<[PathBuf; 2], FigureError> {
        let paths = [file_path(folder, name, "png")?, file_path(folder, name, "svg")?];
        let canvas = self.draw()?;
        let png = encode_png(&rasterize(&canvas, DOTS_PER_INCH / 72.0)?)?;
        let svg = to_svg(&canvas)?;
        write(&paths[0], &png)?;
        write(&paths[1], svg.as_bytes())?;
        Ok(paths)
    }
}

/// Checks, in the tests of all figures, that nothing is drawn off the paper.
#[cfg(test)]
pub(crate) fn assert_on_paper(figure: &Figure) {
    use super::canvas::Mark;
    let canvas = figure.draw().unwrap();
    let paper = super::geometry::Rect::new(0.0, 0.0, canvas.width, canvas.height);
    for mark in &canvas.marks {
        match mark {
            Mark::Stroke { points, .. } => assert!(points.iter().all(|&p| paper.contains(p))),
            Mark::Fill { polygon, .. } => assert!(polygon.iter().all(|&p| paper.contains(p))),
            Mark::Cells { rect, .. } => assert!(rect.corners().iter().all(|&p| paper.contains(p))),
            Mark::Text { text, origin, rotated, advance, size, .. } => {
                let end =
                    if *rotated { (origin.0, origin.1 - advance) } else { (origin.0 + advance, origin.1 - 0.7 * size) };
                assert!(paper.contains(*origin) && paper.contains(end), "{text} {origin:?}");
            }
        }
    }
}

/// The texts of a figure's SVG, one per run.
#[cfg(test)]
pub(crate) fn svg_texts(figure: &Figure) -> Vec<String> {
    let svg = figure.svg().unwrap();
    let pieces = svg.split("<text ").skip(1);
    pieces.filter_map(|piece| piece.split(['>', '<']).nth(1)).map(|text| text.trim().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Axis;
    use crate::plot::LegendPosition;
    use crate::plot::style::DOUBLE_COLUMN_MM;
    use crate::plot::style::LineStyle;

    fn panel() -> Panel {
        let mut panel = Panel::new(Axis::linear("x", 0.0..1.0), Axis::log("y", 1e-3..1e3));
        panel.line(&[0.0, 1.0], &[1e-3, 1e3], LineStyle::nth(0)).label("line");
        panel
    }

    fn pixel_size(png: &[u8]) -> (u32, u32) {
        let info = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
        (info.info().width, info.info().height)
    }

    #[test]
    fn the_png_has_the_printed_width() {
        // 86 mm at 300 dpi.
        let figure = Figure::single_column(panel());
        assert_eq!(pixel_size(&figure.png().unwrap()).0, 1016);
        let figure = Figure::grid(DOUBLE_COLUMN_MM, 1, 1, vec![panel()]).unwrap();
        assert_eq!(pixel_size(&figure.png().unwrap()).0, 2102);
        assert!(figure.svg().unwrap().starts_with("<svg width=\"178.000mm\""));
    }

    #[test]
    fn nothing_is_drawn_off_the_paper() {
        let mut map = Panel::new(Axis::linear("w_{max}", 0.0..4.0), Axis::linear("Ω_{12}^2", 0.0..4.0));
        map.title("title");
        assert_on_paper(&Figure::grid(178.0, 1, 2, vec![map, panel()]).unwrap());
    }

    #[test]
    fn stacked_panels_have_one_x_label_and_aligned_frames() {
        let figure = Figure::stacked(86.0, panel(), vec![(panel(), 0.3)]);
        let (rects, _, height) = figure.layout().unwrap();
        assert_eq!((rects[0].left, rects[0].right), (rects[1].left, rects[1].right));
        assert!((rects[1].height() - 0.3 * rects[0].height()).abs() < 1e-9);
        assert!(rects[1].top > rects[0].bottom && rects[1].bottom < height);
        let canvas = figure.draw().unwrap();
        let labels = crate::plot::layers::texts(&canvas).into_iter().filter(|(text, _)| text == "x");
        assert_eq!(labels.count(), 1);
    }

    #[test]
    fn a_legend_without_room_goes_below() {
        let tall = |position| {
            let mut panel = panel();
            panel.legend(position);
            Figure::single_column(panel).draw().unwrap().height
        };
        assert_eq!(tall(LegendPosition::Auto), tall(LegendPosition::Hidden));
        assert!(tall(LegendPosition::Below) > tall(LegendPosition::Hidden));
        let mut full = panel();
        for i in 0..100 {
            let y = 10f64.powf(f64::from(i) * 0.06 - 3.0);
            full.horizontal_line(y, LineStyle::nth(1));
        }
        let height = Figure::single_column(full).draw().unwrap().height;
        assert!((height - tall(LegendPosition::Below)).abs() < 1e-9);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_and_writes_nothing() {
        assert!(Figure::grid(178.0, 2, 2, vec![panel()]).is_err());
        assert!(matches!(Figure::grid(20.0, 1, 1, vec![panel()]).unwrap().svg(), Err(FigureError::Size(_))));
        for aspect in [f64::NAN, -1.0, 1e9] {
            assert!(Figure::single_column(panel()).aspect(aspect).png().is_err());
        }
        let folder = tempfile::tempdir().unwrap();
        let bad = Panel::new(Axis::linear("x", 1.0..0.0), Axis::linear("y", 0.0..1.0));
        assert!(Figure::single_column(bad).save(folder.path(), "bad").is_err());
        assert!(Figure::single_column(panel()).save(folder.path(), "../bad").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let paths = Figure::single_column(panel()).save(folder.path(), "good").unwrap();
        assert!(paths.iter().all(|path| path.exists()));
    }
}
