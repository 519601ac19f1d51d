"""The golden model as a part of a bench: beats in, expected beats out.

It is fed by what a monitor saw on the machine's inputs, not by what the drivers meant to send, and
it knows no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from pascaline.golden.cells import State
from pascaline.golden.network import Golden
from pascaline.golden.pooling import Pool
from pascaline.golden.rounding import Integers
from pascaline.sim.bench import Checker, Values
from pascaline.sim.job import Outcome
from pascaline.spec.core import Core
from pascaline.spec.design import Design
from pascaline.spec.ports import FROM_GIVEN, FROM_PREVIOUS, FROM_ZERO, ports

__all__ = ["BenchModel", "checked_model", "symbols_of"]


@dataclass
class _Stream:
    """Where a stream of sequences is, and its state after its last step."""

    number: int
    sequence: int = 0
    step: int = 0
    states: tuple[State, ...] | None = None
    pool: Pool | None = None
    vectors: list[Integers] = field(default_factory=list)

    def __str__(self) -> str:
        return f"stream {self.number}, sequence {self.sequence}, step {self.step}"


class BenchModel:
    """Follows the streams of a machine.

    Parameters
    ----------
    design : Design
        The design.
    results : Checker
        Gets the beats that are expected on ``o``.
    states : sequence of Checker
        For each core, get the beats that are expected of its final states.
    """

    def __init__(self, design: Design, results: Checker, states: Sequence[Checker]) -> None:
        self._design = design
        self._longest = design.machine.longest
        self._golden = Golden(design.model)
        self._results = results
        self._states = states
        self._vector: list[int] = []
        self._beats = 0
        self._streams = [_Stream(k) for k in range(design.machine.streams)]
        self._waiting: deque[tuple[_Stream, Values, Integers]] = deque()
        self._groups: list[list[Values]] = [[] for _ in design.cores]
        self._given: list[deque[tuple[State, ...]]] = [deque() for _ in design.cores]
        self.steps = 0

    @property
    def inputs(self) -> dict[str, Callable[[Values], None]]:
        """What takes the beats of vectors and of states, by the names of their streams."""
        restored = [name for name in ports(self._design) if name.startswith("i_state")]
        states = {name: partial(self.on_state, number) for number, name in enumerate(restored)}
        return {"i_x": self.on_x, **states}

    def on_x(self, beat: Values) -> None:
        """A beat of ``i_x`` went over."""
        if self._beats == 0:
            self._first = dict(beat)
        self._vector += beat["data"]
        self._beats += 1
        if self._beats < self._design.entry.beats:
            return
        x = np.array([self._design.entry.vector(self._vector)], dtype=np.int64)
        flags = {
            "state": self._first.get("state", FROM_ZERO),
            "last": beat["last"],
            "dump": beat.get("dump", 0),
        }
        self._vector, self._beats = [], 0
        self._waiting.append((self._streams[self._first.get("stream", 0)], flags, x))
        self._go_on()

    def on_state(self, number: int, beat: Values) -> None:
        """A beat of a core's ``i_state`` went over."""
        core, groups = self._design.cores[number], self._groups[number]
        groups.append(beat)
        if len(groups) == core.drain.groups * len(core.layers):
            self._given[number].append(_join(core, groups))
            self._groups[number] = []
            self._go_on()

    def _go_on(self) -> None:
        """Take all steps for which everything is there."""
        while self._waiting:
            stream, flags, x = self._waiting[0]
            if stream.step == 0:
                if flags["state"] == FROM_GIVEN:
                    if not all(self._given):
                        return
                    given = [waiting.popleft() for waiting in self._given]
                    stream.states = tuple(state for states in given for state in states)
                elif flags["state"] != FROM_PREVIOUS or stream.states is None:
                    stream.states = self._golden.zero()
            self._waiting.popleft()
            self._take(stream, flags, x)

    def _take(self, stream: _Stream, flags: Values, x: Integers) -> None:
        last = bool(flags["last"])
        self.steps += 1
        if self._design.network.whole:
            if stream.step < self._longest:
                stream.vectors.append(x[0])
                if last or stream.step == self._longest - 1:
                    self._whole(stream, long=not last)
        else:
            self._one(stream, flags, x)
        stream.step = 0 if last else stream.step + 1
        stream.sequence += last

    def _whole(self, stream: _Stream, *, long: bool) -> None:
        """All steps of a sequence that are held."""
        [results] = self._golden.run([np.array(stream.vectors)]).results
        for index, result in enumerate(results.tolist()):
            where = f"sequence {stream.sequence}, result {index}"
            self._expect_result(where, result, index == len(results) - 1, self._mark(long))
        stream.vectors = []

    def _one(self, stream: _Stream, flags: Values, x: Integers) -> None:
        """A step."""
        network, last = self._design.network, bool(flags["last"])
        assert stream.states is not None
        steps = self._golden.step(x, stream.states)
        stream.states = tuple(step.state for step in steps)
        where = str(stream)
        tag = {"stream": stream.number} if self._design.stream_bits else {}
        outputs = self._golden.output(x, steps)
        if stream.step == 0:
            stream.pool = self._golden.pool()
        if stream.pool is not None:
            stream.pool.add(outputs, np.array([True]))
            outputs = stream.pool.pooled
        if last or network.results == "every":
            [result] = self._golden.results(outputs).tolist()
            long = stream.step >= self._longest
            self._expect_result(where, result, last, tag | self._mark(long))
        if last and flags["dump"]:
            states = iter(stream.states)
            for core, checker in zip(self._design.cores, self._states, strict=True):
                for state in islice(states, len(core.layers)):
                    for group, beat in enumerate(_split(core, state)):
                        checker.expect(f"{where}, group {group}", beat | tag)

    def _mark(self, long: bool) -> Values:
        """What a result of a sequence says of its length."""
        return {"long": int(long)} if self._design.limited else {}

    def _expect_result(self, where: str, result: Any, last: bool, tag: Values) -> None:
        beats: list[Any]
        if self._design.head is None:
            beats, simd = [], self._design.machine.simd
            for elements in self._design.result_parts:
                part, result = result[:elements], result[elements:]
                padded = part + [0] * (-len(part) % simd)
                beats += [padded[k : k + simd] for k in range(0, len(padded), simd)]
        else:
            beats = result if isinstance(result, list) else [result]
        for index, value in enumerate(beats):
            final = last and index == len(beats) - 1
            beat = {"data": value, "last": int(final)} | tag
            if tag.get("long"):
                del beat["data"]  # It means nothing.
            self._results.expect(f"{where}, beat {index}", beat)


def checked_model(design: Design, outcome: Outcome) -> tuple[BenchModel, dict[str, Checker]]:
    """A model, and what checks each stream that leaves the machine, by its name; ``o`` is first."""
    given = [name for name in ports(design) if name.startswith("o_state")]
    results = Checker("o", outcome)
    states = {name: Checker(name, outcome, early=name != given[-1]) for name in given}
    return BenchModel(design, results, list(states.values())), {"o": results, **states}


def symbols_of(design: Design, sequences: Sequence[Integers]) -> list[int] | None:
    """How many symbols a decoder gives for each sequence of vectors; None without a decoder."""
    if design.network.decoder is None:
        return None
    return [len(one) for one in Golden(design.model).run(list(sequences)).results]


def _split(core: Core, state: State) -> list[Values]:
    """A layer's state as beats of groups, with 0 beyond the last unit."""
    units = core.cell_units
    places = core.drain.groups * units
    kept = {"h": state.h[0].tolist(), "c": state.c[0].tolist()}
    if core.layer.carried is None:
        del kept["c"]
    filled = {name: values + [0] * (places - len(values)) for name, values in kept.items()}
    return [
        {name: values[k : k + units] for name, values in filled.items()}
        for k in range(0, places, units)
    ]


def _join(core: Core, beats: list[Values]) -> tuple[State, ...]:
    """The states of a core's layers."""
    states = []
    for start in range(0, len(beats), core.drain.groups):
        groups = beats[start : start + core.drain.groups]
        h, c = (
            [element for group in groups for element in group.get(name, ())][: core.layer.hidden]
            for name in ("h", "c")
        )
        states.append(State(np.array([h], dtype=np.int64), np.array([c], dtype=np.int64)))
    return tuple(states)
