"""Clock and reset of a machine with plain streams, for benches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cocotb.clock import Clock
from cocotb.handle import LogicObject
from cocotb.simtime import get_sim_time
from cocotb.task import Task
from cocotb.triggers import ClockCycles, RisingEdge

from pascaline.sim.bench import Stream

__all__ = ["PERIOD", "RESET_CYCLES", "cycle", "reset", "start_clock"]

PERIOD = 2
"""In nanoseconds."""

RESET_CYCLES = 3


def start_clock(clock: LogicObject) -> Task[None]:
    """Let a clock run, from a falling edge on; the simulator does, without Python."""
    return Clock(clock, PERIOD, "ns", impl="gpi").start(start_high=False)


def cycle() -> int:
    """The number of this cycle."""
    return int(get_sim_time("ns")) // PERIOD


async def reset(dut: Any, streams: Iterable[Stream], cycles: int = RESET_CYCLES) -> None:
    """Reset the machine for some cycles; nothing is offered to it, and nothing taken from it."""
    for stream in streams:
        if stream.drives_valid:
            stream.ready.value = 0
        else:
            stream.valid.value = 0
            stream.payload.value = 0
    dut.rst.value = 1
    await ClockCycles(dut.clk, cycles)
    dut.rst.value = 0
    await RisingEdge(dut.clk)
