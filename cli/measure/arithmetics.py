"""``measure arithmetics``: area of one machine with weights of several arithmetics."""

from __future__ import annotations

from typing import Any

from pascaline.cli.command import command, output_options
from pascaline.cli.synthesis import area_target_option
from pascaline.console import bars, print_json, table

__all__ = ["arithmetics"]


@command(example="pascaline measure arithmetics --target ecp5")
@area_target_option
@output_options
def arithmetics(*, target_name: str, as_json: bool) -> None:
    """Area of one machine with 12-bit, ternary and binary weights: 64 lanes x 16 inputs."""
    from pascaline.measure.arithmetics import ARITHMETICS, compare_arithmetics

    with bars() as progress:
        result = compare_arithmetics(target_name, progress)
    if as_json:
        print_json(result)
        return
    columns = list(result["machines"][ARITHMETICS[0]]["whole"])
    for part in ("lanes", "whole"):
        baseline = result["machines"][ARITHMETICS[0]][part]
        rows: list[list[Any]] = []
        for name, machine in result["machines"].items():
            area = machine[part]
            ratio = baseline[columns[0]] / max(area[columns[0]], 1)
            rows.append([name, *(area[column] for column in columns), f"{ratio:.2f}"])
        titles = [column.replace("_", " ") for column in columns]
        table(
            f"{part} of 64 lanes x 16 inputs on {target_name}, {result['tool_version']}",
            ["weights", *titles, f"fixed12 / this ({titles[0]})"],
            rows,
        )
