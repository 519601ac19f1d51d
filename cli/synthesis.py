"""How ``report`` and ``explore`` synthesise: the options, and which of them go together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from pascaline.cli.asic import asic_options, find_target
from pascaline.cli.pnr import pnr_options
from pascaline.spec.errors import InputError
from pascaline.synth.asic import CellTarget
from pascaline.synth.devices import family
from pascaline.synth.targets import TARGETS, Target

__all__ = ["Synthesis", "synthesis_options"]


@dataclass(frozen=True, kw_only=True)
class Synthesis:
    """How machines are synthesised and timed.

    Attributes
    ----------
    target : Target
        For what.
    power_steps : int or None
        Steps on the gates for power.
    dsp : bool
        Whether hard multipliers may be used.
    pnr : bool
        Whether machines are placed and routed.
    device : str or None
        On which device of the family; else the smallest that fits.
    seeds : int or None
        With how many seeds.
    clock : float or None
        Clock to aim at, in MHz.

    Raises
    ------
    InputError
        If these do not go together.
    """

    target: Target
    power_steps: int | None = None
    dsp: bool = False
    pnr: bool = False
    device: str | None = None
    seeds: int | None = None
    clock: float | None = None

    def __post_init__(self) -> None:
        if self.power_steps is not None and self.cells is None:
            raise InputError("--power-steps", "needs --target asic")
        if self.pnr:
            family(self.target.name).candidates(self.device)
            return
        clock = None if self.cells else self.clock
        for name, value in {"device": self.device, "seeds": self.seeds, "clock": clock}.items():
            if value is not None:
                raise InputError(f"--{name}", "needs --pnr")

    @property
    def cells(self) -> CellTarget | None:
        """The target, if it is a cell library."""
        return self.target if isinstance(self.target, CellTarget) else None


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
        pnr: bool,
        device: str | None,
        seeds: int | None,
        clock: float | None,
        **others: Any,
    ) -> Any:
        synthesis = Synthesis(
            target=find_target(target_name, liberty=liberty, dont_use=dont_use),
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
        type=click.IntRange(min=1),
        help="With --target asic: steps to simulate on the gates for power (minutes).",
    )
    dsp_option = click.option(
        "--dsp/--no-dsp", default=False, show_default=True, help="Use hard multipliers."
    )
    clock_option = click.option(
        "--clock",
        type=click.FloatRange(min=0, min_open=True),
        help="With --pnr or --target asic: clock to aim at, in MHz.",
    )
    found: Callable[..., Any] = with_synthesis
    for option in (clock_option, pnr_options, dsp_option, power, asic_options, target):
        found = option(found)
    return found
