"""Netlists for nextpnr: one flat module of a family's cells, whose names tell where they belong."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pascaline.synth.absorb import absorb_registers
from pascaline.synth.parts import Counts, Place, Places, total
from pascaline.synth.targets import Target
from pascaline.synth.wrapper import INSTANCE, WRAPPER, wrapper
from pascaline.synth.yosys import statistics

__all__ = ["AROUND", "Netlist", "netlist", "part_of"]

AROUND = "wrapper"
"""The part of what is around the machine."""

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
    places : Places
        Where the instances of the machine belong.
    by_part : dict of str to dict
        Cells in the target's columns, for each part of the machine, and for `AROUND`.
    by_unit : dict of str to dict
        The same for each part of each stage, if the machine is more than one stage.
    """

    target: Target
    dsp: bool
    text: str
    places: Places
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
    places = Places(description)
    apart = sorted({*places.modules} - {top})
    script = SCRIPT.format(
        WRAPPER=WRAPPER,
        kept=" ".join([top, *apart, *description["kinds"]]),
        commands=target.commands(WRAPPER, dsp=dsp),
    )
    made = statistics(verilog + wrapper(description), script, cache)["netlist"]
    absorb_registers(made["modules"][WRAPPER])
    cells: dict[Place, Counter[str]] = {("", AROUND): Counter()}
    cells |= {(stage, part): Counter() for stage in places.stages for part in places.stage(stage)}
    for name, cell in made["modules"][WRAPPER]["cells"].items():
        cells[_place(name, places)][cell["type"]] += 1
    by_unit: dict[str, Counts] = {}
    for (stage, part), counts in cells.items():
        by_unit.setdefault(stage, {})[part] = target.count(counts)
    return Netlist(
        target=target,
        dsp=dsp,
        text=json.dumps(made),
        places=places,
        by_part=total(by_unit, [*places.parts, AROUND]),
        by_unit={unit: parts for unit, parts in by_unit.items() if unit},
    )


def part_of(cell: str, places: Places) -> str:
    """The part of a cell with this name in the netlist: one of the machine's, or `AROUND`."""
    return _place(cell, places)[1]


def _place(cell: str, places: Places) -> Place:
    top, *inside = cell.replace("\\", "").removeprefix("$flatten").split(".")
    return places.of(".".join(inside[:-1])) if top == INSTANCE else ("", AROUND)
