"""A scale for each sum of a row and a bias: ``narrow(scale_h * A + scale_x * B + bias)``.

The normaliser of training (batch norm, weight norm, learned scales) is folded into these. With
``narrow(v) = saturate(round_shift(v, shift), pre)``.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pascaline.spec.normalisers.scaling import Scaling

__all__ = ["Affine"]


class Affine(Scaling):
    """The sums of a row as they are, scaled and added; its fields are those of `Scaling`."""

    kind: Literal["affine"] = Field(default="affine", exclude=True)
