"""Layer norm: sums are standardised over all rows of their gate, then scaled and added.

As Hou et al. (2019) use it, the sums of each operand and of each gate are standardised by
themselves, in every step. What comes out, ``n_h`` and ``n_x``, takes the place of ``A`` and ``B``::

    z = narrow(scale_h * n_h + scale_x * n_x + bias)            as in `spec.normalisers.affine`

Scales are the learned gains. The addend of a peephole is not standardised.

Let ``A_r`` be the sums of one operand and one gate in a step, of the ``N = hidden`` rows. With
``F = mean_frac``, ``f = normal.frac``, ``w = normal.width``, ``K = mantissa``, ``P = K + 2``,
``L = ceil(log2 N)``::

    T = sum_r A_r
    M = round_shift(T * inverse, s)                 the mean with F fraction bits, where
        s = L + 16 - F,  inverse = round(2**(L + 16) / N)
    d_r = (A_r << F) - M                            exact

    mad:  D = sum_r |d_r|                           l = L
          b = max(bit_length(D), least)
          Dt = D * 2**(P - b), floored              its top P bits
    rms:  V = sum_r d_r**2                          l = ceil(L / 2)
          b = max(ceil(bit_length(V) / 2), least)
          Dt = isqrt(V * 4**(P - b), floored)       the root of its top 2 P bits, or 2 P - 1
    least = l + f - 3;  where there are fewer bits than that, Dt = 2**(P - 1)

    m = (2**(P + K) - 1) // Dt                      K + 1 bits: 1 / D is about m * 2**-(b + K)
    t_r = saturate(round_shift(d_r << 4, b - least), w + 1 bits)
    n_r = saturate(round_shift(t_r * m, K + 1), normal)

So ``n_r * 2**-f`` is about ``d_r * 2**l / D``: the deviation in parts of the spread, which is the
mean absolute deviation or the root mean square, but for a factor that is the same for all rows and
steps (`LayerNorm.factor`), which is folded into the gains. A spread of less than ``2**(least - 1)``
counts as that; so where all sums are equal, all ``n`` are 0. For ``N`` a power of two, the product
with ``inverse`` is a shift; else the mean is too large or too small by a part of less than
``2**-16``, and half a unit.

The mean absolute deviation needs neither squares nor a root.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from pascaline.spec.formats import Format
from pascaline.spec.normalisers.scaling import Scaling
from pascaline.spec.standard import Spread, Standard

__all__ = ["LayerNorm"]


class LayerNorm(Scaling):
    """Formats of layer norm, and what is the measure of spread.

    Parameters
    ----------
    scale_width, bias_width, shift : int
        As in `Scaling`; the shift is smaller, since standardised sums are.
    spread : {"mad", "rms"}
        The mean absolute deviation, or the root of the mean square.
    normal : Format
        Of standardised sums, which are about 1 in magnitude; 3 to 24 bits.
    mean_frac : int
        Fraction bits of the mean, F.
    mantissa : int
        Bits of a reciprocal of a spread after its first one, K.
    """

    kind: Literal["layernorm"] = "layernorm"
    shift: int = Field(default=12, ge=0, le=40)
    spread: Spread = "mad"
    normal: Format = Format(width=12, frac=8)
    mean_frac: int = Field(default=2, ge=0, le=4)
    mantissa: int = Field(default=8, ge=4, le=12)

    @model_validator(mode="after")
    def _normal_fits(self) -> LayerNorm:
        if not self.normal.signed:
            raise ValueError("normal must be a signed format")
        if not 3 <= self.normal.width <= 24:
            raise ValueError(f"normal.width must be 3 to 24, not {self.normal.width}")
        if self.normal.frac < 4:
            raise ValueError(f"normal.frac must be at least 4, not {self.normal.frac}")
        return self

    @property
    def title(self) -> str:
        spread = {"mad": "mean absolute deviation", "rms": "root mean square"}[self.spread]
        return f"layer norm by the {spread}"

    def standard(self, hidden: int) -> Standard:
        """What is done to the sums of a gate of so many rows."""
        return Standard(
            hidden=hidden,
            spread=self.spread,
            normal=self.normal,
            mean_frac=self.mean_frac,
            mantissa=self.mantissa,
        )

    def factor(self, hidden: int) -> float:
        """What standardised sums of so many rows must be multiplied by to be in true units.

        ``n_r * 2**-normal.frac * factor`` is about the deviation of a sum from the mean in units of
        the mean absolute deviation, or of the root mean square.
        """
        return self.standard(hidden).factor
