"""``bench paper``: Table 7 of Ardakani et al. (ICLR 2019), its design points built again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from pascaline.cli.asic import asic_options, find_target, make_timing
from pascaline.cli.catalogue import find_model
from pascaline.cli.console import json_option, print_json, table
from pascaline.cli.report import make_report
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.machine import Machine
from pascaline.synth.asic import CellTarget
from pascaline.synth.report import Report

__all__ = ["paper"]


@dataclass(frozen=True)
class Point:
    """A column of the paper's table, and a machine of trees with as many operations a cycle.

    Attributes
    ----------
    lanes : int
        What the paper calls units: weight operations a cycle.
    mm2, mw : float
        In 65 nm, at 400 MHz.
    trees : dict
        Parameters of the machine of trees.
    """

    lanes: int
    mm2: float
    mw: float
    trees: dict[str, Any]


def _trees(simd: int, lane: str) -> dict[str, Any]:
    return {"units": 5, "simd": simd, "lane": lane, "cell_units": 1}


POINTS = {
    "lowpower-fixed12": Point(100, 2.56, 336, _trees(5, "tree")),
    "lowpower-ternary": Point(100, 0.42, 61, _trees(5, "pairs")),
    "lowpower-binary": Point(100, 0.24, 37, _trees(5, "subsets")),
    "highspeed-fixed12": Point(100, 2.56, 336, _trees(5, "tree")),
    "highspeed-ternary": Point(500, 2.16, 302, _trees(25, "pairs")),
    "highspeed-binary": Point(1000, 2.54, 347, _trees(50, "subsets")),
}


@click.command()
@asic_options
@click.option("--clock", type=click.FloatRange(min=1, max=10_000), default=40.0, show_default=True)
@click.option(
    "--power",
    "power_steps",
    type=click.IntRange(min=1),
    help="Also measure power, on as many steps of random inputs (long: Icarus simulates gates).",
)
@json_option
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
    found = find_target("asic", liberty=liberty, dont_use=dont_use)
    assert isinstance(found, CellTarget)
    measured: dict[str, tuple[Report, dict[str, Any]]] = {}
    rows: list[dict[str, Any]] = []
    for name, point in POINTS.items():
        config = configs()[f"paper-{name}"]
        model = find_model(f"paper-{name}")
        trees = Machine.parse(point.trees, thing="machine")
        for form, machine in (("one input a lane", config.machine), ("trees", trees)):
            design = Design(model=model, machine=machine)
            assert design.places == point.lanes
            # With 12 bits the paper's low power and its high speed are the same machine.
            same = design.network.model_dump_json() + machine.model_dump_json()
            if same not in measured:
                made = make_report(design, found)
                timing = make_timing(design, made, found, clock, power_steps)
                measured[same] = (made, timing)
            made, timing = measured[same]
            rows.append(
                {
                    "name": name,
                    "form": form,
                    "operations_per_cycle": point.lanes,
                    "cycles_per_step": cycles.step_cycles(design),
                    "mm2": made.area["area_um2"] / 1e6,
                    "lanes_mm2": made.by_part["lanes"]["area_um2"] / 1e6,
                    "memory_bits": made.area["memory_bits"],
                    "paper_mm2": point.mm2,
                    "slack_ns": timing["slack_ns"],
                    "power_mw": timing["power_mw"],
                    "paper_mw": point.mw,
                }
            )
    first = rows[0]
    for row in rows:
        row["area_ratio"] = row["mm2"] / first["mm2"]
        row["paper_area_ratio"] = row["paper_mm2"] / first["paper_mm2"]
        row["power_ratio"] = row["power_mw"] and row["power_mw"] / first["power_mw"]
        row["paper_power_ratio"] = row["paper_mw"] / first["paper_mw"]
        row["speed_ratio"] = first["cycles_per_step"] / row["cycles_per_step"]
    if as_json:
        versions = {"tool_version": made.tool_version, "opensta_version": timing["opensta_version"]}
        library = {"library": found.title, "clock_mhz": clock, "power_steps": power_steps}
        print_json({"points": rows} | versions | library)
        return
    keys = [key for key in first if key not in ("name", "form")]
    titles = ["design point", "lanes", *(key.replace("_", " ") for key in keys)]
    cells = [[row["name"], row["form"], *(_shown(row[key]) for key in keys)] for row in rows]
    table(f"Table 7 on {found.title}", titles, cells)


def _shown(number: Any) -> Any:
    if number is None:
        return "-"
    return number if isinstance(number, int) else f"{number:,.3f}"
