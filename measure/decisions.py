"""Decisions of models with attention, beside the same ones with a softmax of real numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pascaline.data.evaluate import Outcome
from pascaline.golden.attention import Weighed
from pascaline.golden.network import Golden
from pascaline.golden.parallel import run_all
from pascaline.golden.rounding import Integers
from pascaline.spec.attention import Attention
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.preprocess import quantize
from pascaline.spec.progress import Progress, silent

__all__ = ["Agreement", "compare_decisions"]


class _Softmax(Weighed):
    """Means that a softmax of base 2 gives in real numbers: no score, weight or sum is rounded.

    Only the mean is, since what comes behind it takes integers.
    """

    def __init__(self, attention: Attention, h: Format, batch: int, elements: int) -> None:
        self._unit = 2.0 ** -(attention.query.frac + h.frac)
        self._top = np.full(batch, -np.inf)
        self._whole = np.zeros(batch)
        self._parts = np.zeros((batch, elements))

    def look(self, query: Integers, vectors: Integers, active: NDArray[np.bool_]) -> None:
        found = (vectors.astype(np.float64) * query).sum(axis=-1) * self._unit
        found = np.where(active, found, -np.inf)
        top = np.maximum(self._top, found)
        down, weight = np.exp2(self._top - top), np.exp2(found - top)
        self._whole = self._whole * down + weight
        self._parts = self._parts * down[:, None] + weight[:, None] * vectors
        self._top = top

    @property
    def mean(self) -> Integers:
        nearest: Integers = np.floor(self._parts / self._whole[:, None] + 0.5).astype(np.int64)
        return nearest


@dataclass(frozen=True)
class Agreement:
    """How often two networks decide the same.

    Attributes
    ----------
    equal, total : int
        Decisions that are the same, and all; of sequences of other lengths those that one has and
        the other has not are different.
    """

    equal: int
    total: int

    @classmethod
    def of(cls, ones: Sequence[Outcome], others: Sequence[Outcome]) -> Agreement:
        """Compare the classes of sequences, one by one."""
        equal = total = 0
        for one, other in zip(ones, others, strict=True):
            both = min(len(one), len(other))
            equal += int((one[:both] == other[:both]).sum())
            total += max(len(one), len(other))
        return cls(equal, total)

    def card(self) -> dict[str, Any]:
        """Plain values."""
        return {"equal": self.equal, "total": self.total, "part": self.equal / self.total}

    def __str__(self) -> str:
        """``599 of 600 (99.83 %)``."""
        return f"{self.equal:,} of {self.total:,} ({100 * self.equal / self.total:.2f} %)"


def check_attends(model: Model) -> None:
    """Raise `InputError` unless a model has attention and gives classes."""
    network = model.network
    if network.attention is None and network.decoder is None:
        raise InputError(model.name, "must have attention")
    if network.head is None or network.head.output != "class":
        raise InputError(model.name, "must give classes")


def compare_decisions(
    model: Model, sequences: Sequence[ArrayLike], *, progress: Progress = silent
) -> Agreement:
    """Run a model with its own attention, and with a softmax in real numbers in place of it.

    The layers before it and the head behind it are the same integers in both.

    Parameters
    ----------
    model : Model
        One with attention, that of pooling or that of a decoder, and classes.
    sequences : sequence of array
        Raw features, (steps, inputs) each.
    progress : Progress
        Told after every batch.

    Raises
    ------
    InputError
        As `check_attends`.
    """
    check_attends(model)
    inputs = quantize(sequences, model)
    found = []
    for what, weighed in (("integers", Weighed), ("a softmax", _Softmax)):

        def told(count: int, what: str = what) -> None:
            progress(f"{model.name}, {what}", count, len(inputs))

        found.append(run_all(Golden(model, weighed=weighed), inputs, done=told))
    return Agreement.of(*found)
