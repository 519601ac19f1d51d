"""How many bits a model takes: its weights, and all that it needs beside them.

Each number is counted once, in the code that memories have: equal scales and powers of two cost
what `spec.scales` says, each of the two functions has one table. A machine may hold more: copies of
the tables, one for each unit of its element-wise part, and places that its shape leaves empty.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from spec.activation import FUNCTIONS, PiecewiseLinear, lines
from spec.arithmetic import Arithmetic, Fixed
from spec.errors import InputError
from spec.formats import Interval, half
from spec.model import Model
from spec.network import LstmLayer, Network
from spec.scales import scale_of
from spec.tensors import Integers, tensor_specs
from spec.trits import GROUP

__all__ = ["BASELINE", "Storage", "baseline", "storage"]

BASELINE = Fixed(12)
"""Weights of the model that others are compared with, as in Ardakani et al. (2019), Table 7."""


@dataclass(frozen=True)
class Storage:
    """Bits of the parts of a model.

    Attributes
    ----------
    weights, scales, biases, tables : int
        Of the layer. Scales and biases are those of its rows and, if there are any, of its cells.
    head : int
        Of the head: weights, scales and biases.
    """

    weights: int
    scales: int
    biases: int
    tables: int
    head: int

    @property
    def layer(self) -> int:
        """The layer."""
        return self.weights + self.scales + self.biases + self.tables

    @property
    def total(self) -> int:
        """The layer and the head."""
        return self.layer + self.head

    def as_dict(self) -> dict[str, int]:
        """All parts, and both sums."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        head = parts.pop("head")
        return parts | {"layer": self.layer, "head": head, "total": self.total}


def storage(model: Model, *, dense: bool = False) -> Storage:
    """Bits of a model.

    Parameters
    ----------
    model : Model
        The model.
    dense : bool
        Five ternary weights of the layer in a byte (`spec.trits`).

    Raises
    ------
    InputError
        If they shall be so and are not ternary.
    """
    network, layer, tensors = model.network, model.network.layer, model.layers[0]
    if dense and not layer.weights.trits:
        raise InputError("dense", "must have ternary weights", layer.weights.name)
    width = layer.normaliser.scale_width
    scales = scale_of(tensors.scale_h, width).bits * layer.rows
    if not tensors.shared_scale:
        scales += scale_of(tensors.scale_x, width).bits * layer.rows
    if layer.cell_affine is not None:
        assert tensors.scale_c is not None
        scales += scale_of(tensors.scale_c, layer.cell_affine.scale_width).bits * layer.hidden
    head = _head(network, network.head.weights if network.head else None)
    if network.head is not None and model.head is not None and model.head.scale is not None:
        head += scale_of(model.head.scale, network.head.scale_width).bits * network.head.classes
    return Storage(
        weights=_weights(network, None if dense else layer.weights),
        scales=scales,
        biases=_biases(model),
        tables=_tables(layer),
        head=head,
    )


def baseline(model: Model) -> Storage:
    """Bits of the same model with `BASELINE` weights, also in its head, and without scales.

    All rows of a fixed-point network can share one scale, which is a constant.
    """
    network = model.network
    return Storage(
        weights=_weights(network, BASELINE),
        scales=0,
        biases=_biases(model),
        tables=_tables(network.layer),
        head=_head(network, BASELINE),
    )


def _weights(network: Network, arithmetic: Arithmetic | None) -> int:
    """Of both matrices; in the dense form where there is no arithmetic."""
    specs = tensor_specs(network)
    count = sum(
        specs[name].shape[0] * specs[name].shape[1]
        for name in ("layers.0.weight_x", "layers.0.weight_h")
    )
    return 8 * -(-count // GROUP) if arithmetic is None else count * arithmetic.bits


def _biases(model: Model) -> int:
    """As wide as the largest with the half that rounds, which memories keep in it."""
    layer, tensors = model.network.layer, model.layers[0]
    total = _width(tensors.bias + half(layer.normaliser.shift)) * layer.rows
    if layer.cell_affine is not None:
        assert tensors.bias_c is not None
        total += _width(tensors.bias_c + half(layer.cell_affine.shift)) * layer.hidden
    return total


def _width(values: Integers) -> int:
    return (Interval.signed_bits(1) | Interval.of(values)).width


def _tables(layer: LstmLayer) -> int:
    """One table of each function."""
    total = 0
    for function in FUNCTIONS:
        out = getattr(layer, function)
        if isinstance(layer.activation, PiecewiseLinear):
            line = lines(function, layer.pre, out, layer.activation.segments)
            word = Interval.of(line.slope).width + Interval.of(line.offset).width
            total += word * layer.activation.segments
        else:
            total += out.width << layer.pre.width
    return total


def _head(network: Network, arithmetic: Arithmetic | None) -> int:
    """Weights and biases of the head."""
    head = network.head
    if head is None or arithmetic is None:
        return 0
    return head.classes * (network.layer.hidden * arithmetic.bits + head.bias_width)
