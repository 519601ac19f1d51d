"""Paths through a machine that is placed and routed, as nextpnr's report tells them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pascaline.synth.netlist import part_of
from pascaline.synth.parts import Places
from pascaline.synth.wrapper import INSTANCE

__all__ = ["CriticalPath", "critical_path", "slowest"]

TYPES = re.compile(r"(_(TRELLIS|SB|LUT4|CCU2C|PFUMX|L6MUX21|DP16KD|MULT18X18D)\w*)?(\$.*)?$")
"""What follows a name in Yosys' names of cells."""


@dataclass(frozen=True, kw_only=True)
class CriticalPath:
    """The slowest path from a register to a register.

    Attributes
    ----------
    start, end : str
        Cells in the machine, as nextpnr names them: instances, dots between them, and a name
        after a register or a signal near it.
    part : str
        The part in which it ends, see `synth.netlist.part_of`.
    through : list of str
        The instances that it goes through, in this order; the top itself is ``top``.
    length_ns, logic_ns, routing_ns : float
        The whole, and its two shares; clock to output and setup count as logic.
    """

    start: str
    end: str
    part: str
    through: list[str]
    length_ns: float
    logic_ns: float
    routing_ns: float


def critical_path(paths: list[dict[str, Any]], places: Places) -> CriticalPath:
    """The one of nextpnr's ``critical_paths`` from clock to clock; others have a pin in them."""
    steps = next(path["path"] for path in paths if path["from"] == path["to"])
    through: list[str] = []
    for step in steps:
        instance = _inside(step["to"]["cell"]).rpartition(".")[0] or "top"
        if through[-1:] != [instance]:
            through.append(instance)
    delays = {"logic": 0.0, "routing": 0.0}
    for step in steps:
        delays["routing" if step["type"] == "routing" else "logic"] += step["delay"]
    return CriticalPath(
        start=_inside(steps[0]["from"]["cell"]),
        end=_inside(steps[-1]["to"]["cell"]),
        part=part_of(steps[-1]["to"]["cell"], places),
        through=through,
        length_ns=round(sum(delays.values()), 3),
        logic_ns=round(delays["logic"], 3),
        routing_ns=round(delays["routing"], 3),
    )


def slowest(nets: list[dict[str, Any]], count: int = 10) -> dict[str, float]:
    """Where the slowest paths end, slowest first, and how long each is in ns.

    Instances, registers and bits that differ in a number alone are one entry, with ``N`` for the
    number, so that the list goes on with what would be critical if the first ones were faster.

    Parameters
    ----------
    nets : list of dict
        nextpnr's ``detailed_net_timings``.
    count : int
        How many entries.
    """
    lengths: dict[str, float] = {}
    for net in nets:
        for end in net["endpoints"]:
            if net["event"].startswith("posedge") and end["event"] == net["event"]:
                name = re.sub(r"\d+", "N", _inside(end["cell"]))
                lengths[name] = max(lengths.get(name, 0.0), *end["delay"])
    ranked = sorted(lengths.items(), key=lambda entry: (-entry[1], entry[0]))
    return {name: round(length, 3) for name, length in ranked[:count]}


def _inside(cell: str) -> str:
    """A cell's name in the machine, without the types of cells that Yosys adds to it."""
    name = cell.replace("\\", "").removeprefix("$flatten").removeprefix(f"{INSTANCE}.")
    return TYPES.sub("", name)
