//! Gauss quadrature rules from the three-term recurrence of their orthogonal polynomials (`docs/theory.md`, section 4).
//!
//! A rule of n nodes averages a polynomial of degree 2n − 1 exactly. Nodes are the eigenvalues of the symmetric
//! tridiagonal Jacobi matrix (Golub and Welsch, *Math. Comp.* 23, 221 (1969)), polished by one Newton step on the
//! polynomial; weights are the Christoffel numbers `1/Σ_{k<n} p_k(x)²`, accumulated with a running scale so that the
//! far tails of Gauss–Hermite keep their relative accuracy.

use crate::error::{Error, Result};
use nalgebra::DMatrix;

/// Nodes and weights of an average: `E[f] ≈ Σ_i weights[i] f(nodes[i])`, weights summing to one.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Abscissae, in increasing order.
    pub nodes: Vec<f64>,
    /// Probabilities of the nodes.
    pub weights: Vec<f64>,
}

impl Rule {
    /// The average of `function` under the rule.
    pub fn mean(&self, function: impl Fn(f64) -> f64) -> f64 {
        self.nodes.iter().zip(&self.weights).map(|(&x, &w)| w * function(x)).sum()
    }
}

/// Largest rule that is offered; the eigenproblem is dense and cubic in the number of nodes.
const MOST_GAUSS_NODES: usize = 1024;

/// Gauss–Hermite rule for the standard normal law.
///
/// # Errors
/// [`Error::QuadratureNodes`] unless 1 ≤ n ≤ 1024.
///
/// ```
/// let rule = spectral_rbm::theory::quadrature::hermite(10)?;
/// assert!((rule.mean(|x| x.powi(6)) - 15.0).abs() < 1e-12);
/// # Ok::<(), spectral_rbm::Error>(())
/// ```
pub fn hermite(n: usize) -> Result<Rule> {
    gauss(n, |_| 0.0, |k| (k as f64).sqrt())
}

/// Gauss–Legendre rule for the flat law on [−1, 1].
///
/// # Errors
/// [`Error::QuadratureNodes`] unless 1 ≤ n ≤ 1024.
pub fn legendre(n: usize) -> Result<Rule> {
    gauss(
        n,
        |_| 0.0,
        |k| {
            let k = k as f64;
            k / (4.0 * k * k - 1.0).sqrt()
        },
    )
}

/// Gauss–Laguerre rule for the law e^{−x} on x ≥ 0.
///
/// # Errors
/// [`Error::QuadratureNodes`] unless 1 ≤ n ≤ 1024.
pub fn laguerre(n: usize) -> Result<Rule> {
    gauss(n, |k| (2 * k + 1) as f64, |k| k as f64)
}

/// Rule of the orthonormal polynomials `b_{k+1} p_{k+1} = (x − a_k) p_k − b_k p_{k−1}`.
fn gauss(n: usize, a: impl Fn(usize) -> f64, b: impl Fn(usize) -> f64) -> Result<Rule> {
    if n == 0 || n > MOST_GAUSS_NODES {
        return Err(Error::QuadratureNodes(n));
    }
    let jacobi = DMatrix::from_fn(n, n, |i, j| match i.abs_diff(j) {
        0 => a(i),
        1 => b(i.max(j)),
        _ => 0.0,
    });
    let mut nodes: Vec<f64> = jacobi.symmetric_eigenvalues().iter().copied().collect();
    nodes.sort_by(f64::total_cmp);
    let mut weights = Vec::with_capacity(n);
    for node in &mut nodes {
        let (step, _) = christoffel(n, *node, &a, &b);
        *node += step;
        weights.push(christoffel(n, *node, &a, &b).1);
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    Ok(Rule { nodes, weights })
}

/// Newton step towards the nearby zero of p_n, and the Christoffel number there.
fn christoffel(n: usize, x: f64, a: impl Fn(usize) -> f64, b: impl Fn(usize) -> f64) -> (f64, f64) {
    let (mut previous, mut current, mut sum, mut log_scale) = (0.0, 1.0, 0.0, 0.0);
    for k in 0..n {
        sum += current * current;
        let before = if k == 0 { 0.0 } else { b(k) * previous };
        let next = ((x - a(k)) * current - before) / b(k + 1);
        (previous, current) = (current, next);
        if sum > 1e200 {
            (previous, current, sum, log_scale) =
                (previous * 1e-100, current * 1e-100, sum * 1e-200, log_scale + 200.0);
        }
    }
    // Christoffel–Darboux at a zero of p_n: Σ p_k² = b_n p_n' p_{n−1}.
    let step = -current * b(n) * previous / sum;
    (step, 10f64.powf(-log_scale) / sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Double factorial moments of the normal law, all degrees up to 2n − 1, also for large n.
    #[test]
    fn hermite_rules_have_the_moments_of_a_normal() {
        for n in [1, 2, 5, 20, 64, 200] {
            let rule = hermite(n).unwrap();
            let mut moment = 1.0;
            for order in (0..2 * n.min(70)).step_by(2) {
                if order > 0 {
                    moment *= (order - 1) as f64;
                }
                let found = rule.mean(|x| x.powi(order as i32));
                assert!((found / moment - 1.0).abs() < 1e-11, "n {n}, order {order}: {found} against {moment}");
                assert!(rule.mean(|x| x.powi(order as i32 + 1)).abs() <= 1e-12 * moment * (order + 2) as f64);
            }
        }
    }

    #[test]
    fn legendre_and_laguerre_moments() {
        for n in [1, 3, 12, 48] {
            let flat = legendre(n).unwrap();
            let exponential = laguerre(n).unwrap();
            let mut factorial = 1.0;
            for order in 0..(2 * n).min(60) {
                if order > 0 {
                    factorial *= order as f64;
                }
                let exact = if order % 2 == 0 { 1.0 / (order + 1) as f64 } else { 0.0 };
                assert!((flat.mean(|x| x.powi(order as i32)) - exact).abs() < 1e-14);
                assert!((exponential.mean(|x| x.powi(order as i32)) / factorial - 1.0).abs() < 1e-11);
            }
        }
    }

    #[test]
    fn refuses_empty_rules() {
        assert_eq!(hermite(0), Err(Error::QuadratureNodes(0)));
        assert!(hermite(5000).is_err());
    }
}
