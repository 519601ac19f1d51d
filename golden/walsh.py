"""The fast Walsh-Hadamard transform, bit-exact."""

from __future__ import annotations

import numpy as np

from pascaline.golden.rounding import Integers, holding
from pascaline.spec.formats import Interval
from pascaline.spec.operands import Walsh

__all__ = ["Transform"]


class Transform:
    """Sums of `spec.operands.Walsh` for many vectors: a level of butterflies after the other.

    Parameters
    ----------
    operand : Walsh
        The operand.
    elements : Interval
        Range of the vectors' elements.
    rows : int
        Gate rows: as many gates as go into them have the same sums.

    Attributes
    ----------
    bounds : list of int
        The magnitude that the sum of each row cannot exceed.
    """

    def __init__(self, operand: Walsh, elements: Interval, rows: int) -> None:
        self._block, self._rows = operand.block, rows
        reach = operand.sum(elements, rows)
        self.bounds = [reach.magnitude] * rows
        self._type = holding(reach)

    def __call__(self, vectors: Integers) -> Integers:
        """Sums of shape (batch, rows) for vectors of shape (batch, hidden)."""
        batch, hidden = vectors.shape
        values = vectors.astype(self._type)
        span = 1
        while span < self._block:
            pairs = values.reshape(batch, -1, 2, span)
            first, second = pairs[:, :, 0], pairs[:, :, 1]
            values = np.stack([first + second, first - second], axis=2)
            span *= 2
        sums: Integers = np.tile(values.reshape(batch, hidden), (1, self._rows // hidden))
        return sums
