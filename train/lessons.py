"""What a float network does on unlabelled sequences, as a feed of batches to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from pascaline.importers.calibrate.batches import batches
from pascaline.importers.freeze import Reals
from pascaline.importers.network import FloatNetwork
from pascaline.importers.plain import run_layers
from pascaline.spec.formats import Format
from pascaline.train.feeds import Batch, Sequences
from pascaline.train.lengths import active_steps

__all__ = ["Lessons", "pieces"]


def pieces(sequences: Sequence[Reals], length: int) -> list[Reals]:
    """Sequences, each cut into pieces of so many steps; what is left of one is a shorter piece."""
    return [
        sequence[first : first + length]
        for sequence in sequences
        for first in range(0, len(sequence), length)
    ]


class Lessons(Sequences):
    """Sequences, and as targets what each layer of a float network gives after every step.

    Targets of a batch are (steps, batch, outputs of all layers), one layer's beside the other's.

    Parameters
    ----------
    teacher : FloatNetwork
        The network.
    sequences : sequence of Reals
        What it gets, each (steps, inputs). It gets them as they are, who learns gets them rounded.
    x : Format
        To this format.
    batch, seed, device
        As in `train.feeds.Sequences`.

    Attributes
    ----------
    power : list of float
        Mean square of the outputs of each layer.
    """

    def __init__(
        self,
        teacher: FloatNetwork,
        sequences: Sequence[Reals],
        x: Format,
        *,
        batch: int,
        seed: int,
        device: torch.device,
    ) -> None:
        inputs, nothing = [x.quantize(one) for one in sequences], np.zeros(len(sequences), int)
        super().__init__(inputs, nothing, batch=batch, lsb=x.lsb, seed=seed, device=device)
        outputs = [layer.outputs for layer in teacher.layers]
        shape = (len(sequences), max(map(len, sequences)), sum(outputs))
        made, energy = np.zeros(shape, dtype=np.float32), np.zeros(len(outputs))
        for one in batches(teacher, sequences):
            signal, beside = one.x, 0
            for index, layer in enumerate(teacher.layers):
                alone = replace(teacher, layers=(layer,))
                signal, _ = run_layers(alone, signal, lengths=one.lengths)
                signal = signal * one.active[..., None]
                energy[index] += float(np.square(signal).sum())
                places = slice(beside, beside + outputs[index])
                made[one.numbers, : len(signal), places] = signal.swapaxes(0, 1)
                beside += outputs[index]
        steps = sum(map(len, sequences))
        self.power = [
            float(all_of / (steps * count)) for all_of, count in zip(energy, outputs, strict=True)
        ]
        self._taught = torch.from_numpy(made).to(device)

    def take(self) -> Batch:
        batch = super().take()
        targets = self._taught[self._chosen].to(batch.x.dtype)
        return Batch(batch.x, batch.lengths, targets.transpose(0, 1))

    def active(self, batch: Batch) -> Tensor | None:
        """Which steps there are, (steps, batch); ``None``: all."""
        return active_steps(batch.x, batch.lengths)
