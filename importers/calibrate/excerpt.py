"""Pieces of calibration data, few enough to try many formats on.

Some are from all over the data. Others are around the largest inputs and pre-activations of all:
what is seldom and large decides how far formats must reach. The former count for all steps that
they stand for, the latter for themselves. Both networks start each piece from zero.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pascaline.importers.calibrate.reaches import Reaches
from pascaline.importers.calibrate.reference import Reference, references
from pascaline.importers.freeze import Reals
from pascaline.importers.network import FloatNetwork

__all__ = ["excerpt"]

PIECES, LENGTH = 16, 512
"""Pieces of each kind, half of the second for either peak; and steps of each, at most."""


def excerpt(found: FloatNetwork, sequences: Sequence[Reals], reaches: Reaches) -> list[Reference]:
    """The float network on pieces of sequences; always the same ones."""
    total = sum(map(len, sequences))
    if total <= PIECES * LENGTH:
        return list(references(found, sequences))
    spread = [_piece(sequences, *place) for place in _spread(sequences)]
    seen = sum(map(len, spread))
    made = list(references(found, spread, weight=total / seen))
    around = [_piece(sequences, *place) for place in _peaks(reaches)]
    return made + list(references(found, around))


def _piece(sequences: Sequence[Reals], number: int, middle: int) -> Reals:
    """Steps of a sequence around one."""
    sequence = sequences[number]
    first = max(0, min(middle - LENGTH // 2, len(sequence) - LENGTH))
    return sequence[first : first + LENGTH]


def _spread(sequences: Sequence[Reals]) -> list[tuple[int, int]]:
    """Sequences and steps in them, evenly over all steps."""
    ends = np.cumsum([len(sequence) for sequence in sequences])
    places = np.linspace(0, ends[-1], PIECES, endpoint=False).astype(int)
    numbers = np.searchsorted(ends, places, side="right")
    starts = ends - [len(sequence) for sequence in sequences]
    return [(int(n), int(place - starts[n])) for n, place in zip(numbers, places, strict=True)]


def _peaks(reaches: Reaches) -> list[tuple[int, int]]:
    """Sequences and steps in them where something is largest."""
    places: dict[tuple[int, int], None] = {}
    for peaks in reaches.peaks.values():
        for _, number, step in sorted(peaks, reverse=True)[: PIECES // 2]:
            places[number, step] = None
    return list(places)
