"""V(x) of 60,000 entries in NumPy and SciPy: tables, and the same polynomial, against the Fourier integral.

Prints the milliseconds of the best of 50 runs on one core and the largest relative error.

    OMP_NUM_THREADS=1 python benches/rivals/v_numpy.py
"""

import time

import numpy as np
from scipy.interpolate import CubicSpline

SAMPLES = 60_000
SCALE = 1.4


def exact(x):
    """The integral of t exp(-x t^2/2)/sinh(pi t/2) over t > 0, by the trapezoidal rule."""
    values = np.empty_like(x)
    for n, variance in enumerate(x):
        end = 74.0 / (np.pi / 2 + np.sqrt(np.pi**2 / 4 + 74.0 * variance))
        t = np.linspace(0.0, end, 400)[1:]
        terms = t * np.exp(-0.5 * variance * t * t) / np.sinh(0.5 * np.pi * t)
        values[n] = t[0] * (1.0 / np.pi + terms.sum())
    return values


def mapped(x):
    return 1.0 / (1.0 + SCALE * x)


def linear_table(knots):
    """np.interp of V/sqrt(t) in t."""
    t = np.linspace(0.0, 1.0, knots + 1)[1:]
    smooth = exact((1.0 - t) / (SCALE * t)) / np.sqrt(t)
    t = np.concatenate([[0.0], t])
    smooth = np.concatenate([[np.sqrt(2.0 * SCALE / np.pi)], smooth])

    def evaluate(x):
        at = mapped(x)
        return np.sqrt(at) * np.interp(at, t, smooth)

    return evaluate


def cubic_table(knots):
    """scipy's CubicSpline of V/sqrt(t) in t."""
    t = np.linspace(0.0, 1.0, knots + 1)[1:]
    smooth = exact((1.0 - t) / (SCALE * t)) / np.sqrt(t)
    t = np.concatenate([[0.0], t])
    smooth = np.concatenate([[np.sqrt(2.0 * SCALE / np.pi)], smooth])
    spline = CubicSpline(t, smooth)

    def evaluate(x):
        at = mapped(x)
        return np.sqrt(at) * spline(at)

    return evaluate


def polynomial(coefficients):
    """The crate's own formula, one array operation after another."""
    nodes = np.cos(np.pi * (np.arange(coefficients) + 0.5) / coefficients)
    t = 0.5 * (nodes + 1.0)
    values = exact((1.0 - t) / (SCALE * t)) / np.sqrt(t)
    chebyshev = np.polynomial.chebyshev.chebfit(nodes, values, coefficients - 1)
    powers = np.polynomial.chebyshev.cheb2poly(chebyshev)

    def evaluate(x):
        at = mapped(x)
        u = 2.0 * at - 1.0
        total = np.full_like(u, powers[-1])
        for coefficient in powers[-2::-1]:
            total *= u
            total += coefficient
        return np.sqrt(at) * total

    return evaluate


def milliseconds(function, x):
    best = np.inf
    for _ in range(50):
        start = time.perf_counter()
        function(x)
        best = min(best, time.perf_counter() - start)
    return 1e3 * best


def main():
    x = 10.0 ** (-2.0 + 5.0 * np.arange(SAMPLES) / SAMPLES)
    reference = exact(x)
    for name, function in [
        ("np.interp, 4,096 knots", linear_table(4096)),
        ("CubicSpline, 2,048 knots", cubic_table(2048)),
        ("CubicSpline, 16,384 knots", cubic_table(16384)),
        ("polynomial, 34 coefficients", polynomial(34)),
    ]:
        error = np.abs(function(x) / reference - 1.0).max()
        print(f"{name}: {milliseconds(function, x):.3f} ms, off by {error:.1e}")


if __name__ == "__main__":
    main()
