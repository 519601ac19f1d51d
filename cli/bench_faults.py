"""``bench faults``: wrong packets on a bus, and whether all is right after each."""

from __future__ import annotations

import sys
from typing import Any

import click
import numpy as np

from pascaline.cli.catalogue import find_design, machine_options, target_option
from pascaline.cli.console import bar, json_option, print_json, spinner, table
from pascaline.cli.generate import make_verilog
from pascaline.sim.flips import draw_flips, guarded
from pascaline.sim.job import Flip, Job
from pascaline.sim.runner import build, run
from pascaline.sim.simulators import SIMULATORS, Verilator, simulator
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.synthetic import synthetic_model

__all__ = ["faults"]


SMALL = {
    "inputs": 3,
    "layers": ({"hidden": 3, "weights": "ternary"},),
    "x": {"width": 10, "frac": 8, "signed": True},
    "results": "every",
}
"""A network of which every fault can be had."""

MACHINE = {
    "units": 2,
    "simd": 2,
    "streams": 3,
    "ports": "axi",
    "longest": 6,
    "weights": "ram",
    "parity": True,
}
"""The same of machines."""


@click.command()
@click.argument("model", required=False)
@click.option("--count", type=click.IntRange(min=1), default=100, show_default=True)
@click.option("--sim", type=click.Choice(list(SIMULATORS)), default="verilator", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@target_option
@machine_options
@json_option
def faults(
    model: str | None,
    *,
    count: int,
    sim: str,
    seed: int,
    target: str,
    as_json: bool,
    **machine: Any,
) -> None:
    """Inject COUNT faults of each kind into a MODEL on a bus, right packets around each.

    A packet that is cut or too long, has an unknown TID, comes before the machine is enabled or
    while weights are loaded, or has a number out of range; a wrong image of weights; a bit of a
    memory that changes; and a reset in any cycle. Of each, the registers must tell, nothing may
    come out, and the next packet must have the right results, bit by bit (after a bit that has
    changed: after a reset). Without MODEL, on a small network whose inputs leave room in their
    bytes for numbers that are out of range, on a machine with --weights ram --parity.
    """
    design = _small(machine) if model is None else find_design(model, machine, target)
    if not design.machine.on_bus:
        raise InputError("--ports", "must be axi or wishbone", "stream")
    tool = simulator(sim)
    flips: tuple[Flip, ...] = ()
    if design.machine.parity:
        memories = guarded(make_verilog(design).text, design.name)
        flips = draw_flips(memories, count, 1, seed)
        tool = Verilator(memories=True) if sim == Verilator.name else tool
    verilog, *_ = make_verilog(design).write(build_folder() / "verilog")
    with spinner(f"building {design.name} for {tool.name}"):
        folder = build(verilog, design.name, tool, build_folder() / "sim")
    job = Job(
        model=design.model,
        machine=design.machine,
        episodes=(),
        seed=seed,
        faults=count,
        others=(_another(design),) if design.machine.home.loaded else (),
        flips=flips,
    )
    with bar(f"injecting {count} faults of each kind") as progress:
        outcome = run(job, folder, design.name, tool, progress=progress)
    result = {
        "model": design.model.name,
        "machine": design.machine.model_dump(mode="json"),
        "simulator": sim,
        "seed": seed,
        "injected": outcome.injected,
        "recovered": outcome.recovered,
        "values": outcome.values,
        "mismatches": outcome.mismatches,
        "faults": outcome.faults,
    }
    if as_json:
        print_json(result)
    else:
        rows = [[kind, n, outcome.recovered[kind]] for kind, n in outcome.injected.items()]
        compared = f"{outcome.values:,} values compared, {outcome.mismatches} mismatches"
        title = f"Faults on {design.machine.ports}, {design.name} in {sim}: {compared}"
        table(title, ["fault", "injected", "recovered"], rows)
    for fault in outcome.faults:
        click.echo(fault, err=True)
    sys.exit(0 if outcome.good else 1)


def _small(options: dict[str, Any]) -> Design:
    """`SMALL` on `MACHINE`, with the options that are given."""
    chosen = {key: value for key, value in options.items() if value is not None}
    network = Network.parse(SMALL, thing="network")
    model = synthetic_model("small", network, np.random.default_rng(0))
    return Design(model=model, machine=Machine.parse(MACHINE | chosen, thing="machine"))


def _another(design: Design) -> Model:
    """A model of the same shape."""
    return synthetic_model("another", design.network, np.random.default_rng(1))
