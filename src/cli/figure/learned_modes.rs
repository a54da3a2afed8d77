//! The letter's figure 3: learned modes and the data's principal components as images.

use super::super::error::CliError;
use super::super::figures::fits_on_a_page;
use super::gallery::Gallery;
use crate::cli::report::exact;
use crate::plot::{self, ColorScale, Colormap, FigureError, Image};
use crate::study::letter::{LEADING, TrainingCourse};
use nalgebra::DVectorView;

const NAME: &str = "learned-modes";

/// A vector to draw, its title, and its name in the CSV.
struct Tile {
    title: String,
    column: String,
    values: Vec<f64>,
}

pub(super) fn draw(gallery: &mut Gallery) -> Result<(), CliError> {
    let course = gallery.training()?;
    let tiles = tiles(&course);
    match gallery.data()?.image_shape.filter(|&shape| fits_on_a_page(shape)) {
        Some(shape) => {
            let image = |tile: &Tile| Ok(Image::new(shape, &tile.values)?.title(&tile.title));
            let images: Vec<Image> = tiles.iter().map(image).collect::<Result<_, FigureError>>()?;
            let sheet = plot::image_sheet(&images, LEADING, Colormap::Signed, &ColorScale::PerImage)?;
            gallery.destination.save(&sheet, NAME)?;
        }
        None if !gallery.common.quiet => eprintln!("note: the data are no images; {NAME} is written as CSV alone"),
        None => {}
    }
    let header: Vec<&str> = std::iter::once("unit").chain(tiles.iter().map(|tile| tile.column.as_str())).collect();
    let row = |unit: usize| -> Vec<String> {
        std::iter::once(unit.to_string()).chain(tiles.iter().map(|tile| exact(tile.values[unit]))).collect()
    };
    gallery.destination.write_csv("learned-modes.csv", &header, (0..course.visible).map(row))?;
    gallery.claims.extend(course.mode_claims());
    Ok(())
}

/// Three rows: (a) first mode from zero field, (b) from the fields of the means, (c) first component and (d) the
/// following ones; (e) modes after one epoch; (f) after ten. The sign of a mode is arbitrary and follows that of its
/// component.
fn tiles(course: &TrainingCourse) -> Vec<Tile> {
    let count = course.early.u.ncols();
    let components = &course.components.directions;
    let first = components.column(0);
    let tile = |title: String, column: String, values: DVectorView<'_, f64>, like: DVectorView<'_, f64>| {
        let sign = if values.dot(&like) < 0.0 { -1.0 } else { 1.0 };
        Tile { title, column, values: values.iter().map(|value| sign * value).collect() }
    };
    let (null, mean) = (&course.null_field, &course.mean);
    let mut tiles = vec![
        tile("(\\a) η = 0".to_owned(), "null_field".to_owned(), null.column(0), mean.column(0)),
        tile("(\\b) η ≠ 0".to_owned(), "mean_field".to_owned(), course.first_mode.u.column(0), first),
    ];
    // As many components as fit into the row.
    for k in 0..count.min(LEADING - 2) {
        let letter = ["(\\c) ", "(\\d) "].get(k).copied().unwrap_or_default();
        let own = components.column(k);
        tiles.push(tile(format!("{letter}d^{{{}}}", k + 1), format!("component_{}", k + 1), own, own));
    }
    while tiles.len() < LEADING {
        // For small machines, further components fill the row, so that modes start a new row.
        let k = tiles.len() - 2;
        let own = components.column(k.min(components.ncols() - 1));
        tiles.push(tile(format!("d^{{{}}}", k + 1), format!("component_{}", k + 1), own, own));
    }
    for (letter, name, portrait) in
        [("(\\e) ", "one_epoch", &course.first_epoch), ("(\\f) ", "ten_epochs", &course.tenth_epoch)]
    {
        for k in 0..count {
            let mode = portrait.u.column(k);
            let nearest = portrait.overlaps.row(k).transpose().imax();
            let letter = if k == 0 { letter } else { "" };
            let title = format!("{letter}u^{{{}}}", k + 1);
            tiles.push(tile(title, format!("{name}_{}", k + 1), mode, components.column(nearest)));
        }
    }
    tiles
}
