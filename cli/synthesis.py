"""The options that say how designs are synthesised."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from pascaline.cli.numbers import MANY, Real
from pascaline.measure.synthesis import Synthesis, find_target
from pascaline.synth.devices import FAMILIES
from pascaline.synth.targets import TARGETS

__all__ = ["area_options", "asic_options", "synthesis_options"]


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


def area_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what area is measured on: ``target_name``, and a cell library."""
    names = ", ".join(TARGETS)
    target = click.option(
        "--target", "target_name", default="generic", show_default=True, help=names
    )
    return target(asic_options(command))


def _pnr_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of place and route."""
    devices = "; ".join(
        f"{known.name}: {', '.join(device.name for device in known.devices)}"
        for known in FAMILIES.values()
    )
    for option in reversed(
        (
            click.option("--pnr", is_flag=True, help="Place and route, for ecp5 and ice40."),
            click.option("--device", help=f"With --pnr, else the smallest that fits. {devices}."),
            click.option("--seeds", type=MANY, help="With --pnr; their median counts. [3]"),
        )
    ):
        command = option(command)
    return command


def synthesis_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them together, as ``synthesis``."""

    @wraps(command)
    def with_synthesis(
        *,
        target_name: str,
        liberty: Any,
        dont_use: tuple[str, ...],
        power_steps: int | None,
        dsp: bool,
        lut_rams: bool,
        pnr: bool,
        device: str | None,
        seeds: int | None,
        clock: float | None,
        **others: Any,
    ) -> Any:
        synthesis = Synthesis(
            target=find_target(target_name, liberty=liberty, dont_use=dont_use, lut_rams=lut_rams),
            power_steps=power_steps,
            dsp=dsp,
            pnr=pnr,
            device=device,
            seeds=seeds,
            clock=clock,
        )
        return command(synthesis=synthesis, **others)

    target = click.option(
        "--target",
        "target_name",
        default="generic",
        show_default=True,
        help=", ".join([*TARGETS, "asic"]),
    )
    power = click.option(
        "--power-steps",
        type=MANY,
        help="With --target asic: steps to simulate on the gates for power (minutes).",
    )
    dsp_option = click.option(
        "--dsp/--no-dsp", default=False, show_default=True, help="Use hard multipliers."
    )
    lut_rams_option = click.option(
        "--lut-rams/--no-lut-rams",
        default=True,
        show_default=True,
        help="Whether LUTs of an FPGA may be memories, beside block RAMs.",
    )
    clock_option = click.option(
        "--clock",
        type=Real(above=0),
        help="With --pnr or --target asic: clock to aim at, in MHz.",
    )
    found: Callable[..., Any] = with_synthesis
    for option in (
        clock_option,
        _pnr_options,
        lut_rams_option,
        dsp_option,
        power,
        asic_options,
        target,
    ):
        found = option(found)
    return found
