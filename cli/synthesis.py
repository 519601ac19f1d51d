"""The options that say how designs are synthesised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click

from pascaline.cli.command import Decorator, options
from pascaline.cli.completion import ALL_TARGETS, device_names, target_names
from pascaline.cli.numbers import MANY, Real
from pascaline.cli.paths import PATH
from pascaline.synth.devices import FAMILIES
from pascaline.synth.targets import TARGETS

__all__ = ["area_options", "area_target_option", "asic_options", "synthesis_options"]


asic_options = options(
    "Cell library",
    click.option(
        "--liberty",
        type=PATH,
        help="With --target asic: the cell library, a .lib or .lib.gz file.",
    ),
    click.option(
        "--dont-use",
        multiple=True,
        metavar="PATTERN",
        help="With --target asic: cells to leave out, as '*_lp_*'; may be repeated.",
    ),
)
"""The options that describe a cell library."""


def _target_option(names: Sequence[str]) -> Decorator:
    return click.option(
        "--target",
        "target_name",
        default="generic",
        shell_complete=target_names,
        help=", ".join(names),
    )


area_target_option = _target_option(tuple(TARGETS))
"""What area is measured on, without a cell library: ``target_name``."""

area_options = options("Area", _target_option(ALL_TARGETS), asic_options)
"""The options that say what area is measured on: ``target_name``, and a cell library."""

DEVICES = "; ".join(
    f"{family.name}: {', '.join(device.name for device in family.devices)}"
    for family in FAMILIES.values()
)

_together = options(
    "Synthesis",
    _target_option(ALL_TARGETS),
    click.option("--dsp/--no-dsp", default=False, help="Use hard multipliers."),
    click.option(
        "--lut-rams/--no-lut-rams",
        default=True,
        help="Whether LUTs of an FPGA may be memories, beside block RAMs.",
    ),
    click.option(
        "--block-rams/--no-block-rams",
        default=True,
        help="Whether block RAMs of an FPGA may be memories, beside LUTs.",
    ),
    click.option(
        "--clock",
        type=Real(above=0),
        help="With --pnr or --target asic: clock to aim at, in MHz.",
    ),
    options(
        "Place and route",
        click.option("--pnr", is_flag=True, help="Place and route, for ecp5 and ice40."),
        click.option(
            "--device",
            shell_complete=device_names,
            help=f"With --pnr. {DEVICES}.",
            show_default="the smallest that fits",
        ),
        click.option(
            "--seeds", type=MANY, help="With --pnr; their median counts.", show_default="3"
        ),
    ),
    asic_options,
    options(
        "Cell library",
        click.option(
            "--power-steps",
            type=MANY,
            help="With --target asic: steps to simulate on the gates for power (minutes).",
        ),
    ),
)


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
        block_rams: bool,
        pnr: bool,
        device: str | None,
        seeds: int | None,
        clock: float | None,
        **others: Any,
    ) -> Any:
        from pascaline.measure.synthesis import Synthesis, find_target

        synthesis = Synthesis(
            target=find_target(
                target_name,
                liberty=liberty,
                dont_use=dont_use,
                lut_rams=lut_rams,
                block_rams=block_rams,
            ),
            power_steps=power_steps,
            dsp=dsp,
            pnr=pnr,
            device=device,
            seeds=seeds,
            clock=clock,
        )
        return command(synthesis=synthesis, **others)

    return _together(with_synthesis)
