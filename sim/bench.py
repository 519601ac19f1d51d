"""The parts of a bench: they drive, watch and check streams."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any

from cocotb.handle import LogicObject
from cocotb.triggers import RisingEdge

from pascaline.sim.job import Outcome
from pascaline.spec.layout import Layout
from pascaline.spec.payloads import Port

__all__ = ["Checker", "Driver", "Monitor", "Sink"]

Values = dict[str, Any]


class Stream:
    """The three signals of a stream of the machine.

    Parameters
    ----------
    dut : handle
        The top.
    port : Port
        Which stream.

    Attributes
    ----------
    drives_valid : bool
        Whether it is the machine that offers the beats.
    """

    def __init__(self, dut: Any, port: Port) -> None:
        self.name: str = port.name
        self.drives_valid = port.direction == "out"
        self.layout: Layout = port.layout
        self.clock: LogicObject = dut.clk
        self.payload = getattr(dut, f"{port.name}__payload")
        self.valid: LogicObject = getattr(dut, f"{port.name}__valid")
        self.ready: LogicObject = getattr(dut, f"{port.name}__ready")


class Driver:
    """Feeds beats into a stream, with random pauses between them.

    While it pauses, the payload is random: a machine must not look at it.

    Parameters
    ----------
    stream : Stream
        An input of the machine.
    pause : float
        How likely a pause is, each cycle.
    rng : random.Random
        Where pauses come from.
    """

    def __init__(self, stream: Stream, pause: float, rng: random.Random) -> None:
        self._stream = stream
        self._pause = pause
        self._rng = rng

    async def run(self, beats: list[Values]) -> None:
        """Feed all beats, then stay idle."""
        stream, bits = self._stream, self._stream.layout.bits
        for beat in beats:
            payload = stream.layout.pack(beat)
            while self._rng.random() < self._pause:
                self._idle(bits)
                await RisingEdge(stream.clock)
            stream.payload.value = payload
            stream.valid.value = 1
            await RisingEdge(stream.clock)
            while not stream.ready.value:
                # Where nothing happens for long, the simulator alone counts the cycles.
                await RisingEdge(stream.ready)
                await RisingEdge(stream.clock)
        self._idle(bits)

    def _idle(self, bits: int) -> None:
        self._stream.valid.value = 0
        self._stream.payload.value = self._rng.getrandbits(bits)


class Sink:
    """Takes beats from a stream, with random pauses.

    Parameters
    ----------
    stream : Stream
        An output of the machine.
    pause : float
        How likely a pause is, each cycle.
    rng : random.Random
        Where pauses come from.
    """

    def __init__(self, stream: Stream, pause: float, rng: random.Random) -> None:
        self._stream = stream
        self._pause = pause
        self._rng = rng

    async def run(self) -> None:
        """Take beats for ever."""
        stream = self._stream
        stream.ready.value = 1
        while self._pause:
            stream.ready.value = int(self._rng.random() >= self._pause)
            await RisingEdge(stream.clock)
            if not stream.valid.value:
                # The machine may not wait for it to change, and nobody else looks.
                await RisingEdge(stream.valid)


class Monitor:
    """Watches a stream: hands on each beat, and checks the rules of a handshake.

    A beat that waits must stay as it is: ``valid`` may not fall and the payload may not change.

    Parameters
    ----------
    stream : Stream
        Any stream.
    outcome : Outcome
        Where broken rules are noted.
    on_beat : callable
        Gets the values of each beat that goes over.
    """

    def __init__(self, stream: Stream, outcome: Outcome, on_beat: Callable[[Values], None]) -> None:
        self._stream = stream
        self._outcome = outcome
        self._on_beat = on_beat

    async def run(self) -> None:
        """Watch for ever."""
        stream, waiting = self._stream, None
        while True:
            await RisingEdge(stream.clock)
            if not stream.valid.value:
                if waiting is not None:
                    self._outcome.fault(f"{stream.name}: valid fell while a beat was waiting")
                    waiting = None
                await RisingEdge(stream.valid)
                continue
            value = stream.payload.value
            try:
                payload = value.to_unsigned()
            except ValueError:
                self._outcome.fault(f"{stream.name}: a payload has unknown bits: {value}")
                return
            if waiting is not None and payload != waiting:
                self._outcome.fault(f"{stream.name}: the payload changed while it was waiting")
            if stream.ready.value:
                waiting = None
                self._on_beat(stream.layout.unpack(payload))
                continue
            waiting = payload
            if not stream.drives_valid:
                await RisingEdge(stream.ready)


class Checker:
    """Compares beats with those that the model expects, in order.

    Parameters
    ----------
    name : str
        Of the stream, for messages.
    outcome : Outcome
        Where values and mismatches are counted.
    early : bool
        Whether the machine may give a beat before the model expects it: a core is ahead of the
        model while the one behind it waits for a state.
    """

    def __init__(self, name: str, outcome: Outcome, *, early: bool = False) -> None:
        self._name = name
        self._outcome = outcome
        self._may_be_early = early
        self._expected: deque[tuple[str, Values]] = deque()
        self._early: deque[Values] = deque()

    @property
    def missing(self) -> int:
        """Beats that are expected and did not come."""
        return len(self._expected)

    def expect(self, where: str, beat: Values) -> None:
        """The model expects a beat; ``where`` names it in messages."""
        self._expected.append((where, beat))
        if self._early:
            self._compare(self._early.popleft())

    def actual(self, beat: Values) -> None:
        """The machine gave a beat."""
        if self._expected:
            self._compare(beat)
        elif self._may_be_early:
            self._early.append(beat)
        else:
            self._surplus(beat)

    def settle(self) -> None:
        """All is over: what came early will not be expected any more."""
        for beat in self._early:
            self._surplus(beat)

    def _surplus(self, beat: Values) -> None:
        self._outcome.mismatches += 1
        self._outcome.fault(f"{self._name}: a beat that nobody expects: {beat}")

    def _compare(self, beat: Values) -> None:
        where, expected = self._expected.popleft()
        for field, wanted in expected.items():
            given = beat[field]
            if wanted == given:
                self._outcome.values += 1 if isinstance(wanted, int) else len(wanted)
                continue
            if isinstance(wanted, int):
                wanted, given = [wanted], [given]
            for index, (want, got) in enumerate(zip(wanted, given, strict=True)):
                self._outcome.values += 1
                if want != got:
                    self._outcome.mismatches += 1
                    self._outcome.fault(
                        f"{self._name}: {where}: {field}[{index}] is {got}, must be {want}"
                    )
