"""The bench of flips; cocotb imports it inside the simulator.

For each flip a reset, sequences, and in some cycle among them a bit of a memory that changes: in
the middle of the cycle, by the simulator's access to the memory. There is no hardware for it.
"""

from __future__ import annotations

import os
import random
from functools import partial
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import ClockCycles, Event, First, ReadOnly, RisingEdge, Timer

from pascaline.sim.bench import Checker, Driver, Monitor, Sink, Stream, Values
from pascaline.sim.clocking import PERIOD, cycle, reset, start_clock
from pascaline.sim.flips import FlippedBit
from pascaline.sim.given import conclude, given_job
from pascaline.sim.job import Episode, Flip, Job, Outcome
from pascaline.sim.model import BenchModel
from pascaline.sim.stimulus import stimulus
from pascaline.spec.ports import ports

SURPLUS = 30
"""Cycles after the last result in which there must not be another one."""

Run = dict[str, list[Values]]
"""Beats by stream."""


@cocotb.test()
async def run_flips(dut: Any) -> None:
    """Flip each bit of the job; fail if any causes a wrong result without a fault."""
    job = given_job()
    progress = Path(os.environ["PASCALINE_PROGRESS"])
    bench = Bench(dut, job)
    start_clock(dut.clk)
    await bench.learn()
    for number, flip in enumerate(job.flips):
        if number % 50 == 0:
            progress.write_text(str(number))
        await bench.inject(flip)
    conclude(job, bench.outcome)


class _Expected(Checker):
    """Keeps what the model expects."""

    def __init__(self, outcome: Outcome, beats: list[Values]) -> None:
        super().__init__("", outcome)
        self._beats = beats

    def expect(self, where: str, beat: Values) -> None:
        self._beats.append(beat)


class Bench:
    """A machine, and for each episode what goes in, what must come out, and in how many cycles."""

    def __init__(self, dut: Any, job: Job) -> None:
        self.outcome = Outcome()
        self._dut, self._job = dut, job
        self._design = job.design
        self._streams = {name: Stream(dut, port) for name, port in ports(self._design).items()}
        self._inputs: list[Run] = []
        self._expected: list[Run] = []
        self._cycles: list[int] = []

    async def learn(self) -> None:
        """Run every episode without a flip; all must be right."""
        for number, episode in enumerate(self._job.episodes):
            inputs = stimulus(self._design, episode, random.Random(f"{self._job.seed} {number}"))
            self._inputs.append(inputs)
            self._expected.append(self._model(episode, inputs))
            given, fault, cycles = await self._run(number, None)
            self._cycles.append(cycles)
            if fault or not _equal(given, self._expected[number]):
                self.outcome.fault(f"episode {number} is wrong without a flip")
            self.outcome.values += sum(len(beats) for beats in given.values())
            self.outcome.sequences += len(episode.sequences)

    def _model(self, episode: Episode, inputs: Run) -> Run:
        """What must come out."""
        names = [name for name, stream in self._streams.items() if stream.drives_valid]
        expected: Run = {name: [] for name in names}
        checkers = {name: _Expected(self.outcome, beats) for name, beats in expected.items()}
        model = BenchModel(self._design, checkers.pop("o"), list(checkers.values()))
        restored = [name for name in inputs if name.startswith("i_state")]
        for number, name in enumerate(restored):
            for beat in inputs[name]:
                model.on_state(number, beat)
        for beat in inputs["i_x"]:
            model.on_x(beat)
        return expected

    async def inject(self, flip: Flip) -> None:
        """Run an episode with a flip, and see what comes of it."""
        number, outcome = flip.episode, self.outcome
        given, fault, _ = await self._run(number, flip)
        if fault and _equal(given, self._expected[number], part=True):
            found = "caught"
        elif not fault and _equal(given, self._expected[number]):
            found = "harmless"
        else:
            found = "missed"
            outcome.fault(f"missed: {flip}")
        outcome.injected[found] = outcome.injected.get(found, 0) + 1

    async def _run(self, number: int, flip: Flip | None) -> tuple[Run, bool, int]:
        """Beats that came out, whether there was a fault, and the cycles that it took."""
        dut, expected = self._dut, self._expected[number]
        given: Run = {name: [] for name in expected}
        missing = sum(len(beats) for beats in expected.values())
        over = Event()

        def take(name: str, beat: Values) -> None:
            given[name].append(beat)
            if sum(map(len, given.values())) == missing:
                over.set()

        await reset(dut, self._streams.values())
        start = cycle()
        tasks = []
        for name in expected:
            stream = self._streams[name]
            monitor = Monitor(stream, self.outcome, partial(take, name))
            tasks.append(cocotb.start_soon(monitor.run()))
            tasks.append(cocotb.start_soon(Sink(stream, 0, random.Random(0)).run()))
        for name, beats in self._inputs[number].items():
            driver = Driver(self._streams[name], 0, random.Random(0))
            tasks.append(cocotb.start_soon(driver.run(beats)))
        limit = 100_000 if flip is None else 2 * self._cycles[number] + 200
        until: list[Any] = [over.wait(), Timer(limit * PERIOD, "ns")]
        bit = None
        if flip is not None:
            tasks.append(cocotb.start_soon(self._told()))
            until.append(tasks[-1])
            await ClockCycles(dut.clk, 1 + int(flip.when * self._cycles[number]))
            await Timer(PERIOD // 2, "ns")
            bit = FlippedBit(dut, flip)
        if not over.is_set():
            await First(*until)
        cycles = cycle() - start
        await ClockCycles(dut.clk, SURPLUS)
        fault = bool(dut.fault.value)
        for task in tasks:
            task.cancel()
        if bit is not None:
            bit.restore()
        return given, fault, cycles

    async def _told(self) -> None:
        """Wait for a fault; not for a glitch within a time step, which no register would see."""
        while True:
            await RisingEdge(self._dut.fault)
            await ReadOnly()
            if self._dut.fault.value:
                return


def _equal(given: Run, expected: Run, *, part: bool = False) -> bool:
    """Whether all beats are as expected; with ``part``, those that came."""
    for name, beats in expected.items():
        came = given[name]
        if len(came) > len(beats) or (len(came) < len(beats) and not part):
            return False
        for beat, wanted in zip(came, beats, strict=False):
            if any(beat[field] != value for field, value in wanted.items()):
                return False
    return True
