"""``measure simulators``: how fast the simulators are, and what it takes to build for Verilator."""

from __future__ import annotations

from typing import Any

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_names
from pascaline.cli.numbers import MANY
from pascaline.console import bars, print_json, table

__all__ = ["simulators"]


@command(example="pascaline measure simulators medium-ternary --steps 200")
@click.argument("model", shell_complete=model_names, default="medium-ternary")
@click.option("--steps", type=MANY, default=200, help="Steps in Verilator.")
@click.option("--icarus-steps", type=MANY, default=4, help="Steps in Icarus.")
@output_options
def simulators(*, model: str, steps: int, icarus_steps: int, as_json: bool) -> None:
    """Verilator against Icarus, and its build against one with all signals public.

    Earlier builds are not reused. Seconds are processor time, so other work on the machine hardly
    counts. The rate of steps excludes starting the simulator (a run of one step is subtracted)
    but includes all that the bench does.
    """
    from pascaline.measure.designs import make_design
    from pascaline.measure.simulators import compare_simulators
    from pascaline.models.catalogue import find_model

    design = make_design(find_model(model))
    with bars() as progress:
        result = compare_simulators(
            design, steps=steps, icarus_steps=icarus_steps, progress=progress
        )
    if as_json:
        print_json(result)
        return
    _print(result)


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
