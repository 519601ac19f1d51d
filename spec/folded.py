"""Tables that are folded: the same values as those of a full table, in far fewer bits.

A sigmoid and a tanh rise slowly, are odd but for a constant, and are flat at both ends. Let n be 1
for a negative z and else 0, and ``k`` = z or, if it is negative, -1 - z: that is z, each bit of it
inverted, so nothing is negated. A word is for some arguments and has a number ``base`` and a
``rise`` for each of them::

    v = base[k // rows] + rise[k // rows, 0] + .. + rise[k // rows, k % rows + n - 1]
    y = start[0] + v if z >= 0, else start[1] - v                          for k < length
    y = ends[n]                                                            for the others

A negative argument takes one rise more since its ``k`` is one less than -z. What can be folded is
found from the entries of a table, and all of them are compared; the function is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.activation import table
from pascaline.spec.formats import Format, Interval

__all__ = ["Fold", "find_fold", "fold"]

ROWS = (1, 2)
"""Arguments of a word. With 4 of them, the count of rises takes as much again as the rest (20 of 40
LUTs), and an FPGA has no block less."""

BLOCK = 1 << 14
"""Bits of a block RAM of most FPGAs: for a full table that is in one, no LUTs are worth it."""


@dataclass(frozen=True, eq=False)
class Fold:
    """A folded table.

    Attributes
    ----------
    base : NDArray[np.int64]
        One integer a word, of shape (words,).
    rise : NDArray[np.int64]
        Integers from 0 on, of shape (words, rows); ``rows`` is a power of two.
    length : int
        So many ``k`` are in words.
    start, ends : tuple of int
        Two constants each: for arguments from 0 on, and for negative ones.
    """

    base: NDArray[np.int64]
    rise: NDArray[np.int64]
    length: int
    start: tuple[int, int]
    ends: tuple[int, int]

    @property
    def rows(self) -> int:
        """Arguments of a word."""
        return int(self.rise.shape[1])

    @property
    def bits(self) -> int:
        """Bits of all words."""
        base, rise = (Interval.of(numbers).width for numbers in (self.base, self.rise))
        return len(self.base) * (base + rise * self.rows)

    def values(self, pre: Format) -> NDArray[np.int64]:
        """Values in order of the raw code of the argument, as a table has them."""
        k = np.arange(1 << (pre.width - 1))
        word, low = np.minimum(k, self.length - 1) // self.rows, k % self.rows
        sums = np.pad(self.rise.cumsum(axis=1), ((0, 0), (1, 0)))
        above, below = (self.base[word] + sums[word, low + n] for n in (0, 1))
        inside = k < self.length
        positive = np.where(inside, self.start[0] + above, self.ends[0])
        negative = np.where(inside, self.start[1] - below, self.ends[1])
        return np.concatenate([positive, negative[::-1]])


def fold(entries: NDArray[np.int64], pre: Format) -> Fold:
    """The folded table of these entries with the fewest bits, however many these are.

    Any table can be folded; one that is not as above has rises of many bits.

    Parameters
    ----------
    entries : NDArray[np.int64]
        In order of the raw code of the argument; shape (2**pre.width,).
    pre : Format
        Of the argument, signed.
    """
    half = len(entries) // 2
    above, below = entries[:half], entries[: half - 1 : -1]
    length = max(_rising(above), _rising(below))
    numbers = above[:length] - above[0]
    start = int((below[:length] + numbers).max())
    rise = start - below[:length] - numbers
    found = []
    for rows in ROWS:
        inside = np.arange(length - 1) % rows != rows - 1
        if (np.diff(numbers) == rise[:-1])[inside].all():
            padded = np.pad(rise, (0, -length % rows)).reshape(-1, rows)
            ends = (int(above[-1]), int(below[-1]))
            found.append(Fold(numbers[::rows], padded, length, (int(above[0]), start), ends))
    best = min(found, key=lambda one: one.bits)
    assert (best.values(pre) == entries).all()
    return best


def _rising(values: NDArray[np.int64]) -> int:
    """How many values come before the last ones, which are all alike; at least 1."""
    changes = np.flatnonzero(values != values[-1])
    return int(changes[-1]) + 1 if len(changes) else 1


@cache
def find_fold(function: str, pre: Format, out: Format) -> Fold | None:
    """The folded table of a function, where machines have it: in the place of a full table.

    That is where the full one is larger than a `BLOCK`, and the folded one at most half of it, as
    it is for odd functions; else None.
    """
    full = out.width << pre.width
    if full <= BLOCK:
        return None
    found = fold(table(function, pre, out), pre)
    return found if 2 * found.bits <= full else None
