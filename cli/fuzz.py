"""``fuzz``: random networks on random machines with random traffic."""

from __future__ import annotations

import sys
from typing import Any

import click

from cli.catalogue import build_folder
from cli.console import bar, json_option, print_json, table
from sim.cases import draw
from sim.runner import build, run
from sim.simulators import SIMULATORS, simulator
from spec import cycles

__all__ = ["fuzz"]


@click.command()
@click.option("--cases", type=click.IntRange(min=1), default=5, show_default=True)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the first case."
)
@click.option("--sim", type=click.Choice(list(SIMULATORS)), default="verilator", show_default=True)
@click.option(
    "--cycles",
    "budget",
    type=click.IntRange(min=1),
    default=5000,
    show_default=True,
    help="Of a job, about; fast machines get more steps.",
)
@click.option(
    "--largest", type=click.IntRange(min=1), default=65, show_default=True, help="Size of a vector."
)
@json_option
def fuzz(*, cases: int, seed: int, sim: str, budget: int, largest: int, as_json: bool) -> None:
    """Compare RTL and golden on random cases: network, arithmetic, machine, traffic.

    Each case is simulated twice: without pauses, where its cycles must be those of the formula, and
    with pauses, loaded and kept states, dumps, and a reset in the middle.
    """
    from hdl.verilog import generate

    tool = simulator(sim)
    result: dict[str, Any] = {
        "simulator": sim,
        "seed": seed,
        "cases": 0,
        "sequences": 0,
        "steps": 0,
        "values": 0,
        "mismatches": 0,
        "cycles": 0,
        "wrong_formulas": 0,
        "failures": [],
    }
    with bar(f"fuzzing in {sim}") as progress:
        for number in range(seed, seed + cases):
            progress(number - seed, cases)
            case = draw(number, cycles=budget, largest=largest)
            design = case.design
            verilog, _ = generate(design).write(build_folder() / "fuzz")
            folder = build(verilog, design.name, tool, build_folder() / "sim")
            faults = []
            for job in (case.plain, case.rough):
                outcome = run(job, folder, design.name, tool)
                for key in ("sequences", "steps", "values", "mismatches", "cycles"):
                    result[key] += getattr(outcome, key)
                faults += outcome.faults
                if job is case.plain:
                    lengths = [len(sequence.x) for sequence in job.episodes[0].sequences]
                    formula = cycles.sequence_cycles(design, lengths)
                    if outcome.cycles != formula:
                        result["wrong_formulas"] += 1
                        faults.append(f"took {outcome.cycles} cycles, the formula says {formula}")
            result["cases"] += 1
            if faults:
                result["failures"].append({"seed": number, "faults": faults})
    if as_json:
        print_json(result)
    else:
        rows = [
            [key.replace("_", " "), value] for key, value in result.items() if key != "failures"
        ]
        table("Fuzzing", ["what", "count"], rows)
    for failure in result["failures"]:
        replay = f"pascaline fuzz --cases 1 --seed {failure['seed']} --sim {sim}"
        replay += f" --cycles {budget} --largest {largest}"
        click.echo(f"seed {failure['seed']}: {failure['faults'][0]} (again: {replay})", err=True)
    sys.exit(1 if result["failures"] else 0)
