"""Makes tests/fixtures/models/foreign: small machines in the layouts of other programs, and their energies.

    python make_foreign_models.py OUT_FOLDER

Each file is written as the other program writes it. `expected.json` has for each the energy, in that program's own convention and
from its own formula, of every configuration: number k has the upper value of unit i where bit i of k is set, visible units first.
Energies are of the numbers in the file. Needs h5py and NumPy.
"""

import gzip
import json
import pathlib
import pickle
import sys
import zipfile

import h5py
import numpy as np

RANDOM = np.random.default_rng(17)


def draw(*shape, dtype=np.float64):
    return RANDOM.normal(0, 0.7, shape).astype(dtype)


def states(count, low):
    """All states of a layer, one a row; bit i of the row's number is unit i."""
    bits = np.arange(2**count)[:, None] >> np.arange(count) & 1
    return np.where(bits == 1, 1.0, low)


def energies(visible, hidden, energy):
    """Energies of all pairs, the visible units' bits being the lower ones."""
    return [round(float(energy(v, h)), 8) for h in hidden for v in visible]


def product_energies(weights, a, b, low):
    """E = −v·W h − a·v − b·h, `weights` [visible, hidden]."""
    weights, a, b = (np.asarray(x, dtype=np.float64) for x in (weights, a, b))
    return energies(states(len(a), low), states(len(b), low), lambda v, h: -v @ weights @ h - a @ v - b @ h)


def julia_text(file, name, text):
    """As HDF5.jl: of fixed length, without a NUL at the end, UTF-8."""
    kind = h5py.h5t.C_S1.copy()
    kind.set_size(len(text))
    kind.set_cset(h5py.h5t.CSET_UTF8)
    space = h5py.h5s.create(h5py.h5s.SCALAR)
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_obj_track_times(False)
    dataset = h5py.h5d.create(file.id, name.encode(), kind, space, plist)
    dataset.write(space, space, np.array(text.encode(), dtype=f"S{len(text)}"), kind)


def julia(path, kind, layers, shapes, dtype=np.float64):
    """RestrictedBoltzmannMachines.jl's save_rbm. Arrays here are indexed as in Julia; on disk their extents are reversed."""
    visible, hidden = shapes
    w, a, b = draw(*visible, *hidden, dtype=dtype), draw(*visible, dtype=dtype), draw(*hidden, dtype=dtype)
    extras = {}
    if kind != "RBM":
        extras = {"offset_v": draw(*visible), "offset_h": draw(*hidden)}
    if kind == "StandardizedRBM":
        extras |= {"scale_v": 0.5 + RANDOM.random(visible), "scale_h": 0.5 + RANDOM.random(hidden)}
    with h5py.File(path, "w") as file:
        julia_text(file, "rbm_hdf5_file_format_version", "1.0.0")
        julia_text(file, "rbm_type", kind)
        for name, array in {"weights": w, "visible_par": a[None], "hidden_par": b[None], **extras}.items():
            file.create_dataset(name, data=np.ascontiguousarray(array.T))
        julia_text(file, "visible_type", layers[0])
        julia_text(file, "hidden_type", layers[1])
    if set(layers) - {"Spin", "Binary"}:
        return None
    offset_v, offset_h = extras.get("offset_v", 0 * a), extras.get("offset_h", 0 * b)
    scale_v, scale_h = extras.get("scale_v", 0 * a + 1), extras.get("scale_h", 0 * b + 1)
    axes = list(range(len(visible))), list(range(len(visible), len(visible) + len(hidden)))

    def energy(v, h):
        # Julia's memory has the first index fastest.
        v, h = v.reshape(visible, order="F"), h.reshape(hidden, order="F")
        pair = np.einsum(w.astype(np.float64), axes[0] + axes[1], (v - offset_v) / scale_v, axes[0], (h - offset_h) / scale_h, axes[1], [])
        return -np.sum(a * v) - np.sum(b * h) - pair

    lows = [-1.0 if layer == "Spin" else 0.0 for layer in layers]
    return energies(states(a.size, lows[0]), states(b.size, lows[1]), energy)


def rbms(path, arrays, model_type=None, **options):
    """The layout of rbms and annaDCA."""
    with h5py.File(path, "w") as file:
        if model_type:
            file["model_type"] = model_type
        for name, array in arrays.items():
            file.create_dataset(f"update_9/{name}", data=array, **options)


def bombs(out):
    """Files of a megabyte or four whose zeros unpack to gigabytes; packed once more, to be kept."""
    side = 16384
    zeros = np.zeros((side, side), dtype=np.float32)
    with h5py.File(out / "chunk.h5", "w") as file:
        file["model_type"] = "IIRBM"
        packed = dict(data=zeros, chunks=zeros.shape, compression="gzip", compression_opts=9)
        file.create_dataset("update_1/params/weight_matrix", **packed)
        file["update_1/params/vbias"] = file["update_1/params/hbias"] = np.zeros(side, dtype=np.float32)
        file["samples"] = file["update_1/params/weight_matrix"]
    with h5py.File(out / "chunks.h5", "w") as file:
        file["model_type"] = "IIRBM"
        shape, chunks = (4 * side, side), (1024, side)
        weights = file.create_dataset("update_1/weight_matrix", shape, "f4", chunks=chunks, compression="gzip", compression_opts=9)
        for start in range(0, shape[0], chunks[0]):
            weights[start : start + chunks[0]] = zeros[: chunks[0]]
        file["samples"] = weights
        file["update_1/vbias"], file["update_1/hbias"] = (np.zeros(count, dtype=np.float32) for count in shape)
    np.savez_compressed(out / "archive.npz", W=zeros, eta=zeros[0], theta=zeros[0])
    np.savez_compressed(out / "alone.npz", W=zeros)
    for name in ("chunk.h5", "chunks.h5", "archive.npz", "alone.npz"):
        path = out / name
        (out / f"{name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
        path.unlink()


def main():
    out = pathlib.Path(sys.argv[1])
    expected = {}
    for name, kind, layers, shapes, dtype in (
        ("julia-spin.h5", "RBM", ("Spin", "Spin"), ((4,), (3,)), np.float32),
        ("julia-binary.h5", "RBM", ("Binary", "Binary"), ((3,), (3,)), np.float64),
        ("julia-image.h5", "RBM", ("Binary", "Spin"), ((2, 3), (2,)), np.float64),
        ("julia-centered.h5", "CenteredRBM", ("Binary", "Binary"), ((4,), (2,)), np.float64),
        ("julia-standardized.h5", "StandardizedRBM", ("Spin", "Binary"), ((2, 2), (3,)), np.float64),
        ("julia-potts.h5", "RBM", ("Potts", "Binary"), ((3, 2), (2,)), np.float64),
    ):
        expected[name] = julia(out / name, kind, layers, shapes, dtype)

    # scikit-learn's BernoulliRBM: components_ [hidden, visible]; _free_energy is −v·a − Σ log(1 + exp(v·Wᵀ + b)).
    for name, (hidden, visible) in {"sklearn.npz": (3, 5), "sklearn-square.npz": (3, 3)}.items():
        w, a, b = draw(hidden, visible), draw(visible), draw(hidden)
        np.savez(out / name, components_=w, intercept_visible_=a, intercept_hidden_=b)
        expected[name] = product_energies(w.T, a, b, 0.0)
        v, e = states(visible, 0.0), np.array(expected[name]).reshape(2**hidden, 2**visible)
        free = -(v @ a) - np.logaddexp(0, v @ w.T + b).sum(axis=1)
        assert np.allclose(-np.log(np.exp(-e).sum(axis=0)), free)

    # annaDCA: E = −v·a − h·b − l·c − v·W h − l·L h with l one-hot; the energies given each label.
    w, labels = draw(4, 3, dtype=np.float32), draw(5, 3, dtype=np.float32)
    a, b, c = (draw(count, dtype=np.float32) for count in (4, 3, 5))
    names = {"vbias": a, "hbias": b, "lbias": c, "weight_matrix": w, "label_matrix": labels}
    rbms(out / "annadca.h5", names)
    double = {name: array.astype(np.float64) for name, array in names.items()}
    expected["annadca.h5"] = [
        energies(
            states(4, 0.0),
            states(3, 0.0),
            lambda v, h, l=one_hot: -v @ double["vbias"] - h @ double["hbias"] - l @ double["lbias"]
            - v @ double["weight_matrix"] @ h - l @ double["label_matrix"] @ h,
        )
        for one_hot in np.eye(5)
    ]
    # The same with Potts visible units.
    rbms(out / "annadca-potts.h5", names | {"weight_matrix": draw(2, 2, 3), "vbias": draw(2, 2)})

    # Half precision, in both orders of bytes; compressed in HDF5.
    halves = [draw(*shape, dtype=np.float16) for shape in ((4, 3), (4,), (3,))]
    w, a, b = halves
    np.savez(out / "half.npz", W=w.astype(">f2"), eta=a, theta=b)
    rbms(out / "half.h5", dict(weight_matrix=w, vbias=a, hbias=b), "BBRBM", compression="gzip", chunks=True)
    rbms(out / "half-big.h5", dict(weight_matrix=w.astype(">f2"), vbias=a.astype(">f2"), hbias=b.astype(">f2")), "IIRBM")
    expected |= {"half.npz": product_energies(w, a, b, -1.0), "half.h5": product_energies(w, a, b, 0.0)}
    expected["half-big.h5"] = expected["half.npz"]

    # Weights the other way round, as MATLAB and Julia leave them; biases tell.
    w, a, b = draw(4, 3), draw(4), draw(3)
    np.savez(out / "transposed.npz", W=w.T, eta=a, theta=b)
    rbms(out / "transposed.h5", dict(weight_matrix=w.T, vbias=a, hbias=b), "BBRBM")
    expected |= {"transposed.npz": product_energies(w, a, b, -1.0), "transposed.h5": product_energies(w, a, b, 0.0)}

    # Weights alone.
    np.save(out / "weights.npy", w)
    np.save(out / "weights-half.npy", np.asfortranarray(halves[0]))
    np.savez(out / "weights.npz", anything=w)
    expected["weights.npy"] = expected["weights.npz"] = product_energies(w, 0 * a, 0 * b, -1.0)
    expected["weights-half.npy"] = product_energies(halves[0], 0 * a, 0 * b, -1.0)
    np.save(out / "vector.npy", a)

    # What is no model.
    (out / "model.json").write_text(json.dumps({"W": w.tolist()}))
    (out / "model.pkl").write_bytes(pickle.dumps({"W": w}))
    with zipfile.ZipFile(out / "model.pt", "w") as archive:
        for name, content in {"model/data.pkl": b"\x80\x02}q\x00.", "model/version": b"3\n"}.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    (out / "expected.json").write_text(json.dumps(expected) + "\n")
    bombs(out)


main()
