"""The part of ``report`` that is about cell libraries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pascaline.cli.console import spinner
from pascaline.measure.power import POWER, measure_power
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.synth.asic import CellTarget, asic_target
from pascaline.synth.liberty import read_library
from pascaline.synth.report import Report
from pascaline.synth.targets import Target, target
from pascaline.synth.timing import analyse, gates, opensta_version

__all__ = ["CLOCK", "asic_options", "find_target", "make_timing"]

CLOCK = 100.0
"""MHz, if none is given."""


def asic_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that describe a cell library."""
    for option in reversed(
        (
            click.option(
                "--liberty",
                type=click.Path(path_type=Path),
                help="With --target asic: the cell library, a .lib or .lib.gz file.",
            ),
            click.option(
                "--dont-use",
                multiple=True,
                metavar="PATTERN",
                help="With --target asic: cells to leave out, as '*_lp_*'; may be repeated.",
            ),
        )
    ):
        command = option(command)
    return command


def find_target(name: str, *, liberty: Path | None, dont_use: tuple[str, ...]) -> Target:
    """The target of that name, or of a cell library.

    Raises
    ------
    InputError
        If there is none, if the options do not go together, or if the library cannot be used.
    """
    if name == "asic" and liberty is not None:
        return asic_target(read_library(liberty, dont_use, build_folder() / "synth"))
    for option, value in (("--liberty", liberty), ("--dont-use", dont_use)):
        if value and name != "asic":
            raise InputError(option, "needs --target asic")
    return target(name)


def make_timing(
    design: Design, made: Report, cells: CellTarget, clock: float, power_steps: int | None
) -> dict[str, Any]:
    """Timing and power of what was synthesised, as plain values; None for what is not known.

    Without OpenSTA that is everything; power is only measured where ``power_steps`` is given.
    """
    library, cache, version = cells.library, build_folder() / "synth", opensta_version()
    result: dict[str, Any] = {
        "liberty": {"file": library.name, "sha256": library.sha256},
        "opensta_version": version,
        "clock_mhz": clock,
        "slack_ns": None,
        "critical_path": None,
        "buffers": None,
        **dict.fromkeys(POWER),
    }
    if version is None:
        return result
    with spinner(f"timing {design.name} at {clock:g} MHz"):
        machine = gates(made, library, top=design.name, cache=cache)
        timing = analyse(machine, library, clock, cache)
    result |= {
        "slack_ns": timing.slack_ns,
        "critical_path": timing.critical_path,
        "buffers": machine.buffers,
    }
    if power_steps is None:
        return result
    with spinner(f"simulating the gates of {design.name} for {power_steps} steps"):
        return result | measure_power(design, machine, library, clock, power_steps)
