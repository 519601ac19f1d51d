"""The bench of a machine with many faults, one of which is chosen; cocotb imports it."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import cocotb

from pascaline.sim import tb_accelerator, tb_bus
from pascaline.sim.case import Case
from pascaline.sim.clocking import start_clock
from pascaline.sim.job import Outcome

__all__ = ["SELECT", "run_mutant"]

SELECT = "mutant__select"
"""Input of the top: the number of the fault, 0 for none."""

NUMBERS: list[int] = json.loads(os.environ.get("PASCALINE_MUTANTS", "[]"))


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
    """What is wrong first, in values, in the rules of streams, or in cycles."""
    job, outcome, formulas = case.job, Outcome(), iter(case.formulas)
    bench: Any
    if job.design.machine.on_bus:
        bench = tb_bus.Bench(dut, job, outcome)
    else:
        start_clock(dut.clk)
        bench = tb_accelerator.Bench(dut, job, outcome, hasty=True)
    for number, episode in enumerate(job.episodes):
        await bench.run(number, episode)
        if outcome.faults:
            return outcome.faults[0]
        if episode.cut is None:
            taken, formula = outcome.spans[-1], next(formulas)
            if formula not in (None, taken):
                return f"took {taken} cycles, the formula says {formula}"
    return None
