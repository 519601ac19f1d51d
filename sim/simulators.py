"""The simulators by name."""

from __future__ import annotations

from pascaline.sim.icarus import Icarus
from pascaline.sim.simulator import Simulator
from pascaline.sim.verilator import Verilator
from pascaline.spec.errors import InputError

__all__ = ["SIMULATORS", "simulator"]

SIMULATORS: dict[str, Simulator] = {known.name: known for known in (Verilator(), Icarus())}
"""The simulators by name."""


def simulator(name: str) -> Simulator:
    """The simulator of that name, if it is installed."""
    if name not in SIMULATORS:
        raise InputError("simulator", f"must be one of {', '.join(SIMULATORS)}", name)
    found = SIMULATORS[name]
    found.check()
    return found
