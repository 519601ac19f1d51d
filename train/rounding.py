"""Rounding of activations in training, as the machine rounds them.

Training with rounded activations lets the weights adapt to it, so that the step to integers costs
nothing. Gradients pass as if nothing had been rounded (the straight-through estimator).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pascaline.spec.cells.layer import Layer
from pascaline.spec.formats import Format
from pascaline.train.quantisers import straight_through

__all__ = ["Rounding", "passed", "rounded"]


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
