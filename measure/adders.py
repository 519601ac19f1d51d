"""Graphs of shared adders for random and trained matrices, beside those of other tools."""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.adders.optimise import Depth, least_depth, optimise
from pascaline.measure.wired import graph_luts, step_design, step_luts
from pascaline.models.catalogue import find_model
from pascaline.spec.cells.layer import Layer
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval
from pascaline.spec.operands import Matrix, met
from pascaline.spec.progress import Progress, silent

__all__ = ["DEPTHS", "KINDS", "PEERS", "compare_adders", "random_matrices", "step_rows"]

INPUTS = Interval.signed_bits(8)
"""Range of each element of a vector."""

Shape = tuple[int, int]
"""Inputs and outputs."""

Weights = NDArray[np.int64]

KINDS: dict[str, Callable[[np.random.Generator, Shape], Weights]] = {
    "binary": lambda random, shape: random.choice([-1, 1], shape),
    "ternary": lambda random, shape: random.integers(-1, 2, shape),
    "half": lambda random, shape: random.choice([-1, 0, 0, 1], shape),
}
"""Random matrices of inputs x outputs; ``half`` is ternary with half of its elements 0."""

STEP_KINDS = ("binary", "ternary")
"""Weights of LSTMs that are drawn."""

DEPTHS = ("any", "least")
"""Limits of adders in a row: none, and as few as the row with the most terms needs."""

PEERS = ("da4ml", "alkaid")
"""Packages that are run beside, where they are installed."""


LARGEST_SEED = (1 << 32) - 1

ADD, SUBTRACT = 0, 1
"""Codes of operations of peers."""


@dataclass(frozen=True)
class Case:
    """A matrix with a name.

    Attributes
    ----------
    name : str
        Of a model, or a kind and a shape.
    seed : int or None
        Of a random matrix.
    matrix : array of int64, shape (outputs, inputs)
        The matrix.
    """

    name: str
    seed: int | None
    matrix: Weights


def compare_adders(
    *,
    sizes: Collection[str] = (),
    kinds: Collection[str] = tuple(KINDS),
    seeds: Collection[int] = (0,),
    models: Collection[str] = (),
    depths: Collection[str] = DEPTHS,
    effort: float = 10.0,
    jobs: int = 1,
    peers: bool = False,
    yosys: str | None = None,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """Adders, bits and depth of graphs, with any depth and with the least.

    Parameters
    ----------
    sizes : collection of str
        Random matrices: inputs of as many outputs, or inputs x outputs as ``48x128``.
    kinds : collection of str
        Of `KINDS`.
    seeds : collection of int
        A matrix each.
    models : collection of str
        Shipped models or files, of which the matrices of all gates are taken: x and h together,
        of each direction, and of a decoder.
    depths : collection of str
        Of `DEPTHS`.
    effort : float
        Seconds of search for each graph; see `adders.optimise`.
    jobs : int
        Searches side by side.
    peers : bool
        Whether to run those of `PEERS` that are installed.
    yosys : str, optional
        The Yosys that synthesises our graphs, if that is wanted.
    progress : Progress
        Told how far it is.

    Returns
    -------
    list of dict
        ``name``, ``seed``, ``rows``, ``columns``, ``terms``, ``limit`` (``"free"`` or the least
        depth), ``tool``, ``adders``, ``bits`` of the adders for inputs of 8 bits, ``depth``,
        ``luts`` and ``carries`` as of `measure.wired.graph_luts` where there is something, and
        ``seconds`` of the search.

    Raises
    ------
    InputError
        If there is no such kind, depth or model, if a size or a seed is none, or if no peer is
        installed.
    """
    for depth in depths:
        if depth not in DEPTHS:
            raise InputError("--depths", f"must be some of {', '.join(DEPTHS)}", depth)
    cases = [
        *random_matrices(sizes, kinds, seeds),
        *(case for name in models for case in _trained(name)),
    ]
    tools: dict[str, Tool] = {"pascaline": partial(_own, effort=effort, jobs=jobs)}
    if peers:
        tools |= _installed()
    rows = []
    for case in cases:
        for depth in depths:
            least = depth == DEPTHS[1]
            for tool, run in tools.items():
                told = partial(_told, progress, f"{case.name}, {tool}")
                began = time.perf_counter()
                found = run(case.matrix, least, told)
                graph, taken = found.pop("graph", None), time.perf_counter() - began
                rows.append(_described(case, least) | {"tool": tool} | found)
                if graph is not None and yosys is not None:
                    told("synthesising", 0, 0)
                    ranges = [INPUTS] * case.matrix.shape[1]
                    rows[-1] |= graph_luts(graph, case.matrix, ranges, yosys)
                rows[-1]["seconds"] = round(taken, 1)
    return rows


def step_rows(
    step: str,
    *,
    kinds: Collection[str],
    activation: str,
    effort: int,
    pipelined: bool,
    yosys: str,
    progress: Progress = silent,
) -> list[dict[str, Any]]:
    """What LSTMs of drawn weights take that do a step in every cycle.

    Parameters
    ----------
    step : str
        Inputs x units.
    kinds : collection of str
        Of weights: ``binary``, ``ternary``.
    activation : str
        Form of functions, as `spec.activation.read_activation` takes it.
    effort : int
        Of the search for adders.
    pipelined : bool
        Whether the machines are pipelined.
    yosys : str
        The Yosys that is run.
    progress : Progress
        Told how far it is.

    Returns
    -------
    list of dict
        ``weights`` and what `measure.wired.step_luts` gives.

    Raises
    ------
    InputError
        If sizes, kinds or the form are none, or if Yosys is not there or fails.
    """
    inputs, hidden = _shape(step, "--step")
    for kind in kinds:
        if kind not in STEP_KINDS:
            raise InputError("--kinds", f"must be {' or '.join(STEP_KINDS)} with --step", kind)
    rows = []
    for kind in kinds:
        design = step_design(
            inputs, hidden, kind, activation=activation, effort=effort, pipelined=pipelined
        )
        rows.append({"weights": kind} | step_luts(design, yosys, progress))
    return rows


Tool = Callable[[Weights, bool, Progress], dict[str, Any]]
"""Gets a matrix, whether depth is to be the least, and a progress; gives adders, bits and depth,
and our own one its graph."""


def _described(case: Case, least: bool) -> dict[str, Any]:
    return {
        "name": case.name,
        "seed": case.seed,
        "rows": case.matrix.shape[0],
        "columns": case.matrix.shape[1],
        "terms": int(np.count_nonzero(case.matrix)),
        "limit": least_depth(case.matrix) if least else "free",
    }


def _told(progress: Progress, what: str, stage: str, done: int, total: int, note: str = "") -> None:
    progress(f"{what}: {stage}", done, total, note)


def random_matrices(
    sizes: Collection[str], kinds: Collection[str], seeds: Collection[int]
) -> list[Case]:
    """Random matrices of some sizes, kinds and seeds; see `compare_adders`."""
    for kind in kinds:
        if kind not in KINDS:
            raise InputError("--kinds", f"must be some of {', '.join(KINDS)}", kind)
    for seed in seeds:
        if not 0 <= seed <= LARGEST_SEED:
            raise InputError("--seeds", f"must be 0 to {LARGEST_SEED}", seed)
    return [
        Case(f"{kind} {size}", seed, KINDS[kind](np.random.default_rng(seed), _shape(size)).T)
        for size in sizes
        for kind in kinds
        for seed in seeds
    ]


def _shape(size: str, option: str = "--sizes") -> Shape:
    inputs, x, outputs = size.partition("x")
    try:
        shape = int(inputs), int(outputs if x else inputs)
    except ValueError:
        shape = 0, 0
    if not all(1 <= one <= 1024 for one in shape):
        raise InputError(option, "must be numbers of 1 to 1024, or two as 48x128", size)
    return shape


def _trained(name: str) -> list[Case]:
    model = find_model(name)
    parts: list[tuple[str, Layer, Mapping[str, Weights]]] = []
    for index, (layer, found) in enumerate(
        zip(model.network.layers, model.directions, strict=True)
    ):
        where = f"{name}, layer {index}" if len(model.directions) > 1 else name
        for side, one in zip(("", ", backward"), found, strict=False):
            parts.append((where + side, layer, one))
    if model.network.decoder is not None and model.decoder is not None:
        parts.append((f"{name}, decoder", model.network.decoder.layer, model.decoder.layer))
    cases = []
    for where, layer, tensors in parts:
        matrices = [met(tensors, one.name) for one in layer.operands if isinstance(one, Matrix)]
        if matrices:
            cases.append(Case(where, None, np.hstack(matrices)))
    return cases


def _own(
    matrix: Weights, least: bool, progress: Progress, *, effort: float, jobs: int
) -> dict[str, Any]:
    ranges = [INPUTS] * matrix.shape[1]
    depth: Depth = "least" if least else None
    graph = optimise(matrix, ranges, depth=depth, effort=effort, jobs=jobs, progress=progress)
    if not np.array_equal(graph.matrix(), matrix):
        raise AssertionError("a graph has another matrix")
    found = {"adders": graph.adders, "bits": graph.bits(ranges), "depth": graph.deepest}
    return found | {"graph": graph}


def _installed() -> dict[str, Tool]:
    found = {name: partial(_peer, name) for name in PEERS if importlib.util.find_spec(name)}
    if not found:
        raise InputError("--peers", f"needs one of {', '.join(PEERS)} (pip install da4ml alkaid)")
    return dict(found)


def _peer(name: str, matrix: Weights, least: bool, progress: Progress) -> dict[str, Any]:
    """Adders of a peer; numbers that it negates for outputs are not counted."""
    progress("solving", 0, 0)
    solver = importlib.import_module(f"{name}.cmvm")
    solve = getattr(solver, "solve", None) or solver.cmvm_solve
    ranges = [(float(INPUTS.lo), float(INPUTS.hi), 1.0)] * matrix.shape[1]
    kernel = matrix.T.astype(np.float32)
    made = solve(kernel, hard_dc=0 if least else -1, qintervals=ranges)
    parts = getattr(made, "solutions", made)
    adders = [op for part in parts for op in part.ops if op.opcode in (ADD, SUBTRACT)]
    widths = []
    for op in adders:
        low, high, step = op.qint
        widths.append(Interval(round(low / step), round(high / step)).width)
    depth = max((op.latency for op in adders), default=0)
    return {"adders": len(adders), "bits": sum(widths), "depth": round(depth)}
