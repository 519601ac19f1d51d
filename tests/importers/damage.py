"""Damaged files of every kind that is imported: each is read, or refused in one line.

``python -m tests.importers.damage --count 10000`` counts what becomes of them, with the longest
time that one has taken and how much memory all of them; anything but a network or a line is a
failure. Needs PyTorch, onnx, Keras and h5py, as ``make test-train`` installs them.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pascaline.importers.sources import read_foreign
from pascaline.spec.errors import InputError
from tests.importers.insertions import draw
from tests.importers.test_damaged import KINDS, damaged, remade
from tests.importers.test_onnx_damaged import changed

Make = Callable[[np.random.Generator], bytes]


def tensors(kind: str) -> tuple[str, Make]:
    """Files of tensors: bytes of them, or of members whose checksums are right."""
    suffix, make = KINDS[kind]
    content = make()

    def made(rng: np.random.Generator) -> bytes:
        if content[:2] != b"PK" or rng.random() < 0.5:
            return damaged(content, rng)
        return remade(content, lambda _, data: damaged(data, rng) if data else data)

    return suffix, made


GOOD = (3, 4, 6, 19, 29, 31, 33, 39, 40)
"""Graphs of `tests.importers.insertions` that can be read."""


def graph(rng: np.random.Generator) -> bytes:
    model = draw(int(rng.choice(GOOD)))[1]
    if rng.random() < 0.5:
        return damaged(model.SerializeToString(), rng)
    for _ in range(int(rng.integers(1, 4))):
        changed(model, rng)
    return bytes(model.SerializeToString())


def keras_files() -> dict[str, tuple[str, Make]]:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((5, 3)),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.GRU(4),
            layers.Dense(2, activation="softmax"),
        ]
    )
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".keras", ".h5"):
            model.save(Path(folder) / f"net{suffix}")
            found[suffix] = (Path(folder) / f"net{suffix}").read_bytes()

    def archive(rng: np.random.Generator) -> bytes:
        content = found[".keras"]
        if rng.random() < 0.3:
            return damaged(content, rng)
        return remade(content, lambda _, data: damaged(data, rng) if rng.random() < 0.5 else data)

    return {
        "keras": (".keras", archive),
        "h5": (".h5", lambda rng: damaged(found[".h5"], rng)),
    }


def run(kinds: dict[str, tuple[str, Make]], count: int, seed: int) -> tuple[Counter[str], float]:
    """How many files of each kind were read and refused, and the longest time that one took."""
    rng, counts, longest = np.random.default_rng(seed), Counter[str](), 0.0
    names = list(kinds)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            name = names[number % len(names)]
            suffix, make = kinds[name]
            path = Path(folder) / f"net{suffix}"
            path.write_bytes(make(rng))
            begin = time.monotonic()
            try:
                read_foreign(path)
                outcome = "read"
            except InputError as error:
                clear = "\n" not in str(error) and len(str(error)) < 900
                outcome = "refused" if clear else "unclear"
            except Exception as error:
                outcome = "failed"
                print(f"{name} {number}: {error!r}", file=sys.stderr, flush=True)
            longest = max(longest, time.monotonic() - begin)
            counts[f"{name} {outcome}"] += 1
            counts[outcome] += 1
    return counts, longest


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    kinds = {name: tensors(name) for name in KINDS}
    kinds |= {"onnx": (".onnx", graph)} | keras_files()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts, longest = run(kinds, chosen.count, chosen.seed)
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    told = {"files": chosen.count, "seed": chosen.seed, "longest_s": round(longest, 2)}
    print(json.dumps(told | {"more_mib": more // 1024} | dict(sorted(counts.items()))))
    return 1 if counts["failed"] + counts["unclear"] else 0


if __name__ == "__main__":
    sys.exit(main())
