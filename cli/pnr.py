"""The part of ``report`` that places and routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cli.catalogue import build_folder
from cli.console import bar, say, spinner, table
from spec.design import Design
from spec.errors import InputError
from synth.devices import FAMILIES, family
from synth.netlist import netlist
from synth.nextpnr import nextpnr_version
from synth.pnr import CLOCK, Placement, place_and_route
from synth.targets import target

__all__ = ["make_placement", "pnr_options", "refuse_without_pnr", "show_placement"]


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
    from hdl.verilog import generate

    fpga = family(target_name)
    fpga.candidates(device)
    nextpnr_version(fpga)
    cache = build_folder() / "synth"
    with spinner(f"generating {design.name}"):
        verilog = generate(design)
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


def refuse_without_pnr(**options: object) -> None:
    """Raise `InputError` if an option was given that only place and route knows."""
    for name, value in options.items():
        if value is not None:
            raise InputError(f"--{name}", "needs --pnr")


def show_placement(name: str, made: Placement, cycles_per_step: float) -> None:
    """Print a placement as tables, and the speed below."""
    columns = list(target(made.target).columns)
    titles = [column.replace("_", " ") for column in columns]
    rows = [[part, *(counts[c] for c in columns)] for part, counts in made.by_part.items()]
    versions = ", ".join(f"{tool} {version}" for tool, version in made.tool_versions.items())
    table(f"{name} on {made.device_title}, {versions}", ["part", *titles], rows)
    uses = [
        [resource.replace("_", " "), use.used, use.available, f"{use.used / use.available:.0%}"]
        for resource, use in made.utilisation.items()
        if use.available
    ]
    table("Of the device", ["resource", "used", "there", "share"], uses)
    path = made.critical_path
    table(
        "Critical path",
        ["what", "where"],
        [
            ["start", path.start],
            ["end", path.end],
            ["part", path.part],
            ["through", ", ".join(path.through)],
            ["length", f"{path.length_ns} ns: logic {path.logic_ns}, routing {path.routing_ns}"],
        ],
    )
    table(
        "Slowest paths, by their ends", ["end", "ns"], [list(end) for end in made.slowest.items()]
    )
    each = ", ".join(f"{fmax:g}" for fmax in made.seeds.values())
    say(f"{made.fmax_mhz:g} MHz, the median of {each}; {made.clock_mhz:g} MHz was aimed at")
    step = cycles_per_step / made.fmax_mhz
    say(f"{cycles_per_step:,} cycles a step, {step:.2f} us at this clock")
