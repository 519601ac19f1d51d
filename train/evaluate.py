"""How often a model is right, by the golden model: the accuracy that its hardware will have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.head import classify
from golden.network import Golden
from spec.errors import InputError
from spec.model import Model
from spec.tensors import Integers
from train.data import Part, data_set
from train.preprocess import quantize
from train.progress import Report, silent

__all__ = ["Score", "evaluate", "predict", "score"]

BATCH = 500
"""Sequences side by side."""


@dataclass(frozen=True)
class Score:
    """How many sequences got their class.

    Attributes
    ----------
    total : int
        Sequences.
    wrong : tuple of int
        Indices of those that got another class.
    """

    total: int
    wrong: tuple[int, ...]

    @property
    def correct(self) -> int:
        """Sequences that got their class."""
        return self.total - len(self.wrong)

    @property
    def accuracy(self) -> float:
        """Part that is correct."""
        return self.correct / self.total

    @classmethod
    def of(cls, found: Integers, labels: NDArray[np.int64]) -> Score:
        """Compare classes."""
        return cls(len(labels), tuple(map(int, np.flatnonzero(found != labels))))

    def __str__(self) -> str:
        """``594/600 (99.00 %)``."""
        return f"{self.correct}/{self.total} ({100 * self.accuracy:.2f} %)"


def predict(model: Model, inputs: Sequence[Integers], report: Report = silent) -> Integers:
    """Classes of sequences of integers, each (steps, inputs).

    Raises
    ------
    InputError
        If the model does not give one class a sequence.
    """
    head, results = model.network.head, model.network.results
    if head is None or results != "last":
        raise InputError(model.name, "must have a head, and one result a sequence")
    golden, found = Golden(model), []
    for first in range(0, len(inputs), BATCH):
        outcome = np.concatenate(golden.run(inputs[first : first + BATCH]).results)
        found.append(classify(outcome) if head.output == "logits" else outcome)
        report("integer model", min(first + BATCH, len(inputs)), len(inputs))
    return np.concatenate(found)


def score(model: Model, part: Part, report: Report = silent) -> Score:
    """Score of a model on labelled raw features, quantised as its card says."""
    return Score.of(predict(model, quantize(part.sequences, model), report), part.labels)


def evaluate(model: Model, part: str = "held-out", report: Report = silent) -> Score:
    """Score of a model on a part of the data set that it was trained on.

    Parameters
    ----------
    model : Model
        The model; its card names the data set.
    part : {"held-out", "train"}
        The part.
    report : Report
        Told after every batch.

    Raises
    ------
    InputError
        If the card names no known data set, or if the data cannot be fetched.
    """
    data: Any = model.card.get("data")
    name = data.get("name") if isinstance(data, dict) else None
    if not isinstance(name, str):
        raise InputError(f"{model.name}: card.data.name", "is missing")
    return score(model, data_set(name).load().named(part), report)
