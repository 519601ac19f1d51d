"""``measure lanes``: time and text that Verilog takes."""

from __future__ import annotations

import click

from pascaline.cli.command import command, output_options
from pascaline.console import bars, print_json, table

__all__ = ["lanes"]


@command(example="pascaline measure lanes")
@click.option("--synthesise", is_flag=True, help="Time the report for generic gates, too.")
@output_options
def lanes(*, synthesise: bool, as_json: bool) -> None:
    """Time and text that Verilog takes: hidden 512, 16 to 256 lanes of 16 inputs."""
    from pascaline.measure.generation import time_generation

    with bars() as progress:
        result = time_generation(synthesise=synthesise, progress=progress)
    if as_json:
        print_json(result)
        return
    machines = result["machines"]
    keys = list(machines[0])
    rows = [[*(_shown(machine[key]) for key in keys)] for machine in machines]
    rows.append([f"{machines[-1][key] / machines[0][key]:.2f} x" for key in keys])
    table("Verilog of hidden 512", [key.replace("_", " ") for key in keys], rows)


def _shown(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:.2f}"
