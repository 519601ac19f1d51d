"""One recurrent module of a ``state_dict``: its layers, with all their tensors checked.

``nn.LSTM``, ``nn.GRU`` and ``nn.RNN`` compute what `spec.cells` describes, with the scales inside
their weights; which of them it was follows from the number of gates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.freeze import Reals
from pascaline.importers.modules import CELLS as MODULES
from pascaline.importers.modules import module_of
from pascaline.importers.network import FloatLayer, FloatPart, gates_of
from pascaline.importers.statedict.numbers import matrix_shape, reals
from pascaline.spec.cells import CELLS, form_of
from pascaline.spec.errors import InputError

__all__ = ["RecurrentModule", "gate_counts", "read_module"]


class RecurrentModule(NamedTuple):
    """A module.

    Attributes
    ----------
    name : str
        Its path, empty if the file is of this module alone.
    layers : tuple of FloatLayer
        From input to output.
    """

    name: str
    layers: tuple[FloatLayer, ...]

    @property
    def shown(self) -> str:
        """Its name in lines for people."""
        return self.name or "the layers"

    @property
    def inputs(self) -> int:
        """Elements of an input vector."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """Elements of an output vector."""
        return self.layers[-1].outputs

    @property
    def described(self) -> str:
        """What it is, as a line."""
        count, first = len(self.layers), self.layers[0]
        directions = ", both directions" if first.bidirectional else ""
        layers = f"{count} layers" if count > 1 else "a layer"
        return (
            f"{self.shown}: {layers} of {first.cell}{directions}, {self.inputs} inputs, "
            f"{first.hidden} hidden units"
        )


def gate_counts() -> dict[int, str]:
    """The usual form of the cell with so many gates."""
    counts: dict[int, str] = {}
    for kind in MODULES:
        usual, *_ = CELLS[kind].forms
        counts.setdefault(len(gates_of(usual)), usual)
    return counts


def read_module(
    tensors: Mapping[str, NDArray[Any]], name: str, keys: Mapping[str, str], cell: str | None
) -> RecurrentModule:
    """Check the tensors of a module.

    Parameters
    ----------
    tensors : mapping of str to array
        All tensors.
    name : str
        Path of the module.
    keys : mapping of str to str
        Names of its tensors by parameter, as ``weight_ih_l0``.
    cell : str or None
        The cell, if the module has as many gates as it; ``None``: the usual one with as many.

    Raises
    ------
    InputError
        If a tensor is missing, misshapen or not finite; it is named.
    """
    for parameter in ("weight_ih_l0", "weight_hh_l0"):
        if parameter not in keys:
            raise InputError(_named(keys, parameter), "tensor is missing")
    first = keys["weight_hh_l0"]
    rows, hidden = matrix_shape(tensors, first)
    counts = gate_counts()
    if rows % hidden or rows // hidden not in counts:
        gates = ", ".join(map(str, sorted(counts)))
        raise InputError(first, f"must have {gates} rows a column", [rows, hidden])
    found = counts[rows // hidden]
    if cell is not None and form_of(cell)[0] == form_of(found)[0]:
        found = cell
    suffixes = ["", "_reverse"] if any(key.endswith("_reverse") for key in keys) else [""]
    count = 1 + max(int(re.sub(r".*_l(\d+).*", r"\1", key)) for key in keys)
    layers: list[FloatLayer] = []
    for index in range(count):
        inputs = len(suffixes) * hidden
        if not index:
            inputs = matrix_shape(tensors, keys["weight_ih_l0"])[1]
        parts = tuple(
            _part(tensors, keys, f"_l{index}{suffix}", found, (inputs, hidden))
            for suffix in suffixes
        )
        layers.append(FloatLayer(cell=found, parts=parts))
    return RecurrentModule(name, tuple(layers))


def _part(
    tensors: Mapping[str, NDArray[Any]],
    keys: Mapping[str, str],
    suffix: str,
    cell: str,
    sizes: tuple[int, int],
) -> FloatPart:
    inputs, hidden = sizes
    rows = len(gates_of(cell)) * hidden
    biased = any(key.startswith("bias_") for key in keys)
    for kind in ("weight_ih", "weight_hh", *(("bias_ih", "bias_hh") if biased else ())):
        if kind + suffix not in keys:
            raise InputError(_named(keys, kind + suffix), "tensor is missing")
    names = {"weight_x": keys[f"weight_ih{suffix}"], "weight_h": keys[f"weight_hh{suffix}"]}
    bias = bias_h = np.zeros(rows)
    weight_x = reals(tensors, names["weight_x"], (rows, inputs))
    weight_h = reals(tensors, names["weight_h"], (rows, hidden))
    if biased:
        bias = reals(tensors, keys[f"bias_ih{suffix}"], (rows,))
        bias_h = reals(tensors, keys[f"bias_hh{suffix}"], (rows,))
    shared, own = module_of(cell).split(bias_h, hidden)
    summed: Reals = bias + shared
    return FloatPart(weight_x=weight_x, weight_h=weight_h, bias=summed, bias_h=own, names=names)


def _named(keys: Mapping[str, str], parameter: str) -> str:
    """What a tensor that is missing would be called, beside those that are there."""
    beside, there = next(iter(keys.items()), ("", ""))
    at = len(there) - len(beside)
    return f"{there[:at]}{parameter}" if at > 0 and there.endswith(beside) else parameter
