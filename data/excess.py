"""Inputs beyond the format of x, which are cut."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from pascaline.spec.model import Model
from pascaline.spec.preprocess import rule_of

__all__ = ["Excess", "excess", "warn_of_excess"]

CALIBRATED, STANDARDISED = 0.001, 0.1
"""Part of inputs beyond x that is worth a warning: of imported models, and of those of training,
which cuts a few percent on purpose."""


class Excess(NamedTuple):
    """How much is cut.

    Attributes
    ----------
    share : float
        Part of the inputs that are beyond the format, from 0 to 1.
    factor : float
        How many times as far as the format the largest reaches.
    """

    share: float
    factor: float


def excess(model: Model, features: Sequence[ArrayLike]) -> Excess:
    """How far raw features of sequences, each (steps, inputs), leave a model's format of x.

    Raises
    ------
    InputError
        If the model has no rule for features, or if features do not fit it.
    """
    x = model.network.x
    # The most negative value is one unit further away, and half a unit is rounded.
    end = (x.interval.hi + 1) * x.lsb
    count = total = 0
    largest = 0.0
    for sequence in rule_of(model).reals(features):
        magnitude = np.abs(sequence)
        count += int(np.count_nonzero(magnitude > end))
        total += magnitude.size
        largest = max(largest, float(magnitude.max(initial=0)))
    return Excess(count / max(1, total), largest / end)


def warn_of_excess(model: Model, features: Sequence[ArrayLike]) -> None:
    """Warn if more inputs than usual are cut."""
    share, factor = excess(model, features)
    if share > (CALIBRATED if "imported" in model.card else STANDARDISED):
        text = (
            f"{model.name}: {share:.2%} of inputs are beyond x ({model.network.x}), up to"
            f" {factor:.3g} times as far, and are cut"
        )
        warnings.warn(text, UserWarning, stacklevel=3)
