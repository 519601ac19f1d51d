"""``measure paper``: Table 7 of Ardakani et al. (ICLR 2019), its design points built again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import COUNT, Real
from pascaline.cli.synthesis import asic_options
from pascaline.console import bars, print_json, table

__all__ = ["paper"]


@command(example="pascaline measure paper --liberty sky130.lib --clock 40")
@asic_options
@click.option("--clock", type=Real(1, 10_000), default=40.0, help="Clock in MHz.")
@click.option(
    "--power",
    "power_steps",
    type=COUNT,
    help="Also measure power, on as many steps of random inputs (long: Icarus simulates gates).",
)
@output_options
def paper(
    *,
    liberty: Path | None,
    dont_use: tuple[str, ...],
    clock: float,
    power_steps: int | None,
    as_json: bool,
) -> None:
    """Area of the paper's design points, and of the same throughput built from adder trees.

    Logic only, weight memories in bits, as in the paper; slack (and power) at the CLOCK, in MHz.
    All ratios are to the first row.
    """
    from pascaline.measure.paper import build_points
    from pascaline.measure.synthesis import find_target
    from pascaline.synth.asic import CellTarget

    found = find_target("asic", liberty=liberty, dont_use=dont_use)
    assert isinstance(found, CellTarget)
    with bars() as progress:
        result = build_points(found, clock, power_steps=power_steps, progress=progress)
    if as_json:
        print_json(result)
        return
    rows = result["points"]
    keys = [key for key in rows[0] if key not in ("name", "form")]
    titles = ["design point", "lanes", *(key.replace("_", " ") for key in keys)]
    cells = [[row["name"], row["form"], *(_shown(row[key]) for key in keys)] for row in rows]
    table(f"Table 7 on {found.title}", titles, cells)


def _shown(number: Any) -> Any:
    if number is None:
        return "-"
    return number if isinstance(number, int) else f"{number:,.3f}"
