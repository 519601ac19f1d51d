"""Which signals of a machine a waveform viewer shows at first, part by part."""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.sim.hierarchy import Hierarchy, Net

__all__ = ["BUS", "CHAIN", "PARTS", "Part", "parts"]

PARTS = {
    "inputs": {
        "": "clk rst i_x__valid i_x__ready i_x__payload"
        " i_state__valid i_state__ready i_state__payload",
        "inputs": "full bank chunk",
    },
    "control": {
        "sequencer": "running starting quiet waits h_wait_0_0 read from_h chunk bank weight split"
        " load first_tile last_tile token reserved load_state dump_state",
    },
    "lanes": {
        "": "operands_0 operands_1 codes split load",
        "lanes": "shift loaded",
        "lanes.lane_0": "clear split load tree_0_0 total accumulator second shift sums",
    },
    "cell units": {
        "cells": "loaded busy left write flags",
        "cells.unit_0": "sums i_pre f_pre g_pre o_pre r_pre z_pre q_pre p_pre old fc ig rq new u"
        " difference product h_next",
    },
    "hidden memory": {
        "hidden": "write__en write__bank write__chunk write__slot write__data"
        " read_0__bank read_0__chunk read_0__data read_1__bank read_1__chunk read_1__data",
    },
    "head": {
        "outputs": "job_valid job",
        "outputs.queue": "level",
        "outputs.reader": "held chunk slot elements load left sum done",
        "outputs.reader.lanes.lane_0": "accumulator sums",
        "outputs.reader.rows": "value stage_1",
        "outputs.reader.argmax": "row best best_row better",
    },
    "results": {
        "": "o__valid o__ready o__payload o_state__valid o_state__ready o_state__payload",
    },
}
"""Parts of a core: instances below it, and names of nets in them.

Of lanes and of cell units the first one is shown. A machine has what its parameters ask for: what
it has not is left out.
"""

CHAIN = {
    "both": "i_x__valid i_x__ready i_x__payload writing reading chunk backward o__payload o__ready",
    "merge": "i_x__valid i_x__ready i_x__payload writing reading chunk second o__payload o__ready",
    "gather": "i_x__valid i_x__ready i_x__payload chunk reserved whole",
}
"""The same for what stands between the cores of a chain."""

MOST = 8
"""Cores of a chain."""

BUS = {
    "packets in": "aclk aresetn s_axis_tvalid s_axis_tready s_axis_tdata s_axis_tlast s_axis_tid",
    "packets out": "m_axis_tvalid m_axis_tready m_axis_tdata m_axis_tlast m_axis_tid irq",
}
"""What a machine on a bus shows first; the instance ``machine`` is all the rest."""

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
        What it shows, and how: ``signed`` or ``unsigned`` numbers, or ``hex``.
    """

    title: str
    nets: list[tuple[Net, str]]


def parts(hierarchy: Hierarchy) -> list[Part]:
    """The parts of a machine with the nets that it has, each with at least one."""
    alone = {title: dict(instances) for title, instances in PARTS.items()}
    chain: dict[str, dict[str, str]] = {}
    for number in range(MOST):
        core = f"core_{number}"
        for title, instances in PARTS.items():
            below = {f"{core}.{name}" if name else core: nets for name, nets in instances.items()}
            chain[f"core {number}: {title}"] = below
        for name in ("both", "merge"):
            chain[f"{name} {number}"] = {f"{name}_{number}": CHAIN[name]}
    chain["gather"] = {"gather": CHAIN["gather"]}
    wanted = alone | chain
    if hierarchy.net("machine", "clk") is not None:
        wanted = {title: {"": names} for title, names in BUS.items()} | {
            title: {f"machine.{part}".rstrip("."): names for part, names in instances.items()}
            for title, instances in wanted.items()
        }
    found = []
    for title, instances in wanted.items():
        nets = [
            (net, _format(name, net))
            for instance, names in instances.items()
            for name in names.split()
            if (net := hierarchy.net(instance, name)) is not None
        ]
        if nets:
            found.append(Part(title, nets))
    return found


def _format(name: str, net: Net) -> str:
    if net.signed:
        return "signed"
    return "unsigned" if name in NUMBERS and net.width > 1 else "hex"
