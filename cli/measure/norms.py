"""``measure norms``: layer norm in both forms, beside the cell units that it stands before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import COUNT, Whole
from pascaline.cli.synthesis import area_options
from pascaline.console import bars, print_json, table

__all__ = ["norms"]


@command(example="pascaline measure norms --hidden 512 --cell-units 4")
@click.option("--hidden", type=Whole(1, 2048), default=512, help="Hidden units.")
@click.option("--inputs", type=COUNT, default=64, help="Inputs.")
@click.option(
    "--cell", type=click.Choice(known.CELLS), default=known.CELLS[0], help="Cell behind it."
)
@click.option("--weights", default="ternary", help="Arithmetic of the weights.")
@click.option("--units", type=COUNT, default=16, help="Hidden units side by side.")
@click.option("--simd", type=COUNT, default=16, help="Inputs that each lane adds in a cycle.")
@click.option(
    "--cell-units",
    type=COUNT,
    help="Units that leave the lanes together.",
    show_default="the fewest that keep up",
)
@click.option("--pipelined / --no-pipelined", help="Registers for a faster clock.")
@click.option("--normalise-cell", is_flag=True, help="Layer norm of the cell, too.")
@click.option("--synthesise", is_flag=True, help="Measure area, too; minutes.")
@area_options
@output_options
def norms(
    *,
    synthesise: bool,
    target_name: str,
    liberty: Path | None,
    dont_use: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Cycles and area of layer norm, by the mean absolute deviation or the root mean square.

    Cycles of a step are those of one stream and of more, in the middle of long sequences. Areas are
    without memories.
    """
    from pascaline.measure.norms import compare_norms
    from pascaline.measure.synthesis import find_target

    found = find_target(target_name, liberty=liberty, dont_use=dont_use)
    with bars() as progress:
        result = compare_norms(
            options.pop("hidden"),
            found=found if synthesise else None,
            progress=progress,
            **options,
        )
    if as_json:
        print_json(result)
    else:
        _show(result)


def _show(result: dict[str, Any]) -> None:
    first, *others = result["norms"][0]["step_cycles"]
    columns = ["layer norm", f"a step, {first} stream", *(f"{count} streams" for count in others)]
    columns += ["units a group", "cycles a pass", "buffers, bits"]
    areas, behind = "unit" in result, any("finish_area" in one for one in result["norms"])
    if areas:
        columns += ["cell units", "layer norm", "part"]
        columns += ["of the cell, and h"] if behind else []
    rows: list[list[Any]] = []
    for one in result["norms"]:
        row = [one["spread"], *(f"{taken:g}" for taken in one["step_cycles"].values())]
        row += [one["cell_units"], one.get("cycles", ""), one.get("buffer_bits", "")]
        if areas:
            row += [one["cell_area"], one.get("area", ""), one.get("part", "")]
            row += [one.get("finish_area", "")] if behind else []
        rows.append(row)
    of = f" ({result['unit']}, {result['target']})" if areas else ""
    table(f"layer norm of {result['hidden']} units{of}", columns, rows)
