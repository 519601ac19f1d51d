"""Rows of a matrix as one real scale times weights of an arithmetic.

Weights of many magnitudes are rounded. For binary and ternary ones a threshold decides, or, where
it is known what the rows meet, what costs least: for vectors ``v`` with second moments
``M = E[v v']``, the error of a row ``w`` is ``E[((w - s q) v)^2] = (w - s q)' M (w - s q)``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.freeze import Reals
from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.tensors import Integers

__all__ = ["exact_rows", "fit_rows", "round_rows", "row_errors", "threshold_rows"]

THRESHOLD = 0.7
"""Of a row's mean magnitude: smaller weights become 0 (ternary weight networks)."""

SWEEPS = 8
"""Rounds over all columns, at most."""

DAMPING = 1e-3
"""Part of the mean of M's diagonal that is added to it: what was not seen counts a little."""


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

    From `threshold_rows`, scales and weights improve in turns, one column of all rows at a time,
    until nothing changes; never worse than where it starts.

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
    q = weights.astype(np.float64)
    s, target = _best_scale(matrix, q, damped, scale), matrix @ damped
    for _ in range(SWEEPS):
        before = q.copy()
        met = q @ damped
        for column in range(matrix.shape[1]):
            # What is left for this column if it were 0, in units of its own part.
            own = damped[column, column]
            left = target[:, column] - s * (met[:, column] - own * q[:, column])
            with np.errstate(divide="ignore", invalid="ignore"):
                best = np.nan_to_num(left / (s * own), nan=0.0, posinf=1.0, neginf=-1.0)
            new = arithmetic.nearest(best)
            change = new - q[:, column]
            if change.any():
                met += change[:, None] * damped[column]
                q[:, column] = new
        s = _best_scale(matrix, q, damped, scale)
        if np.array_equal(q, before):
            break
    made = q.astype(np.int64)
    kept = exact | (
        row_errors(matrix, made, s, damped) >= row_errors(matrix, weights, scale, damped)
    )
    return np.where(kept[:, None], weights, made), np.where(kept, scale, s)


def _best_scale(matrix: Reals, q: Reals, moments: Reals, otherwise: Reals) -> Reals:
    """The scale of each row with the least error; a positive one."""
    met = q @ moments
    power = (met * q).sum(axis=1)
    best = (met * matrix).sum(axis=1) / np.where(power > 0, power, 1)
    scale: Reals = np.where((power > 0) & (best > 0), best, otherwise)
    return scale
