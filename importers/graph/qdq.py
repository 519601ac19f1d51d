"""Nodes of ONNX itself that quantise: what they compute, for all versions of the operators.

With a scale and a zero point of the whole tensor, or of each place along an axis::

    QuantizeLinear      y = saturate(round(x / scale) + zero_point)         ties to even
    DequantizeLinear    x = (y - zero_point) * scale

The type of the zero point is that of the integers; without one they are of 8 bits, unsigned.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.errors import InputError

__all__ = ["OPERATORS", "linear"]

OPERATORS = ("QuantizeLinear", "DequantizeLinear")
"""Real numbers to integers, and back."""

ATTRIBUTES = {"axis", "saturate"}
"""What they may have; ``saturate`` is about other types than integers."""


def linear(
    operator: str, inputs: list[NDArray[Any]], attributes: dict[str, Any], *, thing: str
) -> NDArray[Any]:
    """What a node computes.

    Parameters
    ----------
    operator : str
        One of `OPERATORS`.
    inputs : list of NDArray
        What it gets: a tensor, scales, and zero points if there are any.
    attributes : dict of str to Any
        Its attributes, as ONNX gives them.
    thing : str
        What it is called in messages.

    Raises
    ------
    InputError
        If it has an attribute that is not supported, or integers of no such type.
    """
    for name, value in attributes.items():
        if name not in ATTRIBUTES and value:
            raise InputError(thing, f"{name} is not supported", str(value))
    x, scale, *others = inputs
    zero = others[0] if others and others[0] is not None else np.zeros((), np.uint8)
    if zero.dtype.kind not in "iu":
        raise InputError(thing, "must have integers", str(zero.dtype))
    scale, less = (
        _spread(one, x, int(attributes.get("axis", 1)), thing)
        for one in (scale.astype(np.float64), zero.astype(np.float64))
    )
    if operator == "DequantizeLinear":
        return np.asarray((x.astype(np.float64) - less) * scale)
    limits = np.iinfo(zero.dtype)
    made = np.clip(np.round(x / scale) + less, limits.min, limits.max)
    return np.asarray(made.astype(zero.dtype))


def _spread(values: NDArray[Any], x: NDArray[Any], axis: int, thing: str) -> NDArray[Any]:
    """One value, or one for each place along an axis of x, in the dimensions of x."""
    if values.size == 1:
        return values.reshape(())
    if values.ndim != 1 or not -x.ndim <= axis < x.ndim or x.shape[axis] != len(values):
        rule = "scale and zero point must be one, or one for each place along an axis"
        raise InputError(thing, rule, list(values.shape))
    shape = [1] * x.ndim
    shape[axis] = len(values)
    return values.reshape(shape)
