//! Drawn digits: handwriting made of strokes, so that everything runs without a download.
//!
//! A digit is a few smooth curves (`digits/strokes.rs`), which are bent, slanted, turned and drawn with a pen:
//!
//! 1. one of the ways of writing it is chosen, and its points are displaced by a smooth random field, a sum of plane
//!    waves of random direction, length and phase (elastic deformation), then sheared, stretched and turned;
//! 2. the drawing is scaled to a frame of 20 pixels and its centre of mass put in the middle of the image, as was
//!    done for MNIST;
//! 3. a pixel is ink (+1) if it lies within the pen's radius of a curve, and paper (−1) otherwise. The radius is random,
//!    and swells and shrinks along the stroke.
//!
//! The ranges of the deformations are chosen so that the covariance spectrum resembles that of MNIST: its total
//! variance, its leading eigenvalues, and how many exceed 1.

mod strokes;

use super::dataset::{Dataset, Samples};
use super::drawn::{Result, spins_in_parallel};
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use std::f64::consts::{PI, TAU};
use strokes::GLYPHS;

/// Rows and columns of an image.
const SIDE: usize = 28;

/// `count` images of digits, 28 × 28 pixels of ±1 (ink is +1), with their labels.
///
/// Image `n` shows the digit `n % 10`, and depends on `seed` and `n` alone: neither on `count` nor on the number of
/// threads.
///
/// ```
/// use spectral_rbm::data::digits;
/// let digits = digits::generate(20, 0)?;
/// assert_eq!((digits.len(), digits.units()), (20, 28 * 28));
/// assert_eq!(digits.labels.unwrap()[13], 3);
/// # Ok::<(), spectral_rbm::data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::Parameter`](super::DataError::Parameter) for no images, or more than fit into 4 GiB.
pub fn generate(count: usize, seed: u64) -> Result<Dataset> {
    let digit = |n: usize| n % GLYPHS.len();
    let spins = spins_in_parallel(count, SIDE * SIDE, |n| draw(digit(n), seed, n as u64))?;
    Ok(Dataset {
        samples: Samples::Spins(spins),
        labels: Some((0..count).map(|n| digit(n) as i64).collect()),
        image_shape: Some((SIDE, SIDE)),
    })
}

/// The pixels of image `n`, row after row from the top: true for ink.
fn draw(digit: usize, seed: u64, n: u64) -> Vec<bool> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(n);
    let glyph = GLYPHS[digit].choose_weighted(&mut random, |glyph| glyph.weight).expect("the weights are positive");
    let hand = Hand::new(&mut random);
    let mut curves: Vec<Vec<Spot>> = glyph.strokes.iter().map(|stroke| smooth(&hand.bend(stroke))).collect();
    let pen = Pen::new(&mut random);
    fit(&mut curves, &pen, &mut random);
    let mut image = vec![false; SIDE * SIDE];
    for curve in &curves {
        pen.trace(curve, &mut image);
    }
    image
}

/// A point of the drawing: x to the right, y down.
type Spot = [f64; 2];

fn normal(random: &mut impl Rng) -> f64 {
    random.sample(StandardNormal)
}

/// A plane wave of displacement, in units of the digit's height.
struct Wave {
    amplitude: Spot,
    vector: Spot,
    phase: f64,
}

/// How a hand deforms what it writes: waves of displacement, then a linear map.
struct Hand {
    waves: [Wave; WAVES],
    linear: [Spot; 2],
}

/// Plane waves of a displacement field: enough for it to be nearly Gaussian.
const WAVES: usize = 6;

impl Hand {
    fn new(random: &mut impl Rng) -> Self {
        // Displacements of some twentieth of the height, over lengths of the height and more; some writers are wilder.
        let strength = 0.055 * (0.3 * normal(random)).exp() * (2.0 / WAVES as f64).sqrt();
        let waves = std::array::from_fn(|_| {
            let (angle, cycles) = (TAU * random.random::<f64>(), random.random_range(0.3..1.2));
            let (sin, cos) = angle.sin_cos();
            Wave {
                amplitude: [strength * normal(random), strength * normal(random)],
                vector: [TAU * cycles * cos, TAU * cycles * sin],
                phase: TAU * random.random::<f64>(),
            }
        });
        let slant = 0.2 + 0.25 * normal(random);
        let stretch = (0.2 * normal(random)).exp();
        let (sin, cos) = (0.1 * normal(random)).sin_cos();
        // Rotation · shear · stretch of x; y points down, so that a slant to the right moves what is above.
        Self { waves, linear: [[cos * stretch, -cos * slant - sin], [sin * stretch, cos - sin * slant]] }
    }

    /// The points of a stroke, deformed.
    fn bend(&self, stroke: &[(i8, i8)]) -> Vec<Spot> {
        let deform = |&(x, y): &(i8, i8)| {
            let (x, y) = (f64::from(x) / 100.0, f64::from(y) / 100.0);
            let [mut a, mut b] = [x, y];
            for wave in &self.waves {
                let cosine = (wave.vector[0] * x + wave.vector[1] * y + wave.phase).cos();
                a += wave.amplitude[0] * cosine;
                b += wave.amplitude[1] * cosine;
            }
            self.linear.map(|[along, across]| along * a + across * b)
        };
        stroke.iter().map(deform).collect()
    }
}

/// Pieces of the curve between two of its points.
const PIECES: usize = 6;

/// The Catmull–Rom curve through `points`: its tangent at a point is half the chord between the neighbours.
fn smooth(points: &[Spot]) -> Vec<Spot> {
    let last = points.len() - 1;
    let mut curve = vec![points[0]];
    for (i, pair) in points.windows(2).enumerate() {
        let (before, after) = (points[i.saturating_sub(1)], points[(i + 2).min(last)]);
        for piece in 1..=PIECES {
            let t = piece as f64 / PIECES as f64;
            curve.push(std::array::from_fn(|axis| {
                let (p, q) = (pair[0][axis], pair[1][axis]);
                let (tangent_p, tangent_q) = (0.5 * (q - before[axis]), 0.5 * (after[axis] - p));
                let (square, cube) = (t * t, t * t * t);
                p * (2.0 * cube - 3.0 * square + 1.0)
                    + q * (3.0 * square - 2.0 * cube)
                    + tangent_p * (cube - 2.0 * square + t)
                    + tangent_q * (cube - square)
            }));
        }
    }
    curve
}

/// Pixels of the longer side of the frame that a drawing fills.
const FRAME: f64 = 20.0;

/// Scales the drawing to its frame and puts its centre of mass in the middle of the image, half a pixel more or less.
fn fit(curves: &mut [Vec<Spot>], pen: &Pen, random: &mut impl Rng) {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    let (mut mass, mut moment) = (0.0, [0.0; 2]);
    for curve in curves.iter() {
        for [x, y] in curve {
            low = [low[0].min(*x), low[1].min(*y)];
            high = [high[0].max(*x), high[1].max(*y)];
        }
        for pair in curve.windows(2) {
            let length = (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]);
            mass += length;
            for axis in 0..2 {
                moment[axis] += 0.5 * length * (pair[0][axis] + pair[1][axis]);
            }
        }
    }
    let scale = (FRAME - 2.0 * pen.radius) / (high[0] - low[0]).max(high[1] - low[1]);
    let middle: Spot = std::array::from_fn(|_| 0.5 * SIDE as f64 + 0.5 * normal(random));
    for point in curves.iter_mut().flatten() {
        for axis in 0..2 {
            point[axis] = middle[axis] + scale * (point[axis] - moment[axis] / mass);
        }
    }
}

/// A pen whose radius swells and shrinks along the stroke.
struct Pen {
    radius: f64,
    pace: f64,
    phase: f64,
}

impl Pen {
    fn new(random: &mut impl Rng) -> Self {
        Self {
            radius: (1.25 * (0.32 * normal(random)).exp()).clamp(0.6, 3.0),
            pace: PI / 30.0 * random.random_range(0.5..2.0),
            phase: TAU * random.random::<f64>(),
        }
    }

    /// Inks every pixel whose centre lies within the radius of the curve.
    fn trace(&self, curve: &[Spot], image: &mut [bool]) {
        for (i, pair) in curve.windows(2).enumerate() {
            let radius = self.radius * (1.0 + 0.15 * (self.pace * i as f64 + self.phase).sin());
            ink(pair[0], pair[1], radius, image);
        }
    }
}

/// Inks the pixels whose centres lie within `radius` of the segment from `a` to `b`.
fn ink(a: Spot, b: Spot, radius: f64, image: &mut [bool]) {
    let along = [b[0] - a[0], b[1] - a[1]];
    let square = along[0] * along[0] + along[1] * along[1];
    // Pixel i has its centre at i + 1/2; clamped to the image.
    let range = |axis: usize| {
        let (low, high) = (a[axis].min(b[axis]) - radius, a[axis].max(b[axis]) + radius);
        (low - 0.5).ceil().max(0.0) as usize..((high + 0.5).floor().max(0.0) as usize).min(SIDE)
    };
    for row in range(1) {
        for column in range(0) {
            let from = [column as f64 + 0.5 - a[0], row as f64 + 0.5 - a[1]];
            let t = ((from[0] * along[0] + from[1] * along[1]) / square.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
            let (dx, dy) = (from[0] - t * along[0], from[1] - t * along[1]);
            if dx * dx + dy * dy < radius * radius {
                image[row * SIDE + column] = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Moments;

    fn on_threads(threads: usize, count: usize) -> Dataset {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| generate(count, 5)).unwrap()
    }

    #[test]
    fn an_image_depends_on_seed_and_number_alone() {
        let digits = on_threads(1, 50);
        assert_eq!(digits, on_threads(3, 50));
        let longer = on_threads(2, 70);
        for n in 0..50 {
            assert_eq!(digits.spins().unwrap().row(n), longer.spins().unwrap().row(n));
        }
        assert_ne!(digits, generate(50, 6).unwrap());
        assert!(generate(0, 0).is_err() && generate(usize::MAX, 0).is_err());
    }

    /// MNIST binarised at 127, its first 10,000 images: total variance 269.7, 45 eigenvalues above 1, the largest 22.7
    /// and the tenth 5.4, ink 13.2 %.
    #[test]
    fn the_spectrum_resembles_that_of_mnist() {
        let moments = Moments::of(&generate(10_000, 0).unwrap()).unwrap();
        let close = |found: f64, mnist: f64| (found / mnist - 1.0).abs() < 0.15;
        assert!(close(moments.covariance.trace(), 269.7), "{}", moments.covariance.trace());
        assert!(close(0.5 * (1.0 + moments.mean.mean()), 0.132));
        let variances = moments.principal_components().unwrap().variances;
        let above = variances.iter().filter(|&&variance| variance > 1.0).count();
        assert!((40..=50).contains(&above), "{above}");
        assert!(close(variances[0], 22.7) && close(variances[9], 5.4), "{variances}");
    }

    /// Digits of another seed are nearest to the mean image of their own class in four cases of five, as in MNIST (82
    /// %).
    #[test]
    fn labels_name_what_is_drawn() {
        let rows = |seed| {
            let digits = generate(2000, seed).unwrap();
            let spins = digits.spins().unwrap().clone();
            let value = move |n, pixel| spins.value(n, pixel);
            (nalgebra::DMatrix::from_fn(2000, SIDE * SIDE, value), digits.labels.unwrap())
        };
        let (known, labels) = rows(1);
        let means: Vec<_> = (0..10)
            .map(|digit| {
                let own: Vec<usize> = (0..2000).filter(|&n| labels[n] == digit).collect();
                known.select_rows(&own).row_mean()
            })
            .collect();
        let (other, labels) = rows(2);
        let nearest = |n: usize| {
            let distance = |digit: &usize| (other.row(n) - &means[*digit]).norm_squared();
            (0..10).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap()
        };
        let right = (0..2000).filter(|&n| nearest(n) as i64 == labels[n]).count();
        assert!(right > 1500, "{right} of 2000");
    }

    /// A curve passes through its points, and between inner points it is exact for quadratic functions of the index.
    #[test]
    fn curves_are_smooth() {
        let square = |t: f64| [t, 0.3 * t * t - t];
        let curve = smooth(&[0.0, 1.0, 2.0, 3.0].map(square));
        assert_eq!(curve.len(), 3 * PIECES + 1);
        for (i, point) in curve.iter().enumerate() {
            let exact = square(i as f64 / PIECES as f64);
            if i % PIECES == 0 || (PIECES..2 * PIECES).contains(&i) {
                assert!((point[0] - exact[0]).abs() + (point[1] - exact[1]).abs() < 1e-14);
            }
        }
    }

    /// The ink of a segment, counted by testing all pixels against the capsule that it should fill.
    #[test]
    fn a_segment_is_the_pixels_within_the_radius() {
        let (a, b, radius) = ([-2.0, 3.2], [19.3, 30.1], 2.3f64);
        let mut image = vec![false; SIDE * SIDE];
        ink(a, b, radius, &mut image);
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        for (row, column) in (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column))) {
            let (x, y) = (column as f64 + 0.5, row as f64 + 0.5);
            // Coordinates along and across the segment.
            let along = ((x - a[0]) * (b[0] - a[0]) + (y - a[1]) * (b[1] - a[1])) / length;
            let across = ((x - a[0]) * (b[1] - a[1]) - (y - a[1]) * (b[0] - a[0])) / length;
            let beyond = (along - length).max(-along).max(0.0);
            assert_eq!(image[row * SIDE + column], across.hypot(beyond) < radius, "row {row}, column {column}");
        }
    }
}
