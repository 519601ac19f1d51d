"""The part of ``report`` that places and routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pascaline.cli.console import bar, spinner
from pascaline.cli.generate import make_verilog
from pascaline.spec.design import Design
from pascaline.spec.folders import build_folder
from pascaline.synth.devices import FAMILIES, family
from pascaline.synth.netlist import netlist
from pascaline.synth.nextpnr import nextpnr_version
from pascaline.synth.pnr import CLOCK, Placement, place_and_route
from pascaline.synth.targets import target

__all__ = ["make_placement", "pnr_options"]


def pnr_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of place and route."""
    devices = "; ".join(
        f"{known.name}: {', '.join(device.name for device in known.devices)}"
        for known in FAMILIES.values()
    )
    for option in reversed(
        (
            click.option("--pnr", is_flag=True, help="Place and route, for ecp5 and ice40."),
            click.option("--device", help=f"With --pnr, else the smallest that fits. {devices}."),
            click.option(
                "--seeds", type=click.IntRange(min=1), help="With --pnr; their median counts. [3]"
            ),
        )
    ):
        command = option(command)
    return command


def make_placement(
    design: Design,
    target_name: str,
    *,
    dsp: bool,
    device: str | None,
    seeds: int | None,
    clock: float | None,
    at_once: int | None = None,
) -> Placement:
    """Generate a design, synthesise it, place and route it; ``at_once`` seeds side by side.

    Raises
    ------
    InputError
        If this cannot be done for the target or the device, or a tool is missing or fails.
    """
    fpga = family(target_name)
    fpga.candidates(device)
    nextpnr_version(fpga)
    cache = build_folder() / "synth"
    verilog = make_verilog(design)
    with spinner(f"synthesising {design.name} for {target_name}"):
        made = netlist(verilog.text, verilog.description, target(target_name), cache, dsp=dsp)
    with bar(f"placing and routing {design.name} (minutes a seed; one more at first)") as progress:
        return place_and_route(
            made,
            cache,
            device=device,
            seeds=seeds or 3,
            clock=clock or CLOCK,
            at_once=at_once,
            progress=progress,
        )
