"""The golden model as a part of a bench: beats in, expected beats out.

It is fed by what a monitor saw on the machine's inputs, not by what the drivers meant to send, and
it knows no clock.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from golden.lstm import State
from golden.network import Golden
from golden.rounding import Integers
from sim.bench import Checker, Values
from spec.design import Design
from spec.ports import FROM_LOADED, FROM_PREVIOUS

__all__ = ["BenchModel"]


@dataclass
class _Stream:
    """Where a stream of sequences is, and its state after its last step."""

    number: int
    sequence: int = 0
    step: int = 0
    state: State | None = None

    def __str__(self) -> str:
        return f"stream {self.number}, sequence {self.sequence}, step {self.step}"


class BenchModel:
    """Follows the streams of a machine.

    Parameters
    ----------
    design : Design
        The design.
    results, states : Checker
        Get the beats that are expected on ``o`` and on ``o_state``.
    """

    def __init__(self, design: Design, results: Checker, states: Checker) -> None:
        self._design = design
        self._golden = Golden(design.model)
        self._results = results
        self._states = states
        self._vector: list[int] = []
        self._beats = 0
        self._streams = [_Stream(k) for k in range(design.machine.streams)]
        self._waiting: deque[tuple[_Stream, Values, Integers]] = deque()
        self._groups: list[Values] = []
        self._loaded: deque[State] = deque()
        self.steps = 0

    def on_x(self, beat: Values) -> None:
        """A beat of ``i_x`` went over."""
        if self._beats == 0:
            self._first = dict(beat)
        self._vector += beat["data"]
        self._beats += 1
        if self._beats < self._design.x_product.chunks:
            return
        x = np.array([self._vector[: self._design.network.inputs]], dtype=np.int64)
        flags = {"state": self._first["state"], "last": beat["last"], "dump": beat["dump"]}
        self._vector, self._beats = [], 0
        self._waiting.append((self._streams[self._first.get("stream", 0)], flags, x))
        self._go_on()

    def on_state(self, beat: Values) -> None:
        """A beat of ``i_state`` went over."""
        self._groups.append(beat)
        if len(self._groups) == self._design.groups:
            self._loaded.append(self._join(self._groups))
            self._groups = []
            self._go_on()

    def _go_on(self) -> None:
        """Take all steps for which everything is there."""
        while self._waiting:
            stream, flags, x = self._waiting[0]
            if stream.step == 0:
                if flags["state"] == FROM_LOADED:
                    if not self._loaded:
                        return
                    stream.state = self._loaded.popleft()
                elif flags["state"] != FROM_PREVIOUS or stream.state is None:
                    stream.state = self._golden.zero()
            self._waiting.popleft()
            self._take(stream, flags, x)

    def _take(self, stream: _Stream, flags: Values, x: Integers) -> None:
        assert stream.state is not None
        step = self._golden.step(x, stream.state)
        stream.state = step.state
        self.steps += 1
        where, last = str(stream), bool(flags["last"])
        tag = {"stream": stream.number} if self._design.stream_bits else {}
        if last or self._design.network.results == "every":
            self._expect_result(where, step.h, last, tag)
        if last and flags["dump"]:
            for group, beat in enumerate(self._split(step.state)):
                self._states.expect(f"{where}, group {group}", beat | tag)
        stream.step = 0 if last else stream.step + 1
        stream.sequence += last

    def _expect_result(self, where: str, h: Integers, last: bool, tag: Values) -> None:
        [result] = self._golden.results(h).tolist()
        beats: list[Any]
        if self._design.head is None:
            simd = self._design.machine.simd
            padded = result + [0] * (-len(result) % simd)
            beats = [padded[k : k + simd] for k in range(0, len(padded), simd)]
        else:
            beats = result if isinstance(result, list) else [result]
        for index, value in enumerate(beats):
            final = last and index == len(beats) - 1
            beat = {"data": value, "last": int(final)}
            self._results.expect(f"{where}, beat {index}", beat | tag)

    def _split(self, state: State) -> list[Values]:
        """A state as beats of groups, with 0 beyond the last unit."""
        units = self._design.cell_units
        fill = [0] * (self._design.groups * units - self._design.layer.hidden)
        h, c = state.h[0].tolist() + fill, state.c[0].tolist() + fill
        return [{"h": h[k : k + units], "c": c[k : k + units]} for k in range(0, len(h), units)]

    def _join(self, groups: list[Values]) -> State:
        hidden = self._design.layer.hidden
        h = [element for group in groups for element in group["h"]][:hidden]
        c = [element for group in groups for element in group["c"]][:hidden]
        return State(np.array([h], dtype=np.int64), np.array([c], dtype=np.int64))
