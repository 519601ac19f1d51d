"""How many bits a model takes: its weights, and all that it needs beside them.

Each number is counted once, in the code that memories have: the weights of a layer in the
arithmetic that lanes compute with, equal scales and powers of two at what `spec.scales` says, one
table of each function and formats, folded where machines fold it. A machine may hold more: copies
of the tables, one for each unit of its element-wise part, and places that its shape leaves empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np

from pascaline.spec.activation import Activation, AdaptivePieces, PiecewiseLinear, lines
from pascaline.spec.arithmetic import Arithmetic, Fixed
from pascaline.spec.cells.layer import Layer
from pascaline.spec.errors import InputError
from pascaline.spec.folded import find_fold
from pascaline.spec.formats import Format, Interval, half
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.pieces import find_pieces
from pascaline.spec.scales import scale_of
from pascaline.spec.tensors import Integers, LayerTensors, same_scales
from pascaline.spec.trits import GROUP

__all__ = ["BASELINE", "Storage", "baseline", "function_bits", "storage"]

BASELINE = Fixed(12)
"""Weights of the model that others are compared with, as in Ardakani et al. (2019), Table 7."""


@dataclass(frozen=True)
class Storage:
    """Bits of the parts of a model.

    Attributes
    ----------
    weights, scales, biases, tables : int
        Of all layers, and of a decoder. Scales and biases are those of rows and, if there are any,
        of units; an initial state counts as biases, and so do zero points.
    head : int
        Of the head: weights, scales and biases; of attention the query, of a decoder what stands
        for the classes.
    """

    weights: int
    scales: int
    biases: int
    tables: int
    head: int

    @property
    def layer(self) -> int:
        """All layers."""
        return self.weights + self.scales + self.biases + self.tables

    @property
    def total(self) -> int:
        """The layers and the head."""
        return self.layer + self.head

    def as_dict(self) -> dict[str, int]:
        """All parts, and both sums."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        head = parts.pop("head")
        return parts | {"layer": self.layer, "head": head, "total": self.total}


def storage(model: Model, *, packed: bool = False) -> Storage:
    """Bits of a model.

    Parameters
    ----------
    model : Model
        The model.
    packed : bool
        Five ternary weights of a layer in a byte (`spec.trits`).

    Raises
    ------
    InputError
        If they shall be so and are not ternary.
    """
    network, head = model.network, model.network.head
    for layer in network.every_layer if packed else ():
        if not layer.weights.trits:
            raise InputError("packed", "must have ternary weights", layer.weights.name)
    bits = _head(network, head.weights if head else None) + _vectors(network)
    if head is not None and model.head is not None and model.head.scale is not None:
        bits += scale_of(model.head.scale, head.scale_width).bits * head.classes
    return Storage(
        weights=_weights(network, lambda layer: None if packed else layer.weights),
        scales=_of_layers(model, _scales),
        biases=_of_layers(model, _biases),
        tables=_tables(network),
        head=bits,
    )


def baseline(model: Model) -> Storage:
    """Bits of the same model with `BASELINE` weights, also in its head, and without scales.

    All rows of a fixed-point network can share one scale, which is a constant.
    """
    network = model.network
    return Storage(
        weights=_weights(network, lambda layer: BASELINE),
        scales=0,
        biases=_of_layers(model, _biases),
        tables=_tables(network),
        head=_head(network, BASELINE) + _vectors(network),
    )


def _weights(network: Network, code: Callable[[Layer], Arithmetic | None]) -> int:
    """Of all matrices; in the packed form where there is no arithmetic."""
    total = 0
    columns = [sum(network.matrix_columns(index)) for index in range(len(network.layers))]
    if (decoder := network.decoder) is not None:
        columns.append(decoder.inputs(network.layer.outputs) + decoder.layer.hidden)
    for layer, matrix in zip(network.every_layer, columns, strict=True):
        count, arithmetic = layer.directions * layer.rows * matrix, code(layer)
        total += count * arithmetic.bits if arithmetic else 8 * -(-count // GROUP)
    return total


def _of_layers(model: Model, part: Callable[[Layer, dict[str, Integers]], int]) -> int:
    """Something of each layer and its tensors, those of both directions in one."""
    directions = [*model.directions]
    if model.decoder is not None:
        directions.append((model.decoder.layer,))
    layers = zip(model.network.every_layer, directions, strict=True)
    return sum(part(layer, _joined(directions)) for layer, directions in layers)


def _joined(directions: tuple[LayerTensors, ...]) -> dict[str, Integers]:
    return {name: np.concatenate([one[name] for one in directions]) for name in directions[0]}


def _scales(layer: Layer, tensors: dict[str, Integers]) -> int:
    """Of rows, one where all operands share it, and of units."""
    names = [f"scale_{operand.name}" for operand in layer.operands]
    if not layer.apart and same_scales(layer, tensors):
        names = names[:1]
    allowed = layer.row_tensors | layer.unit_tensors
    names += [name for name in layer.unit_tensors if name not in layer.unit_shifts]
    widths = {name: allowed[name].width for name in names}
    signs = f"scale_{layer.transform.name}" if layer.transform else None
    return sum(
        scale_of(tensors[name], width, signs=name == signs).bits * len(tensors[name])
        for name, width in widths.items()
    )


def _biases(layer: Layer, tensors: dict[str, Integers]) -> int:
    """As wide as the largest with the half that rounds, which memories keep in it."""
    rounded = sum(
        _width(tensors[name] + half(shift)) * len(tensors[name])
        for name, shift in layer.shifts.items()
    )
    kept = layer.initial_tensors | layer.zero_tensors
    return rounded + sum(allowed.width * len(tensors[name]) for name, allowed in kept.items())


def _width(values: Integers) -> int:
    return (Interval.signed_bits(1) | Interval.of(values)).width


def _tables(network: Network) -> int:
    """One table of each function, where formats or forms differ one of each."""
    tables = {
        (layer.activation, function, layer.pre, out)
        for layer in network.every_layer
        for function, out in layer.functions.items()
    }
    return sum(function_bits(*one) for one in tables)


def function_bits(form: Activation, function: str, pre: Format, out: Format) -> int:
    """Bits of a function's table, as machines have it, or of its lines or pieces.

    Examples
    --------
    >>> from pascaline.spec.activation import Table
    >>> function_bits(Table(), "sigmoid", Format(width=12, frac=8), Format(width=8, frac=7))
    5672
    """
    if isinstance(form, PiecewiseLinear):
        line = lines(function, pre, out, form.segments)
        return (Interval.of(line.slope).width + Interval.of(line.offset).width) * form.segments
    if isinstance(form, AdaptivePieces):
        found = find_pieces(function, pre, out, form.pieces, form.slope_bits)
        numbers = (found.first, found.slope, found.offset)
        return sum(Interval.of(column).width for column in numbers) * form.pieces
    folded = find_fold(function, pre, out)
    return out.width << pre.width if folded is None else folded.bits


def _vectors(network: Network) -> int:
    """The query of attention, and what stands for classes before a decoder."""
    attention, decoder, head = network.attention, network.decoder, network.head
    bits = 0 if attention is None else attention.query.width * network.layer.outputs
    if decoder is not None and head is not None:
        bits += decoder.layer.h.width * decoder.embedding * head.classes
    return bits


def _head(network: Network, arithmetic: Arithmetic | None) -> int:
    """Weights and biases of the head."""
    head = network.head
    if head is None or arithmetic is None:
        return 0
    zero = head.zeros.width if head.zero_point else 0
    return head.classes * (network.head_inputs * arithmetic.bits + head.bias_width) + zero
