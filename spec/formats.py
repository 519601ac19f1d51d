"""Number formats and integer ranges.

Every number in a Pascaline machine is an integer with a fixed binary point. Two rules, named here
and implemented once in ``golden.rounding`` and once in ``hdl.rounding``, say how a wide number
becomes a narrow one:

``round_shift(v, s)``
    Add half, then floor: ``(v + 2**(s - 1)) >> s``; for ``s = 0`` the value itself. Ties go up.
``saturate(v, format)``
    Clamp to the format's smallest and largest value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, model_validator

from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError

__all__ = ["Format", "Interval", "half"]

NOTATION = re.compile(r"(?P<unsigned>U?)Q(?P<whole>-?[0-9]{1,2})\.(?P<frac>[0-9]{1,2})")


def half(shift: int) -> int:
    """The half that ``round_shift`` adds before it drops ``shift`` bits; 0 for no shift."""
    return (1 << shift) >> 1


@dataclass(frozen=True, slots=True)
class Interval:
    """The integers from ``lo`` to ``hi``, both included.

    Widths are never typed by hand: they follow from intervals, and the interval of an expression
    follows from those of its operands. Nothing that is sized this way can overflow.
    """

    lo: int
    hi: int

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.lo + other.lo, self.hi + other.hi)

    def __mul__(self, other: Interval) -> Interval:
        corners = [a * b for a in (self.lo, self.hi) for b in (other.lo, other.hi)]
        return Interval(min(corners), max(corners))

    def __or__(self, other: Interval) -> Interval:
        return Interval(min(self.lo, other.lo), max(self.hi, other.hi))

    def __lshift__(self, bits: int) -> Interval:
        return Interval(self.lo << bits, self.hi << bits)

    def __rshift__(self, bits: int) -> Interval:
        return Interval(self.lo >> bits, self.hi >> bits)

    def times(self, count: int) -> Interval:
        """Range of the sum of ``count`` numbers of this range."""
        return Interval(self.lo * count, self.hi * count)

    def __neg__(self) -> Interval:
        """Range of the negative numbers of those of this range."""
        return Interval(-self.hi, -self.lo)

    def rounded(self, shift: int) -> Interval:
        """Range after ``round_shift`` by ``shift`` bits (which is monotonic)."""
        return Interval((self.lo + half(shift)) >> shift, (self.hi + half(shift)) >> shift)

    @property
    def magnitude(self) -> int:
        """The largest absolute value."""
        return max(abs(self.lo), abs(self.hi))

    @property
    def signed(self) -> bool:
        """Whether the range has negative numbers."""
        return self.lo < 0

    @property
    def width(self) -> int:
        """Bits that hold every value: two's complement if any is negative; at least 1."""
        if self.signed:
            return max(max(self.hi, 0).bit_length(), (-self.lo - 1).bit_length()) + 1
        return max(self.hi.bit_length(), 1)

    @classmethod
    def signed_bits(cls, width: int) -> Interval:
        """All values of ``width`` bits in two's complement."""
        return cls(-(1 << (width - 1)), (1 << (width - 1)) - 1)

    @classmethod
    def of(cls, values: ArrayLike) -> Interval:
        """The smallest interval that holds 0 and all ``values``."""
        array = np.asarray(values, dtype=np.int64)
        return cls(min(0, int(array.min(initial=0))), max(0, int(array.max(initial=0))))


class Format(Checked):
    """A fixed-point format: value = integer / 2**frac.

    Parameters
    ----------
    width : int
        Bits, 1 to 32.
    frac : int
        Bits after the binary point, 0 to 31; may exceed ``width`` - 1 for small numbers.
    signed : bool
        Two's complement, or unsigned.

    Examples
    --------
    >>> form = Format(width=8, frac=7)
    >>> str(form), form.quantize([0.5, 2.0]).tolist()
    ('Q0.7', [64, 127])
    """

    width: int = Field(ge=1, le=32)
    frac: int = Field(ge=0, le=31)
    signed: bool = True

    @model_validator(mode="after")
    def _has_magnitude_bits(self) -> Format:
        if self.signed and self.width < 2:
            raise ValueError("a signed format must have a width of at least 2")
        return self

    @classmethod
    def read(cls, text: str, *, thing: str) -> Format:
        """The format of a text in Q notation, as `str` writes it.

        Raises
        ------
        InputError
            If it is none, or one that no format can be.

        Examples
        --------
        >>> Format.read("UQ0.8", thing="sigmoid")
        Format(width=8, frac=8, signed=False)
        """
        found = NOTATION.fullmatch(text)
        if not found:
            raise InputError(thing, "must be a format as Q3.12 or UQ0.16", text)
        whole, frac, signed = int(found["whole"]), int(found["frac"]), not found["unsigned"]
        return cls.parse(
            {"width": whole + frac + signed, "frac": frac, "signed": signed}, thing=thing
        )

    @property
    def interval(self) -> Interval:
        """The integers that the format holds."""
        if self.signed:
            return Interval.signed_bits(self.width)
        return Interval(0, (1 << self.width) - 1)

    @property
    def lsb(self) -> float:
        """The real number that one unit of the integer stands for: ``2**-frac``."""
        return 2.0**-self.frac

    def quantize(self, values: ArrayLike, *, thing: str = "value") -> NDArray[np.int64]:
        """Real numbers to integers: nearest, ties up, saturated.

        Raises
        ------
        InputError
            If a value is not a number or not finite.
        """
        real = np.asarray(values, dtype=np.float64)
        if not np.isfinite(real).all():
            raise InputError(thing, "must be finite", str(real[~np.isfinite(real)].flat[0]))
        # Saturated before the cast: a float beyond int64 has no defined integer.
        scaled = np.floor(np.ldexp(real, self.frac) + 0.5)
        return np.clip(scaled, self.interval.lo, self.interval.hi).astype(np.int64)

    def __str__(self) -> str:
        """Q notation: ``Q3.8`` is 12 bits with sign, ``UQ1.7`` is 8 bits without."""
        prefix, whole = ("Q", self.width - 1) if self.signed else ("UQ", self.width)
        return f"{prefix}{whole - self.frac}.{self.frac}"
