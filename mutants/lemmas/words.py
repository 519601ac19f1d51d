"""Numbers of some bits in a graph, to write lemmas with; and the registers that they are about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from mutants.graph import Builder

__all__ = ["Lemma", "State", "Word", "every", "total"]


class Word:
    """A number without a sign.

    Parameters
    ----------
    builder : Builder
        Of the graph.
    bits : sequence of int
        Literals, the lowest bit first.
    """

    def __init__(self, builder: Builder, bits: Sequence[int]) -> None:
        self.builder, self.bits = builder, list(bits)

    def __getitem__(self, place: int) -> Word:
        return Word(self.builder, self.bits[place : place + 1])

    def __and__(self, other: Word) -> Word:
        conjunction = self.builder.conjunction
        return self._bitwise(other, conjunction)

    def __or__(self, other: Word) -> Word:
        return ~(~self & ~other)

    def __xor__(self, other: Word) -> Word:
        return (self & ~other) | (~self & other)

    def __invert__(self) -> Word:
        return Word(self.builder, [bit ^ 1 for bit in self.bits])

    def __add__(self, other: Word) -> Word:
        """The sum, with as many bits as it needs."""
        size = max(len(self.bits), len(other.bits))
        one, two = self._extended(size), other._extended(size)
        carry, bits = Word(self.builder, [0]), []
        for k in range(size):
            a, b = one[k], two[k]
            bits += (a ^ b ^ carry).bits
            carry = (a & b) | (carry & (a ^ b))
        return Word(self.builder, [*bits, *carry.bits])

    def is_(self, value: int | Word) -> Word:
        """Whether it is that number."""
        if isinstance(value, int):
            assert value >> len(self.bits) == 0
            value = Word(self.builder, [value >> k & 1 for k in range(len(self.bits))])
        size = max(len(self.bits), len(value.bits))
        return ~(self._extended(size) ^ value._extended(size)).any()

    def at_most(self, value: int) -> Word:
        """Whether it is one of these numbers, from 0 on."""
        return ~every(~self.is_(k) for k in range(value + 1))

    def any(self) -> Word:
        """Whether any bit is 1."""
        return ~every(~self[k] for k in range(len(self.bits)))

    def implies(self, other: Word) -> Word:
        """Whether the other is true where this is."""
        return ~(self & ~other)

    def chooses(self, *words: Word) -> Word:
        """The word of that place; there is one for each number."""
        if len(words) == 1:
            return words[0]
        *low, high = self.bits
        half = len(words) // 2
        rest = Word(self.builder, low)
        zero, one = rest.chooses(*words[:half]), rest.chooses(*words[half:])
        which = Word(self.builder, [high] * len(one.bits))
        return (which & one) | (~which & zero)

    def _bitwise(self, other: Word, of: Callable[[int, int], int]) -> Word:
        assert len(self.bits) == len(other.bits)
        pairs = zip(self.bits, other.bits, strict=True)
        return Word(self.builder, [of(a, b) for a, b in pairs])

    def _extended(self, size: int) -> Word:
        return Word(self.builder, self.bits + [0] * (size - len(self.bits)))


def every(words: Iterable[Word]) -> Word:
    """Whether all of these are true; at least one."""
    first, *rest = words
    for word in rest:
        first = first & word
    return first


def total(words: Iterable[Word]) -> Word:
    """The sum of at least one number."""
    first, *rest = words
    for word in rest:
        first = first + word
    return first


class State:
    """All registers of a machine in one cycle, and which of them a mutant may have otherwise.

    Parameters
    ----------
    builder : Builder
        Of the graph.
    registers : mapping of str to int
        Places by name, with an index if there are several bits; see `mutants.graph.Graph`.
    values : sequence of int
        Literal of each place.
    differs : mapping of int to int
        Places of registers that a mutant may have otherwise, and when.
    """

    def __init__(
        self,
        builder: Builder,
        registers: Mapping[str, int],
        values: Sequence[int],
        differs: Mapping[int, int],
    ) -> None:
        self.builder, self._registers = builder, registers
        self._values, self._differs = values, differs

    def __contains__(self, name: str) -> bool:
        return name in self._registers or f"{name}[0]" in self._registers

    def __getitem__(self, name: str) -> Word:
        """A register, or its bits up to the first that the netlist no longer has."""
        return Word(self.builder, [self._values[place] for place in self._places(name)])

    def unnamed(self) -> Word:
        """The bits whose outputs the mutant changes."""
        named = set(self._registers.values())
        rest = [place for place in range(len(self._values)) if place not in named]
        return Word(self.builder, [self._values[place] for place in rest] or [0])

    def first(self, *names: str) -> Word:
        """The register that has one of these names: Yosys makes equal ones one."""
        return self[next(name for name in names if name in self)]

    def own(self, pattern: str) -> list[int]:
        """Places of registers whose names fit entirely, and that the mutant may have otherwise."""
        fits = re.compile(rf"(?:{pattern})(?:\[\d+\])?")
        found = {self._registers[name] for name in self._registers if fits.fullmatch(name)}
        return sorted(found & self._differs.keys())

    def may_differ(self, pattern: str) -> Word:
        """Whether any of these may be another one in the mutant."""
        bits = [self._differs[place] for place in self.own(pattern)]
        return Word(self.builder, bits or [0]).any()

    def _places(self, name: str) -> list[int]:
        if name in self._registers:
            return [self._registers[name]]
        places: list[int] = []
        while (bit := f"{name}[{len(places)}]") in self._registers:
            places.append(self._registers[bit])
        if not places:
            raise KeyError(name)
        return places


Lemma = Callable[[State], Word]
"""What holds in every reachable state."""
