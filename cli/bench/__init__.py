"""``bench``: the measurements that the documentation quotes, each one command."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import click

from pascaline.cli.bench.golden import golden
from pascaline.cli.bench.precision import precision
from pascaline.cli.bench.training import training
from pascaline.cli.catalogue import find_model
from pascaline.cli.console import json_option, print_json, spinner, table
from pascaline.cli.report import make_report
from pascaline.measure.baselines import baselines
from pascaline.measure.combinations import combinations
from pascaline.measure.faults import faults
from pascaline.measure.flips import flips
from pascaline.measure.lane_designs import ARITHMETICS, lane_designs_
from pascaline.measure.loading import loading
from pascaline.measure.paper import paper
from pascaline.measure.peers import peers
from pascaline.measure.ports import ports_
from pascaline.measure.simulators import simulators
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.synth.report import report
from pascaline.synth.targets import TARGETS, target

__all__ = ["bench"]

LANES = (16, 64, 256)


@click.group()
def bench() -> None:
    """Measure, as the documentation does."""


bench.add_command(baselines)
bench.add_command(faults)
bench.add_command(golden)
bench.add_command(flips)
bench.add_command(loading)
bench.add_command(simulators)
bench.add_command(lane_designs_)
bench.add_command(paper)
bench.add_command(training)
bench.add_command(peers)
bench.add_command(combinations)
bench.add_command(precision)
bench.add_command(ports_)


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
@click.option("--synthesise", is_flag=True, help="Time the report for generic gates, too.")
@json_option
def lanes(*, synthesise: bool, as_json: bool) -> None:
    """Time and text that Verilog takes: hidden 512, 16 to 256 lanes of 16 inputs."""
    from pascaline.hdl.verilog import generate

    model = find_model("large-ternary")
    machines: list[dict[str, float]] = []
    for count in LANES:
        machine = configs()["large-ternary"].machine.model_copy(update={"units": count // 4})
        design = Design(model=model, machine=machine)
        with spinner(f"generating {count} lanes"):
            start = time.perf_counter()
            made = generate(design)
            seconds = time.perf_counter() - start
        memories = made.text[made.text.index("module rom_") :]
        size = len(made.text)
        machines.append(
            {
                "lanes": count,
                "seconds": seconds,
                "bytes": size,
                "bytes_without_memories": size - len(memories),
            }
        )
        if synthesise:
            with spinner(f"synthesising {count} lanes"), tempfile.TemporaryDirectory() as cache:
                start = time.perf_counter()
                report(made.text, made.description, target("generic"), Path(cache))
                machines[-1]["report_seconds"] = time.perf_counter() - start
    keys = list(machines[0])
    result = {
        "machines": machines,
        **{f"{key}_ratio": machines[-1][key] / machines[0][key] for key in keys},
    }
    if as_json:
        print_json(result)
        return
    rows = [[*(_shown(machine[key]) for key in keys)] for machine in machines]
    rows.append([f"{machines[-1][key] / machines[0][key]:.2f} x" for key in keys])
    table("Verilog of hidden 512", [key.replace("_", " ") for key in keys], rows)


def _shown(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:.2f}"
