"""Numbers on the command line: every numeric option of every command is one of these.

Each is finite and of a size that a machine can count with, so that no command has to think of NaN,
of infinities or of numbers of thousands of digits.
"""

from __future__ import annotations

import math
from typing import Any

import click

from pascaline.spec.errors import InputError, brief

__all__ = ["COUNT", "JOBS", "MANY", "REAL", "SEED", "WHOLE", "Real", "Whole", "numbers"]

LARGEST = (1 << 31) - 1
"""Magnitude of whole numbers without a limit of their own."""

LARGEST_REAL = 1e30
"""Magnitude of real ones."""

CHARACTERS = 400
"""Of a number."""


def _range_of(kind: click.IntRange | click.FloatRange, text: str) -> str:
    """What a help says of a range: nothing, if there is no end."""
    return "" if kind.min is None and kind.max is None else text


class Whole(click.IntRange):
    """A whole number.

    Parameters
    ----------
    least, most : int, optional
        The range, both ends in it.
    """

    name = "integer"

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        super().__init__(least, most)

    def _describe_range(self) -> str:
        return _range_of(self, super()._describe_range())

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, str) and len(value) > CHARACTERS:
            self.fail(f"{brief(value)!r} is not a valid {self.name}.", param, ctx)
        number: int = super().convert(value, param, ctx)
        if self.max is None and abs(number) > LARGEST:
            self.fail(f"{number} is more than {LARGEST}.", param, ctx)
        return number


class Real(click.FloatRange):
    """A real number, finite.

    Parameters
    ----------
    least, most : float, optional
        The range, both ends in it.
    above : float, optional
        A number that it must be greater than, instead of ``least``.
    """

    name = "float"

    def __init__(
        self, least: float | None = None, most: float | None = None, *, above: float | None = None
    ) -> None:
        super().__init__(least if above is None else above, most, min_open=above is not None)

    def _describe_range(self) -> str:
        return _range_of(self, super()._describe_range())

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, str) and len(value) > CHARACTERS:
            self.fail(f"{brief(value)!r} is not a valid {self.name}.", param, ctx)
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        if abs(number) > LARGEST_REAL:
            self.fail(f"{value!r} is more than {LARGEST_REAL:g}.", param, ctx)
        return number


WHOLE, REAL = Whole(), Real()
"""Numbers of which a description, as that of a machine, says what they may be."""

COUNT = Whole(1)
"""Of things that are done one after the other."""

MANY = Whole(1, 100_000)
"""Of things that are in memory together."""

JOBS = Whole(1, 1024)
"""Of processes or threads."""

SEED = Whole(0, (1 << 32) - 1)
"""Of random numbers."""


def numbers(_: click.Context, option: click.Parameter, text: str | None) -> list[int] | None:
    """Numbers with commas between them."""
    if text is None:
        return None
    try:
        return [int(piece) for piece in text.split(",")]
    except ValueError:
        rule = "must be numbers separated by commas"
        raise InputError(str(option.opts[0]), rule, text) from None
