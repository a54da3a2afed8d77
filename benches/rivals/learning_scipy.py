"""The learning flow of `spectral-rbm learn --data mnist --modes 100` by scipy's solve_ivp.

Usage: python learning_scipy.py FOLDER_OF_MNIST [method] [t_end]

The same flow: fixed-prior closure with Gaussian v, Gaussian response with fields (docs/theory.md, section 2), 100 directions
of C - diag(C), 400 hidden units, weights of standard deviation 0.01 (another draw of them), relative tolerance 1e-6 and
absolute 1e-9. V is interpolated on a table, to about 1e-8. Implicit methods (Radau, BDF, LSODA where it finds the flow
stiff) would need a Jacobian of 10,000 x 10,000 entries from differences; the explicit ones are the rivals.
"""

import gzip
import sys
import time

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import cho_factor, cho_solve

HIDDEN, DIRECTIONS = 400, 100


def v_exact(x):
    t = np.arange(1, 4000) * 0.006
    kernel = 0.006 * t / np.sinh(np.pi * t / 2)
    return 0.006 / np.pi + np.exp(-0.5 * np.outer(x, t * t)) @ kernel


LOG_X = np.linspace(np.log(1e-8), np.log(1e5), 20_000)
V = np.concatenate([v_exact(np.exp(part)) for part in np.array_split(LOG_X, 40)])


def response(x):
    return np.interp(np.log(np.maximum(x, 1e-8)), LOG_X, V)


def slope(x):
    step = 1e-4 * max(x, 1e-4)
    return float(response(x + step) - response(max(x - step, 0))) / (step + min(step, x))


def main():
    folder, method, t_end = (sys.argv[1:] + [None, "DOP853", "1.2"])[:3] if len(sys.argv) == 2 else (
        sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else "1.2")
    with gzip.open(f"{folder}/train-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    s = np.where(pixels > 127, 1.0, -1.0)
    mean = s.mean(axis=0)
    covariance = s.T @ s / len(s) - np.outer(mean, mean)
    operator = covariance - np.diag(np.diag(covariance))
    b = np.linalg.eigh(operator)[1][:, ::-1][:, :DIRECTIONS]
    z = s @ b
    w = np.random.default_rng(0).normal(size=(784, HIDDEN)) * 0.01
    _, _, v = np.linalg.svd(b.T @ w, full_matrices=False)
    y0 = b.T @ w @ v.T
    eta0 = np.arctanh(s.sum(axis=0) / (len(s) + 1))
    counts = {"rate": 0}
    last = {"sigma": np.zeros(DIRECTIONS)}

    def machine(y, eta, theta):
        sigma = last["sigma"]
        for _ in range(60):
            visible = np.tanh(eta + b @ (y @ sigma))
            a = b.T @ ((1 - visible**2)[:, None] * b)
            f = theta + y.T @ (b.T @ visible)
            x = f @ f / HIDDEN
            v_x, v_prime = float(response(x)), slope(x)
            twice = 2 * v_prime / (HIDDEN * v_x)
            bend = twice / (1 + twice * f @ f)
            precision = (np.eye(DIRECTIONS) - bend * np.outer(f, f)) / v_x - y.T @ a @ y
            factor = cho_factor(precision)
            residual = f * v_x - sigma
            change = cho_solve(factor, (residual - bend * f * (f @ residual)) / v_x)
            sigma = sigma + change
            if np.abs(change).max() < 1e-9 * np.sqrt(HIDDEN):
                break
        last["sigma"] = sigma
        correlation = cho_solve(factor, (a @ y).T).T + np.outer(b.T @ visible, sigma)
        return correlation, visible, sigma

    def rate(_, state):
        counts["rate"] += 1
        y = state[: DIRECTIONS**2].reshape(DIRECTIONS, DIRECTIONS)
        eta, theta = state[DIRECTIONS**2 : DIRECTIONS**2 + 784], state[DIRECTIONS**2 + 784 :]
        f = z @ y + theta
        sigma = f * response(np.einsum("ij,ij->i", f, f) / HIDDEN)[:, None]
        try:
            correlation, visible, hidden = machine(y, eta, theta)
        except np.linalg.LinAlgError:
            return -1e12 * state
        return np.concatenate([(z.T @ sigma / len(z) - correlation).ravel(), mean - visible, sigma.mean(axis=0) - hidden])

    start = np.concatenate([y0.ravel(), eta0, np.zeros(DIRECTIONS)])
    began = time.perf_counter()
    run = solve_ivp(rate, (0, float(t_end)), start, method=method, rtol=1e-6, atol=1e-9)
    seconds = time.perf_counter() - began
    values = np.linalg.svd(run.y[: DIRECTIONS**2, -1].reshape(DIRECTIONS, DIRECTIONS), compute_uv=False)
    print(f"{method}: {seconds:.1f} s, {counts['rate']} evaluations, {len(run.t)} steps; w = {values[:5]} at t = {run.t[-1]}")


if __name__ == "__main__":
    main()
