//! The IDX format of MNIST: two zero bytes, the element type, the number of dimensions, these as big-endian 32-bit
//! integers, then the elements.
//!
//! Only bytes are read: images (three dimensions) and labels (one). Images are read one at a time, and one bit per
//! pixel is kept.

use super::drawn::Result;
use super::error::DataError;
use super::input::Input;
use super::spins::Spins;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// The two zero bytes and the element type "unsigned byte" that every IDX file here starts with.
pub(super) const IDX_MAGIC: [u8; 3] = [0, 0, 8];

/// How grey levels become ±1; those of IDX images go from 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Binarization {
    /// +1 above this level.
    Threshold(f64),
    /// +1 with probability level/255, independently; an image's draws depend on the seed and on its number only.
    Stochastic {
        /// Seed of the draws.
        seed: u64,
    },
}

impl Binarization {
    /// The usual threshold of levels from 0 to 255.
    pub const MIDDLE: Self = Self::Threshold(127.0);

    /// Appends an image's ±1 pixels.
    pub(super) fn push(self, spins: &mut Spins, image: u64, pixels: &[u8]) {
        match self {
            Self::Threshold(at) => spins.push(|unit| f64::from(pixels[unit]) > at),
            Self::Stochastic { seed } => {
                let mut generator = ChaCha8Rng::seed_from_u64(seed);
                generator.set_stream(image);
                // Draws are in [0, 1): a white pixel is always +1, a black one never.
                spins.push(|unit| generator.random::<f32>() < f32::from(pixels[unit]) / 255.0);
            }
        }
    }
}

/// An IDX file of bytes whose header has been read.
pub(super) struct Idx<const RANK: usize> {
    input: Input,
    /// Number of items and their dimensions, none of them 0.
    dimensions: [usize; RANK],
}

impl<const RANK: usize> Idx<RANK> {
    /// Reads the header, and compares it with the length of the file where that is known.
    ///
    /// # Errors
    /// [`DataError::Format`]: not IDX, not bytes, other than `RANK` dimensions, one of them 0, the wrong length.
    pub fn new(mut input: Input) -> Result<Self> {
        let mut header = Vec::new();
        input.next(4, &mut header)?;
        if header.get(..2) != Some(&[0, 0]) || header.len() < 4 {
            return Err(input.wrong("not an IDX file: it must start with two zero bytes"));
        }
        if header[2] != IDX_MAGIC[2] {
            return Err(input.wrong(format!("its elements are of IDX type 0x{:02x}: bytes, 0x08, are read", header[2])));
        }
        if usize::from(header[3]) != RANK {
            let what = if RANK == 3 { "images have" } else { "labels have" };
            return Err(input.wrong(format!("an IDX file of {} dimensions: {what} {RANK}", header[3])));
        }
        input.next(4 * RANK as u64, &mut header)?;
        if header.len() < 4 * RANK {
            return Err(input.wrong("the file ends in its header: it is truncated"));
        }
        let stated: Vec<u64> =
            header.as_chunks::<4>().0.iter().map(|&number| u32::from_be_bytes(number).into()).collect();
        let size = stated.iter().try_fold(1_u64, |product, &dimension| product.checked_mul(dimension));
        let dimensions: Vec<usize> = stated.iter().filter_map(|&dimension| dimension.try_into().ok()).collect();
        let (Some(size), Ok(dimensions)) = (size, dimensions.try_into()) else {
            return Err(input.wrong(format!("dimensions {stated:?} in the header: they are too large")));
        };
        if size == 0 {
            return Err(input.wrong(format!("dimensions {stated:?} in the header: there is no data")));
        }
        let expected = size.saturating_add(4 + 4 * RANK as u64);
        match input.length {
            Some(length) if length != expected => Err(input.wrong(format!(
                "{length} bytes long, and dimensions {stated:?} in the header make it {expected}: it is truncated or damaged"
            ))),
            _ => Ok(Self { input, dimensions }),
        }
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.dimensions[0]
    }

    /// Passes the first `count` items (all, if `None`) to `each`, with their numbers from 0. If all are read, checks
    /// that nothing follows the last one.
    ///
    /// # Errors
    /// [`DataError::Parameter`] if there are fewer, or `count` is 0;
    /// [`DataError::Format`] if the file is too short or too long; those of `each`.
    pub fn items(mut self, count: Option<usize>, mut each: impl FnMut(usize, &[u8]) -> Result<()>) -> Result<()> {
        let count = count.unwrap_or(self.len());
        if count == 0 || count > self.len() {
            let (path, len) = (self.input.path.display(), self.len());
            return Err(DataError::Parameter(format!("{count} samples are asked for: {path} has 1 to {len}")));
        }
        // No overflow: the header was checked.
        let width: usize = self.dimensions[1..].iter().product();
        let mut item = Vec::new();
        for index in 0..count {
            self.input.next(width as u64, &mut item)?;
            if item.len() < width {
                let message = format!("the file ends in item {} of {}: it is truncated", index + 1, self.len());
                return Err(self.input.wrong(message));
            }
            each(index, &item)?;
        }
        if count == self.len() { self.input.end() } else { Ok(()) }
    }
}

impl Idx<3> {
    /// Rows and columns of an image.
    pub fn image_shape(&self) -> (usize, usize) {
        (self.dimensions[1], self.dimensions[2])
    }

    /// The first `count` images (all, if `None`) as ±1 pixels.
    ///
    /// # Errors
    /// [`DataError::Parameter`] for a threshold outside the levels, and those of [`Idx::items`].
    pub fn spins(self, count: Option<usize>, binarization: Binarization) -> Result<Spins> {
        if let Binarization::Threshold(at) = binarization
            && !(0.0..255.0).contains(&at)
        {
            let message = format!("the threshold is {at}: levels of IDX images go from 0 to 255");
            return Err(DataError::Parameter(message));
        }
        let (rows, columns) = self.image_shape();
        let mut spins = Spins::new(0, rows * columns);
        self.items(count, |image, pixels| {
            binarization.push(&mut spins, image as u64, pixels);
            Ok(())
        })?;
        Ok(spins)
    }
}

/// Labels of the first `count` samples (of all, if `None`), and the number of labels in the file.
///
/// # Errors
/// [`DataError::Read`], and those of [`Idx::new`] and [`Idx::items`].
pub(super) fn labels(path: &Path, count: Option<usize>) -> Result<(Vec<i64>, usize)> {
    let file = Idx::<1>::new(Input::open(path)?)?;
    let len = file.len();
    let mut labels = Vec::new();
    file.items(count, |_, label| {
        labels.push(label[0].into());
        Ok(())
    })?;
    Ok((labels, len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stochastic_pixels_are_up_as_often_as_they_are_white() {
        let (images, pixels) = (4000, [0, 3, 127, 128, 250, 255]);
        let mut spins = Spins::new(0, pixels.len());
        (0..images).for_each(|image| Binarization::Stochastic { seed: 5 }.push(&mut spins, image, &pixels));
        for (unit, pixel) in pixels.into_iter().enumerate() {
            let up = (0..images as usize).filter(|&image| spins.get(image, unit)).count() as f64;
            let p = f64::from(pixel) / 255.0;
            let deviation = (images as f64 * p * (1.0 - p)).sqrt();
            // Exact for black and white, else within four standard deviations.
            assert!((up - images as f64 * p).abs() <= 4.0 * deviation, "pixel {pixel}: {up} of {images}");
        }
    }

    #[test]
    fn an_image_is_drawn_from_its_own_stream() {
        let draw = |numbers: &[u64]| {
            let mut spins = Spins::new(0, 200);
            numbers.iter().for_each(|&image| Binarization::Stochastic { seed: 1 }.push(&mut spins, image, &[128; 200]));
            spins
        };
        let (both, second) = (draw(&[0, 1]), draw(&[1]));
        assert_eq!(both.row(1), second.row(0));
        assert_ne!(both.row(0), both.row(1));
    }
}
