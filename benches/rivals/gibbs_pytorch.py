"""The rival of `cargo bench --bench rbm`: the same Gibbs sweep and PCD-10 update in PyTorch, on two threads.

Needs torch 2 (CPU) in the Python that runs it, and nothing else: `python3 benches/rivals/gibbs_pytorch.py`.
It follows the `rbms` package: {0, 1} units, sigmoid, torch.bernoulli, one addmm a layer.
"""

import statistics
import time

import torch

torch.set_num_threads(2)
torch.manual_seed(0)


def median_ms(step, seconds=5.0):
    """Median time of a call, after a second of warming up."""
    start = time.perf_counter()
    while time.perf_counter() - start < 1.0:
        step()
    times = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        before = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - before))
    return statistics.median(times)


def hidden_given(v, w, c):
    mean = torch.sigmoid(torch.addmm(c, v, w))
    return torch.bernoulli(mean), mean


def visible_given(h, w, b):
    return torch.bernoulli(torch.sigmoid(torch.addmm(b, h, w.T)))


def machine(visible, hidden):
    return 0.2 * torch.randn(visible, hidden), torch.zeros(visible), torch.zeros(hidden)


def sweep():
    w, b, c = machine(784, 500)
    v = torch.bernoulli(torch.full((500, 784), 0.5))

    def step():
        nonlocal v
        h, _ = hidden_given(v, w, c)
        v = visible_given(h, w, b)

    return median_ms(step)


def update():
    w, b, c = machine(784, 200)
    data = torch.bernoulli(torch.full((2000, 784), 0.3))
    h = torch.bernoulli(torch.full((500, 200), 0.5))
    rate = 1e-6

    def step():
        nonlocal h, w, b, c
        batch = data[torch.randint(0, 2000, (500,))]
        positive = torch.sigmoid(torch.addmm(c, batch, w))
        for _ in range(10):
            v = visible_given(h, w, b)
            h, negative = hidden_given(v, w, c)
        w += rate * (batch.T @ positive - v.T @ negative) / 500
        b += rate * (batch.mean(0) - v.mean(0))
        c += rate * (positive.mean(0) - negative.mean(0))

    return median_ms(step)


with torch.no_grad():
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    print(f"sweep 500x784x500:           {sweep():7.2f} ms")
    print(f"update PCD-10 500x784x200:   {update():7.2f} ms")
