"""Pieces of a function, few and where they are needed: no table, and a small multiplier or none.

Piece ``i`` has the arguments ``first[i] <= z < first[i + 1]``, the last one all others, and gives

    y = (((slope[i] * z) >> drop) + offset[i]) >> guard

with ``>>`` rounding down. The half that rounds is in the offset. An offset is such that y is a
number of the output's format for every z of its piece, so nothing is saturated, and pieces where
the function is flat have a slope of 0.

Slopes are powers of two or 0, so that the product is a shift, or integers of few bits. Knots are
found by greedy removal (`spec.knots`). They are multiples of ``2**grain``, so that the hardware
finds the piece by the top bits of z alone: of all grains with which the squared error is at most
`WORTH` of what it is with knots anywhere, the coarsest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format, Interval
from pascaline.spec.functions import Function, exact
from pascaline.spec.knots import GRID, Lines, remove_knots

__all__ = ["FEWEST", "GUARD", "MOST", "POWERS", "Pieces", "find_pieces"]

FEWEST, MOST = 2, 64
"""How many pieces there may be."""

POWERS = 4
"""Slopes that are powers of two go from the steepest, ``2**e``, down to ``2**(e - POWERS)``."""

GUARD = 1
"""Bits behind the last place with which a product is added, if its slope has as many."""

WORTH = (3, 2)
"""Squared error, as a fraction of the least, that coarser knots are worth."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces of a function; its values follow from the formula of this module.

    Attributes
    ----------
    first, slope, offset : NDArray[np.int64]
        One integer a piece: its first argument, in rising order, slope and offset.
    drop, guard : int
        The shifts.
    pre : Format
        Of the argument.
    """

    first: NDArray[np.int64]
    slope: NDArray[np.int64]
    offset: NDArray[np.int64]
    drop: int
    guard: int
    pre: Format

    @property
    def grain(self) -> int:
        """Low bits of the argument that do not matter for which piece it is in."""
        knots = int(np.bitwise_or.reduce(self.first))
        return (knots & -knots).bit_length() - 1

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """First and last argument of each piece."""
        ends = [*self.first.tolist(), self.pre.interval.hi + 1]
        return [(first, after - 1) for first, after in pairwise(ends)]

    @property
    def sloped(self) -> Interval:
        """The smallest range with 0 and all arguments of pieces that have a slope."""
        return Interval.of([z for z, slope in self._ends() if slope])

    @property
    def product(self) -> Interval:
        """Range of ``(slope * z) >> drop``."""
        return Interval.of([(slope * z) >> self.drop for z, slope in self._ends()])

    def _ends(self) -> list[tuple[int, int]]:
        """Both ends of each piece, with its slope: between them a product is, too."""
        slopes = self.slope.tolist()
        return [(z, slope) for ends, slope in zip(self.ranges, slopes, strict=True) for z in ends]


def find_pieces(
    function: Function, pre: Format, out: Format, pieces: int, slope_bits: int | None
) -> Pieces:
    """Pieces of a function.

    Parameters
    ----------
    function : str or callable
        One of `FUNCTIONS`, or any other.
    pre, out : Format
        Formats of the argument, signed and of at most 16 bits, and of the value.
    pieces : int
        How many, 2 to 64, and at most half as many as there are arguments.
    slope_bits : int or None
        Bits of a slope; ``None``: it is a power of two.

    Raises
    ------
    InputError
        If there is no such function, or no such pieces.
    """
    # What another function gives may change from call to call.
    find = _known if isinstance(function, str) else _find
    return find(function, pre, out, pieces, slope_bits)


def _find(
    function: Function, pre: Format, out: Format, pieces: int, slope_bits: int | None
) -> Pieces:
    if not (pre.signed and pre.width <= 16):
        raise InputError("pre", "must be signed and of at most 16 bits", str(pre))
    most = min(MOST, 1 << (pre.width - 1))
    if not FEWEST <= pieces <= most:
        raise InputError("pieces", f"must be {FEWEST} to {most}", pieces)
    first, count = pre.interval.lo, 1 << pre.width
    values = _grid(function, pre, out)
    bits = POWERS if slope_bits is None else slope_bits
    lines = Lines(first, values.tolist(), bits=bits, powers=slope_bits is None)
    starts, least = remove_knots(lines, range(count + 1), pieces)
    for grain in range(pre.width - (pieces - 1).bit_length(), 0, -1):
        knots, cost = remove_knots(lines, range(0, count + 1, 1 << grain), pieces)
        if cost * WORTH[1] <= least * WORTH[0]:
            starts = knots
            break
    fine = max(lines.fine, 0)
    guard = min(GUARD, fine)
    made: list[tuple[int, int, int]] = []
    for start, stop in pairwise([*starts, count]):
        z = np.arange(first + start, first + stop)
        slope, _ = lines.best(start, stop)
        slope, offset = _line(lines, slope, z, values[start:stop], out, fine - guard, guard)
        made.append((first + start, slope, offset))
    knots, slopes, offsets = np.array(made, dtype=np.int64).T
    for array in (knots, slopes, offsets):
        array.setflags(write=False)
    return Pieces(knots, slopes, offsets, drop=fine - guard, guard=guard, pre=pre)


_known = cache(_find)


def _grid(function: Function, pre: Format, out: Format) -> NDArray[np.int64]:
    """Values of the function in order of the arguments, saturated, in ``2**-GRID`` units."""
    arguments = list(range(pre.interval.lo, pre.interval.hi + 1))
    scaled = np.ldexp(exact(function, arguments, pre), out.frac + GRID)
    limits = out.interval << GRID
    # Saturated before the cast, as in `Format.quantize`.
    return np.clip(np.floor(scaled + 0.5), limits.lo, limits.hi).astype(np.int64)


def _line(
    lines: Lines,
    slope: int,
    z: NDArray[np.int64],
    values: NDArray[np.int64],
    out: Format,
    drop: int,
    guard: int,
) -> tuple[int, int]:
    """Slope and offset of a piece: the slope that is given, or a smaller one if it must be."""
    while True:
        whole = slope << max(-lines.fine, 0)
        product = (whole * z) >> drop
        lowest = (out.interval.lo << guard) - int(product.min())
        highest = ((out.interval.hi + 1) << guard) - 1 - int(product.max())
        if lowest <= highest:
            break
        slope = lines.smaller(slope)
    rest = values + (1 << (GRID - 1)) - (product << (GRID - guard))
    middle = int(rest.sum()) // len(rest) >> (GRID - guard)
    near = {min(max(middle + k, lowest), highest) for k in range(-2, 3)}

    def error(offset: int) -> tuple[int, int]:
        found = ((product + offset) >> guard) << GRID
        return int(np.abs(found - values).sum()), offset

    return whole, min(near, key=error)
