"""``bench simulators``: how fast the simulators are, and what it takes to build for Verilator."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import click
import numpy as np

from pascaline.cli.catalogue import find_design
from pascaline.cli.console import bar, json_option, print_json, spinner, table
from pascaline.cli.generate import make_verilog
from pascaline.sim.job import Episode, Job, Sequence
from pascaline.sim.runner import build, run
from pascaline.sim.simulators import Simulator, Verilator, simulator
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError

__all__ = ["simulators"]

SHORTEST = 0.1
"""Seconds; less than that cannot be told from how long a simulator takes to start."""


@click.command()
@click.argument("model", default="medium-ternary")
@click.option("--steps", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--icarus-steps", type=click.IntRange(min=1), default=4, show_default=True)
@json_option
def simulators(*, model: str, steps: int, icarus_steps: int, as_json: bool) -> None:
    """Verilator against Icarus, and its build against one with all signals public.

    Nothing is taken from earlier builds. Seconds are those of processors, so that what else the
    machine does hardly counts. The rate of steps is that of a run less a run of one step: starting
    the simulator is not in it, but all that the bench does is.
    """
    design = find_design(model, {"machine": None}, "generic")
    icarus, verilator = simulator("icarus"), simulator("verilator")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        verilog, *_ = make_verilog(design).write(folder)
        builds, seconds = {}, {}
        for key, tool in (
            ("verilator", verilator),
            ("verilator_all_public", Verilator(ports_only=False)),
            ("icarus", icarus),
        ):
            with spinner(f"building {design.name}: {key.replace('_', ' ')}"):
                start = processor_seconds()
                builds[key] = build(verilog, design.name, tool, folder / key)
                seconds[key] = processor_seconds() - start
        rates = {
            tool.name: rate(design, tool, builds[tool.name], count)
            for tool, count in ((verilator, steps), (icarus, icarus_steps))
        }
    result: dict[str, Any] = {
        "model": design.model.name,
        "steps": {"verilator": steps, "icarus": icarus_steps},
        "steps_per_second": rates,
        "speed_ratio": rates["verilator"] / rates["icarus"],
        "build_seconds": seconds,
        "build_ratio": seconds["verilator"] / seconds["verilator_all_public"],
    }
    if as_json:
        print_json(result)
        return
    _print(result)


def processor_seconds() -> float:
    """What all processes have taken that this one has started and that are over."""
    times = os.times()
    return times.children_user + times.children_system


def rate(design: Design, tool: Simulator, folder: Path, steps: int) -> float:
    """Steps a second of a design in a simulator that it was built for."""
    rng = np.random.default_rng(0)
    x = design.network.x.interval
    seconds = []
    for length in (1, 1 + steps):
        sequence = Sequence(x=rng.integers(x.lo, x.hi, (length, design.network.inputs)))
        episode = Episode(sequences=(sequence,))
        job = Job(model=design.model, machine=design.machine, episodes=(episode,))
        with bar(f"{tool.name}: {length} steps") as progress:
            start = processor_seconds()
            outcome = run(job, folder, design.name, tool, progress=progress)
            seconds.append(processor_seconds() - start)
        if not outcome.good:
            raise InputError(tool.name, f"disagrees with the golden model: {outcome.faults[0]}")
    spent = seconds[1] - seconds[0]
    if spent < SHORTEST:
        raise InputError(f"steps in {tool.name}", "must be more: they take no time", steps)
    return steps / spent


def _print(result: dict[str, Any]) -> None:
    rates, seconds = result["steps_per_second"], result["build_seconds"]
    rows: list[list[Any]] = [
        ["Verilator, ports public", f"{seconds['verilator']:.1f}", f"{rates['verilator']:.2f}"],
        ["Verilator, all public", f"{seconds['verilator_all_public']:.1f}", ""],
        ["Icarus", f"{seconds['icarus']:.1f}", f"{rates['icarus']:.3f}"],
        ["Verilator / Icarus", "", f"{result['speed_ratio']:.0f}"],
        ["ports public / all public", f"{result['build_ratio']:.2f}", ""],
    ]
    table(f"{result['model']} in the simulators", ["", "build s", "steps a second"], rows)
