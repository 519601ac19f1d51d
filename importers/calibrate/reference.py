"""The float network on calibration data: what the integer network is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pascaline.importers.calibrate.batches import Batch, batches
from pascaline.importers.freeze import Reals
from pascaline.importers.network import FloatNetwork
from pascaline.importers.plain import run_head, run_layers, selected

__all__ = ["COMPARED", "Reference", "references"]

COMPARED = ("pre", "c", "h")
"""Intermediates that are compared: pre-activations, what is carried, and the output."""

Signals = dict[tuple[int, int, str], Reals]
"""By layer, direction and name of an intermediate, (steps, sequences, units)."""


@dataclass(frozen=True, eq=False)
class Reference:
    """A batch, and what the float network makes of it.

    Attributes
    ----------
    batch : Batch
        The inputs.
    signals : dict
        By layer, direction and name, one of `COMPARED`: (steps, sequences, units).
    results : list of Reals
        Of each sequence, logits or outputs: (results, classes or outputs).
    weight : float
        How many times it counts.
    """

    batch: Batch
    signals: Signals
    results: list[Reals]
    weight: float = 1.0


def references(
    found: FloatNetwork, sequences: Sequence[Reals], *, weight: float = 1.0
) -> Iterator[Reference]:
    """Run the float network on sequences, each (steps, inputs), a batch after the other."""
    for batch in batches(found, sequences):
        yield _reference(found, batch, weight)


def _reference(found: FloatNetwork, batch: Batch, weight: float) -> Reference:
    signals: Signals = {}

    def watch(layer: int, direction: int, step: int, made: dict[str, Reals]) -> None:
        for name in COMPARED:
            if name in made:
                key = (layer, direction, name)
                if key not in signals:
                    signals[key] = np.empty((len(batch.x), *made[name].shape))
                signals[key][step] = made[name]

    every, last = run_layers(found, batch.x, lengths=batch.lengths, watch=watch)
    results = [
        run_head(found, selected(every[:length, row], last[row], found.result))
        for row, length in enumerate(batch.lengths)
    ]
    return Reference(batch, signals, results, weight)
