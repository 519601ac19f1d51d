"""What layer norm takes: cycles of a step with one stream and more, and area beside cell units."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from pascaline.measure.alone import component_price
from pascaline.spec.core import Core
from pascaline.spec.cycles import step_cycles
from pascaline.spec.design import Design
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network
from pascaline.spec.progress import Progress, each, silent
from pascaline.spec.synthetic import synthetic_model
from pascaline.synth.targets import Target

__all__ = ["SPREADS", "compare_norms"]

STREAMS = (1, 2)
"""What hides it in each step; with that of the cell, a third stream."""

SPREADS = ("none", "mad", "rms")
"""Without layer norm, and with it in both forms."""


def compare_norms(
    hidden: int,
    *,
    inputs: int,
    cell: str,
    weights: str = "ternary",
    units: int = 16,
    simd: int = 16,
    cell_units: int | None = None,
    pipelined: bool = False,
    normalise_cell: bool = False,
    found: Target | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """A layer without layer norm, with the mean absolute deviation, with the root mean square.

    Cycles are those of a step in the middle of long sequences. Area is without memories: of
    `hdl.norm.norm.LayerNorm`, and of the cell units with their scales and biases in a RAM, so that
    it does not depend on their values.

    Parameters
    ----------
    hidden, inputs : int
        Units of the layer, and elements of its input.
    cell, weights : str
        Its cell, in its usual form, and the arithmetic of its weights.
    units, simd, cell_units, pipelined
        As of `spec.machine.Machine`.
    normalise_cell : bool
        Whether layer norm is on the cell, too; the area of that is with the units behind it.
    found : Target, optional
        What they are synthesised for.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        ``norms``, a dict each; with a target also the ``unit`` of areas.

    Raises
    ------
    InputError
        If there is no such network or machine, or a tool is missing.
    """
    machine: dict[str, Any] = {"units": units, "simd": simd, "weights": "ram"}
    machine |= {"pipelined": pipelined, "cell_units": cell_units}
    counts = (*STREAMS, STREAMS[-1] + 1) if normalise_cell else STREAMS
    result: dict[str, Any] = {"hidden": hidden, "inputs": inputs, "machine": machine}
    if found is not None:
        result |= {"target": found.name, "unit": found.unit}
    rows = []
    for spread in each(SPREADS, progress, "spreads"):
        layer: dict[str, Any] = {"kind": cell, "hidden": hidden, "weights": weights}
        if spread != "none":
            layer["normaliser"] = {"kind": "layernorm", "spread": spread}
            layer |= {"cell_affine": layer["normaliser"]} if normalise_cell else {}
        described = json.dumps({"inputs": inputs, "layers": [layer]})
        network = Network.parse(described, thing="--hidden, --inputs, --cell, --weights")
        model = synthetic_model("norm", network, np.random.default_rng(0))
        designs = [
            Design(
                model=model,
                machine=Machine.parse(machine | {"streams": streams}, thing="machine"),
            )
            for streams in counts
        ]
        [core] = designs[0].cores
        steps = {n: step_cycles(one) for n, one in zip(counts, designs, strict=True)}
        row: dict[str, Any] = {"spread": spread, "step_cycles": steps}
        row["cell_units"] = core.cell_units
        if core.norm is not None:
            row |= {"cycles": core.norm.cycles, "latency": core.norm.front}
            row["buffer_bits"] = 2 * core.norm.groups * core.drain.front * _bits(core)
        if found is not None:
            row |= _areas(core, spread, found, progress)
        rows.append(row)
    return result | {"norms": rows}


def _bits(core: Core) -> int:
    """Of the sums of a gate row."""
    return sum(sums.width for sums in core.lane_sums)


def _areas(core: Core, spread: str, found: Target, progress: Progress) -> dict[str, Any]:
    from pascaline.hdl.core import cell_units, finishing
    from pascaline.hdl.norm.norm import LayerNorm

    cells = component_price(cell_units(core), f"cell units, {spread}", found, progress)
    if core.norm is None:
        return {"cell_area": round(cells)}
    norm = component_price(LayerNorm(core.sums_program), f"layer norm, {spread}", found, progress)
    areas = {"cell_area": round(cells), "area": round(norm), "part": round(norm / cells, 3)}
    if core.state_norm is not None:
        behind = component_price(finishing(core), f"of the cell, {spread}", found, progress)
        areas["finish_area"] = round(behind)
    return areas
