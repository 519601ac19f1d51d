"""The bench of loading; cocotb imports it inside the simulator.

Sequences without end, and among them images: right ones of several models, and wrong ones.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles, Event, RisingEdge, with_timeout

from pascaline.sim.bench import Driver, Monitor, Sink, Stream, Values
from pascaline.sim.clocking import PERIOD, reset, start_clock
from pascaline.sim.given import conclude, given_job
from pascaline.sim.images import WRONG, error_code, wrong_image
from pascaline.sim.job import Episode, Job, Outcome, Sequence
from pascaline.sim.model import BenchModel, checked_model
from pascaline.sim.stimulus import load_beats, stimulus
from pascaline.spec.design import Design
from pascaline.spec.loading import image_words
from pascaline.spec.model import Model
from pascaline.spec.ports import ports

PATIENCE = 5_000
"""Cycles in which an image must have come, and a sequence must have ended."""


@cocotb.test()
async def run_loads(dut: Any) -> None:
    """Load as many images as the job says, half of them wrong; fail unless all goes as it must."""
    job = given_job()
    outcome = Outcome()
    bench = Bench(dut, job, outcome)
    start_clock(dut.clk)
    await bench.run(Path(os.environ["PASCALINE_PROGRESS"]))
    conclude(job, outcome)


class Bench:
    """Streams of a machine, and the golden model of what was loaded last."""

    def __init__(self, dut: Any, job: Job, outcome: Outcome) -> None:
        self._dut, self._job, self._outcome = dut, job, outcome
        self._design = job.design
        self._rng = random.Random(job.seed)
        self._streams = {name: Stream(dut, port) for name, port in ports(self._design).items()}
        self._model: BenchModel | None = None
        _, self._checkers = checked_model(self._design, outcome)  # Nothing is expected of it.
        self._over = Event()
        self._stops = False

    async def run(self, progress: Path) -> None:
        """Images one after the other, while sequences come."""
        dut, rng, pauses, job = self._dut, self._rng, self._job.pauses, self._job
        await reset(dut, self._streams.values())
        for name in self._checkers:
            sink = Sink(self._streams[name], pauses.of(name), random.Random(rng.random()))
            cocotb.start_soon(sink.run())
        for name, listener in self.listeners.items():
            cocotb.start_soon(Monitor(self._streams[name], self._outcome, listener).run())
        feeding = cocotb.start_soon(self._feed())
        driver = Driver(self._streams["i_load"], pauses.i_load, random.Random(rng.random()))
        models = [job.design.model, *job.others]
        for number in range(job.loads):
            progress.write_text(str(number))
            image = image_words(self._of(model := rng.choice(models)))
            if number % 2 == 0:
                kind = WRONG[number // 2 % len(WRONG)]
                words, error = wrong_image(kind, image, rng, number // 2 // len(WRONG))
                await self._load(driver, words, None, error)
                self._outcome.injected[kind] = self._outcome.injected.get(kind, 0) + 1
                await ClockCycles(dut.clk, rng.randrange(20))
                continue
            await self._load(driver, image, model, None)
            if number == job.loads - 1:
                self._stops = True
            self._over.clear()
            await with_timeout(self._over.wait(), PATIENCE * PERIOD, "ns")
        await with_timeout(feeding, PATIENCE * PERIOD, "ns")
        await ClockCycles(dut.clk, PATIENCE // 50)
        self._settle("at the end")

    @property
    def listeners(self) -> dict[str, Callable[[Values], None]]:
        """What takes the beats of vectors, and of all that leaves the machine, by stream."""
        outputs = {name: partial(self._on_output, name) for name in self._checkers}
        return {"i_x": self._on_x, **outputs}

    def _of(self, model: Model) -> Design:
        return Design(model=model, machine=self._design.machine)

    async def _load(
        self, driver: Driver, words: list[int], model: Model | None, error: str | None
    ) -> None:
        """Give an image, and see what the machine says of it."""
        dut = self._dut

        async def began() -> None:
            stream = self._streams["i_load"]
            await RisingEdge(dut.clk)
            while not (stream.valid.value and stream.ready.value):
                await RisingEdge(dut.clk)
            self._model = None
            self._settle("when a load began")

        watch = cocotb.start_soon(began())
        await with_timeout(driver.run(load_beats(words)), PATIENCE * PERIOD, "ns")
        await watch
        if model is not None:
            self._model, self._checkers = checked_model(self._of(model), self._outcome)
        await RisingEdge(dut.clk)
        loaded, code = int(dut.loaded.value), int(dut.load_error.value)
        if loaded != (model is not None) or code != error_code(error):
            self._outcome.fault(f"image, {error}: loaded is {loaded}, load_error is {code:#x}")

    async def _feed(self) -> None:
        """Sequences, one after the other."""
        stream, entry = self._streams["i_x"], self._design.entry
        rng = np.random.default_rng(self._job.seed)
        driver = Driver(stream, self._job.pauses.i_x, random.Random(self._rng.random()))
        while not self._stops:
            sequence = Sequence(x=entry.draw(rng, int(rng.integers(1, 5))))
            episode = Episode(sequences=(sequence,))
            await driver.run(stimulus(self._design, episode, self._rng)["i_x"])
            self._outcome.sequences += 1

    def _on_x(self, beat: Values) -> None:
        if self._model is None:
            self._outcome.fault("a vector was taken without weights")
        else:
            self._model.on_x(beat)

    def _on_output(self, name: str, beat: Values) -> None:
        self._checkers[name].actual(beat)
        if name == "o" and beat["last"]:
            self._over.set()

    def _settle(self, when: str) -> None:
        """Nothing may be missing now, and nothing may have come for which nobody asked."""
        for name, checker in self._checkers.items():
            checker.settle()
            if checker.missing:
                self._outcome.fault(f"{name}: {checker.missing} beats are missing {when}")
