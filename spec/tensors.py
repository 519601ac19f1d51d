"""The tensors of a network by name: shape, and which values they may hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spec.arithmetic import Arithmetic
from spec.errors import InputError
from spec.formats import Interval
from spec.network import Network

__all__ = ["HeadTensors", "Integers", "LayerTensors", "TensorSpec", "tensor_specs"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class LayerTensors:
    """Integers of one layer.

    Attributes
    ----------
    weight_x, weight_h : (rows, inputs), (rows, hidden)
        Weights, as values of the layer's arithmetic.
    scale_x, scale_h, bias : (rows,)
        The folded normaliser.
    scale_c, bias_c : (hidden,) or None
        The affine on the cell, if the layer has one.
    """

    weight_x: Integers
    weight_h: Integers
    scale_x: Integers
    scale_h: Integers
    bias: Integers
    scale_c: Integers | None = None
    bias_c: Integers | None = None

    @property
    def shared_scale(self) -> bool:
        """Whether both sums of every row have the same scale, so that one sum is enough."""
        return bool(np.array_equal(self.scale_x, self.scale_h))


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadTensors:
    """Integers of the head.

    Attributes
    ----------
    weight : (classes, hidden)
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


def tensor_specs(network: Network) -> dict[str, TensorSpec]:
    """Every tensor of a network by name, in the order of the model file."""
    specs: dict[str, TensorSpec] = {}
    inputs = network.inputs
    for index, layer in enumerate(network.layers):
        at = f"layers.{index}."
        folded = layer.normaliser
        specs[at + "weight_x"] = TensorSpec((layer.rows, inputs), layer.weights)
        specs[at + "weight_h"] = TensorSpec((layer.rows, layer.hidden), layer.weights)
        specs[at + "scale_x"] = TensorSpec((layer.rows,), folded.scales)
        specs[at + "scale_h"] = TensorSpec((layer.rows,), folded.scales)
        specs[at + "bias"] = TensorSpec((layer.rows,), folded.biases)
        if (affine := layer.cell_affine) is not None:
            specs[at + "scale_c"] = TensorSpec((layer.hidden,), affine.scales)
            specs[at + "bias_c"] = TensorSpec((layer.hidden,), affine.biases)
        inputs = layer.hidden
    if (head := network.head) is not None:
        specs["head.weight"] = TensorSpec((head.classes, inputs), head.weights)
        specs["head.bias"] = TensorSpec((head.classes,), head.biases)
        if head.scaled:
            specs["head.scale"] = TensorSpec((head.classes,), head.scales)
    return specs
