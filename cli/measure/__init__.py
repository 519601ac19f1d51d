"""``measure``: the measurements that the documentation quotes, each one command."""

from __future__ import annotations

import click

from pascaline.cli.lazy import LazyGroup

__all__ = ["measure"]

AT = "pascaline.cli.measure"

COMMANDS = {
    "activations": (f"{AT}.activations:activations", "Area and errors of activation functions."),
    "adders": (f"{AT}.adders:adders", "Adders of constant matrices that share sums."),
    "arithmetics": (f"{AT}.arithmetics:arithmetics", "Area with weights of several arithmetics."),
    "attention": (f"{AT}.attention:attention", "Cycles, area and errors of attention."),
    "baselines": (f"{AT}.baselines:baselines", "Synthesise and compare with committed numbers."),
    "combinations": (f"{AT}.combinations:combinations", "Simulate every cell x arithmetic."),
    "faults": (f"{AT}.faults:faults", "Inject faults into a machine on a bus."),
    "flips": (f"{AT}.flips:flips", "Flip bits of memories that have parity."),
    "golden": (f"{AT}.golden:golden", "Time the golden model beside PyTorch."),
    "lane-designs": (f"{AT}.lane_designs:lane_designs", "Cost of an operation by lane design."),
    "lanes": (f"{AT}.lanes:lanes", "Time and text that Verilog takes."),
    "lint": (f"{AT}.lint:lint", "Let other tools read the Verilog."),
    "loading": (f"{AT}.loading:loading", "Cost of loadable weights and of parity."),
    "norms": (f"{AT}.norms:norms", "Cycles and area of layer norm."),
    "paper": (f"{AT}.paper:paper", "Area of the paper's design points."),
    "peers": (f"{AT}.peers:peers", "Cycles and LUTs beside other generators."),
    "ports": (f"{AT}.ports:ports_", "Cost of AXI and Wishbone."),
    "precision": (f"{AT}.precision:precision", "Train with weights of every kind and compare."),
    "serial-adders": (f"{AT}.serial_adders:serial_adders", "Cells of products bit by bit."),
    "simulators": (f"{AT}.simulators:simulators", "Time Verilator and Icarus."),
    "states": (f"{AT}.states:states_", "Fewest bits of the state of a linear network."),
    "training": (f"{AT}.training:training", "Time a fused training step."),
    "transforms": (f"{AT}.transforms:transforms", "Adders and area of a transform of h."),
}
"""Where each command is, and its line in the help."""


@click.group(cls=LazyGroup, lazy=COMMANDS)
def measure() -> None:
    """Measure what the documentation quotes."""
