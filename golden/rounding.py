"""The two rules by which a wide integer becomes a narrow one (defined in `spec.formats`)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spec.formats import Format

__all__ = ["Integers", "narrow", "round_shift", "saturate"]

Integers = NDArray[np.int64]


def round_shift(values: Integers, shift: int) -> Integers:
    """Add half, then shift right; ties go up. ``shift`` is at least 0."""
    half = (1 << shift) >> 1
    return (values + half) >> shift


def saturate(values: Integers, to: Format) -> Integers:
    """Clamp to what ``to`` holds."""
    return np.clip(values, to.interval.lo, to.interval.hi)


def narrow(values: Integers, shift: int, to: Format) -> Integers:
    """Drop ``shift`` bits with rounding, then saturate."""
    return saturate(round_shift(values, shift), to)
