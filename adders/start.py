"""The sums to begin with: the rows of a matrix, each by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pascaline.adders.sums import NOTHING, Sums, code

__all__ = ["digits", "plain", "subsets"]


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
    """A sum for each row of a matrix of -1 and 1: twice the inputs with 1, less those of all.

    The sum of all inputs is one for all rows. Of a row and its negative that one is taken that has
    fewer 1, so a row has half of its terms at most, and one more.
    """
    rows, inputs = matrix.shape
    total = inputs + rows
    sums = []
    outputs = []
    for r, row in enumerate(matrix):
        flip = int(row.sum()) > 0
        wanted = np.flatnonzero(row == (-1 if flip else 1)).tolist()
        # The total less twice the sum, so that it is positive.
        sums.append([code((total, 0, False)), *(code((k, 1, True)) for k in wanted)])
        outputs.append(code((inputs + r, 0, not flip)))
    sums.append([code((k, 0, False)) for k in range(inputs)])
    return Sums.of(inputs, sums, outputs, (rows,))
