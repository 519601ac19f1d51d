"""Wrong packets on a bus, and whether all is right after each."""

from __future__ import annotations

from typing import Any

import numpy as np

from pascaline.measure.verilog import make_verilog
from pascaline.sim.flips import draw_flips, guarded
from pascaline.sim.job import Flip, Job
from pascaline.sim.runner import build, run
from pascaline.sim.simulators import simulator
from pascaline.sim.verilator import Verilator
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.progress import Progress, silent, stage_of
from pascaline.spec.synthetic import synthetic_model

__all__ = ["inject", "small_design"]

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


def inject(
    design: Design,
    count: int,
    *,
    sim: str = "verilator",
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Inject faults of each kind into a machine on a bus, right packets around each.

    Parameters
    ----------
    design : Design
        The design.
    count : int
        Faults of each kind.
    sim : str
        Name of the simulator.
    seed : int
        Of all that is random.
    progress : Progress
        Told how many faults are injected.

    Returns
    -------
    dict
        How many were ``injected`` and ``recovered`` of each kind, how many values were compared,
        and ``faults``, a line each.

    Raises
    ------
    InputError
        If the machine is not on a bus, or a tool is missing or fails.
    """
    if not design.machine.on_bus:
        raise InputError("--ports", "must be axi or wishbone", "stream")
    tool = simulator(sim)
    verilog = make_verilog(design, progress).text
    flips: tuple[Flip, ...] = ()
    if design.machine.parity:
        memories = guarded(verilog, design.name)
        flips = draw_flips(memories, count, 1, seed)
        tool = Verilator(memories=True) if sim == Verilator.name else tool
    progress(f"building {design.name} for {tool.name}", 0, 0)
    folder = build(verilog, design.name, tool, build_folder() / "sim")
    job = Job(
        design=design,
        episodes=(),
        seed=seed,
        faults=count,
        others=(_another(design),) if design.machine.home.loaded else (),
        flips=flips,
    )
    told = stage_of(progress, f"injecting {count} faults of each kind")
    outcome = run(job, folder, design.name, tool, progress=told)
    return {
        "model": design.model.name,
        "machine": design.machine.model_dump(mode="json"),
        "simulator": sim,
        "seed": seed,
        "injected": outcome.injected,
        "recovered": outcome.recovered,
        "values": outcome.values,
        "mismatches": outcome.mismatches,
        "faults": outcome.faults,
        "good": outcome.good,
    }


def small_design(options: dict[str, Any]) -> Design:
    """`SMALL` on `MACHINE`, with the parameters that are not ``None``."""
    chosen = {key: value for key, value in options.items() if value is not None}
    network = Network.parse(SMALL, thing="network")
    model = synthetic_model("small", network, np.random.default_rng(0))
    return Design(model=model, machine=Machine.parse(MACHINE | chosen, thing="machine"))


def _another(design: Design) -> Model:
    """A model of the same shape."""
    return synthetic_model("another", design.network, np.random.default_rng(1))
