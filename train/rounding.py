"""Rounding of activations in training, as the machine rounds them.

Training with rounded activations lets the weights adapt to it, so that the step to integers costs
nothing. Gradients pass as if nothing had been rounded (the straight-through estimator).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from pascaline.golden.activation import ActivationFunction
from pascaline.spec.activation import Activation, Table
from pascaline.spec.cells.layer import Layer
from pascaline.spec.formats import Format
from pascaline.train.quantisers import straight_through

__all__ = ["Rounding", "clamp_to", "is_exact", "looked_up", "passed", "rounded"]


class Rounding(NamedTuple):
    """Formats of what a step of an LSTM computes, as in `spec.cells.lstm`."""

    pre: Format
    sigmoid: Format
    tanh: Format
    cell: Format
    h: Format

    @classmethod
    def of(cls, layer: Layer) -> Rounding:
        """Those of a layer."""
        return cls(*(getattr(layer, name) for name in cls._fields))


def rounded(values: Tensor, form: Format | None) -> Tensor:
    """Nearest numbers of the format, ties up, saturated; ``None``: the values themselves."""
    if form is None:
        return values
    lo, hi = form.interval.lo, form.interval.hi
    return torch.floor(values * 2.0**form.frac + 0.5).clamp(lo, hi) * form.lsb


def passed(values: Tensor, form: Format | None) -> Tensor:
    """`rounded` with the straight-through gradient."""
    if form is None:
        return values
    return straight_through(values, rounded(values.detach(), form))


def clamp_to(parameter: Tensor, form: Format) -> None:
    """Bring what is learned back within the range of its format, in place."""
    with torch.no_grad():
        parameter.clamp_(form.interval.lo * form.lsb, form.interval.hi * form.lsb)


def is_exact(layer: Layer | None) -> bool:
    """Whether functions are at most rounded: not made of lines or pieces."""
    return layer is None or isinstance(layer.activation, Table) or not layer.functions


def looked_up(z: Tensor, layer: Layer, function: str) -> Tensor:
    """What the machine gives for pre-activations that are rounded to their format.

    Parameters
    ----------
    z : Tensor
        Numbers of the format ``layer.pre``.
    layer : Layer
        Whose form of functions it is.
    function : str
        One of ``layer.functions``.
    """
    out = layer.functions[function]
    values = _values(layer.activation, function, layer.pre, out, z.device, z.dtype)
    code = torch.round(z * 2.0**layer.pre.frac).long() & ((1 << layer.pre.width) - 1)
    return values[code]


@cache
def _values(
    form: Activation,
    function: str,
    pre: Format,
    out: Format,
    device: torch.device,
    dtype: torch.dtype,
) -> Tensor:
    """All values of a function by the code of its argument."""
    made = ActivationFunction(form, function, pre, out)(np.arange(1 << pre.width))
    return torch.tensor(made * out.lsb, device=device, dtype=dtype)
