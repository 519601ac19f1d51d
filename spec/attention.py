"""How much each step of a sequence counts: scores, powers of two of them, and a weighted mean.

A **query** ``q`` meets the vector ``h_t`` of each step::

    s_t = saturate(round_shift(sum_j q[j] * h_t[j], query.frac + h.frac - score.frac), score)

A softmax of base 2 over all steps (of base e where the query has been multiplied by log2 e) is
taken in one pass over them. With ``s_t = E_t + F_t * 2**-score.frac``, E whole and F a fraction,
and ``M`` the largest E so far, 0 <= M - E_t, a step weighs::

    w_t = round_shift(table[F_t], M - E_t)      table[F] = round(2**(B - 1 + F * 2**-score.frac))

with B the bits of a weight. Sums of the weights and of what is weighed, ``u_t = h_t - least(h)``,
which is never negative, are kept relative to M. When M grows by d they are shifted first::

    l = -(-l >> d) + w_t            a[j] = (a[j] >> d) + w_t * u_t[j]

The result, in the format of h, is ``least(h) + floor((2 * a[j] + l) / (2 * l))``: the nearest, ties
go up.

*Range.* l is rounded up and a down, so ``a[j] <= max(u) * l`` stays true with every step, and the
quotient of the two is at most max(u): no result is beyond the format of h. The step that M comes
from weighs at least ``2**(B - 1)``, so l is never 0. *Error.* A weight is off by half of
``2**(1 - B)`` of the largest, and by ``2**-score.frac * ln(2) / 2`` of itself; what shifts drop is
below ``2**(1 - B)`` for each of the steps at which M grows, and halves with every further one.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from pascaline.spec.checked import Checked
from pascaline.spec.formats import Format, Interval, half

__all__ = ["Attention"]


class Attention(Checked):
    """Formats of attention.

    Parameters
    ----------
    query : Format
        Of an element of the query, signed, at most 16 bits.
    score : Format
        Of a score, signed, 1 to 10 bits after the point and 1 to 8 before it.
    bits : int
        Bits of a weight, 4 to 16, more than ``score`` has after its point.

    Examples
    --------
    >>> attention = Attention()
    >>> attention.table[[0, -1]].tolist()
    [2048, 4085]
    """

    query: Format = Format(width=12, frac=8)
    score: Format = Format(width=14, frac=8)
    bits: int = Field(default=12, ge=4, le=16)

    @model_validator(mode="after")
    def _fits(self) -> Attention:
        if not self.query.signed or self.query.width > 16:
            raise ValueError(f"query must be signed and have at most 16 bits, not {self.query}")
        whole = self.score.width - 1 - self.score.frac
        if not (self.score.signed and 1 <= self.score.frac <= 10 and 1 <= whole <= 8):
            raise ValueError(f"score must be Q1.1 to Q8.10, not {self.score}")
        if self.bits <= self.score.frac:
            raise ValueError(f"bits must be more than {self.score.frac}, not {self.bits}")
        return self

    def shift(self, h: Format) -> int:
        """Bits that a sum of products with elements of a format loses; below 0: not possible."""
        return self.query.frac + h.frac - self.score.frac

    def dots(self, h: Format, elements: int) -> Interval:
        """Range of a sum of products, before and after the half that rounds."""
        found = (self.query.interval * h.interval).times(elements)
        return found + Interval(0, half(self.shift(h)))

    @cached_property
    def table(self) -> NDArray[np.int64]:
        """Weights of all fractions of a score, (2**score.frac,); the first bit of each is set."""
        fractions = np.arange(1 << self.score.frac) / (1 << self.score.frac)
        return np.floor(np.exp2(self.bits - 1 + fractions) + 0.5).astype(np.int64)

    @property
    def weights(self) -> Interval:
        """Range of a weight."""
        return Interval(0, int(self.table[-1]))

    @property
    def exponents(self) -> Interval:
        """Range of the whole part of a score."""
        return Interval(
            self.score.interval.lo >> self.score.frac, self.score.interval.hi >> self.score.frac
        )

    def totals(self, longest: int) -> Interval:
        """Range of the sum of the weights of up to ``longest`` steps.

        By induction: shifting with rounding up makes no positive number larger.
        """
        return self.weights.times(longest)

    def sums(self, h: Format, longest: int) -> Interval:
        """Range of the weighted sum of an element of a format, less the least of that."""
        span = h.interval.hi - h.interval.lo
        return self.totals(longest) * Interval(0, span)
