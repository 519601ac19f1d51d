# amaranth: UnusedElaboratable=no
"""Weights that are wires, in LUTs of one family: a graph of adders, and a whole step of an LSTM."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.adders.graph import Graph
from pascaline.hdl.wired.parallel import ParallelGraph
from pascaline.measure.verilog import make_verilog
from pascaline.spec import cycles
from pascaline.spec.activation import read_activation
from pascaline.spec.design import Design
from pascaline.spec.folders import build_folder
from pascaline.spec.formats import Interval
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.progress import Progress, silent
from pascaline.spec.synthetic import synthetic_model
from pascaline.synth.targets import TARGETS
from pascaline.synth.yosys import YOSYS, statistics

__all__ = ["graph_luts", "step_design", "step_luts"]

TARGET = TARGETS["xilinx"]

# Registers may start unknown, so that one that only ever has a constant is none.
FLAT = """
read_verilog design.v
hierarchy -check -top {top}
proc
setattr -unset init w:*
{commands} -flatten
tee -o cells.json stat -json
"""

RAM_LUTS = {"RAM32M": 4, "RAM64M": 4, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4}
"""LUTs that a memory takes; one of `SRL16E` and of `SRLC32E`."""

FORMATS: dict[str, Any] = {
    "h": {"width": 8, "frac": 7},
    "pre": {"width": 8, "frac": 5},
    "sigmoid": {"width": 7, "frac": 7, "signed": False},
    "tanh": {"width": 8, "frac": 7},
    "cell": {"width": 10, "frac": 7},
    "normaliser": {"scale_width": 4, "bias_width": 12, "shift": 3},
}
"""Values of 8 bits, and a cell that goes to 4."""

STREAMS = 16


def graph_luts(
    graph: Graph, matrix: NDArray[np.int64], ranges: list[Interval], program: str = YOSYS
) -> dict[str, int]:
    """LUTs and carries of a graph without registers.

    Parameters
    ----------
    graph : Graph
        The graph.
    matrix : array of int64, shape (outputs, inputs)
        Its matrix.
    ranges : list of Interval
        Of the inputs.
    program : str
        The Yosys that is run.

    Returns
    -------
    dict
        ``luts`` and ``carries`` of Xilinx 7 series, flat.

    Raises
    ------
    InputError
        If Yosys is not there or fails.
    """
    low = np.array([one.lo for one in ranges])
    high = np.array([one.hi for one in ranges])
    plus, minus = np.maximum(matrix, 0), np.minimum(matrix, 0)
    ends = zip(plus @ low + minus @ high, plus @ high + minus @ low, strict=True)
    rows = [Interval(int(lo), int(hi)) for lo, hi in ends]
    text = f"module top{ParallelGraph(graph, ranges, rows, 0).verilog()}"
    found = _cells(text, "top", program)
    return {name: found[name] for name in ("luts", "carries")}


def step_design(
    inputs: int, hidden: int, weights: str, *, activation: str, effort: int, pipelined: bool = False
) -> Design:
    """An LSTM with drawn weights that takes a step of one of its streams in every cycle.

    Scales are 1, biases numbers of the pre-activations' units.
    """
    form = read_activation(activation, thing="activation").model_dump()
    layer = {"kind": "lstm", "hidden": hidden, "weights": weights, "activation": form} | FORMATS
    described = {"inputs": inputs, "x": FORMATS["h"], "layers": [layer], "results": "every"}
    network = Network.parse(json.dumps(described), thing="step")
    drawn = synthetic_model("step", network, np.random.default_rng(0), shared_scale=True)
    unit = 1 << FORMATS["normaliser"]["shift"]
    tensors = {}
    for name, values in drawn.tensors.items():
        if ".scale" in name:
            values = np.ones_like(values)
        tensors[name] = values // unit * unit if name.endswith("bias") else values
    width = max(inputs, hidden)
    machine = Machine(
        weights="wired",
        effort=effort,
        multipliers="adders",
        simd=hidden * -(-width // hidden),
        cell_units=hidden,
        streams=2 * STREAMS if pipelined else STREAMS,
        operand_registers=1,
        tree_registers=3 if pipelined else 0,
        pipelined=pipelined,
    )
    return Design(model=Model(name="step", network=network, tensors=tensors), machine=machine)


def step_luts(design: Design, program: str = YOSYS, progress: Progress = silent) -> dict[str, Any]:
    """What a whole machine takes: its memories, streams and control with it.

    Returns
    -------
    dict
        ``cycles`` a step, ``streams``, ``luts`` of logic, ``ram_luts`` of memories and delays,
        ``carries``, ``flip_flops``, ``block_rams``.
    """
    verilog = make_verilog(design, progress)
    progress(f"synthesising {design.name} for {TARGET.title} (many minutes)", 0, 0)
    found = _cells(verilog.text, design.name, program)
    return {"cycles": cycles.step_cycles(design), "streams": design.machine.streams} | found


def _cells(text: str, top: str, program: str) -> dict[str, int]:
    commands = TARGET.script.format(top=top, dsp=TARGET.dsp_options[0])
    script = FLAT.format(top=top, commands=commands)
    made = statistics(text, script, build_folder() / "synth", program=program)
    modules = made["cells"]["modules"]
    cells = {name: int(n) for name, n in modules[f"\\{top}"]["num_cells_by_type"].items()}
    area = TARGET.count(cells)
    rams = sum(RAM_LUTS.get(name, 0) * n for name, n in cells.items())
    shifts = sum(n for name, n in cells.items() if name.startswith("SRL"))
    names = ("luts", "carries", "flip_flops", "block_rams")
    return {name: area[name] for name in names} | {"ram_luts": rams + shifts}
