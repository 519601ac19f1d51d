"""Exact integer matrix products, by narrow integers or by floating-point BLAS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.kernels import Kernel, kernel
from pascaline.golden.rounding import Integers, holding
from pascaline.golden.walsh import Transform
from pascaline.spec.formats import Format, Interval
from pascaline.spec.operands import Matrix, Operand, Walsh, met

__all__ = ["PRODUCTS", "Product", "Sums", "matrix_product", "transform"]

EXACT = {np.float32: 1 << 24, np.float64: 1 << 53}
"""Up to these magnitudes every integer is a number of the type."""


@dataclass(frozen=True)
class Form:
    """A kernel: the numbers that it takes.

    Attributes
    ----------
    kernel : str
        Its name.
    columns : int
        Columns that it multiplies at a time.
    weights, elements : Interval
        Ranges.
    element : type
        Of elements, with the ``offset`` added.
    """

    kernel: str
    columns: int
    weights: Interval
    elements: Interval
    element: type[np.integer[Any]]
    offset: int

    def bound(self, weights: Integers) -> Kernel | None:
        """The kernel with its weights: gets `padded` vectors, sums, and the number of vectors."""
        rows, columns = weights.shape
        size = _whole(rows, ROWS), _whole(columns, self.columns)
        padded = np.zeros(size, dtype=np.int8)
        padded[:rows, :columns] = weights
        # In the order in which they are read: (blocks, words, rows, columns of a word).
        blocks = padded.reshape(-1, ROWS, size[1] // self.columns, self.columns)
        blocks = np.ascontiguousarray(blocks.transpose(0, 2, 1, 3))
        # What the products have beside those that the kernel adds.
        start = -self.offset * padded.sum(axis=1, dtype=np.int32)
        return kernel(self.kernel, blocks, start.astype(np.int32), *blocks.shape[:2])

    def padded(self, vectors: Integers) -> NDArray[np.integer[Any]]:
        """Vectors as the kernel wants them."""
        batch, columns = vectors.shape
        words = np.zeros((batch, _whole(columns, self.columns)), dtype=self.element)
        np.add(vectors, self.offset, out=words[:, :columns], casting="unsafe")
        return words


def _whole(count: int, block: int) -> int:
    """The count, and what the last block lacks."""
    return -(-count // block) * block


BYTE = Interval.signed_bits(8)
FORMS = (
    Form("quads", 4, Interval(-1, 1), BYTE, np.uint8, 128),
    Form("pairs", 2, BYTE, Interval.signed_bits(16), np.int16, 0),
)
ROWS = 16
"""Rows of a block of weights."""


class Product:
    """``weights @ vector`` for many vectors, exactly.

    Weights of 8 bits and elements of 16 are multiplied as such where there is a kernel for them.
    All else is done in floating point. Every term is an integer, and every sum of any of a
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
        self._weights, self._real = weights, real
        self._form = _form(weights, elements) if self._type is np.int32 else None
        self._kernel = self._form.bound(weights) if self._form else None

    @cached_property
    def _transposed(self) -> NDArray[np.floating[Any]]:
        return np.ascontiguousarray(self._weights.T, dtype=self._real)

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
        if self._kernel is not None:
            assert self._form is not None
            padded = self._form.padded(vectors)
            held = np.empty((len(vectors), _whole(len(self._weights), ROWS)), dtype=np.int32)
            self._kernel(padded, held, len(vectors))
            return held[:, : len(self._weights)]
        exact = vectors.astype(self._real) @ self._transposed
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
    if len(vectors) == 0 or np.count_nonzero(vectors[0]) > 1:
        return False
    return int(np.count_nonzero(vectors, axis=1).max()) <= 1


def _form(weights: Integers, elements: Interval) -> Form | None:
    """The kernel of such numbers, if there is one."""
    most = Interval.of(weights)
    for form in FORMS:
        if most | form.weights == form.weights and elements | form.elements == form.elements:
            return form
    return None
