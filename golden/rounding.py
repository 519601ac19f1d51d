"""The two rules by which a wide integer becomes a narrow one (defined in `spec.formats`).

An array has the type that `holding` gives for the range of its numbers, rounding included: as in
the machine the width follows from the range, and nothing overflows. Twice as many numbers of 32
bits as of 64 go through a processor at a time.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.formats import Format, Interval

__all__ = ["Integers", "holding", "limits", "narrow", "round_shift", "saturate"]

Integers = NDArray[np.signedinteger[Any]]


def holding(values: Interval, *, shift: int = 0) -> type[np.signedinteger[Any]]:
    """The type of integers of this range, to which `round_shift` adds half before it shifts."""
    half = (1 << shift) >> 1
    reach = (values + Interval(0, half)) | Interval(-1, half)
    assert reach.width <= 64, f"{values} and half of 2**{shift} do not fit in 64 bits"
    return np.int32 if reach.width <= 32 else np.int64


def round_shift(values: Integers, shift: int, *, out: Integers | None = None) -> Integers:
    """Add half, then shift right; ties go up. ``shift`` is at least 0."""
    half = (1 << shift) >> 1
    rounded: Integers = np.add(values, half, out=out)
    rounded >>= shift
    return rounded


def saturate(values: Integers, to: Format, *, out: Integers | None = None) -> Integers:
    """Clamp to what ``to`` holds."""
    lo, hi = limits(values.dtype, to)
    least: Integers = np.maximum(values, lo, out=out)
    return np.minimum(least, hi, out=least)


def narrow(values: Integers, shift: int, to: Format, *, out: Integers | None = None) -> Integers:
    """Drop ``shift`` bits with rounding, then saturate; ``out`` may be ``values`` itself."""
    rounded = round_shift(values, shift, out=out)
    return saturate(rounded, to, out=rounded)


@cache
def limits(held: np.dtype[np.signedinteger[Any]], to: Format) -> tuple[int, int]:
    """Ends of a format; a narrow type may hold less than it, and nothing to clamp."""
    most = np.iinfo(held)
    return max(to.interval.lo, most.min), min(to.interval.hi, most.max)
