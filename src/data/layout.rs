//! The places in a file of the values of samples and units.

use super::drawn::Result;
use super::input::wrong;
use std::path::Path;

/// An extent that is not known in advance: the number of lines of text.
const UNKNOWN_COUNT: usize = usize::MAX;

/// Place of each value of a table in a file, whatever the order of the dimensions. A unit has up to two coordinates
/// (row and column of an image); the place of sample s and unit u is a sum of coordinates times strides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Number of samples and their distance.
    sample: (usize, usize),
    /// Extents and strides of the axes of a sample; units count along the second axis first.
    axes: [(usize, usize); 2],
    is_image: bool,
}

impl Layout {
    /// Samples one after the other.
    pub fn by_sample(samples: usize, units: usize) -> Self {
        Self { sample: (samples, units), axes: [(1, units), (units, 1)], is_image: false }
    }

    /// Lines of `width` values, each a sample, or with `transpose` each a unit. The number of lines is not known.
    pub fn lines(width: usize, transpose: bool) -> Self {
        match transpose {
            false => Self::by_sample(UNKNOWN_COUNT, width),
            true => Self { sample: (width, 1), axes: [(1, UNKNOWN_COUNT), (UNKNOWN_COUNT, width)], is_image: false },
        }
    }

    /// An array whose first dimension counts samples, or with `transpose` its last; with `by_columns` the first varies
    /// fastest in the file. If there are four dimensions, one must be 1: the channel of images.
    ///
    /// # Errors
    /// [`DataError::Format`](super::DataError::Format) for other numbers of dimensions, one of 0, or too many values.
    pub fn of_array(path: &Path, shape: &[u64], by_columns: bool, transpose: bool) -> Result<Self> {
        let refused = |reason| Err(wrong(path, format!("the samples have shape {shape:?}: {reason}")));
        let size = shape.iter().try_fold(1_usize, |product, &extent| product.checked_mul(extent.try_into().ok()?));
        if size.is_none() {
            return refused("it is too large");
        }
        let extents: Vec<usize> = shape.iter().map(|&extent| extent as usize).collect();
        let stride = |axis: usize| -> usize {
            if by_columns { extents[..axis].iter().product() } else { extents[axis + 1..].iter().product() }
        };
        let mut axes: Vec<(usize, usize)> =
            extents.iter().enumerate().map(|(k, &extent)| (extent, stride(k))).collect();
        let needed =
            "two dimensions are needed, samples and units, or three, samples and rows and columns of images; none 0";
        if size == Some(0) || axes.len() < 2 {
            return refused(needed);
        }
        let sample = axes.remove(if transpose { axes.len() - 1 } else { 0 });
        if axes.len() == 3 {
            let channel = axes.iter().position(|&(extent, _)| extent == 1);
            channel.map(|channel| axes.remove(channel));
        }
        match *axes.as_slice() {
            [units] => Ok(Self { sample, axes: [(1, 1), units], is_image: false }),
            [rows, columns] => Ok(Self { sample, axes: [rows, columns], is_image: true }),
            _ => refused(needed),
        }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.sample.0
    }

    /// Units of a sample.
    pub fn units(&self) -> usize {
        self.axes[0].0 * self.axes[1].0
    }

    /// Rows and columns of a sample, if the file stores images.
    pub fn image_shape(&self) -> Option<(usize, usize)> {
        self.is_image.then_some((self.axes[0].0, self.axes[1].0))
    }

    /// Whether the file stores sample after sample.
    pub fn is_by_sample(&self) -> bool {
        self.sample.1 == self.units()
    }

    /// The layout with the number of lines that `count` values fill, where it was not known.
    pub fn filled(mut self, count: usize) -> Self {
        if self.sample.0 == UNKNOWN_COUNT {
            self.sample.0 = count / self.units();
        }
        if self.axes[1].0 == UNKNOWN_COUNT {
            self.axes[1].0 = count / self.samples();
        }
        self
    }

    /// Sample and unit, from 0, of a value by its place in the file.
    pub fn place(&self, index: usize) -> (usize, usize) {
        let along = |(extent, stride): (usize, usize)| index / stride % extent;
        let [slow, fast] = self.axes;
        (along(self.sample), along(slow) * fast.0 + along(fast))
    }

    /// Place in the file of a value.
    pub fn index(&self, sample: usize, unit: usize) -> usize {
        let [slow, fast] = self.axes;
        sample * self.sample.1 + unit / fast.0 * slow.1 + unit % fast.0 * fast.1
    }
}
