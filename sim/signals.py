"""Which signals of a machine a waveform viewer shows at first, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.sim.hierarchy import Hierarchy, Net
from pascaline.spec.design import Design
from pascaline.spec.instances import instance, joined

__all__ = ["BUS", "NUMBERS", "Part", "parts"]

BUS = {
    "packets in": "aclk aresetn s_axis_tvalid s_axis_tready s_axis_tdata s_axis_tlast s_axis_tid",
    "packets out": "m_axis_tvalid m_axis_tready m_axis_tdata m_axis_tlast m_axis_tid irq",
}
"""What a machine on a bus shows first, before its stages."""

NUMBERS = frozenset(
    "chunk weight h_wait_0_0 reserved left slot level row best_row"
    " write__chunk write__slot read_0__chunk read_1__chunk".split()
)
"""Nets that count; what is negative at times is marked as signed in the Verilog."""


@dataclass(frozen=True)
class Part:
    """A part of a machine.

    Attributes
    ----------
    title : str
        Its name.
    nets : list of tuple
        What it shows, and how: ``signed`` or ``unsigned`` numbers, ``hex``, ``ascii`` for text, or
        ``real`` for what is a real number already.
    """

    title: str
    nets: list[tuple[Net, str]]


def parts(design: Design, hierarchy: Hierarchy) -> list[Part]:
    """What is shown of a design, stage by stage; each part has at least one net."""
    wanted: list[tuple[str, str, dict[str, str]]] = []
    if design.machine.on_bus:
        wanted += [(title, "", {"": names}) for title, names in BUS.items()]
    for stage in design.stages:
        path, name = instance(design, stage), "" if design.bare else stage.name.replace("_", " ")
        for title, instances in stage.views.items():
            wanted.append((": ".join(filter(None, (name, title))), path, instances))
    found = []
    for title, path, instances in wanted:
        nets = [
            (net, _format(name, net))
            for inside, names in instances.items()
            for name in names.split()
            if (net := hierarchy.net(joined(path, inside), name)) is not None
        ]
        if nets:
            found.append(Part(title, nets))
    return found


def _format(name: str, net: Net) -> str:
    if net.signed:
        return "signed"
    return "unsigned" if name in NUMBERS and net.width > 1 else "hex"
