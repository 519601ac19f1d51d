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
from statistics import NormalDist

import torch
from torch import Tensor

from pascaline.spec.arithmetic import Arithmetic, Binary, Exponential, Pow2, Ternary, arithmetic
from pascaline.spec.errors import InputError

__all__ = [
    "Ardakani",
    "ArdakaniSign",
    "Asymmetric",
    "Exponents",
    "Nearest",
    "Ott",
    "PowerOfTwo",
    "Quantiser",
    "Real",
    "Sign",
    "Threshold",
    "Uniform",
    "glorot",
    "quantiser",
    "rules",
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
    scaled : bool
        Whether what a network computes with is values times a unit of their own, `own_unit`, which
        follows from all shadow weights; it then becomes a part of the row scales at the end.
    limit : float
        Shadow weights are kept within this magnitude: beyond, they would take long to turn.
    stochastic : bool
        Whether there is a stochastic form.
    gates : int
        Gates whose rows are stacked in a matrix.
    """

    arithmetic: Arithmetic | None
    scaled: bool = False
    limit: float = math.inf
    stochastic: bool = False
    gates: int = 4

    def unit(self, rows: int, columns: int) -> float:
        """What a value of 1 stands for, in a matrix of stacked gates."""
        return 1.0

    @abstractmethod
    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        """Weights less their zero point, integers in floating point; not to be differentiated.

        Parameters
        ----------
        shadow : Tensor
            Shadow weights, (rows, columns).
        noise : Tensor, optional
            Uniform in [0, 1), of the same shape: draw the values; by default the rule is
            deterministic.
        """

    def own_unit(self, shadow: Tensor) -> Tensor:
        """What an integer of 1 stands for in these weights, if they are ``scaled``."""
        return torch.ones_like(shadow[0, 0])

    def zero(self, shadow: Tensor) -> Tensor:
        """The zero point of these weights, in the model, which has `values` and it added."""
        return torch.zeros_like(shadow[0, 0])

    def start(self, shadow: Tensor) -> None:
        """Fill untrained shadow weights."""
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
    """BinaryConnect: the sign, +1 for 0; or +1 with probability (1 + w) / 2.

    Courbariaux et al. (2015), (1) and (2), with H = 1, as in Ott et al. (2016), 3.1. Shadow weights
    are limited to -1 and 1.
    """

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
        limit = glorot(shadow.shape[0], shadow.shape[1])
        shadow.uniform_(-limit, limit)


class ArdakaniSign(Sign, _Glorot):
    """Binary weights of Ardakani et al. 2019: the unit is half of Glorot's limit.

    The limit is that of all gates stacked, and shadow weights are not limited.
    """

    limit = math.inf

    def unit(self, rows: int, columns: int) -> float:
        return glorot(rows, columns) / 2

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
        return glorot(rows, columns) / 2

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        unit = self.unit(*shadow.shape)
        if noise is not None:
            signs = torch.where(shadow > 0, 1.0, -1.0).to(shadow.dtype)
            return signs * (noise < shadow.abs() / unit)
        edge = self.threshold * unit
        return (shadow > -edge).to(shadow.dtype) + (shadow > edge).to(shadow.dtype) - 1


class _OneGate(Quantiser):
    """Rules of Ott et al. (2016): shadow weights start within Glorot's limit of one gate."""

    def limit_of_gate(self, rows: int, columns: int) -> float:
        """That limit."""
        return glorot(rows // self.gates, columns)

    def start(self, shadow: Tensor) -> None:
        limit = self.limit_of_gate(shadow.shape[0], shadow.shape[1])
        shadow.uniform_(-limit, limit)


class OttReal(_OneGate, Real):
    """No quantisation, with the start of Ott et al. (2016)."""


class OttSign(_OneGate, Sign):
    """BinaryConnect, with the start of Ott et al. (2016)."""


class Ott(_OneGate, Ardakani):
    """TernaryConnect of Ott et al. (2016), 3.2: the unit is Glorot's limit of one gate's matrix.

    0 within half of it; or the sign with probability ``|w| / unit``, else 0.
    """

    threshold = 1 / 2

    def unit(self, rows: int, columns: int) -> float:
        return self.limit_of_gate(rows, columns)


class _Steps(_OneGate):
    """Rules with a unit that does not hang on the matrix, and shadow weights to match."""

    step: float
    """The smallest weight but 0, in units of shadow weights."""

    def start(self, shadow: Tensor) -> None:
        limit = self.limit_of_gate(shadow.shape[0], shadow.shape[1])
        # So many weights that are not 0 have the variance of Glorot's distribution.
        share = limit**2 / 3 / self.step**2
        if share > 0.5:
            super().start(shadow)
            return
        spread = self.step / 2 / -NormalDist().inv_cdf(share / 2)
        shadow.normal_(0, spread).clamp_(-self.limit, self.limit)


class PowerOfTwo(_Steps):
    """Pow2-ternarisation of Ott et al. (2016), 3.3: the nearest multiple of ``2^-f``, limited.

    ``clip(round(w * 2^f), -(2^(i+f) - 1), 2^(i+f) - 1) / 2^f``, and halves go away from zero. There
    is no stochastic form. Shadow weights are kept where they can turn, which the source does not
    say.
    """

    def __init__(self, arithmetic: Pow2) -> None:
        self.arithmetic, self.step = arithmetic, 2.0**-arithmetic.frac
        self.largest = arithmetic.weights.hi
        self.limit = max(1.0, self.largest * self.step)

    def unit(self, rows: int, columns: int) -> float:
        return self.step

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        # Halves go away from zero, unlike in torch.round.
        magnitude = torch.floor(shadow.abs() / self.step + 0.5)
        return shadow.sign() * magnitude.clamp(max=self.largest)


class Exponents(_Steps):
    """Exponential quantisation of Ott et al. (2016), 3.4: powers of two with the weight's sign.

    With ``k = floor(log2 |w|)`` and ``p = |w| / 2^k - 1``, the weight is ``2^(k+1)`` if ``p > 0.5``
    or, in the stochastic form, with probability p, so that the mean is w; else ``2^k``. Exponents
    end with that of 1, the limit of shadow weights, and begin as the arithmetic says, where the
    source has -22 to 9; below the smallest power, 0 takes the place of ``2^k``.
    """

    limit = 1.0
    stochastic = True

    def __init__(self, arithmetic: Exponential) -> None:
        self.arithmetic, self.largest = arithmetic, arithmetic.weights.hi
        self.step = 1 / self.largest

    def unit(self, rows: int, columns: int) -> float:
        return self.step

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        magnitude = (shadow.abs() / self.step).clamp(max=self.largest)
        # The exponent of a mantissa in [0.5, 1) is one more than the logarithm, rounded down.
        exponent = torch.frexp(magnitude).exponent
        above = torch.ldexp(torch.ones_like(shadow), exponent.clamp(min=0))
        below = torch.where(exponent > 0, above / 2, torch.zeros_like(above))
        up = (magnitude - below) / (above - below)
        doubled = up > 0.5 if noise is None else noise < up
        return shadow.sign() * torch.where(doubled, above, below)


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


class Uniform(Quantiser):
    """Fixed point for the range that the weights have: `UniformQuantize` of Foucault et al. (2025).

    With ``a = max |w|`` of a matrix and p bits, ``w = a / 2^(p-1) * clamp(round(w * 2^(p-1) / a))``
    to ``-2^(p-1)`` and ``2^(p-1) - 1``; the gradient is the identity. Shadow weights start within
    Glorot's limit and are not limited.
    """

    scaled = True

    def __init__(self, arithmetic: Arithmetic) -> None:
        self.arithmetic, self.range = arithmetic, arithmetic.weights

    def own_unit(self, shadow: Tensor) -> Tensor:
        largest = shadow.detach().abs().amax()
        return torch.where(largest > 0, largest, 1) / (self.range.hi + 1)

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        nearest = torch.floor(shadow / self.own_unit(shadow) + 0.5)
        return nearest.clamp(self.range.lo, self.range.hi)

    def __call__(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        """`values` times their unit, with the straight-through gradient."""
        values = self.values(shadow.detach()) * self.own_unit(shadow)
        return straight_through(shadow, values)

    def start(self, shadow: Tensor) -> None:
        limit = glorot(*shadow.shape)
        shadow.uniform_(-limit, limit)


class Asymmetric(Uniform):
    """Fixed point from the least weight to the largest, with a zero point: asymmetric uniform.

    With ``u = (max w - min w) / (2^p - 1)`` of a matrix, 0 among its weights, and p bits, the zero
    point is ``z = round(-2^(p-1) - min w / u)``, and ``w = u * (q - z)`` with ``q`` the nearest of
    -2^(p-1) to 2^(p-1) - 1; the gradient is the identity. In a model ``q`` and ``z`` are stored.
    As in Sari et al. (2021), least and largest are those of the matrix at every step of training;
    rows have scales of their own if the normaliser learns them.
    """

    def own_unit(self, shadow: Tensor) -> Tensor:
        least, largest = self._ends(shadow)
        return torch.where(largest > least, largest - least, 1) / (self.range.hi - self.range.lo)

    def zero(self, shadow: Tensor) -> Tensor:
        least, _ = self._ends(shadow)
        nearest = torch.floor(self.range.lo - least / self.own_unit(shadow) + 0.5)
        return nearest.clamp(self.range.lo, self.range.hi)

    def values(self, shadow: Tensor, noise: Tensor | None = None) -> Tensor:
        nearest, zero = torch.floor(shadow / self.own_unit(shadow) + 0.5), self.zero(shadow)
        return (nearest + zero).clamp(self.range.lo, self.range.hi) - zero

    @staticmethod
    def _ends(shadow: Tensor) -> tuple[Tensor, Tensor]:
        """The least and the largest weight, or 0."""
        found = shadow.detach()
        return found.amin().clamp(max=0), found.amax().clamp(min=0)


def rules(weights: str) -> dict[str, Quantiser]:
    """The quantisers that make such weights, by the names of their rules; the first is the usual.

    Raises
    ------
    InputError
        If there are no such weights.
    """
    if weights == "float":
        return {"real": Real(), "ott": OttReal()}
    try:
        found = arithmetic(weights)
    except InputError as error:
        rule = error.rule.replace("must be binary", "must be float, binary")
        raise InputError("weights", rule, weights) from None
    match found:
        case Binary():
            return {"sign": Sign(), "ardakani": ArdakaniSign(), "ott": OttSign()}
        case Ternary():
            return {"threshold": Threshold(), "ardakani": Ardakani(), "ott": Ott()}
        case Pow2():
            return {"ott": PowerOfTwo(found)}
        case Exponential():
            return {"ott": Exponents(found)}
        case _:
            made: tuple[type[Nearest] | type[Uniform], ...] = (Nearest, Uniform, Asymmetric)
            return {one.__name__.lower(): one(found) for one in made}


def quantiser(
    weights: str, rule: str | None = None, *, stochastic: bool = False, gates: int = 4
) -> Quantiser:
    """The quantiser of that name for matrices of so many gates; raises `InputError` if none is."""
    known = rules(weights)
    if rule is not None and rule not in known:
        raise InputError("rule", f"of {weights} weights must be {' or '.join(known)}", rule)
    found = next(iter(known.values())) if rule is None else known[rule]
    if stochastic and not found.stochastic:
        raise InputError(
            "stochastic", "there is no such form of the rule", rule or next(iter(known))
        )
    found.gates = gates
    return found


def glorot(rows: int, columns: int) -> float:
    """Glorot's limit for a uniform distribution."""
    return math.sqrt(6 / (rows + columns))
