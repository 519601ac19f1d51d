"""Rows of a matrix as one real scale times weights of an arithmetic.

Weights of many magnitudes are rounded. For binary and ternary ones a threshold decides, or, where
it is known what the rows meet, what costs least: for vectors ``v`` with second moments
``M = E[v v']``, the error of a row ``w`` is ``E[((w - s q) v)^2] = (w - s q)' M (w - s q)``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.freeze import Reals
from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.tensors import Integers

__all__ = [
    "Rows",
    "exact_rows",
    "fit_rows",
    "offset_rows",
    "round_rows",
    "row_errors",
    "shifted",
    "threshold_rows",
]

THRESHOLD = 0.7
"""Of a row's mean magnitude: smaller weights become 0 (ternary weight networks)."""

STARTS = (0.35, 0.7, 1.05)
"""The same for weights that are then improved."""

SWEEPS = 20
"""Rounds over all columns, at most."""

DAMPING = 1e-3
"""Part of the mean of M's diagonal that is added to it: what was not seen counts a little."""


class Rows(NamedTuple):
    """A matrix that is taken apart: ``(weight - zero) * scale[:, None]``.

    Attributes
    ----------
    weight : (rows, columns)
        Weights of an arithmetic.
    scale : (rows,)
        What 1 stands for in each row.
    zero : int
        The zero point, one for all rows.
    """

    weight: Integers
    scale: Reals
    zero: int = 0


def offset_rows(matrix: Reals, arithmetic: Arithmetic) -> Rows:
    """Rounded weights with a zero point: of all zero points the one with the finest rows.

    A row is as fine as its smallest and its largest weight allow, and of all rows the sum of the
    squares of their scales is least: that is what rounding errors go with.
    """
    lo, hi = arithmetic.weights.lo, arithmetic.weights.hi
    least, most = np.minimum(matrix.min(axis=1), 0), np.maximum(matrix.max(axis=1), 0)
    # At an end of the range all weights of a sign would be lost.
    zeros = np.arange(lo + 1, hi)
    steps = np.maximum(most / (hi - zeros[:, None]), least / (lo - zeros[:, None]))
    found = np.square(steps).sum(axis=1)
    # Of equals the one that is nearest to 0.
    best = np.lexsort((np.abs(zeros), found))[0]
    scale, zero = steps[best], int(zeros[best])
    weight = arithmetic.nearest(matrix / np.where(scale > 0, scale, 1)[:, None] + zero)
    return Rows(weight, scale, zero)


def shifted(integers: Integers, arithmetic: Arithmetic) -> tuple[Integers, int] | None:
    """Integers that are weights less a zero point: both, or None if there is no such zero point."""
    lo, hi = arithmetic.weights.lo, arithmetic.weights.hi
    first, last = max(lo, lo - int(integers.min())), min(hi, hi - int(integers.max()))
    if first > last:
        return None
    zero = min(max(0, first), last)
    weights = integers + zero
    return (weights, zero) if np.isin(weights, arithmetic.values).all() else None


def round_rows(matrix: Reals, arithmetic: Arithmetic) -> tuple[Integers, Reals]:
    """The largest weight of each row becomes the largest of the arithmetic.

    Returns
    -------
    weights : Integers
        (rows, columns).
    scale : Reals
        (rows,); 0 of a row of zeros.
    """
    scale = np.abs(matrix).max(axis=1) / arithmetic.weights.hi
    return arithmetic.nearest(matrix / np.where(scale > 0, scale, 1)[:, None]), scale


def exact_rows(matrix: Reals, arithmetic: Arithmetic) -> NDArray[np.bool_]:
    """Which rows are a scale times -1, 0 (if there is one) and 1."""
    magnitude = np.abs(matrix)
    zero = (magnitude == 0) & arithmetic.has_zero
    found: NDArray[np.bool_] = ((magnitude == magnitude.max(axis=1)[:, None]) | zero).all(axis=1)
    return found


def threshold_rows(matrix: Reals, arithmetic: Arithmetic) -> tuple[Integers, Reals]:
    """Signs of what is over a part of the row's mean magnitude, and the mean of those."""
    magnitude, exact = np.abs(matrix), exact_rows(matrix, arithmetic)
    threshold = THRESHOLD * magnitude.mean(axis=1) if arithmetic.has_zero else -np.ones(len(matrix))
    # Zeros of a row that has the form already are its own.
    threshold = np.where(exact & arithmetic.has_zero, 0.0, threshold)
    kept = magnitude > threshold[:, None]
    mean = (magnitude * kept).sum(axis=1) / np.maximum(kept.sum(axis=1), 1)
    signs = np.where(matrix < 0, -1, 1) * kept
    return signs.astype(np.int64), np.where(exact, magnitude.max(axis=1), mean)


def row_errors(matrix: Reals, weights: Integers, scale: Reals, moments: Reals) -> Reals:
    """The error of each row, (rows,), for vectors with second moments (columns, columns)."""
    left = matrix - scale[:, None] * weights
    errors: Reals = np.maximum(((left @ moments) * left).sum(axis=1), 0)
    return errors


def fit_rows(matrix: Reals, arithmetic: Arithmetic, moments: Reals) -> tuple[Integers, Reals]:
    """Binary or ternary weights and scales with a small error for vectors with such moments.

    The best scale of weights ``q`` is ``q'Mw / q'Mq``, and leaves ``w'Mw - (q'Mw)^2 / q'Mq``. From
    several thresholds, weights change one column of all rows at a time, until nothing does, each to
    the value that leaves least. Never worse than `threshold_rows`.

    Parameters
    ----------
    matrix : Reals
        (rows, columns).
    arithmetic : Arithmetic
        With magnitudes of at most 1.
    moments : Reals
        (columns, columns).
    """
    exact = exact_rows(matrix, arithmetic)
    weights, scale = threshold_rows(matrix, arithmetic)
    damped = moments + np.eye(len(moments)) * (DAMPING * float(np.trace(moments)) / len(moments))
    if not damped.any():
        return weights, scale
    best = row_errors(matrix, weights, scale, damped)
    for part in STARTS if arithmetic.has_zero else (0.0,):
        mean = np.abs(matrix).mean(axis=1, keepdims=True)
        kept = (np.abs(matrix) > part * mean) | (not arithmetic.has_zero)
        q = _improved(matrix, np.where(matrix < 0, -1.0, 1.0) * kept, arithmetic, damped)
        along, power = (q * (matrix @ damped)).sum(axis=1), ((q @ damped) * q).sum(axis=1)
        found = np.where(power > 0, along / np.where(power > 0, power, 1), 0)
        integers = q.astype(np.int64)
        error = row_errors(matrix, integers, found, damped)
        better = (error < best) & (found > 0) & ~exact
        weights = np.where(better[:, None], integers, weights)
        scale, best = np.where(better, found, scale), np.where(better, error, best)
    return weights, scale


def _improved(matrix: Reals, q: Reals, arithmetic: Arithmetic, moments: Reals) -> Reals:
    """Weights from which no change of a single one is better; (rows, columns)."""
    target, met = matrix @ moments, q @ moments
    along, power = (q * target).sum(axis=1), (met * q).sum(axis=1)
    rows = np.arange(len(q))
    for _ in range(SWEEPS):
        before = q.copy()
        for column in range(q.shape[1]):
            change = arithmetic.values[:, None] - q[:, column]
            new_along = along + change * target[:, column]
            new_power = power + 2 * change * met[:, column] + change**2 * moments[column, column]
            good = (new_along > 0) & (new_power > 0)
            gain = np.where(good, new_along**2 / np.where(good, new_power, 1), 0)
            chosen = gain.argmax(axis=0)
            # Of equals, what is there.
            chosen_change = np.where(
                gain[chosen, rows] > (along**2 / np.where(power > 0, power, 1)) * (1 + 1e-9),
                change[chosen, rows],
                0,
            )
            if not chosen_change.any():
                continue
            along = along + chosen_change * target[:, column]
            power = power + (
                2 * chosen_change * met[:, column] + chosen_change**2 * moments[column, column]
            )
            met += chosen_change[:, None] * moments[column]
            q[:, column] += chosen_change
        if np.array_equal(q, before):
            break
    return q
