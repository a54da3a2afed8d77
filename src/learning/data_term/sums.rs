//! Sums over samples: `F = Yᵀ Z + θ`, the mean of each hidden direction given F, and `Z ⟨σ⟩ᵀ`, block by block.
//!
//! The samples are cut into at most [`GROUPS`] ranges, independent of the number of threads. Each range adds up its own blocks,
//! small enough for F to stay in cache between the two products. The ranges are then added in order.
//!
//! Under the Gaussian prior ⟨σ⟩ is along f. With about as many hidden directions as visible ones, both products have a cheaper
//! form: `|f|²` needs only the triangle R of `[Yᵀ θ] = Q R`, and the sums need only the lower half of a symmetric matrix:
//!
//! ```text
//! |f|² = |R (z, 1)|²,    S = ⟨V z zᵀ⟩,    ζ = ⟨V z⟩,    V̄ = ⟨V⟩:    ⟨z σᵀ⟩ = S Y + ζ θᵀ,    ⟨σ⟩ = Yᵀ ζ + V̄ θ .
//! ```

use super::clamped::{Clamped, HiddenLayer};
use super::samples::Samples;
use super::source::Source;
use crate::linalg::{View, add_product, columns, columns_mut, set_product, vectorized, view, view_mut};
use crate::theory::average::{Averager, Backend, Field, response};
use crate::{Error, Prior, Result};
use nalgebra::DMatrix;
use rayon::prelude::*;
use std::ops::Range;

/// Largest number of ranges of samples, each added up on its own.
const GROUPS: usize = 16;
/// Numbers in a block of samples: 0.5 MB, so that the block and the fields of its samples stay in cache.
const BLOCK: usize = 1 << 16;
/// Smallest and largest number of samples in a block.
const BLOCK_SAMPLES: (usize, usize) = (128, 512);

/// Number of directions in a block of rows of the triangle, or of columns of the symmetric sum. The part beyond the block is left
/// out.
const PANEL: usize = 24;
/// Largest number of visible directions for the triangular form: Y is factorised on one thread.
const TRIANGULAR: usize = 256;

/// Memory of one range.
#[derive(Clone, Debug, Default)]
struct Group {
    /// ±1 units of a block as real numbers.
    expanded: Vec<f64>,
    /// F, then ⟨σ⟩, sample after sample.
    field: Vec<f64>,
    /// |f|²/N_h + n.
    x: Vec<f64>,
    /// V of x.
    v: Vec<f64>,
    averager: Option<Averager>,
    /// Σ z σᵀ, column after column; in the triangular form Σ V z zᵀ.
    correlation: Vec<f64>,
    /// Σ σ; in the triangular form Σ V z.
    hidden: Vec<f64>,
    /// Σ V, in the triangular form only.
    response: f64,
}

/// The ranges of one set of samples.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    groups: Vec<Group>,
    /// Largest number of samples in a block.
    block: usize,
}

/// Some samples, one after the other.
#[derive(Clone, Copy)]
struct Block<'a> {
    columns: &'a [f64],
    directions: usize,
}

impl<'a> Block<'a> {
    fn count(self) -> usize {
        self.columns.len() / self.directions
    }

    fn view(self) -> View<'a> {
        columns(self.columns, self.directions)
    }
}

impl Sums {
    pub fn new(source: &Source) -> Self {
        let block = (BLOCK / source.dimension().max(1)).clamp(BLOCK_SAMPLES.0, BLOCK_SAMPLES.1);
        let groups = match source {
            Source::Samples(samples) => samples.count().div_ceil(block).min(GROUPS),
            Source::Mixture(_) => 0,
        };
        Self { groups: vec![Group::default(); groups], block }
    }

    /// The data term with means `f V(|f|²/N_h + n)`.
    pub fn gaussian(&mut self, samples: &Samples, layer: HiddenLayer, out: &mut Clamped) -> Result<()> {
        let (directions, hidden) = layer.weights.shape();
        // S has D columns and ⟨z σᵀ⟩ has H, but half of S is saved.
        if directions <= TRIANGULAR && 4 * directions <= 5 * hidden {
            return self.triangular(samples, layer, out);
        }
        self.add_up(samples, layer, (directions, hidden), |group, z| group.respond_in_full(z, layer))?;
        self.gather(samples, hidden, out);
        Ok(())
    }

    fn triangular(&mut self, samples: &Samples, layer: HiddenLayer, out: &mut Clamped) -> Result<()> {
        let HiddenLayer { weights, theta, units, noise } = layer;
        let (directions, hidden) = weights.shape();
        let mut extended = weights.transpose().insert_column(directions, 0.0);
        extended.set_column(directions, theta);
        let r = extended.qr().unpack_r();
        // Row D, if there is one, holds the length of the part of θ outside the columns of Yᵀ, the same for all samples.
        let rank = directions.min(hidden);
        let outside = if hidden > directions { r[(directions, directions)] } else { 0.0 };
        let (triangle, rotated) = (r.view((0, 0), (rank, directions)).transpose(), r.view((0, directions), (rank, 1)));
        let (theta_rotated, noise) = (rotated.column(0).into_owned(), noise + outside * outside / units);
        let layer = HiddenLayer { weights: &triangle, theta: &theta_rotated, units, noise };
        self.add_up(samples, layer, (directions, directions), |group, z| group.respond_triangular(z, layer))?;

        let mut sums = Clamped::zeros(directions, directions);
        self.gather(samples, directions, &mut sums);
        sums.correlation.fill_upper_triangle_with_lower_triangle();
        let response = self.groups.iter().map(|group| group.response).sum::<f64>() / samples.count() as f64;
        out.hidden = weights.tr_mul(&sums.hidden) + theta * response;
        out.correlation = &sums.hidden * theta.transpose();
        add_product(view_mut(&mut out.correlation), view(&sums.correlation), view(weights));
        Ok(())
    }

    /// The data term with means `√N_h E[v̂ tanh(N_h^{-1/2} f·v̂ + √n x)]` under a prior, independent in the basis of the columns
    /// of `weights`.
    pub fn averaged(&mut self, samples: &Samples, prior: &Prior, layer: HiddenLayer, out: &mut Clamped) -> Result<()> {
        let modes = layer.weights.ncols();
        for group in &mut self.groups {
            // The number of modes follows the rank of Y.
            if group.hidden.len() != modes || group.averager.is_none() {
                group.averager = Some(Averager::new(prior, modes, Backend::Fourier)?);
            }
        }
        self.add_up(samples, layer, layer.weights.shape(), |group, z| group.average(z, layer))?;
        self.gather(samples, modes, out);
        Ok(())
    }

    /// Every group adds its blocks with `add`, to sums of the given shape.
    fn add_up(
        &mut self,
        samples: &Samples,
        layer: HiddenLayer,
        shape: (usize, usize),
        add: impl Fn(&mut Group, Block) -> Result<()> + Sync,
    ) -> Result<()> {
        let (count, groups, most) = (samples.count(), self.groups.len(), self.block);
        let work = |(index, group): (usize, &mut Group)| {
            let range = index * count / groups..(index + 1) * count / groups;
            group.reset(samples.expansion() * most, layer.weights.ncols().max(shape.1) * most, shape);
            let blocks = range.len().div_ceil(most);
            for block in 0..blocks {
                let edge = |block: usize| range.start + block * range.len() / blocks;
                group.block(samples, edge(block)..edge(block + 1), &add)?;
            }
            Ok(())
        };
        self.groups.par_iter_mut().enumerate().try_for_each(work)
    }

    /// Mean over the samples of the groups' sums, added in their order.
    fn gather(&self, samples: &Samples, hidden: usize, out: &mut Clamped) {
        if out.correlation.shape() != (samples.dimension(), hidden) {
            *out = Clamped::zeros(samples.dimension(), hidden);
        }
        let weight = 1.0 / samples.count() as f64;
        let mean = |out: &mut [f64], part: fn(&Group) -> &[f64]| {
            out.fill(0.0);
            for group in &self.groups {
                out.iter_mut().zip(part(group)).for_each(|(out, sum)| *out += sum);
            }
            out.iter_mut().for_each(|out| *out *= weight);
        };
        mean(out.correlation.as_mut_slice(), |group| &group.correlation);
        mean(out.hidden.as_mut_slice(), |group| &group.hidden);
    }
}

impl Group {
    /// Resizes the memory for blocks to the given lengths, and sets sums of the given shape to zero.
    fn reset(&mut self, expanded: usize, field: usize, shape: (usize, usize)) {
        self.expanded.resize(expanded, 0.0);
        self.field.resize(field, 0.0);
        self.x.resize(BLOCK_SAMPLES.1, 0.0);
        self.v.resize(BLOCK_SAMPLES.1, 0.0);
        self.correlation.clear();
        self.correlation.resize(shape.0 * shape.1, 0.0);
        self.hidden.clear();
        self.hidden.resize(shape.1, 0.0);
        self.response = 0.0;
    }

    /// Adds the samples of one block.
    fn block(
        &mut self,
        samples: &Samples,
        range: Range<usize>,
        add: impl Fn(&mut Group, Block) -> Result<()>,
    ) -> Result<()> {
        // Taken out, so that the rest of the group can be changed while the samples are read.
        let mut expanded = std::mem::take(&mut self.expanded);
        let columns = samples.columns(range, &mut expanded);
        add(self, Block { columns, directions: samples.dimension() })?;
        self.expanded = expanded;
        Ok(())
    }

    /// `F = Yᵀ Z`.
    fn set_field(&mut self, z: Block, weights: &DMatrix<f64>) {
        let (hidden, count) = (weights.ncols(), z.count());
        let field = columns_mut(&mut self.field[..hidden * count], hidden);
        set_product(field, view(weights).transpose(), z.view());
    }

    /// Adds `Z Fᵀ`.
    fn add_correlation(&mut self, z: Block) {
        let (hidden, count) = (self.hidden.len(), z.count());
        let mean = columns(&self.field[..hidden * count], hidden);
        let sum = columns_mut(&mut self.correlation, z.directions);
        add_product(sum, z.view(), mean.transpose());
    }

    /// Sets `F ← F + θ` and computes V of every sample.
    fn respond(&mut self, count: usize, layer: HiddenLayer) -> Result<()> {
        let theta = layer.theta.as_slice();
        let (x, v) = (&mut self.x[..count], &mut self.v[..count]);
        let fields = self.field.chunks_exact_mut(theta.len());
        vectorized(|| {
            for (field, x) in fields.zip(x.iter_mut()) {
                *x = add_and_square(field, theta) / layer.units + layer.noise;
            }
        });
        response::v_slice(x, v)
    }

    /// Adds the means `(F + θ) V(|F + θ|²/N_h + n)`.
    fn respond_in_full(&mut self, z: Block, layer: HiddenLayer) -> Result<()> {
        self.set_field(z, layer.weights);
        self.respond(z.count(), layer)?;
        let fields = self.field.chunks_exact_mut(layer.theta.len()).zip(&self.v[..z.count()]);
        vectorized(|| {
            for (field, &v) in fields {
                for (f, sum) in field.iter_mut().zip(&mut self.hidden) {
                    *f *= v;
                    *sum += *f;
                }
            }
        });
        self.add_correlation(z);
        Ok(())
    }

    /// Adds `V z zᵀ` (its lower half, and some of the upper), `V z` and V, for weights that are the transpose of a triangle.
    fn respond_triangular(&mut self, z: Block, layer: HiddenLayer) -> Result<()> {
        let (directions, count, all) = (z.directions, z.count(), z.view());
        let rank = layer.weights.ncols();
        let mut field = columns_mut(&mut self.field[..rank * count], rank);
        for first in (0..rank).step_by(PANEL) {
            let (width, rest) = (PANEL.min(rank - first), directions - first);
            let panel = view(layer.weights).submatrix(first, first, rest, width);
            set_product(field.as_mut().subrows_mut(first, width), panel.transpose(), all.subrows(first, rest));
        }
        self.respond(count, layer)?;
        let samples = z.columns.chunks_exact(directions).zip(self.field.chunks_exact_mut(directions));
        vectorized(|| {
            for ((z, scaled), &v) in samples.zip(&self.v[..count]) {
                for ((scaled, z), sum) in scaled.iter_mut().zip(z).zip(&mut self.hidden) {
                    *scaled = z * v;
                    *sum += *scaled;
                }
            }
        });
        self.response += self.v[..count].iter().sum::<f64>();
        let scaled = columns(&self.field[..directions * count], directions);
        let mut sum = columns_mut(&mut self.correlation, directions);
        for first in (0..directions).step_by(PANEL) {
            let (width, rest) = (PANEL.min(directions - first), directions - first);
            let sum = sum.as_mut().submatrix_mut(first, first, rest, width);
            add_product(sum, all.subrows(first, rest), scaled.subrows(first, width).transpose());
        }
        Ok(())
    }

    /// Adds the means `√N_h E[v̂ tanh(N_h^{-1/2} (F + θ)·v̂ + √n x)]`.
    fn average(&mut self, z: Block, layer: HiddenLayer) -> Result<()> {
        let (scale, noise) = (layer.units.sqrt(), layer.noise.sqrt());
        self.set_field(z, layer.weights);
        let Some(averager) = self.averager.as_mut() else { return Err(Error::NoModes) };
        for field in self.field.chunks_exact_mut(layer.theta.len()).take(z.count()) {
            field.iter_mut().zip(layer.theta).for_each(|(f, theta)| *f = (*f + theta) / scale);
            let averages = averager.evaluate(&Field::new(field, noise))?;
            for ((f, mean), sum) in field.iter_mut().zip(&averages.component_tanh).zip(&mut self.hidden) {
                *f = scale * mean;
                *sum += *f;
            }
        }
        self.add_correlation(z);
        Ok(())
    }
}

/// Adds θ to a field and returns its square, in eight partial sums that the processor adds at once.
#[inline(always)]
fn add_and_square(field: &mut [f64], theta: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut squares = [0.0; LANES];
    let (head, tail) = field.as_chunks_mut::<LANES>();
    let (theta_head, theta_tail) = theta.as_chunks::<LANES>();
    for (field, theta) in head.iter_mut().zip(theta_head) {
        for lane in 0..LANES {
            field[lane] += theta[lane];
            squares[lane] += field[lane] * field[lane];
        }
    }
    for ((field, theta), square) in tail.iter_mut().zip(theta_tail).zip(&mut squares) {
        *field += theta;
        *square += *field * *field;
    }
    squares.iter().sum()
}
