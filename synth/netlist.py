"""Netlists for nextpnr: one flat module of a family's cells, whose names tell where they belong."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pascaline.synth.absorb import absorb_registers
from pascaline.synth.parts import ALL, PARTS, Counts, Place, modules, place_of, total
from pascaline.synth.targets import Target
from pascaline.synth.wrapper import INSTANCE, WRAPPER, wrapper
from pascaline.synth.yosys import statistics

__all__ = ["PLACES", "Netlist", "netlist", "part_of"]

PLACES = (*ALL, "wrapper")
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
        Cells in the target's columns, for each of `PLACES` that there is.
    by_unit : dict of str to dict
        The same for each part of each part of the chain, if the design has several.
    """

    target: Target
    dsp: bool
    text: str
    by_part: Counts
    by_unit: dict[str, Counts]


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
    parts = modules(verilog, top)
    script = SCRIPT.format(
        WRAPPER=WRAPPER,
        kept=" ".join([top, *parts, *description["kinds"]]),
        commands=target.commands(WRAPPER, dsp=dsp),
    )
    made = statistics(verilog + wrapper(description), script, cache)["netlist"]
    absorb_registers(made["modules"][WRAPPER])
    cells: dict[Place, Counter[str]] = {("", part): Counter() for part in (*PARTS, "wrapper")}
    for name, cell in made["modules"][WRAPPER]["cells"].items():
        cells.setdefault(_place(name), Counter())[cell["type"]] += 1
    by_unit: dict[str, Counts] = {}
    for (unit, part), counts in cells.items():
        by_unit.setdefault(unit, {})[part] = target.count(counts)
    return Netlist(
        target=target,
        dsp=dsp,
        text=json.dumps(made),
        by_part=total(by_unit),
        by_unit={unit: parts for unit, parts in by_unit.items() if unit},
    )


def part_of(cell: str) -> str:
    """The part, of `PLACES`, of a cell with this name in the netlist."""
    return _place(cell)[1]


def _place(cell: str) -> Place:
    top, *inside = cell.replace("\\", "").removeprefix("$flatten").split(".")
    return place_of(inside[:-1]) if top == INSTANCE else ("", "wrapper")
