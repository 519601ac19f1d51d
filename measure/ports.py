"""What a bus costs, in area and in cycles."""

from __future__ import annotations

from typing import Any

import numpy as np

from pascaline.measure.simulation import run_design
from pascaline.measure.synthesis import make_report
from pascaline.models.catalogue import base_machine
from pascaline.sim.job import Episode, Job, Sequence
from pascaline.sim.simulators import simulator
from pascaline.spec import cycles
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.portstyles import STYLES
from pascaline.spec.progress import Progress, each, silent
from pascaline.synth.targets import target

__all__ = ["STEPS", "cost_of_ports"]

STEPS = 4
"""Steps of a sequence, and the longest packet of the simulated machine."""


def cost_of_ports(
    model: Model,
    target_name: str,
    *,
    sequences: int = 3,
    sim: str = "verilator",
    progress: Progress = silent,
) -> dict[str, Any]:
    """Area and cycles of a model's machine with plain streams, on AXI and on Wishbone.

    Parameters
    ----------
    model : Model
        The model.
    target_name : str
        The target.
    sequences : int
        Simulate this many sequences, and twice as many; 0: area only.
    sim : str
        Name of the simulator.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        By kind of port the counts of the ``whole`` machine and of the ``bus``, and cycles beyond
        those of the formula: of the first packet, and of a step.

    Raises
    ------
    InputError
        If the Verilog is not what golden says, or a tool is missing or fails.
    """
    base, found = base_machine(model), target(target_name)
    rows: dict[str, dict[str, Any]] = {}
    for style in each(tuple(STYLES), progress, "ports"):
        design = Design(model=model, machine=base.model_copy(update={"ports": style}))
        made = make_report(design, found, progress=progress)
        rows[style] = {"whole": made.area, "bus": made.by_part.get("bus", {})}
        if sequences:
            once, twice = (
                _late(design, count, sim, progress) for count in (sequences, 2 * sequences)
            )
            rows[style] |= {
                "late_cycles": once,
                "cycles_per_step": (twice - once) / (sequences * STEPS),
            }
    return {"model": model.name, "target": target_name, "longest": base.longest, "ports": rows}


def _late(design: Design, count: int, sim: str, progress: Progress) -> int:
    """Cycles beyond the formula's of that many sequences."""
    machine = design.machine.model_copy(update={"longest": STEPS})
    design = Design(model=design.model, machine=machine)
    rng = np.random.default_rng(0)
    chosen = [design.entry.draw(rng, STEPS) for _ in range(count)]
    episode = Episode(sequences=tuple(Sequence(x=x) for x in chosen))
    job = Job(design=design, episodes=(episode,))
    _, outcome = run_design(design, simulator(sim), job, progress=progress)
    if not outcome.good:
        raise InputError(f"{design.name} in {sim}", f"fails: {outcome.faults[0]}")
    return outcome.cycles - cycles.sequence_cycles(design, [STEPS] * count)
