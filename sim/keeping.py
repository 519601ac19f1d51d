"""The memory of states of a machine on a bus: written, read, and what must be in it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from pascaline.golden.cells import State
from pascaline.sim.bus import Bus
from pascaline.sim.control import Access
from pascaline.sim.job import Outcome
from pascaline.spec.design import Design
from pascaline.spec.register import WORD
from pascaline.spec.states import ELEMENT_BITS, spans, state_size

__all__ = ["Keeping"]


class Keeping:
    """States in the memory of a machine, all 0 after a reset.

    Parameters
    ----------
    bus : Bus
        The buses of the machine.
    design : Design
        The design, of a machine with ``bus_states``.
    outcome : Outcome
        Where elements are counted and what is wrong is noted.

    Attributes
    ----------
    states : list of list of int
        What must be there: for each stream the elements of its state.
    """

    def __init__(self, bus: Bus, design: Design, outcome: Outcome) -> None:
        self._bus, self._design, self._outcome = bus, design, outcome
        self.clear()

    def clear(self) -> None:
        """There was a reset."""
        size = state_size(self._design)
        self.states = [[0] * size for _ in range(self._design.machine.streams)]

    def state(self, stream: int) -> tuple[State, ...]:
        """The state of a stream, of each layer."""
        found: list[State] = []
        for span in spans(self._design):
            numbers = np.array([self.states[stream][span.first : span.first + span.count]])
            if span.name == "h":
                found.append(State(numbers, numbers[:, :0]))
            else:
                found[-1] = State(found[-1].h, numbers)
        return tuple(found)

    def keep(self, stream: int, state: Sequence[State]) -> None:
        """A packet of the stream has ended in this state, which was to be kept."""
        vectors = [vector for layer in state for vector in (layer.h, layer.c)]
        self.states[stream] = np.concatenate(vectors, axis=1)[0].tolist()

    async def write(self, rng: random.Random) -> None:
        """Write random elements of some streams; what does not fit must be refused."""
        await self._bus.becomes("states", 1)
        for stream in range(len(self.states)):
            if rng.getrandbits(1):
                await self._write(stream, rng)
        size, streams = state_size(self._design), len(self.states)
        for index in (size, 1 << ELEMENT_BITS - 1, streams << ELEMENT_BITS):
            await self._refused(Access(self._at("state_index"), index))

    async def _write(self, stream: int, rng: random.Random) -> None:
        """From any element on; the index goes on by itself."""
        first = rng.choice((0, rng.randrange(state_size(self._design))))
        await self._bus.set("state_index", stream << ELEMENT_BITS | first)
        at, edge = self._at("state_in"), (1 << WORD) - 1
        for span in spans(self._design):
            reach = span.element.interval
            if span.first >= first and span.element.width < WORD:
                for beyond in (reach.lo - 1, reach.hi + 1):
                    await self._refused(Access(at, beyond & edge))
            values = [
                rng.choice((reach.lo, reach.hi, rng.randint(reach.lo, reach.hi)))
                for _ in range(max(first, span.first), span.first + span.count)
            ]
            end = span.first + span.count
            self.states[stream][end - len(values) : end] = values
            await self._written([Access(at, value & edge) for value in values])
        await self._refused(Access(at, 0))

    async def _written(self, writes: Sequence[Access]) -> None:
        if None in await self._bus.control.transfer(writes):
            self._outcome.fault("an element of a state is not taken")

    async def _refused(self, access: Access) -> None:
        [answer] = await self._bus.control.transfer([access])
        if answer is not None:
            self._outcome.mismatches += 1
            self._outcome.fault(f"{access} must get an error")

    async def compare(self) -> None:
        """Read all elements of all streams."""
        await self._bus.becomes("states", 1)
        for stream, wanted in enumerate(self.states):
            found = []
            for number in range(len(wanted)):
                await self._bus.set("state_index", stream << ELEMENT_BITS | number)
                value = await self._bus.get("state_out")
                found.append(value - (value >> WORD - 1 << WORD))
            wrong = sum(a != b for a, b in zip(wanted, found, strict=True))
            self._outcome.values += len(wanted)
            self._outcome.mismatches += wrong
            if wrong:
                self._outcome.fault(f"stream {stream}: the state is {found}, must be {wanted}")

    def _at(self, name: str) -> int:
        return self._bus.table[name].offset
