"""Models of Keras with random numbers, and what Pascaline makes of their files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pascaline.importers.foreign import Foreign, Reading
from pascaline.importers.plain import run_head, run_layers
from pascaline.importers.sources import read_foreign

os.environ["KERAS_BACKEND"] = "torch"
pytest.importorskip("h5py")
pytest.importorskip("torch")
keras = pytest.importorskip("keras")
L: Any = keras.layers

STEPS, BATCH, INPUTS, SYMBOLS = 6, 5, 3, 7

ENDS = {
    "linear": lambda z: z,
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True),
    "log_softmax": lambda z: z - np.log(np.exp(z).sum(axis=-1, keepdims=True)),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}


def randomised(model: Any, seed: int) -> Any:
    """The model with random numbers in all its variables."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        shape = variable.shape
        values = rng.normal(size=shape) * (0.7 if len(shape) == 2 else 0.4)
        if "variance" in variable.name or "gamma" in variable.name:
            values = rng.uniform(0.4, 1.6, shape)
        variable.assign(values)
    return model


def sequential(*layers: Any, shape: Any = (STEPS, INPUTS), seed: int = 0) -> Any:
    return randomised(keras.Sequential([keras.Input(shape), *layers]), seed)


def whole(*layers: Any, shape: Any = (STEPS,), dtype: str = "int32") -> Any:
    """A model whose input is declared to be whole numbers."""
    return randomised(keras.Sequential([keras.Input(shape, dtype=dtype), *layers]), 0)


def functional(*layers: Any, shape: Any = (STEPS, INPUTS), seed: int = 0) -> Any:
    first = x = keras.Input(shape)
    for layer in layers:
        x = layer(x)
    return randomised(keras.Model(first, x), seed)


def raw(model: Any, seed: int = 1) -> NDArray[Any]:
    """Sequences for a model: of symbols, if it takes such."""
    rng, shape = np.random.default_rng(seed), model.input_shape[1:]
    sizes = tuple(STEPS if size is None else size for size in shape)
    if any(isinstance(layer, L.Embedding) for layer in model.layers):
        return rng.integers(0, SYMBOLS, (BATCH, *sizes))
    return rng.normal(size=(BATCH, *sizes))


def computed(foreign: Foreign, x: NDArray[Any]) -> NDArray[Any]:
    """What an imported network computes in real numbers, results in the order of Keras."""
    network = foreign.network
    if network.symbols:
        x = np.eye(network.inputs)[x]
    x = x.reshape(BATCH, -1, network.inputs)
    if foreign.preprocess is not None:
        x = (x - np.array(foreign.preprocess.offset)) * np.array(foreign.preprocess.gain)
    every, last = run_layers(network, x.swapaxes(0, 1))
    results = {
        "last": last,
        "first-of-backward": every[-1],
        "max": every.max(axis=0),
        "mean": every.mean(axis=0),
        "every": every.swapaxes(0, 1),
    }
    return run_head(network, results[network.result])


def check(model: Any, tmp_path: Path, *, end: str = "linear", close: float = 1e-6) -> Foreign:
    """Save a model in both forms; what both give must be what Keras computes."""
    x = raw(model)
    wanted = np.asarray(model.predict(x, verbose=0), dtype=np.float64)
    # A network that does not vary would be easy to follow.
    spread = float(np.ptp(wanted, axis=0).max())
    assert spread > 0.01
    for suffix in (".keras", ".h5"):
        path = tmp_path / f"net{suffix}"
        model.save(path)
        foreign = read_foreign(path, Reading())
        found = ENDS[end](computed(foreign, x))
        np.testing.assert_allclose(found, wanted, rtol=0, atol=close * spread)
        assert foreign.source == "Keras"
    return foreign
