"""The parts of a machine that are counted apart, by the names of the modules that make them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

__all__ = ["ALL", "JOINTS", "MACHINE", "PARTS", "Counts", "Place", "modules", "place_of", "total"]

PARTS = {
    "weight memory": ("weights",),
    "lanes": ("lanes",),
    "cell units": ("cells",),
    "vector memory": ("hidden", "inputs"),
    "head": ("outputs",),
    "control": ("sequencer", "state", "pointer"),
}
"""Parts of a core, and its submodules that make them; its own logic is control."""

JOINTS = {"sequence buffers": ("both", "merge"), "gather": ("gather",)}
"""What else a chain of cores has: these are parts, but for the head behind what is gathered."""

BUS = ("framing", "packets", "registers", "control", "load_port", "guard")
"""Submodules of a machine on a bus beside the machine itself; with the top's own logic, the bus."""

MACHINE = "machine"
"""The submodule in which the machine is, if it is on a bus."""

ALL = (*PARTS, *JOINTS, "bus")
"""All parts."""

UNIT = re.compile(r"((core|both|merge)_\d+|gather)(?![^_])")
"""A part of a chain: a core, or what is before or behind one."""

Place = tuple[str, str]
"""Where something is: in which part of the chain (empty in a design of one core), and a part of
`PARTS` or `JOINTS`."""

Counts = dict[str, dict[str, int]]
"""Columns of each part."""


def place_of(instances: Sequence[str]) -> Place:
    """The place of what is in these instances, the outermost below the top first."""
    unit, inside = "", list(instances)
    if inside and inside[0] in BUS:
        return "", "bus"
    if inside and inside[0] == MACHINE:
        inside.pop(0)
    if inside and UNIT.fullmatch(inside[0]):
        unit = inside.pop(0)
    submodule = inside[0] if inside else ""
    part = next((part for part, names in PARTS.items() if submodule in names), "control")
    kind = unit.partition("_")[0]
    joint = next((joint for joint, kinds in JOINTS.items() if kind in kinds), None)
    if joint is not None and part != "head":
        part = joint
    return unit, part


def modules(verilog: str, top: str) -> dict[str, Place]:
    """The modules that stay apart in synthesis, so that they can be counted, and their places."""
    submodules = {name for names in PARTS.values() for name in names}
    names = re.findall(rf"^module {top}_(\w+)", verilog, re.M)
    found: dict[str, Place] = {}
    shell = f"{MACHINE}_" if MACHINE in names else ""
    for name in names:
        if shell and (name == MACHINE or name in BUS):
            found[f"{top}_{name}"] = place_of([name])
            continue
        local = name.removeprefix(shell)
        unit = UNIT.match(local)
        instances = [unit[0]] if unit else []
        if inside := local[len(unit[0]) + 1 :] if unit else local:
            instances.append(inside)
        if inside in submodules or (unit and not inside):
            found[f"{top}_{name}"] = place_of(instances)
    return found


def total(by_unit: dict[str, Counts]) -> Counts:
    """Columns of each part, in all parts of a chain: `PARTS`, then what else there is."""
    counted: dict[str, Counter[str]] = {part: Counter() for part in PARTS}
    for part in JOINTS:
        if any(part in parts for parts in by_unit.values()):
            counted[part] = Counter()
    for parts in by_unit.values():
        for part, columns in parts.items():
            counted.setdefault(part, Counter()).update(columns)
    return {part: dict(columns) for part, columns in counted.items()}
