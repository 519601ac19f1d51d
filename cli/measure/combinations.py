"""``measure combinations``: every cell with every arithmetic, stacked and in both directions."""

from __future__ import annotations

import sys

import click

from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import JOBS, Whole
from pascaline.console import bars, print_json, table

__all__ = ["combinations"]


@command(example="pascaline measure combinations --cell gru")
@click.option("--sim", type=click.Choice(known.SIMULATORS), default="verilator", help="Simulator.")
@click.option(
    "--cell",
    "cells",
    type=click.Choice(known.FORMS),
    multiple=True,
    help="Only this cell; may be repeated.",
)
@click.option("--hidden", type=Whole(1, 64), default=9, help="Hidden units.")
@click.option("--steps", type=Whole(1, 5000), default=60, help="Steps of each case, about.")
@click.option("--jobs", type=JOBS, help="Cases at a time.", show_default="one a core")
@output_options
def combinations(
    *,
    sim: str,
    cells: tuple[str, ...],
    hidden: int,
    steps: int,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Simulate every cell x arithmetic x 1 or 2 layers x direction x stack.

    Each with a head of its own arithmetic and a result every step: without pauses, where its cycles
    must be those of the formula, and with pauses, states and a reset. Also every cell with
    initial states and each kind of result at the end of a sequence.
    """
    from pascaline.measure.combinations import judge_combinations

    with bars() as progress:
        result = judge_combinations(
            sim,
            cells=cells or known.FORMS,
            hidden=hidden,
            steps=steps,
            jobs=jobs,
            progress=progress,
        )
    counts = {name: n for name, n in result.items() if name not in ("simulator", "failures")}
    if as_json:
        print_json(result)
    else:
        rows = [[name.replace("_", " "), count] for name, count in counts.items()]
        table(f"Combinations in {sim}", ["what", "count"], rows)
    for failure in result["failures"]:
        click.echo(f"{failure['case']}: {failure['faults'][0]}", err=True)
    sys.exit(1 if result["failures"] else 0)
