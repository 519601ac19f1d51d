"""Whether lemmas hold always, and no mutant is seen where they do: one step of induction.

Lemmas say what is known of the registers of a machine in all reachable states, and which of those
that a mutant has otherwise it may have so when. They hold at the start, which is evaluated. ABC is
asked whether a cycle can begin in any state in which all of them hold, reachable or not, and end in
one in which one of them does not, or show a difference. If not, no cycle ever does.

Registers of a mutant that may be other ones are there twice only if they are few. Else a bit that
may differ can be anything then, and so can what depends on it. This is true of more than there is,
and is found in seconds: no product of two numbers has to be shown to be the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mutants.abc import abc
from mutants.bitparallel import selects
from mutants.graph import Builder, Graph
from mutants.lemmas.words import Lemma, State
from pascaline.spec.scratch import temporary

__all__ = ["Induction"]

FEW = 4
"""Bits that are there twice."""

LIMIT = 200
"""Seconds of a question; each is answered in a few."""


class Induction:
    """A mutant beside its machine, over one cycle.

    Parameters
    ----------
    graph : Graph
        The machine in its environment, with mutants.
    number : int
        Of the mutant.
    own : collection of int
        Places of registers that the mutant may have otherwise.
    lemmas : sequence of callable
        What is said of the registers.
    """

    def __init__(
        self, graph: Graph, number: int, own: Collection[int], lemmas: Sequence[Lemma]
    ) -> None:
        self._graph, self._lemmas = graph, lemmas
        chosen, places = selects(graph), range(len(graph.latches))
        free = [literal for literal in graph.inputs if literal not in chosen]
        self._builder = builder = Builder(len(free), len(graph.latches) + len(own))
        ours = sorted(own)
        second = dict(zip(ours, builder.latches[len(graph.latches) :], strict=True))
        state = dict(zip(places, builder.latches, strict=False))
        twice = len(ours) <= FEW
        differs = {p: self._apart(state[p], (bit, 0)) for p, bit in second.items()}
        taints = differs if twice else second
        values = dict(zip(free, builder.inputs, strict=True)) | dict.fromkeys(chosen, 0)
        values |= {graph.latches[place][0]: state[place] for place in places}
        following, seen = builder.copy(graph, values)
        others = {literal: (value, 0) for literal, value in values.items()}
        others |= {literal: (number >> bit & 1, 0) for literal, bit in chosen.items()}
        for place, bit in second.items():
            others[graph.latches[place][0]] = (bit, 0) if twice else (state[place], bit)
        changed, noticed = builder.tainted(graph, others)
        apart = [self._apart(*pair) for pair in zip(following, changed, strict=True)]
        at_ports = [self._apart(*pair) for pair in zip(seen, noticed, strict=True)]
        same = 1
        unsure = [changed[place][1] for place in ours if twice]
        for literal in (*at_ports, *unsure, *(apart[p] for p in places if p not in taints)):
            same = builder.conjunction(same, literal ^ 1)
        self._different = same ^ 1
        first = [latch[2] for latch in graph.latches]
        self._start = self._holds(first, dict.fromkeys(ours, 0))
        self._now = self._holds([state[place] for place in places], taints)
        self._then = self._holds(following, {place: apart[place] for place in ours})

    def proven(self) -> bool:
        """Whether the lemmas hold always, and there never is a difference."""
        if any(literal != 1 for literal in self._start):
            return False
        return all(self._never(bad) for bad in (self._different, *map(_not, self._then)))

    def broken(self) -> list[str]:
        """Names of lemmas that do not hold at the start, or that a cycle may break."""
        names = [getattr(lemma, "__name__", str(lemma)) for lemma in self._lemmas]
        at_start = [name for name, now in zip(names, self._start, strict=True) if now != 1]
        claims = zip(
            ("no difference", *names), (self._different, *map(_not, self._then)), strict=True
        )
        return at_start + [name for name, bad in claims if not self._never(bad)]

    def _never(self, bad: int) -> bool:
        """Whether something cannot be where all lemmas hold."""
        for literal in self._now:
            bad = self._builder.conjunction(bad, literal)
        if bad == 0:
            return True
        with temporary() as folder:
            (folder / "claim.aig").write_bytes(self._builder.combinational(bad))
            return "UNSATISFIABLE" in abc("read_aiger claim.aig; strash; sat", folder, LIMIT)

    def _apart(self, value: int, other: tuple[int, int]) -> int:
        builder = self._builder
        return builder.conjunction(builder.differs([(value, other[0])]) ^ 1, other[1] ^ 1) ^ 1

    def _holds(self, values: Sequence[int], differs: dict[int, int]) -> list[int]:
        state = State(self._builder, self._graph.registers, values, differs)
        found = [lemma(state) for lemma in self._lemmas]
        assert all(len(word.bits) == 1 for word in found)
        return [word.bits[0] for word in found]


def _not(literal: int) -> int:
    return literal ^ 1
