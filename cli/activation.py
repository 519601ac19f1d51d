"""``activation``: a model with its activation functions in another form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import pascaline
from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_argument
from pascaline.cli.paths import PATH
from pascaline.console import bars, print_json, remark, table

__all__ = ["activation"]


@command(example="pascaline activation digits-ternary --form pieces16 -o small.safetensors")
@model_argument
@click.option(
    "--form",
    required=True,
    help="table, pwl64 (equal segments), pieces16 (slopes are powers of two), pieces16x4 (slopes"
    " of 4 bits), or auto: the smallest that loses nothing.",
)
@click.option(
    "--data",
    help="For auto, a data set, or the path of a folder or a text file: the model must get as much"
    " right as with tables.",
    show_default="no value may be more than a unit from the table's",
)
@click.option(
    "--part", type=click.Choice(known.PARTS), default="held-out", help="Part of the data."
)
@click.option("-o", "--output", required=True, type=PATH, help="The model file.")
@output_options
def activation(
    model: str, *, form: str, data: str | None, part: str, output: Path, as_json: bool
) -> None:
    """Make the activation functions of a MODEL another way; its integers stay.

    Pieces take less hardware than a table, and no memory. What they lose is in the table that is
    printed: the largest error in units of the last place and, with data, what is right. The
    accuracy in the model's card stays that of the model before; `pascaline evaluate` measures anew.
    """
    before = pascaline.load(model)
    with bars() as progress:
        made = pascaline.change_activation(before, form, data=data, part=part, progress=progress)
    pascaline.save(made, output)
    noted: dict[str, Any] = made.card["activation"]
    if as_json:
        print_json({"file": str(output), **noted})
        return
    scored = any("result" in one for one in noted["tried"])
    rows = [
        [one["form"], one["largest_error"], *([_shown(one["result"])] if scored else [])]
        for one in noted["tried"]
    ]
    columns = ["form", "largest error, units of the last place", *(["right"] if scored else [])]
    table(f"activation functions of {before.name}", columns, rows)
    remark(f"{output}  {output.stat().st_size:,} bytes, {noted['form']}")


def _shown(result: dict[str, Any]) -> str:
    from pascaline.data.edits import Edits

    if "edits" in result:
        return str(Edits(**result))
    if "correct" in result:
        return f"{result['correct']:,} of {result['total']:,}"
    return f"{result['bits']} bits a character"
