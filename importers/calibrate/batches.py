"""Calibration data as the networks get them: real inputs, sequences side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pascaline.importers.foreign import Foreign
from pascaline.importers.freeze import Reals
from pascaline.importers.network import FloatNetwork
from pascaline.spec.errors import InputError

__all__ = ["Batch", "batches", "real_inputs"]

VALUES = 1 << 24
"""Values of a network's signals that are kept at once: 128 MiB."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Sequences side by side.

    Attributes
    ----------
    x : Reals
        (steps, sequences, inputs); zeros behind the end of a sequence.
    lengths : NDArray[np.int64]
        Steps of each sequence, (sequences,).
    numbers : list of int
        Which sequences they are of all.
    """

    x: Reals
    lengths: NDArray[np.int64]
    numbers: list[int]

    @property
    def active(self) -> NDArray[np.bool_]:
        """Which sequences have a step, (steps, sequences)."""
        active: NDArray[np.bool_] = self.lengths > np.arange(len(self.x))[:, None]
        return active

    @property
    def sequences(self) -> list[Reals]:
        """Each (steps, inputs)."""
        return [self.x[:length, row] for row, length in enumerate(self.lengths)]


def real_inputs(foreign: Foreign, features: Sequence[ArrayLike]) -> list[Reals]:
    """What the float network gets for raw features of sequences, each (steps, inputs).

    Raises
    ------
    InputError
        If features do not fit the network, or become numbers that are not finite.
    """
    made = foreign.rule.reals(features)
    for index, sequence in enumerate(made):
        if not np.isfinite(sequence).all():
            raise InputError(f"features[{index}]", "must be finite after preprocess")
    return made


def batches(found: FloatNetwork, sequences: Sequence[Reals]) -> list[Batch]:
    """All sequences, those of like lengths together, as many as memory allows at a time."""
    order = sorted(range(len(sequences)), key=lambda index: (-len(sequences[index]), index))
    rows = sum(6 * layer.outputs for layer in found.layers) + found.inputs
    made: list[Batch] = []
    while order:
        count = max(1, VALUES // (rows * len(sequences[order[0]])))
        taken, order = order[:count], order[count:]
        lengths = np.array([len(sequences[index]) for index in taken], dtype=np.int64)
        x = np.zeros((int(lengths.max()), len(taken), found.inputs))
        for row, index in enumerate(taken):
            x[: lengths[row], row] = sequences[index]
        made.append(Batch(x, lengths, taken))
    return made
