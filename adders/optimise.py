"""A small graph of adders for a constant matrix."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pascaline.adders.graph import Graph
from pascaline.adders.kernels import DEEPEST
from pascaline.adders.search import Cost, Options, found
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval
from pascaline.spec.progress import Progress, silent

__all__ = ["Cost", "Depth", "least_depth", "optimise"]

Depth = int | Literal["least"] | None

USUAL = Interval.signed_bits(8)
"""Range of inputs of which none is known."""

LARGEST = 1 << 31
"""Of the magnitude of an element of a matrix."""


MOST_TERMS = 1 << 20
"""Powers of two that all elements are sums of. Inputs and sums have numbers of 20 bits, and there
is at most a new sum for two terms."""

MOST_ROWS = 1 << 15
MOST_COLUMNS = 1 << 11
MOST_IN_A_ROW = 1 << 12
"""Terms, of which each two are counted."""

MOST_ALIKE = (1 << 16) - 1
"""Rows times the terms of an element: how often a pair may occur, which counts of 16 bits hold."""

MOST_EFFORT = 100_000
MOST_SEED = (1 << 32) - 1
MOST_JOBS = 1024


def optimise(
    matrix: ArrayLike,
    ranges: Sequence[Interval] | None = None,
    *,
    depth: Depth = None,
    cost: Cost = "adders",
    effort: float = 10.0,
    seed: int = 0,
    jobs: int = 1,
    progress: Progress = silent,
) -> Graph:
    """A graph of few shared adders that multiplies with a matrix.

    Parameters
    ----------
    matrix : array of integers, shape (rows, columns)
        What to multiply with.
    ranges : sequence of Interval, optional
        Range of each element of the vector; 8 bits with sign if none are given.
    depth : int or "least", optional
        Adders in a row that no output exceeds; ``"least"`` stands for `least_depth`.
    cost : {"adders", "bits"}
        What is to be small: the number of adders, or the bits of all their outputs.
    effort : float
        About how many seconds to search, on a core of the year 2020; 0 shares without a search. It
        stands for a number of moves, so the graph does not depend on the machine.
    seed : int
        Of what is drawn at random.
    jobs : int
        Searches side by side, each with draws of its own; the best graph is taken.
    progress : Progress
        Told how far the search is.

    Returns
    -------
    Graph
        ``graph.matrix()`` equals the matrix.

    Raises
    ------
    InputError
        If the matrix has no two dimensions, elements that are no integers of up to 31 bits, or more
        rows, columns or terms than can be counted; if there are more or fewer ranges than columns;
        if the depth is less than `least_depth`; if another option is not what it can be.

    Examples
    --------
    >>> graph = optimise([[1, 1, -1], [1, 1, 1]], effort=0)
    >>> graph.adders, graph.matrix().tolist()
    (3, [[1, 1, -1], [1, 1, 1]])
    """
    W = _checked(matrix)
    if ranges is None:
        ranges = [USUAL] * W.shape[1]
    if len(ranges) != W.shape[1]:
        raise InputError("ranges", f"must be {W.shape[1]} ranges, one a column", len(ranges))
    if cost not in get_args(Cost):
        raise InputError("cost", "must be adders or bits", cost)
    if not 0 <= effort <= MOST_EFFORT:
        raise InputError("effort", f"must be 0 to {MOST_EFFORT} seconds", effort)
    _whole("seed", seed, 0, MOST_SEED)
    _whole("jobs", jobs, 1, MOST_JOBS)
    options = Options(
        limit=_limit(W, depth), cost=cost, effort=float(effort), seed=int(seed), jobs=int(jobs)
    )
    return found(W, ranges, options, progress)


def least_depth(matrix: ArrayLike) -> int:
    """Adders in a row that the output with the most terms needs.

    A term is a power of two with a sign; an element has as few as can be, which is one if it is -1,
    1 or another power of two.
    """
    terms = _terms(_checked(matrix)).sum(axis=1)
    return (int(terms.max(initial=1)) - 1).bit_length()


def _limit(matrix: NDArray[np.int64], depth: Depth) -> int | None:
    if depth is None:
        return None
    least = least_depth(matrix)
    if depth == "least":
        return least
    if isinstance(depth, bool) or not isinstance(depth, Integral) or depth < least:
        raise InputError("depth", f'must be at least {least}, or "least"', depth)
    return min(int(depth), DEEPEST)


def _whole(name: str, value: int, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= value <= most:
        raise InputError(name, f"must be {least} to {most}", value)


def _checked(matrix: ArrayLike) -> NDArray[np.int64]:
    try:
        found = np.asarray(matrix)
    except ValueError:
        raise InputError("matrix", "must have rows of the same length") from None
    if found.ndim != 2:
        raise InputError("matrix", "must have two dimensions", found.ndim)
    if found.dtype.kind not in "iu" and found.size:
        raise InputError("matrix", "must be of integers", str(found.dtype))
    if found.size and (int(found.max()) >= LARGEST or int(found.min()) <= -LARGEST):
        raise InputError("matrix", "must have elements of at most 31 bits")
    if len(found) > MOST_ROWS or found.shape[1] > MOST_COLUMNS:
        rule = f"must have at most {MOST_ROWS:,} rows and {MOST_COLUMNS:,} columns"
        raise InputError("matrix", rule, "{} x {}".format(*found.shape))
    matrix = found.astype(np.int64)
    terms = _terms(matrix)
    for what, most, count in (
        ("terms", MOST_TERMS, terms.sum()),
        ("terms in a row", MOST_IN_A_ROW, terms.sum(axis=1).max(initial=0)),
        ("rows, times the terms of an element", MOST_ALIKE, len(terms) * terms.max(initial=0)),
    ):
        if count > most:
            raise InputError("matrix", f"must have at most {most:,} {what}", int(count))
    return matrix


def _terms(matrix: NDArray[np.int64]) -> NDArray[np.int64]:
    """Powers of two with signs that each element is written as: `adders.start.digits`."""
    size: NDArray[np.int64] = np.abs(matrix)
    # They are where v and 3 v differ.
    terms: NDArray[np.int64] = np.bitwise_count(size ^ (3 * size)).astype(np.int64)
    return terms
