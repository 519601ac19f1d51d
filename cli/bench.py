"""``bench``: the measurements that the documentation quotes, each one command."""

from __future__ import annotations

import time
from typing import Any

import click

from cli.catalogue import find_model
from cli.console import json_option, print_json, spinner, table
from cli.report import make_report
from spec import cycles
from spec.configs import configs
from spec.design import Design
from synth.targets import TARGETS, target

__all__ = ["bench"]

ARITHMETICS = ("fixed12", "ternary", "binary")
LANES = (16, 64, 256)


@click.group()
def bench() -> None:
    """Measure, as the documentation does."""


@bench.command()
@click.option(
    "--target", "target_name", default="generic", show_default=True, help=", ".join(TARGETS)
)
@json_option
def arithmetics(*, target_name: str, as_json: bool) -> None:
    """Area of one machine with 12-bit, ternary and binary weights: 64 lanes x 16 inputs."""
    found = target(target_name)
    result: dict[str, Any] = {"target": target_name, "machines": {}}
    for name in ARITHMETICS:
        config = f"medium-{name}"
        design = Design(model=find_model(config), machine=configs()[config].machine)
        made = make_report(design, found)
        result["machines"][name] = {
            "whole": made.area,
            "lanes": made.by_part["lanes"],
            "cycles_per_step": cycles.step_cycles(design),
        }
    result["tool_version"] = made.tool_version
    if as_json:
        print_json(result)
        return
    columns = list(made.area)
    for part in ("lanes", "whole"):
        baseline = result["machines"][ARITHMETICS[0]][part]
        rows: list[list[Any]] = []
        for name, machine in result["machines"].items():
            area = machine[part]
            ratio = baseline[columns[0]] / max(area[columns[0]], 1)
            rows.append([name, *(area[column] for column in columns), f"{ratio:.2f}"])
        titles = [column.replace("_", " ") for column in columns]
        table(
            f"{part} of 64 lanes x 16 inputs on {target_name}, {made.tool_version}",
            ["weights", *titles, f"fixed12 / this ({titles[0]})"],
            rows,
        )


@bench.command()
@json_option
def lanes(*, as_json: bool) -> None:
    """Time and text that Verilog takes: hidden 512, 16 to 256 lanes of 16 inputs."""
    from hdl.verilog import generate

    model = find_model("large-ternary")
    rows: list[list[Any]] = []
    for count in LANES:
        machine = configs()["large-ternary"].machine.model_copy(update={"units": count // 4})
        design = Design(model=model, machine=machine)
        with spinner(f"generating {count} lanes"):
            start = time.perf_counter()
            text = generate(design).text
            seconds = time.perf_counter() - start
        memories = text[text.index("module rom_") :]
        rows.append([count, seconds, len(text), len(text) - len(memories)])
    keys = ("lanes", "seconds", "bytes", "bytes_without_memories")
    result = {
        "machines": [dict(zip(keys, row, strict=True)) for row in rows],
        "lanes_ratio": rows[-1][0] / rows[0][0],
        "seconds_ratio": rows[-1][1] / rows[0][1],
        "bytes_ratio": rows[-1][2] / rows[0][2],
    }
    if as_json:
        print_json(result)
        return
    shown = [[count, f"{seconds:.2f}", *sizes] for count, seconds, *sizes in rows]
    table("Verilog of hidden 512", ["lanes", "seconds", "bytes", "without memories"], shown)
