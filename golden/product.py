"""Exact integer matrix products at the speed of floating-point BLAS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

import numpy as np

from pascaline.golden.rounding import Integers, holding
from pascaline.golden.walsh import Transform
from pascaline.spec.formats import Format, Interval
from pascaline.spec.operands import Matrix, Operand, Walsh, met

__all__ = ["PRODUCTS", "Product", "Sums", "matrix_product", "transform"]

EXACT = {np.float32: 1 << 24, np.float64: 1 << 53}
"""Up to these magnitudes every integer is a number of the type."""


class Product:
    """``weights @ vector`` for many vectors, exactly.

    The product is done in floating point. Every term is an integer, and every sum of any of a
    row's terms, in any order, is at most ``sum|weight| * max|element|`` in magnitude. The type is
    one that has all integers up to there (2**24 for float32, 2**53 for float64): so no sum is
    ever rounded, whatever order (or fused multiply-add) the BLAS uses. 512 ternary weights and
    8-bit elements are far below 2**24. Of vectors with at most one element that is not 0, as
    symbols are given, the product is a column times that element.

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
        self._weights = weights
        self._transposed = np.ascontiguousarray(weights.T, dtype=real)

    @cached_property
    def _columns(self) -> Integers:
        return np.ascontiguousarray(self._weights.T, dtype=self._type)

    def __call__(self, vectors: Integers) -> Integers:
        """Products of shape (batch, rows) for vectors of shape (batch, columns)."""
        lo, hi = self._elements.lo, self._elements.hi
        assert vectors.size == 0 or (vectors.min() >= lo and vectors.max() <= hi), (
            f"an element is outside of {lo} to {hi}"
        )
        if _is_single(vectors):
            place = np.argmax(vectors != 0, axis=1)
            elements = vectors[np.arange(len(place)), place, None].astype(self._type)
            columns: Integers = np.take(self._columns, place, axis=0)
            columns *= elements
            return columns
        exact = vectors.astype(self._transposed.dtype) @ self._transposed
        sums: Integers = exact.astype(self._type)
        return sums


def matrix_product(operand: Operand, tensors: Mapping[str, Integers], element: Format) -> Product:
    """The product of an operand that is a matrix of weights, with vectors of a format."""
    return Product(met(tensors, operand.name), element.interval)


def transform(operand: Operand, tensors: Mapping[str, Integers], element: Format) -> Transform:
    """The transform of vectors of a format, of the rows that have scales."""
    assert isinstance(operand, Walsh)
    return Transform(operand, element.interval, len(tensors[f"scale_{operand.name}"]))


Sums = Product | Transform
"""What makes the sums of an operand."""

PRODUCTS: dict[type[Operand], Callable[[Operand, Mapping[str, Integers], Format], Sums]] = {
    Matrix: matrix_product,
    Walsh: transform,
}
"""How the sums of each kind of operand are made."""


def _is_single(vectors: Integers) -> bool:
    """Whether each vector has at most one element that is not 0."""
    # The first one alone mostly tells.
    return len(vectors) > 0 and all(
        int(np.count_nonzero(some, axis=1).max()) <= 1 for some in (vectors[:1], vectors)
    )
