"""Vectors weighed by scores, in one pass over them, bit-exact: see `spec.attention`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.pooling import Pool
from pascaline.golden.rounding import Integers, narrow
from pascaline.spec.attention import Attention
from pascaline.spec.formats import Format

__all__ = ["Attend", "Weighed", "scores"]


def scores(attention: Attention, h: Format, query: Integers, vectors: Integers) -> Integers:
    """Of each vector (..., elements) with its query (elements,) or (..., elements).

    Products have at most 48 bits and there are at most 4096 of them: 64 bits hold every sum.
    """
    dots = np.einsum("...j,...j->...", vectors.astype(np.int64), query.astype(np.int64))
    return narrow(dots, attention.shift(h), attention.score)


class Weighed:
    """Weighted means of the vectors of sequences side by side.

    Parameters
    ----------
    attention : Attention
        The formats.
    h : Format
        Format of an element.
    batch, elements : int
        Sequences, and elements of a vector.
    """

    def __init__(self, attention: Attention, h: Format, batch: int, elements: int) -> None:
        self._attention, self._h, self._least = attention, h, h.interval.lo
        self._largest = np.full(batch, attention.exponents.lo, dtype=np.int64)
        self._total = np.zeros(batch, dtype=np.int64)
        self._sums = np.zeros((batch, elements), dtype=np.int64)

    def look(self, query: Integers, vectors: Integers, active: NDArray[np.bool_]) -> None:
        """A step: vectors (batch, elements), scored with a query as `scores` has it, and added."""
        self.add(scores(self._attention, self._h, query, vectors), vectors, active)

    def add(self, scores: Integers, vectors: Integers, active: NDArray[np.bool_]) -> None:
        """A step: scores (batch,), vectors (batch, elements) of the ``active`` (batch,)."""
        whole, fraction = np.divmod(scores, 1 << self._attention.score.frac)
        grown = np.where(active, np.maximum(whole - self._largest, 0), 0)
        self._largest += grown
        # A shift by 63 drops all that 64 bits hold.
        behind = np.minimum(np.where(active, self._largest - whole, 0), 62)
        weight = (self._attention.table[fraction] + ((1 << behind) >> 1)) >> behind
        weight = np.where(active, weight, 0)
        down = np.minimum(grown, 63)
        self._total = -(-self._total >> down) + weight
        self._sums = (self._sums >> down[:, None]) + weight[:, None] * (vectors - self._least)

    @property
    def mean(self) -> Integers:
        """Of all steps so far, at least one of each sequence, (batch, elements)."""
        total = self._total[:, None]
        found: Integers = self._least + (2 * self._sums + total) // (2 * total)
        return found


class Attend(Pool):
    """Pooling by attention.

    Parameters
    ----------
    weighed : Weighed
        Of as many sequences as the batch has.
    query : Integers
        What scores are made with, (outputs,).
    """

    def __init__(self, weighed: Weighed, query: Integers) -> None:
        self._weighed, self._query = weighed, query

    def add(self, outputs: Integers, active: NDArray[np.bool_]) -> None:
        self._weighed.look(self._query, outputs, active)

    @property
    def pooled(self) -> Integers:
        return self._weighed.mean
