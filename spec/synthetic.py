"""Models with random integers: for tests, for fuzzing, and to size machines before training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.cells.layer import Layer
from pascaline.spec.draw import draw_biases, nearest
from pascaline.spec.formats import Format, Interval
from pascaline.spec.model import Model
from pascaline.spec.network import Head, Network
from pascaline.spec.operands import Operand, Walsh
from pascaline.spec.tensors import (
    DECODER,
    Integers,
    TensorSpec,
    layer_prefixes,
    tensor_specs,
)

__all__ = ["synthetic_model"]

EVEN = 1 / 16
"""How large the biases of an even head are, as a share of those of others."""


def synthetic_model(
    name: str,
    network: Network,
    rng: np.random.Generator,
    *,
    shared_scale: bool = False,
    orthogonal: bool = False,
    even: bool = False,
) -> Model:
    """Draw a model whose gates swing over their whole range without sticking.

    Weights are uniform over what the arithmetic allows. Scales are as a trained network's would
    be: pre-activations of about unit variance for inputs of about half of full scale. If
    ``orthogonal``, what a transform gives has random signs beside one magnitude, with which it is
    orthogonal, and the inputs of such a layer have one scale: as a HadamardRNN is trained. If
    ``even``, biases of the head are so small that no class wins most of the time.
    """
    tensors: dict[str, Integers] = {}
    for key, spec in tensor_specs(network).items():
        if isinstance(spec.values, Arithmetic):
            weights = spec.values.values
            tensors[key] = weights[rng.integers(0, len(weights), spec.shape)]
    for index, layer in enumerate(network.layers):
        x, inputs = network.layer_x(index), network.layer_inputs(index)
        for at in layer_prefixes(network, index):
            tensors |= _direction(at, layer, x, inputs, tensors, rng, shared_scale, orthogonal)
    if network.attention is not None:
        allowed = network.attention.query.interval
        query = rng.integers(allowed.lo, allowed.hi, network.layer.outputs, endpoint=True)
        tensors["pooling.query"] = query
    if (decoder := network.decoder) is not None:
        x, inputs = decoder.layer.h, decoder.inputs(network.layer.outputs)
        tensors |= _direction(DECODER, decoder.layer, x, inputs, tensors, rng, shared_scale, False)
        embedding = f"{DECODER}embedding"
        shape = tensor_specs(network)[embedding].shape
        tensors[embedding] = rng.integers(x.interval.lo, x.interval.hi, shape, endpoint=True)
    if (head := network.head) is not None:
        tensors |= _head(head, network.layer.h, rng, even)
    return Model(name=name, network=network, tensors=tensors, card={"weights": "random"})


def _direction(
    at: str,
    layer: Layer,
    x: Format,
    inputs: int,
    weights: dict[str, Integers],
    rng: np.random.Generator,
    shared_scale: bool,
    orthogonal: bool,
) -> dict[str, Integers]:
    """All tensors of a direction but its ``weights``, by their names, which begin with ``at``."""
    tensors: dict[str, Integers] = {}
    formats, sizes = {"input": x, "state": layer.h}, {"input": inputs, "state": layer.hidden}
    for operand in layer.operands:
        columns = sizes[operand.vector]
        specs = operand.tensors(layer.rows, columns)
        tensors |= _zero_points(at, specs, rng)
        own = {name: (weights | tensors)[at + name] for name in specs}
        sums = operand.deviation(own, layer.rows, columns)
        scales = _scales(layer, sums, formats[operand.vector], rng)
        if orthogonal and layer.transform:
            scales = _of_one_magnitude(layer, operand, scales)
        tensors[f"{at}scale_{operand.name}"] = scales
    for operand in layer.operands if shared_scale else ():
        last = layer.operands[-1].name
        tensors[f"{at}scale_{operand.name}"] = tensors[f"{at}scale_{last}"]
    biases = draw_biases(rng, layer.normaliser, layer.pre, layer.rows, 2)
    tensors[at + "bias"] = biases
    for unit, values in layer.draw_units(rng).items():
        tensors[at + unit] = values
    for name, allowed in layer.initial_tensors.items():
        drawn = rng.integers(allowed.lo, allowed.hi, layer.hidden, endpoint=True)
        tensors[at + name] = drawn
    return tensors


def _zero_points(
    at: str, specs: dict[str, TensorSpec], rng: np.random.Generator
) -> dict[str, Integers]:
    """Of all that may be."""
    found: dict[str, Integers] = {}
    for name, spec in specs.items():
        if isinstance(spec.values, Interval):
            lo, hi = spec.values.lo, spec.values.hi
            found[at + name] = rng.integers(lo, hi, spec.shape, endpoint=True)
    return found


def _scales(
    layer: Layer, sums: NDArray[np.float64], source: Format, rng: np.random.Generator
) -> Integers:
    """Of rows with sums of a deviation, for elements of a format."""
    unit = float(1 << (layer.pre.frac + layer.normaliser.shift))
    standard = layer.normaliser.standard(layer.hidden)
    if standard is None:
        scales = unit / np.maximum(sums, 0.5) / (source.interval.magnitude / 2)
    else:
        scales = np.full(layer.rows, unit * standard.normal.lsb * standard.factor)
    return layer.normaliser.draw_scales(rng, scales)


def _of_one_magnitude(layer: Layer, operand: Operand, scales: Integers) -> Integers:
    if not isinstance(operand, Walsh):
        return np.full_like(scales, scales[0])
    unit = 2.0 ** (layer.normaliser.shift + layer.pre.frac - layer.h.frac)
    magnitude = nearest(np.array([unit / np.sqrt(operand.block)]), layer.normaliser.scales.hi)
    return np.where(scales < 0, -1, 1) * np.maximum(magnitude, 1)


def _head(head: Head, h: Format, rng: np.random.Generator, even: bool) -> dict[str, Integers]:
    """All but the weights."""
    tensors: dict[str, Integers] = {}
    reach = h.interval.magnitude
    if head.scaled:
        tensors["head.scale"] = rng.integers(
            head.scales.lo, head.scales.hi, head.classes, endpoint=True
        )
        reach *= head.scales.hi
    deviation = reach * (EVEN if even else 1.0)
    tensors["head.bias"] = nearest(rng.normal(0, deviation, head.classes), head.biases.hi)
    if head.zero_point:
        tensors["head.zero"] = rng.integers(head.zeros.lo, head.zeros.hi, 1, endpoint=True)
    return tensors
