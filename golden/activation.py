"""Activation functions on integers."""

from __future__ import annotations

from functools import cache

import numpy as np

from pascaline.golden.rounding import Integers, holding, narrow
from pascaline.spec.activation import Activation, PiecewiseLinear, lines, table
from pascaline.spec.formats import Format

__all__ = ["ActivationFunction"]

_table = cache(table)  # All layers and directions of equal formats have the same.


class ActivationFunction:
    """One activation function, as a full table or piecewise linear.

    Parameters
    ----------
    form : Table or PiecewiseLinear
        How it is made.
    function : str
        ``sigmoid`` or ``tanh``.
    pre, out : Format
        Formats of the argument and of the value.
    """

    def __init__(self, form: Activation, function: str, pre: Format, out: Format) -> None:
        self._mask = (1 << pre.width) - 1
        self._out = out
        self._table: Integers | None = None
        if isinstance(form, PiecewiseLinear):
            line = self._lines = lines(function, pre, out, form.segments)
            held = holding(line.total, shift=line.shift)
            self._slope, self._offset = line.slope.astype(held), line.offset.astype(held)
        else:
            self._table = _table(function, pre, out).astype(holding(out.interval))

    def __call__(self, values: Integers) -> Integers:
        """Values of the function, element by element."""
        code = values & self._mask
        if self._table is not None:
            return np.take(self._table, code)
        line = self._lines
        segment, low = code >> line.low_bits, code & ((1 << line.low_bits) - 1)
        total = np.take(self._slope, segment) * low + np.take(self._offset, segment)
        return narrow(total, line.shift, self._out)
