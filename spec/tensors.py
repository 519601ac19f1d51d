"""The tensors of a network by name: shape, and which values they may hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pascaline.spec.cells.layer import Layer
from pascaline.spec.network import Network
from pascaline.spec.tensorspec import Integers, TensorSpec

__all__ = [
    "DECODER",
    "DecoderTensors",
    "HeadTensors",
    "Integers",
    "LayerTensors",
    "TensorSpec",
    "layer_prefixes",
    "layer_specs",
    "same_scales",
    "tensor_specs",
]

LayerTensors = dict[str, Integers]
"""Integers of one direction of a layer by name, as `layer_specs` has them."""


DECODER = "decoder."
"""What the names of a decoder's tensors begin with."""


@dataclass(frozen=True, kw_only=True, eq=False)
class DecoderTensors:
    """Integers of a decoder.

    Attributes
    ----------
    embedding : (classes, embedding)
        What stands for each class, in the format of h.
    layer : LayerTensors
        Of its cell.
    """

    embedding: Integers
    layer: LayerTensors


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadTensors:
    """Integers of the head.

    Attributes
    ----------
    weight : (classes, outputs of the last layer, behind those of a decoder)
        Weights, as values of the head's arithmetic.
    bias : (classes,)
        Biases.
    scale : (classes,) or None
        Row scales, if the head is scaled.
    zero : (1,) or None
        The zero point of the weights, if they have one.
    """

    weight: Integers
    bias: Integers
    scale: Integers | None = None
    zero: Integers | None = None

    @property
    def met(self) -> Integers:
        """What elements are multiplied by: weights less their zero point."""
        return self.weight if self.zero is None else self.weight - self.zero


def layer_prefixes(network: Network, index: int) -> tuple[str, ...]:
    """Prefixes of the names of a layer's tensors: forward, then backward if there is one."""
    at = f"layers.{index}."
    return (at, f"{at}reverse.") if network.layers[index].bidirectional else (at,)


def tensor_specs(network: Network) -> dict[str, TensorSpec]:
    """Every tensor of a network by name, in the order of the model file."""
    specs: dict[str, TensorSpec] = {}
    for index, layer in enumerate(network.layers):
        for at in layer_prefixes(network, index):
            for name, spec in layer_specs(layer, network.layer_inputs(index)).items():
                specs[at + name] = spec
    if network.attention is not None:
        queries = network.attention.query.interval
        specs["pooling.query"] = TensorSpec((network.layer.outputs,), queries)
    if (decoder := network.decoder) is not None and network.head is not None:
        sizes = network.head.classes, decoder.embedding
        specs[f"{DECODER}embedding"] = TensorSpec(sizes, decoder.layer.h.interval)
        own = layer_specs(decoder.layer, decoder.inputs(network.layer.outputs))
        specs |= {DECODER + name: spec for name, spec in own.items()}
    if (head := network.head) is not None:
        specs["head.weight"] = TensorSpec((head.classes, network.head_inputs), head.weights)
        specs["head.bias"] = TensorSpec((head.classes,), head.biases)
        if head.scaled:
            specs["head.scale"] = TensorSpec((head.classes,), head.scales)
        if head.zero_point:
            specs["head.zero"] = TensorSpec((1,), head.zeros)
    return specs


def layer_specs(layer: Layer, inputs: int) -> dict[str, TensorSpec]:
    """Tensors of one direction of a layer by name: of operands, rows, units, initial states.

    Parameters
    ----------
    layer : Layer
        The description.
    inputs : int
        Elements of its input.
    """
    columns = {"input": inputs, "state": layer.hidden}
    specs: dict[str, TensorSpec] = {}
    for operand in layer.operands:
        specs |= operand.tensors(layer.rows, columns[operand.vector])
    for name, values in layer.row_tensors.items():
        specs[name] = TensorSpec((layer.rows,), values)
    for name, values in layer.unit_tensors.items():
        specs[name] = TensorSpec((layer.hidden,), values)
    for name, values in layer.initial_tensors.items():
        specs[name] = TensorSpec((layer.hidden,), values)
    return specs


def same_scales(layer: Layer, tensors: LayerTensors) -> bool:
    """Whether the scales of all operands agree in every row, so that one sum a row is enough."""
    first, *others = (tensors[f"scale_{operand.name}"] for operand in layer.operands)
    return all(np.array_equal(first, other) for other in others)
