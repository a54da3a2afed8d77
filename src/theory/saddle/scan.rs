//! All solutions for one mode: branch and prune on (m̄, q̄).
//!
//! Under symmetric laws each half of the equations is bounded over a box by four averages: the magnetization grows with
//! the field of the mode and shrinks in size with the noise; the overlap grows with the size of the field and changes with
//! the noise at a bounded rate. A box that its image does not meet holds no solution; the others are cut to their
//! image or halved, until tanh is nearly linear across what is left, and Newton's method finishes. Without noise q̄ is
//! idle and the equation has one dimension.

use super::equations::Layer;
use super::fixed_point::FixedPoint;
use super::solver::Solver;
use super::start::Start;
use crate::error::Result;
use crate::theory::average::Backend;
use nalgebra::DVector;
use std::f64::consts::PI;

/// Boxes looked at before a scan is given up.
const MAX_BOXES: usize = 30_000;
/// Width of a box that Newton's method is started from, in units of the fields and of the variance of their noise, or of
/// that noise where it is larger.
const NARROW: f64 = 0.02;
/// Largest distance by which rounding may move an image.
const ROUNDING: f64 = 1e-13;
/// Distance of the spectral radius from 1 up to which a box may hold two solutions, close to their merging.
const CRITICAL: f64 = 0.2;

type Interval = (f64, f64);

/// Ranges of a layer's magnetization and overlap.
#[derive(Clone, Copy, Debug)]
struct Cell {
    magnetization: Interval,
    overlap: Interval,
}

/// The solutions of the equations of one mode; `None` for more modes, empirical laws and Gauss rules,
/// and where the budget is spent.
pub(super) fn solutions(solver: &mut Solver) -> Result<Option<Vec<FixedPoint>>> {
    let ensemble = solver.ensemble();
    let symmetric = ensemble.prior_u().is_symmetric() && ensemble.prior_v().is_symmetric();
    // The bounds are those of exact averages, which a Gauss rule of too few nodes does not have.
    if ensemble.modes().len() != 1 || !symmetric || ensemble.backend() != Backend::Fourier {
        return Ok(None);
    }
    // |E[û tanh h]| < E|û| ≤ 1.
    let largest = ensemble.kappa().powf(-0.25);
    let lowest = if ensemble.has_fields() { -largest } else { 0.0 };
    let overlap = (0.0, if ensemble.sigma() > 0.0 { 1.0 } else { 0.0 });
    let mut open = vec![Cell { magnetization: (lowest, largest), overlap }];
    let mut found = Vec::new();
    for _ in 0..MAX_BOXES {
        let Some(cell) = open.pop() else { return Ok(Some(found)) };
        let other = enclose(solver, Layer::Hidden, &cell)?;
        let image = enclose(solver, Layer::Visible, &other)?;
        let Some(left) = common(&cell, &image) else { continue };
        let (field, variance) = widths(solver, Layer::Hidden, &left);
        let (other_field, other_variance) = widths(solver, Layer::Visible, &other);
        if field.max(variance).max(other_field).max(other_variance) <= NARROW {
            finish(solver, &other, &mut found)?;
        } else if size(&left) < 0.7 * size(&cell) {
            open.push(left);
        } else {
            open.extend(halves(&left, field >= variance));
        }
    }
    Ok(None)
}

/// A layer's response to a range of the other layer's order parameters.
fn enclose(solver: &mut Solver, layer: Layer, cell: &Cell) -> Result<Cell> {
    let (low, high) = cell.magnetization;
    let (quiet, noisy) = cell.overlap;
    let equations = solver.equations();
    let field = |x: f64| equations.field(layer, x);
    let (at_low, at_high) = (field(low), field(high));
    // The overlap is smallest where the field is, which may be inside.
    let weakest = match () {
        () if at_low < 0.0 && at_high > 0.0 => low - at_low * (high - low) / (at_high - at_low),
        () if at_low.abs() <= at_high.abs() => low,
        () => high,
    };
    let strongest = if at_low.abs() > at_high.abs() { low } else { high };
    let middle = 0.5 * (quiet + noisy);
    let per_overlap = equations.variance(layer);
    let change = 0.5 * (noisy - quiet) * per_overlap * rate((per_overlap * quiet).sqrt());
    let mut at = |x: f64, q: f64| equations.respond(layer, x, q);
    let above = at(high, if at_high > 0.0 { quiet } else { noisy })?.0;
    let below = at(low, if at_low > 0.0 { noisy } else { quiet })?.0;
    let overlap = if noisy > 0.0 {
        let (smallest, largest) = (at(weakest, middle)?.1 - change, at(strongest, middle)?.1 + change);
        ((smallest - ROUNDING).max(0.0), (largest + ROUNDING).min(1.0))
    } else if per_overlap > 0.0 {
        (at(weakest, 0.0)?.1, at(strongest, 0.0)?.1)
    } else {
        (0.0, 0.0)
    };
    let slack = ROUNDING * (above.abs() + below.abs()) + f64::MIN_POSITIVE;
    Ok(Cell { magnetization: (below - slack, above + slack), overlap })
}

/// Bound on `|dE tanh²/ds²| = |E[3 sech⁴ − 2 sech²]|` at noise of at least `noise`: 3x² − 2x lies between −1/3 and 1,
/// and averages of sech⁴ and sech² are largest without a field, below `4/3` and 2 times the height of the normal density.
fn rate(noise: f64) -> f64 {
    let height = 1.0 / ((2.0 * PI).sqrt() * noise);
    (4.0 / 3.0 * height).min(1.0).max((4.0 * height).min(1.0 / 3.0))
}

fn common(cell: &Cell, image: &Cell) -> Option<Cell> {
    let cut = |a: Interval, b: Interval| (a.0.max(b.0), a.1.min(b.1));
    let magnetization = cut(cell.magnetization, image.magnetization);
    let overlap = cut(cell.overlap, image.overlap);
    (magnetization.0 <= magnetization.1 && overlap.0 <= overlap.1).then_some(Cell { magnetization, overlap })
}

/// Widths of the field and of its variance that a cell of the other layer puts on `layer`, in units of 1 or of the noise.
fn widths(solver: &mut Solver, layer: Layer, cell: &Cell) -> (f64, f64) {
    let equations = solver.equations();
    let field = equations.field(layer, cell.magnetization.1) - equations.field(layer, cell.magnetization.0);
    let per_overlap = equations.variance(layer);
    let unit = (per_overlap * cell.overlap.0).max(1.0);
    (field / unit.sqrt(), per_overlap * (cell.overlap.1 - cell.overlap.0) / unit)
}

fn size(cell: &Cell) -> f64 {
    let width = |interval: Interval| interval.1 - interval.0;
    // An overlap that nothing depends on has no width.
    width(cell.magnetization) * if cell.overlap.1 > 0.0 { width(cell.overlap) } else { 1.0 }
}

fn halves(cell: &Cell, magnetization: bool) -> [Cell; 2] {
    let (low, high) = if magnetization { cell.magnetization } else { cell.overlap };
    let middle = 0.5 * (low + high);
    [(low, middle), (middle, high)]
        .map(|half| if magnetization { Cell { magnetization: half, ..*cell } } else { Cell { overlap: half, ..*cell } })
}

/// Newton's method from the middle of a range of the hidden order parameters, and from its corners where two solutions may
/// be close.
fn finish(solver: &mut Solver, cell: &Cell, found: &mut Vec<FixedPoint>) -> Result<()> {
    let at = |part: f64| {
        let point = |interval: Interval| interval.0 + part * (interval.1 - interval.0);
        Start { magnetization: DVector::from_element(1, point(cell.magnetization)), overlap: point(cell.overlap) }
    };
    for part in [0.5, 0.0, 1.0] {
        let Some(point) = solver.polish(&at(part))? else { continue };
        let critical = (point.spectral_radius - 1.0).abs() < CRITICAL;
        found.push(point);
        if !critical {
            break;
        }
    }
    Ok(())
}
