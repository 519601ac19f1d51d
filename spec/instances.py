"""Where the stages of a design, and their parts, are in its Verilog."""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.bus import input_conversion, output_conversion
from pascaline.spec.design import KINDS, Design
from pascaline.spec.stage import Part, Stage

__all__ = ["MACHINE", "Place", "instance", "joined", "part_names", "places"]

MACHINE = "machine"
"""The instance that is the machine, if it is on a bus; else it is the top."""


@dataclass(frozen=True)
class Place:
    """The stage and the part to which reports count an instance.

    Attributes
    ----------
    stage : str
        The name of its stage; empty for what is around the stages, and in a bare machine.
    part : str
        The part.
    """

    stage: str
    part: str


def joined(*paths: str) -> str:
    """A path of instances made of paths, each of which may be empty."""
    return ".".join(filter(None, paths))


def instance(design: Design, stage: Stage) -> str:
    """The path of a stage below the top; empty if it is the top."""
    return joined(_machine(design), "" if design.bare else stage.name)


def places(design: Design) -> dict[str, Place]:
    """The places of instances by their paths below the top, outer ones before what is in them.

    What is in an instance belongs to its place, except for instances that have one of their own.
    """
    found = {
        joined(path, inside): Place(name, part.name)
        for name, path, parts in _owners(design)
        for part in parts
        for inside in part.instances
    }
    return dict(sorted(found.items()))


def part_names(design: Design) -> list[str]:
    """The names of all parts that it has: of its stages in the order of `KINDS`, then others."""
    kinds = list(KINDS)
    ordered = sorted(design.stages, key=lambda stage: kinds.index(stage.kind))
    parts = [part for stage in ordered for part in stage.parts]
    parts += [part for _, _, around in _owners(design) for part in around]
    return list(dict.fromkeys(part.name for part in parts))


def _owners(design: Design) -> list[tuple[str, str, tuple[Part, ...]]]:
    """Names of stages, or nothing for what is around them, with their instances and parts."""
    bare = design.bare
    found = [
        ("" if bare else stage.name, instance(design, stage), stage.parts)
        for stage in design.stages
    ]
    if not bare:
        found.append(("", _machine(design), (Part("control", ("",)),)))
    if design.machine.on_bus:
        found.append(("", "", (_bus(design),)))
    return found


def _machine(design: Design) -> str:
    return MACHINE if design.machine.on_bus else ""


def _bus(design: Design) -> Part:
    """All of a machine on a bus but the machine itself."""
    loading = ("load_port",) if design.machine.home.loaded else ()
    parity = ("ending",) if design.machine.parity else ()
    states = ("states",) if design.machine.bus_states else ()
    conversions = {"converter_x": input_conversion, "converter_o": output_conversion}
    converters = [name for name, of in conversions.items() if of(design).needed]
    names = ("framing", "packets", "registers", "control", *loading, *parity, *states, *converters)
    return Part("bus", ("", *names))
