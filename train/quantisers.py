"""Quantisers: how the weights that a network computes with come from those that are learned.

The learned *shadow* weights are real numbers; every pass through the network uses their quantised
values, and the gradient of these is applied to the shadow weights unchanged (the straight-through
estimator). A quantised weight is ``unit * value``, with one unit a matrix and values that are
weights of an arithmetic, so that the unit becomes part of the row scales.

A stochastic rule draws all weights of a matrix once a training step, as Ardakani et al. do.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor

from spec.arithmetic import Arithmetic, Binary, Fixed, Ternary
from spec.errors import InputError
from spec.network import GATES

__all__ = [
    "RULES",
    "Ardakani",
    "ArdakaniSign",
    "Exponential",
    "Nearest",
    "Ott",
    "PowerOfTwo",
    "Quantiser",
    "Real",
    "Sign",
    "Threshold",
    "quantiser",
    "straight_through",
]

SPREAD = 0.1
"""Standard deviation of shadow weights at the start, where a rule has no scale of its own."""


def straight_through(shadow: Tensor, values: Tensor) -> Tensor:
    """``values``, with the gradient going to ``shadow`` as it is."""
    # The difference is an exact zero, so the sum is exactly `values`.
    return values + (shadow - shadow.detach())


class Quantiser(ABC):
    """A rule from shadow weights to weights of an arithmetic.

    Attributes
    ----------
    arithmetic : Arithmetic or None
        What the values are weights of; ``None``: of no machine, so they cannot be frozen.
    limit : float
        Shadow weights are kept within this magnitude: beyond, they would take long to turn.
    stochastic : bool
        Whether there is a stochastic form.
    """

    arithmetic: Arithmetic | None
    limit: float = math.inf
    stochastic: bool = False

    def unit(self, rows: int, columns: int) -> float:
        """What a value of 1 stands for, in a matrix of stacked gates."""
        return 1.0

    @abstractmethod
    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        """Weights, as integers in floating point; not to be differentiated.

        Parameters
        ----------
        shadow : Tensor
            Shadow weights, (rows, columns).
        noise : Tensor, optional
            Uniform in [0, 1), of the same shape: draw the values; by default the rule is
            deterministic.
        """

    def start(self, shadow: Tensor) -> None:
        """Fill untaught shadow weights."""
        shadow.normal_(0, SPREAD)

    def __call__(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        """`values`, with the straight-through gradient."""
        return straight_through(shadow, self.values(shadow.detach(), noise))


class Real(Quantiser):
    """No quantisation: the floating-point network that all others are compared with."""

    arithmetic = None

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        return shadow


class Sign(Quantiser):
    """BinaryConnect: the sign, +1 for 0; or +1 with probability (1 + w) / 2."""

    arithmetic = Binary()
    limit = 1.0
    stochastic = True

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        if noise is None:
            return torch.where(shadow < 0, -1.0, 1.0).to(shadow.dtype)
        probability = (shadow / self.unit(*shadow.shape) + 1) / 2
        return torch.where(noise < probability, 1.0, -1.0).to(shadow.dtype)


class Threshold(Quantiser):
    """Ternary weight networks: the sign of what is larger than 0.7 of the matrix's mean magnitude.

    For normally distributed shadow weights 0.7 is near the threshold that loses least; of those
    weights 42 % become 0.
    """

    arithmetic = Ternary()
    limit = 1.0
    factor = 0.7

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        magnitude = shadow.abs()
        return shadow.sign() * (magnitude > self.factor * magnitude.mean())


class _Glorot(Quantiser):
    """Rules whose unit comes from Glorot's limit, which shadow weights start within."""

    def start(self, shadow: Tensor) -> None:
        limit = _glorot(shadow.shape[0], shadow.shape[1])
        shadow.uniform_(-limit, limit)


class ArdakaniSign(Sign, _Glorot):
    """Binary weights of Ardakani et al. 2019: the unit is half of Glorot's limit.

    The limit is that of all gates stacked, and shadow weights are not limited.
    """

    limit = math.inf

    def unit(self, rows: int, columns: int) -> float:
        return _glorot(rows, columns) / 2

    def start(self, shadow: Tensor) -> None:
        _Glorot.start(self, shadow)


class Ardakani(_Glorot):
    """Ternary weights of Ardakani et al. 2019: 0 within a third of the unit of `ArdakaniSign`.

    Or the sign with probability ``|w| / unit``, else 0.
    """

    arithmetic = Ternary()
    stochastic = True
    threshold = 1 / 3

    def unit(self, rows: int, columns: int) -> float:
        return _glorot(rows, columns) / 2

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        unit = self.unit(*shadow.shape)
        if noise is not None:
            signs = torch.where(shadow > 0, 1.0, -1.0).to(shadow.dtype)
            return signs * (noise < shadow.abs() / unit)
        edge = self.threshold * unit
        return (shadow > -edge).to(shadow.dtype) + (shadow > edge).to(shadow.dtype) - 1


class Ott(Ardakani):
    """TernaryConnect of Ott et al. 2016: the unit is Glorot's limit of one gate; 0 within half."""

    threshold = 1 / 2

    def unit(self, rows: int, columns: int) -> float:
        return _glorot(rows // len(GATES), columns)


class PowerOfTwo(Quantiser):
    """Pow2-ternarisation of Ott et al. 2016: nearest multiples of ``2**-frac``, few of them.

    Parameters
    ----------
    frac, whole : int
        Bits behind and before the binary point; with 1 and 0 the weights are -0.5, 0 and 0.5.
    """

    limit = 1.0

    def __init__(self, frac: int = 1, whole: int = 0) -> None:
        self.frac, self.largest = frac, 2 ** (frac + whole) - 1
        self.arithmetic = Ternary() if self.largest == 1 else Fixed(frac + whole + 1)

    def unit(self, rows: int, columns: int) -> float:
        return 2.0**-self.frac

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        # Halves go away from zero, unlike in torch.round.
        magnitude = torch.floor(shadow.abs() * 2**self.frac + 0.5)
        return shadow.sign() * magnitude.clamp(max=self.largest)


class Exponential(Quantiser):
    """Powers of two of Ott et al. 2016, with a sign: the nearer of both neighbours.

    Or either, so that the mean is the shadow weight. Exponents are limited to -22 to 9. Such
    weights belong to no arithmetic: for comparisons of training alone.
    """

    arithmetic = None
    limit = 1.0
    stochastic = True
    exponents = (-22, 9)

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        magnitude = shadow.abs()
        # The exponent of a mantissa in [0.5, 1) is one more than the logarithm, rounded down.
        exponent = (torch.frexp(magnitude).exponent - 1).clamp(*self.exponents)
        below = torch.ldexp(torch.ones_like(shadow), exponent)
        up = magnitude / below - 1
        doubled = up > 0.5 if noise is None else noise < up
        return shadow.sign() * torch.where(doubled, 2 * below, below)


class Nearest(Quantiser):
    """Plain fixed point: nearest integers, the largest for shadow weights near 1."""

    limit = 1.0

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic, self.range = arithmetic, arithmetic.weights

    def unit(self, rows: int, columns: int) -> float:
        return 1 / (self.range.hi + 1)

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        nearest = torch.floor(shadow * (self.range.hi + 1) + 0.5)
        return nearest.clamp(self.range.lo, self.range.hi)


RULES: dict[str, dict[str, Quantiser]] = {
    "float": {"real": Real()},
    "binary": {"sign": Sign(), "ardakani": ArdakaniSign()},
    "ternary": {
        "threshold": Threshold(),
        "ardakani": Ardakani(),
        "ott": Ott(),
        "pow2": PowerOfTwo(),
    },
    "exponential": {"ott": Exponential()},
    **{f"fixed{bits}": {"nearest": Nearest(Fixed(bits))} for bits in range(2, 17)},
}
"""The quantisers: by the weights that they make, then by the name of the rule; the first is the
usual one."""


def quantiser(weights: str, rule: str | None = None, *, stochastic: bool = False) -> Quantiser:
    """The quantiser of that name; raises `InputError` if there is none."""
    if weights not in RULES:
        known = [name for name in RULES if not name.startswith("fixed")]
        raise InputError("weights", f"must be {', '.join(known)} or fixed2 to fixed16", weights)
    rules = RULES[weights]
    if rule is not None and rule not in rules:
        raise InputError("rule", f"of {weights} weights must be {' or '.join(rules)}", rule)
    found = next(iter(rules.values())) if rule is None else rules[rule]
    if stochastic and not found.stochastic:
        raise InputError(
            "stochastic", "there is no such form of the rule", rule or next(iter(rules))
        )
    return found


def _glorot(rows: int, columns: int) -> float:
    """Glorot's limit for a uniform distribution."""
    return math.sqrt(6 / (rows + columns))
