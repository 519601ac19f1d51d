"""``report``: what a model costs on a target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pascaline.cli.asic import CLOCK, make_timing
from pascaline.cli.catalogue import find_design, machine_options
from pascaline.cli.console import json_option, print_json, say, spinner, table
from pascaline.cli.generate import make_verilog
from pascaline.cli.page.option import html_option, write_page
from pascaline.cli.pnr import make_placement
from pascaline.cli.result import command_line, make_result
from pascaline.cli.synthesis import Synthesis, synthesis_options
from pascaline.cli.tables import remarks, tables
from pascaline.spec.design import Design
from pascaline.spec.folders import build_folder
from pascaline.synth.report import Report
from pascaline.synth.report import report as synthesise
from pascaline.synth.targets import Target

__all__ = ["make_report", "report"]


@click.command()
@click.argument("model")
@synthesis_options
@machine_options
@html_option
@json_option
def report(
    model: str,
    *,
    synthesis: Synthesis,
    html: Path | None,
    as_json: bool,
    **machine: Any,
) -> None:
    """Synthesise a MODEL with Yosys and count, part by part; or place and route it."""
    target, cells = synthesis.target, synthesis.cells
    design = find_design(model, machine, target.name)
    found: dict[str, Any]
    if synthesis.pnr:
        placed = make_placement(
            design,
            target.name,
            dsp=synthesis.dsp,
            device=synthesis.device,
            seeds=synthesis.seeds,
            clock=synthesis.clock,
        )
        found = placed.as_dict() | {"target_title": placed.device_title}
    else:
        made = make_report(design, target, dsp=synthesis.dsp)
        found = made.as_dict()
        if cells and not design.machine.on_bus:  # OpenSTA is told one name of the clock.
            clock, steps = synthesis.clock or CLOCK, synthesis.power_steps
            found |= make_timing(design, made, cells, clock, steps)
    command = command_line(click.get_current_context(), without=("html", "as_json"))
    result = make_result(design, target, command, found)
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
