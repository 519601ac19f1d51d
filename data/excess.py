"""Inputs beyond the format of x, which are cut."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.preprocess import Preprocess, Rule, rule_of

__all__ = ["Excess", "excess", "warn_of_excess"]

CALIBRATED, STANDARDISED = 0.001, 0.1
"""Part of inputs beyond x that is worth a warning: of imported models, and of those of training,
which cuts a few percent on purpose."""


class Excess(NamedTuple):
    """How much is cut.

    Attributes
    ----------
    cut, total : int
        Inputs that are beyond the format, and all.
    factor : float
        How many times as far as the format the largest reaches.
    format : str
        That of x.
    """

    cut: int
    total: int
    factor: float
    format: str

    @property
    def share(self) -> float:
        """Part of the inputs that are cut, from 0 to 1."""
        return self.cut / max(1, self.total)

    def card(self) -> dict[str, Any]:
        """Plain values."""
        return {"cut": self.cut, "total": self.total, "factor": float(f"{self.factor:.4g}")}

    def __str__(self) -> str:
        """``2.31% of inputs (9 of 390) are beyond x (Q0.7), up to 2 times as far, and are cut``."""
        return (
            f"{self.share:.2%} of inputs ({self.cut:,} of {self.total:,}) are beyond x"
            f" ({self.format}), up to {self.factor:.3g} times as far, and are cut"
        )


def excess(rule: Rule, x: Format, features: Sequence[ArrayLike]) -> Excess:
    """How far raw features of sequences, each (steps, inputs), leave the format of x.

    Symbols never do.

    Raises
    ------
    InputError
        If features do not fit the rule.
    """
    # The most negative value is one unit further away, and half a unit is rounded.
    end, start = (x.interval.hi + 1) * x.lsb, (x.interval.lo - 0.5) * x.lsb
    cut = total = 0
    largest = 0.0
    for sequence in rule.reals(features) if isinstance(rule, Preprocess) else ():
        cut += int(np.count_nonzero((sequence > end) | (sequence < start)))
        total += sequence.size
        largest = max(largest, float(np.abs(sequence).max(initial=0)))
    return Excess(cut, total, largest / end, str(x))


def warn_of_excess(model: Model, features: Sequence[ArrayLike], rule: Rule | None = None) -> Excess:
    """How much of features a model cuts; a warning if that is more than usual.

    They become inputs by the model's rule, or by one that is given instead.

    Raises
    ------
    InputError
        If the model has no rule for features, or if features do not fit it.
    """
    found = excess(rule or rule_of(model), model.network.x, features)
    if found.share > (CALIBRATED if "imported" in model.card else STANDARDISED):
        warnings.warn(f"{model.name}: {found}", UserWarning, stacklevel=3)
    return found
