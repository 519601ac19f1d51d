"""Adders for sums: in which order the terms of each are added."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from pascaline.adders.graph import Graph
from pascaline.adders.signs import made_negative
from pascaline.adders.sums import Sums, parts
from pascaline.spec.formats import Interval

__all__ = ["graph_of"]


def graph_of(sums: Sums, ranges: Sequence[Interval], *, narrow: bool = False) -> Graph:
    """A graph in which the terms of each sum are added.

    Parameters
    ----------
    sums : Sums
        What is shared already.
    ranges : sequence of Interval
        Of each input.
    narrow : bool
        Whether to add those terms first whose sums are narrow, and of these the least deep ones; or
        the other way round, which has as few adders in a row as can be.
    """
    return _Trees(sums, ranges, narrow=narrow).graph()


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
    def width(self) -> int:
        return Interval(self.low, self.high).width


class _Trees:
    """Adders for sums, one sum after the other."""

    def __init__(self, sums: Sums, ranges: Sequence[Interval], *, narrow: bool) -> None:
        self.narrow = narrow
        self.sums = sums
        self.nodes: list[tuple[int, int, bool, int, int, bool]] = []
        self.made = {k: _Operand(k, 0, False, 0, one.lo, one.hi) for k, one in enumerate(ranges)}

    def graph(self) -> Graph:
        lists, inputs = self.sums.lists, self.sums.inputs
        turned = made_negative(self.sums)
        for k in self.sums.order():
            terms = [self._operand(c) for c in lists[k]]
            self.made[inputs + k] = self._tree(terms, turned[k])
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
        """Add the two that are least deep, or least wide, until one is left.

        A subtraction is made the way round in which its result is positive. So the result of all
        is, too, unless all terms are negative; of an output that is to be negated, its negative.
        """
        for one in terms:
            one.negative ^= negative
        queue = [(self._key(one), at, one) for at, one in enumerate(terms)]
        heapq.heapify(queue)
        count = len(queue)
        while len(queue) > 1:
            a, b = heapq.heappop(queue)[-1], heapq.heappop(queue)[-1]
            one = self._add(a, b)
            heapq.heappush(queue, (self._key(one), count, one))
            count += 1
        total = queue[0][-1]
        total.negative ^= negative
        return total

    def _key(self, one: _Operand) -> tuple[int, int, int, int]:
        first, second = (one.width, one.depth) if self.narrow else (one.depth, one.width)
        return first, second, one.index, one.shift

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
