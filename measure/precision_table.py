"""What a comparison of weights (`train.precision`) has found: the best rate of each kind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

__all__ = ["Best", "best"]

Run = dict[str, Any]


@dataclass(frozen=True)
class Best:
    """One kind of weights in one cell, at the learning rate that validation data preferred.

    Attributes
    ----------
    task, cell, variant : str
        What it is.
    rate : float
        The learning rate.
    values : tuple of float
        Held-out scores of all starts: per cent, or bits a character; infinite if the network's
        outputs were no numbers.
    unit : str
        What the values are.
    """

    task: str
    cell: str
    variant: str
    rate: float
    values: tuple[float, ...]
    unit: str

    @property
    def mean(self) -> float:
        """Of all starts."""
        return sum(self.values) / len(self.values)

    def at(self, variant: str, cell: str) -> bool:
        """Whether it is in that row and column."""
        return (self.variant, self.cell) == (variant, cell)

    def card(self) -> dict[str, Any]:
        """Plain values; what is beyond all numbers is ``None``."""
        values = [value if math.isfinite(value) else None for value in self.values]
        return vars(self) | {"values": values}

    def __str__(self) -> str:
        if not math.isfinite(self.mean):
            return "diverged"
        return f"{self.mean:.2f}" if self.unit == "bits a character" else f"{self.mean:.1f}"


def best(runs: Sequence[Run]) -> list[Best]:
    """One for each task, cell and variant, in the order of the runs."""
    found = []
    for (task, cell, variant), alike in groupby(
        runs, key=lambda run: (run["task"], run["cell"], run["variant"])
    ):
        by_rate: dict[float, list[Run]] = {}
        for run in alike:
            by_rate.setdefault(run["rate"], []).append(run)
        rate, chosen = min(by_rate.items(), key=lambda item: _loss(item[1]))
        scores = [run["held_out"] for run in chosen]
        bits = "bits" in scores[0]
        values = tuple(map(_value, scores))
        unit = "bits a character" if bits else "% right"
        found.append(Best(task, cell, variant, rate, values, unit))
    return found


def _value(score: Run) -> float:
    """Per cent, or bits."""
    if "bits" in score:
        return math.inf if score["bits"] is None else float(score["bits"])
    return 100.0 * float(score["correct"]) / float(score["total"])


def _loss(runs: Sequence[Run]) -> float:
    """What is least for the best rate: on validation data, over all starts."""
    values = [run["validation"] for run in runs]
    sign = 1 if "bits" in values[0] else -1
    return sign * sum(map(_value, values)) / len(values)
