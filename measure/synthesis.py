"""How designs are synthesised, timed, and placed and routed; and doing it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pascaline.measure.faster import missed
from pascaline.measure.timing import CLOCK, make_timing
from pascaline.measure.verilog import make_verilog
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.spec.progress import Progress, silent, stage_of
from pascaline.synth import pnr
from pascaline.synth.asic import CellTarget, asic_target
from pascaline.synth.devices import family
from pascaline.synth.liberty import read_library
from pascaline.synth.netlist import netlist
from pascaline.synth.nextpnr import nextpnr_version
from pascaline.synth.report import Report, report
from pascaline.synth.targets import Target, target

__all__ = [
    "Synthesis",
    "find_target",
    "make_placement",
    "make_report",
    "synthesise",
]


def find_target(
    name: str,
    *,
    liberty: Path | None = None,
    dont_use: tuple[str, ...] = (),
    lut_rams: bool = True,
    block_rams: bool = True,
) -> Target:
    """The target of that name, or of a cell library.

    Parameters
    ----------
    name : str
        A key of `synth.targets.TARGETS`, or ``asic``.
    liberty : Path, optional
        The cell library, a ``.lib`` or ``.lib.gz`` file, for ``asic``.
    dont_use : tuple of str
        Patterns of cells to leave out, for ``asic``.
    lut_rams : bool
        Whether LUTs may be memories, where they can.
    block_rams : bool
        Whether memories may be in block RAMs.

    Raises
    ------
    InputError
        If there is none, if the options do not go together, or if the library cannot be used.
    """
    found: Target
    if name == "asic" and liberty is not None:
        found = asic_target(read_library(liberty, dont_use, build_folder() / "synth"))
    else:
        for option, value in (("--liberty", liberty), ("--dont-use", dont_use)):
            if value and name != "asic":
                raise InputError(option, "needs --target asic")
        found = target(name)
    found = found if lut_rams else found.in_blocks()
    return found if block_rams else found.in_luts()


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


def synthesise(design: Design, synthesis: Synthesis, progress: Progress = silent) -> dict[str, Any]:
    """Count a design part by part, or place and route it, as plain values.

    Raises
    ------
    InputError
        If a tool is missing or fails, or if the design does not fit.
    """
    target, cells = synthesis.target, synthesis.cells
    if synthesis.pnr:
        placed = make_placement(design, synthesis, progress=progress)
        found = placed.as_dict() | {"target_title": placed.device_title}
        return found | missed(design, synthesis.clock, found)
    made = make_report(design, target, dsp=synthesis.dsp, progress=progress)
    found = made.as_dict()
    if cells and not design.machine.on_bus:  # OpenSTA is told one name of the clock.
        clock, steps = synthesis.clock or CLOCK, synthesis.power_steps
        found |= make_timing(design, made, cells, clock, steps, progress)
    return found | missed(design, synthesis.clock, found)


def make_report(
    design: Design, target: Target, *, dsp: bool = False, progress: Progress = silent
) -> Report:
    """Generate a design and synthesise it.

    Parameters
    ----------
    design : Design
        The design.
    target : Target
        For what.
    dsp : bool
        Whether hard multipliers may be used.
    progress : Progress
        Told what is going on.
    """
    verilog = make_verilog(design, progress)
    progress(f"synthesising {design.name} for {target.title}", 0, 0)
    cache = build_folder() / "synth"
    return report(verilog.text, verilog.description, target, cache, dsp=dsp)


def make_placement(
    design: Design,
    synthesis: Synthesis,
    *,
    at_once: int | None = None,
    progress: Progress = silent,
) -> pnr.Placement:
    """Generate a design, synthesise it, place and route it; ``at_once`` seeds side by side.

    Raises
    ------
    InputError
        If this cannot be done for the target or the device, or a tool is missing or fails.
    """
    name = synthesis.target.name
    fpga = family(name)
    fpga.candidates(synthesis.device)
    nextpnr_version(fpga)
    cache = build_folder() / "synth"
    verilog = make_verilog(design, progress)
    progress(f"synthesising {design.name} for {name}", 0, 0)
    text, described = verilog.text, verilog.description
    made = netlist(text, described, synthesis.target, cache, dsp=synthesis.dsp)
    stage = f"placing and routing {design.name} (minutes a seed; one more at first)"
    return pnr.place_and_route(
        made,
        cache,
        device=synthesis.device,
        seeds=synthesis.seeds or 3,
        clock=synthesis.clock or pnr.CLOCK,
        at_once=at_once,
        progress=stage_of(progress, stage),
    )
