"""Quantisers: how the weights that a network computes with come from those that are learned.

The learned *shadow* weights are real numbers in [-1, 1]; every pass through the network uses their
quantised values, and the gradient of these is applied to the shadow weights unchanged (the
straight-through estimator).
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from spec.arithmetic import Arithmetic, Binary, Ternary

__all__ = ["QUANTISERS", "Quantiser", "Sign", "Threshold", "straight_through"]


def straight_through(shadow: Tensor, values: Tensor) -> Tensor:
    """``values``, with the gradient going to ``shadow`` as it is."""
    # The difference is an exact zero, so the sum is exactly `values`.
    return values + (shadow - shadow.detach())


class Quantiser(ABC):
    """A rule from shadow weights to weights of an arithmetic.

    Attributes
    ----------
    arithmetic : Arithmetic
        What the values are weights of.
    """

    arithmetic: Arithmetic

    @abstractmethod
    def values(self, shadow: Tensor) -> Tensor:
        """Weights, as integers in floating point; not to be differentiated."""

    def __call__(self, shadow: Tensor) -> Tensor:
        """`values`, with the straight-through gradient."""
        return straight_through(shadow, self.values(shadow.detach()))


class Sign(Quantiser):
    """BinaryConnect, deterministic: the sign, +1 for 0."""

    arithmetic = Binary()

    def values(self, shadow: Tensor) -> Tensor:
        return torch.where(shadow < 0, -1.0, 1.0).to(shadow.dtype)


class Threshold(Quantiser):
    """Ternary weight networks: the sign of what is larger than 0.7 of the matrix's mean magnitude.

    For normally distributed shadow weights 0.7 is near the threshold that loses least; of those
    weights 42 % become 0.
    """

    arithmetic = Ternary()
    factor = 0.7

    def values(self, shadow: Tensor) -> Tensor:
        magnitude = shadow.abs()
        return shadow.sign() * (magnitude > self.factor * magnitude.mean())


QUANTISERS: dict[str, Quantiser] = {
    quantiser.arithmetic.name: quantiser for quantiser in (Sign(), Threshold())
}
"""The quantisers by the name of what they make."""
