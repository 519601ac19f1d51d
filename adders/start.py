"""The sums to begin with: the rows of a matrix, each by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pascaline.adders.sums import NOTHING, Sums, code

__all__ = ["blocks", "digits", "plain", "subsets"]

LEVELS = 2
"""How often `blocks` are joined by twos."""

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
    """A sum for each row of a matrix of -1 and 1: one that all rows have, less twice some inputs.

    That one has all inputs, each with a sign. Signs of rows and columns are such that few of the
    elements differ from their product: those are what a row has twice.
    """
    inputs = matrix.shape[1]
    row_signs, column_signs = _signs(matrix)
    sums = [[code((k, 0, sign < 0)) for k, sign in enumerate(column_signs.tolist())]]
    outputs = []
    known: dict[tuple[int, ...], int] = {(): inputs}
    for row, flip in zip(matrix * row_signs[:, None], row_signs < 0, strict=True):
        key = tuple(np.flatnonzero(row != column_signs).tolist())
        if key not in known:
            twice = [code((k, 1, bool(column_signs[k] > 0))) for k in key]
            known[key] = _named([code((inputs, 0, False)), *twice], inputs, sums)
        outputs.append(code((known[key], 0, bool(flip))))
    return Sums.of(inputs, sums, outputs, (0,))


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


def blocks(matrix: NDArray[np.int64]) -> Sums:
    """A sum for each row of a matrix of -1 and 1, of sums of four columns.

    All rows cut the columns into the same twos and fours, of which there are few that differ by
    more than their sign. So nothing is lost where no sum may be deeper than it has to be. Columns
    are together of which many rows have the same sum.
    """
    inputs = matrix.shape[1]
    # Of each part its columns, and the code of its sum in each row.
    parts = [[code((k, 0, sign < 0)) for sign in matrix[:, k].tolist()] for k in range(inputs)]
    sums: list[list[int]] = []
    for _ in range(LEVELS):
        parts = [
            _joined(parts[a], parts[b], inputs, sums) if b is not None else parts[a]
            for a, b in _matched(np.array(parts))
        ]
    outputs = []
    known: dict[tuple[int, ...], int] = {}
    for terms in zip(*parts, strict=True):
        flip = terms[0] & 1
        key = tuple(one ^ flip for one in terms)
        if key not in known:
            known[key] = _named(list(key), inputs, sums) if len(key) > 1 else key[0] >> 7
        outputs.append(code((known[key], 0, bool(flip))))
    return Sums.of(inputs, sums, outputs)


def _named(terms: list[int], inputs: int, sums: list[list[int]]) -> int:
    """Symbol of a new sum."""
    sums.append(terms)
    return inputs + len(sums) - 1


def _joined(left: list[int], right: list[int], inputs: int, sums: list[list[int]]) -> list[int]:
    """Codes of the sums of two parts in each row; those that are new are added."""
    known: dict[tuple[int, int], int] = {}
    found = []
    for one, other in zip(left, right, strict=True):
        flip = one & 1
        key = one ^ flip, other ^ flip
        if key not in known:
            known[key] = _named(list(key), inputs, sums)
        found.append(code((known[key], 0, bool(flip))))
    return found


def _matched(parts: NDArray[np.int64]) -> list[tuple[int, int | None]]:
    """Parts by twos, those first that the most pairs of rows have the same sum of."""
    count = len(parts)
    flips = parts & 1
    labels = np.array([np.unique(one >> 7, return_inverse=True)[1] for one in parts])
    kinds = int(labels.max(initial=0)) + 1
    scores = []
    for a in range(count):
        together = (labels[a] * kinds + labels[a + 1 :]) * 2 + (flips[a] ^ flips[a + 1 :])
        for b, one in enumerate(together, a + 1):
            scores.append((-int((np.bincount(one) ** 2).sum()), a, b))
    free = set(range(count))
    found: list[tuple[int, int | None]] = []
    for _, a, b in sorted(scores):
        if a in free and b in free:
            free -= {a, b}
            found.append((a, b))
    return [*found, *((a, None) for a in sorted(free))]
