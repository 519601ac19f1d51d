"""How vectors go through the stages of a design, cycle by cycle, one vector at a time.

A vector is read from a memory, a chunk a cycle, and each chunk is a beat that is taken a cycle
later or when there is room for it. Times of a vector depend on those of vectors before it alone, so
each is followed from the design's input to its output before the next one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from pascaline.spec.clock import NEVER
from pascaline.spec.headunit import HeadUnit

__all__ = ["End", "HeadClock", "ReaderClock", "StageClock"]


class StageClock(ABC):
    """When a stage takes vectors, and when the stages behind it do."""

    @abstractmethod
    def room(self, stream: int) -> int:
        """Cycle from which on there is room for the next vector, which is of that stream."""

    def second(self, stream: int) -> int:
        """The same for its second beat, if the first one may come before it."""
        return NEVER

    @abstractmethod
    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        """A vector came: its last beat in that cycle; it is its sequence's first, or last."""


class End(StageClock):
    """The design's output: always room.

    Parameters
    ----------
    symbols : sequence of int
        Results of each sequence, where they are no matter of its steps.

    Attributes
    ----------
    last : int
        Cycle in which the last beat came.
    """

    def __init__(self, symbols: Sequence[int] = ()) -> None:
        self.last = -1
        self._symbols = iter(symbols)

    def symbols(self) -> int:
        """Results of the next sequence."""
        return next(self._symbols)

    def room(self, stream: int) -> int:
        return NEVER

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        self.last = taken


class ReaderClock:
    """When vectors are read from a memory and given to the next stage.

    Attributes
    ----------
    read, taken : int
        Cycles in which the last chunk was read, and taken.
    """

    def __init__(self) -> None:
        self.read = NEVER
        self.taken = NEVER

    def give(self, chunks: int, ready: int, room: int, second: int = NEVER) -> None:
        """A vector that can be read, and for whose first and second beats there is room."""
        first = max(ready, self.read + 1, self.taken)
        taken = max(first + 1, room)
        if chunks == 1:
            self.read, self.taken = first, taken
            return
        # The last chunk is read when the beat before it is taken.
        second = max(taken + 1, second)
        self.read = taken if chunks == 2 else second + chunks - 3
        self.taken = second + chunks - 2


class HeadClock:
    """When a head reads vectors, tile by tile, and gives results.

    Attributes
    ----------
    read : int
        Cycle in which the last chunk was read for the last time.
    """

    def __init__(self, head_unit: HeadUnit, end: End) -> None:
        self._head_unit = head_unit
        self._end = end
        self._drained = NEVER
        self.read = NEVER

    def give(self, ready: int) -> None:
        """A vector that can be read from a cycle on."""
        head_unit, product = self._head_unit, self._head_unit.product
        first = max(max(ready, self.read + 1) + product.chunks - 1, self._drained)
        self.read = first + (product.tiles - 1) * head_unit.tile_cycles
        self._drained = self.read + head_unit.latency + product.last_rows
        self._end.push(self._drained - 1 + head_unit.logit_latency, 0, first=False, last=False)
