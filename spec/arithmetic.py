"""Arithmetics: what a weight may be, and which bits stand for it.

An arithmetic is one of the three choices that a user makes; nothing outside this module, its
counterpart ``hdl.product`` and the trainer's quantisers may ask which one it is.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import PlainSerializer, PlainValidator

from spec.errors import InputError
from spec.formats import Interval

__all__ = ["Arithmetic", "ArithmeticField", "Binary", "Fixed", "Ternary", "arithmetic"]


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
    """

    name: str
    bits: int
    weights: Interval
    has_zero: bool

    @abstractmethod
    def encode(self, values: ArrayLike, *, thing: str = "weights") -> NDArray[np.uint16]:
        """Weights to codes, element by element; raises `InputError` for a value that is not one."""

    @abstractmethod
    def decode(self, codes: ArrayLike, *, thing: str = "weights") -> NDArray[np.int64]:
        """Codes to weights, element by element; raises `InputError` for a code that is not one."""

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
        array = np.asarray(codes, dtype=np.int64)
        limit = 1 << self.bits
        _check(thing, array, (array >= 0) & (array < limit), f"must be a {self.bits}-bit code")
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


class Fixed(_TwosComplement):
    """Integers of 2 to 16 bits that meet an activation in a real multiplier.

    The binary point of a weight is part of the row scale, not of the arithmetic.
    """

    def __init__(self, bits: int) -> None:
        if not 2 <= bits <= 16:
            raise InputError("arithmetic", "fixed point must be fixed2 to fixed16", f"fixed{bits}")
        self.name = f"fixed{bits}"
        self.bits = bits
        self.weights = Interval(-(1 << (bits - 1)), (1 << (bits - 1)) - 1)


def arithmetic(name: str) -> Arithmetic:
    """The arithmetic of that name: ``binary``, ``ternary``, ``fixed2`` to ``fixed16``.

    Examples
    --------
    >>> arithmetic("ternary").bits
    2
    >>> arithmetic("fixed12").weights
    Interval(lo=-2048, hi=2047)
    """
    for known in (Binary(), Ternary()):
        if name == known.name:
            return known
    if match := re.fullmatch(r"fixed(\d{1,2})", name):
        return Fixed(int(match[1]))
    raise InputError("arithmetic", "must be binary, ternary or fixed2 to fixed16", name)


def _check(
    thing: str, values: NDArray[np.int64], good: NDArray[np.bool_] | bool, rule: str
) -> None:
    if not np.all(good):
        place = tuple(int(i) for i in np.argwhere(~np.asarray(good))[0])
        where = f"{thing}[{', '.join(map(str, place))}]" if place else thing
        raise InputError(where, rule, int(values[place]))


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
