"""Rows of -1 and 1 whose columns fill a tree to the last leaf, as trees of sums of four columns.

If such a row may be no deeper than it must be, each column is a leaf of its tree, and nothing can
cancel: a sum is of some columns, each once. What is looked for is how each row puts its columns
together so that few sums are different.
"""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from pascaline.adders.kernels import Search, library
from pascaline.adders.sums import Sums, code
from pascaline.spec.progress import Progress

__all__ = ["fills", "full"]

FOUR = 4

ROWS = 48, 160
"""Of matrices that this is for. With fewer rows, not all sums of four are wanted; with more, it
pays to cut columns in several ways, as `search` does."""

ENOUGH = {64: 100, 128: 800}
"""By columns, moves for each element with which this finds more than `search` does."""

SHARE = 0.008
"""How many moves put columns together, as part of the others: one of them takes as long as 20 to 30
of these."""

FOURS_HEAT = 0.45, 0.2
"""Of these moves at first and at last, as part of what one changes at random."""

HEAT = 0.165, 0.094
"""Of the others, in adders."""

EVENNESS, EVEN = 0.5, 0.87
"""At first; it falls to 0 in this part of the moves."""

PARTS = 100
"""After each of which the progress is told."""


def fills(matrix: NDArray[np.int64], limit: int | None, moves: int) -> bool:
    """Whether `full` is what finds most for a matrix, of which no row may exceed a limit."""
    rows, columns = matrix.shape
    if columns not in ENOUGH or moves < ENOUGH[columns] * matrix.size:
        return False
    if limit is None or 1 << limit != columns or not ROWS[0] <= rows <= ROWS[1]:
        return False
    return bool((abs(matrix) == 1).all())


def full(
    progress: Progress,
    stopped: threading.Event,
    *,
    matrix: NDArray[np.int64],
    moves: int,
    seed: int,
) -> Sums:
    """Sums for the rows of a matrix that `fills` a tree, many of them of several rows.

    Parameters
    ----------
    progress : Progress
        Told how far it is.
    stopped : threading.Event
        Ends it early if it is set.
    matrix : array of int64, shape (rows, columns)
        Of -1 and 1.
    moves : int
        To try.
    seed : int
        Of what is drawn.
    """
    rows, index = np.unique(matrix * matrix[:, :1], axis=0, return_inverse=True)
    order = _together(rows, round(moves * SHARE), seed, progress, stopped)
    signs = rows[:, order].reshape(len(rows), -1, FOUR)
    classes = _classes(signs)
    trees = _Trees(classes, seed)
    # Sums of two and of four columns, and the two uppermost levels: what all such trees have.
    halves = signs[..., 0::2] != signs[..., 1::2]
    twos = sum(len(np.unique(one)) for one in halves.reshape(len(rows), -1).T)
    fours = sum(len(np.unique(one >> 1)) for one in classes.T)
    base = twos + fours + len(rows) * (2 ** (signs.shape[1].bit_length() - 4) - 1)
    for part in range(PARTS):
        if stopped.is_set():
            break
        even = EVENNESS * max(0.0, 1 - part / PARTS / EVEN)
        trees.anneal(_part(moves, part), _between(HEAT, part), even)
        progress("full trees", part + 1, PARTS, f"{base + trees.nodes:,}")
    found = _sums(matrix[:, 0], index, order, signs, trees.leaves())
    search = Search(found, limit=(matrix.shape[1] - 1).bit_length(), seed=seed)
    search.greedy()
    return search.sums()


def _part(moves: int, part: int) -> int:
    """How many of all moves are those of a part."""
    return moves * (part + 1) // PARTS - moves * part // PARTS


def _between(ends: tuple[float, float], part: int) -> float:
    """What is between a first and a last number when a part begins."""
    return ends[0] + (ends[1] - ends[0]) * part / PARTS


def _together(
    rows: NDArray[np.int64], moves: int, seed: int, progress: Progress, stopped: threading.Event
) -> NDArray[np.int32]:
    """The columns, each four of them those that are summed first."""
    signs = np.ascontiguousarray(rows, np.int8)
    found = np.zeros(rows.shape[1], np.int32)
    kernels = library()
    assert kernels is not None
    fours = kernels.fours_new(*signs.shape, signs.ctypes.data, seed)
    try:
        for part in range(PARTS):
            if stopped.is_set():
                break
            progress("columns by fours", 0, 0, f"{part} of {PARTS}")
            ends = _between(FOURS_HEAT, part), _between(FOURS_HEAT, part + 1)
            kernels.fours_anneal(fours, _part(moves, part), *ends)
        kernels.fours_give(fours, found.ctypes.data)
    finally:
        kernels.fours_end(fours)
    return found


def _classes(signs: NDArray[np.int64]) -> NDArray[np.int32]:
    """Of each row and four, which of eight sums it is, doubled, and 1 if it is negative."""
    negative = signs[..., 0] < 0
    other = signs[..., 1:] != signs[..., :1]
    found = 2 * (other @ (1 << np.arange(FOUR - 1))) + negative
    return np.ascontiguousarray(found, np.int32)


class _Trees:
    """The search in C++."""

    def __init__(self, classes: NDArray[np.int32], seed: int) -> None:
        kernels = library()
        assert kernels is not None
        self._library: ctypes.CDLL = kernels
        self._shape = classes.shape
        self._state = kernels.full_new(*classes.shape, classes.ctypes.data, seed)
        weakref.finalize(self, kernels.full_end, self._state)

    def anneal(self, moves: int, heat: float, evenness: float) -> None:
        self._library.full_anneal(self._state, moves, heat, evenness)

    @property
    def nodes(self) -> int:
        found: int = self._library.full_nodes(self._state)
        return found

    def leaves(self) -> NDArray[np.int32]:
        """The four at each leaf of each row."""
        found = np.zeros(self._shape, np.int32)
        self._library.full_give(self._state, found.ctypes.data)
        return found


def _sums(
    first: NDArray[np.int64],
    index: NDArray[np.intp],
    order: NDArray[np.int32],
    signs: NDArray[np.int64],
    leaves: NDArray[np.int32],
) -> Sums:
    """The sums that these trees are, without those that only one row has."""
    inputs = len(order)
    sums: list[list[int]] = []
    symbols: dict[tuple[int, ...], int] = {}

    def key_of(terms: list[int]) -> tuple[int, ...]:
        """The same of terms and of their negatives."""
        found = sorted(terms)
        return tuple(found) if not found[0] & 1 else tuple(sorted(one ^ 1 for one in terms))

    def symbol(terms: list[int]) -> int:
        """The code of a sum of some codes, which is made if there is none."""
        key = key_of(terms)
        if key not in symbols:
            symbols[key] = inputs + len(sums)
            sums.append(list(key))
        return code((symbols[key], 0, key[0] not in terms))

    trees = []
    for row, places in zip(signs, leaves, strict=True):
        fours = []
        for four in places.tolist():
            terms = [
                code((int(order[FOUR * four + k]), 0, bool(row[four, k] < 0))) for k in range(FOUR)
            ]
            fours.append(symbol([symbol(terms[:2]), symbol(terms[2:])]))
        trees.append(fours)
    users: Counter[tuple[int, ...]] = Counter()
    widths = [1 << level for level in range(1, len(trees[0]).bit_length() - 1)]
    for fours in trees:
        for width in widths:
            users.update(key_of(fours[k : k + width]) for k in range(0, len(fours), width))

    def written(fours: list[int]) -> list[int]:
        """The terms of a node."""
        if len(fours) == 1:
            return fours
        half = len(fours) // 2
        return [*node(fours[:half]), *node(fours[half:])]

    def node(fours: list[int]) -> list[int]:
        """A node as a term, if other rows have it, else its terms."""
        terms = written(fours)
        return [symbol(terms)] if len(fours) > 1 and users[key_of(fours)] > 1 else terms

    outputs = [symbol(written(fours)) for fours in trees]
    return Sums.of(
        inputs,
        sums,
        [outputs[k] ^ int(sign < 0) for k, sign in zip(index.tolist(), first, strict=True)],
    )
