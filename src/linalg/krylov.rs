//! Krylov methods for Jacobians that are known only by their products: Arnoldi's factorization, GMRES and the spectral
//! radius.
//!
//! Y. Saad, *Iterative Methods for Sparse Linear Systems*, SIAM (2003), chapter 6.

use nalgebra::{DMatrix, DVector};

/// Sets its second argument to the product of a matrix with its first.
pub(crate) type Operator<'a> = &'a mut dyn FnMut(&DVector<f64>, &mut DVector<f64>);

/// Arnoldi's factorization `A V_n = V_{n+1} H` from `start`, by modified Gram–Schmidt applied twice.
struct Arnoldi {
    basis: Vec<DVector<f64>>,
    /// (n+1) × n, upper Hessenberg.
    hessenberg: DMatrix<f64>,
}

fn arnoldi(
    apply: Operator<'_>,
    start: &DVector<f64>,
    dimension: usize,
    enough: &dyn Fn(&DMatrix<f64>) -> bool,
) -> Arnoldi {
    let mut basis = vec![start.normalize()];
    let mut hessenberg = DMatrix::zeros(1, 0);
    for n in 0..dimension.min(start.len()) {
        let mut next = DVector::zeros(start.len());
        apply(&basis[n], &mut next);
        let size = next.norm();
        hessenberg = hessenberg.resize(n + 2, n + 1, 0.0);
        for _ in 0..2 {
            for (row, vector) in basis.iter().enumerate() {
                let overlap = vector.dot(&next);
                hessenberg[(row, n)] += overlap;
                next.axpy(-overlap, vector, 1.0);
            }
        }
        let rest = next.norm();
        hessenberg[(n + 1, n)] = rest;
        // The space is invariant: the factorization is exact.
        if rest <= 1e-14 * size || size == 0.0 || enough(&hessenberg) {
            break;
        }
        basis.push(next / rest);
    }
    Arnoldi { basis, hessenberg }
}

/// Solves `A x = right` to `tolerance` relative in at most `dimension` products; `None` if that is not enough.
pub(crate) fn gmres(
    apply: Operator<'_>,
    right: &DVector<f64>,
    tolerance: f64,
    dimension: usize,
) -> Option<DVector<f64>> {
    let norm = right.norm();
    if norm == 0.0 {
        return Some(right.clone());
    }
    let Arnoldi { basis, hessenberg } =
        arnoldi(apply, right, dimension, &|h| least_squares(h, norm).is_some_and(|(_, rest)| rest <= tolerance * norm));
    let (y, rest) = least_squares(&hessenberg, norm)?;
    let mut solution = DVector::zeros(right.len());
    for (coefficient, vector) in y.iter().zip(&basis) {
        solution.axpy(*coefficient, vector, 1.0);
    }
    (rest <= 10.0 * tolerance * norm).then_some(solution)
}

/// min over y of |norm e_1 − H y|, and the residual.
fn least_squares(hessenberg: &DMatrix<f64>, norm: f64) -> Option<(DVector<f64>, f64)> {
    let mut right = DVector::zeros(hessenberg.nrows());
    right[0] = norm;
    let factors = hessenberg.clone().qr();
    let y = factors.r().solve_upper_triangular(&factors.q().tr_mul(&right))?;
    let rest = (hessenberg * &y - right).norm();
    Some((y, rest))
}

/// Spectral radius of an operator of size `size`, from `dimension` Arnoldi steps and a fixed start.
pub(crate) fn spectral_radius(apply: Operator<'_>, size: usize, dimension: usize) -> Option<f64> {
    // Any start without special symmetry will do; this one is reproducible.
    let start = DVector::from_fn(size, |i, _| 1.0 + 0.5 * (1.7 * i as f64).sin());
    let Arnoldi { hessenberg, .. } = arnoldi(apply, &start, dimension, &|_| false);
    let square = hessenberg.ncols();
    largest_modulus(hessenberg.rows(0, square).into_owned())
}

/// Largest modulus of the eigenvalues of a dense matrix; `None` if they could not be computed.
pub(crate) fn largest_modulus(matrix: DMatrix<f64>) -> Option<f64> {
    if !matrix.iter().all(|entry| entry.is_finite()) {
        return None;
    }
    if let (2, 2) = matrix.shape() {
        return Some(largest_modulus_of_two(&matrix));
    }
    let eigenvalues = nalgebra::Schur::try_new(matrix, f64::EPSILON, 10_000)?.complex_eigenvalues();
    Some(eigenvalues.iter().fold(0.0, |largest, eigenvalue| eigenvalue.norm().max(largest)))
}

/// The same for 2 × 2, which one condensed mode and its overlap make the most frequent case.
fn largest_modulus_of_two(matrix: &DMatrix<f64>) -> f64 {
    let half_trace = 0.5 * matrix.trace();
    let half_difference = 0.5 * (matrix[(0, 0)] - matrix[(1, 1)]);
    let discriminant = half_difference * half_difference + matrix[(0, 1)] * matrix[(1, 0)];
    if discriminant >= 0.0 { half_trace.abs() + discriminant.sqrt() } else { half_trace.hypot((-discriminant).sqrt()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> DMatrix<f64> {
        DMatrix::from_fn(
            30,
            30,
            |i, j| if i == j { 1.0 + 0.03 * i as f64 } else { 0.01 * ((3 * i + 7 * j) as f64).sin() },
        )
    }

    #[test]
    fn gmres_agrees_with_the_direct_solution() {
        let matrix = example();
        let solution = DVector::from_fn(30, |i, _| (i as f64).cos());
        let right = &matrix * &solution;
        let found = gmres(&mut |x, out| out.copy_from(&(&matrix * x)), &right, 1e-13, 30).unwrap();
        assert!((found - solution).norm() < 1e-11);
        assert!(gmres(&mut |x, out| out.copy_from(&(&matrix * x)), &right, 1e-13, 3).is_none());
    }

    #[test]
    fn spectral_radii_agree() {
        let matrix = example();
        let dense = largest_modulus(matrix.clone()).unwrap();
        let krylov = spectral_radius(&mut |x, out| out.copy_from(&(&matrix * x)), 30, 30).unwrap();
        assert!((dense - krylov).abs() < 1e-10);
        for two in [[0.3, 0.2, 0.5, -0.4], [0.3, 2.0, -0.5, 0.4f64]] {
            let matrix = DMatrix::from_row_slice(2, 2, &two);
            let eigenvalues = matrix.complex_eigenvalues();
            let reference = eigenvalues[0].norm().max(eigenvalues[1].norm());
            assert!((largest_modulus(matrix).unwrap() - reference).abs() < 1e-14);
        }
    }
}
