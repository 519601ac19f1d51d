"""How often a model is right, by the golden model: the accuracy that its hardware will have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.data.edits import Edits, edits
from pascaline.data.excess import Excess, warn_of_excess
from pascaline.data.own import learned_from
from pascaline.data.sets import IGNORED, Labels, Part
from pascaline.golden.head import classify
from pascaline.golden.network import Golden
from pascaline.golden.parallel import run_all
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.network import Results
from pascaline.spec.preprocess import quantize
from pascaline.spec.progress import Progress, silent
from pascaline.spec.tensors import Integers

__all__ = [
    "Likelihood",
    "Measured",
    "Outcome",
    "Score",
    "evaluate",
    "judge",
    "measure",
    "outcomes",
    "predict",
    "score",
]

Outcome = NDArray[Any]
"""Of one sequence: a class or logits for each of its results, in order."""


@dataclass(frozen=True)
class Score:
    """How many sequences got their class.

    Attributes
    ----------
    total : int
        Sequences.
    wrong : tuple of int
        Indices of those that got another class.
    by_class : dict of int to (int, int)
        Of each class that there is, how many sequences are correct, and how many there are.
    beyond : Excess or None
        How much of the inputs was cut, of a model on data.
    """

    total: int
    wrong: tuple[int, ...]
    by_class: dict[int, tuple[int, int]] = field(default_factory=dict, compare=False)
    beyond: Excess | None = field(default=None, compare=False)

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
        right = found == labels
        return cls(
            len(labels),
            tuple(map(int, np.flatnonzero(~right))),
            {
                int(label): (int(right[labels == label].sum()), int((labels == label).sum()))
                for label in np.unique(labels)
            },
        )

    def card(self) -> dict[str, Any]:
        """Plain values for a model's card."""
        return {"correct": self.correct, "total": self.total, "wrong": list(self.wrong)}

    def __str__(self) -> str:
        """``594/600 (99.00 %)``."""
        return f"{self.correct}/{self.total} ({100 * self.accuracy:.2f} %)"


@dataclass(frozen=True)
class Likelihood:
    """How well a network tells what comes next.

    Attributes
    ----------
    total : int
        Steps.
    bits : float
        Mean of minus the binary logarithm of the probability of what came.
    beyond : Excess or None
        As of `Score`.
    """

    total: int
    bits: float
    beyond: Excess | None = field(default=None, compare=False)

    def card(self) -> dict[str, Any]:
        """Plain values for a model's card."""
        return {"bits": round(self.bits, 5), "total": self.total}

    def __str__(self) -> str:
        """``1.723 bits a character (310,208)``."""
        return f"{self.bits:.4f} bits a character ({self.total:,})"


Measured = Score | Likelihood | Edits
"""How good a network is, as suits what it gives."""


def measure(
    found: Sequence[Outcome], labels: Labels, *, unit: float | None = None
) -> Score | Likelihood:
    """Compare results with labels; steps without a label do not count.

    Parameters
    ----------
    found : sequence of Outcome
        What a network gave for each sequence.
    labels : Labels
        What it should have been.
    unit : float, optional
        Real logit that 1 stands for: measure likelihoods. By default, classes.
    """
    wanted = labels[:, None] if isinstance(labels, np.ndarray) else labels
    if unit is None:
        classes = [classify(outcome) if outcome.ndim > 1 else outcome for outcome in found]
        counted = [label != IGNORED for label in wanted]
        return Score.of(
            np.concatenate([part[kept] for part, kept in zip(classes, counted, strict=True)]),
            np.concatenate([part[kept] for part, kept in zip(wanted, counted, strict=True)]),
        )
    total, nats = 0, 0.0
    for outcome, label in zip(found, wanted, strict=True):
        logits = outcome[label != IGNORED] * unit
        right = logits[np.arange(len(logits)), label[label != IGNORED]]
        top = logits.max(axis=1)
        nats += float((top - right + np.log(np.exp(logits - top[:, None]).sum(axis=1))).sum())
        total += len(logits)
    return Likelihood(total, nats / total / math.log(2))


def judge(
    results: Results, found: Sequence[Outcome], labels: Labels, *, unit: float | None = None
) -> Measured:
    """Compare results with labels as suits them: `edits` of a decoder's, else `measure`.

    Parameters
    ----------
    results : Results
        When the network has them, as in `spec.network.Network`.
    found, labels, unit
        As of `measure`.
    """
    if results == "decoded":
        return edits(found, labels)
    return measure(found, labels, unit=unit)


def outcomes(
    model: Model, inputs: Sequence[Integers], progress: Progress = silent
) -> list[Outcome]:
    """What the golden model gives for sequences of integers, each (steps, inputs)."""
    return list(
        run_all(
            Golden(model), inputs, done=lambda count: progress("integer model", count, len(inputs))
        )
    )


def predict(model: Model, inputs: Sequence[Integers], progress: Progress = silent) -> Integers:
    """Classes of sequences of integers, each (steps, inputs).

    Raises
    ------
    InputError
        If the model does not give one class a sequence.
    """
    head = model.network.head
    if head is None or not model.network.single:
        raise InputError(model.name, "must have a head, and one result a sequence")
    found = np.concatenate(outcomes(model, inputs, progress))
    return classify(found) if head.output == "logits" else found


def score(model: Model, part: Part, progress: Progress = silent) -> Measured:
    """Score of a model on labelled raw features, quantised as its card says.

    With logits at every step it is a likelihood, in bits; of a decoder it is edits.
    """
    head, unit = model.network.head, None
    if head is None:
        raise InputError(model.name, "must have a head")
    if head.output == "logits" and model.network.results == "every":
        unit = model.card.get("logit_unit")
        if not isinstance(unit, float):
            raise InputError(f"{model.name}: card.logit_unit", "is missing")
    beyond = warn_of_excess(model, part.sequences)
    inputs = quantize(part.sequences, model)
    _check_labels(model, part)
    found = outcomes(model, inputs, progress)
    return replace(judge(model.network.results, found, part.labels, unit=unit), beyond=beyond)


def _check_labels(model: Model, part: Part) -> None:
    """Raise `InputError` unless there are as many labels as results."""
    if isinstance(part.labels, np.ndarray) != model.network.single:
        many = "one" if model.network.single else "several"
        raise InputError("labels", f"must be {many} a sequence, as the results of {model.name} are")
    if model.network.results != "every":
        return
    for index, (sequence, label) in enumerate(zip(part.sequences, part.labels, strict=True)):
        if len(label) != len(sequence):
            raise InputError(f"labels[{index}]", f"must be {len(sequence)}, one a step", len(label))


def evaluate(model: Model, part: str = "held-out", progress: Progress = silent) -> Measured:
    """Score of a model on a part of the data set that it was trained on.

    Parameters
    ----------
    model : Model
        The model; its card names the data set.
    part : {"held-out", "train"}
        The part.
    progress : Progress
        Told after every batch.

    Raises
    ------
    InputError
        If the card names no known data set, or if the data cannot be fetched.
    """
    return score(model, learned_from(model, part), progress)
