"""Models with random integers: for tests, for fuzzing, and to size machines before training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spec.arithmetic import Arithmetic
from spec.model import Model
from spec.network import Network
from spec.tensors import Integers, tensor_specs

__all__ = ["synthetic_model"]


def synthetic_model(
    name: str, network: Network, rng: np.random.Generator, *, shared_scale: bool = False
) -> Model:
    """Draw a model whose gates swing over their whole range without sticking.

    Weights are uniform over what the arithmetic allows. Scales are as a trained network's would
    be: pre-activations of about unit variance for inputs of about half of full scale.
    """
    tensors: dict[str, Integers] = {}
    for key, spec in tensor_specs(network).items():
        if isinstance(spec.values, Arithmetic):
            weights = spec.values.values
            tensors[key] = weights[rng.integers(0, len(weights), spec.shape)]
    for index, layer in enumerate(network.layers):
        at, affine = f"layers.{index}.", layer.normaliser
        unit = float(1 << (layer.pre.frac + affine.shift))
        for part, source in (("x", network.x.interval), ("h", layer.h.interval)):
            sums = tensors[f"{at}weight_{part}"].std(axis=1) * np.sqrt(
                tensors[f"{at}weight_{part}"].shape[1]
            )
            scale = unit / np.maximum(sums, 0.5) / (source.magnitude / 2)
            jitter = rng.uniform(0.5, 1.5, layer.rows) * rng.choice([-1, 1], layer.rows)
            tensors[f"{at}scale_{part}"] = _clip(scale * jitter, affine.scales.hi)
        if shared_scale:
            tensors[at + "scale_x"] = tensors[at + "scale_h"]
        tensors[at + "bias"] = _clip(rng.normal(0, unit / 2, layer.rows), affine.biases.hi)
        if layer.cell_affine is not None:
            gain = 2.0 ** (layer.cell_affine.shift + layer.pre.frac - layer.cell.frac)
            tensors[at + "scale_c"] = _clip(
                gain * rng.uniform(0.5, 1.5, layer.hidden), layer.cell_affine.scales.hi
            )
            unit = float(1 << (layer.pre.frac + layer.cell_affine.shift))
            tensors[at + "bias_c"] = _clip(
                rng.normal(0, unit / 4, layer.hidden), layer.cell_affine.biases.hi
            )
    if (head := network.head) is not None:
        reach = network.layers[-1].h.interval.magnitude
        if head.scaled:
            tensors["head.scale"] = rng.integers(
                head.scales.lo, head.scales.hi, head.classes, endpoint=True
            )
            reach *= head.scales.hi
        tensors["head.bias"] = _clip(rng.normal(0, reach, head.classes), head.biases.hi)
    return Model(name=name, network=network, tensors=tensors, card={"weights": "random"})


def _clip(values: NDArray[np.float64], limit: int) -> Integers:
    return np.clip(np.round(values), -limit, limit).astype(np.int64)
