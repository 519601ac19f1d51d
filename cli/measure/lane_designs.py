"""``measure lane-designs``: what a weight operation costs in each lane design, alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pascaline.cli import known
from pascaline.cli.command import command, output_options
from pascaline.cli.numbers import Real, Whole
from pascaline.cli.synthesis import area_options
from pascaline.console import bars, print_json, table

__all__ = ["lane_designs"]

REFERENCE = "fixed12"

WEIGHTS = "ternary,binary,exp3,exp4,exp5"
"""What needs no multipliers, which take minutes on FPGAs."""


@command(
    "lane-designs", example="pascaline measure lane-designs --target ecp5 --weights ternary,binary"
)
@area_options
@click.option(
    "--width",
    type=Whole(2, 16),
    default=known.WIDTH,
    help="Bits of an operand.",
)
@click.option(
    "--weights",
    "names",
    metavar="A,B,...",
    default=WEIGHTS,
    help="Arithmetics; with fixed12, all are compared with its cheapest lanes.",
)
@click.option(
    "--power",
    "power_clock",
    type=Real(above=0),
    metavar="MHZ",
    help="With --target asic: time them, and simulate their gates for power at this clock.",
)
@click.option(
    "--write", is_flag=True, help="Write them as the numbers by which --lane auto chooses."
)
@output_options
def lane_designs(
    *,
    target_name: str,
    liberty: Path | None,
    dont_use: tuple[str, ...],
    width: int,
    names: str,
    power_clock: float | None,
    write: bool,
    as_json: bool,
) -> None:
    """Cost of a weight operation in every lane design: 64 lanes x 16 inputs.

    With the registers of weights, operands and sums, and the drain; with a register after every
    adder where a register costs nothing. Power is that of the gates at work on features of real
    recordings, with the weights of shipped models (where there are none, the weights nearest to
    normally distributed numbers).
    """
    from pascaline.measure.lane_designs import compare_lanes
    from pascaline.measure.synthesis import find_target

    found = find_target(target_name, liberty=liberty, dont_use=dont_use)
    with bars() as progress:
        result = compare_lanes(
            found,
            names.split(","),
            width=width,
            power_clock=power_clock,
            write=write,
            progress=progress,
        )
    if as_json:
        print_json(result)
        return
    _show(result)


def _show(result: dict[str, Any]) -> None:
    measured, powers = result["cost_per_operation"], result.get("power", {})
    clock = result.get("clock_mhz")
    worst, most = None, None
    if designs := measured.get(REFERENCE):
        worst = min(designs.values())
        least = powers.get(REFERENCE, {}).get(min(designs, key=lambda lane: designs[lane]), {})
        most = least.get("uw_per_operation")
    rows: list[list[Any]] = []
    for name, costs in measured.items():
        for lane, cost in costs.items():
            row = [name, lane, f"{cost:.2f}", *([f"{worst / cost:.2f}"] if worst else [])]
            if clock:
                one = powers[name][lane]
                used = one["uw_per_operation"]
                row += [f"{one['critical_path_ns']:.2f}", f"{used:.3f}"]
                row += [f"{most / used:.2f}"] if most else []
            rows.append(row)
    columns = ["weights", "lane design", result["unit"], *(["fixed12 / this"] if worst else [])]
    if clock:
        columns += ["critical path, ns", f"uW at {clock:g} MHz"]
        columns += ["fixed12 / this (power)"] if most else []
    table(f"a weight operation on {result['target']}", columns, rows)
