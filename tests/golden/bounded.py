"""Real numbers that know how far their integer counterparts may stray from them.

A bound holds for every input, with no statistics in it:

- a rounding to a format adds at most half a unit, a table what its worst entry adds;
- a product of two numbers with errors e and d is off by at most ``e * (|b| + d) + |a| * d``;
- the functions rise everywhere, so they are off by most at an end of the interval around z;
- saturation never pulls two numbers apart, and moves the real one by a known amount.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.activation import ActivationFunction
from pascaline.golden.rounding import Integers
from pascaline.spec.activation import Activation
from pascaline.spec.formats import Format

__all__ = ["Bounded", "Function", "Reals"]

Reals = NDArray[np.floating]


@dataclass(frozen=True)
class Bounded:
    """Real numbers, and a bound of the error of their integer counterparts."""

    value: Reals
    error: Reals

    @classmethod
    def exact(cls, integers: Integers, of: Format) -> Bounded:
        """What integers of a format stand for."""
        return cls(integers * of.lsb, np.zeros(integers.shape))

    @classmethod
    def stack(cls, parts: Sequence[Bounded]) -> Bounded:
        """Parts along a new first axis."""
        return cls(np.stack([one.value for one in parts]), np.stack([one.error for one in parts]))

    @classmethod
    def beside(cls, parts: Sequence[Bounded]) -> Bounded:
        """Parts joined along the last axis."""
        value = np.concatenate([part.value for part in parts], axis=-1)
        return cls(value, np.concatenate([part.error for part in parts], axis=-1))

    def __add__(self, other: Bounded) -> Bounded:
        return Bounded(self.value + other.value, self.error + other.error)

    def __mul__(self, other: Bounded) -> Bounded:
        a, b = self, other
        error = a.error * (np.abs(b.value) + b.error) + np.abs(a.value) * b.error
        return Bounded(a.value * b.value, error)

    def __getitem__(self, where: Any) -> Bounded:
        return Bounded(self.value[where], self.error[where])

    def affine(self, scale: Reals, bias: Reals) -> Bounded:
        """Times numbers and plus numbers that are exact."""
        return Bounded(scale * self.value + bias, np.abs(scale) * self.error)

    def product(self, weights: Reals, bias: Reals | float = 0.0) -> Bounded:
        """``weights @ vector`` of many vectors (..., columns), plus a bias; both exact."""
        return Bounded(self.value @ weights.T + bias, self.error @ np.abs(weights).T)

    def mixed(self, other: Bounded, share: Bounded) -> Bounded:
        """``share`` of this and the rest of ``other``; its value must be 0 to 1.

        With errors s of the share, e and d of the two, ``a' - b'`` of the integers is at most
        ``|a - b| + e + d``, and the mixture is off by at most ``s`` times that and the mixture of e
        and d.
        """
        part, apart = share.value, np.abs(self.value - other.value) + self.error + other.error
        return Bounded(
            part * self.value + (1 - part) * other.value,
            part * self.error + (1 - part) * other.error + share.error * apart,
        )

    def positive(self) -> Bounded:
        """The larger of each and 0, which pulls no two numbers apart."""
        return Bounded(np.maximum(self.value, 0), self.error)

    def largest(self) -> Bounded:
        """Along the first axis; off by no more than the worst of them."""
        return Bounded(self.value.max(axis=0), self.error.max(axis=0))

    def mean(self, of: Format) -> Bounded:
        """Along the first axis; the counterpart is rounded to a format."""
        return Bounded(self.value.mean(axis=0), self.error.mean(axis=0) + of.lsb / 2)

    def narrowed(self, to: Format) -> Bounded:
        """The counterpart is rounded and saturated to a format; the value itself stays."""
        lo, hi = to.interval.lo * to.lsb, to.interval.hi * to.lsb
        moved = np.abs(self.value - np.clip(self.value, lo, hi))
        return Bounded(self.value, self.error + to.lsb / 2 + moved)


class Function:
    """An exact function that knows the worst error of its integer form.

    Parameters
    ----------
    form : Table, PiecewiseLinear or AdaptivePieces
        That form.
    function : str
        ``sigmoid`` or ``tanh``.
    pre, out : Format
        Formats of the argument and of the value.
    """

    def __init__(self, form: Activation, function: str, pre: Format, out: Format) -> None:
        self._exact = _EXACT[function]
        codes = np.arange(pre.interval.lo, pre.interval.hi + 1, dtype=np.int64)
        made = ActivationFunction(form, function, pre, out)(codes) * out.lsb
        self._worst = float(np.abs(made - self._exact(codes * pre.lsb)).max())

    def __call__(self, z: Bounded) -> Bounded:
        """Values with their bounds, element by element."""
        value = self._exact(z.value)
        above = self._exact(z.value + z.error) - value
        below = value - self._exact(z.value - z.error)
        return Bounded(value, self._worst + np.maximum(above, below))


def _sigmoid(z: Reals) -> Reals:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))


_EXACT: dict[str, Callable[[Reals], Reals]] = {"sigmoid": _sigmoid, "tanh": np.tanh}
