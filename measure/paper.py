"""Table 7 of Ardakani et al. (ICLR 2019), its design points built again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pascaline.measure.synthesis import make_report
from pascaline.measure.timing import make_timing
from pascaline.models.catalogue import find_model
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.machine import Machine
from pascaline.spec.progress import Progress, each, silent
from pascaline.synth.asic import CellTarget
from pascaline.synth.report import Report

__all__ = ["build_points"]


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


def build_points(
    cells: CellTarget,
    clock: float,
    *,
    power_steps: int | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Area of the paper's design points, and of the same throughput built from adder trees.

    Parameters
    ----------
    cells : CellTarget
        The cell library.
    clock : float
        MHz, of slack and of power.
    power_steps : int, optional
        Steps of random inputs on which power is measured.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        ``points``, a dict each, with ratios to the first; versions of tools; the library.
    """
    measured: dict[str, tuple[Report, dict[str, Any]]] = {}
    rows: list[dict[str, Any]] = []
    for name, point in each(POINTS.items(), progress, "design points"):
        config = configs()[f"paper-{name}"]
        model = find_model(f"paper-{name}")
        trees = Machine.parse(point.trees, thing="machine")
        for form, machine in (("one input a lane", config.machine), ("trees", trees)):
            design = Design(model=model, machine=machine)
            assert design.places == point.lanes
            # With 12 bits the paper's low power and its high speed are the same machine.
            same = design.network.model_dump_json() + machine.model_dump_json()
            if same not in measured:
                made = make_report(design, cells, progress=progress)
                timing = make_timing(design, made, cells, clock, power_steps, progress)
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
    return {
        "points": rows,
        "tool_version": made.tool_version,
        "opensta_version": timing["opensta_version"],
        "library": cells.title,
        "clock_mhz": clock,
        "power_steps": power_steps,
    }
