"""Exact integer matrix products at the speed of floating-point BLAS."""

from __future__ import annotations

import numpy as np

from golden.rounding import Integers, holding
from spec.formats import Interval

__all__ = ["Product"]

EXACT = {np.float32: 1 << 24, np.float64: 1 << 53}
"""Up to these magnitudes every integer is a number of the type."""


class Product:
    """``weights @ vector`` for many vectors, exactly.

    The product is done in floating point. Every term is an integer, and every sum of any of a
    row's terms, in any order, is at most ``sum|weight| * max|element|`` in magnitude. The type is
    one that has all integers up to there (2**24 for float32, 2**53 for float64): so no sum is
    ever rounded, whatever order (or fused multiply-add) the BLAS uses. 512 ternary weights and
    8-bit elements are far below 2**24.

    Parameters
    ----------
    weights : Integers
        Shape (rows, columns).
    elements : Interval
        Range of the vectors' elements; checked at each call.

    Attributes
    ----------
    bounds : list of int
        The magnitude that the product of each row cannot exceed.
    """

    def __init__(self, weights: Integers, elements: Interval) -> None:
        self._elements = elements
        self.bounds = [int(row) * elements.magnitude for row in np.abs(weights).sum(axis=1)]
        bound = max(self.bounds)
        real = next((real for real, limit in EXACT.items() if bound <= limit), None)
        assert real is not None, f"a sum may reach {bound}, beyond exact float64"
        self._type = holding(Interval(-bound, bound))
        self._transposed = np.ascontiguousarray(weights.T, dtype=real)

    def __call__(self, vectors: Integers) -> Integers:
        """Products of shape (batch, rows) for vectors of shape (batch, columns)."""
        lo, hi = self._elements.lo, self._elements.hi
        assert vectors.size == 0 or (vectors.min() >= lo and vectors.max() <= hi), (
            f"an element is outside of {lo} to {hi}"
        )
        exact = vectors.astype(self._transposed.dtype) @ self._transposed
        sums: Integers = exact.astype(self._type)
        return sums
