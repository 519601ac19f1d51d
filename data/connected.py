"""Connected digits: recordings of single ones in a row.

The package of the recordings does not say who speaks in which, so a sequence has several speakers.
There is nothing between two recordings; they have been cut where the voice begins and ends.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from pascaline.data.parts import VALIDATED, Part, Parts
from pascaline.data.readers import read_digits

__all__ = ["END", "LONGEST", "read_connected"]

END = 10
"""The class behind the digits."""

SHORTEST, LONGEST = 3, 7
"""Digits of a sequence."""

FRAMES = 40
"""Frames of a recording that are kept; one in 150 is longer, twice as long as most."""

TRAIN, HELD_OUT = 12_000, 1000
"""Sequences of the parts."""


def read_connected(content: bytes) -> Parts:
    """Three to seven digits in a row, of recordings that are held out or of others.

    Labels are the digits, then `END`. Lengths and recordings come from SHAKE-256, as good as a
    random generator, and always the same. Of the training part, sequences that `Parts.validation`
    measures on have recordings of their own, too: every sixth.
    """
    parts = read_digits(content)
    index = np.arange(len(parts.train))
    measured = parts.train.take(index[index % VALIDATED == 0])
    learned = parts.train.take(index[index % VALIDATED > 0])
    asked = -(-TRAIN // VALIDATED)
    some = iter(_rows("validation", measured, asked))
    others = iter(_rows("train", learned, TRAIN - asked))
    train = [next(others if number % VALIDATED else some) for number in range(TRAIN)]
    return Parts(_part(train), _part(_rows("held-out", parts.held_out, HELD_OUT)))


Row = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Features of a sequence, and its labels."""


def _rows(seed: str, recordings: Part, count: int) -> list[Row]:
    """So many sequences of these recordings."""
    assert isinstance(recordings.labels, np.ndarray)
    size = 4 * (1 + LONGEST)
    drawn = hashlib.shake_256(f"connected {seed}".encode()).digest(count * size)
    numbers = np.frombuffer(drawn, dtype=">u4").reshape(count, -1).astype(np.int64)
    rows = []
    for first, *others in numbers.tolist():
        chosen = [other % len(recordings) for other in others]
        chosen = chosen[: SHORTEST + first % (LONGEST - SHORTEST + 1)]
        frames = [recordings.sequences[number][:FRAMES] for number in chosen]
        labels = np.append(recordings.labels[chosen], END)
        rows.append((np.concatenate(frames), labels))
    return rows


def _part(rows: list[Row]) -> Part:
    return Part([features for features, _ in rows], [labels for _, labels in rows])
