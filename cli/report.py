"""``report``: what a model costs on a target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.asic import CLOCK, asic_options, find_target, make_timing, power_option, show_timing
from cli.catalogue import build_folder, find_design, machine_options
from cli.console import json_option, print_json, say, spinner, table
from cli.pnr import make_placement, pnr_options, refuse_without_pnr, show_placement
from spec import cycles
from spec.design import Design
from spec.errors import InputError
from synth.asic import CellTarget
from synth.report import Report
from synth.report import report as synthesise
from synth.targets import TARGETS, Target

__all__ = ["make_report", "report"]


@click.command()
@click.argument("model")
@click.option(
    "--target",
    "target_name",
    default="generic",
    show_default=True,
    help=", ".join([*TARGETS, "asic"]),
)
@asic_options
@power_option
@click.option("--dsp/--no-dsp", default=False, show_default=True, help="Use hard multipliers.")
@pnr_options
@click.option(
    "--clock", type=click.FloatRange(min=0, min_open=True), help="Clock to aim at, in MHz."
)
@machine_options
@json_option
def report(
    model: str,
    *,
    target_name: str,
    liberty: Path | None,
    dont_use: tuple[str, ...],
    power_steps: int | None,
    dsp: bool,
    pnr: bool,
    device: str | None,
    seeds: int | None,
    clock: float | None,
    as_json: bool,
    **machine: Any,
) -> None:
    """Synthesise a MODEL with Yosys and count, part by part; or place and route it."""
    chosen = find_target(target_name, liberty=liberty, dont_use=dont_use)
    cells = chosen if isinstance(chosen, CellTarget) else None
    if power_steps is not None and cells is None:
        raise InputError("--power-steps", "needs --target asic")
    design = find_design(model, machine, target_name)
    step = cycles.step_cycles(design)
    header = {"model": design.model.name, "machine": design.machine.model_dump(mode="json")}
    if pnr:
        placed = make_placement(
            design, target_name, dsp=dsp, device=device, seeds=seeds, clock=clock
        )
        if as_json:
            print_json(header | placed.as_dict() | {"cycles_per_step": step})
        else:
            show_placement(design.model.name, placed, step)
        return
    refuse_without_pnr(device=device, seeds=seeds, clock=None if cells else clock)
    made = make_report(design, chosen, dsp=dsp)
    timing = make_timing(design, made, cells, clock or CLOCK, power_steps) if cells else {}
    if as_json:
        print_json(header | made.as_dict() | timing | {"cycles_per_step": step})
        return
    columns = list(made.area)
    rows = [[part, *(counts[c] for c in columns)] for part, counts in made.by_part.items()]
    rows.append(["whole machine", *(made.area[c] for c in columns)])
    titles = [column.replace("_", " ") for column in columns]
    table(f"{design.model.name} on {chosen.title}, {made.tool_version}", ["part", *titles], rows)
    if timing:
        show_timing(timing)
    say(f"{step:,} cycles a step")


def make_report(design: Design, target: Target, *, dsp: bool = False) -> Report:
    """Generate a design and synthesise it."""
    from hdl.verilog import generate

    with spinner(f"generating {design.name}"):
        verilog = generate(design)
    with spinner(f"synthesising {design.name} for {target.title}"):
        return synthesise(
            verilog.text,
            verilog.description,
            target,
            build_folder() / "synth",
            dsp=dsp,
        )
