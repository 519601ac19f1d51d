"""The bench of a whole machine; cocotb imports it inside the simulator."""

from __future__ import annotations

import os
import random
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import Event, First, RisingEdge, Timer

from pascaline.sim.bench import Driver, Monitor, Sink, Stream, Values
from pascaline.sim.clocking import PERIOD, RESET_CYCLES, cycle, reset, start_clock
from pascaline.sim.given import run_episodes
from pascaline.sim.job import Episode, Job, Outcome
from pascaline.sim.model import checked_model
from pascaline.sim.stimulus import stimulus
from pascaline.spec import cycles
from pascaline.spec.loading import image_words
from pascaline.spec.ports import ports

TOLD_EVERY = 0.2
"""Seconds between two words about the progress."""


@cocotb.test()
async def run_job(dut: Any) -> None:
    """Run the job of the environment; fail unless every beat is as expected."""

    def bench(dut: Any, job: Job, outcome: Outcome) -> Bench:
        made = Bench(dut, job, outcome)
        start_clock(dut.clk)
        return made

    await run_episodes(dut, bench)


class Bench:
    """Drivers, sinks, monitors and the model around a machine, made anew for each episode.

    Parameters
    ----------
    dut : handle
        The top.
    job : Job
        What to do.
    outcome : Outcome
        Where it is noted what came out.
    hasty : bool
        Whether an episode is over with the first fault.
    """

    def __init__(self, dut: Any, job: Job, outcome: Outcome, *, hasty: bool = False) -> None:
        self._hasty = hasty
        self._dut = dut
        self._job = job
        self._outcome = outcome
        self._design = job.design
        self._streams = {name: Stream(dut, port) for name, port in ports(self._design).items()}
        self._progress = Path(os.environ["PASCALINE_PROGRESS"])
        self._told = 0.0

    async def run(self, number: int, episode: Episode) -> None:
        """Reset, then feed the episode until it is over or cut."""
        design, streams = self._design, self._streams
        rng = random.Random(f"{self._job.seed} {number}")
        # What a cut episode gave is checked, too, but not counted as an outcome.
        outcome = self._outcome if episode.cut is None else Outcome()
        model, states = checked_model(design, outcome)
        results = states.pop("o")
        first, taken, last = -1, -1, -1
        steps = sum(len(sequence.x) for sequence in episode.sequences)
        over = Event()

        def on_x(beat: Values) -> None:
            nonlocal first, taken
            taken = cycle()
            first = taken if first < 0 else first
            model.on_x(beat)
            self._tell(self._outcome.steps + model.steps)

        def on_result(beat: Values) -> None:
            nonlocal last
            last = cycle()
            results.actual(beat)
            if episode.cut is None:
                outcome.results.append(beat["data"])
            see()

        def on_dump(name: str, beat: Values) -> None:
            states[name].actual(beat)
            see()

        def missing() -> int:
            return sum(checker.missing for checker in states.values())

        def see() -> None:
            complete = model.steps == steps and not results.missing and not missing()
            if complete or (self._hasty and outcome.faults):
                over.set()

        listeners = model.inputs | {"i_x": on_x, "o": on_result}
        listeners |= {name: partial(on_dump, name) for name in states}
        await reset(self._dut, streams.values(), 1 if self._job.unknown else RESET_CYCLES)
        tasks = []
        for name, listener in listeners.items():
            monitor = Monitor(streams[name], outcome, listener)
            tasks.append(cocotb.start_soon(monitor.run()))
        pauses = episode.pauses or self._job.pauses
        for name in ("o", *states):
            sink = Sink(streams[name], pauses.of(name), random.Random(rng.random()))
            tasks.append(cocotb.start_soon(sink.run()))
        for name, beats in stimulus(design, episode, rng).items():
            driver = Driver(streams[name], pauses.of(name), random.Random(rng.random()))
            tasks.append(cocotb.start_soon(driver.run(beats)))

        patience = episode.cut or self._patience(episode)
        await First(over.wait(), Timer(patience * PERIOD, "ns"))
        await RisingEdge(self._dut.clk)
        if episode.cut is None:
            if not over.is_set():
                outcome.hangs += 1
                outcome.fault(
                    f"timeout after {model.steps} of {steps} steps: {results.missing} results and"
                    f" {missing()} groups of states are missing"
                )
            for _ in range(20):  # Time for beats that nobody expects.
                await RisingEdge(self._dut.clk)
            for checker in states.values():
                checker.settle()
            outcome.sequences += len(episode.sequences)
            outcome.steps += model.steps
            outcome.spans.append(last - first + 1)
            outcome.taken.append(taken - first + 1)
        else:
            self._outcome.faults += outcome.faults
            self._outcome.mismatches += outcome.mismatches
        for task in tasks:
            task.cancel()

    def _patience(self, episode: Episode) -> int:
        """Cycles that are more than enough."""
        pauses = episode.pauses or self._job.pauses
        lengths = [len(sequence.x) for sequence in episode.sequences]
        needed = cycles.sequence_cycles(self._design, lengths)
        needed += sum(len(lengths) * (3 * core.drain.groups + 100) for core in self._design.cores)
        most = max(core.x_product.chunks for core in self._design.cores)
        beats = sum(lengths) * 2 * max(most, self._results_per_step())
        if self._design.machine.home.loaded:
            beats += len(image_words(self._design))
        slow = 1 - max(asdict(pauses).values())
        return 1000 + int(4 * (needed + beats) / max(slow, 0.01))

    def _results_per_step(self) -> int:
        head = self._design.head
        if head is not None:
            return head.classes
        core = self._design.cores[-1]
        return core.directions * core.h_product.chunks

    def _tell(self, steps: int) -> None:
        """Note how many steps are done, for the process that waits."""
        if (now := time.monotonic()) > self._told + TOLD_EVERY:
            self._told = now
            self._progress.write_text(str(steps))
