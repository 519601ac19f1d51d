"""How inputs come into a core: as vectors, or as numbers of symbols that stand for one-hot vectors.

A beat of the stream has some elements of one format. What the machine gets of a vector, and which
vector it takes that for, is said here once: drivers and benches use the one, models the other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format, Interval
from pascaline.spec.tensorspec import Integers

__all__ = ["Entry", "Symbols", "Vectors"]


@dataclass(frozen=True)
class Entry(ABC):
    """How inputs come.

    Parameters
    ----------
    inputs : int
        Elements of a vector, as the network has it.
    x : Format
        Their format, as the network has it.
    """

    inputs: int
    x: Format

    @property
    @abstractmethod
    def element(self) -> Format:
        """Format of an element of the stream."""

    @property
    @abstractmethod
    def elements(self) -> int:
        """Elements of the stream for a vector."""

    @property
    @abstractmethod
    def simd(self) -> int:
        """Elements of a beat."""

    @property
    def beats(self) -> int:
        """Beats of a vector."""
        return -(-self.elements // self.simd)

    @property
    @abstractmethod
    def values(self) -> Interval:
        """Range of the elements of vectors that can come."""

    @abstractmethod
    def numbers(self, vector: Sequence[int]) -> list[int]:
        """Elements of the stream for a vector; raises `InputError` if it cannot come."""

    @abstractmethod
    def vector(self, numbers: Sequence[int]) -> list[int]:
        """The vector that elements of the stream stand for; those beyond its end are left out."""

    @abstractmethod
    def draw(self, rng: np.random.Generator, steps: int) -> Integers:
        """Random vectors that can come, (steps, inputs)."""


@dataclass(frozen=True)
class Vectors(Entry):
    """Vectors, a chunk a beat.

    Parameters
    ----------
    width : int
        Elements of a chunk.
    """

    width: int

    @property
    def element(self) -> Format:
        return self.x

    @property
    def elements(self) -> int:
        return self.inputs

    @property
    def simd(self) -> int:
        return self.width

    @property
    def values(self) -> Interval:
        return self.x.interval

    def numbers(self, vector: Sequence[int]) -> list[int]:
        return list(vector)

    def vector(self, numbers: Sequence[int]) -> list[int]:
        return list(numbers[: self.inputs])

    def draw(self, rng: np.random.Generator, steps: int) -> Integers:
        values = self.x.interval
        return rng.integers(values.lo, values.hi, (steps, self.inputs), endpoint=True)


@dataclass(frozen=True)
class Symbols(Entry):
    """Numbers of symbols, one a beat: of the element that is 1 while all others are 0.

    A number beyond the last symbol is none: all elements are 0.

    Examples
    --------
    >>> entry = Symbols(inputs=3, x=Format(width=8, frac=7, signed=False))
    >>> entry.vector([1]), entry.numbers([0, 0, 0])
    ([0, 128, 0], [3])
    """

    @property
    def one(self) -> int:
        """What 1 is in the format of x, or the number next to it."""
        return int(self.x.quantize(1.0))

    @property
    def element(self) -> Format:
        return Format(width=self.inputs.bit_length(), frac=0, signed=False)

    @property
    def elements(self) -> int:
        return 1

    @property
    def simd(self) -> int:
        return 1

    @property
    def values(self) -> Interval:
        return Interval(0, self.one)

    def numbers(self, vector: Sequence[int]) -> list[int]:
        places = [place for place, value in enumerate(vector) if value]
        if not places:
            return [self.inputs]
        if len(places) > 1 or vector[places[0]] != self.one:
            rule = f"must have one element that is {self.one}, and else zeros, for symbols"
            raise InputError("input vector", rule, [vector[place] for place in places[:4]])
        return places

    def vector(self, numbers: Sequence[int]) -> list[int]:
        return [self.one * (place == numbers[0]) for place in range(self.inputs)]

    def draw(self, rng: np.random.Generator, steps: int) -> Integers:
        numbers = rng.integers(0, self.inputs, (steps, 1), endpoint=True)
        return np.where(numbers == np.arange(self.inputs), self.one, 0)
