"""Place and route: what a machine takes of a device, and how fast its clock can be there."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, median_low
from typing import Any

from pascaline.host.tools import cores
from pascaline.spec.errors import InputError
from pascaline.synth.devices import Device, Family, family
from pascaline.synth.netlist import Netlist
from pascaline.synth.nextpnr import nextpnr, nextpnr_version
from pascaline.synth.parts import Counts
from pascaline.synth.paths import CriticalPath, critical_path, slowest
from pascaline.synth.yosys import yosys_version

__all__ = ["CLOCK", "Placement", "Use", "place_and_route"]

CLOCK = 100.0
"""The clock in MHz that is aimed at unless told otherwise."""

FULLEST = 0.9
"""Share of a device's logic cells that a machine may take if there is another device: beyond it,
nextpnr may not be able to place or to route it."""


@dataclass(frozen=True)
class Use:
    """How many of a resource a machine takes, and a device has."""

    used: int
    available: int


@dataclass(frozen=True, kw_only=True)
class Placement:
    """A machine that is placed and routed.

    Attributes
    ----------
    target, device, device_title : str
        For what: family, device, and what it is sold as.
    tool_versions : dict of str to str
        Of Yosys and nextpnr.
    dsp : bool
        Whether hard multipliers could be used.
    clock_mhz : float
        The clock that was aimed at.
    fmax_mhz : float
        Median over the seeds.
    seeds : dict of int to float
        Highest clock in MHz by seed.
    critical_path : CriticalPath
        Of the seed at the median, or just below.
    slowest : dict of str to float
        What would be critical after it, with that seed: see `synth.paths.slowest`.
    utilisation : dict of str to Use
        By resource of the device, with what is around the machine.
    by_part : dict of str to dict
        Cells of the netlist, in the target's columns, for each part, and for what is around.
    by_unit : dict of str to dict
        The same for each part of each stage, if the machine is more than one stage.
    """

    target: str
    device: str
    device_title: str
    tool_versions: dict[str, str]
    dsp: bool
    clock_mhz: float
    fmax_mhz: float
    seeds: dict[int, float]
    critical_path: CriticalPath
    slowest: dict[str, float]
    utilisation: dict[str, Use]
    by_part: Counts
    by_unit: dict[str, Counts]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def place_and_route(
    netlist: Netlist,
    cache: Path,
    *,
    device: str | None = None,
    seeds: int = 3,
    clock: float = CLOCK,
    at_once: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Placement:
    """Place and route a netlist with several seeds.

    Parameters
    ----------
    netlist : Netlist
        The machine.
    cache : Path
        Folder of earlier results.
    device : str, optional
        Name of a device; the first of the family that is large enough if none is given.
    seeds : int
        How many: 1 to this number.
    clock : float
        Clock to aim at, in MHz. It is no error to miss it.
    at_once : int, optional
        How many seeds side by side; as many as there are cores if nothing is given.
    progress : callable
        Told how many seeds are done, and how many there are.

    Raises
    ------
    InputError
        If nextpnr is not there or fails, if there is no such device, or if it is too small.
    """
    progress(0, seeds)
    fpga = family(netlist.target.name)
    chosen, utilisation = _choose(netlist, fpga, device, cache)

    def route(seed: int) -> dict[str, Any]:
        options = ["--freq", f"{clock:g}", "--timing-allow-fail", "--seed", str(seed)]
        options.append("--detailed-timing-report")
        return nextpnr(netlist.text, fpga, chosen, options, cache)

    reports = {}
    with ThreadPoolExecutor(at_once or cores()) as pool:
        running = {pool.submit(route, seed): seed for seed in range(1, seeds + 1)}
        for done in as_completed(running):
            reports[running[done]] = done.result()
            progress(len(reports), seeds)
    fmax = {seed: _fmax(reports[seed]) for seed in sorted(reports)}
    middle = median_low(fmax.values())
    report = next(reports[seed] for seed in fmax if fmax[seed] == middle)
    return Placement(
        target=fpga.name,
        device=chosen.name,
        device_title=chosen.title,
        tool_versions={"yosys": yosys_version(), "nextpnr": nextpnr_version(fpga)},
        dsp=netlist.dsp,
        clock_mhz=clock,
        fmax_mhz=round(median(fmax.values()), 2),
        seeds=fmax,
        critical_path=critical_path(report["critical_paths"], netlist.places),
        slowest=slowest(report["detailed_net_timings"]),
        utilisation=utilisation,
        by_part=netlist.by_part,
        by_unit=netlist.by_unit,
    )


def _choose(
    netlist: Netlist, fpga: Family, name: str | None, cache: Path
) -> tuple[Device, dict[str, Use]]:
    """The device, and what nextpnr's packer says that the machine takes of it."""
    tried = []
    for device in fpga.candidates(name):
        packed = nextpnr(netlist.text, fpga, device, ["--pack-only"], cache)["utilization"]
        uses = {
            resource: Use(**packed.get(cell, {"used": 0, "available": 0}))
            for resource, cell in fpga.resources.items()
        }
        tried.append((device, uses))
        if _fit(uses, FULLEST):
            return tried[-1]
    for device, uses in tried:
        if _fit(uses, 1):
            return device, uses
    short = next(name for name, use in tried[-1][1].items() if use.used > use.available)
    device, uses = max(tried, key=lambda one: one[1][short].available)
    biggest = "" if name else f", the one with the most in {fpga.name},"
    rule = f"{device.name}{biggest} has {uses[short].available} {short.replace('_', ' ')}"
    raise InputError("device", f"{rule}, the machine takes {uses[short].used}")


def _fit(uses: dict[str, Use], share: float) -> bool:
    """Whether a device has enough of everything, and this share of its logic cells are enough."""
    logic, *others = uses.values()
    return logic.used <= share * logic.available and all(
        use.used <= use.available for use in others
    )


def _fmax(report: dict[str, Any]) -> float:
    (clock,) = report["fmax"].values()
    return round(float(clock["achieved"]), 2)
