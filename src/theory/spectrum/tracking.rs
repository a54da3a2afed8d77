//! Modes followed by their vectors, where their singular values cross.

use super::svd::Decomposition;
use crate::error::{Error, Result};
use crate::linalg::{product, view};
use std::cmp::Reverse;

/// The mode that continues one of an earlier decomposition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Its place in the later decomposition, by rank from 0.
    pub index: usize,
    /// `|u·u'| |v·v'|`: 1 if the vectors are the same, small if nothing continues the earlier mode. Inside the bulk, where
    /// vectors turn into each other quickly, it says how little a match means.
    pub overlap: f64,
    /// −1 if u' and v' must be turned around to point as u and v do, else 1.
    pub sign: f64,
}

/// For each mode of `earlier`, by rank, the mode of `later` that continues it: a permutation.
///
/// Pairs are made greedily, the largest overlap `|u·u'| |v·v'|` first. Records must be close enough for the vectors of a
/// mode to turn by less than 45° between them: then a mode overlaps with its continuation more than with anything else.
///
/// ```
/// use spectral_rbm::theory::spectrum::{Decomposition, track};
/// // Two modes on separate sites; the weaker one overtakes.
/// let before = Decomposition::of(&[2.0, 0.0, 0.0, 1.0], 2, 2)?;
/// let after = Decomposition::of(&[2.0, 0.0, 0.0, 3.0], 2, 2)?;
/// let ranks: Vec<usize> = track(&before, &after)?.iter().map(|mode| mode.index).collect();
/// assert_eq!(ranks, [1, 0]);
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
///
/// # Errors
/// [`Error::Range`] if the decompositions are not of matrices of the same shape.
pub fn track(earlier: &Decomposition, later: &Decomposition) -> Result<Vec<Match>> {
    let shapes = |modes: &Decomposition| (modes.u.shape(), modes.v.shape());
    if shapes(earlier) != shapes(later) {
        let units = |modes: &Decomposition| format!("{} × {} units", modes.u.nrows(), modes.v.nrows());
        let reason =
            format!("one of {}, one of {}: a mode is followed within one machine", units(earlier), units(later));
        return Err(Error::Range { name: "the decompositions", reason });
    }
    let products = |a, b| product(view(a).transpose(), view(b));
    let (u, v) = (products(&earlier.u, &later.u), products(&earlier.v, &later.v));
    let overlap = u.component_mul(&v).abs();
    let count = overlap.nrows();
    let mut pairs: Vec<(usize, usize)> = (0..count).flat_map(|from| (0..count).map(move |to| (from, to))).collect();
    // A stable sort of numbers that are not negative, whose bits are in their order: ties stay by rank.
    pairs.sort_by_cached_key(|&pair| Reverse(overlap[pair].to_bits()));
    let mut matches = vec![None; count];
    let mut taken = vec![false; count];
    for (from, to) in pairs {
        if matches[from].is_none() && !taken[to] {
            let sign = if u[(from, to)] + v[(from, to)] < 0.0 { -1.0 } else { 1.0 };
            matches[from] = Some(Match { index: to, overlap: overlap[(from, to)], sign });
            taken[to] = true;
        }
    }
    Ok(matches.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::spectrum::drawn::{Machine, normal, rows};
    use nalgebra::DMatrix;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// W(t) = (2 − t) u¹v¹ᵀ + (1 + t) u²v²ᵀ + (1/2) u³v³ᵀ + ε M: the first two cross at t = 1/2 (for ε > 0 they come close and
    /// exchange their vectors). Followed from record to record they are the straight lines that were put in.
    #[test]
    fn modes_are_followed_through_a_crossing() {
        let frame = Machine::draw(30, 20, &[1.0, 1.0, 1.0], 0.0, 7);
        let disturbance = normal(30, 20, &mut ChaCha8Rng::seed_from_u64(8)) / 10.0;
        for epsilon in [0.0, 1e-3] {
            let at = |t: f64| {
                let strengths = DMatrix::from_diagonal(&vec![2.0 - t, 1.0 + t, 0.5].into());
                let weights = &frame.u * strengths * frame.v.transpose() + epsilon * &disturbance;
                Decomposition::of(&rows(&weights), 30, 20).unwrap()
            };
            let mut earlier = at(0.03);
            let mut ranks = [0, 1, 2];
            for record in 1..20 {
                let t = 0.03 + 0.05 * f64::from(record);
                let later = at(t);
                let matches = track(&earlier, &later).unwrap();
                ranks = ranks.map(|rank| matches[rank].index);
                let followed = ranks.map(|rank| later.singular_values[rank]);
                for (found, exact) in followed.into_iter().zip([2.0 - t, 1.0 + t, 0.5]) {
                    assert!((found - exact).abs() < 1e-12 + 2.0 * epsilon, "{epsilon} {t}: {followed:?}");
                }
                assert!(matches[..3].iter().all(|mode| mode.overlap > 0.9));
                let mut indices: Vec<usize> = matches.iter().map(|mode| mode.index).collect();
                indices.sort_unstable();
                assert!(indices.into_iter().eq(0..20));
                earlier = later;
            }
            assert_eq!(ranks, [1, 0, 2]);
        }
    }

    #[test]
    fn signs_and_shapes() {
        let modes = Decomposition::of(&Machine::draw(9, 6, &[], 1.0, 9).rows(), 9, 6).unwrap();
        let mut turned = modes.clone();
        turned.u.column_mut(2).neg_mut();
        turned.v.column_mut(2).neg_mut();
        for (rank, mode) in track(&modes, &turned).unwrap().into_iter().enumerate() {
            assert_eq!((mode.index, mode.sign), (rank, if rank == 2 { -1.0 } else { 1.0 }));
            assert!((mode.overlap - 1.0).abs() < 1e-14);
        }
        let other = Decomposition::of(&[1.0; 54], 6, 9).unwrap();
        assert!(matches!(track(&modes, &other), Err(Error::Range { .. })));
    }
}
