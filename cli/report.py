"""``report``: what a model costs on a target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.asic import CLOCK, asic_options, find_target, make_timing, power_option
from cli.catalogue import build_folder, find_design, machine_options
from cli.console import json_option, print_json, say, spinner, table
from cli.generate import make_verilog
from cli.page.option import html_option, write_page
from cli.pnr import make_placement, pnr_options, refuse_without_pnr
from cli.result import command_line, make_result
from cli.tables import remarks, tables
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
@html_option
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
    html: Path | None,
    as_json: bool,
    **machine: Any,
) -> None:
    """Synthesise a MODEL with Yosys and count, part by part; or place and route it."""
    chosen = find_target(target_name, liberty=liberty, dont_use=dont_use)
    cells = chosen if isinstance(chosen, CellTarget) else None
    if power_steps is not None and cells is None:
        raise InputError("--power-steps", "needs --target asic")
    design = find_design(model, machine, target_name)
    found: dict[str, Any]
    if pnr:
        placed = make_placement(
            design, target_name, dsp=dsp, device=device, seeds=seeds, clock=clock
        )
        found = placed.as_dict() | {"target_title": placed.device_title}
    else:
        refuse_without_pnr(device=device, seeds=seeds, clock=None if cells else clock)
        made = make_report(design, chosen, dsp=dsp)
        timing = make_timing(design, made, cells, clock or CLOCK, power_steps) if cells else {}
        found = made.as_dict() | timing
    command = command_line(click.get_current_context(), without=("html", "as_json"))
    result = make_result(design, chosen, command, found)
    if as_json:
        print_json(result)
    else:
        for one in tables(result):
            table(one.title, one.columns, one.rows)
        for line in remarks(result):
            say(line)
    if html is not None:
        write_page(html, result, quiet=as_json)


def make_report(design: Design, target: Target, *, dsp: bool = False) -> Report:
    """Generate a design and synthesise it."""
    verilog = make_verilog(design)
    with spinner(f"synthesising {design.name} for {target.title}"):
        return synthesise(
            verilog.text,
            verilog.description,
            target,
            build_folder() / "synth",
            dsp=dsp,
        )
