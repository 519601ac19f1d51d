"""Scales and a bias for each row, then a narrow format, bit-exact."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pascaline.golden.kernels import Kernel, kernel
from pascaline.golden.rounding import Integers, holding, limits, narrow
from pascaline.spec.formats import Format, Interval

__all__ = ["Affine"]


class Affine:
    """``saturate(round_shift(scale * value + ... + bias, shift), to)``, row by row.

    Parameters
    ----------
    scales : sequence of Integers
        The scales of each addend, (rows,).
    bounds : sequence of sequence of int
        The magnitude that each addend's values cannot exceed, row by row.
    bias : Integers
        (rows,).
    shift : int
        Bits that are dropped.
    to : Format
        Format of the outcome.
    """

    def __init__(
        self,
        scales: Sequence[Integers],
        bounds: Sequence[Sequence[int]],
        bias: Integers,
        shift: int,
        to: Format,
    ) -> None:
        self._shift, self._to = shift, to
        # No sum of any of a row's addends can be larger than the sum of all magnitudes.
        columns = [bias.tolist()]
        for scale, bound in zip(scales, bounds, strict=True):
            columns.append([s * b for s, b in zip(scale.tolist(), bound, strict=True)])
        largest = max(sum(map(abs, row)) for row in zip(*columns, strict=True))
        held = holding(Interval(-largest, largest), shift=shift)
        # As in the machine: addends with the same scale are added before they are scaled.
        first, *others = scales
        self._shared = bool(others) and all(np.array_equal(first, one) for one in others)
        self._scales = [scale.astype(held) for scale in scales]
        self._bias = bias.astype(held)
        self._kernel = None
        if len(scales) <= 2 and to.interval.width <= 32:
            name = "affine" if held is np.int32 else "affine_wide"
            constants = (*self._scales, None)[:2]
            ends = limits(np.dtype(held), to)
            self._kernel = kernel(name, *constants, self._bias, bias.size, shift, *ends)

    def __call__(self, *values: Integers) -> Integers:
        """Outcome for the values of each addend, (batch, rows)."""
        if self._kernel is not None and all(one.dtype == np.int32 for one in values):
            return self._by(self._kernel, *values)
        held, (scale, *others) = self._bias.dtype, self._scales
        if self._shared:
            total: Integers = values[0].astype(held)
            for value in values[1:]:
                total += value
            total *= scale
        else:
            total = np.multiply(scale, values[0], dtype=held)
            for scale, value in zip(others, values[1:], strict=True):
                total += scale * value
        total += self._bias
        return narrow(total, self._shift, self._to, out=total)

    def _by(self, compute: Kernel, *values: Integers) -> Integers:
        """The same for one addend or two, in a single run over them."""
        addends = [np.ascontiguousarray(value) for value in values]
        out = np.empty(addends[0].shape, dtype=np.int32)
        compute(*(*addends, None)[:2], out, len(out))
        return out
