"""The tensors of recurrent modules of PyTorch and of a dense head, checked and sorted.

``nn.LSTM``, ``nn.GRU`` and ``nn.RNN`` compute what `spec.cells` describes, with the scales inside
their weights; which of them it was follows from the number of gates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.freeze import Reals
from pascaline.importers.modules import CELLS as MODULES
from pascaline.importers.modules import module_of
from pascaline.spec.cells import CELLS, form_of
from pascaline.spec.errors import InputError

__all__ = ["FloatPart", "Floats", "floats", "gates_of"]

PARAMETER = re.compile(r"(weight|bias)_(ih|hh|hr)_l(?P<layer>\d+)(?P<reverse>_reverse)?")
"""A parameter of a recurrent module."""

HEADS = ("head", "fc", "linear")
"""What a dense head may be called."""


@dataclass(frozen=True, kw_only=True, eq=False)
class FloatPart:
    """One direction of a layer; gates in the order of `spec.cells`.

    Attributes
    ----------
    weight_x, weight_h, bias : Reals
        (rows, inputs), (rows, hidden) and (rows,): all that is added to both products.
    bias_h : Reals or None
        (hidden,): what the cell adds to its products of h alone.
    names : dict of str to str
        What the tensors ``weight_x`` and ``weight_h`` are called in the file.
    """

    weight_x: Reals
    weight_h: Reals
    bias: Reals
    bias_h: Reals | None
    names: dict[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Floats:
    """A stack of layers and a head.

    Attributes
    ----------
    cell : str
        A key of `spec.cells.FORMS`.
    layers : tuple of tuple of FloatPart
        Of each layer the forward direction, then the backward one if there is one.
    head_weight, head_bias : Reals or None
        (classes, outputs) and (classes,), if there is a head.
    """

    cell: str
    layers: tuple[tuple[FloatPart, ...], ...]
    head_weight: Reals | None
    head_bias: Reals | None

    @property
    def inputs(self) -> int:
        """Elements of an input vector."""
        return int(self.layers[0][0].weight_x.shape[1])

    @property
    def hidden(self) -> int:
        """Hidden units of a direction."""
        return int(self.layers[0][0].weight_h.shape[1])

    @property
    def bidirectional(self) -> bool:
        """Whether layers have both directions."""
        return len(self.layers[0]) == 2


def gates_of(cell: str) -> tuple[str, ...]:
    """Order of the gates in stacked rows of a form, a key of `spec.cells.FORMS`."""
    kind, options = form_of(cell)
    return CELLS[kind].model_validate({"hidden": 1, "weights": "ternary"} | options).gates


def floats(tensors: Mapping[str, NDArray[Any]], cell: str | None = None) -> Floats:
    """Sort and check the tensors of a module and of its head.

    Parameters
    ----------
    tensors : mapping of str to array
        As `importers.convert.convert` takes them.
    cell : str, optional
        The cell; by default that of PyTorch with as many gates, for one gate with tanh.

    Raises
    ------
    InputError
        If a tensor is missing, surplus, misshapen or not finite; it is named.
    """
    keys, head = _sort(tensors)
    first = keys["weight_hh_l0"]
    rows, hidden = _matrix(tensors, first).shape
    counts: dict[int, str] = {}
    for kind in MODULES:
        usual, *_ = CELLS[kind].forms
        counts.setdefault(len(gates_of(usual)), usual)
    if rows % hidden or rows // hidden not in counts:
        gates = ", ".join(map(str, sorted(counts)))
        raise InputError(first, f"must have {gates} rows a column", [rows, hidden])
    found = counts[rows // hidden] if cell is None else cell
    if len(gates_of(found)) != rows // hidden:
        rule = f"must have {len(gates_of(found))} rows a column for {found}"
        raise InputError(first, rule, [rows, hidden])
    suffixes = ["", "_reverse"] if any(key.endswith("_reverse") for key in keys) else [""]
    count = 1 + max(int(match["layer"]) for match in map(PARAMETER.fullmatch, keys) if match)
    layers: list[tuple[FloatPart, ...]] = []
    for index in range(count):
        inputs = len(suffixes) * hidden
        if not index:
            inputs = _matrix(tensors, keys["weight_ih_l0"]).shape[1]
        layers.append(
            tuple(
                _part(tensors, keys, f"_l{index}{suffix}", found, (inputs, hidden))
                for suffix in suffixes
            )
        )
    classes = len(_matrix(tensors, head["weight"])) if head else None
    outputs = len(suffixes) * hidden
    return Floats(
        cell=found,
        layers=tuple(layers),
        head_weight=None if classes is None else _read(tensors, head["weight"], (classes, outputs)),
        head_bias=None if classes is None else _bias(tensors, head, "bias", classes),
    )


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
            raise InputError(kind + suffix, "tensor is missing")
    names = {"weight_x": keys[f"weight_ih{suffix}"], "weight_h": keys[f"weight_hh{suffix}"]}
    weight_x = _read(tensors, names["weight_x"], (rows, inputs))
    weight_h = _read(tensors, names["weight_h"], (rows, hidden))
    bias = _bias(tensors, keys, f"bias_ih{suffix}", rows)
    bias_h = _bias(tensors, keys, f"bias_hh{suffix}", rows)
    bias_h, own = module_of(cell).split(bias_h, hidden)
    return FloatPart(
        weight_x=weight_x,
        weight_h=weight_h,
        bias=bias + bias_h,
        bias_h=own,
        names=names,
    )


def _sort(tensors: Mapping[str, NDArray[Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """Full names of the recurrent module's parameters and of the head's, by parameter."""
    recurrent: dict[str, str] = {}
    head: dict[str, str] = {}
    for key in tensors:
        module, _, parameter = key.rpartition(".")
        group = head
        if match := PARAMETER.fullmatch(parameter):
            group = recurrent
            if "_hr_" in parameter:
                raise InputError(key, "a projection is not supported")
            if int(match["layer"]) > 7:
                raise InputError(key, "more than 8 layers are not supported")
        elif module.split(".")[-1] not in HEADS or parameter not in ("weight", "bias"):
            raise InputError(key, "tensor is not part of an LSTM, GRU or RNN or of its head")
        if any(other.rpartition(".")[0] != module for other in group.values()):
            raise InputError(key, "a second module of its kind is not supported")
        group[parameter] = key
    for parameter in ("weight_ih_l0", "weight_hh_l0"):
        if parameter not in recurrent:
            raise InputError(parameter, "tensor is missing")
    if head and "weight" not in head:
        raise InputError(head["bias"].replace("bias", "weight"), "tensor is missing")
    return recurrent, head


def _bias(
    tensors: Mapping[str, NDArray[Any]], keys: Mapping[str, str], parameter: str, size: int
) -> Reals:
    """Zeros if there is none."""
    return _read(tensors, keys[parameter], (size,)) if parameter in keys else np.zeros(size)


def _matrix(tensors: Mapping[str, NDArray[Any]], key: str) -> NDArray[Any]:
    matrix = np.asarray(tensors[key])
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InputError(key, "must be a matrix", list(matrix.shape))
    return matrix


def _read(tensors: Mapping[str, NDArray[Any]], key: str, shape: tuple[int, ...]) -> Reals:
    array = np.asarray(tensors[key])
    if array.dtype.kind not in "fiu":
        raise InputError(key, "must hold real numbers", array.dtype.name)
    if array.shape != shape:
        raise InputError(key, f"shape must be {list(shape)}", list(array.shape))
    good = np.isfinite(array)
    if not good.all():
        place = ", ".join(map(str, np.argwhere(~good)[0]))
        raise InputError(f"{key}[{place}]", "must be finite", float(array[~good][0]))
    return array.astype(np.float64)
