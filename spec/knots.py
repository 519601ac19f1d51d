"""Where the pieces of a function meet: knots by greedy removal, in exact integers.

All arguments that a format has are knots at first. The knot goes whose removal costs the least,
until as many pieces are left as are wanted (after Sari et al. 2021, algorithm 1). What a piece
costs is the sum, over all its arguments, of the squared error of its best line of those whose
slopes the hardware has; so knots know how slopes are rounded.

Everything is computed on integers: values of the function in units of ``2**-GRID`` of the last
place, sums of them as Python integers. Of equal costs the knot with the smaller argument goes.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import accumulate, pairwise

__all__ = ["GRID", "Lines", "remove_knots"]

GRID = 12
"""Bits that a value of the function has behind the last place of the output."""

Sums = list[int]


class Lines:
    """Best lines of any run of arguments, each in constant time.

    Parameters
    ----------
    first : int
        The first argument; others follow one by one.
    values : sequence of int
        Values of the function in units of ``2**-GRID``.
    bits : int
        Slopes are integers of at most ``2**bits``, either way, in the unit that makes the largest
        slope of the function as large as that or up to half of it.
    powers : bool
        Whether they must be powers of two, or 0.

    Attributes
    ----------
    fine : int
        A slope of 1 is ``2**-fine`` of the last place of the output a step of the argument.
    """

    def __init__(self, first: int, values: Sequence[int], *, bits: int, powers: bool) -> None:
        steepest = max(abs(b - a) for a, b in pairwise(values))
        # Two units are what rounding to the grid may have added.
        exponent = max(steepest - 3, 0).bit_length() - GRID
        self.fine = min(bits - exponent, GRID)
        self._most, self._powers = 1 << bits, powers
        self._unit = GRID - self.fine
        arguments = range(first, first + len(values))
        self._x: Sums = [0, *accumulate(arguments)]
        self._y: Sums = [0, *accumulate(values)]
        self._xx: Sums = [0, *accumulate(x * x for x in arguments)]
        self._xy: Sums = [0, *accumulate(x * y for x, y in zip(arguments, values, strict=True))]
        self._yy: Sums = [0, *accumulate(y * y for y in values)]

    def best(self, start: int, stop: int) -> tuple[int, int]:
        """Slope of the best line of the arguments of these indices, and what it costs."""
        count = stop - start
        x, y = self._x[stop] - self._x[start], self._y[stop] - self._y[start]
        xx = count * (self._xx[stop] - self._xx[start]) - x * x
        xy = count * (self._xy[stop] - self._xy[start]) - x * y
        yy = count * (self._yy[stop] - self._yy[start]) - y * y
        slope = self._nearest(xy, xx << self._unit) if xx else 0
        step = slope << self._unit
        return slope, (yy - 2 * step * xy + step * step * xx) // count

    def _nearest(self, rise: int, run: int) -> int:
        """The slope next to ``rise / run``; squared errors are least there."""
        up, size = rise >= 0, abs(rise)
        if not self._powers:
            size = (2 * size + run) // (2 * run)
        elif size < run:
            size = int(2 * size > run)
        else:
            power = (size // run).bit_length() - 1
            size = 1 << (power + (2 * size > 3 * run << power))
        size = min(size, self._most)
        return size if up else -size

    def smaller(self, slope: int) -> int:
        """The next slope towards 0."""
        size = abs(slope)
        size = size // 2 if self._powers else size - 1
        return size if slope > 0 else -size


def remove_knots(lines: Lines, starts: Sequence[int], pieces: int) -> tuple[list[int], int]:
    """Remove knots until so many pieces are left.

    Parameters
    ----------
    lines : Lines
        What pieces cost.
    starts : sequence of int
        Indices at which pieces may start, 0 first; the number of all arguments last.
    pieces : int
        How many, at most as many as there are places to start.

    Returns
    -------
    starts : list of int
        Indices at which pieces start.
    cost : int
        What all of them cost together.
    """
    last = len(starts) - 1
    before, after = list(range(-1, last)), list(range(1, last + 2))
    costs = [lines.best(*ends)[1] for ends in pairwise(starts)]
    version = [0] * last

    def removal(knot: int) -> tuple[int, int, int, int]:
        left = before[knot]
        cost = lines.best(starts[left], starts[after[knot]])[1]
        return cost - costs[left] - costs[knot], knot, version[knot], cost

    heap = [removal(knot) for knot in range(1, last)]
    heapq.heapify(heap)
    left_over = last
    while left_over > pieces:
        _, knot, made, cost = heapq.heappop(heap)
        if made != version[knot]:
            continue
        version[knot] = -1
        left, right = before[knot], after[knot]
        after[left], before[right], costs[left] = right, left, cost
        left_over -= 1
        for neighbour in (left, right):
            if 0 < neighbour < last:
                version[neighbour] += 1
                heapq.heappush(heap, removal(neighbour))
    kept, knot, total = [], 0, 0
    while knot < last:
        kept.append(starts[knot])
        total += costs[knot]
        knot = after[knot]
    return kept, total
