"""The tensors of recurrent modules of PyTorch and of a dense head, checked and sorted.

``nn.LSTM``, ``nn.GRU`` and ``nn.RNN`` compute what `spec.cells` describes, with the scales inside
their weights; which of them it was follows from the number of gates.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.foreign import Reading
from pascaline.importers.freeze import Reals
from pascaline.importers.modules import CELLS as MODULES
from pascaline.importers.modules import module_of
from pascaline.importers.network import FloatLayer, FloatNetwork, FloatPart, gates_of
from pascaline.spec.cells import CELLS
from pascaline.spec.errors import InputError

__all__ = ["network_of"]

PARAMETER = re.compile(r"(weight|bias)_(ih|hh|hr)_l(?P<layer>\d+)(?P<reverse>_reverse)?")
"""A parameter of a recurrent module."""

HEADS = ("head", "fc", "linear")
"""What a dense head may be called."""


def network_of(tensors: Mapping[str, NDArray[Any]], reading: Reading | None = None) -> FloatNetwork:
    """Sort and check the tensors of a module and of its head.

    Parameters
    ----------
    tensors : mapping of str to array
        Of each layer K ``weight_ih_lK``, ``weight_hh_lK``, ``bias_ih_lK`` and ``bias_hh_lK``, gates
        in the order of PyTorch, and the same with ``_reverse`` if it has both directions; and
        ``weight`` and ``bias`` of a module named head, fc or linear. Names of modules around them
        do not matter. Biases may be left out, as ``bias=False`` does.
    reading : Reading, optional
        What they do not say; by default the cell of PyTorch with as many gates, for one gate with
        tanh.

    Raises
    ------
    InputError
        If a tensor is missing, surplus, misshapen or not finite; it is named.
    """
    reading = reading or Reading()
    cell = reading.cell
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
    layers: list[FloatLayer] = []
    for index in range(count):
        inputs = len(suffixes) * hidden
        if not index:
            inputs = _matrix(tensors, keys["weight_ih_l0"]).shape[1]
        parts = tuple(
            _part(tensors, keys, f"_l{index}{suffix}", found, (inputs, hidden))
            for suffix in suffixes
        )
        layers.append(FloatLayer(cell=found, parts=parts))
    classes = len(_matrix(tensors, head["weight"])) if head else None
    outputs = len(suffixes) * hidden
    return FloatNetwork(
        result=reading.result or "last",
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
