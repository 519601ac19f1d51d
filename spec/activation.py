"""The activation functions, defined bit by bit.

A function goes from the pre-activation format ``pre`` to an output format. Both forms below are
addressed by the raw code of the pre-activation: its two's complement bits read as an unsigned
number, so 0 .. max come first and min .. -1 after them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pascaline.spec.checked import Checked
from pascaline.spec.formats import Format, Interval

__all__ = [
    "FUNCTIONS",
    "Activation",
    "Lines",
    "PiecewiseLinear",
    "Table",
    "lines",
    "table",
]


def _sigmoid(z: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * z))


FUNCTIONS: dict[str, Callable[[float], float]] = {"sigmoid": _sigmoid, "tanh": math.tanh}
"""The functions by name."""


class Table(Checked):
    """A full table: one entry a pre-activation code, each the function rounded to nearest."""

    form: Literal["table"] = "table"


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


Activation = Annotated[Table | PiecewiseLinear, Field(discriminator="form")]
"""How a layer's activation functions are made; part of the network, since it changes the values."""


def table(function: str, pre: Format, out: Format) -> NDArray[np.int64]:
    """Entries of a full table, in order of the raw code; shape (2**pre.width,).

    No entry sits near a tie (a test asserts a margin), so every machine's ``tanh`` gives the same.
    """
    real = [FUNCTIONS[function](code * pre.lsb) for code in _codes(pre)]
    return out.quantize(real, thing=function)


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


def lines(function: str, pre: Format, out: Format, segments: int) -> Lines:
    """Lines for ``segments`` equal segments.

    Each line runs parallel to its chord, moved by half the deviation in the middle: this halves
    the error of the chord. Three guard bits keep the integer slopes from adding to it.
    """
    low_bits = pre.width - (segments.bit_length() - 1)
    shift = low_bits + 3
    f = FUNCTIONS[function]
    span = 1 << low_bits
    slope, offset = [], []
    for first in _codes(pre)[::span]:
        left, right = f(first * pre.lsb), f((first + span) * pre.lsb)
        middle = f((first + span / 2) * pre.lsb)
        start = left + (middle - (left + right) / 2) / 2
        slope.append(math.floor(math.ldexp(right - left, out.frac + shift - low_bits) + 0.5))
        offset.append(math.floor(math.ldexp(start, out.frac + shift) + 0.5))
    return Lines(np.array(slope, dtype=np.int64), np.array(offset, dtype=np.int64), shift, low_bits)


def _codes(pre: Format) -> list[int]:
    """All values of ``pre`` in order of their raw codes."""
    return [*range(pre.interval.hi + 1), *range(pre.interval.lo, 0)]
