"""The activation functions, defined bit by bit.

A function goes from the pre-activation format ``pre`` to an output format. Tables and equal
segments are addressed by the raw code of the pre-activation: its two's complement bits read as an
unsigned number, so 0 .. max come first and min .. -1 after them. Pieces are in `spec.pieces`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pascaline.spec.checked import Checked, is_none
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format, Interval
from pascaline.spec.functions import Function, exact
from pascaline.spec.pieces import FEWEST, MOST

__all__ = [
    "Activation",
    "AdaptivePieces",
    "Lines",
    "PiecewiseLinear",
    "Table",
    "lines",
    "read_activation",
    "table",
]

WRITTEN = re.compile(r"(pwl|pieces)([1-9][0-9]{0,3})(?:x([0-9]))?")


class Table(Checked):
    """A full table: one entry a pre-activation code, each the function rounded to nearest."""

    form: Literal["table"] = "table"

    def __str__(self) -> str:
        """What users write: ``table``."""
        return self.form


class PiecewiseLinear(Checked):
    """Equal segments, one line each: a small table and a multiplier instead of a full table.

    Parameters
    ----------
    segments : int
        How many; a power of two, 2 to 1024. 64 are within one unit of the table for 8-bit gates.
    """

    form: Literal["pwl"] = "pwl"
    segments: int = Field(default=64, ge=2, le=1024)

    @model_validator(mode="after")
    def _is_power_of_two(self) -> PiecewiseLinear:
        if self.segments & (self.segments - 1):
            raise ValueError(f"segments must be a power of two, not {self.segments}")
        return self

    def __str__(self) -> str:
        """What users write, such as ``pwl64``."""
        return f"{self.form}{self.segments}"


class AdaptivePieces(Checked):
    """Few pieces with knots where they are needed: no table, and shifts or a small multiplier.

    Parameters
    ----------
    pieces : int
        How many, 2 to 64.
    slope_bits : int or None
        Bits of a slope, 2 to 8; ``None``: each slope is a power of two, and there is no multiplier.
    """

    form: Literal["pieces"] = "pieces"
    pieces: int = Field(default=16, ge=FEWEST, le=MOST)
    slope_bits: int | None = Field(default=None, ge=2, le=8, exclude_if=is_none)

    def __str__(self) -> str:
        """What users write, such as ``pieces16``, or ``pieces16x4`` for slopes of 4 bits."""
        return f"{self.form}{self.pieces}" + (f"x{self.slope_bits}" if self.slope_bits else "")


Activation = Annotated[Table | PiecewiseLinear | AdaptivePieces, Field(discriminator="form")]
"""How a layer's activation functions are made; part of the network, since it changes the values."""


def read_activation(text: str, *, thing: str) -> Table | PiecewiseLinear | AdaptivePieces:
    """The form that a text says, as `str` writes it.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> read_activation("pieces16x4", thing="activation")
    AdaptivePieces(form='pieces', pieces=16, slope_bits=4)
    """
    if text == "table":
        return Table()
    found = WRITTEN.fullmatch(text)
    if not found or (found[1] == "pwl" and found[3]):
        raise InputError(thing, "must be table, or as pwl256, pieces16 or pieces16x4", text)
    if found[1] == "pwl":
        return PiecewiseLinear.parse({"segments": int(found[2])}, thing=thing)
    bits = {"slope_bits": int(found[3])} if found[3] else {}
    return AdaptivePieces.parse({"pieces": int(found[2])} | bits, thing=thing)


def table(function: Function, pre: Format, out: Format) -> NDArray[np.int64]:
    """Entries of a full table, in order of the raw code; shape (2**pre.width,).

    No entry sits near a tie (a test asserts a margin), so every machine's ``tanh`` gives the same.
    """
    return out.quantize(exact(function, _codes(pre), pre))


@dataclass(frozen=True)
class Lines:
    """Lines of a piecewise-linear function.

    Within segment ``s`` (the top bits of the raw code), with ``d`` the remaining low bits read as
    an unsigned number, the output is
    ``saturate(round_shift(slope[s] * d + offset[s], shift), out)``.

    Attributes
    ----------
    slope, offset : NDArray[np.int64]
        One integer a segment.
    shift : int
        The final shift.
    low_bits : int
        Width of ``d``.
    """

    slope: NDArray[np.int64]
    offset: NDArray[np.int64]
    shift: int
    low_bits: int

    @property
    def total(self) -> Interval:
        """Range of ``slope * d + offset`` before the shift."""
        d = Interval(0, (1 << self.low_bits) - 1)
        return Interval.of(self.slope) * d + Interval.of(self.offset)


def lines(function: Function, pre: Format, out: Format, segments: int) -> Lines:
    """Lines for ``segments`` equal segments.

    Each line runs parallel to its chord, moved by half the deviation in the middle: this halves
    the error of the chord. Three guard bits keep the integer slopes from adding to it.
    """
    low_bits = pre.width - (segments.bit_length() - 1)
    shift = low_bits + 3
    span = 1 << low_bits
    slope, offset = [], []
    for first in _codes(pre)[::span]:
        left, middle, right = exact(function, [first, first + span / 2, first + span], pre)
        start = left + (middle - (left + right) / 2) / 2
        slope.append(math.floor(math.ldexp(right - left, out.frac + shift - low_bits) + 0.5))
        offset.append(math.floor(math.ldexp(start, out.frac + shift) + 0.5))
    return Lines(np.array(slope, dtype=np.int64), np.array(offset, dtype=np.int64), shift, low_bits)


def _codes(pre: Format) -> list[int]:
    """All values of ``pre`` in order of their raw codes."""
    return [*range(pre.interval.hi + 1), *range(pre.interval.lo, 0)]
