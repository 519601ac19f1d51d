"""Sequences to simulate: recordings of a file, held-out ones of a model's task, or random ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pascaline import models
from pascaline.data.evaluate import trained_on
from pascaline.data.recordings import Recordings, read_recordings
from pascaline.data.sets import data_set
from pascaline.golden.rounding import Integers
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.preprocess import quantize

__all__ = ["Samples", "check_samples", "take_samples"]

RANDOM_STEPS = 16
"""Steps of a sequence where there is no data."""


@dataclass(frozen=True)
class Samples:
    """Sequences to simulate.

    Attributes
    ----------
    sequences : list of Integers
        Inputs of each, (steps, inputs).
    labels : list of int or None
        Their classes, if they are real.
    source : str
        Where they are from.
    """

    sequences: list[Integers]
    labels: list[int] | None
    source: str


def take_samples(design: Design, count: int, seed: int, inputs: Path | None) -> Samples:
    """The first recordings of a file, or of the held-out part of a model's task; random inputs.

    Of a task, those that are shipped are taken as far as they go, else the data set is fetched.
    """
    model = design.model
    if inputs is None and "task" not in model.card:
        rng = np.random.default_rng(seed)
        sequences = [design.entry.draw(rng, RANDOM_STEPS) for _ in range(count)]
        return Samples(sequences, None, f"random, seed {seed}")
    if inputs is not None:
        recordings, source = read_recordings(inputs), str(inputs)
    else:
        name = trained_on(model)
        recordings = read_recordings(models.SAMPLE)
        source = f"shipped held-out recordings of {name}"
        if name != "digits" or count > len(recordings):
            part = data_set(name).load().held_out
            recordings = Recordings.of(part)
            source = f"held-out part of {name}"
    taken = recordings.first(count)
    labels = None if taken.labels is None else taken.labels.tolist()
    return Samples(quantize(taken.sequences, model), labels, source)


def check_samples(design: Design, samples: Samples) -> None:
    """Raise `InputError` if a sequence cannot come, or has more steps than the machine can hold."""
    most, bounded = design.machine.longest, design.network.bounded
    longest = max(map(len, samples.sequences), default=0)
    if (bounded or design.machine.on_bus) and longest > most:
        raise InputError("inputs", f"must have at most {most} steps (--longest)", longest)
    for sequence in samples.sequences if design.machine.symbols else []:
        for vector in np.asarray(sequence).tolist():
            design.entry.numbers(vector)
