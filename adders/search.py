"""The search for a graph: starts, moves, and the best that has been found, which is kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pascaline.adders.full import fills, full
from pascaline.adders.graph import Graph
from pascaline.adders.greedy import shared
from pascaline.adders.kernels import OUT, Search, available, source
from pascaline.adders.start import blocks, plain, subsets
from pascaline.adders.sums import Sums
from pascaline.adders.trees import graph_of
from pascaline.host.cache import kept
from pascaline.spec.folders import build_folder
from pascaline.spec.formats import Interval
from pascaline.spec.progress import Progress, silent

__all__ = ["Cost", "Options", "found", "starts"]

Cost = Literal["adders", "bits"]

_Search = Callable[[Progress, threading.Event], Sums]
"""Told how far it is, and ends when the event is set."""

MOVES = 1_500_000
"""A second of effort."""

PILOT = 0.04
"""Part of the moves that each of several starts gets, before the best one gets the others."""

HOT = 0.08
"""Chance at first that a move is kept that costs an adder; it falls to 0, faster at first."""

ENOUGH = 300
"""Moves for each adder; if there are fewer, the chance is less in proportion."""

PLENTY, ROUNDS = 10_000, 8
"""Moves for each term of the start with which a round is done; there are up to so many rounds."""

LOOSE, SLACK = 2, 0.9
"""Adders in a row that are allowed beyond the limit, at a price, before the end of a search, if
rows have at most this part of the terms that the limit allows. Fuller ones lose by it, and by moves
that take a term out of a sum: there is no room for it elsewhere."""

PARTS = 100
"""Of a round, after each of which the progress is told."""

FIRM = 94
"""The first part in which the limit holds."""

VERSION = "4"
"""Of all that is not in the C++ source, and changes results."""


@dataclass(frozen=True)
class Options:
    """How a graph is searched for; see `adders.optimise.optimise`."""

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
        progress("sharing without a search (no g++)", 0, 0)
        ends = [shared(one, options.limit) for one in starts(matrix, options.limit)]
        return _best(ends, ranges, options)
    identity: list[str | bytes] = [
        VERSION,
        source(),
        str(matrix.shape),
        matrix.tobytes(),
        str([(one.lo, one.hi) for one in ranges]),
        str(astuple(options)),
    ]

    def make(folder: Path) -> None:
        graph = _best(_searched(matrix, ranges, options, progress), ranges, options)
        np.savez(folder / "graph.npz", **graph.arrays())  # type: ignore[arg-type]

    with np.load(kept(build_folder() / "adders", identity, make) / "graph.npz") as arrays:
        return Graph(inputs=matrix.shape[1], **arrays)


def starts(matrix: NDArray[np.int64], limit: int | None) -> list[Sums]:
    """The ways to write rows that are worth a try; the first one is always possible."""
    rows, columns = matrix.shape
    possible = [plain(matrix)]
    if min(rows, columns) > 2 and (abs(matrix) == 1).all():
        full = (columns - 1).bit_length()
        if limit is None or limit > full:
            possible.append(subsets(matrix))
        if limit is not None:
            possible.append(blocks(matrix))
    return [one for one in possible if limit is None or one.deepest <= limit]


def _best(ends: Sequence[Sums], ranges: Sequence[Interval], options: Options) -> Graph:
    """The cheapest graph of any of several sums."""
    graphs = [graph_of(one, ranges) for one in ends]
    if options.cost == "bits":
        narrow = [graph_of(one, ranges, narrow=True) for one in ends]
        graphs += [g for g in narrow if options.limit is None or g.deepest <= options.limit]
    return min(graphs, key=lambda graph: _cost(graph, ranges, options))


def _cost(graph: Graph, ranges: Sequence[Interval], options: Options) -> tuple[int, int]:
    """Adders and bits of a graph, that first which is to be small."""
    both = graph.adders, graph.bits(ranges)
    return both if options.cost == "adders" else both[::-1]


def _searched(
    matrix: NDArray[np.int64], ranges: Sequence[Interval], options: Options, progress: Progress
) -> list[Sums]:
    """What all searches end with."""
    total = round(MOVES * options.effort)
    runs: list[_Search]
    if options.cost == "adders" and fills(matrix, options.limit, total):
        runs = [
            partial(full, matrix=matrix, moves=total, seed=options.seed + (k << 32))
            for k in range(options.jobs)
        ]
        return _side_by_side(runs, options.jobs, progress)
    possible = starts(matrix, options.limit)
    if len(possible) > 1:
        few = round(PILOT * total)
        pilots = [
            _Run(one, ranges, options, options.seed, few)(silent, threading.Event())
            for one in possible
        ]
        total -= few * len(pilots)
        costs = [_cost(_best([one], ranges, options), ranges, options) for one in pilots]
        start = possible[costs.index(min(costs))]
    else:
        [start] = possible
    rounds = min(max(total // (PLENTY * (1 + len(start.terms))), 1), ROUNDS)
    runs = [
        _Run(start, ranges, options, options.seed + (k << 32), total // rounds)
        for k in range(rounds * options.jobs)
    ]
    return _side_by_side(runs, options.jobs, progress)


def _side_by_side(runs: Sequence[_Search], jobs: int, progress: Progress) -> list[Sums]:
    """What several searches end with, some of them at once."""
    told, stopped = _Told(progress, len(runs)), threading.Event()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            return list(pool.map(lambda run: run(told, stopped), runs))
        finally:
            # After an interrupt nobody waits for the others.
            stopped.set()


class _Told:
    """Progress of several searches."""

    def __init__(self, progress: Progress, searches: int) -> None:
        self.progress, self.total = progress, searches * PARTS
        self.done = 0
        self.lock = threading.Lock()

    def __call__(self, stage: str, done: int, total: int, note: str = "") -> None:
        with self.lock:
            self.done += total > 0
            self.progress(stage, self.done, self.total if total else 0, note)


class _Run:
    """A search from a start."""

    def __init__(
        self, start: Sums, ranges: Sequence[Interval], options: Options, seed: int, moves: int
    ) -> None:
        self.start, self.options, self.seed, self.moves = start, options, seed, moves
        self.ranges = ranges if options.cost == "bits" else None

    def __call__(self, progress: Progress, stopped: threading.Event) -> Sums:
        limit, moves = self.options.limit, self.moves
        progress("sharing", 0, 0)
        search = Search(self.start, limit=limit, ranges=self.ranges, seed=self.seed)
        search.greedy()
        hot = HOT * min(1.0, moves / (ENOUGH * max(search.adders, 1)))
        full = limit is not None and self.start.load > SLACK * (1 << limit)
        loose = 0 if limit is None or full else LOOSE
        search.loosen(loose)
        for part in range(PARTS):
            if stopped.is_set():
                break
            if part == FIRM:
                search.tighten(loose)
            first, last = (hot * (1 - k / PARTS) ** 2 for k in (part, part + 1))
            count = moves * (part + 1) // PARTS - moves * part // PARTS
            search.anneal(count, first, last, 0 if full else OUT)
            progress("adders", part + 1, PARTS, f"{search.adders:,}")
        return search.sums()
