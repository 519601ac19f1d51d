"""``bench paper``: the table of Ardakani et al. (ICLR 2019), its design points built again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.asic import asic_options, find_target
from cli.catalogue import find_model
from cli.console import json_option, print_json, table
from cli.report import make_report
from spec import cycles
from spec.configs import configs
from spec.design import Design

__all__ = ["paper"]

PAPER = {
    "lowpower-fixed12": (100, 2.56),
    "lowpower-ternary": (100, 0.42),
    "lowpower-binary": (100, 0.24),
    "highspeed-fixed12": (100, 2.56),
    "highspeed-ternary": (500, 2.16),
    "highspeed-binary": (1000, 2.54),
}
"""Table 7: units, and mm2 in 65 nm at 400 MHz."""


@click.command()
@asic_options
@json_option
def paper(*, liberty: Path | None, dont_use: tuple[str, ...], as_json: bool) -> None:
    """Area of the paper's design points, and of the same throughput built from adder trees.

    Logic only, as in the paper. Machines without -trees have lanes of one input, as the paper's.
    """
    found = find_target("asic", liberty=liberty, dont_use=dont_use)
    points = []
    for name, (units, area) in PAPER.items():
        for form in ("", "-trees"):
            config = f"paper-{name}{form}"
            design = Design(model=find_model(config), machine=configs()[config].machine)
            made = make_report(design, found)
            product = design.x_product
            points.append(
                {
                    "name": config,
                    "operations_per_cycle": product.lanes * product.simd,
                    "cycles_per_step": cycles.step_cycles(design),
                    "area_um2": made.area["area_um2"],
                    "lanes_um2": made.by_part["lanes"]["area_um2"],
                    "paper_units": units,
                    "paper_mm2": area,
                }
            )
    base: Any = points[0]
    for point in points:
        point["area_ratio"] = base["area_um2"] / point["area_um2"]
        point["lanes_ratio"] = base["lanes_um2"] / point["lanes_um2"]
        point["speed_ratio"] = base["cycles_per_step"] / point["cycles_per_step"]
        point["paper_area_ratio"] = base["paper_mm2"] / point["paper_mm2"]
    if as_json:
        print_json({"points": points, "tool_version": made.tool_version})
        return
    keys = list(points[0])[1:]
    titles = ["design point", *(key.replace("_", " ") for key in keys)]
    rows = [[point["name"], *(_shown(point[key]) for key in keys)] for point in points]
    table(f"Table 7 on {found.title}; ratios to {base['name']}", titles, rows)


def _shown(number: Any) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:.2f}"
