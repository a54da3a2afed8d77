//! The bytes of a PNG, and files that are written whole or not at all.

use std::path::{Path, PathBuf};

use super::error::FigureError;
use super::raster::Bitmap;
use crate::io::output::write_atomically;

/// Resolution of PNG files.
pub(crate) const DOTS_PER_INCH: f64 = 300.0;

/// Encodes a bitmap, with its resolution in the pHYs chunk.
pub(crate) fn encode_png(bitmap: &Bitmap) -> Result<Vec<u8>, FigureError> {
    let per_metre = (DOTS_PER_INCH / 0.0254).round() as u32;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, bitmap.width, bitmap.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&bitmap.pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// The path of a figure's file, if its name is a plain file name.
pub(crate) fn file_path(folder: &Path, name: &str, extension: &str) -> Result<PathBuf, FigureError> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if plain { Ok(folder.join(format!("{name}.{extension}"))) } else { Err(FigureError::Name(name.to_string())) }
}

/// Writes a file of a figure whole or not at all.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), FigureError> {
    write_atomically(path, bytes).map_err(|source| FigureError::Write { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_decodes_to_its_pixels_at_300_dpi() {
        let bitmap = Bitmap { width: 3, height: 2, pixels: (0..18).collect() };
        let bytes = encode_png(&bitmap).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let density = reader.info().pixel_dims.unwrap();
        assert_eq!((density.xppu, density.yppu), (11811, 11811));
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (3, 2));
        assert_eq!(pixels, bitmap.pixels);
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        for name in ["", "../x", "a/b", ".hidden"] {
            assert!(file_path(Path::new("figures"), name, "png").is_err(), "{name}");
        }
        let path = file_path(Path::new("figures"), "phase-diagram", "png").unwrap();
        assert_eq!(path, Path::new("figures/phase-diagram.png"));
    }
}
