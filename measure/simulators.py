"""How fast the simulators are, and what it takes to build for Verilator."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from pascaline.measure.verilog import make_verilog
from pascaline.sim.job import Episode, Job, Sequence
from pascaline.sim.runner import build, run
from pascaline.sim.simulator import Simulator
from pascaline.sim.simulators import simulator
from pascaline.sim.verilator import Verilator
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.progress import Progress, silent, stage_of
from pascaline.spec.scratch import temporary

__all__ = ["compare_simulators"]

SHORTEST = 0.1
"""Seconds; less than that cannot be told from how long a simulator takes to start."""


def compare_simulators(
    design: Design, *, steps: int, icarus_steps: int, progress: Progress = silent
) -> dict[str, Any]:
    """Verilator against Icarus, and its build against one with all signals public.

    Nothing is taken from earlier builds.

    Parameters
    ----------
    design : Design
        What is simulated.
    steps, icarus_steps : int
        Steps of the sequence in Verilator, and in Icarus.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        Steps a second of each, seconds of processor time of each build, and both ratios.

    Raises
    ------
    InputError
        If a simulator is missing, or if so few steps take no time.
    """
    icarus, verilator = simulator("icarus"), simulator("verilator")
    with temporary() as folder:
        verilog = make_verilog(design, progress).text
        builds, seconds = {}, {}
        for key, tool in (
            ("verilator", verilator),
            ("verilator_all_public", Verilator(ports_only=False)),
            ("icarus", icarus),
        ):
            progress(f"building {design.name}: {key.replace('_', ' ')}", 0, 0)
            start = processor_seconds()
            builds[key] = build(verilog, design.name, tool, folder / key)
            seconds[key] = processor_seconds() - start
        rates = {
            tool.name: rate(design, tool, builds[tool.name], count, progress)
            for tool, count in ((verilator, steps), (icarus, icarus_steps))
        }
    return {
        "model": design.model.name,
        "steps": {"verilator": steps, "icarus": icarus_steps},
        "steps_per_second": rates,
        "speed_ratio": rates["verilator"] / rates["icarus"],
        "build_seconds": seconds,
        "build_ratio": seconds["verilator"] / seconds["verilator_all_public"],
    }


def processor_seconds() -> float:
    """What all processes have taken that this one has started and that are over."""
    times = os.times()
    return times.children_user + times.children_system


def rate(
    design: Design, tool: Simulator, folder: Path, steps: int, progress: Progress = silent
) -> float:
    """Steps a second of a design in a simulator that it was built for."""
    rng = np.random.default_rng(0)
    entry = design.entry
    seconds = []
    for length in (1, 1 + steps):
        sequence = Sequence(x=entry.draw(rng, length))
        episode = Episode(sequences=(sequence,))
        job = Job(design=design, episodes=(episode,))
        told = stage_of(progress, f"{tool.name}: {length} steps")
        start = processor_seconds()
        outcome = run(job, folder, design.name, tool, progress=told)
        seconds.append(processor_seconds() - start)
        if not outcome.good:
            raise InputError(tool.name, f"disagrees with the golden model: {outcome.faults[0]}")
    spent = seconds[1] - seconds[0]
    if spent < SHORTEST:
        raise InputError(
            f"steps in {tool.name}", "must be more: they took no measurable time", steps
        )
    return steps / spent
