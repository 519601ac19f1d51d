"""Networks that other generators were measured with, on machines of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pascaline.measure.samples import take_samples
from pascaline.measure.simulation import run_design
from pascaline.measure.synthesis import make_report
from pascaline.models.catalogue import find_model
from pascaline.sim.job import Episode, Job, Outcome, Sequence
from pascaline.sim.simulators import simulator
from pascaline.spec import cycles
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.machine import Machine
from pascaline.spec.progress import Progress, each, silent
from pascaline.synth.targets import target

__all__ = ["compare_peers"]


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


def compare_peers(samples: int, progress: Progress = silent) -> dict[str, Any]:
    """Cycles, LUTs and exactness beside those of other generators, for the same networks.

    Parameters
    ----------
    samples : int
        Random sequences that are simulated of each.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        ``machines``, a dict each, and ``tool_version``.
    """
    rows: list[dict[str, Any]] = []
    for peer in each(PEERS, progress, "networks"):
        model, machine = find_model(peer.config), configs()[peer.config].machine
        machines = [machine]
        if peer.fast:
            machines.append(Machine.parse(peer.fast, thing="machine"))
        for chosen in machines:
            design = Design(model=model, machine=chosen)
            made = make_report(design, target("xilinx"), progress=progress)
            outcome = _simulate(design, samples, progress)
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
    return {"machines": rows, "tool_version": made.tool_version}


def _simulate(design: Design, samples: int, progress: Progress) -> Outcome:
    """Random sequences in Verilator; raises nothing, the outcome has its faults."""
    chosen = take_samples(design, samples, 0, None)
    sequences = tuple(Sequence(x=x) for x in chosen.sequences)
    episode = Episode(sequences=sequences)
    job = Job(design=design, episodes=(episode,))
    return run_design(design, simulator("verilator"), job, progress=progress)[1]
