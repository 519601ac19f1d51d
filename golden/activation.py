"""Activation functions on integers."""

from __future__ import annotations

from golden.rounding import Integers, narrow
from spec.activation import Activation, PiecewiseLinear, lines, table
from spec.formats import Format

__all__ = ["ActivationFunction"]


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
            self._lines = lines(function, pre, out, form.segments)
        else:
            self._table = table(function, pre, out)

    def __call__(self, values: Integers) -> Integers:
        """Values of the function, element by element."""
        code = values & self._mask
        if self._table is not None:
            entries: Integers = self._table[code]
            return entries
        line = self._lines
        segment, low = code >> line.low_bits, code & ((1 << line.low_bits) - 1)
        total = line.slope[segment] * low + line.offset[segment]
        return narrow(total, line.shift, self._out)
