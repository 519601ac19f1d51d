"""The search for a graph: starts, moves, and the best that has been found, which is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pascaline.adders.graph import Graph
from pascaline.adders.greedy import shared
from pascaline.adders.kernels import SOURCE, Search, available
from pascaline.adders.start import plain, subsets
from pascaline.adders.sums import Sums
from pascaline.adders.trees import graph_of
from pascaline.host.cache import kept
from pascaline.spec.folders import build_folder
from pascaline.spec.formats import Interval
from pascaline.spec.progress import Progress

__all__ = ["Cost", "Options", "found"]

Cost = Literal["adders", "bits"]

MOVES = 1_500_000
"""A second of effort."""

PILOT = 0.05
"""Part of the moves that each of several starts gets, before the best one gets the others."""

HOT = 0.12
"""Chance at first that a move is kept that costs an adder; it falls to 0, faster at first."""

ENOUGH = 300
"""Moves for each adder; if there are fewer, the search begins as if that many had been made."""

LOOSE = 2
"""Adders in a row that are allowed beyond the limit, at a price, before the end of a search."""

PARTS = 100
"""Of a search, after each of which the progress is told."""

FIRM = 85
"""The first part in which the limit holds."""

VERSION = "1"
"""Of all that is not in the C++ source, and changes results."""


@dataclass(frozen=True)
class Options:
    """How a graph is searched for; see `adders.optimise`."""

    limit: int | None
    cost: Cost
    effort: float
    seed: int
    jobs: int


def found(
    matrix: NDArray[np.int64], ranges: Sequence[Interval], options: Options, progress: Progress
) -> Graph:
    """The graph of a matrix, from an earlier call if there was one."""
    if not available():
        return _without(matrix, ranges, options, progress)
    identity: list[str | bytes] = [
        VERSION,
        SOURCE.read_bytes(),
        str(matrix.shape),
        matrix.tobytes(),
        str([(one.lo, one.hi) for one in ranges]),
        str(astuple(options)),
    ]

    def make(folder: Path) -> None:
        graph = _searched(matrix, ranges, options, progress)
        np.savez(folder / "graph.npz", **graph.arrays())  # type: ignore[arg-type]

    with np.load(kept(build_folder() / "adders", identity, make) / "graph.npz") as arrays:
        return Graph(inputs=matrix.shape[1], **arrays)


def _without(
    matrix: NDArray[np.int64], ranges: Sequence[Interval], options: Options, progress: Progress
) -> Graph:
    """A graph without a search, where there is no compiler."""
    progress("sharing without a search: no g++", 0, 0)
    made = [graph_of(shared(one, options.limit), ranges) for one in _starts(matrix, options)]
    return min(made, key=lambda graph: graph.adders)


def _starts(matrix: NDArray[np.int64], options: Options) -> list[Sums]:
    """The ways to write rows that are worth a try."""
    limit = options.limit
    starts = [plain(matrix)]
    rows, columns = matrix.shape
    if matrix.size and columns > 2 and rows > 2 and (abs(matrix) == 1).all():
        least = (columns - 1).bit_length() + 1
        if limit is None or limit >= least:
            starts.append(subsets(matrix))
    return starts


def _searched(
    matrix: NDArray[np.int64], ranges: Sequence[Interval], options: Options, progress: Progress
) -> Graph:
    starts = _starts(matrix, options)
    total = round(MOVES * options.effort)
    told = _Told(progress, options.jobs)
    with ThreadPoolExecutor(options.jobs) as pool:
        pilots = (
            [
                pool.submit(_run, start, options, options.seed, round(PILOT * total), told.silent)
                for start in starts
            ]
            if len(starts) > 1
            else []
        )
        prices = [(pilot.result().adders, k) for k, pilot in enumerate(pilots)]
        start = starts[min(prices)[1]] if prices else starts[0]
        moves = total - round(PILOT * total) * len(pilots)
        runs = [
            pool.submit(_run, start, options, options.seed + (k << 32), moves, told)
            for k in range(options.jobs)
        ]
        graphs = [graph_of(run.result(), ranges) for run in runs]
    return min(graphs, key=lambda graph: graph.adders)


class _Told:
    """Progress of several searches."""

    def __init__(self, progress: Progress, jobs: int) -> None:
        self.progress, self.jobs, self.done = progress, jobs, 0

    def __call__(self, adders: int) -> None:
        self.done += 1
        self.progress("adders", self.done, PARTS * self.jobs, f"{adders:,}")

    def silent(self, adders: int) -> None:
        pass


def _run(start: Sums, options: Options, seed: int, moves: int, told: Callable[[int], None]) -> Sums:
    search = Search(start, limit=options.limit, seed=seed)
    search.greedy()
    hot = HOT * min(1.0, moves / (ENOUGH * max(search.adders, 1)))
    search.loosen(LOOSE)
    for part in range(PARTS):
        if part == FIRM:
            search.tighten(LOOSE)
        first, last = (hot * (1 - k / PARTS) ** 2 for k in (part, part + 1))
        search.anneal(moves * (part + 1) // PARTS - moves * part // PARTS, first, last)
        told(search.adders)
    return search.sums()
