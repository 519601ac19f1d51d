"""The bench of a machine with many faults, one of which is chosen; cocotb imports it."""

from __future__ import annotations

import json
import os
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import cocotb

from pascaline.sim import tb_accelerator, tb_bus, tb_faults
from pascaline.sim.case import Case
from pascaline.sim.clocking import start_clock
from pascaline.sim.faults import kinds
from pascaline.sim.job import Outcome
from pascaline.spec.design import Design
from pascaline.spec.fields import Counter
from pascaline.spec.registers import registers

__all__ = ["COUNTER", "SELECT", "counted", "run_mutant"]

SELECT = "mutant__select"
"""Input of the top: the number of the fault, 0 for none."""

COUNTER = "counter__"
"""What the names of registers begin with that count for those of the machine's registers."""

NUMBERS: list[int] = json.loads(os.environ.get("PASCALINE_MUTANTS", "[]"))


def counted(design: Design) -> list[str]:
    """Names of the registers that count events, of a machine on a bus."""
    if not design.machine.on_bus:
        return []
    return [
        register.name
        for register in registers(design)
        if any(isinstance(field, Counter) for field in register.fields)
    ]


@cocotb.test()
@cocotb.parametrize(number=NUMBERS)
async def run_mutant(dut: Any, number: int) -> None:
    """Run a case with a mutant; write what the bench said as a line."""
    case = _case()
    getattr(dut, SELECT).value = number
    # With some mutants a model of a bus breaks, and cocotb ends the test.
    fault: str | None = "a part of the bench broke"
    try:
        fault = await _first_fault(dut, case)
    except Exception as error:
        fault = " ".join(f"{type(error).__name__}: {error}".split())
    finally:
        with Path(os.environ["PASCALINE_OUTCOME"]).open("a", encoding="utf-8") as said:
            said.write(json.dumps({"number": number, "fault": fault}) + "\n")


@cache
def _case() -> Case:
    return Case.read(Path(os.environ["PASCALINE_CASE"]))


async def _first_fault(dut: Any, case: Case) -> str | None:
    """What is wrong first, in values, in the rules of streams, in registers, or in cycles."""
    job, outcome, formulas = case.job, Outcome(), iter(case.formulas)
    if job.faults:
        faulty = tb_faults.Bench(dut, job, outcome)
        await faulty.around.reset()
        for number, kind in product(range(job.faults), kinds(job.design, flips=False)):
            await faulty.inject(kind, number)
            if outcome.faults:
                return outcome.faults[0]
        return None
    bench: Any
    if job.design.machine.on_bus:
        counters = {name: getattr(dut, COUNTER + name) for name in counted(job.design)}
        bench = tb_bus.Bench(dut, job, outcome, counters, hasty=True)
    else:
        start_clock(dut.clk)
        bench = tb_accelerator.Bench(dut, job, outcome, hasty=True)
    for number, episode in enumerate(job.episodes):
        await bench.run(number, episode)
        if outcome.faults:
            return outcome.faults[0]
        if episode.cut is None:
            formula = next(formulas)
            if formula is not None and formula != (found := (outcome.taken[-1], outcome.spans[-1])):
                return f"took {found} cycles, the formulas say {formula}"
    return None
