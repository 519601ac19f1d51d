"""The bench that plays what tells a faulty netlist from the machine; cocotb imports it.

The top is the machine in an environment that keeps the rules of its ports, see
`mutants.environment`. Inputs come cycle by cycle from a file, and what is seen at the ports must be
what the file says. On streams the golden model looks on.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.task import Task
from cocotb.triggers import FallingEdge, RisingEdge

from pascaline.sim.bench import Monitor, Stream
from pascaline.sim.case import Case
from pascaline.sim.clocking import start_clock
from pascaline.sim.job import Outcome
from pascaline.sim.model import checked_model
from pascaline.sim.tb_mutants import SELECT
from pascaline.spec.bus import pins
from pascaline.spec.design import Design
from pascaline.spec.ports import ports

__all__ = ["FREE_RESET", "SEEN", "replay"]

FREE_RESET = "free__reset"
"""Input whose bits are all 1 for a reset."""

SEEN = "seen__all"
"""Output: all that counts at the ports."""

NUMBERS: list[int] = json.loads(os.environ.get("PASCALINE_MUTANTS", "[]"))


@cocotb.test()
@cocotb.parametrize(number=NUMBERS)
async def replay(dut: Any, number: int) -> None:
    """Play what belongs to a mutant, without and with it; write what the bench said as a line."""
    found = Path(os.environ["PASCALINE_OUTCOME"])
    fault = None
    if number:
        file = found.with_name(f"witness-{number}.json")
        witness = json.loads(file.read_text(encoding="utf-8"))
        design = Case.read(Path(os.environ["PASCALINE_CASE"])).design
        wrong = await _play(dut, design, witness, 0)
        fault = await _play(dut, design, witness, number)
        if wrong is not None:
            number, fault = 0, f"{file.name}: {wrong}"
    with found.open("a", encoding="utf-8") as said:
        said.write(json.dumps({"number": number, "fault": fault}) + "\n")


async def _play(dut: Any, design: Design, witness: dict[str, Any], number: int) -> str | None:
    """What is wrong first, according to the golden model; else, at the ports."""
    clock = getattr(dut, pins(design)[0].name)
    running = start_clock(clock)
    outcome, wrong = Outcome(), None
    getattr(dut, SELECT).value = number
    inputs = [(getattr(dut, name), values) for name, values in witness["inputs"].items()]
    resets = witness["inputs"][FREE_RESET]
    tasks: list[Task[None]] = []
    await RisingEdge(clock)
    for cycle, seen in enumerate(witness["seen"]):
        for handle, values in inputs:
            if cycle == 0 or values[cycle] != values[cycle - 1]:
                handle.value = values[cycle]
        reset = resets[cycle] == resets[0]
        if reset or outcome.faults:
            _cancel(tasks)
        elif not tasks and not design.machine.on_bus:
            tasks = [cocotb.start_soon(one.run()) for one in _watchers(dut, design, outcome)]
        await RisingEdge(clock)
        shown = getattr(dut, SEEN).value.to_unsigned()
        if shown != seen and wrong is None:
            wrong = f"{shown ^ seen:#x} of all outputs differ in cycle {cycle}"
    await FallingEdge(clock)  # Until then the golden model has seen the last cycle, too.
    _cancel(tasks)
    running.cancel()
    return outcome.faults[0] if outcome.faults else wrong


def _watchers(dut: Any, design: Design, outcome: Outcome) -> list[Monitor]:
    """Monitors of all streams, with the golden model, since the last reset."""
    streams = {name: Stream(dut, port) for name, port in ports(design).items()}
    model, checkers = checked_model(design, outcome)
    listeners = model.inputs | {name: checker.actual for name, checker in checkers.items()}
    return [Monitor(streams[name], outcome, listener) for name, listener in listeners.items()]


def _cancel(tasks: list[Task[None]]) -> None:
    while tasks:
        tasks.pop().cancel()
