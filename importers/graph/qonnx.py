"""Nodes of QONNX that quantise: what they compute, and the integers behind it.

Operators ``Quant`` (also called ``IntQuant``) and ``BipolarQuant`` of the domain
``qonnx.custom_op.general``, which Brevitas exports under ``onnx.brevitas``, too. With y rounded and
clamped to the integers of its width::

    y = round(clamp(x / scale + zero_point))        result = (y - zero_point) * scale

A signed `Quant` of one bit is a `BipolarQuant`: y is 1 where x is not below 0, and -1 elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pascaline.importers.network import Exact
from pascaline.spec.errors import InputError, brief
from pascaline.spec.tensors import Integers

__all__ = ["DOMAINS", "OPERATORS", "ROUNDING", "Quantised", "bipolar_quant", "quant", "quantise"]

DOMAINS = ("qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general")
"""Domains that have these operators; the last is what the first was called before."""

MOST_BITS = 32
"""Of an integer."""

Round = Callable[[NDArray[Any]], NDArray[Any]]


def _half_up(x: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.sign(x) * np.floor(np.abs(x) + 0.5))


def _half_down(x: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.sign(x) * np.ceil(np.abs(x) - 0.5))


def _up(x: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.sign(x) * np.ceil(np.abs(x)))


ROUNDING: dict[str, Round] = {
    "ROUND": np.round,
    "HALF_EVEN": np.round,
    "CEIL": np.ceil,
    "FLOOR": np.floor,
    "UP": _up,
    "DOWN": np.trunc,
    "HALF_UP": _half_up,
    "HALF_DOWN": _half_down,
}
"""Ways to round, by the names of QONNX; ``UP`` is away from 0, ``HALF_UP`` so for ties."""


class Quantised(NamedTuple):
    """What a node has made of a tensor.

    Attributes
    ----------
    integers : Integers
        The integers y, in the shape of the tensor.
    scale, zero_point : NDArray
        As the node has them; they broadcast with the integers.
    value : NDArray
        What the node gives, in the type of its input.
    """

    integers: Integers
    scale: NDArray[Any]
    zero_point: NDArray[Any]
    value: NDArray[Any]

    def exact(self, *, thing: str) -> Exact:
        """The integers, less their zero point, and a scale a row, of a matrix.

        Raises
        ------
        InputError
            If this is no matrix, if a zero point is no integer, or if scales differ within a row.
        """
        shape = self.integers.shape
        if len(shape) != 2:
            raise InputError(thing, "must be a matrix", list(shape))
        zero = np.round(self.zero_point).astype(np.int64)
        if np.any(self.zero_point != zero):
            raise InputError(thing, "zero point must be an integer", _first(self.zero_point))
        scales = np.broadcast_to(self.scale.astype(np.float64), shape)
        if (scales != scales[:, :1]).any():
            raise InputError(thing, "must have one scale for each row, or one for all")
        return Exact(self.integers - zero, scales[:, 0].copy())


def quant(
    x: ArrayLike,
    scale: ArrayLike,
    zero_point: ArrayLike,
    bit_width: ArrayLike,
    *,
    signed: bool = True,
    narrow: bool = False,
    rounding_mode: str = "ROUND",
    thing: str = "Quant",
) -> Quantised:
    """What a `Quant` node computes.

    Parameters
    ----------
    x, scale, zero_point, bit_width : array_like
        The inputs of the node, in their order; a whole number of bits, the same for all.
    signed, narrow, rounding_mode
        Its attributes; ``narrow`` leaves out one integer, the least one if ``signed``.
    thing : str
        What it is called in messages.

    Raises
    ------
    InputError
        If an input or an attribute is none that there is.
    """
    x, scale, zero_point = np.asarray(x), np.asarray(scale), np.asarray(zero_point)
    bits, mode = _bits(bit_width, thing), rounding_mode.upper()
    if mode not in ROUNDING:
        raise InputError(thing, f"rounding_mode must be {', '.join(ROUNDING)}", brief(mode))
    if bits == 1 and signed:
        _check(thing, x, scale, zero_point)
        made = bipolar_quant(x / scale + zero_point, np.ones_like(scale), thing=thing)
        value = ((made.value - zero_point) * scale).astype(x.dtype)
        return Quantised(made.integers, scale, zero_point, value)
    _check(thing, x, scale, zero_point)
    low = -(1 << (bits - 1)) + narrow if signed else 0
    high = (1 << (bits - 1)) - 1 if signed else (1 << bits) - 1 - narrow
    y = ROUNDING[mode](np.clip(x / scale + zero_point, low, high))
    value = ((y - zero_point) * scale).astype(x.dtype)
    return Quantised(y.astype(np.int64), scale, zero_point, value)


def bipolar_quant(x: ArrayLike, scale: ArrayLike, *, thing: str = "BipolarQuant") -> Quantised:
    """What a `BipolarQuant` node computes; parameters as in `quant`."""
    x, scale = np.asarray(x), np.asarray(scale)
    zero = np.zeros((), dtype=scale.dtype)
    _check(thing, x, scale, zero)
    y = np.where(x >= 0, np.ones_like(x), -np.ones_like(x))
    return Quantised(y.astype(np.int64), scale, zero, np.asarray(y * scale).astype(x.dtype))


OPERATORS: dict[str, Callable[..., Quantised]] = {
    "Quant": quant,
    "IntQuant": quant,
    "BipolarQuant": bipolar_quant,
}
"""By operator, its function: it takes the inputs of the node in their order."""

ATTRIBUTES: dict[str, Callable[[Any], Any]] = {
    "signed": bool,
    "narrow": bool,
    "rounding_mode": lambda value: value.decode() if isinstance(value, bytes) else str(value),
}
"""Attributes of `Quant`, and what becomes of each."""


def quantise(
    operator: str, inputs: Sequence[ArrayLike], attributes: dict[str, Any], *, thing: str
) -> Quantised:
    """What a node computes.

    Parameters
    ----------
    operator : str
        A key of `OPERATORS`.
    inputs : sequence of array_like
        Its inputs.
    attributes : dict of str to Any
        Its attributes, as ONNX gives them.
    thing : str
        What it is called in messages.

    Raises
    ------
    InputError
        If the node has an input or an attribute that its operator has not.
    """
    count = 2 if operator == "BipolarQuant" else 4
    if len(inputs) != count:
        raise InputError(thing, f"must have {count} inputs", len(inputs))
    known = ATTRIBUTES if count == 4 else {}
    for name in attributes:
        if name not in known:
            raise InputError(thing, f"attribute {brief(name)} is not supported")
    chosen = {name: known[name](value) for name, value in attributes.items()}
    if count == 4:
        # What QONNX takes where nothing is said.
        chosen = {"signed": True, "narrow": True} | chosen
    return OPERATORS[operator](*inputs, **chosen, thing=thing)


def _bits(bit_width: ArrayLike, thing: str) -> int:
    bits = np.unique(np.asarray(bit_width, dtype=np.float64))
    if len(bits) != 1 or bits[0] != np.round(bits[0]) or not 1 <= bits[0] <= MOST_BITS:
        raise InputError(thing, f"bit width must be one of 1 to {MOST_BITS}", _first(bits))
    return int(bits[0])


def _check(thing: str, x: NDArray[Any], scale: NDArray[Any], zero_point: NDArray[Any]) -> None:
    for name, values in (("input", x), ("scale", scale), ("zero point", zero_point)):
        if values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            raise InputError(thing, f"{name} must be finite real numbers")
    if (scale <= 0).any():
        raise InputError(thing, "scale must be positive", float(scale.min()))
    try:
        shape = np.broadcast_shapes(x.shape, scale.shape, zero_point.shape)
    except ValueError:
        shape = ()
    if shape != x.shape:
        raise InputError(thing, "scale and zero point must fit the input", list(scale.shape))


def _first(values: NDArray[Any]) -> object:
    return values.ravel()[0].item() if values.size else list(values.shape)
