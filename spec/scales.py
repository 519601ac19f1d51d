"""Kinds of scales by what multiplies by them: nothing, a shifter, or a multiplier.

The scales of a model's rows are integers, and their values decide about the hardware: one scale for
all rows is a constant in the netlist, one magnitude is a constant and a sign, powers of two are
stored as exponents and need a shifter, and only other values need a multiplier.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.formats import Interval

__all__ = ["Constant", "Number", "Power", "Scale", "Signed", "scale_of"]

Integers = NDArray[np.int64]


class Scale(ABC):
    """How scales are stored, beside what they multiply.

    Attributes
    ----------
    bits : int
        Storage of one.
    """

    bits: int

    @property
    @abstractmethod
    def interval(self) -> Interval:
        """Smallest and largest scale."""

    @abstractmethod
    def encode(self, values: Integers) -> Integers:
        """Scales to codes, element by element."""


@dataclass(frozen=True)
class Constant(Scale):
    """All scales are ``value``, which is stored nowhere."""

    value: int
    bits = 0

    @property
    def interval(self) -> Interval:
        return Interval(self.value, self.value)

    def encode(self, values: Integers) -> Integers:
        return np.zeros_like(values)


@dataclass(frozen=True)
class Signed(Scale):
    """All scales are ``value`` or ``-value``; the code is 1 for a negative one."""

    value: int
    bits = 1

    @property
    def interval(self) -> Interval:
        return Interval(-self.value, self.value)

    def encode(self, values: Integers) -> Integers:
        return (values < 0).astype(np.int64)


@dataclass(frozen=True)
class Power(Scale):
    """Powers of two, ``2 ** least`` to ``2 ** most``; the code is the exponent less ``least``."""

    least: int
    most: int

    @property
    def bits(self) -> int:  # type: ignore[override]
        return (self.most - self.least).bit_length()

    @property
    def interval(self) -> Interval:
        return Interval(1 << self.least, 1 << self.most)

    def encode(self, values: Integers) -> Integers:
        return np.log2(values).astype(np.int64) - self.least


@dataclass(frozen=True)
class Number(Scale):
    """Any integers of ``bits`` bits."""

    bits: int

    @property
    def interval(self) -> Interval:
        return Interval.signed_bits(self.bits)

    def encode(self, values: Integers) -> Integers:
        return values


def scale_of(values: Integers, width: int, *, signs: bool = False) -> Scale:
    """The cheapest kind for these scales, each of ``width`` bits at most.

    With ``signs``, also `Signed`: where signs are learned, and a magnitude is common by design.
    """
    distinct = [int(value) for value in np.unique(values)]
    if len(distinct) == 1:
        return Constant(distinct[0])
    if signs and len(distinct) == 2 and distinct[0] == -distinct[1]:
        return Signed(distinct[1])
    if all(value > 0 and value & (value - 1) == 0 for value in distinct):
        return Power(distinct[0].bit_length() - 1, distinct[-1].bit_length() - 1)
    return Number(width)
