"""``bench ports``: what a bus costs, in area and in cycles."""

from __future__ import annotations

from typing import Any, get_args

import click
import numpy as np

from pascaline.cli.catalogue import find_base, find_model
from pascaline.cli.console import json_option, print_json, table
from pascaline.cli.report import make_report
from pascaline.cli.simulate import run_design
from pascaline.sim.job import Episode, Job, Sequence
from pascaline.sim.simulators import SIMULATORS, simulator
from pascaline.spec import cycles
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.machine import Machine
from pascaline.synth.targets import TARGETS, target

__all__ = ["ports_"]

STEPS = 4
"""Steps of a sequence, and the longest packet of the simulated machine."""


@click.command("ports")
@click.argument("model", default="medium-ternary")
@click.option(
    "--target", "target_name", default="generic", show_default=True, help=", ".join(TARGETS)
)
@click.option(
    "--sequences",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="Simulate this many sequences, and twice as many; 0: area only.",
)
@click.option("--sim", type=click.Choice(list(SIMULATORS)), default="verilator", show_default=True)
@json_option
def ports_(model: str, *, target_name: str, sequences: int, sim: str, as_json: bool) -> None:
    """Area and cycles of MODEL's machine with plain streams, on AXI and on Wishbone.

    Cycles beyond those of the formula, without pauses, of some sequences and of twice as many: what
    both have is the time in which the first packet is stored; the rest, if any, is what a step
    costs.
    """
    base, found = find_base(find_model(model), None), target(target_name)
    rows: dict[str, dict[str, Any]] = {}
    for style in get_args(Machine.model_fields["ports"].annotation):
        design = Design(model=find_model(model), machine=base.model_copy(update={"ports": style}))
        made = make_report(design, found)
        rows[style] = {"whole": made.area, "bus": made.by_part.get("bus", {})}
        if sequences:
            once, twice = (_late(design, count, sim) for count in (sequences, 2 * sequences))
            rows[style] |= {
                "late_cycles": once,
                "cycles_per_step": (twice - once) / (sequences * STEPS),
            }
    result = {"model": model, "target": target_name, "longest": base.longest, "ports": rows}
    if as_json:
        print_json(result)
        return
    columns = list(rows["stream"]["whole"])
    for part in ("whole", "bus"):
        table(
            f"{part} of {model} on {target_name}",
            ["ports", *(column.replace("_", " ") for column in columns)],
            [
                [style, *(row[part].get(column, 0) for column in columns)]
                for style, row in rows.items()
            ],
        )
    if sequences:
        shown = ("late_cycles", "cycles_per_step")
        table(
            f"Cycles beyond the formula's, sequences of {STEPS} steps",
            ["ports", "of the first packet", "of a step"],
            [[style, *(row[name] for name in shown)] for style, row in rows.items()],
        )


def _late(design: Design, count: int, sim: str) -> int:
    """Cycles beyond the formula's of that many sequences."""
    machine = design.machine.model_copy(update={"longest": STEPS})
    design = Design(model=design.model, machine=machine)
    ends, rng = design.network.x.interval, np.random.default_rng(0)
    shape = (STEPS, design.network.inputs)
    chosen = [rng.integers(ends.lo, ends.hi, shape, endpoint=True) for _ in range(count)]
    episode = Episode(sequences=tuple(Sequence(x=x) for x in chosen))
    job = Job(model=design.model, machine=machine, episodes=(episode,))
    _, outcome = run_design(design, simulator(sim), job)
    if not outcome.good:
        raise InputError(f"{design.name} in {sim}", f"fails: {outcome.faults[0]}")
    return outcome.cycles - cycles.sequence_cycles(design, [STEPS] * count)
