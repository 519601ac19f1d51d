"""The sums to begin with: the rows of a matrix, each by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pascaline.adders.sums import NOTHING, Sums, code

__all__ = ["digits", "plain", "subsets"]

TRIES = 64
"""Rows that the signs of columns are looked for from."""


def digits(value: int) -> list[tuple[int, int]]:
    """Powers of two with signs whose sum is a number, as few as can be: shift and sign of each.

    Examples
    --------
    >>> digits(7), digits(-6)
    ([(0, -1), (3, 1)], [(1, 1), (3, -1)])
    """
    found, shift = [], 0
    while value:
        if value & 1:
            sign = 2 - (value & 3)
            found.append((shift, sign))
            value -= sign
        value >>= 1
        shift += 1
    return found


def plain(matrix: NDArray[np.int64]) -> Sums:
    """A sum for each row of a matrix; rows that differ in a shift and a sign have the same one."""
    inputs = matrix.shape[1]
    sums: list[list[int]] = []
    outputs = []
    known: dict[tuple[int, ...], int] = {}
    for row in matrix.tolist():
        terms = [(k, shift, sign) for k, v in enumerate(row) for shift, sign in digits(v)]
        if not terms:
            outputs.append(NOTHING)
            continue
        least = min(shift for _, shift, _ in terms)
        # Most terms are positive, and of equally many the first one.
        balance = sum(sign for *_, sign in terms)
        flip = balance < 0 or (balance == 0 and terms[0][2] < 0)
        key = tuple(code((k, s - least, (sign < 0) ^ flip)) for k, s, sign in terms)
        if key not in known:
            known[key] = key[0] >> 7 if len(key) == 1 else inputs + len(sums)
            if len(key) > 1:
                sums.append(list(key))
        outputs.append(code((known[key], least, flip)))
    return Sums.of(inputs, sums, outputs)


def subsets(matrix: NDArray[np.int64]) -> Sums:
    """A sum for each row of a matrix of -1 and 1: twice some inputs, less a sum that all rows have.

    That one has all inputs, each with a sign. Signs of rows and columns are such that few of the
    elements differ from their product: those are what a row has twice.
    """
    rows, inputs = matrix.shape
    total = inputs + rows
    row_signs, column_signs = _signs(matrix)
    sums = []
    outputs = []
    for r in range(rows):
        differ = np.flatnonzero(matrix[r] * row_signs[r] != column_signs).tolist()
        terms = [code((k, 1, bool(column_signs[k] > 0))) for k in differ]
        if terms:
            sums.append([code((total, 0, False)), *terms])
            outputs.append(code((inputs + r, 0, bool(row_signs[r] < 0))))
        else:
            sums.append([])
            outputs.append(code((total, 0, bool(row_signs[r] < 0))))
    sums.append([code((k, 0, bool(column_signs[k] < 0))) for k in range(inputs)])
    return Sums.of(inputs, sums, outputs, (rows,))


def _signs(matrix: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Signs of rows and columns whose products are most of a matrix of -1 and 1.

    From some rows as the signs of columns, rows and columns follow each other to where no sign is
    better turned; the best of these is taken.
    """
    best = (-1, matrix[:, 0], matrix[0])
    for start in matrix[:TRIES]:
        column, reached = start, -1
        while True:
            row = np.where(matrix @ column < 0, -1, 1)
            sums = row @ matrix
            column = np.where(sums < 0, -1, 1)
            total = int(abs(sums).sum())
            if total == reached:
                break
            reached = total
        best = max(best, (reached, row, column), key=lambda one: one[0])
    return best[1:]
