"""The bench of a whole machine on a bus; cocotb imports it inside the simulator."""

from __future__ import annotations

import os
import random
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cocotb
import numpy as np

from pascaline.golden.network import Golden
from pascaline.sim.accesses import ENABLE, Registers
from pascaline.sim.bus import RESET_CYCLES, Bus, Packet
from pascaline.sim.given import run_episodes
from pascaline.sim.job import Episode, Job, Outcome, Pauses
from pascaline.sim.keeping import Keeping
from pascaline.sim.seen import Seen
from pascaline.spec import cycles
from pascaline.spec.bus import DUMP, GO_ON, RESTORE
from pascaline.spec.loading import image_words
from pascaline.spec.ports import FROM_GIVEN, FROM_PREVIOUS
from pascaline.spec.register import WORD
from pascaline.spec.states import state_size

PATIENCE = 1000
"""Cycles beyond all that are needed."""

_ALL = (1 << WORD) - 1


@cocotb.test()
async def run_job(dut: Any) -> None:
    """Run the job of the environment; fail unless every packet is as expected."""
    await run_episodes(dut, Bench)


class Bench:
    """A machine on a bus, and the golden model beside it.

    Parameters
    ----------
    dut : handle
        The top.
    job : Job
        What to do.
    outcome : Outcome
        Where it is noted what came out.
    counters : mapping of str to handle, optional
        Registers of counters that start anywhere in half of the episodes: their upper bits would
        take too long to reach.
    hasty : bool
        Whether an episode is over with the first fault.
    """

    def __init__(
        self,
        dut: Any,
        job: Job,
        outcome: Outcome,
        counters: Mapping[str, Any] | None = None,
        *,
        hasty: bool = False,
    ) -> None:
        self._counters, self._hasty = counters or {}, hasty
        self._preset: dict[str, int] = {}
        self._dut, self._job, self._outcome = dut, job, outcome
        self._design = job.design
        self._golden = Golden(job.design.model)
        self._bus = Bus(dut, self._design, outcome, self._on_packet)
        self._keeping: Keeping | None = None
        if self._design.machine.bus_states:
            self._keeping = Keeping(self._bus, self._design, outcome)
        self._progress = Path(os.environ["PASCALINE_PROGRESS"])
        self._expected: list[deque[tuple[int, list[int]]]] = []
        self._results: dict[int, list[int]] = {}
        self._lengths: list[int] = []

    async def run(self, number: int, episode: Episode) -> None:
        """Reset, send the packets of the episode, and wait for their results or for the cut."""
        bus, outcome, pauses = self._bus, self._outcome, episode.pauses or self._job.pauses
        rng = random.Random(f"{self._job.seed} {number}")
        self._expected = [deque() for _ in range(self._design.machine.streams)]
        self._results, self._lengths = {}, []
        bus.pause((pauses.i_x, pauses.o, max(pauses.i_x, pauses.o)), rng)
        await bus.reset(1 if self._job.unknown else RESET_CYCLES)
        if self._design.machine.home.loaded:
            await bus.load(image_words(self._design))
        if self._keeping is not None:
            self._keeping.clear()
            if rng.getrandbits(1):  # Else the first packets come while the memory is cleared.
                await self._keeping.write(rng)
        registers = Registers(
            bus.control, bus.table, self._seen, outcome, random.Random(rng.random())
        )
        if self._counters and rng.getrandbits(1):
            counts = {name: _count(rng) for name in self._counters}
            # Two after each other have both values of every bit.
            counts = {name: _ALL - count for name, count in self._preset.items()} or counts
            self._preset = {} if self._preset else counts
            for name, count in counts.items():
                self._counters[name].value = count
            registers.preset(counts)
            await registers.settle(int(self._dut.irq.value))
        before, beside = episode.accesses // 4, episode.accesses // 2
        await registers.random(before, bus.tick, on=False)
        await registers.set("control", ENABLE)
        bus.first = bus.last = -1
        self._send(episode, rng)
        steps = sum(len(sequence.x) for sequence in episode.sequences)
        patience = episode.cut or self._patience(episode, pauses)
        others = cocotb.start_soon(registers.random(beside, bus.tick, on=True))
        while any(self._expected) and patience:
            if self._hasty and outcome.faults:
                others.cancel()
                return
            await bus.tick()
            patience -= 1
            if patience % 1000 == 0:
                done = sum(len(episode.sequences[k].x) for k in self._results)
                self._progress.write_text(str(outcome.steps + done))
        if episode.cut is not None:
            others.cancel()
            return
        missing = sum(map(len, self._expected))
        if missing:
            others.cancel()
            outcome.hangs += 1
            outcome.fault(f"timeout: {missing} of {len(episode.sequences)} packets are missing")
            return
        span = bus.last - bus.first + 1
        for _ in range(20):  # Time for packets that nobody expects.
            await bus.tick()
        await others
        await registers.settle(int(self._dut.irq.value))
        await registers.random(episode.accesses - before - beside, bus.tick, on=False)
        await registers.settle(int(self._dut.irq.value))
        if self._keeping is not None:
            await self._keeping.compare()
        outcome.sequences += len(episode.sequences)
        outcome.steps += steps
        outcome.spans.append(span)
        for key in sorted(self._results):
            outcome.results += self._rows(self._results[key])

    def _send(self, episode: Episode, rng: random.Random) -> None:
        """Queue the packets, in turn or beat by beat, and what is expected of each."""
        streams = self._design.machine.streams
        states: list[Any] = [None] * streams
        packets: list[tuple[int, int, bytes]] = []
        for number, sequence in enumerate(episode.sequences):
            assert not sequence.given, "states come from the memory of states"
            tid = rng.randrange(streams) if episode.shuffled else number % streams
            user, state = 0, None
            if sequence.state == FROM_PREVIOUS:
                user, state = GO_ON, states[tid]
            elif sequence.state == FROM_GIVEN:
                assert self._keeping is not None
                user, state = RESTORE | rng.choice((0, GO_ON)), self._keeping.state(tid)
            run = self._golden.run([sequence.x], state)
            states[tid] = run.state
            if sequence.dump:
                assert self._keeping is not None
                user |= DUMP
                self._keeping.keep(tid, run.state)
            numbers = np.concatenate([np.ravel(result) for result in run.results]).tolist()
            self._expected[tid].append((number, numbers))
            lanes = self._bus.lanes
            drop = rng.randrange(-lanes.numbers % lanes.count + 1) * lanes.size
            content = self._bus.packet(sequence.x.tolist())[: -drop or None]
            packets.append((tid, user, content))
        order = self._bus.send(packets, rng if episode.shuffled else None)
        self._lengths = [len(episode.sequences[number].x) for number in order]

    def _seen(self) -> Seen:
        """What went over the pins; a step is done some time between its packet and the results."""
        seen, lengths = self._bus.seen.copy(), self._lengths
        seen.least["steps"] = sum(lengths) if not any(self._expected) else 0
        seen.most["steps"] = sum(lengths[: seen.most["packets"]])
        return seen

    def _on_packet(self, packet: Packet) -> None:
        tid, numbers, broken = packet
        outcome = self._outcome
        if tid >= len(self._expected) or not self._expected[tid]:
            outcome.mismatches += 1
            outcome.fault(f"stream {tid}: a packet that nobody expects: {numbers}")
            return
        number, wanted = self._expected[tid].popleft()
        if broken:
            outcome.fault(f"sequence {number}: the packet was ended by a fault")
        self._results[number] = numbers
        outcome.values += max(len(wanted), len(numbers))
        wrong = sum(a != b for a, b in zip(wanted, numbers, strict=False))
        wrong += abs(len(wanted) - len(numbers))
        outcome.mismatches += wrong
        if wrong:
            outcome.fault(f"sequence {number}: the packet is {numbers}, must be {wanted}")

    def _rows(self, numbers: list[int]) -> list[Any]:
        """Results of a packet, each a class or a list of numbers."""
        size = self._bus.results.numbers
        if self._design.head is None:
            size *= self._design.network.layer.directions
        if size == 1 and self._design.head is not None:
            return numbers
        return [numbers[k : k + size] for k in range(0, len(numbers), size)]

    def _patience(self, episode: Episode, pauses: Pauses) -> int:
        lengths = [len(sequence.x) for sequence in episode.sequences]
        needed = cycles.sequence_cycles(self._design, lengths) * self._design.machine.streams
        beats = sum(lengths) * (self._bus.lanes.beats + self._bus.results.beats)
        if self._keeping is not None:  # All are cleared, and each packet may take one and give one.
            needed += state_size(self._design) * (self._design.machine.streams + 4 * len(lengths))
        slow = 1 - max(pauses.i_x, pauses.o)
        return PATIENCE + int(4 * (needed + 2 * beats) / max(slow, 0.01))


def _count(rng: random.Random) -> int:
    """Where a counter starts: just before its upper bits change, or anywhere."""
    return rng.choice((rng.getrandbits(WORD), (1 << rng.randint(2, WORD)) - rng.randint(1, 3)))
