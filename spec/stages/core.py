"""The stage of a core: recurrent layers on lanes, and the head if that reads their h."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import ClassVar

from pascaline.spec.clock import NEVER, CoreClock
from pascaline.spec.core import Core
from pascaline.spec.flow import End, HeadClock, ReaderClock, StageClock
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.layout import Layout
from pascaline.spec.memories import Memories, core_memories
from pascaline.spec.payloads import Port, core_ports
from pascaline.spec.stage import Part, Phases, Stage, Views
from pascaline.spec.timeline import timeline

__all__ = ["CoreStage"]

VIEWS = {
    "inputs": {
        "": "clk rst i_x__valid i_x__ready i_x__payload"
        " i_state__valid i_state__ready i_state__payload",
        "inputs": "full bank chunk",
    },
    "control": {
        "sequencer": "running starting quiet waits h_wait_0_0 read from_h chunk bank weight"
        " ends_source ends_tile first_tile last_tile token reserved restore dump",
    },
    "lanes": {
        "": "operands_0 operands_1 codes ends_source ends_tile",
        "lanes": "shift arrives",
        "lanes.lane_0": "clear ends_source ends_tile tree_0_0 total accumulator earlier_0"
        " shift sums",
    },
    "cell units": {
        "cells": "arrives busy left write flags",
        "cells.unit_0": "sums i_pre f_pre g_pre o_pre r_pre z_pre q_pre p_pre old fc ig rq new u"
        " difference product h_next",
    },
    "hidden memory": {
        "hidden": "write__en write__bank write__chunk write__slot given"
        " read_0__bank read_0__chunk read_0__data read_1__bank read_1__chunk read_1__data",
    },
    "transform": {
        "transform": "write write_group wanted met done sums__group sums__data",
        "transform.control": "go turn place stream",
    },
    "layer norm": {
        "norm": "arrives freed met",
        "norm.hold": "shift full reads",
        "norm.control": "begins cycle adds feeding group",
        "norm.spreads_0": "first shift reciprocal",
        "norm.row_0_0": "sum less deviation near product normal",
        "finishing": "arrives busy made write",
        "finishing.norm.control": "begins cycle adds feeding group",
        "finishing.norm.row_0_0": "sum less deviation near product normal",
    },
    "head": {
        "outputs.queue": "level",
        "outputs.reader": "request_valid request held chunk slot elements ends_tile left sum done",
        "outputs.reader.lanes.lane_0": "accumulator sums",
        "outputs.reader.rows": "value stage_1",
        "outputs.reader.argmax": "row best best_row better",
    },
    "results": {
        "": "o__valid o__ready o__payload o_state__valid o_state__ready o_state__payload",
    },
}
"""Of lanes, of cell units and of rows of layer norm the first one is shown."""

PHASES = {
    "h read": "read & from_h",
    "x read": "read",
    "restore": "restore",
    "dump": "dump",
    "wait": "running",
    "finish": "~quiet",
    "idle": "",
}
"""What the lanes do, by the words of `spec.timeline.ACTIVITIES`. ``restore`` and ``dump``: a state
comes or goes. ``finish``: no step runs, but results are on their way."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CoreStage(Stage):
    """A core.

    Parameters
    ----------
    name : str
        The stage's name.
    core : Core
        The core.
    """

    name: str
    core: Core

    kind: ClassVar[str] = "core"

    @property
    def i_x(self) -> Layout:
        return core_ports(self.core)["i_x"].layout

    @property
    def o(self) -> Layout:
        return core_ports(self.core)["o"].layout

    @property
    def directed(self) -> bool:
        return self.core.directions > 1

    @property
    def ports(self) -> dict[str, Port]:
        streams = core_ports(self.core)
        return {name: port for name, port in streams.items() if name not in ("i_x", "o")}

    @property
    def memories(self) -> Memories:
        return {self.name: core_memories(self.core)}

    @property
    def head_unit(self) -> HeadUnit | None:
        return self.core.head_unit

    @property
    def parts(self) -> tuple[Part, ...]:
        state = ("state",) if self.core.stateful else ()
        start = ("start",) if self.core.layer.initial else ()
        zeros = ("zeros",) if self.core.zeros else ()
        transform = (Part("transform", ("transform",)),) if self.core.walsh else ()
        norms = {"norm": self.core.norm, "finishing.norm": self.core.state_norm}
        there = tuple(at for at, norm in norms.items() if norm is not None)
        norm = (Part("layer norm", there),) if there else ()
        finishing = ("finishing",) if self.core.state_norm else ()
        sums = Part("adders" if self.core.wired else "lanes", ("lanes", *zeros))
        weights = () if self.core.wired else (Part("weight memory", ("weights",)),)
        return (
            *weights,
            sums,
            *transform,
            *norm,
            Part("cell units", ("cells", *finishing)),
            Part("vector memory", ("hidden", "inputs", *start)),
            Part("head", ("outputs",)),
            Part("control", ("", "sequencer", *state, "pointer")),
        )

    @property
    def views(self) -> Views:
        return VIEWS

    @property
    def phases(self) -> Phases:
        return {"sequencer": PHASES}

    @property
    def title(self) -> str:
        return self.name.replace("_", " ")

    @property
    def lines(self) -> tuple[str, ...]:
        return ()

    @property
    def pace(self) -> float:
        found = timeline(self.core)
        return self.core.directions * found.period / found.steps

    def clock(self, after: StageClock, end: End) -> StageClock:
        return _Clock(self.core, after, end)


class _Clock(StageClock):
    """So many vectors wait or are worked on."""

    def __init__(self, core: Core, after: StageClock, end: End) -> None:
        self._core = core
        self._clock = CoreClock(core.program)
        self._after = after
        self._reader = ReaderClock()
        self._head = HeadClock(core.head_unit, end) if core.head_unit else None
        self._freed = deque([NEVER] * core.program.waiting)

    def room(self, stream: int) -> int:
        return self._freed[0] + self._core.pipeline.issue + 1

    def push(self, taken: int, stream: int, *, first: bool, last: bool) -> None:
        core, clock = self._core, self._clock
        self._freed.append(clock.step(stream, taken + 1, fresh=first))
        self._freed.popleft()
        if not core.program.has_result(stream, first=first, last=last):
            return
        ready = clock.written
        if self._head is not None:
            self._head.give(ready)
            clock.read(stream, self._head.read)
            return
        after = self._after
        self._reader.give(core.h_product.chunks, ready, after.room(stream), after.second(stream))
        clock.read(stream, self._reader.read)
        self._after.push(self._reader.taken, stream, first=first, last=last)
