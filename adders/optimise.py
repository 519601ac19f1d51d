"""A small graph of adders for a constant matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pascaline.adders.graph import Graph
from pascaline.adders.search import Cost, Options, found
from pascaline.adders.start import plain
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval
from pascaline.spec.progress import Progress, silent

__all__ = ["Cost", "Depth", "least_depth", "optimise"]

Depth = int | Literal["least"] | None

USUAL = Interval.signed_bits(8)
"""Range of inputs of which none is known."""

LARGEST = 1 << 31
"""Of the magnitude of an element of a matrix."""


MOST_ELEMENTS = 1 << 20
MOST_ROWS = 1 << 15
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
        If the matrix has no two dimensions, or elements that are no integers of up to 31 bits; if
        there are more or fewer ranges than columns; if the depth is less than `least_depth`; if
        another option is not what it can be.

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
    options = Options(limit=_limit(W, depth), cost=cost, effort=float(effort), seed=seed, jobs=jobs)
    return found(W, ranges, options, progress)


def least_depth(matrix: ArrayLike) -> int:
    """Adders in a row that the output with the most terms needs.

    A term is a power of two with a sign; an element has as few as can be, which is one if it is -1,
    1 or another power of two.
    """
    terms = np.diff(plain(_checked(matrix)).first)
    return (int(terms.max(initial=1)) - 1).bit_length()


def _limit(matrix: NDArray[np.int64], depth: Depth) -> int | None:
    if depth is None:
        return None
    least = least_depth(matrix)
    if depth == "least":
        return least
    if isinstance(depth, bool) or not isinstance(depth, int) or depth < least:
        raise InputError("depth", f'must be at least {least}, or "least"', depth)
    return depth


def _whole(name: str, value: int, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
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
    if found.size > MOST_ELEMENTS or len(found) > MOST_ROWS:
        rule = f"must have at most {MOST_ELEMENTS:,} elements and {MOST_ROWS:,} rows"
        raise InputError("matrix", rule, "{} x {}".format(*found.shape))
    return found.astype(np.int64)
