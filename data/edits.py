"""How far sequences of classes are from those that they should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.data.excess import Excess
from pascaline.data.sets import Labels

__all__ = ["Edits", "distance", "edits"]


@dataclass(frozen=True)
class Edits:
    """Edits that make the sequences of a network those that they should be.

    Attributes
    ----------
    edits : int
        Classes to insert, to leave out or to replace, as few as possible.
    total : int
        Classes that there should be.
    right : int
        Sequences without any edit.
    sequences : int
        All sequences.
    beyond : Excess or None
        As of `data.evaluate.Score`.
    """

    edits: int
    total: int
    right: int
    sequences: int
    beyond: Excess | None = field(default=None, compare=False)

    @property
    def rate(self) -> float:
        """Edits a class."""
        return self.edits / self.total

    def card(self) -> dict[str, Any]:
        """Plain values for a model's card."""
        return {
            "edits": self.edits,
            "total": self.total,
            "right": self.right,
            "sequences": self.sequences,
        }

    def __str__(self) -> str:
        """``12 edits of 5,012 (0.24 %), 989 of 1,000 sequences right``."""
        return (
            f"{self.edits:,} edits of {self.total:,} ({100 * self.rate:.2f} %),"
            f" {self.right:,} of {self.sequences:,} sequences right"
        )


def edits(found: Sequence[NDArray[np.int64]], labels: Labels) -> Edits:
    """Compare outputs of a decoder with labels; neither is counted with the class that ends it.

    Parameters
    ----------
    found : sequence of array
        Classes of each output, the end behind them unless it has not come.
    labels : Labels
        Classes of each sequence, the end last.
    """
    assert not isinstance(labels, np.ndarray)
    apart = []
    for output, label in zip(found, labels, strict=True):
        *wanted, end = label.tolist()
        given = output.tolist()
        apart.append(distance(given[:-1] if given[-1:] == [end] else given, wanted))
    return Edits(sum(apart), sum(len(label) - 1 for label in labels), apart.count(0), len(apart))


def distance(one: Sequence[int], other: Sequence[int]) -> int:
    """The distance of Levenshtein: the fewest edits that make one sequence the other."""
    before = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        now = [row]
        for column, right in enumerate(other, 1):
            replaced = before[column - 1] + (left != right)
            now.append(min(replaced, before[column] + 1, now[-1] + 1))
        before = now
    return before[-1]
