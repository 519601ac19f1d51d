"""The pins of a machine whose start is unknown: what is unknown on them, and what may not be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge
from cocotb.types import LogicArray

from pascaline.sim.job import Job, Outcome
from pascaline.spec.bus import pins as top_pins
from pascaline.spec.design import Design
from pascaline.spec.ports import signals
from pascaline.spec.portstyles import Pin

__all__ = ["counts", "expect_known"]

WISHBONE = {"wbs_dat_o": "wbs_ack_o"} | {
    f"wbs_{name}_i": "wbs_stb_i" for name in ("we", "adr", "sel", "dat")
}


def counts(design: Design) -> dict[Pin, str | None]:
    """For each pin but clock and reset, the one that is 1 while it counts; None: it always does."""
    _, _, *others = top_pins(design)
    if not design.machine.on_bus:
        others += [Pin(name, "out", width) for name, width in signals(design).items()]
    prefixes = [pin.name.removesuffix("valid") for pin in others if pin.name.endswith("valid")]
    found: dict[Pin, str | None] = {}
    for pin in others:
        valid = next((f"{one}valid" for one in prefixes if pin.name.startswith(one)), None)
        shakes = pin.name.endswith(("valid", "ready"))
        found[pin] = None if shakes else valid or WISHBONE.get(pin.name)
    return found


def expect_known(dut: Any, job: Job, outcome: Outcome) -> None:
    """Leave inputs unknown while they do not count; note outputs that are unknown while they do.

    It must be called before the clock runs, and before anything else waits for its edges. With the
    first unknown output the simulation is over, since the bench cannot go on.
    """
    pins = _Pins(dut, job.design, outcome)
    cocotb.start_soon(pins.watch())
    cocotb.start_soon(pins.blank())


class _Pins:
    def __init__(self, dut: Any, design: Design, outcome: Outcome) -> None:
        style = design.machine.port_style
        self._outcome = outcome
        self._clock, self._reset = getattr(dut, style.clock), getattr(dut, style.reset)
        self._runs = int(style.active == "low")
        self._pins = {
            direction: [
                (pin.name, getattr(dut, pin.name), None if gate is None else getattr(dut, gate))
                for pin, gate in counts(design).items()
                if pin.direction == direction
            ]
            for direction in ("in", "out")
        }

    async def blank(self) -> None:
        """Between clock edges, so that it does not matter when drivers write."""
        while True:
            await FallingEdge(self._clock)
            for _, pin, gate in self._pins["in"]:
                if gate is not None and gate.value != 1:
                    pin.value = LogicArray("X" * len(pin))

    async def watch(self) -> None:
        while True:
            await RisingEdge(self._clock)
            if self._reset.value != self._runs:
                continue
            unknown = [
                name
                for name, pin, gate in self._pins["out"]
                if (gate is None or gate.value == 1) and not pin.value.is_resolvable
            ]
            if unknown:
                self._outcome.unknown += len(unknown)
                self._outcome.fault(f"unknown: {', '.join(unknown)}")
                self._outcome.write(Path(os.environ["PASCALINE_OUTCOME"]))
                raise AssertionError(f"unknown: {', '.join(unknown)}")
