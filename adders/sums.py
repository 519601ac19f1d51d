"""Sums of many terms, each a name for others: what is shared before there are adders.

A `Sums` is a list of sums. A term of a sum is an input or another sum, shifted and with a sign;
a sum that is a term of several others is shared by them. A sum of k terms takes ``k - 1`` adders,
in any order: `graph` chooses the order, so that few adders are in a row.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pascaline.adders.graph import Graph, Indices
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
    """

    inputs: int
    first: Indices
    terms: Indices
    outputs: Indices

    @classmethod
    def of(cls, inputs: int, sums: Sequence[Sequence[int]], outputs: Sequence[int]) -> Sums:
        """Sums of lists of codes."""
        first = np.cumsum([0, *map(len, sums)], dtype=np.int64)
        terms = np.array([one for terms in sums for one in terms], np.int64)
        return cls(inputs, first, terms, np.array(outputs, np.int64))

    def __len__(self) -> int:
        return len(self.first) - 1

    @property
    def lists(self) -> list[list[int]]:
        """Codes of the terms of each sum."""
        terms, first = self.terms.tolist(), self.first.tolist()
        return [terms[a:b] for a, b in pairwise(first)]

    @property
    def adders(self) -> int:
        """Two-operand adders of all sums."""
        return len(self.terms) - len(self)

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

    def graph(self, ranges: Sequence[Interval]) -> Graph:
        """A graph in which the terms of each sum are added with as few adders in a row as can be.

        Parameters
        ----------
        ranges : sequence of Interval
            Of each input; of orders that are equally deep, the one with narrow sums is taken.
        """
        return _Trees(self, ranges).graph()


@dataclass(slots=True)
class _Operand:
    """A number that a tree is made of."""

    index: int
    shift: int
    negative: bool
    depth: int
    low: int
    high: int

    @property
    def key(self) -> tuple[int, int, int, int]:
        return self.depth, Interval(self.low, self.high).width, self.index, self.shift


class _Trees:
    """Adders for sums, one sum after the other."""

    def __init__(self, sums: Sums, ranges: Sequence[Interval]) -> None:
        self.sums = sums
        self.nodes: list[tuple[int, int, bool, int, int, bool]] = []
        self.made = {k: _Operand(k, 0, False, 0, one.lo, one.hi) for k, one in enumerate(ranges)}

    def graph(self) -> Graph:
        lists, inputs = self.sums.lists, self.sums.inputs
        wanted = {c >> 7: bool(c & 1) for c in self.sums.outputs.tolist() if c >= 0}
        for k in self.sums.order():
            terms = [self._operand(c) for c in lists[k]]
            self.made[inputs + k] = self._tree(terms, wanted.get(inputs + k, False))
        outputs = []
        for c in self.sums.outputs.tolist():
            found = _Operand(-1, 0, False, 0, 0, 0) if c < 0 else self._operand(c)
            outputs.append((found.index, found.shift, found.negative))
        return Graph.of(inputs, self.nodes, outputs)

    def _operand(self, code: int) -> _Operand:
        symbol, shift, negative = parts(code)
        of = self.made[symbol]
        low, high = of.low << shift, of.high << shift
        if negative:
            low, high = -high, -low
        return _Operand(of.index, of.shift + shift, of.negative ^ negative, of.depth, low, high)

    def _tree(self, terms: list[_Operand], negative: bool) -> _Operand:
        """Add the two that are least deep until one is left.

        A subtraction is made the way round in which its result is positive. So the result of all
        is, too, unless all terms are negative; of an output that is to be negated, its negative.
        """
        for one in terms:
            one.negative ^= negative
        queue = [(one.key, at, one) for at, one in enumerate(terms)]
        heapq.heapify(queue)
        count = len(queue)
        while len(queue) > 1:
            a, b = heapq.heappop(queue)[-1], heapq.heappop(queue)[-1]
            one = self._add(a, b)
            heapq.heappush(queue, (one.key, count, one))
            count += 1
        total = queue[0][-1]
        total.negative ^= negative
        return total

    def _add(self, a: _Operand, b: _Operand) -> _Operand:
        shift = min(a.shift, b.shift)
        minus = a.negative and b.negative
        self.nodes.append(
            (
                *(a.index, a.shift - shift, a.negative ^ minus),
                *(b.index, b.shift - shift, b.negative ^ minus),
            )
        )
        index = self.sums.inputs + len(self.nodes) - 1
        return _Operand(
            index, shift, minus, 1 + max(a.depth, b.depth), a.low + b.low, a.high + b.high
        )
