"""Weights that are wires: what a constant matrix makes of the elements that it meets.

Where weights are wires (`spec.homes.Wired`), the product of a pass is a graph of adders that is
made for these very matrices: no memory and no register holds a weight. The graph has all rows of
all passes and directions at once, since these have the same columns; which of them count is decided
behind it. Zero points are in the weights. A row has one sum over the columns of all operands, if
their scales are equal, else one of each operand.

With parallel adders the sums of a pass are there at once. With serial ones each adder is a full
adder and the flip-flop of its carry. The vector of all operands moves out of its register bit by
bit, the lowest first, in as many cycles as the widest sum has bits, and the sums move into the
drain. Meanwhile nothing else can be put into the register, nor leave the drain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.formats import Interval
from pascaline.spec.operands import met
from pascaline.spec.tensorspec import Integers

__all__ = ["adder_levels", "sum_ranges"]


def sum_ranges(
    tensors: Sequence[Mapping[str, Integers]], elements: Mapping[str, Interval], *, shared: bool
) -> tuple[Interval, ...]:
    """Exact ranges of the sums of a row, over the rows of all matrices; 0 is in each.

    Parameters
    ----------
    tensors : sequence of mapping
        Integers of each layer, of each of its directions.
    elements : mapping of str to Interval
        Operands by name, each with the range of its elements, in the order of the sums.
    shared : bool
        Whether a row has one sum over all of them.

    Examples
    --------
    >>> bits = Interval(0, 1)
    >>> one = {"weight_x": np.array([[1, -1], [1, 1]]), "weight_h": np.array([[2], [-1]])}
    >>> sum_ranges([one], {"h": bits, "x": bits}, shared=False)
    (Interval(lo=-1, hi=2), Interval(lo=-1, hi=2))
    >>> sum_ranges([one], {"h": bits, "x": bits}, shared=True)
    (Interval(lo=-1, hi=3),)
    """
    found = []
    for one in tensors:
        rows = [_row_ranges(met(one, name), element) for name, element in elements.items()]
        if shared:
            rows = [np.sum(rows, axis=0)]
        found.append([Interval.of(row) for row in rows])
    return tuple(reduce(or_, ranges) for ranges in zip(*found, strict=True))


def _row_ranges(weights: Integers, element: Interval) -> NDArray[np.int64]:
    """The smallest and the largest sum of each row: shape (2, rows)."""
    plus, minus = np.maximum(weights, 0).sum(axis=1), np.minimum(weights, 0).sum(axis=1)
    return np.array(
        [plus * element.lo + minus * element.hi, plus * element.hi + minus * element.lo]
    )


def adder_levels(
    tensors: Sequence[Mapping[str, Integers]], names: Sequence[str], *, shared: bool
) -> int:
    """Adders in a row that no graph can do without: those of the row with the most weights.

    Parameters
    ----------
    tensors : sequence of mapping
        Integers of each layer, of each of its directions.
    names : sequence of str
        Of the operands.
    shared : bool
        Whether a row has one sum over all of them.

    Examples
    --------
    >>> weights = np.array([[1, 0, 2, 0, 1], [0, 0, 0, 4, 0]])
    >>> adder_levels([{"weight_x": weights}], ["x"], shared=True)
    2
    """
    most = 1
    for one in tensors:
        counts = [np.count_nonzero(met(one, name), axis=1) for name in names]
        most = max(most, int((np.sum(counts, axis=0) if shared else np.array(counts)).max()))
    return (most - 1).bit_length()
