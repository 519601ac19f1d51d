"""Collects the vectors that results are made of, where these are not those of one core."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from pascaline.spec.clock import NEVER
from pascaline.spec.flow import End, HeadClock, ReaderClock, StageClock
from pascaline.spec.formats import Interval
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.layout import Layout
from pascaline.spec.memories import Memories, head_memories
from pascaline.spec.network import Pooling, Results
from pascaline.spec.payloads import result_layout
from pascaline.spec.stage import Part, Views
from pascaline.spec.stages.vectors import VectorStage

__all__ = ["Gather"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Gather(VectorStage):
    """A memory of two vectors a stream, and what reads it.

    Parameters
    ----------
    name, before, inputs, h, machine
        As of `VectorStage`; vectors come whole, or a direction at a time.
    pooling : {"none", "max", "mean"}
        What elements are of those of all steps, as in `spec.network.Network`.
    results : {"last", "every", "first-of-backward"}
        When there is a result, as in `spec.network.Network`.
    head : HeadUnit or None
        Head that reads the vectors.
    """

    pooling: Pooling
    results: Results
    head: HeadUnit | None

    kind: ClassVar[str] = "gather"

    @property
    def pools(self) -> bool:
        """Whether a vector is made of all steps."""
        return self.pooling != "none"

    @property
    def sums(self) -> Interval:
        """Range of the sums of which means are made, see `hdl.mean.Means`.

        Of up to ``longest`` elements less the least of their format, and of the half that rounds.
        """
        most, of = self.machine.longest, self.h.interval
        return Interval(0, most * (of.hi - of.lo) + most // 2)

    @property
    def latency(self) -> int:
        """Cycles from the last beat of a vector to when it can be read.

        Where it is made of all steps, there is one more to combine two. For means, sums are read
        again, a chunk at a time, and divided, a bit a cycle.
        """
        if self.pooling == "mean":
            return 3 + self.chunks * (self.h.width + 1)
        return 1 + self.pools

    @property
    def arrivals(self) -> int:
        """Vectors that arrive for each whole one."""
        return len(self.inputs) if self.before.directed else 1

    @property
    def o(self) -> Layout:
        return result_layout(self.head, self.h, self.machine.simd, self.machine.streams)

    @property
    def memories(self) -> Memories:
        return {} if self.head is None else {"head": head_memories(self.head)}

    @property
    def head_unit(self) -> HeadUnit | None:
        return self.head

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("gather", ("",)), Part("head", ("outputs",)))

    @property
    def views(self) -> Views:
        shown = {"": {"": "i_x__valid i_x__ready i_x__payload chunk reserved whole"}}
        if self.pooling == "mean":
            shown |= {"means": {"means": "busy counts steps phase reading write chunk means"}}
        return shown

    @property
    def title(self) -> str:
        title = "pooling" if self.pools else "gathering"
        return f"{title} and head" if self.head else title

    @property
    def lines(self) -> tuple[str, ...]:
        what = {"none": "results", "max": "largest of all steps", "mean": "mean of all steps"}
        found = f"{what[self.pooling]}: {sum(self.inputs):,} elements"
        if self.head is None:
            return (found,)
        product = self.head.product
        plural = "" if product.lanes == 1 else "s"
        return (found, f"head: {product.rows:,} rows, {product.lanes:,} lane{plural}")

    @property
    def pace(self) -> float:
        if self.head is None or self.results != "every":
            return 0
        head_unit, product = self.head, self.head.product
        read = (product.tiles - 1) * head_unit.tile_cycles
        return read + max(product.chunks, head_unit.latency + product.last_rows)

    def clock(self, after: StageClock, end: End) -> StageClock:
        return _Clock(self, end)


class _Clock(StageClock):
    """A vector of each stream is collected while another is read."""

    def __init__(self, gather: Gather, end: End) -> None:
        self._gather = gather
        self._end = end
        self._reader = ReaderClock()
        self._head = HeadClock(gather.head, end) if gather.head else None
        self._freed = [deque([NEVER, NEVER]) for _ in range(gather.machine.streams)]
        self._divided = NEVER
        self._arrived = 0

    def room(self, stream: int) -> int:
        return max(self._freed[stream % len(self._freed)][0] + 1, self._divided)

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        gather = self._gather
        if gather.pools and not last:
            return
        # The last of several arrivals makes a vector whole.
        self._arrived = (self._arrived + 1) % gather.arrivals
        if self._arrived:
            return
        banks = self._freed[stream % len(self._freed)]
        ready = taken + gather.latency
        if gather.pooling == "mean":
            self._divided = ready
        if self._head is not None:
            self._head.give(ready)
            read = self._head.read
        else:
            self._reader.give(gather.chunks, ready, NEVER)
            read = self._reader.read
            self._end.push(self._reader.taken, stream, first=first, last=last)
        banks.append(read)
        banks.popleft()
