"""How vectors go through the cores and buffers of a design, cycle by cycle, one vector at a time.

A vector is read from a memory, a chunk a cycle, and each chunk is a beat that is taken a cycle
later or when there is room for it. Times of a vector depend on those of vectors before it alone, so
each is followed from the design's input to its output before the next one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque

from pascaline.spec.clock import NEVER, CoreClock
from pascaline.spec.core import Core
from pascaline.spec.dense import Dense
from pascaline.spec.design import Design
from pascaline.spec.gather import Gather

__all__ = ["End", "Part", "flow"]


class _Reader:
    """What reads vectors from a memory and gives them to the next part."""

    def __init__(self) -> None:
        self.read = NEVER
        self.taken = NEVER

    def give(self, chunks: int, ready: int, room: int) -> None:
        """A vector that can be read, and for whose first beat there is room, from cycles on."""
        first = max(ready, self.read + 1, self.taken)
        taken = max(first + 1, room)
        self.read = first if chunks == 1 else taken + chunks - 2
        self.taken = taken + chunks - 1


class Part(ABC):
    """A part of the chain."""

    @abstractmethod
    def room(self, stream: int) -> int:
        """Cycle from which on there is room for the next vector, which is of that stream."""

    @abstractmethod
    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        """A vector came: its last beat in that cycle; it is its sequence's first, or last."""


class End(Part):
    """The design's output: always room."""

    def __init__(self) -> None:
        self.last = -1

    def room(self, stream: int) -> int:
        return NEVER

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        self.last = taken


class _Dense:
    """A head that reads vectors, tile by tile."""

    def __init__(self, dense: Dense, end: End) -> None:
        self._dense = dense
        self._end = end
        self._drained = NEVER
        self.read = NEVER

    def give(self, ready: int) -> None:
        """A vector that can be read from a cycle on."""
        dense, product = self._dense, self._dense.product
        first = max(max(ready, self.read + 1) + product.chunks - 1, self._drained)
        self.read = first + (product.tiles - 1) * dense.tile_cycles
        self._drained = self.read + dense.latency + product.last_rows
        self._end.push(self._drained - 1 + dense.logit_latency, 0, first=False, last=False)


class _Core(Part):
    """A core: two vectors wait or are worked on."""

    def __init__(self, core: Core, after: Part, end: End) -> None:
        self._core = core
        self._clock = CoreClock(core.program)
        self._after = after
        self._reader = _Reader()
        self._dense = _Dense(core.dense, end) if core.dense else None
        self._freed = deque([NEVER, NEVER])

    def room(self, stream: int) -> int:
        return self._freed[0] + self._core.pipeline.issue + 1

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        core, clock = self._core, self._clock
        self._freed.append(clock.step(stream, taken + 1, fresh=first))
        self._freed.popleft()
        if not (last or core.results == "every"):
            return
        ready = clock.end + core.program.written_latency
        if self._dense is not None:
            self._dense.give(ready)
            clock.read(stream, self._dense.read)
            return
        self._reader.give(core.h_product.chunks, ready, self._after.room(stream))
        clock.read(stream, self._reader.read)
        self._after.push(self._reader.taken, stream, first=first, last=last)


class _Replay(Part):
    """A buffer of two whole sequences."""

    def __init__(self, chunks: int, copies: int, after: Part) -> None:
        self._chunks = chunks
        self._copies = copies
        self._after = after
        self._reader = _Reader()
        self._freed = deque([NEVER, NEVER])
        self._steps = 0

    def room(self, stream: int) -> int:
        return self._freed[0] + 1

    def _play(self, steps: int, full: int) -> None:
        for step in range(steps):
            for stream in range(self._copies):
                self._reader.give(self._chunks, full, self._after.room(stream))
                self._after.push(
                    self._reader.taken, stream, first=step == 0, last=step == steps - 1
                )
        self._freed.append(self._reader.read)
        self._freed.popleft()


class _Both(_Replay):
    """Gives each vector of a sequence from its start, and each from its end, in turn."""

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        self._steps += 1
        if last:
            self._play(self._steps, taken + 1)
            self._steps = 0


class _Merge(_Replay):
    """Puts the outputs of both directions in the order of steps, side by side."""

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        self._steps += 1
        if last and stream:
            self._play(self._steps // 2, taken + 1)
            self._steps = 0


class _Gather(Part):
    """A memory of two vectors for each stream, and its reader."""

    def __init__(self, gather: Gather, end: End) -> None:
        self._gather = gather
        self._end = end
        self._reader = _Reader()
        self._dense = _Dense(gather.dense, end) if gather.dense else None
        self._freed = [deque([NEVER, NEVER]) for _ in range(gather.machine.streams)]

    def room(self, stream: int) -> int:
        return self._freed[stream % len(self._freed)][0] + 1

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        gather = self._gather
        # Of several arrivals the last one, of the highest stream, makes a vector whole.
        if (gather.pools and not last) or (gather.arrivals > 1 and stream == 0):
            return
        banks = self._freed[stream % len(self._freed)]
        ready = taken + 1 + gather.pools
        if self._dense is not None:
            self._dense.give(ready)
            read = self._dense.read
        else:
            self._reader.give(gather.chunks, ready, NEVER)
            read = self._reader.read
            self._end.push(self._reader.taken, stream, first=first, last=last)
        banks.append(read)
        banks.popleft()


def flow(design: Design) -> tuple[Part, End]:
    """The first part of a design's chain, and its end."""
    end = End()
    after: Part = end if design.gather is None else _Gather(design.gather, end)
    for core in reversed(design.cores):
        if design.replays(core):
            after = _Merge(core.directions * core.h_product.chunks, 1, after)
        after = _Core(core, after, end)
        if core.directions > 1:
            after = _Both(core.x_product.chunks, core.directions, after)
    return after, end
