"""``bench``: the measurements that the documentation quotes, each one command."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import click

from cli.asic import asic_options, find_target
from cli.catalogue import build_folder, find_model
from cli.console import json_option, print_json, spinner, table
from cli.report import make_report
from spec import cycles
from spec.arithmetic import arithmetic
from spec.configs import configs
from spec.design import Design, Product
from spec.formats import Interval
from spec.lanes import LaneDesign, lane_designs, lane_terms
from synth.choice import write_costs
from synth.report import report
from synth.targets import TARGETS, Target, target

__all__ = ["bench"]

ARITHMETICS = ("fixed12", "ternary", "binary")
LANES = (16, 64, 256)

OPERAND = Interval.signed_bits(12)
CHUNKS = 20
"""Of the lanes that are compared: operands, and columns in chunks."""


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
@click.option("--synthesise", is_flag=True, help="Time the report for generic gates, too.")
@json_option
def lanes(*, synthesise: bool, as_json: bool) -> None:
    """Time and text that Verilog takes: hidden 512, 16 to 256 lanes of 16 inputs."""
    from hdl.verilog import generate

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


@bench.command("lane-designs")
@click.option(
    "--target", "target_name", default="generic", show_default=True, help=", ".join(TARGETS)
)
@asic_options
@click.option("--multipliers", is_flag=True, help="Compare with fixed12 (minutes on FPGAs).")
@click.option("--write", is_flag=True, help="Let --lane auto choose by these measurements.")
@json_option
def lane_designs_(
    *,
    target_name: str,
    liberty: Path | None,
    dont_use: tuple[str, ...],
    multipliers: bool,
    write: bool,
    as_json: bool,
) -> None:
    """Cost of a weight operation in every lane design: 64 lanes x 16 inputs of 12 bits.

    With the registers of weights, operands and sums, and the drain; with a register after every
    adder where a register costs nothing.
    """
    found = find_target(target_name, liberty=liberty, dont_use=dont_use)
    measured: dict[str, dict[str, float]] = {}
    for name in ARITHMETICS if multipliers else ARITHMETICS[1:]:
        designs = lane_designs(arithmetic(name))
        measured[name] = {lane: lane_cost(found, name, lane) for lane in designs}
    if write:
        write_costs(target_name, measured)
    if as_json:
        print_json({"target": target_name, "unit": found.unit, "cost_per_operation": measured})
        return
    worst = measured[ARITHMETICS[0]]["tree"] if multipliers else None
    rows = [
        [name, lane, f"{cost:.2f}", *([f"{worst / cost:.2f}"] if worst else [])]
        for name, designs in measured.items()
        for lane, cost in designs.items()
    ]
    columns = ["weights", "lane design", found.unit, *(["fixed12 / this"] if worst else [])]
    table(f"a weight operation on {target_name}", columns, rows)


def lane_cost(found: Target, name: str, lane: LaneDesign) -> float:
    """Cost of a weight operation in 64 lanes of 16 inputs."""
    from hdl.lanes import Lanes
    from hdl.verilog import emit

    product = Product(
        rows=64,
        columns=16 * CHUNKS,
        lanes=64,
        simd=16,
        lane=lane,
        operand_registers=1,
        tree_registers=1 + (lane_terms(lane, 16) - 1).bit_length() if found.free_registers else 0,
    )
    row = (arithmetic(name).weights * OPERAND).times(product.columns)
    lanes = Lanes(
        product=product, arithmetic=arithmetic(name), element=OPERAND, sums=(row,), front=4
    )
    with spinner(f"synthesising {name} {lane} for {found.name}"):
        text, kinds = emit(lanes, "lanes")
        description = {"name": "lanes", "kinds": kinds}
        made = report(text, description, found, build_folder() / "synth")
    return round(found.price(made.area) / (product.lanes * product.simd), 2)
