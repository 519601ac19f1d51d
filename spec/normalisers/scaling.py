"""The base class of normalisers with a scale for each sum of a row and a bias."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pascaline.spec.draw import nearest
from pascaline.spec.formats import Interval
from pascaline.spec.normalisers.normaliser import Normaliser

if TYPE_CHECKING:
    from pascaline.spec.pipeline import Timing

__all__ = ["Scaling"]


class Scaling(Normaliser):
    """Integer formats of ``saturate(round_shift(scale * value + ... + bias, shift), ...)``.

    Parameters
    ----------
    scale_width, bias_width : int
        Signed bits of every scale and every bias.
    shift : int
        The shift that follows, common to all rows.
    """

    scale_width: int = Field(default=16, ge=2, le=24)
    bias_width: int = Field(default=32, ge=2, le=48)
    shift: int = Field(default=16, ge=0, le=40)

    @property
    def scales(self) -> Interval:
        return Interval.signed_bits(self.scale_width)

    @property
    def biases(self) -> Interval:
        return Interval.signed_bits(self.bias_width)

    def row_tensors(self, operands: Sequence[str]) -> dict[str, Interval]:
        return {f"scale_{name}": self.scales for name in operands} | {"bias": self.biases}

    def draw_scales(
        self, rng: np.random.Generator, around: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Half to one and a half times as large, with either sign."""
        drawn = around * rng.uniform(0.5, 1.5, len(around)) * rng.choice([-1, 1], len(around))
        return nearest(drawn, self.scales.hi)

    def bias_latency(self, timing: Timing) -> int:
        """Products with the scales, and their sum."""
        return 1 + timing.sum

    def latency(self, timing: Timing) -> int:
        """Products with the scales; their sum with the bias, narrowed."""
        return self.bias_latency(timing) + timing.narrow
