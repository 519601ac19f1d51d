"""``measure precision``: weights of low precision in every cell, as Ott et al. compare them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.device import device_option
from pascaline.cli.numbers import COUNT, MANY, REAL
from pascaline.cli.paths import PATH
from pascaline.console import bars, print_json, table
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic

__all__ = ["precision"]


@command(example="pascaline measure precision digits --cell gru --seeds 3 --plot digits.svg")
@click.argument("tasks", nargs=-1)
@click.option(
    "-o",
    "--output",
    type=PATH,
    default=Path("build/precision.json"),
    help="JSON file for the results.",
)
@click.option("--plot", type=PATH, help="SVG file for the plot.")
@click.option("--cell", "cells", multiple=True, help="Only these cells; may be repeated.")
@click.option("--variant", "variants", multiple=True, help="Only these rows; may be repeated.")
@click.option("--quick", is_flag=True, help="Tiny, hardly trained networks, as a smoke test.")
@click.option("--hidden", type=COUNT, help="Units.", show_default="as the task has")
@click.option("--epochs", type=COUNT, help="Passes over the training part.")
@click.option("--seeds", type=MANY, help="Runs of each, from different seeds.")
@click.option(
    "--rate", "rates", type=REAL, multiple=True, help="Learning rates to try; may be repeated."
)
@click.option("--resume", is_flag=True, help="Continue a killed comparison.")
@device_option
@output_options
def precision(
    tasks: tuple[str, ...],
    *,
    output: Path,
    plot: Path | None,
    cells: tuple[str, ...],
    variants: tuple[str, ...],
    quick: bool,
    resume: bool,
    device: str,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Train RNN, GRU and LSTM with weights of every kind on TASKS and compare them. Needs PyTorch.

    By default digits and austen. Networks have no normaliser, as in the paper, but for the last
    rows. The learning rate of each is chosen on validation data; scores are of held-out data.
    """
    try:
        from pascaline.train.precision import CELLS, QUICK, VARIANTS, Size, compare
    except ModuleNotFoundError as error:
        rule = f"needs {error.name} (pip install pascaline[train])"
        raise InputError("measure precision", rule) from None
    from pascaline.measure.precision_table import best
    from pascaline.pages.curves import draw_precision

    given = {name: value for name, value in chosen.items() if value not in (None, ())}
    usual = QUICK if quick else Size()
    size = Size.parse(usual.model_dump() | given, thing="measure precision")
    with bars() as report:
        found = compare(
            tasks or ("digits", "austen"),
            output,
            size=size,
            cells=cells or CELLS,
            variants=variants or tuple(VARIANTS),
            place=device,
            resume=resume,
            progress=report,
        )
    chosen_runs = best(found["runs"])
    if plot is not None:
        write_atomic(plot, draw_precision(chosen_runs))
    if as_json:
        print_json({"file": str(output), **found, "best": [one.card() for one in chosen_runs]})
        return
    for name in dict.fromkeys(one.task for one in chosen_runs):
        rows = [one for one in chosen_runs if one.task == name]
        columns = list(dict.fromkeys(one.cell for one in rows))
        lines = [
            [variant, *(str(one) for cell in columns for one in rows if one.at(variant, cell))]
            for variant in dict.fromkeys(one.variant for one in rows)
        ]
        table(f"{name}: {rows[0].unit}, held out", ["weights", *columns], lines)
