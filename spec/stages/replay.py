"""Buffers of whole sequences, before and behind a core with two directions."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from pascaline.spec.clock import NEVER
from pascaline.spec.core import Core
from pascaline.spec.flow import End, ReaderClock, StageClock
from pascaline.spec.layout import Layout
from pascaline.spec.payloads import core_ports, vector_layout
from pascaline.spec.stage import Part, Stage, Views

__all__ = ["Both", "Merge"]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Buffer(Stage):
    """A buffer of two whole sequences.

    Parameters
    ----------
    name : str
        The stage's name.
    core : Core
        The core that is next to it; it has two directions.
    """

    name: str
    core: Core

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("sequence buffers", ("",)),)

    @property
    def title(self) -> str:
        return "buffer of two sequences"


class Both(_Buffer):
    """Gives the vectors of a sequence from its start, and from its end, in turn.

    The core comes next; its streams are the two directions.
    """

    kind: ClassVar[str] = "both"

    @property
    def i_x(self) -> Layout:
        entry = self.core.entry
        return vector_layout(entry.element, entry.simd, stateful=False, streams=1)

    @property
    def o(self) -> Layout:
        return core_ports(self.core)["i_x"].layout

    @property
    def directed(self) -> bool:
        return True

    @property
    def views(self) -> Views:
        nets = "i_x__valid i_x__ready i_x__payload writing reading chunk backward"
        return {"": {"": f"{nets} o__payload o__ready"}}

    @property
    def lines(self) -> tuple[str, ...]:
        return ("each read from both ends",)

    @property
    def pace(self) -> float:
        return self.core.directions * self.core.entry.beats

    def clock(self, after: StageClock, end: End) -> StageClock:
        return _BothClock(self.core.entry.beats, self.core.directions, after)


class Merge(_Buffer):
    """Puts the outputs of both directions in the order of steps, side by side.

    The core comes before.
    """

    kind: ClassVar[str] = "merge"

    @property
    def i_x(self) -> Layout:
        return core_ports(self.core)["o"].layout

    @property
    def o(self) -> Layout:
        return vector_layout(self.core.layer.h, self.core.machine.simd, stateful=False, streams=1)

    @property
    def views(self) -> Views:
        nets = "i_x__valid i_x__ready i_x__payload writing reading chunk second"
        return {"": {"": f"{nets} o__payload o__ready"}}

    @property
    def lines(self) -> tuple[str, ...]:
        return ("both directions side by side",)

    @property
    def pace(self) -> float:
        return self.core.directions * self.core.h_product.chunks

    def clock(self, after: StageClock, end: End) -> StageClock:
        return _MergeClock(self.core.directions * self.core.h_product.chunks, 1, after)


class _Clock(StageClock):
    """One sequence is written while the other is read.

    Parameters
    ----------
    chunks : int
        Chunks of a vector that is read.
    copies : int
        How often a sequence is read.
    after : StageClock
        Of the next stage.
    """

    def __init__(self, chunks: int, copies: int, after: StageClock) -> None:
        self._chunks = chunks
        self._copies = copies
        self._after = after
        self._reader = ReaderClock()
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


class _BothClock(_Clock):
    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        self._steps += 1
        if last:
            self._play(self._steps, taken + 1)
            self._steps = 0


class _MergeClock(_Clock):
    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        self._steps += 1
        if last and stream:
            self._play(self._steps // 2, taken + 1)
            self._steps = 0
