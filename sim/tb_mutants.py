"""The bench of a machine with many faults, one of which is chosen; cocotb imports it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import cocotb

from sim.job import Outcome
from sim.recipe import Recipe
from sim.tb_accelerator import Bench, start_clock
from spec import cycles

__all__ = ["SELECT", "run_mutants"]

SELECT = "mutant__select"
"""Input of the top: the number of the fault, 0 for none."""


@cocotb.test()
async def run_mutants(dut: Any) -> None:
    """Run a recipe for each number of the environment; write what the bench said, a line each."""
    recipe = Recipe.read(Path(os.environ["PASCALINE_RECIPE"]))
    numbers = json.loads(os.environ["PASCALINE_MUTANTS"])
    start_clock(dut)
    with Path(os.environ["PASCALINE_OUTCOME"]).open("a", encoding="utf-8") as said:
        for number in numbers:
            getattr(dut, SELECT).value = number
            fault = await _first_fault(dut, recipe)
            said.write(json.dumps({"number": number, "fault": fault}) + "\n")
            said.flush()


async def _first_fault(dut: Any, recipe: Recipe) -> str | None:
    """What is wrong first, in values, in the rules of streams, or in cycles."""
    for traffic, job in zip(recipe.traffic, recipe.jobs, strict=True):
        outcome = Outcome()
        bench = Bench(dut, job, outcome, hasty=True)
        for number, episode in enumerate(job.episodes):
            await bench.run(number, episode)
            if outcome.faults:
                return outcome.faults[0]
        if traffic.plain:
            wanted = sum(
                cycles.sequence_cycles(recipe.design, [walk.steps for walk in burst.walks])
                for burst in traffic.bursts
            )
            if outcome.cycles != wanted:
                return f"took {outcome.cycles} cycles, the formula says {wanted}"
    return None
