"""The bench of faults; cocotb imports it inside the simulator.

Faults of all kinds in turn, each followed by a right packet whose results are compared.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import Timer

from pascaline.sim.accesses import ENABLE
from pascaline.sim.faults import FAULTS, FLIP, IMAGE, LOADING, RESET, kinds
from pascaline.sim.flips import FlippedBit
from pascaline.sim.given import conclude, given_job
from pascaline.sim.images import error_code, wrong_image
from pascaline.sim.job import Flip, Job, Outcome
from pascaline.sim.surroundings import DONE, ERROR, Surroundings

HALF = 1
"""Nanoseconds of half a cycle."""

SPARE = 3
"""Beats of a packet that are surely not on their way yet when its source is told to hold."""

MORE = 3
"""Packets of the longest kind: more than there is room for."""


@cocotb.test()
async def run_faults(dut: Any) -> None:
    """Inject as many faults of each kind as the job says."""
    job = given_job()
    progress = Path(os.environ["PASCALINE_PROGRESS"])
    outcome = Outcome()
    bench = Bench(dut, job, outcome)
    await bench.around.reset()
    for number in range(job.faults):
        progress.write_text(str(number))
        for kind in kinds(bench.around.design, flips=bool(job.flips)):
            await bench.inject(kind, number)
    conclude(job, outcome)


class Bench:
    """Faults among right packets: only these have results, and the registers tell of the fault."""

    def __init__(self, dut: Any, job: Job, outcome: Outcome) -> None:
        self.around = Surroundings(dut, job, outcome)
        self._dut, self._job, self._outcome = dut, job, outcome
        self._bus, self._rng = self.around.bus, self.around.rng

    async def inject(self, kind: str, number: int) -> None:
        """Inject the fault of that number, and see that all is right after it."""
        outcome = self._outcome
        before = len(outcome.faults), outcome.mismatches
        await self.around.start()
        if kind == RESET:
            await self._reset()
        elif kind == FLIP:
            kind += await self._flip(self._job.flips[number])
        elif kind == LOADING:
            await self._while_loading()
        elif kind.startswith(IMAGE):
            await self._image(kind.removeprefix(IMAGE), number)
        else:
            await self._packet(kind)
        outcome.injected[kind] = outcome.injected.get(kind, 0) + 1
        right = before == (len(outcome.faults), outcome.mismatches)
        outcome.recovered[kind] = outcome.recovered.get(kind, 0) + right
        if not right:  # What comes next is to be judged by itself.
            await self.around.reset()

    async def _packet(self, kind: str) -> None:
        around, bus, design = self.around, self._bus, self.around.design
        wrong = FAULTS[kind](design, self._rng)
        if not wrong.enabled:
            await around.sent()
            await bus.set("control", 0)
        bus.send_bytes(wrong.data, wrong.tid, self._rng.getrandbits(1), wrong.keep)
        if not wrong.enabled:
            await around.sent()
            await bus.set("control", ENABLE)
        around.send(wrong.tid if wrong.tid < design.machine.streams else None)
        await around.finish(bus.mask("error", kind), 1)

    async def _reset(self) -> None:
        """A reset in any cycle; perhaps in the middle of an image."""
        around, task = self.around, None
        if around.design.machine.home.loaded and self._rng.getrandbits(1):
            await around.sent()
            task = cocotb.start_soon(self._bus.load(around.next_image()))
        await around.idle(self._rng.random())
        if task is not None:
            task.cancel()
        await around.reset()
        around.send()
        await around.finish(0, 0)

    async def _image(self, what: str, number: int) -> None:
        """A wrong image, perhaps a packet without weights, and a right image."""
        around, bus = self.around, self._bus
        await around.sent()
        words, reason = wrong_image(what, around.next_image(), self._rng, number)
        await bus.load(words)
        around.must_be("irq", int(self._dut.irq.value), 1)
        await around.must_read("status", bus.mask("status", "load_ready"))
        await around.must_read("load_error", error_code(reason))
        wrong = FAULTS[LOADING](around.design, self._rng)
        errors, dropped = bus.mask("error", "load"), self._rng.getrandbits(1)
        if dropped:
            bus.send_bytes(wrong.data, wrong.tid, self._rng.getrandbits(1))
            await around.sent()
            errors |= bus.mask("error", LOADING)
        await bus.load(around.next_image())
        await around.must_read("load_error", 0)
        around.send(wrong.tid)
        await around.finish(errors, dropped)

    async def _while_loading(self) -> None:
        """A packet of which some beats come while an image does, and perhaps some before or after.

        The image may have to wait for results that nobody takes: then a second word is refused, and
        what is written, lost.
        """
        around, bus, rng = self.around, self._bus, self._rng
        waits, early, late = rng.getrandbits(1), rng.getrandbits(1), rng.getrandbits(1)
        wrong = FAULTS[LOADING](around.design, rng)
        beats = len(wrong.data) // bus.lanes.beat
        packet = (wrong.data, wrong.tid, rng.getrandbits(1))
        if waits:
            await around.done()
            around.hold(sink=True)
            await bus.tick()
            around.send()
        await around.sent()
        words = around.next_image()
        early &= beats > SPARE
        if early:
            bus.send_bytes(*packet)
            for _ in range(rng.randrange(beats - SPARE)):
                await bus.tick()
            around.hold(source=True, sink=bool(waits))
        await bus.load_first(words)
        if waits:
            taken = await bus.control.write(bus.table["load_data"].offset, words[1])
            around.must_be("a second word is taken", taken, 0)
            await around.must_read("status", bus.mask("status", "busy", "loading", "loaded"))
        if early:
            around.hold()
        else:
            bus.send_bytes(*packet)
        await around.taken()
        around.hold(source=bool(late))
        await bus.load_rest(words)
        around.hold()
        around.send(wrong.tid)
        await around.finish(bus.mask("error", LOADING), 1)

    async def _flip(self, flip: Flip) -> str:
        """A bit of a memory changes in the middle of a cycle: what comes of it.

        After a fault all packets that had come end, broken if they were not over; those that are
        still to come are dropped, whatever there is room for, until a reset.
        """
        around, bus, rng = self.around, self._bus, self._rng
        around.send()
        await around.idle(flip.when)
        await Timer(HALF, "ns")
        bit = FlippedBit(self._dut, flip)
        irq = self._dut.irq
        await around.until(lambda: not around.missing() or irq.value, "results or a fault")
        fault = bus.mask("error", "fault")
        error = await bus.get("error")
        if not error:
            await around.finish(0, 0)
        else:
            around.must_be("error", error, fault)
            around.must_be("irq", int(irq.value), 1)
            await around.sent()
            lost = await bus.get("dropped")
            await around.until(lambda: around.missing() == lost, "the end of each packet")
            given = await bus.get("results_out")
            await around.must_read("packets", given)
            await around.must_read("status", bus.quiet)
            await around.clear(fault, DONE | ERROR)
            for _ in range(MORE):
                bus.send_bytes(FAULTS[LOADING](around.design, rng).data, 0, 0)
            await around.sent()
            await around.idle()
            await around.must_read("dropped", lost + MORE)
            await around.must_read("results_out", given)
            await around.must_read("error", fault)
        bit.restore()
        await around.reset()
        around.send()
        await around.finish(0, 0)
        return " that is told" if error else " that does not matter"
