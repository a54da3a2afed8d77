//! Sheets of small images: the modes of a machine, its samples.

use super::error::FigureError;
use super::image::Image;
use super::panel::Panel;
use super::sheet::Figure;
use super::style::{Colormap, DOUBLE_COLUMN_MM, SINGLE_COLUMN_MM};

/// Up to this many tiles per row, a sheet is as wide as a column; tiles have about the same size on either width.
const TILES_IN_A_COLUMN: usize = 5;

/// A sheet of images of one shape, `columns` per row, with titles above them. Up to five per row fill a column (86 mm), more fill
/// two (178 mm). The last row need not be full. Each image is coloured by its own largest absolute value, symmetric about zero:
/// for patterns, not sizes.
///
/// # Errors
/// If there are no images or columns, if the shapes differ, or if there is no room for tiles or their titles.
pub fn image_sheet(images: &[Image], columns: usize) -> Result<Figure, FigureError> {
    let tile = |image: &Image| {
        // An image of zeros needs a scale, too.
        let reach = if image.magnitude() > 0.0 { image.magnitude() } else { 1.0 };
        Panel::image(image, Colormap::Signed, -reach..reach)
    };
    sheet(images, columns, tile)
}

/// The first modes as images: the components of u^α (or v^α) on an image with a shape (rows, columns), each scaled by its own
/// largest absolute value, under its α and w_α.
///
/// `modes[α − 1]` is the vector that belongs to `singular_values[α − 1]`; further singular values may follow.
///
/// # Errors
/// As [`image_sheet`]; if a vector does not fill the shape or has no singular value; if a number is not finite.
pub fn modes_as_images(
    modes: &[impl AsRef<[f64]>],
    singular_values: &[f64],
    shape: (usize, usize),
    columns: usize,
) -> Result<Figure, FigureError> {
    if singular_values.len() < modes.len() {
        let (expected, found) = (modes.len(), singular_values.len());
        return Err(FigureError::Length { what: "singular values of modes", expected, found });
    }
    let image = |(index, (mode, &w)): (usize, (&_, &f64))| {
        if !w.is_finite() {
            return Err(FigureError::NotFinite { what: "singular values of modes", index, value: w });
        }
        Ok(Image::new(shape, AsRef::<[f64]>::as_ref(mode))?.title(&format!("w_{{{}}} = {}", index + 1, brief(w))))
    };
    let images: Vec<Image> = modes.iter().zip(singular_values).enumerate().map(image).collect::<Result<_, _>>()?;
    image_sheet(&images, columns)
}

/// Samples of ±1 units as images of a shape (rows, columns), +1 black and −1 white; means between them are grey.
///
/// # Errors
/// As [`image_sheet`]; if a sample does not fill the shape or holds a number that is not finite.
pub fn samples_as_images(
    samples: &[impl AsRef<[f64]>],
    shape: (usize, usize),
    columns: usize,
) -> Result<Figure, FigureError> {
    let images: Vec<Image> =
        samples.iter().map(|sample| Image::new(shape, sample.as_ref())).collect::<Result<_, _>>()?;
    sheet(&images, columns, |image| Panel::image(image, Colormap::Grays, -1.0..1.0))
}

/// Tiles in rows, with frames in the images' proportions.
fn sheet(images: &[Image], columns: usize, tile: impl Fn(&Image) -> Panel) -> Result<Figure, FigureError> {
    let first = images.first().ok_or(FigureError::Empty("images"))?;
    if columns == 0 {
        return Err(FigureError::Empty("columns of a sheet"));
    }
    for image in images {
        for (what, expected, found) in [
            ("rows of an image on a sheet", first.rows(), image.rows()),
            ("columns of an image on a sheet", first.columns(), image.columns()),
        ] {
            if expected != found {
                return Err(FigureError::Length { what, expected, found });
            }
        }
    }
    let width = if columns <= TILES_IN_A_COLUMN { SINGLE_COLUMN_MM } else { DOUBLE_COLUMN_MM };
    let panels = images.iter().map(tile).collect();
    let figure = Figure::with(width, images.len().div_ceil(columns), columns, panels);
    Ok(figure.aspect(first.rows() as f64 / first.columns() as f64))
}

/// A number with three significant digits but at most two decimals, so that many fit in a row; small ones have two digits.
fn brief(value: f64) -> String {
    let exponent = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    if !(-3..4).contains(&exponent) {
        let mantissa = value / 10f64.powi(exponent);
        return format!("{mantissa:.1}×10^{{{exponent}}}").replace('-', "−");
    }
    let decimals = if exponent < -1 { 1 - exponent } else { (2 - exponent).clamp(0, 2) };
    format!("{value:.*}", decimals as usize).replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::canvas::Mark;
    use crate::plot::export::DOTS_PER_INCH;
    use crate::plot::geometry::Rect;
    use crate::plot::sheet::{assert_on_paper, svg_texts};
    use crate::plot::style::Color;

    /// Vectors of 784 components that look random.
    fn vectors(count: usize) -> Vec<Vec<f64>> {
        let component = |k: usize, i: usize| (12.9898 * (784 * k + i) as f64).sin() * 43758.5453 % 1.0;
        (0..count).map(|k| (0..784).map(|i| component(k, i)).collect()).collect()
    }

    fn tiles(figure: &Figure) -> Vec<(Rect, Vec<Color>)> {
        let tile = |mark: Mark| match mark {
            Mark::Cells { rect, colors, .. } => Some((rect, colors)),
            _ => None,
        };
        figure.draw().unwrap().marks.into_iter().filter_map(tile).collect()
    }

    #[test]
    fn a_hundred_modes_fit_a_page_in_whole_pixels_and_a_small_svg() {
        let strengths: Vec<f64> = (0..120).map(|k| 12.0 / f64::from(k + 1)).collect();
        let figure = modes_as_images(&vectors(100), &strengths, (28, 28), 10).unwrap();
        assert_on_paper(&figure);
        let canvas = figure.draw().unwrap();
        assert!(canvas.height < 230.0 * crate::plot::style::POINTS_PER_MM);
        let tiles = tiles(&figure);
        assert_eq!(tiles.len(), 100);
        let pixels = |length: f64| length * DOTS_PER_INCH / 72.0;
        for (rect, _) in &tiles {
            for place in [rect.left, rect.top, rect.width() / 28.0, rect.height() / 28.0] {
                assert!((pixels(place) - pixels(place).round()).abs() < 1e-6, "{place}");
            }
            assert!((rect.width() - rect.height()).abs() < 1e-9);
        }
        for pair in tiles.windows(2).filter(|pair| pair[0].0.top == pair[1].0.top) {
            assert!(pair[1].0.left > pair[0].0.right);
        }
        let texts = svg_texts(&figure);
        assert!(texts.contains(&"100".to_string()) && texts.contains(&"= 12.0".to_string()), "{texts:?}");
        // 16 bytes per cell are a fifth of what a polygon takes; even noise has some runs.
        let svg = figure.svg().unwrap();
        assert!(svg.len() < 16 * 78_400, "{}", svg.len());
        assert_eq!(svg.matches("crispEdges").count(), 100);
    }

    #[test]
    fn titles_do_not_run_into_each_other() {
        let image = |title: &str| Image::new((2, 2), &[1.0, -1.0, 0.0, 1.0]).unwrap().title(title);
        let sheet = |title: &str| {
            let images = vec![image(title); 20];
            image_sheet(&images, 10).unwrap()
        };
        let figure = sheet("very wide title");
        assert_on_paper(&figure);
        let canvas = figure.draw().unwrap();
        let mut ends: Vec<(f64, f64)> = (canvas.marks.iter())
            .filter_map(|mark| match mark {
                Mark::Text { origin, advance, .. } if origin.1 < 20.0 => Some((origin.0, origin.0 + advance)),
                _ => None,
            })
            .collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(ends.len(), 10);
        assert!(ends.windows(2).all(|pair| pair[0].1 < pair[1].0), "{ends:?}");
        assert!(matches!(sheet("a title that nobody could read at this size").svg(), Err(FigureError::Size(_))));
    }

    #[test]
    fn scales_are_symmetric_and_those_of_each_image() {
        let images = [Image::new((1, 2), &[0.5, -0.25]).unwrap(), Image::new((1, 2), &[-1.0, 0.0]).unwrap()];
        let figure = image_sheet(&images, 2).unwrap();
        assert_on_paper(&figure);
        let colors: Vec<Color> = tiles(&figure).into_iter().flat_map(|tile| tile.1).collect();
        assert_eq!(colors, [1.0, 0.25, 0.0, 0.5].map(|fraction| Colormap::Signed.color(fraction)));
        // An image of zeros has the colour of zero.
        let zeros = [Image::new((1, 1), &[0.0]).unwrap()];
        assert_eq!(tiles(&image_sheet(&zeros, 1).unwrap())[0].1, [Colormap::Signed.color(0.5)]);
    }

    #[test]
    fn samples_are_black_on_white_and_a_last_row_may_be_short() {
        let samples: Vec<Vec<f64>> =
            (0..7).map(|k| (0..6).map(|i| if i == k { 1.0 } else { -1.0 }).collect()).collect();
        let figure = samples_as_images(&samples, (2, 3), 5).unwrap();
        assert_on_paper(&figure);
        let tiles = tiles(&figure);
        assert_eq!(tiles.len(), 7);
        let black = |colors: &[Color]| colors.iter().position(|color| color.rgb() == (0, 0, 0));
        assert_eq!(black(&tiles[4].1), Some(4));
        assert_eq!(black(&tiles[6].1), None);
        assert!(tiles[4].1.iter().filter(|color| color.rgb() == (255, 255, 255)).count() == 5);
        // The proportions of the images, and the second row under the first.
        assert!((tiles[0].0.width() * 2.0 - tiles[0].0.height() * 3.0).abs() < 1e-9);
        assert!(tiles[5].0.left == tiles[0].0.left && tiles[5].0.top > tiles[0].0.bottom);
    }

    #[test]
    fn images_that_make_no_sheet_are_refused() {
        let none: [Vec<f64>; 0] = [];
        assert!(matches!(samples_as_images(&none, (2, 3), 5), Err(FigureError::Empty(_))));
        assert!(matches!(samples_as_images(&[[1.0]], (1, 1), 0), Err(FigureError::Empty(_))));
        assert!(matches!(samples_as_images(&[[1.0]], (2, 3), 1), Err(FigureError::Length { expected: 6, .. })));
        assert!(matches!(modes_as_images(&[[1.0], [2.0]], &[1.0], (1, 1), 2), Err(FigureError::Length { .. })));
        assert!(matches!(modes_as_images(&[[f64::NAN]], &[1.0], (1, 1), 2), Err(FigureError::NotFinite { .. })));
        assert!(matches!(modes_as_images(&[[1.0]], &[f64::NAN], (1, 1), 2), Err(FigureError::NotFinite { .. })));
        let images = [Image::new((1, 2), &[0.0; 2]).unwrap(), Image::new((2, 1), &[0.0; 2]).unwrap()];
        let sheet = image_sheet(&images, 2);
        assert!(matches!(sheet, Err(FigureError::Length { expected: 1, found: 2, .. })));
        // More columns than the paper has room for, and a strip that is too high.
        let images = vec![images[0].clone(); 40];
        assert!(image_sheet(&images, 40).unwrap().svg().is_err());
        let strip = [Image::new((4000, 2), &[0.0; 8000]).unwrap()];
        assert!(image_sheet(&strip, 1).unwrap().svg().is_err());
    }

    #[test]
    fn numbers_have_three_digits_and_at_most_two_decimals() {
        let cases = [(12.345, "12.3"), (5.0, "5.00"), (0.4672, "0.47"), (0.0382, "0.038"), (1e-7, "1.0×10^{−7}")];
        for (value, text) in cases.into_iter().chain([(0.0, "0.00"), (123.4, "123"), (2.5e6, "2.5×10^{6}")]) {
            assert_eq!(brief(value), text);
        }
    }
}
