"""A machine on a bus in a bench: bus models that others wrote, and rules of handshakes."""

from __future__ import annotations

import logging
import random
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge

from pascaline.sim.control import CONTROLS, Access, Control
from pascaline.sim.handshake import Rules, pause
from pascaline.sim.job import Outcome
from pascaline.sim.seen import Seen
from pascaline.spec.bus import BROKEN, input_bytes, output_bytes, pins, user_bits
from pascaline.spec.design import Design
from pascaline.spec.register import Register
from pascaline.spec.registers import registers

# Written for cocotb 1 as well, they use names that cocotb 2 calls old.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cocotbext.axi import AxiStreamBus, AxiStreamFrame, AxiStreamSink, AxiStreamSource

__all__ = ["RESET_CYCLES", "Bus", "Packet"]

RESET_CYCLES = 3

PATIENCE = 10_000
"""Cycles to wait for the machine."""


class Packet(NamedTuple):
    """A packet of results: its TID, its numbers, and whether a fault has ended it."""

    tid: int
    numbers: list[int]
    broken: bool


class Bus:
    """The buses of a machine, with a model on each; made once for a simulation.

    Parameters
    ----------
    dut : handle
        The top.
    design : Design
        The design.
    outcome : Outcome
        Where broken rules are noted.
    on_packet : callable
        Gets each packet of results.

    Attributes
    ----------
    source, sink, control
        The models.
    lanes, results : Bytes
        How vectors and results lie in the streams.
    first, last : int
        Cycles of the first beat in and of the last one out; -1 if there was none.
    patience : int
        Cycles in which results of packets must have come, so that an image can.
    seen : Seen
        What went over the pins since the last reset, if all packets were right.
    """

    def __init__(
        self, dut: Any, design: Design, outcome: Outcome, on_packet: Callable[[Packet], None]
    ) -> None:
        logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.ERROR)
        self._dut = dut
        self._on_packet, self._outcome = on_packet, outcome
        self.patience = PATIENCE
        self.lanes = input_bytes(design)
        self._entry = design.entry
        self._user_bits = user_bits(design)
        self.results = output_bytes(design)
        self._parts: dict[int, bytearray] = {}
        self.first = self.last = -1
        self.seen = Seen()
        self._cycle = 0
        self.table: dict[str, Register] = {r.name: r for r in registers(design)}
        dut.aresetn.value = 0
        Clock(dut.aclk, 2, "ns").start(start_high=False)
        self.source = AxiStreamSource(
            AxiStreamBus.from_prefix(dut, "s_axis"), dut.aclk, dut.aresetn, False
        )
        self.sink = AxiStreamSink(
            AxiStreamBus.from_prefix(dut, "m_axis"), dut.aclk, dut.aresetn, False
        )
        self.control: Control = CONTROLS[design.machine.ports](dut, design)
        names = [pin.name for pin in pins(design) if pin.name.startswith("m_axis_")]
        self._rules = [Rules(dut, "m_axis_t", names, outcome), *self.control.rules(outcome)]
        cocotb.start_soon(self._watch())

    def pause(self, likely: tuple[float, float, float], rng: random.Random) -> None:
        """Pause the stream in, the stream out, and all channels of the control port."""
        pause([self.source], likely[0], rng)
        pause([self.sink], likely[1], rng)
        self.control.pause(likely[2], rng)

    @property
    def quiet(self) -> int:
        """What ``status`` reads while nothing is under way, and packets can come."""
        return self.mask("status", "loaded", "load_ready")

    async def reset(self, cycles: int = RESET_CYCLES) -> None:
        """Reset the machine and all models for some cycles; what was on its way is gone."""
        dut = self._dut
        dut.aresetn.value = 0
        for _ in range(cycles):
            await self.tick()
        self.source.clear()
        self.sink.clear()
        self.control.clear()
        self._parts.clear()
        self.seen = Seen()
        dut.aresetn.value = 1
        await self.tick()

    async def tick(self) -> None:
        """Let a cycle go by."""
        await RisingEdge(self._dut.aclk)

    async def _watch(self) -> None:
        """Check rules, note times, and hand on packets of results, for ever."""
        dut = self._dut
        while True:
            await RisingEdge(dut.aclk)
            self._cycle += 1
            if not dut.aresetn.value:
                for rules in self._rules:
                    rules.waiting = None
                continue
            self._see()
            for rules in self._rules:
                rules.check()
            while not self.sink.empty():
                self._take(self.sink.recv_nowait(compact=False))

    def _see(self) -> None:
        """Count what happens in this cycle."""
        dut, seen = self._dut, self.seen
        seen.add("cycles")
        if seen.least["packets"] != seen.least["results_out"]:
            seen.add("busy_cycles")
        if dut.s_axis_tvalid.value:
            if not dut.s_axis_tready.value:
                seen.add("stalled_in")
            else:
                self.first = self._cycle if self.first < 0 else self.first
                if dut.s_axis_tlast.value:
                    seen.add("packets")
        if dut.m_axis_tvalid.value:
            if not dut.m_axis_tready.value:
                seen.add("stalled_out")
            else:
                self.last = self._cycle
                if dut.m_axis_tlast.value:
                    seen.add("results_out")
                    seen.add("done")

    def packet(self, vectors: list[list[int]]) -> bytes:
        """The bytes of vectors."""
        missing = -self.lanes.numbers % self.lanes.count
        rows = [self._entry.numbers(vector) + [0] * missing for vector in vectors]
        return b"".join(map(self.lanes.encode, rows))

    def send(
        self, packets: Sequence[tuple[int, int, bytes]], rng: random.Random | None = None
    ) -> list[int]:
        """Send packets of (TID, TUSER, bytes).

        Parameters
        ----------
        packets : sequence of tuple
            Those of a stream in order.
        rng : random.Random, optional
            If given, it is random which stream's beat comes next; else packets come in turn.

        Returns
        -------
        list of int
            The places of the packets in the order in which they end.
        """
        turns = _mixed(packets, self.lanes.beat, rng) if rng else range(len(packets))
        # Only the end of a frame has TLAST: a frame has all beats since the last end of a packet.
        starts, ends = [0] * len(packets), list[int]()
        data, tids, users = bytearray(), list[int](), list[int]()
        for place in turns:
            tid, user, packet = packets[place]
            start = starts[place]
            beat = packet[start : start + self.lanes.beat if rng else None]
            starts[place] += len(beat)
            data += beat
            tids += [tid] * len(beat)
            users += [rng.getrandbits(self._user_bits) if rng and start else user] * len(beat)
            if starts[place] == len(packet):
                self.source.send_nowait(AxiStreamFrame(bytes(data), tid=tids, tuser=users))
                data, tids, users = bytearray(), [], []
                ends.append(place)
        return ends

    def send_bytes(self, packet: bytes, tid: int, user: int, keep: bytes | None = None) -> None:
        """Send a packet of any bytes, of which TKEEP may be 0 for some."""
        kept = None if keep is None else list(keep)
        self.source.send_nowait(AxiStreamFrame(packet, tkeep=kept, tid=tid, tuser=user))

    async def get(self, name: str) -> int:
        """Read a register."""
        value = await self.control.read(self.table[name].offset)
        assert value is not None, f"{name} cannot be read"
        return value

    async def get_all(self, names: Sequence[str]) -> list[int | None]:
        """Read registers back to back."""
        return await self.control.transfer([Access(self.table[name].offset) for name in names])

    async def set(self, name: str, value: int) -> None:
        """Write a register."""
        assert await self.control.write(self.table[name].offset, value), f"{name} is not taken"

    def mask(self, name: str, *fields: str) -> int:
        """Bits of those of the fields that a register has."""
        return sum(field.mask for field in self.table[name].fields if field.name in fields)

    async def load(self, words: Sequence[int]) -> None:
        """Write an image, and wait until it is known whether it is good."""
        await self.load_first(words)
        await self.load_rest(words)

    async def load_first(self, words: Sequence[int]) -> None:
        """Write the first word of an image."""
        await self._load(self._load_writes(words)[:1])

    async def load_rest(self, words: Sequence[int]) -> None:
        """Write the others, as soon as they are taken, back to back."""
        if await self.becomes("load_ready", 1):
            await self._load(self._load_writes(words)[1:])
            await self.becomes("loading", 0)

    async def _load(self, writes: Sequence[Access]) -> None:
        if None in await self.control.transfer(writes):
            self._outcome.fault("a word of an image is not taken")

    async def becomes(self, field: str, wanted: int) -> bool:
        """Wait until a bit of ``status`` is that, but not for ever."""
        mask = self.mask("status", field)
        end = self._cycle + self.patience
        while bool(await self.get("status") & mask) != wanted:
            if self._cycle > end:
                self._outcome.fault(f"timeout: status.{field} must become {wanted}")
                return False
        return True

    def _load_writes(self, words: Sequence[int]) -> list[Access]:
        data, last = (self.table[name].offset for name in ("load_data", "load_last"))
        return [Access(data, word) for word in words[:-1]] + [Access(last, words[-1])]

    def _take(self, frame: Any) -> None:
        """Beats of several packets may take turns: TID says to which a byte belongs."""
        size = len(frame.tdata)
        keep = frame.tkeep or [1] * size
        user = frame.tuser or [0] * size
        for byte, kept, tid, broken in zip(frame.tdata, keep, frame.tid, user, strict=True):
            if kept and broken != BROKEN:
                self._parts.setdefault(tid, bytearray()).append(byte)
        tid = frame.tid[-1]
        numbers = self.results.decode(bytes(self._parts.pop(tid, b"")))
        self._on_packet(Packet(tid, numbers, user[-1] == BROKEN))


def _mixed(
    packets: Sequence[tuple[int, int, bytes]], size: int, rng: random.Random
) -> Iterator[int]:
    """For each beat of packets of several streams, which packet it is of."""
    left: dict[int, deque[int]] = {}
    for place, (tid, _, packet) in enumerate(packets):
        left.setdefault(tid, deque()).extend([place] * -(-len(packet) // size))
    while left:
        tid = rng.choice(list(left))
        yield left[tid].popleft()
        if not left[tid]:
            del left[tid]
