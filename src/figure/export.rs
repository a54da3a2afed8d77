//! The bytes of a PNG, and files that are whole or not there.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::FigureError;
use super::raster::Bitmap;

/// Resolution of PNG files.
pub(super) const DOTS_PER_INCH: f64 = 300.0;

/// Encodes a bitmap, its resolution noted in the pHYs chunk.
pub(super) fn encode_png(bitmap: &Bitmap) -> Result<Vec<u8>, FigureError> {
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
pub(super) fn file_path(folder: &Path, name: &str, extension: &str) -> Result<PathBuf, FigureError> {
    let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
    if plain { Ok(folder.join(format!("{name}.{extension}"))) } else { Err(FigureError::Name(name.to_string())) }
}

/// Writes beside the target and renames, so that a reader sees the old file or the new one.
pub(super) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), FigureError> {
    let failed = |source| FigureError::Write { path: path.to_path_buf(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        // A temporary file is private by default; a figure gets the permissions of any new file.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
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
    fn a_failed_write_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the place of the file: the rename must fail.
        let taken = folder.path().join("figure.png");
        std::fs::create_dir(&taken).unwrap();
        std::fs::write(taken.join("old"), "old").unwrap();
        assert!(matches!(write_atomically(&taken, b"new"), Err(FigureError::Write { .. })));
        assert_eq!(std::fs::read_to_string(taken.join("old")).unwrap(), "old");
        // And nothing is left beside it.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_write_replaces_the_whole_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("figure.svg");
        write_atomically(&path, b"a long first version").unwrap();
        write_atomically(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
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
