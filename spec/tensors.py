"""The tensors of a network by name: shape, and which values they may hold."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.cells.layer import Layer
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval
from pascaline.spec.network import Network

__all__ = [
    "HeadTensors",
    "Integers",
    "LayerTensors",
    "TensorSpec",
    "layer_prefixes",
    "tensor_specs",
]

Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerTensors:
    """Integers of one direction of a layer.

    Attributes
    ----------
    weight_x, weight_h : (rows, inputs), (rows, hidden)
        Weights, as values of the layer's arithmetics.
    scale_x, scale_h, bias : (rows,)
        The folded normaliser.
    units : dict of str to (hidden,)
        What the cell needs beside them (``unit_tensors`` of the layer).
    """

    weight_x: Integers
    weight_h: Integers
    scale_x: Integers
    scale_h: Integers
    bias: Integers
    units: dict[str, Integers] = field(default_factory=dict)

    @property
    def shared_scale(self) -> bool:
        """Whether both sums of every row have the same scale, so that one sum is enough."""
        return bool(np.array_equal(self.scale_x, self.scale_h))


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadTensors:
    """Integers of the head.

    Attributes
    ----------
    weight : (classes, outputs of the last layer)
        Weights, as values of the head's arithmetic.
    bias : (classes,)
        Biases.
    scale : (classes,) or None
        Row scales, if the head is scaled.
    """

    weight: Integers
    bias: Integers
    scale: Integers | None = None


@dataclass(frozen=True)
class TensorSpec:
    """What a tensor must be: either weights of an arithmetic, or integers of a range."""

    shape: tuple[int, ...]
    values: Arithmetic | Interval

    def check(self, name: str, tensor: Integers) -> None:
        """Raise `InputError` unless ``tensor`` has the shape and only values that are allowed."""
        if tensor.shape != self.shape:
            raise InputError(name, f"shape must be {list(self.shape)}", list(tensor.shape))
        if isinstance(self.values, Arithmetic):
            self.values.encode(tensor, thing=name)
            return
        bad = (tensor < self.values.lo) | (tensor > self.values.hi)
        if bad.any():
            row = int(np.argmax(bad))
            rule = f"must be {self.values.lo} to {self.values.hi}"
            raise InputError(f"{name}[{row}]", rule, int(tensor[row]))


def layer_prefixes(network: Network, index: int) -> tuple[str, ...]:
    """What the names of a layer's tensors begin with: forward, then backward if there is one."""
    at = f"layers.{index}."
    return (at, f"{at}reverse.") if network.layers[index].bidirectional else (at,)


def tensor_specs(network: Network) -> dict[str, TensorSpec]:
    """Every tensor of a network by name, in the order of the model file."""
    specs: dict[str, TensorSpec] = {}
    for index, layer in enumerate(network.layers):
        for at in layer_prefixes(network, index):
            for name, spec in _layer_specs(layer, network.layer_inputs(index)).items():
                specs[at + name] = spec
    if (head := network.head) is not None:
        specs["head.weight"] = TensorSpec((head.classes, network.layer.outputs), head.weights)
        specs["head.bias"] = TensorSpec((head.classes,), head.biases)
        if head.scaled:
            specs["head.scale"] = TensorSpec((head.classes,), head.scales)
    return specs


def _layer_specs(layer: Layer, inputs: int) -> dict[str, TensorSpec]:
    """Of one direction."""
    folded = layer.normaliser
    specs = {
        "weight_x": TensorSpec((layer.rows, inputs), layer.weights_x),
        "weight_h": TensorSpec((layer.rows, layer.hidden), layer.weights_h),
        "scale_x": TensorSpec((layer.rows,), folded.scales),
        "scale_h": TensorSpec((layer.rows,), folded.scales),
        "bias": TensorSpec((layer.rows,), folded.biases),
    }
    for name, values in layer.unit_tensors.items():
        specs[name] = TensorSpec((layer.hidden,), values)
    return specs
