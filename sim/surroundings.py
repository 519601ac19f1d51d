"""What is around a fault on a bus: right packets, images, and what the registers must say."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from pascaline.golden.network import Golden
from pascaline.sim.accesses import ENABLE
from pascaline.sim.bus import Bus, Packet
from pascaline.sim.job import Job, Outcome
from pascaline.spec import cycles
from pascaline.spec.bus import GO_ON
from pascaline.spec.design import Design
from pascaline.spec.loading import image_words

__all__ = ["Surroundings"]

LONGEST = 3
"""Vectors of a right packet: what matters is what comes before it."""

CLEAR = 0b10
"""In ``control``."""
DONE, ERROR = 0b01, 0b10


class Surroundings:
    """A machine on a bus, and what is expected of it.

    Parameters
    ----------
    dut : handle
        The top.
    job : Job
        The design, and other models that may be loaded.
    outcome : Outcome
        Where what is wrong is noted.

    Attributes
    ----------
    bus : Bus
        The machine's buses.
    good : int
        Right packets since the counters were cleared.
    broken : int
        Packets of results since the last reset that a fault has ended.
    """

    def __init__(self, dut: Any, job: Job, outcome: Outcome) -> None:
        self.design = job.design
        self.rng = random.Random(job.seed)
        self.bus = Bus(dut, self.design, outcome, self._on_packet)
        self.bus.patience = 1000 + 20 * self.cycles()
        self.good = self.broken = 0
        self._dut, self._outcome = dut, outcome
        machine = job.design.machine
        others = (Design(model=model, machine=machine) for model in job.others)
        self._models = [
            (Golden(design.model), image_words(design)) for design in (job.design, *others)
        ]
        self._golden, _ = self._models[0]
        self._expected: list[deque[list[int]]] = []
        self._states: list[Any] = []
        self._likely = (0.0, 0.0, 0.0)

    async def reset(self) -> None:
        """Reset, load weights if they are loaded, and take packets again."""
        streams = self.design.machine.streams
        self._expected = [deque() for _ in range(streams)]
        self._states = [None] * streams
        self.good = self.broken = 0
        await self.bus.reset()
        if self.design.machine.home.loaded:
            await self.bus.load(self.next_image())
        await self.bus.set("interrupt_enable", ERROR)
        await self.bus.set("control", ENABLE)

    async def start(self) -> None:
        """Clear the counters, change the pauses, and send some right packets."""
        # An image is many accesses: their pauses are most of the time that a fault takes.
        self._likely = (self._pause(), self._pause(), self.rng.choice((0.0, 0.0, 0.3)))
        self.hold()
        self.good = 0
        await self.bus.set("control", ENABLE | CLEAR)
        for _ in range(self.rng.randrange(3)):
            self.send()

    def hold(self, *, source: bool = False, sink: bool = False) -> None:
        """Let the model of a stream do nothing; the others go on."""
        likely_in, likely_out, control = self._likely
        likely = (1.0 if source else likely_in, 1.0 if sink else likely_out, control)
        self.bus.pause(likely, self.rng)

    def next_image(self) -> list[int]:
        """The image of any of the models; it is what is expected from now on."""
        self._golden, image = self.rng.choice(self._models)
        return image

    def send(self, tid: int | None = None) -> None:
        """Send a right packet, of any stream if none is given."""
        rng, entry = self.rng, self.design.entry
        tid = rng.randrange(self.design.machine.streams) if tid is None else tid
        steps = rng.randint(1, min(LONGEST, self.design.machine.longest))
        vectors = entry.draw(np.random.default_rng(rng.getrandbits(32)), steps).tolist()
        user = GO_ON * rng.getrandbits(1) if self.design.cores[0].stateful else 0
        run = self._golden.run([np.array(vectors)], self._states[tid] if user else None)
        self._states[tid] = run.state
        numbers = np.concatenate([np.ravel(result) for result in run.results]).tolist()
        self._expected[tid].append(numbers)
        self.bus.send([(tid, user, self.bus.packet(vectors))])
        self.good += 1

    async def sent(self) -> None:
        """Wait until everything has been taken from the model of the stream."""
        await self.bus.tick()
        source, valid = self.bus.source, self._dut.s_axis_tvalid
        await self.until(lambda: source.idle() and not valid.value, "room for a packet")

    async def taken(self) -> None:
        """Wait until a beat is taken."""
        valid, ready = self._dut.s_axis_tvalid, self._dut.s_axis_tready
        await self.bus.tick()
        await self.until(lambda: bool(valid.value and ready.value), "room for a beat")

    async def done(self) -> None:
        """Wait for all results that are expected."""
        await self.until(lambda: not self.missing(), "all results")

    def missing(self) -> int:
        """Packets of results that are expected and have not come."""
        return sum(map(len, self._expected))

    async def until(self, done: Callable[[], bool], what: str) -> None:
        """Wait, but not for ever."""
        for _ in range(self.bus.patience):
            if done():
                return
            await self.bus.tick()
        self._outcome.fault(f"timeout: {what} must be there")

    async def idle(self, share: float = 1.0) -> None:
        """Let some time go by, of that in which all results of a packet would come."""
        for _ in range(int(share * self.cycles())):
            await self.bus.tick()

    async def finish(self, errors: int, dropped: int) -> None:
        """Wait for all results; then the registers must say this, and after that, nothing."""
        await self.done()
        self.must_be("irq", int(self._dut.irq.value), int(errors != 0))
        self.must_be("packets that a fault has ended", self.broken, 0)
        events = DONE | ERROR * (errors != 0)
        wanted = {
            "error": errors,
            "interrupt_status": events,
            "dropped": dropped,
            "packets": self.good,
            "results_out": self.good,
            "status": self.bus.quiet,
        }
        found = await self.bus.get_all(list(wanted))
        for (name, value), read in zip(wanted.items(), found, strict=True):
            self.must_be(name, read, value)
        await self.clear(errors, events)

    async def clear(self, errors: int, events: int) -> None:
        """Clear errors and events; then there are none any more, but a fault stays."""
        await self.bus.set("error", errors)
        await self.bus.set("interrupt_status", events)
        error, status = await self.bus.get_all(["error", "interrupt_status"])
        self.must_be("error after it was cleared", error, errors & self.bus.mask("error", "fault"))
        self.must_be("interrupt_status after it was cleared", status, 0)
        self.must_be("irq", int(self._dut.irq.value), 0)

    async def must_read(self, name: str, wanted: int) -> None:
        """A register must read this."""
        self.must_be(name, await self.bus.get(name), wanted)

    def must_be(self, name: str, found: int | None, wanted: int) -> None:
        """A number must be this."""
        self._outcome.values += 1
        if found != wanted:
            self._outcome.mismatches += 1
            shown = "an error" if found is None else f"{found:#x}"
            self._outcome.fault(f"{name} is {shown}, must be {wanted:#x}")

    def cycles(self) -> int:
        """A time in which the machine is anywhere between its first beat and its last result."""
        return 2 * cycles.sequence_cycles(self.design, [LONGEST]) + 60

    def _on_packet(self, packet: Packet) -> None:
        tid, numbers, broken = packet
        if tid >= len(self._expected) or not self._expected[tid]:
            self._outcome.mismatches += 1
            self._outcome.fault(f"stream {tid}: a packet that nobody expects: {numbers}")
            return
        wanted = self._expected[tid].popleft()
        self._outcome.values += len(wanted)
        if broken:  # What came before is right, and there was more to come.
            self.broken += 1
            wanted = wanted[: min(len(numbers), len(wanted) - 1)]
        if numbers != wanted:
            self._outcome.mismatches += 1
            self._outcome.fault(f"stream {tid}: the packet is {numbers}, must be {wanted}")

    def _pause(self) -> float:
        return self.rng.choice((0.0, 0.0, 0.2, 0.6))
