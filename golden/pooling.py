"""Pooling over the steps of sequences, bit-exact."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.rounding import Integers
from pascaline.spec.formats import Format

__all__ = ["Largest", "Mean", "Pool"]


class Pool(ABC):
    """What is made of the outputs of all steps of each sequence of a batch."""

    @abstractmethod
    def add(self, outputs: Integers, active: NDArray[np.bool_]) -> None:
        """A step: outputs (batch, outputs) of the sequences that are ``active`` (batch,)."""

    @property
    @abstractmethod
    def pooled(self) -> Integers:
        """Of all steps so far, at least one of each sequence, (batch, outputs)."""


class Largest(Pool):
    """The largest value of each element.

    Parameters
    ----------
    batch, outputs : int
        Sequences, and elements of an output.
    h : Format
        Format of an element.
    """

    def __init__(self, batch: int, outputs: int, h: Format) -> None:
        self._found = np.full((batch, outputs), h.interval.lo, dtype=np.int64)

    def add(self, outputs: Integers, active: NDArray[np.bool_]) -> None:
        np.maximum(self._found, outputs, out=self._found, where=active[:, None])

    @property
    def pooled(self) -> Integers:
        return self._found.copy()


class Mean(Pool):
    """The mean of each element, the nearest integer; ties go up.

    Elements have at most 32 bits, so 64 hold twice the sum of 2**30 steps.

    Parameters
    ----------
    batch, outputs : int
        Sequences, and elements of an output.
    """

    def __init__(self, batch: int, outputs: int) -> None:
        self._sums = np.zeros((batch, outputs), dtype=np.int64)
        self._steps = np.zeros((batch, 1), dtype=np.int64)

    def add(self, outputs: Integers, active: NDArray[np.bool_]) -> None:
        self._sums += np.where(active[:, None], outputs, 0)
        self._steps += active[:, None]

    @property
    def pooled(self) -> Integers:
        mean: Integers = (2 * self._sums + self._steps) // (2 * self._steps)
        return mean
