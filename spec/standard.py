"""How the sums of a gate are standardised: constants and ranges of `spec.normalisers.layernorm`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from pascaline.spec.formats import Format, Interval

__all__ = ["LEFT", "Spread", "Standard"]

Spread = Literal["mad", "rms"]
"""The mean absolute deviation, or the root of the mean square."""

LEFT = 4
"""Bits by which a deviation is shifted left before it is shifted right."""

PRECISION = 16
"""Fraction bits of the reciprocal of the number of rows, beside those of its size."""


@dataclass(frozen=True, kw_only=True)
class Standard:
    """Standardisation of sums over the rows of a gate.

    Attributes
    ----------
    hidden : int
        Rows of a gate, N.
    spread : {"mad", "rms"}
        What deviations are measured by.
    normal : Format
        Of standardised sums.
    mean_frac : int
        Fraction bits of the mean, F.
    mantissa : int
        Bits of the reciprocal after its first one, K.
    """

    hidden: int
    spread: Spread
    normal: Format
    mean_frac: int
    mantissa: int

    @property
    def levels(self) -> int:
        """``2**L`` is at least the number of rows: L."""
        return (self.hidden - 1).bit_length()

    @property
    def inverse(self) -> int:
        """The reciprocal of the number of rows, 17 bits."""
        power = 1 << (self.levels + PRECISION)
        return (2 * power + self.hidden) // (2 * self.hidden)

    @property
    def mean_shift(self) -> int:
        """Shift after the product with `inverse`, s."""
        return self.levels + PRECISION - self.mean_frac

    @property
    def mean_drop(self) -> int:
        """Lower bits of a total that no mean depends on: below its half, if N is a power of two."""
        power = self.hidden == 1 << self.levels
        return max(self.mean_shift - PRECISION - 1, 0) if power else 0

    @property
    def size(self) -> int:
        """``2**size`` is about what D has more than a deviation, l."""
        return self.levels if self.spread == "mad" else -(-self.levels // 2)

    @property
    def precision(self) -> int:
        """Bits of a spread that count, P."""
        return self.mantissa + 2

    @property
    def least(self) -> int:
        """Bits that a spread has at least; one that has fewer counts as ``2**(least - 1)``."""
        return self.size + self.normal.frac + 1 - LEFT

    @property
    def factor(self) -> float:
        """What standardised sums must be multiplied by to be in units of the mean spread."""
        count = self.hidden if self.spread == "mad" else math.sqrt(self.hidden)
        return count / (1 << self.size)

    # Ranges that follow from that of the sums.

    def total(self, sums: Interval) -> Interval:
        """The sum over the rows, T."""
        return sums.times(self.hidden)

    def mean(self, sums: Interval) -> Interval:
        """The mean with its fraction bits, M."""
        scaled = self.total(sums) * Interval(self.inverse, self.inverse)
        return scaled.rounded(self.mean_shift)

    def deviation(self, sums: Interval) -> Interval:
        """A deviation from the mean, d."""
        return (sums << self.mean_frac) + self.mean(sums) * Interval(-1, -1)

    def reach(self, sums: Interval) -> Interval:
        """What a row adds to the spread: the magnitude or the square of its deviation."""
        most = self.deviation(sums).magnitude
        return Interval(0, most if self.spread == "mad" else most**2)

    def apart(self, sums: Interval) -> Interval:
        """What hardware has of a deviation beside its sign: d, or ``-d - 1`` if d is negative."""
        reach = self.deviation(sums)
        return Interval(0, max(reach.hi, -reach.lo - 1))

    def spread_total(self, sums: Interval) -> Interval:
        """The sum of these over the rows, D or V."""
        return self.reach(sums).times(self.hidden)

    def most(self, sums: Interval) -> int:
        """The largest b: bits of a spread."""
        bits = self.spread_total(sums).width
        return max(self.least, bits if self.spread == "mad" else -(-bits // 2))

    @property
    def shifted(self) -> Interval:
        """A deviation that is shifted by the bits of the spread, t."""
        return Interval.signed_bits(self.normal.width + 1)

    @property
    def reciprocal(self) -> Interval:
        """The reciprocal, m, whose first bit is always 1."""
        return Interval(1 << self.mantissa, (2 << self.mantissa) - 1)
