"""``bench peers``: networks that other generators were measured with, on machines of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import click

from pascaline.cli.catalogue import find_model
from pascaline.cli.console import json_option, print_json, table
from pascaline.cli.report import make_report
from pascaline.cli.simulate import run_design, take_samples
from pascaline.sim.job import Episode, Job, Outcome, Sequence
from pascaline.sim.simulators import simulator
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.machine import Machine
from pascaline.synth.targets import target

__all__ = ["peers"]


@dataclass(frozen=True)
class Peer:
    """What was measured of another generator.

    Attributes
    ----------
    name : str
        The generator.
    config : str
        Our configuration of the network.
    cycles : int
        Cycles a step.
    luts, multipliers : int or None
        On Xilinx 7, by Yosys; None where no open tool reads what is generated.
    exact : str
        How many results were bit by bit those of its own model.
    fast : dict
        Parameters of a second machine of ours.
    """

    name: str
    config: str
    cycles: int
    luts: int | None
    multipliers: int | None
    exact: str
    fast: dict[str, Any] = field(default_factory=dict)


PEERS = (
    Peer(
        name="elastic-ai.creator 0.68, fixed point",
        config="peer-1x20",
        cycles=916,
        luts=817,
        multipliers=8,
        exact="9 of 17",
        fast={"units": 4, "simd": 4, "lane": "pairs"},
    ),
    Peer(
        name="elastic-ai.creator 0.68, integer, unrolled by 4",
        config="peer-16x32",
        cycles=856,
        luts=None,
        multipliers=None,
        exact="142 of 160",
        fast={"units": 4, "simd": 8, "lane": "pairs"},
    ),
    Peer(
        name="NNgen 1.3.4, 8 x 4 products a cycle",
        config="peer-128x128",
        cycles=1834,
        luts=None,
        multipliers=None,
        exact="all",
    ),
)


@click.command()
@click.option("--samples", type=click.IntRange(min=1), default=50, show_default=True)
@json_option
def peers(*, samples: int, as_json: bool) -> None:
    """Cycles, LUTs and exactness beside those of other generators, for the same networks.

    Ours are the cycles of a step that a simulation in Verilator confirms, Yosys' LUTs for Xilinx 7
    without DSP blocks, and output values equal to the golden model's. The others' numbers are
    from docs/peers.md.
    """
    rows: list[dict[str, Any]] = []
    for peer in PEERS:
        model, machine = find_model(peer.config), configs()[peer.config].machine
        machines = [machine]
        if peer.fast:
            machines.append(Machine.parse(peer.fast, thing="machine"))
        for chosen in machines:
            design = Design(model=model, machine=chosen)
            made = make_report(design, target("xilinx"))
            outcome = _simulate(design, samples)
            rows.append(
                {
                    "network": peer.config.removeprefix("peer-"),
                    "machine": f"{chosen.units} x {chosen.simd}, {chosen.cell_unit}",
                    "cycles": cycles.step_cycles(design),
                    "luts": made.area["luts"],
                    "multipliers": made.area["multipliers"],
                    "exact": f"{outcome.values - outcome.mismatches:,} of {outcome.values:,}",
                    "faults": outcome.faults,
                    "peer": peer.name,
                    "peer_cycles": peer.cycles,
                    "peer_luts": peer.luts,
                    "peer_multipliers": peer.multipliers,
                    "peer_exact": peer.exact,
                }
            )
    if as_json:
        print_json({"machines": rows, "tool_version": made.tool_version})
        return
    keys = [key for key in rows[0] if key != "faults"]
    cells = [["-" if row[key] is None else row[key] for key in keys] for row in rows]
    table("Other generators", [key.replace("_", " ") for key in keys], cells)


def _simulate(design: Design, samples: int) -> Outcome:
    """Random sequences in Verilator; raises nothing, the outcome has its faults."""
    chosen = take_samples(design.model, samples, 0, None)
    sequences = tuple(Sequence(x=x) for x in chosen.sequences)
    episode = Episode(sequences=sequences)
    job = Job(model=design.model, machine=design.machine, episodes=(episode,))
    return run_design(design, simulator("verilator"), job)[1]
