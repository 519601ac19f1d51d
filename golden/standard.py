"""Standardised sums of the rows of a gate, bit-exact: see `spec.normalisers.layernorm`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.kernels import kernel
from pascaline.golden.rounding import Integers, holding, narrow, round_shift
from pascaline.spec.formats import Interval
from pascaline.spec.standard import LEFT, Standard

__all__ = ["Standardised", "bit_length"]


class Standardised:
    """Standardised sums of one operand, of gates side by side.

    Parameters
    ----------
    standard : Standard
        How.
    sums : Interval
        Range of the sums.
    """

    def __init__(self, standard: Standard, sums: Interval) -> None:
        self._standard = standard
        scaled = standard.total(sums) * Interval(standard.inverse, standard.inverse)
        spread = standard.spread_total(sums)
        self._total_type = _held(scaled | spread, standard.mean_shift)
        deviation = standard.deviation(sums)
        shift = standard.most(sums) - standard.least
        # The rounding half of a shift may be larger than what is shifted.
        self._type = _held((deviation << LEFT) | standard.shifted, shift)
        self._square_type = _held(standard.reach(sums) | deviation)
        self._product_type = holding(
            standard.shifted * standard.reciprocal, shift=standard.mantissa + 1
        )
        narrow_types = {self._type, self._product_type, holding(sums)} == {
            np.int32
        } and self._total_type is not object
        self._kernel = kernel("standardise", _constants(standard)) if narrow_types else None

    def __call__(self, sums: Integers) -> Integers:
        """Standardised sums (batch, gates * hidden) of sums of the same shape."""
        standard = self._standard
        if self._kernel is not None:
            sums = np.ascontiguousarray(sums, dtype=np.int32)
            found = np.empty_like(sums)
            self._kernel(sums, found, sums.size // standard.hidden)
            return found
        rows = sums.reshape(len(sums), -1, standard.hidden)
        total = rows.sum(axis=2, keepdims=True, dtype=self._total_type)
        mean = round_shift(total * standard.inverse, standard.mean_shift)
        deviation = rows.astype(self._type) << standard.mean_frac
        deviation -= mean.astype(self._type)
        bits, leading = self._spread(deviation)
        reciprocal = ((1 << (standard.precision + standard.mantissa)) - 1) // leading

        # As `round_shift`, by a number of bits that each gate has for itself.
        shift = bits - standard.least
        deviation <<= LEFT
        deviation += ((np.ones_like(shift) << shift) >> 1).astype(self._type)
        deviation >>= shift.astype(self._type)
        limits = standard.shifted
        near = np.clip(deviation, limits.lo, limits.hi).astype(self._product_type)
        near *= reciprocal.astype(self._product_type)
        normal = narrow(near, standard.mantissa + 1, standard.normal, out=near)
        return normal.reshape(sums.shape)

    def _spread(self, deviation: Integers) -> tuple[Integers, Integers]:
        """Bits of each spread, and its leading ones: b and Dt."""
        standard, precision = self._standard, self._standard.precision
        rows = np.abs(deviation).astype(self._square_type, copy=False)
        if standard.spread == "rms":
            rows = rows * rows
        spread = rows.sum(axis=2, keepdims=True, dtype=self._total_type)
        per = 1 if standard.spread == "mad" else 2
        bits = -(-bit_length(spread) // per)
        least = bits < standard.least
        bits = np.maximum(bits, standard.least)
        # At most ``per * precision`` bits.
        up, down = (np.maximum(by, 0) * per for by in (precision - bits, bits - precision))
        spread = (spread << up.astype(spread.dtype)) >> down.astype(spread.dtype)
        leading = spread.astype(np.int64)
        if standard.spread == "rms":
            # Exact, since a real number of 64 bits has more than twice as many as there are here.
            leading = np.floor(np.sqrt(leading)).astype(np.int64)
        return bits, np.where(least, 1 << (precision - 1), leading)


def bit_length(values: Integers) -> Integers:
    """Bits of integers of at least 0."""
    if values.dtype == object:
        return np.asarray(np.frompyfunc(int.bit_length, 1, 1)(values), dtype=np.int64)
    found = np.frexp(values.astype(np.float64))[1].astype(np.int64)
    # A large integer may have been rounded up to a power of two.
    high = (values.astype(np.int64) >> np.maximum(found - 1, 0)) == 0
    bits: Integers = found - (high & (values > 0))
    return bits


def _constants(standard: Standard) -> NDArray[np.int64]:
    """As the kernel reads them."""
    shifted, normal = standard.shifted, standard.normal.interval
    values = [
        *(standard.hidden, standard.inverse, standard.mean_shift, standard.mean_frac),
        *(standard.precision, standard.mantissa, standard.least, LEFT),
        *(shifted.lo, shifted.hi, normal.lo, normal.hi, standard.spread == "rms"),
    ]
    return np.array(values, dtype=np.int64)


def _held(values: Interval, shift: int = 0) -> Any:
    """The type that `holding` gives; where there is none, that of Python integers."""
    half = (1 << shift) >> 1
    wide = (values + Interval(-half, half)).width > 63
    return object if wide else holding(values, shift=shift)
