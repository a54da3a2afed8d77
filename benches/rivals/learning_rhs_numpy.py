"""One right-hand side of the data term (9) in NumPy: two products, V read off a table by linear interpolation.

Usage: OPENBLAS_NUM_THREADS=1 python learning_rhs_numpy.py [samples] [directions]

Two ways: as one writes it, and with every temporary preallocated and the square summed by einsum.
V is interpolated on 20,000 points of log x, to about 1e-8; ours is good to 5e-15.
"""

import sys
import time

import numpy as np

SAMPLES, DIRECTIONS = (int(a) for a in (sys.argv[1:] + [60_000, 100])[:2])
HIDDEN_UNITS, NOISE = 400, 0.1


def v_exact(x):
    """Trapezoidal rule on t/sinh(pi t/2) exp(-x t^2/2)."""
    t = np.arange(1, 4000) * 0.006
    kernel = 0.006 * t / np.sinh(np.pi * t / 2)
    return 0.006 / np.pi + np.exp(-0.5 * np.outer(x, t * t)) @ kernel


LOG_X = np.linspace(np.log(1e-4), np.log(1e4), 20_000)
V = np.concatenate([v_exact(np.exp(part)) for part in np.array_split(LOG_X, 40)])


def plain(z, y, theta):
    f = z @ y + theta
    x = (f * f).sum(axis=1) / HIDDEN_UNITS + NOISE
    sigma = f * np.interp(np.log(x), LOG_X, V)[:, None]
    return z.T @ sigma / len(z), sigma.mean(axis=0)


F = np.empty((SAMPLES, DIRECTIONS))


def tuned(z, y, theta):
    np.matmul(z, y, out=F)
    np.add(F, theta, out=F)
    x = np.einsum("ij,ij->i", F, F) / HIDDEN_UNITS + NOISE
    v = np.interp(np.log(x), LOG_X, V)
    np.multiply(F, v[:, None], out=F)
    return z.T @ F / len(z), np.ones(len(z)) @ F / len(z)


def products(z, y, theta):
    np.matmul(z, y, out=F)
    return z.T @ F


def main():
    a, b = np.arange(DIRECTIONS), np.arange(DIRECTIONS)
    y = np.sin(37.0 * a[:, None] ** 2 + 101.0 * b**2 + 7.0 * a[:, None] * b) / np.sqrt(DIRECTIONS)
    z = 3 * np.cos((np.arange(SAMPLES)[:, None] * (13.0 + a) + 71.0 * a**2) * 0.37)
    theta = np.full(DIRECTIONS, 0.1)
    difference = max(np.abs(p - t).max() for p, t in zip(plain(z, y, theta), tuned(z, y, theta)))
    print(f"both ways agree to {difference:.0e}; first mean {plain(z, y, theta)[1][0]!r}")
    for way in (plain, tuned, products):
        times = []
        for _ in range(20):
            start = time.perf_counter()
            way(z, y, theta)
            times.append(time.perf_counter() - start)
        print(f"{way.__name__:10} min {1e3 * min(times):7.1f}  median {1e3 * np.median(times):7.1f} ms")


main()
