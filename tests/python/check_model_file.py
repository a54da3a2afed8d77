"""Opens a model file with h5py and compares layout and numbers with an archive of what should be in it.

    python check_model_file.py MODEL.h5 EXPECTED.npz

The archive has `updates`, and for each update N `weights_N`, `eta_N`, `theta_N`, `time_N` of the machine in ±1 units, further
`chains` (±1) and any arrays to be found in the group `spectral_rbm`. A file of type BBRBM is compared with the conversion of
the parameters to {0, 1} units, done here. Says "ok" if all is well. Needs h5py and NumPy.
"""

import sys

import h5py
import numpy as np


def same(found, wanted, what):
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.shape == wanted.shape, f"{what}: shape {found.shape}, not {wanted.shape}"
    assert found.dtype == wanted.dtype, f"{what}: type {found.dtype}, not {wanted.dtype}"
    assert found.tobytes() == wanted.tobytes(), f"{what}: the bits differ"


def close(found, wanted, what):
    assert found.dtype == np.float32 and found.shape == wanted.shape, f"{what}: {found.dtype}, {found.shape}"
    # One rounding to single precision.
    assert np.allclose(found, wanted, rtol=1e-7, atol=0), f"{what}: off by {np.abs(found - wanted).max()}"


def main():
    path, archive = sys.argv[1:]
    wanted = dict(np.load(archive))
    with h5py.File(path) as file:
        kind = file["model_type"][()].decode()
        assert kind in ("IIRBM", "BBRBM"), kind
        updates = sorted(int(name.removeprefix("update_")) for name in file if name.startswith("update_"))
        same(np.array(updates, dtype=np.uint64), wanted.pop("updates"), "updates")
        for update in updates:
            group = file[f"update_{update}"]
            weights, eta, theta = (wanted.pop(f"{name}_{update}") for name in ("weights", "eta", "theta"))
            params = {name: item[()] for name, item in group["params"].items()}
            assert sorted(params) == ["hbias", "vbias", "weight_matrix"], list(params)
            if kind == "IIRBM":
                same(params["weight_matrix"], weights, "weights")
                same(params["vbias"], eta, "eta")
                same(params["hbias"], theta, "theta")
            else:
                w, a, b = (x.astype(np.float64) for x in (weights, eta, theta))
                close(params["weight_matrix"], 4 * w, "weights")
                close(params["vbias"], 2 * a - 2 * w.sum(1), "eta")
                close(params["hbias"], 2 * b - 2 * w.sum(0), "theta")
            same(group["effective_time"][()], wanted.pop(f"time_{update}"), "time")
            assert group["time"][()] == 0.0 and group["flags/checkpoint"][()] == np.True_
        chains = wanted.pop("chains")
        found = file["parallel_chains"][()]
        same(found, chains if kind == "IIRBM" else (chains + 1) // 2, "chains")
        sizes = [int(file[f"hyperparameters/num_{name}"][()]) for name in ("visibles", "hiddens", "chains")]
        assert sizes == [*params["weight_matrix"].shape, len(found)], sizes
        for name, item in file["spectral_rbm"].items():
            if item.dtype == h5py.string_dtype():
                assert item[()].decode() == bytes(wanted.pop(name)).decode(), name
            else:
                same(item[()], wanted.pop(name), name)
    assert not wanted, f"not in the file: {sorted(wanted)}"
    print("ok")


main()
