"""Arithmetics: what a weight may be, and which bits stand for it.

An arithmetic is one of the three choices that a user makes. Nothing outside this module, its
counterpart `hdl.terms` and the trainer's quantisers may ask which one it is: a new one is a class
here, one there if its weights meet operands in a new way, and a quantiser.

Sources: Ott, Lin, Zhang, Liu and Bengio, Recurrent neural networks with limited numerical precision
(arXiv 1608.06902), for powers of two and exponents.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import PlainSerializer, PlainValidator

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval

__all__ = [
    "FAMILIES",
    "RULE",
    "Arithmetic",
    "ArithmeticField",
    "Binary",
    "Exponential",
    "Family",
    "Fixed",
    "Meeting",
    "Pow2",
    "Ternary",
    "arithmetic",
    "common",
]

Meeting = Literal["sign", "shift", "product"]
"""How a weight meets an operand: gives it a sign or drops it; shifts it, too; multiplies it."""

ORDER: tuple[Meeting, ...] = get_args(Meeting)
"""The cheapest first."""


class Arithmetic(ABC):
    """A set of integer weights and their code, ``bits`` wide.

    Attributes
    ----------
    name : str
        What users write: ``binary``, ``ternary``, ``fixed12``.
    bits : int
        Storage of one weight in a weight memory and in a model file.
    weights : Interval
        Smallest and largest weight.
    has_zero : bool
        Whether a weight can be 0. Where it cannot, unused inputs of a lane must be 0 themselves.
    meets : Meeting
        How a weight meets an operand.
    """

    name: str
    bits: int
    weights: Interval
    has_zero: bool
    meets: Meeting

    @abstractmethod
    def encode(self, values: ArrayLike, *, thing: str = "weights") -> NDArray[np.uint16]:
        """Weights to codes, element by element; raises `InputError` for a value that is not one."""

    @abstractmethod
    def decode(self, codes: ArrayLike, *, thing: str = "weights") -> NDArray[np.int64]:
        """Codes to weights, element by element; raises `InputError` for a code that is not one."""

    @cached_property
    def values(self) -> NDArray[np.int64]:
        """All weights, ascending."""
        return np.arange(self.weights.lo, self.weights.hi + 1)

    def nearest(self, values: ArrayLike) -> NDArray[np.int64]:
        """The weights nearest to real numbers, element by element; the larger of two."""
        between = (self.values[1:] + self.values[:-1]) / 2
        weights: NDArray[np.int64] = self.values[np.searchsorted(between, values, side="right")]
        return weights

    @property
    def trits(self) -> bool:
        """Whether weights are -1, 0 and 1, which also have a packed code (`spec.trits`)."""
        return self.meets == "sign" and self.has_zero

    @property
    def padding(self) -> int:
        """The code that fills unused places of a weight memory: 0 (weight 0, or +1 if none)."""
        return 0

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Arithmetic) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


class Binary(Arithmetic):
    """Weights +1 and -1. The code is a sign bit: 0 is +1, 1 is -1."""

    name = "binary"
    bits = 1
    weights = Interval(-1, 1)
    has_zero = False
    meets = "sign"

    @cached_property
    def values(self) -> NDArray[np.int64]:
        return np.array([-1, 1])

    def encode(self, values: ArrayLike, *, thing: str = "weights") -> NDArray[np.uint16]:
        array = np.asarray(values, dtype=np.int64)
        _check(thing, array, np.abs(array) == 1, "must be -1 or 1")
        return (array < 0).astype(np.uint16)

    def decode(self, codes: ArrayLike, *, thing: str = "weights") -> NDArray[np.int64]:
        array = np.asarray(codes, dtype=np.int64)
        _check(thing, array, (array == 0) | (array == 1), "must be a binary code, 0 or 1")
        return 1 - 2 * array


class _TwosComplement(Arithmetic):
    """Weights of an interval around 0; the code is two's complement."""

    has_zero = True

    def encode(self, values: ArrayLike, *, thing: str = "weights") -> NDArray[np.uint16]:
        array = np.asarray(values, dtype=np.int64)
        self._check_range(thing, array)
        return (array & ((1 << self.bits) - 1)).astype(np.uint16)

    def decode(self, codes: ArrayLike, *, thing: str = "weights") -> NDArray[np.int64]:
        array, limit = np.asarray(codes, dtype=np.int64), 1 << self.bits
        _check_code(thing, array, self.bits)
        values = np.where(array >= limit // 2, array - limit, array)
        self._check_range(thing, values)
        return values

    def _check_range(self, thing: str, values: NDArray[np.int64]) -> None:
        lo, hi = self.weights.lo, self.weights.hi
        rule = f"must be a {self.name} weight, {lo} to {hi}"
        _check(thing, values, (values >= lo) & (values <= hi), rule)


class Ternary(_TwosComplement):
    """Weights -1, 0 and +1. The code is two's complement, so 10 stands for nothing."""

    name = "ternary"
    bits = 2
    weights = Interval(-1, 1)
    meets = "sign"


class Fixed(_TwosComplement):
    """Integers of 2 to 16 bits that meet an activation in a real multiplier.

    The binary point of a weight is part of the row scale, not of the arithmetic.
    """

    meets = "product"

    def __init__(self, bits: int) -> None:
        if not 2 <= bits <= 16:
            raise InputError("arithmetic", "fixed point must be fixed2 to fixed16", f"fixed{bits}")
        self.name = f"fixed{bits}"
        self.bits = bits
        self.weights = Interval(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


class Pow2(_TwosComplement):
    """Pow2-ternarisation of Ott et al. (2016), 3.3: multiples of a power of two, around 0.

    Weights are ``-(2^(i+f) - 1)`` to ``2^(i+f) - 1`` times ``2^-f``; the latter is part of the row
    scale. With i = 0 and f = 1, the source's default, they are -0.5, 0 and 0.5.

    Parameters
    ----------
    i, f : int
        Bits before and behind the binary point, 1 to 8 together.
    """

    def __init__(self, i: int = 0, f: int = 1) -> None:
        self.name, self.frac = f"pow2i{i}f{f}", f
        if not (i >= 0 and f >= 0 and 1 <= i + f <= 8):
            raise InputError("arithmetic", "bits of pow2iNfN must be 1 to 8 together", self.name)
        largest = (1 << (i + f)) - 1
        self.bits = i + f + 1
        self.weights = Interval(-largest, largest)
        self.meets = "sign" if largest == 1 else "product"


class Exponential(Arithmetic):
    """Powers of two with a sign, and 0: 0 and ``+-2^k`` for k from 0 to ``2^(bits-1) - 2``.

    The code is a sign bit above 0 for weight 0, else k + 1; there is no negative zero.

    In Ott et al. (2016), 3.4, exponents are clipped to -22 and 9, and no weight is 0. Here a few
    exponents are left, counted from the smallest; weights below these are 0, which costs one code.

    Parameters
    ----------
    bits : int
        Of the code, 3 to 5: largest weights 4, 64 and 16,384.
    """

    has_zero = True
    meets = "shift"

    def __init__(self, bits: int) -> None:
        if not 3 <= bits <= 5:
            raise InputError("arithmetic", "exponents must be exp3 to exp5", f"exp{bits}")
        self.name = f"exp{bits}"
        self.bits = bits
        self.weights = Interval(-(1 << self.exponents.hi), 1 << self.exponents.hi)

    @property
    def exponents(self) -> Interval:
        """The smallest and the largest exponent."""
        return Interval(0, (1 << (self.bits - 1)) - 2)

    @cached_property
    def values(self) -> NDArray[np.int64]:
        powers = 1 << np.arange(self.exponents.hi + 1)
        return np.concatenate([-powers[::-1], [0], powers])

    def encode(self, values: ArrayLike, *, thing: str = "weights") -> NDArray[np.uint16]:
        array = np.asarray(values, dtype=np.int64)
        magnitude = np.abs(array)
        good = (magnitude & (magnitude - 1) == 0) & (magnitude <= self.weights.hi)
        _check(thing, array, good, f"must be 0 or a power of two to {self.weights.hi}, or minus it")
        # The exponent of a mantissa in [0.5, 1), which is 0 for 0.
        code: NDArray[np.int64] = np.frexp(magnitude.astype(np.float64))[1].astype(np.int64)
        return (code + ((array < 0) << (self.bits - 1))).astype(np.uint16)

    def decode(self, codes: ArrayLike, *, thing: str = "weights") -> NDArray[np.int64]:
        array, sign = np.asarray(codes, dtype=np.int64), 1 << (self.bits - 1)
        _check_code(thing, array, self.bits)
        _check(thing, array, array != sign, "must not be a negative zero")
        magnitude = (1 << (array & (sign - 1))) >> 1
        return np.where(array & sign, -magnitude, magnitude)


@dataclass(frozen=True)
class Family:
    """Arithmetics that are written alike.

    Attributes
    ----------
    pattern : str
        A regular expression for their names; its groups are integers.
    make : callable
        Makes the arithmetic of these integers.
    known : tuple of Arithmetic
        Those that may hold the weights of two others, see `common`.
    """

    pattern: str
    make: Callable[..., Arithmetic]
    known: tuple[Arithmetic, ...] = ()


FAMILIES: dict[str, Family] = {
    "binary": Family("binary", Binary, (Binary(),)),
    "ternary": Family("ternary", Ternary, (Ternary(),)),
    "pow2": Family("pow2", Pow2),
    "pow2iNfN": Family(r"pow2i(\d)f(\d)", Pow2),
    "exp3 to exp5": Family(r"exp(\d{1,2})", Exponential, tuple(map(Exponential, range(3, 6)))),
    "fixed2 to fixed16": Family(r"fixed(\d{1,2})", Fixed, tuple(map(Fixed, range(2, 17)))),
}
"""All arithmetics, by the names that users may write, in words."""

*_FIRST, _LAST = FAMILIES

RULE = f"must be {', '.join(_FIRST)} or {_LAST}"
"""The names that there are."""


def arithmetic(name: str) -> Arithmetic:
    """The arithmetic of that name, see `FAMILIES`; ``pow2`` is ``pow2i0f1``.

    Examples
    --------
    >>> arithmetic("ternary").bits
    2
    >>> arithmetic("fixed12").weights
    Interval(lo=-2048, hi=2047)
    >>> arithmetic("exp3").values.tolist()
    [-4, -2, -1, 0, 1, 2, 4]
    """
    for family in FAMILIES.values():
        if match := re.fullmatch(family.pattern, name):
            return family.make(*map(int, match.groups()))
    raise InputError("arithmetic", RULE, name)


@cache
def common(a: Arithmetic, b: Arithmetic) -> Arithmetic:
    """The smallest arithmetic that has the weights of both: what one lane computes both with.

    The fewest bits decide, then how weights meet operands, then whether it is one of the two.
    Commutative, and ``common(a, a)`` is ``a``.

    Raises
    ------
    InputError
        If not even 16-bit integers hold the weights of both.

    Examples
    --------
    >>> common(Binary(), Ternary()), common(Ternary(), Exponential(4)), common(Pow2(1, 2), Fixed(3))
    (<ternary>, <exp4>, <pow2i1f2>)
    """
    if a == b:
        return a
    values = np.union1d(a.values, b.values)
    known = [one for family in FAMILIES.values() for one in family.known]
    wide = [one for one in {a, b, *known} if np.isin(values, one.values).all()]
    if not wide:
        raise InputError("arithmetic", f"must fit in fixed16 together with {a.name}", b.name)
    return min(
        wide, key=lambda one: (one.bits, ORDER.index(one.meets), one not in (a, b), one.name)
    )


def _check(
    thing: str, values: NDArray[np.int64], good: NDArray[np.bool_] | bool, rule: str
) -> None:
    if not np.all(good):
        place = tuple(int(i) for i in np.argwhere(~np.asarray(good))[0])
        where = f"{thing}[{', '.join(map(str, place))}]" if place else thing
        raise InputError(where, rule, int(values[place]))


def _check_code(thing: str, codes: NDArray[np.int64], bits: int) -> None:
    _check(thing, codes, (codes >= 0) & (codes < 1 << bits), f"must be a {bits}-bit code")


def _validate(value: Any) -> Arithmetic:
    if isinstance(value, Arithmetic):
        return value
    if not isinstance(value, str):
        raise ValueError("must be the name of an arithmetic")
    try:
        return arithmetic(value)
    except InputError as error:
        raise ValueError(error.rule) from None


ArithmeticField = Annotated[
    Arithmetic, PlainValidator(_validate), PlainSerializer(lambda value: value.name)
]
