"""Affines of vectors: what stands in front of, between and behind recurrent layers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pascaline.importers.freeze import Reals

__all__ = ["Affine"]


class Affine(NamedTuple):
    """``weight @ v + bias``.

    Attributes
    ----------
    weight : (outputs, inputs)
        Its matrix.
    bias : (outputs,)
        What is added.
    """

    weight: Reals
    bias: Reals

    def __call__(self, x: Reals) -> Reals:
        """Of vectors along the last axis."""
        made: Reals = x @ self.weight.T + self.bias
        return made

    def behind(self, before: Affine) -> Affine:
        """The same, fed with what another gives."""
        return Affine(self.weight @ before.weight, self.bias + self.weight @ before.bias)

    @property
    def trivial(self) -> bool:
        """Whether nothing changes."""
        return np.array_equal(self.weight, np.eye(len(self.weight))) and not self.bias.any()

    @property
    def gain(self) -> Reals | None:
        """Its diagonal, if there is nothing beside it."""
        weight = self.weight
        gain: Reals = np.diagonal(weight)
        is_square = weight.shape[0] == weight.shape[1]
        return gain if is_square and np.count_nonzero(weight) == np.count_nonzero(gain) else None
