"""What a residual connection has before and behind a core: x goes round it and is added to h."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from pascaline.spec.clock import NEVER
from pascaline.spec.core import Core
from pascaline.spec.flow import End, StageClock
from pascaline.spec.layout import Field, Layout
from pascaline.spec.payloads import core_ports
from pascaline.spec.stage import Part, Stage, Views

__all__ = ["Add", "Fork"]

SKIP = "skip"
"""The stream that goes round the core."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Beside(Stage):
    """A stage next to a core whose layer has a residual connection.

    Parameters
    ----------
    name : str
        The stage's name.
    core : Core
        The core.
    """

    name: str
    core: Core

    @property
    def parts(self) -> tuple[Part, ...]:
        return (Part("residual", ("",)),)

    @property
    def skip(self) -> Layout:
        """Payload of the stream that goes round the core: a chunk of x, 0 beyond the vector."""
        h, simd = self.core.layer.h, self.core.machine.simd
        return Layout((Field("data", h.width, signed=h.signed, count=simd),))

    @property
    def chunks(self) -> int:
        """Chunks of a vector, of x as of h."""
        return self.core.h_product.chunks

    @property
    def pace(self) -> float:
        return self.chunks


class Fork(_Beside):
    """Lets vectors through to the core, and keeps those of steps with a result in a queue.

    The core never waits for the queue, which holds all vectors that can be in it. A vector is in
    it from its first beat until its last one has been added to h, and meanwhile it is

    - in one of the core's two banks of inputs, or on its way there; or
    - of a step that has started and whose result has not been read: two of each stream, since h of
      a stream has two banks; or
    - read, while its last beat of h waits to be taken: one.
    """

    kind: ClassVar[str] = "fork"

    @property
    def vectors(self) -> int:
        """Vectors that the queue holds."""
        return 2 + 2 * self.core.machine.streams + 1

    @property
    def i_x(self) -> Layout:
        return core_ports(self.core)["i_x"].layout

    @property
    def o(self) -> Layout:
        return self.i_x

    @property
    def gives(self) -> dict[str, Layout]:
        return {SKIP: self.skip}

    @property
    def views(self) -> Views:
        nets = "i_x__valid i_x__ready i_x__payload start write read level"
        return {"": {"": f"{nets} skip__valid skip__ready skip__payload"}}

    @property
    def title(self) -> str:
        return "queue of x"

    @property
    def lines(self) -> tuple[str, ...]:
        return (f"{self.vectors} vectors on their way",)

    def clock(self, after: StageClock, end: End) -> StageClock:
        return after


class Add(_Beside):
    """Adds x to h, a chunk a cycle, one cycle late."""

    kind: ClassVar[str] = "add"

    @property
    def i_x(self) -> Layout:
        return core_ports(self.core)["o"].layout

    @property
    def o(self) -> Layout:
        return self.i_x

    @property
    def takes(self) -> dict[str, Layout]:
        return {SKIP: self.skip}

    @property
    def views(self) -> Views:
        return {"": {"": "i_x__valid i_x__ready i_x__payload o__valid o__ready o__payload"}}

    @property
    def title(self) -> str:
        return "residual connection"

    @property
    def lines(self) -> tuple[str, ...]:
        return ("x added to h",)

    def clock(self, after: StageClock, end: End) -> StageClock:
        return _AddClock(after)


class _AddClock(StageClock):
    """One beat is held; so the next stage need not have room for a vector's first one."""

    def __init__(self, after: StageClock) -> None:
        self._after = after
        self._given = NEVER

    def room(self, stream: int) -> int:
        return self._given

    def second(self, stream: int) -> int:
        return self._after.room(stream)

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        self._given = max(taken + 1, self._after.room(stream))
        self._after.push(self._given, stream, first=first, last=last)
