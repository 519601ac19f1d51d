"""Sums of many terms, each a name for others: what is shared before there are adders.

A `Sums` is a list of sums. A term of a sum is an input or another sum, shifted and with a sign;
a sum that is a term of several others is shared by them. A sum of k terms takes ``k - 1`` adders,
in any order; `adders.trees` chooses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pascaline.adders.graph import Indices
from pascaline.spec.formats import Interval

__all__ = ["NOTHING", "Sums", "Term", "code", "parts"]

Term = tuple[int, int, bool]
"""Symbol, shift and whether it is negative."""

NOTHING = -1
"""Code of an output that is 0."""


def code(term: Term) -> int:
    """A term as one integer."""
    symbol, shift, negative = term
    return symbol << 7 | shift << 1 | negative


def parts(code: int) -> Term:
    """What `code` has put together."""
    return code >> 7, code >> 1 & 63, bool(code & 1)


LARGEST = 1 << 50
"""Of the magnitudes of a sum's terms together, where bounds are to be known: what moves make of
them then fits int64."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums, and outputs that are some of them.

    Attributes
    ----------
    inputs : int
        Symbols 0 to ``inputs - 1`` are inputs; sum k is symbol ``inputs + k``.
    first : array of int64
        Where the terms of each sum begin in ``terms``; at last, how many there are.
    terms : array of int64
        A `code` each.
    outputs : array of int64
        A `code` each, or `NOTHING`.
    pinned : tuple of int
        Sums that are never written out where they are used.
    """

    inputs: int
    first: Indices
    terms: Indices
    outputs: Indices
    pinned: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        inputs: int,
        sums: Sequence[Sequence[int]],
        outputs: Sequence[int],
        pinned: tuple[int, ...] = (),
    ) -> Sums:
        """Sums of lists of codes."""
        first = np.cumsum([0, *map(len, sums)], dtype=np.int64)
        terms = np.array([one for terms in sums for one in terms], np.int64)
        return cls(inputs, first, terms, np.array(outputs, np.int64), pinned)

    def __len__(self) -> int:
        return len(self.first) - 1

    @property
    def lists(self) -> list[list[int]]:
        """Codes of the terms of each sum."""
        terms, first = self.terms.tolist(), self.first.tolist()
        return [terms[a:b] for a, b in pairwise(first)]

    @property
    def kept(self) -> NDArray[np.int8]:
        """Of each sum: 1 of an output, 2 of one that is pinned, 0 of others."""
        found = np.zeros(len(self), np.int8)
        at = (self.outputs[self.outputs >= 0] >> 7) - self.inputs
        found[at[at >= 0]] = 1
        found[list(self.pinned)] = 2
        return found

    @property
    def adders(self) -> int:
        """Two-operand adders of all sums."""
        return len(self.terms) - int(np.count_nonzero(np.diff(self.first)))

    @property
    def depth(self) -> list[int]:
        """Adders in a row that each symbol takes if the terms of each sum are in one tree."""
        found = [0] * (self.inputs + len(self))
        lists = self.lists
        for k in self.order():
            load = sum(1 << found[c >> 7] for c in lists[k])
            found[self.inputs + k] = (load - 1).bit_length()
        return found

    @property
    def deepest(self) -> int:
        """Adders in a row up to any output."""
        depth = self.depth
        return max((depth[c >> 7] for c in self.outputs.tolist() if c >= 0), default=0)

    @property
    def load(self) -> float:
        """Terms of an output, in the mean, if all sums in it were written out (Kraft's sum)."""
        depth, lists = self.depth, self.lists
        loads = [
            sum(1 << depth[d >> 7] for d in lists[(c >> 7) - self.inputs])
            if c >> 7 >= self.inputs
            else 1
            for c in self.outputs.tolist()
            if c >= 0
        ]
        return sum(loads) / max(len(loads), 1)

    def bounds(self, ranges: Sequence[Interval]) -> NDArray[np.int64] | None:
        """Least and largest number of each symbol, as if its terms did not depend on each other.

        Parameters
        ----------
        ranges : sequence of Interval
            Of each input.

        Returns
        -------
        array of int64, shape (symbols, 2), or None
            None if the numbers that terms can be are so large that sums of them may not fit.
        """
        found = [(one.lo, one.hi) for one in ranges] + [(0, 0)] * len(self)
        lists = self.lists
        largest = 0
        for k in self.order():
            terms = [_scaled(found[c >> 7], c) for c in lists[k]]
            found[self.inputs + k] = sum(lo for lo, _ in terms), sum(hi for _, hi in terms)
            largest = max(largest, sum(max(-lo, hi) for lo, hi in terms))
        return np.array(found, np.int64) if largest < LARGEST else None

    def order(self) -> list[int]:
        """Sums that outputs need, each behind those that are its terms."""
        lists = self.lists
        found: list[int] = []
        state = [0] * len(lists)
        stack = [c >> 7 for c in self.outputs.tolist()[::-1] if c >= 0]
        while stack:
            k = stack[-1] - self.inputs
            if k < 0 or state[k] == 2:
                stack.pop()
            elif state[k] == 1:
                stack.pop()
                state[k] = 2
                found.append(k)
            else:
                state[k] = 1
                stack += [c >> 7 for c in lists[k]]
        return found


def _scaled(ends: tuple[int, int], code: int) -> tuple[int, int]:
    _, shift, negative = parts(code)
    low, high = ends[0] << shift, ends[1] << shift
    return (-high, -low) if negative else (low, high)
