//! The boundaries as curves, each point a root.
//!
//! On every line of constant σ the disordered state gives P–F or SG–F through its overlap; the Almeida–Thouless line is
//! a root of its number along the dominant condensed state; a limit of metastability is where a state that was followed
//! ceases to exist or to be stable, its spectral radius reaching 1. The vertical line P–SG is searched along 1/σ.

use super::branches::{Branches, disordered};
use super::curve::{Boundary, BoundaryPoint, Curve, Family, PRECISION, PointStatus, ZERO_TEMPERATURE};
use super::root::{self, Root};
use crate::error::{Error, Result};
use crate::theory::saddle::{FixedPoint, Solver, Start};
use rayon::prelude::*;
use std::f64::consts::FRAC_PI_2;

/// Intervals in w_max/σ in which changes are looked for, on each line of constant σ.
const INTERVALS: usize = 48;
/// |f| just beside a root beyond which its change of sign is a jump: a slope leaves less than 1e-6 at this distance.
const JUMP: f64 = 1e-4;
/// 1 − spectral radius at the stable end of a bracket of 1e-10 around a limit of stability: about 1e-5 at a fold.
const MARGINAL: f64 = 1e-3;

/// A point of a boundary, and whether the state that it bounds is stable above it: pieces that differ in this are not
/// connected.
#[derive(Clone, Copy, Debug)]
struct Found {
    curve: Curve,
    stable_above: bool,
    point: BoundaryPoint,
}

impl Found {
    fn new(curve: Curve, point: BoundaryPoint) -> Self {
        Self { curve, stable_above: true, point }
    }
}

/// The boundaries of a family in a window: one point on each line of the axis `inv_sigma` (and on 1/σ = 1 if the axis
/// passes it, and on lines between where the Almeida–Thouless line is steep), with ordinates in `window`. `progress` is called once for each entry of the axis.
///
/// # Errors
/// A failure of the averages.
pub fn boundaries(
    family: &Family,
    inv_sigma: &[f64],
    window: (f64, f64),
    progress: &(dyn Fn() + Sync),
) -> Result<Vec<Boundary>> {
    let (first, last) = (inv_sigma[0], inv_sigma[inv_sigma.len() - 1]);
    let mut abscissae = inv_sigma.to_vec();
    if first < 1.0 && 1.0 < last && !inv_sigma.contains(&1.0) {
        abscissae.push(1.0);
        abscissae.sort_by(f64::total_cmp);
    }
    let lines: Result<Vec<Vec<Found>>> = abscissae
        .par_iter()
        .map(|&x| {
            let found = line(family, x, window);
            if inv_sigma.contains(&x) {
                progress();
            }
            found
        })
        .collect();
    let mut lines = lines?;
    let reach = reach(&abscissae, window);
    refine(family, &mut abscissae, &mut lines, window, reach)?;
    let mut pieces = connect(&lines, reach);
    for piece in &mut pieces {
        close_at_edges(family, &abscissae, window, piece)?;
    }
    if first < 1.0 && 1.0 < last && window.0 < 1.0 {
        pieces.push(paramagnetic_spin_glass(family, window)?);
    }
    pieces.sort_by_key(|piece| piece.curve);
    Ok(pieces)
}

/// The points of all boundaries but P–SG on one line of constant σ.
fn line(family: &Family, x: f64, window: (f64, f64)) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let onset = onset(family, x)?;
    let inside = |y: f64| window.0 <= y && y <= window.1;
    let curves: &[Curve] = if x == 1.0 {
        &[Curve::ParamagneticFerromagnetic, Curve::SpinGlassFerromagnetic, Curve::AlmeidaThouless]
    } else if x > 1.0 {
        &[Curve::ParamagneticFerromagnetic]
    } else {
        &[Curve::SpinGlassFerromagnetic]
    };
    if inside(onset.w_over_sigma) {
        found.extend(curves.iter().map(|&curve| Found::new(curve, onset)));
    }
    if ZERO_TEMPERATURE < x && x < 1.0 {
        found.extend(almeida_thouless(family, x, (window.0.max(onset.w_over_sigma + 2.0 * PRECISION), window.1))?);
    }
    let modes = family.modes_ratio().len();
    // Under Gaussian laws only the largest mode is ever stable, from its onset on: there is nothing more to find.
    if modes > 1 && x > ZERO_TEMPERATURE && !family.is_gaussian() {
        for mode in 0..modes {
            found.extend(limits_of_stability(family, x, window, &[mode], Curve::Metastable(mode + 1))?);
        }
        for size in 2..=modes {
            let mixture: Vec<usize> = (0..size).collect();
            found.extend(limits_of_stability(family, x, window, &mixture, Curve::Mixture(size))?);
        }
    }
    Ok(found)
}

/// Where the disordered state becomes unstable to the first mode: `w_max² (1 − q)(1 − q̄) = 1`.
fn onset(family: &Family, x: f64) -> Result<BoundaryPoint> {
    let closed =
        |w_over_sigma| BoundaryPoint { inv_sigma: x, w_over_sigma, bracket: 0.0, status: PointStatus::ClosedForm };
    if x == 1.0 {
        // The three phases meet at (1, 1) for every κ and every prior.
        return Ok(closed(1.0));
    }
    if x <= ZERO_TEMPERATURE {
        // As σ → ∞, E sech² h → √(2/π)/(κ^{1/4} σ) and E sech² h̄ → √(2/π) κ^{1/4}/σ.
        return Ok(closed(FRAC_PI_2.sqrt()));
    }
    // Mode by mode the onset scales: the growth w² (1 − q)(1 − q̄) at w/σ = 1 tells where it is, the root certifies it.
    let estimate = 1.0 / growth(family, x, 1.0)?.sqrt();
    let root = root::find(|y| Ok(growth(family, x, y)? - 1.0), 0.5 * estimate, 2.0 * estimate)?;
    Ok(along_w(x, root))
}

/// `w_max² (1 − q)(1 − q̄)` of the disordered state.
fn growth(family: &Family, x: f64, y: f64) -> Result<f64> {
    let point = disordered(family, x, y)?;
    let w = y / x.max(ZERO_TEMPERATURE);
    Ok(if point.is_converged() { w * w * point.susceptibility() } else { f64::NAN })
}

fn along_w(x: f64, root: Root) -> BoundaryPoint {
    BoundaryPoint { inv_sigma: x, w_over_sigma: root.at, bracket: PRECISION, status: status(root) }
}

fn status(root: Root) -> PointStatus {
    if !root.is_bracketed() {
        PointStatus::Unconverged
    } else if root.below.abs().max(root.above.abs()) > JUMP {
        PointStatus::Jump
    } else {
        PointStatus::Converged
    }
}

/// Roots of `σ⁴ E[sech⁴ h] E[sech⁴ h̄] − 1` along the dominant condensed state.
fn almeida_thouless(family: &Family, x: f64, range: (f64, f64)) -> Result<Vec<Found>> {
    if range.0 >= range.1 {
        return Ok(Vec::new());
    }
    let mut branches = Branches::new(family, x)?;
    let mut upper: Option<(f64, f64, Branches)> = None;
    let mut found = Vec::new();
    for y in descending(range) {
        let value = excess(&branches.at(y)?);
        if let Some((above, value_above, saved)) = &upper
            && value * value_above <= 0.0
        {
            let root = root::find(|y| Ok(excess(&saved.clone().at(y)?)), y, *above)?;
            found.push(Found::new(Curve::AlmeidaThouless, along_w(x, root)));
        }
        upper = Some((y, value, branches.clone()));
    }
    Ok(found)
}

/// AT number − 1 of the dominant state if it is condensed, else NaN.
fn excess(states: &[FixedPoint]) -> f64 {
    states.first().filter(|point| !point.modes_condensed.is_empty()).map_or(f64::NAN, |point| point.at_number - 1.0)
}

fn descending(range: (f64, f64)) -> impl Iterator<Item = f64> {
    (0..=INTERVALS).map(move |n| range.1 + (range.0 - range.1) * n as f64 / INTERVALS as f64)
}

/// Where the state with exactly `modes` condensed appears, disappears, gains or loses stability, from the top down.
fn limits_of_stability(
    family: &Family,
    x: f64,
    window: (f64, f64),
    modes: &[usize],
    curve: Curve,
) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut above: Option<(f64, Option<FixedPoint>)> = None;
    for y in descending(window) {
        let last = above.as_ref().and_then(|(_, state)| state.as_ref());
        let state = stable_state(family, x, y, modes, last)?;
        if let Some((y_above, state_above)) = above.take() {
            let change = match (&state_above, &state) {
                (Some(stable), None) => Some(bisect(family, x, modes, (y_above, stable), y)?),
                (None, Some(stable)) => Some(bisect(family, x, modes, (y, stable), y_above)?),
                _ => None,
            };
            found.extend(change.map(|point| Found { curve, stable_above: state.is_none(), point }));
        }
        above = Some((y, state));
    }
    Ok(found)
}

/// The stable state with exactly `modes` condensed, from a neighbouring one or from scratch.
fn stable_state(
    family: &Family,
    x: f64,
    y: f64,
    modes: &[usize],
    near: Option<&FixedPoint>,
) -> Result<Option<FixedPoint>> {
    let ensemble = family.ensemble(x, y)?;
    let mut solver = Solver::new(&ensemble)?;
    let scratch = Start::condensed(ensemble.modes().len(), modes);
    for start in near.map(Start::from).into_iter().chain([scratch]) {
        let point = solver.solve(&start)?;
        // Strictly: the tolerance of `stable` would move the limit by as much.
        let stable = point.is_converged() && point.spectral_radius < 1.0;
        if stable && point.modes_condensed.iter().map(|rank| rank - 1).eq(modes.iter().copied()) {
            return Ok(Some(point));
        }
    }
    Ok(None)
}

/// The limit of stability between w_max/σ of a stable state and one where there is none. Bisection, because beyond a
/// fold there is no function to find a root of; that the spectral radius tends to 1 is checked at the end.
fn bisect(
    family: &Family,
    x: f64,
    modes: &[usize],
    (mut inside, stable): (f64, &FixedPoint),
    mut outside: f64,
) -> Result<BoundaryPoint> {
    let mut state = stable.clone();
    while (inside - outside).abs() > PRECISION {
        let middle = 0.5 * (inside + outside);
        match stable_state(family, x, middle, modes, Some(&state))? {
            Some(point) => (inside, state) = (middle, point),
            None => outside = middle,
        }
    }
    let marginal = 1.0 - state.spectral_radius < MARGINAL;
    Ok(BoundaryPoint {
        inv_sigma: x,
        w_over_sigma: 0.5 * (inside + outside),
        bracket: (inside - outside).abs(),
        status: if marginal { PointStatus::Converged } else { PointStatus::Unconverged },
    })
}

/// P–SG: where the paramagnet's Almeida–Thouless number, which is also the eigenvalue of its q block, reaches 1.
fn paramagnetic_spin_glass(family: &Family, window: (f64, f64)) -> Result<Boundary> {
    let top = window.1.min(1.0);
    let points: Result<Vec<BoundaryPoint>> = descending((window.0, top))
        .map(|y| {
            let excess = |x: f64| {
                let ensemble = family.ensemble(x, y)?;
                let paramagnet = Solver::new(&ensemble)?.solve(&Start::paramagnet(ensemble.modes().len()))?;
                Ok(paramagnet.at_number - 1.0)
            };
            let root = root::find(excess, 0.5, 2.0)?;
            Ok(BoundaryPoint { inv_sigma: root.at, w_over_sigma: y, bracket: PRECISION, status: status(root) })
        })
        .collect();
    Ok(Boundary { curve: Curve::ParamagneticSpinGlass, points: points? })
}

/// Largest difference of w_max/σ on neighbouring lines at which points are joined.
fn reach(abscissae: &[f64], window: (f64, f64)) -> f64 {
    let spacing = abscissae.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    // A boundary steeper than four is drawn as separate points rather than joined to a wrong neighbour.
    (4.0 * spacing).max(0.1 * (window.1 - window.0))
}

/// Additional lines where the Almeida–Thouless line, w/σ ~ σ at large σ, rises by more than half the reach between
/// neighbours.
fn refine(
    family: &Family,
    abscissae: &mut Vec<f64>,
    lines: &mut Vec<Vec<Found>>,
    window: (f64, f64),
    reach: f64,
) -> Result<()> {
    /// Largest number of times that an interval is halved.
    const ROUNDS: usize = 8;
    // The point of a line that has one, and the top of the window for a line whose point lies beyond.
    let only = |line: &[Found]| {
        let mut points = line.iter().filter(|found| found.curve == Curve::AlmeidaThouless);
        match (points.next(), points.next()) {
            (Some(found), None) => Some(found.point.w_over_sigma),
            (None, _) => Some(window.1),
            _ => None,
        }
    };
    for _ in 0..ROUNDS {
        let steep = |index: &usize| {
            let (x, pair) = (abscissae[index + 1], (only(&lines[*index]), only(&lines[index + 1])));
            x <= 1.0 && matches!(pair, (Some(a), Some(b)) if (a - b).abs() > 0.5 * reach)
        };
        let places: Vec<usize> = (0..lines.len().saturating_sub(1)).filter(steep).collect();
        if places.is_empty() {
            break;
        }
        let middle = |&index: &usize| {
            let x = 0.5 * (abscissae[index] + abscissae[index + 1]);
            Ok((x, line(family, x, window)?))
        };
        let between: Vec<(f64, Vec<Found>)> = places.par_iter().map(middle).collect::<Result<_>>()?;
        for (index, (x, found)) in places.into_iter().zip(between).rev() {
            abscissae.insert(index + 1, x);
            lines.insert(index + 1, found);
        }
    }
    Ok(())
}

/// Joins the points of neighbouring lines into pieces, nearest first.
fn connect(lines: &[Vec<Found>], reach: f64) -> Vec<Boundary> {
    struct Piece {
        stable_above: bool,
        last_line: usize,
        boundary: Boundary,
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        for found in line {
            let distance = |piece: &Piece| {
                let last = piece.boundary.points.last().map_or(f64::INFINITY, |point| point.w_over_sigma);
                (last - found.point.w_over_sigma).abs()
            };
            let joinable = |piece: &&mut Piece| {
                piece.boundary.curve == found.curve
                    && piece.stable_above == found.stable_above
                    && piece.last_line + 1 == index
                    && distance(piece) < reach
            };
            let nearest = pieces.iter_mut().filter(joinable).min_by(|a, b| distance(a).total_cmp(&distance(b)));
            match nearest {
                Some(piece) => {
                    piece.last_line = index;
                    piece.boundary.points.push(found.point);
                }
                None => pieces.push(Piece {
                    stable_above: found.stable_above,
                    last_line: index,
                    boundary: Boundary { curve: found.curve, points: vec![found.point] },
                }),
            }
        }
    }
    pieces.into_iter().map(|piece| piece.boundary).collect()
}

/// Lets a curve that leaves the window between two lines end on the window's edge: a root along 1/σ.
fn close_at_edges(family: &Family, abscissae: &[f64], window: (f64, f64), piece: &mut Boundary) -> Result<()> {
    let value: fn(&Family, f64, f64) -> Result<f64> = match piece.curve {
        Curve::ParamagneticFerromagnetic | Curve::SpinGlassFerromagnetic => {
            |family, x, y| Ok(growth(family, x, y)? - 1.0)
        }
        Curve::AlmeidaThouless => |family, x, y| Ok(excess(&Branches::new(family, x)?.at(y)?)),
        _ => return Ok(()),
    };
    let position = |x: f64| abscissae.iter().position(|&other| other == x);
    let (Some(first), Some(last)) = (piece.points.first().copied(), piece.points.last().copied()) else {
        return Ok(());
    };
    let before = position(first.inv_sigma).and_then(|index| index.checked_sub(1)).map(|index| abscissae[index]);
    let after = position(last.inv_sigma).and_then(|index| abscissae.get(index + 1)).copied();
    for (end, neighbour) in [(first, before), (last, after)] {
        let Some(neighbour) = neighbour else { continue };
        // P–F lies at 1/σ ≥ 1, the other two at 1/σ ≤ 1.
        let beyond = if piece.curve == Curve::ParamagneticFerromagnetic { neighbour < 1.0 } else { neighbour > 1.0 };
        if beyond {
            continue;
        }
        for edge in [window.0, window.1] {
            let (low, high) = (neighbour.min(end.inv_sigma), neighbour.max(end.inv_sigma));
            let root = match root::find(|x| value(family, x, edge), low, high) {
                // The curve does not leave through this edge.
                Err(Error::NoBracket { .. }) => continue,
                root => root?,
            };
            let point =
                BoundaryPoint { inv_sigma: root.at, w_over_sigma: edge, bracket: PRECISION, status: status(root) };
            if point.status == PointStatus::Converged && root.at != end.inv_sigma {
                let index = if root.at < end.inv_sigma { 0 } else { piece.points.len() };
                piece.points.insert(index, point);
            }
        }
    }
    Ok(())
}
