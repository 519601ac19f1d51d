"""The bench of faults; cocotb imports it inside the simulator.

Faults of all kinds in turn, each followed by a right packet whose results are compared.
"""

from __future__ import annotations

import os
import random
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cocotb
import numpy as np

from golden.network import Golden
from sim.bus import Bus, Packet
from sim.faults import FAULTS, applicable
from sim.job import Job, Outcome
from spec import cycles
from spec.design import Design
from spec.registers import ERRORS

RESET = "reset"
"""The fault that is no packet: a reset in any cycle."""

LONGEST = 3
"""Vectors of a right packet: what matters is what comes before it."""

ENABLE, CLEAR = 0b01, 0b10
DONE, ERROR = 0b01, 0b10


@cocotb.test()
async def run_faults(dut: Any) -> None:
    """Inject as many faults of each kind as the job says."""
    job = Job.read(Path(os.environ["PASCALINE_JOB"]))
    progress = Path(os.environ["PASCALINE_PROGRESS"])
    outcome = Outcome()
    bench = Bench(dut, job, outcome)
    await bench.reset()
    for number in range(job.faults):
        progress.write_text(str(number))
        for kind in (*applicable(bench.design), RESET):
            await bench.inject(kind)
    outcome.write(Path(os.environ["PASCALINE_OUTCOME"]))
    assert outcome.good, f"seed {job.seed}: {outcome.faults}"


class Bench:
    """A machine on a bus, and what is expected of it."""

    def __init__(self, dut: Any, job: Job, outcome: Outcome) -> None:
        self.design = Design(model=job.model, machine=job.machine)
        self._dut, self._outcome = dut, outcome
        self._rng = random.Random(job.seed)
        self._golden = Golden(job.model)
        self._bus = Bus(dut, self.design, outcome, self._on_packet)
        self._expected: list[deque[list[int]]] = []
        self._good = 0

    async def reset(self) -> None:
        """Reset, and take packets again."""
        self._expected = [deque() for _ in range(self.design.machine.streams)]
        self._good = 0
        await self._bus.reset()
        await self._bus.set("interrupt_enable", ERROR)
        await self._bus.set("control", ENABLE)

    async def inject(self, kind: str) -> None:
        """A fault among right packets: only these have results, and the registers tell of it."""
        bus, rng, outcome = self._bus, self._rng, self._outcome
        before = len(outcome.faults), outcome.mismatches
        bus.pause((self._likely(), self._likely(), self._likely()), rng)
        self._good = 0
        await bus.set("control", ENABLE | CLEAR)
        for _ in range(rng.randrange(3)):
            self._send(rng.randrange(self.design.machine.streams))
        if kind == RESET:
            for _ in range(rng.randrange(self._cycles())):
                await bus.tick()
            await self.reset()
            self._send(rng.randrange(self.design.machine.streams))
            await self._finish(0, 0)
        else:
            await self._wrong(kind)
        outcome.injected[kind] = outcome.injected.get(kind, 0) + 1
        right = before == (len(outcome.faults), outcome.mismatches)
        outcome.recovered[kind] = outcome.recovered.get(kind, 0) + right

    async def _wrong(self, kind: str) -> None:
        bus, design = self._bus, self.design
        wrong = FAULTS[kind](design, self._rng)
        if not wrong.enabled:
            await self._sent()
            await bus.set("control", 0)
        bus.send_bytes(wrong.data, wrong.tid, self._rng.getrandbits(1))
        if not wrong.enabled:
            await self._sent()
            await bus.set("control", ENABLE)
        known = wrong.tid < design.machine.streams
        self._send(wrong.tid if known else self._rng.randrange(design.machine.streams))
        await self._finish(1 << list(ERRORS).index(kind), 1)

    async def _finish(self, errors: int, dropped: int) -> None:
        """Wait for all results; then the registers must say this, and after that, nothing."""
        bus = self._bus
        await self._until(lambda: not any(self._expected), "all results")
        self._must_be("irq", int(self._dut.irq.value), int(errors != 0))
        events = DONE | ERROR * (errors != 0)
        for name, wanted in (
            ("error", errors),
            ("interrupt_status", events),
            ("dropped", dropped),
            ("packets", self._good),
            ("results_out", self._good),
            ("status", bus.quiet),
        ):
            self._must_be(name, await bus.get(name), wanted)
        for name, value in (("error", errors), ("interrupt_status", events)):
            await bus.set(name, value)
            self._must_be(f"{name} after it was cleared", await bus.get(name), 0)
        self._must_be("irq", int(self._dut.irq.value), 0)

    def _must_be(self, name: str, found: int, wanted: int) -> None:
        self._outcome.values += 1
        if found != wanted:
            self._outcome.mismatches += 1
            self._outcome.fault(f"{name} is {found:#x}, must be {wanted:#x}")

    def _send(self, tid: int) -> None:
        """Send a right packet."""
        rng, network = self._rng, self.design.network
        steps = rng.randint(1, min(LONGEST, self.design.machine.longest))
        ends = network.x.interval
        vectors = [[rng.randint(ends.lo, ends.hi) for _ in range(network.inputs)]] * steps
        results = self._golden.run([np.array(vectors)]).results
        numbers = np.concatenate([np.ravel(result) for result in results]).tolist()
        self._expected[tid].append(numbers)
        self._bus.send([(tid, 0, self._bus.packet(vectors))])
        self._good += 1

    async def _sent(self) -> None:
        """Wait until everything has been taken from the model of the stream."""
        await self._bus.tick()
        source, valid = self._bus.source, self._dut.s_axis_tvalid
        await self._until(lambda: source.idle() and not valid.value, "room for a packet")

    async def _until(self, done: Callable[[], bool], what: str) -> None:
        """Wait, but not for ever."""
        for _ in range(1000 + 20 * self._cycles()):
            if done():
                return
            await self._bus.tick()
        self._outcome.fault(f"timeout: {what} must be there")

    def _on_packet(self, packet: Packet) -> None:
        tid, numbers = packet
        if tid >= len(self._expected) or not self._expected[tid]:
            self._outcome.mismatches += 1
            self._outcome.fault(f"stream {tid}: a packet that nobody expects: {numbers}")
            return
        wanted = self._expected[tid].popleft()
        self._outcome.values += len(wanted)
        if numbers != wanted:
            self._outcome.mismatches += 1
            self._outcome.fault(f"stream {tid}: the packet is {numbers}, must be {wanted}")

    def _likely(self) -> float:
        return self._rng.choice((0.0, 0.0, 0.2, 0.6))

    def _cycles(self) -> int:
        """A time in which the machine is anywhere between its first beat and its last result."""
        return 2 * cycles.sequence_cycles(self.design, [LONGEST]) + 60
