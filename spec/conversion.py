"""What a width converter of vectors does, and how long it takes.

A vector of ``n`` numbers comes in beats of ``a`` and leaves in beats of ``b``, each time from a
beat of its own. With ``I = ceil(n / a)`` beats in and ``O = ceil(n / b)`` beats out, and neither
side waiting, the last one leaves ``max(I, O, ceil((O - 1) * b / a) + 1)`` cycles after the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

__all__ = ["Conversion"]


@dataclass(frozen=True)
class Conversion:
    """A vector in beats of one width and of another.

    Parameters
    ----------
    numbers : int
        Numbers of a vector.
    given, taken : int
        Numbers of a beat that comes, and of one that leaves.

    Examples
    --------
    >>> narrow = Conversion(numbers=10, given=4, taken=10)
    >>> narrow.needed, narrow.beats_in, narrow.beats_out, narrow.cycles
    (True, 3, 1, 4)
    >>> Conversion(numbers=10, given=16, taken=10).needed
    False
    """

    numbers: int
    given: int
    taken: int

    @property
    def needed(self) -> bool:
        """Whether beats differ in more than what is beyond the end of the vector."""
        return self.given != self.taken and max(self.beats_in, self.beats_out) > 1

    @property
    def beats_in(self) -> int:
        """Beats that come for a vector."""
        return -(-self.numbers // self.given)

    @property
    def beats_out(self) -> int:
        """Beats that leave for it."""
        return -(-self.numbers // self.taken)

    @property
    def unit(self) -> int:
        """Numbers that are always moved together."""
        return gcd(self.given, self.taken)

    @property
    def cycles(self) -> int:
        """Cycles of a vector if neither side waits, from its first beat in to its last one out.

        Both are included; the next vector can come in the cycle after.
        """
        before = -(-(self.beats_out - 1) * self.taken // self.given)
        return 1 + max(self.beats_in, self.beats_out, before + 1)
