"""Activation functions on integers."""

from __future__ import annotations

from functools import cache

import numpy as np

from pascaline.golden.kernels import kernel
from pascaline.golden.rounding import Integers, holding, narrow
from pascaline.spec.activation import (
    Activation,
    AdaptivePieces,
    PiecewiseLinear,
    lines,
    table,
)
from pascaline.spec.formats import Format
from pascaline.spec.functions import Function
from pascaline.spec.pieces import Pieces, find_pieces

__all__ = ["ActivationFunction", "distances", "errors", "values_of"]

_known = cache(table)  # All layers and directions of equal formats have the same.


class ActivationFunction:
    """One activation function, as a full table, by equal segments or by pieces.

    Parameters
    ----------
    form : Table, PiecewiseLinear or AdaptivePieces
        How it is made.
    function : str or callable
        One of `spec.functions.FUNCTIONS`, or any other.
    pre, out : Format
        Formats of the argument and of the value.
    """

    def __init__(self, form: Activation, function: Function, pre: Format, out: Format) -> None:
        self._mask = (1 << pre.width) - 1
        self._out = out
        self._table: Integers | None = None
        if isinstance(form, PiecewiseLinear):
            line = self._lines = lines(function, pre, out, form.segments)
            held = holding(line.total, shift=line.shift)
            self._slope, self._offset = line.slope.astype(held), line.offset.astype(held)
        elif isinstance(form, AdaptivePieces):
            pieces = find_pieces(function, pre, out, form.pieces, form.slope_bits)
            self._table = values_of(pieces).astype(holding(out.interval))
        else:
            self._table = _table(function, pre, out).astype(holding(out.interval))

        narrow_table = self._table is not None and self._table.dtype == np.int32
        self._kernel = kernel("lookup", self._table, self._mask) if narrow_table else None

    @property
    def table(self) -> Integers | None:
        """All values in order of the raw code of the argument; None where none are kept."""
        return self._table

    def __call__(self, values: Integers) -> Integers:
        """Values of the function, element by element."""
        if self._kernel is not None and values.dtype == np.int32 and _in_rows(values):
            found = np.empty(values.shape, dtype=np.int32)
            stride = values.strides[0] // values.itemsize
            self._kernel(values, found, *values.shape, stride)
            return found
        code = values & self._mask
        if self._table is not None:
            return np.take(self._table, code)
        line = self._lines
        segment, low = code >> line.low_bits, code & ((1 << line.low_bits) - 1)
        total = np.take(self._slope, segment) * low + np.take(self._offset, segment)
        return narrow(total, line.shift, self._out)


def values_of(pieces: Pieces) -> Integers:
    """Values of pieces in order of the raw code of the argument, as a table has them."""
    limits = pieces.pre.interval
    z = np.concatenate([np.arange(limits.hi + 1), np.arange(limits.lo, 0)])
    piece = np.searchsorted(pieces.first, z, side="right") - 1
    product = (pieces.slope[piece] * z) >> pieces.drop
    found: Integers = (product + pieces.offset[piece]) >> pieces.guard
    return found


def errors(form: Activation, function: Function, pre: Format, out: Format) -> tuple[int, float]:
    """The largest and the mean distance from the table, over all arguments, in units of ``out``."""
    every = ActivationFunction(form, function, pre, out)(np.arange(1 << pre.width))
    return distances(every, function, pre, out)


def distances(values: Integers, function: Function, pre: Format, out: Format) -> tuple[int, float]:
    """The largest and the mean distance of values from the table, in units of ``out``.

    Parameters
    ----------
    values : (2**pre.width,)
        In order of the raw code of the argument, as a table has them.
    """
    distance = np.abs(values - _table(function, pre, out))
    return int(distance.max()), float(distance.mean())


def _in_rows(values: Integers) -> bool:
    """Whether it is (batch, rows), each row without gaps."""
    return values.ndim == 2 and values.strides[1] == values.itemsize


def _table(function: Function, pre: Format, out: Format) -> Integers:
    # What a function without a name gives may change from call to call.
    made = _known if isinstance(function, str) else table
    return made(function, pre, out)
