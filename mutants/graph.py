"""And-inverter graphs of sequential netlists, as AIGER has them.

A literal is twice a number, plus 1 if it is inverted; literal 0 is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Builder", "Graph"]

And = tuple[int, int, int]


@dataclass(frozen=True)
class Graph:
    """A graph that was read.

    Attributes
    ----------
    inputs, outputs : list of int
        Literals.
    latches : list of tuple
        Literal, literal of the next value, first value.
    ands : list of tuple
        Literal, and the two of which it is the conjunction; in an order of evaluation.
    names : dict of str to int
        Literals of inputs by name.
    registers : dict of str to int
        Places of latches by name; one whose output a mutant changes has none.
    """

    inputs: list[int]
    latches: list[And]
    outputs: list[int]
    ands: list[And]
    names: dict[str, int]
    registers: dict[str, int]

    @property
    def size(self) -> int:
        """All numbers of literals are below this."""
        return 1 + len(self.inputs) + len(self.latches) + len(self.ands)

    @staticmethod
    def read(text: str) -> Graph:
        """Read ASCII AIGER, as Yosys writes it."""
        lines = iter(text.splitlines())
        count = [int(word) for word in next(lines).split()[1:]]

        def rows(number: int) -> list[list[int]]:
            return [[int(word) for word in next(lines).split()] for _ in range(number)]

        inputs = [literal for [literal] in rows(count[1])]
        latches = [(row[0], row[1], row[2] if len(row) > 2 else 0) for row in rows(count[2])]
        outputs = [literal for [literal] in rows(count[3])]
        ands = [(row[0], row[1], row[2]) for row in rows(count[4])]
        names: dict[str, int] = {}
        registers: dict[str, int] = {}
        for line in lines:
            if line == "c":
                break
            place, name = line.split(" ", 1)
            if place.startswith("i"):
                names[name] = inputs[int(place[1:])]
            elif place.startswith("l"):
                registers |= dict.fromkeys(name.split(), int(place[1:]))
        return Graph(inputs, latches, outputs, ands, names, registers)


class Builder:
    """A graph that grows; the same conjunction is never there twice.

    Parameters
    ----------
    inputs, latches : int
        How many.

    Attributes
    ----------
    inputs, latches : list of int
        Their literals.
    """

    def __init__(self, inputs: int, latches: int) -> None:
        self.inputs = [2 * (1 + k) for k in range(inputs)]
        self.latches = [2 * (1 + inputs + k) for k in range(latches)]
        self._first = 1 + inputs + latches
        self._ands: dict[tuple[int, int], int] = {}

    def conjunction(self, a: int, b: int) -> int:
        """A literal that is true if both are."""
        if a < b:
            a, b = b, a
        if b == 0 or a ^ b == 1:
            return 0
        if b == 1 or a == b:
            return a
        return self._ands.setdefault((a, b), 2 * (self._first + len(self._ands)))

    def differs(self, pairs: Iterable[tuple[int, int]]) -> int:
        """A literal that is true if any two of the pairs are not equal."""
        same = 1
        for a, b in pairs:
            if a != b:
                either = self.conjunction(a ^ 1, b ^ 1) ^ 1
                both = self.conjunction(a, b)
                same = self.conjunction(same, self.conjunction(either, both ^ 1) ^ 1)
        return same ^ 1

    def copy(self, graph: Graph, values: dict[int, int]) -> tuple[list[int], list[int]]:
        """Put a graph in here, with these literals as its inputs and latches.

        Returns
        -------
        tuple of list of int
            Its latches' next values, and its outputs.
        """
        here = [0] * graph.size
        for literal, value in values.items():
            here[literal >> 1] = value
        conjunction = self.conjunction
        for literal, a, b in graph.ands:
            here[literal >> 1] = conjunction(here[a >> 1] ^ a & 1, here[b >> 1] ^ b & 1)

        def found(literal: int) -> int:
            return here[literal >> 1] ^ literal & 1

        return [found(latch[1]) for latch in graph.latches], [found(o) for o in graph.outputs]

    def tainted(
        self, graph: Graph, values: dict[int, tuple[int, int]]
    ) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Put a graph in here of which some inputs and latches may be anything.

        Parameters
        ----------
        graph : Graph
            The graph.
        values : dict
            Of its inputs and latches: a literal, and one that is false if they have that value.

        Returns
        -------
        tuple of list
            The same of its latches' next values, and of its outputs.
        """
        here = [(0, 0)] * graph.size
        for literal, value in values.items():
            here[literal >> 1] = value
        conjunction = self.conjunction

        def found(literal: int) -> tuple[int, int]:
            value, taint = here[literal >> 1]
            return value ^ literal & 1, taint

        for literal, a, b in graph.ands:
            (x, any_x), (y, any_y) = found(a), found(b)
            neither = 1
            for one, other in ((any_x, y), (any_y, x), (any_x, any_y)):
                neither = conjunction(neither, conjunction(one, other) ^ 1)
            here[literal >> 1] = conjunction(x, y), neither ^ 1
        return [found(latch[1]) for latch in graph.latches], [found(o) for o in graph.outputs]

    def combinational(self, output: int) -> bytes:
        """Binary AIGER of one output, with the latches as inputs, too."""
        return self._aiger(len(self.inputs) + len(self.latches), (), output)

    def aiger(self, latches: Sequence[tuple[int, int]], output: int) -> bytes:
        """Binary AIGER of the latches' next and first values, and of one output."""
        assert len(latches) == len(self.latches)
        return self._aiger(len(self.inputs), latches, output)

    def _aiger(self, inputs: int, latches: Sequence[tuple[int, int]], output: int) -> bytes:
        body = bytearray()
        for (a, b), literal in self._ands.items():
            for delta in (literal - a, a - b):
                while delta > 127:
                    body.append(delta & 127 | 128)
                    delta >>= 7
                body.append(delta)
        counts = inputs, len(latches), 1, len(self._ands)
        lines = [f"aig {self._first + len(self._ands) - 1} {' '.join(map(str, counts))}"]
        lines += [f"{following} {first}" for following, first in latches]
        return "\n".join([*lines, f"{output}\n"]).encode() + bytes(body)
