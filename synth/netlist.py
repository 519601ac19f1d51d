"""Netlists for nextpnr: one flat module of a family's cells, whose names tell where they belong."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.absorb import absorb_registers
from synth.report import PARTS
from synth.targets import Target
from synth.wrapper import INSTANCE, WRAPPER, wrapper
from synth.yosys import statistics

__all__ = ["PLACES", "Netlist", "netlist", "part_of"]

PLACES = (*PARTS, "wrapper")
"""Where a cell can be: in a part of the machine, or in what is around it."""

# As in a report: modules that are there many times are synthesised once, and no logic wanders from
# part to part. All is made flat when that is done; what is around the machine stays around it.
SCRIPT = """
read_verilog design.v
hierarchy -check -top {WRAPPER}
setattr -mod -set keep_hierarchy 1 {kept}
{commands}
setattr -mod -unset keep_hierarchy {kept}
flatten
opt_clean -purge
setattr -unset src -unset hdlname */*
select {WRAPPER}
write_json -selected netlist.json
"""


@dataclass(frozen=True, kw_only=True)
class Netlist:
    """What Yosys makes of a machine.

    Attributes
    ----------
    target : Target
        For what.
    dsp : bool
        Whether hard multipliers could be used.
    text : str
        In Yosys' JSON.
    by_part : dict of str to dict
        Cells in the target's columns, for each of `PLACES`.
    """

    target: Target
    dsp: bool
    text: str
    by_part: dict[str, dict[str, int]]


def netlist(
    verilog: str, description: dict[str, Any], target: Target, cache: Path, *, dsp: bool = False
) -> Netlist:
    """Synthesise a machine and the wrapper around it.

    Parameters
    ----------
    verilog : str
        The Verilog of the machine.
    description : dict
        What was generated beside it.
    target : Target
        For what.
    cache : Path
        Folder of earlier results.
    dsp : bool
        Whether hard multipliers may be used.

    Raises
    ------
    InputError
        If Yosys is not there or fails.
    """
    top = description["name"]
    parts = [f"{top}_{module}" for modules in PARTS.values() for module in modules]
    script = SCRIPT.format(
        WRAPPER=WRAPPER,
        kept=" ".join([top, *parts, *description["kinds"]]),
        commands=target.commands(WRAPPER, dsp=dsp),
    )
    made = statistics(verilog + wrapper(description), script, cache)["netlist"]
    absorb_registers(made["modules"][WRAPPER])
    cells = {place: Counter[str]() for place in PLACES}
    for name, cell in made["modules"][WRAPPER]["cells"].items():
        cells[part_of(name)][cell["type"]] += 1
    return Netlist(
        target=target,
        dsp=dsp,
        text=json.dumps(made),
        by_part={place: target.count(counts) for place, counts in cells.items()},
    )


def part_of(cell: str) -> str:
    """The place, of `PLACES`, of a cell with this name in the netlist."""
    top, *inside = cell.replace("\\", "").removeprefix("$flatten").split(".")
    if top != INSTANCE:
        return "wrapper"
    submodule = inside[0] if len(inside) > 1 else ""
    return next((part for part, modules in PARTS.items() if submodule in modules), "control")
