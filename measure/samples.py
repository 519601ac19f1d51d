"""Sequences to simulate: those of a file, held-out ones of a model's data, or random ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pascaline import models
from pascaline.data.excess import Excess, warn_of_excess
from pascaline.data.own import ALL, Trained, learned_from, sequences_for, trained_on
from pascaline.data.recordings import Recordings, read_recordings
from pascaline.data.sets import Part
from pascaline.data.unlabelled import SUFFIXES
from pascaline.golden.rounding import Integers
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.preprocess import OneHot, quantize, rule_of

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
    beyond : Excess or None
        How much of their features is cut, if they come from features.
    """

    sequences: list[Integers]
    labels: list[int] | None
    source: str
    beyond: Excess | None = None


def take_samples(design: Design, count: int, seed: int, inputs: Path | None) -> Samples:
    """Sequences of a file or a folder; of the held-out part of a model's data; or random ones.

    Of recordings the first are taken, of a user's folder or text such as are evenly spread over it.
    Of the data set ``digits`` those that are shipped are taken as far as they go; other data sets
    are fetched. A model that no data are known of, or whose data are a folder or a text that is not
    here, gets random sequences.
    """
    model = design.model
    if inputs is not None:
        recordings, source = _given(model, inputs, count), str(inputs)
    elif not (isinstance(model.card.get("data"), dict) and model.card["data"].get("name")):
        return _random(design, count, seed)
    elif not (data := trained_on(model)).there:
        return _random(design, count, seed, f"; {data.name} is not in this folder")
    else:
        recordings, source = _held_out(model, data, count)
    taken = recordings.first(count)
    labels = None if taken.labels is None else taken.labels.tolist()
    beyond = warn_of_excess(model, taken.sequences)
    return Samples(quantize(taken.sequences, model), labels, source, beyond)


def _random(design: Design, count: int, seed: int, why: str = "") -> Samples:
    rng = np.random.default_rng(seed)
    sequences = [design.entry.draw(rng, RANDOM_STEPS) for _ in range(count)]
    return Samples(sequences, None, f"random, seed {seed}{why}")


def _held_out(model: Model, data: Trained, count: int) -> tuple[Recordings, str]:
    """Sequences that the model has not learned, and what they are."""
    shipped = read_recordings(models.SAMPLE)
    if data.name == "digits" and not data.own and count <= len(shipped):
        return shipped, f"shipped held-out recordings of {data.name}"
    part = learned_from(model)
    return Recordings.of(
        _spread(part, count) if data.own else part
    ), f"held-out part of {data.name}"


def _given(model: Model, path: Path, count: int) -> Recordings:
    """What a user names: recordings, sequences without classes, a folder or a text."""
    text = isinstance(rule_of(model), OneHot)
    if path.suffix == ".npz" or not (text or path.is_dir() or path.suffix in SUFFIXES):
        return read_recordings(path)
    found = sequences_for(model, str(path.absolute()), ALL if path.is_dir() else "held-out")
    return (
        Recordings.of(_spread(found, count)) if isinstance(found, Part) else Recordings(found, None)
    )


def _spread(part: Part, count: int) -> Part:
    """So many sequences from all over a part, which is in the order of its classes."""
    kept = min(count, len(part))
    return part.take(np.arange(kept) * len(part) // kept)


def check_samples(design: Design, samples: Samples) -> None:
    """Raise `InputError` if a sequence cannot come, or has more steps than the machine can hold."""
    most, bounded = design.machine.longest, design.network.bounded
    longest = max(map(len, samples.sequences), default=0)
    if (bounded or design.machine.on_bus) and longest > most:
        raise InputError("inputs", f"must have at most {most} steps (--longest)", longest)
    for sequence in samples.sequences if design.machine.symbols else []:
        for vector in np.asarray(sequence).tolist():
            design.entry.numbers(vector)
