"""Slices: one part of so many, of what takes too long for every commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from pascaline.spec.errors import brief

__all__ = ["Slice", "slice_of", "sliced"]

DIGITS = 9
"""Of a number; the system's limit is far beyond."""


def slice_of(text: str) -> tuple[int, int]:
    """Of ``K/N`` K modulo N, and N; K may be any number, as that of a commit.

    Raises
    ------
    ValueError
        If it is no such text; the message is a line that says so.

    Examples
    --------
    >>> slice_of("13/10")
    (3, 10)
    """
    part, _, parts = text.partition("/")
    numbers = [int(word) for word in (part, parts) if word.isdecimal() and len(word) <= DIGITS]
    if len(numbers) != 2 or numbers[1] == 0:
        raise ValueError(f"must be K/N, not {brief(text)!r}")
    return numbers[0] % numbers[1], numbers[1]


class Slice(click.ParamType):  # type: ignore[type-arg]
    """A slice as an option, see `slice_of`."""

    name = "K/N"

    def convert(self, value: object, param: object, context: object) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        try:
            return slice_of(str(value))
        except ValueError as error:
            self.fail(str(error))


def sliced(counts: Mapping[str, int], part: int, parts: int) -> Iterator[tuple[str, int, int]]:
    """Machines in a part of all mutants, with the numbers of the first and of the last one.

    Parts are of few machines each, since netlists and builds take as long as their mutants do.
    """
    total, before = sum(counts.values()), 0
    first, last = (total * k // parts - 1 for k in (part, part + 1))
    for name, count in counts.items():
        low, high = max(first + 2 - before, 1), min(last + 1 - before, count)
        if low <= high:
            yield name, low, high
        before += count
