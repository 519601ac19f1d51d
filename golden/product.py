"""Exact integer matrix products at the speed of floating-point BLAS."""

from __future__ import annotations

import numpy as np

from golden.rounding import Integers
from spec.formats import Interval

__all__ = ["Product"]

EXACT = 1 << 53
"""Every integer of smaller or equal magnitude is a float64."""


class Product:
    """``weights @ vector`` for many vectors, exactly.

    The product is done in float64. Every term is an integer, and every sum of any of the terms,
    in any order, is at most ``columns * max|weight| * max|element|`` in magnitude. That is
    asserted to be at most 2**53, up to which all integers are float64 numbers: so no sum is ever
    rounded, whatever order (or fused multiply-add) the BLAS uses.

    Parameters
    ----------
    weights : Integers
        Shape (rows, columns).
    elements : Interval
        Range of the vectors' elements; checked at each call.
    """

    def __init__(self, weights: Integers, elements: Interval) -> None:
        columns = weights.shape[1]
        bound = columns * int(np.abs(weights).max(initial=0)) * elements.magnitude
        assert bound <= EXACT, f"a sum may reach {bound}, beyond exact float64"
        self._elements = elements
        self._transposed = np.ascontiguousarray(weights.T, dtype=np.float64)

    def __call__(self, vectors: Integers) -> Integers:
        """Products of shape (batch, rows) for vectors of shape (batch, columns)."""
        lo, hi = self._elements.lo, self._elements.hi
        assert vectors.size == 0 or (vectors.min() >= lo and vectors.max() <= hi), (
            f"an element is outside of {lo} to {hi}"
        )
        exact = vectors.astype(np.float64) @ self._transposed
        return exact.astype(np.int64)
