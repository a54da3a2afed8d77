"""Makes tests/fixtures/models: what the tests of model files read, and the numbers they should find there.

    python make_model_fixtures.py RBMS_0.5_FILE RBMS_0.6_FILE OUT_FOLDER

The two files are models that the package `rbms` trained and saved, of type BBRBM and IIRBM. They are kept as it wrote them,
but for the state of its random numbers and for some of the updates, which would make them large.
Needs h5py and NumPy.
"""

import json
import pathlib
import sys

import h5py
import numpy as np

PARAMETERS = ("weight_matrix", "vbias", "hbias")


def reduce(source, target, updates):
    """Copies everything but random states and other updates; the second names of the parameters stay hard links."""
    with h5py.File(source) as old, h5py.File(target, "w") as new:
        for name, item in old.items():
            if not name.startswith("update_"):
                old.copy(item, new, name)
        for update in updates:
            group = new.create_group(f"update_{update}")
            for name, item in old[f"update_{update}"].items():
                if "rng" not in name and name not in PARAMETERS:
                    old.copy(item, group, name)
            for name in PARAMETERS:
                group[name] = group["params"][name]


def ising(weights, visible, hidden, bernoulli):
    """The parameters of ±1 units, in double precision."""
    weights, visible, hidden = (np.asarray(x, dtype=np.float64) for x in (weights, visible, hidden))
    if not bernoulli:
        return weights, visible, hidden
    return weights / 4, visible / 2 + weights.sum(1) / 4, hidden / 2 + weights.sum(0) / 4


def numbers(arrays):
    weights, visible, hidden = arrays
    return {"shape": list(weights.shape), "weights": weights.ravel().tolist(), "eta": visible.tolist(), "theta": hidden.tolist()}


def expected(path, bernoulli):
    """What is in a file: machines by update, times, chains."""
    found = {"machines": {}, "times": {}}
    with h5py.File(path) as file:
        for name, group in file.items():
            if name.startswith("update_"):
                update = name.removeprefix("update_")
                params = group["params"] if "params" in group else group
                found["machines"][update] = numbers(ising(*(params[key][()] for key in PARAMETERS), bernoulli))
                if "effective_time" in group:
                    found["times"][update] = float(group["effective_time"][0])
        if "parallel_chains" in file:
            found["chains"] = (file["parallel_chains"][()] == 1).astype(int).tolist()
    return found


def main():
    old_bernoulli, old_ising, out = (pathlib.Path(argument) for argument in sys.argv[1:])
    answers = {}
    reduce(old_bernoulli, out / "rbms-0.5.0-bernoulli.h5", (1, 9, 20))
    reduce(old_ising, out / "rbms-0.6.0-ising.h5", (1, 50, 51, 80))

    # TorchRBM's layout: no type, no group of parameters; one update compressed in chunks and in double precision.
    with h5py.File(out / "rbms-0.5.0-bernoulli.h5") as old, h5py.File(out / "torchrbm.h5", "w") as new:
        for name in PARAMETERS:
            parameter = old[f"update_20/params/{name}"][()]
            new[f"update_20/{name}"] = parameter
            data, chunks = 2 * parameter.astype(np.float64), (5, 3)[: parameter.ndim]
            new.create_dataset(f"update_7/{name}", data=data, chunks=chunks, compression="gzip", shuffle=True)
    # The same compressed, with the structures of HDF5 1.10 to 1.14.
    with h5py.File(out / "torchrbm.h5") as old, h5py.File(out / "newest.h5", "w", libver=("v110", "v114")) as new:
        new["model_type"] = "BBRBM"
        for name in PARAMETERS:
            data = old[f"update_7/{name}"]
            new.create_dataset(
                f"update_7/params/{name}", data=data[()], chunks=data.chunks, compression="gzip", fletcher32=True
            )
    for name, bernoulli in {
        "rbms-0.5.0-bernoulli.h5": True,
        "rbms-0.6.0-ising.h5": False,
        "torchrbm.h5": True,
        "newest.h5": True,
    }.items():
        answers[name] = expected(out / name, bernoulli)

    for kind in ("PBRBM", "BGRBM"):
        with h5py.File(out / f"{kind.lower()}.h5", "w") as file:
            file["model_type"] = kind
            file["update_3/params/weight_matrix"] = np.zeros((4, 2, 3) if kind == "PBRBM" else (4, 2), dtype=np.float32)

    with h5py.File(old_ising) as file:
        weights, visible, hidden = (file[f"update_80/params/{name}"][()] for name in PARAMETERS)
    np.savez(out / "ising.npz", W=weights, eta=visible, theta=hidden)
    answers["ising.npz"] = {"machine": numbers(ising(weights, visible, hidden, False))}
    arrays = dict(weight_matrix=np.asfortranarray(weights, dtype=np.float64), vbias=visible.astype(np.float64), hbias=hidden)
    np.savez_compressed(out / "named.npz", **arrays)
    answers["named.npz"] = {
        "ising": numbers(ising(weights, visible, hidden, False)),
        "bernoulli": numbers(ising(weights, visible, hidden, True)),
    }
    (out / "expected.json").write_text(json.dumps(answers) + "\n")


main()
