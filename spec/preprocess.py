"""From raw features to the integers that a machine gets.

The rule is part of a model (``card["preprocess"]``), so that whoever has the model file feeds its
machine exactly what it was trained on.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field, FiniteFloat

from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.spec.model import Model
from pascaline.spec.outside import json_of, text_of
from pascaline.spec.tensors import Integers

__all__ = [
    "Alphabet",
    "Numbers",
    "OneHot",
    "Preprocess",
    "Rule",
    "one_hot",
    "quantize",
    "read_rule",
    "rule_of",
]

Alphabet = str | tuple[str, ...]
"""Symbols in the order of their numbers: characters, or words."""

REACH = 2.0
"""Standard deviations from the mean to the end of the range of a standardised input."""


CONSTANT = 2.0**-44
"""Standard deviation over largest magnitude that is nothing but rounding in float64."""


class Preprocess(Checked):
    """An affine an input: ``x = (feature - offset) * gain``, then rounded to the format of x.

    Parameters
    ----------
    offset, gain : tuple of float
        One of each an input.
    steps : int or None
        A longer sequence is cut after so many steps; ``None``: never.
    """

    offset: tuple[FiniteFloat, ...]
    gain: tuple[FiniteFloat, ...]
    steps: int | None = Field(default=None, ge=1)

    @classmethod
    def uniform(
        cls, inputs: int, *, offset: float = 0.0, gain: float = 1.0, steps: int | None = None
    ) -> Preprocess:
        """The same affine for every input."""
        return cls(offset=(offset,) * inputs, gain=(gain,) * inputs, steps=steps)

    @classmethod
    def standard(cls, sequences: Sequence[NDArray[Any]], *, steps: int | None = None) -> Preprocess:
        """Every input gets mean 0, and `REACH` standard deviations the magnitude 1.

        Gains have four decimal digits, offsets as many and besides at least the digits down to a
        thousandth of the standard deviation: enough, and the same whatever order a machine sums in.
        An input that is always the same gets the gain 0, which is a warning: it says nothing, and
        no other value of it has been seen.
        """
        every = np.concatenate([sequence[:steps] for sequence in sequences]).astype(np.float64)
        offset, gain = [], []
        for index, column in enumerate(every.T):
            mean, spread = float(column.mean()), float(column.std())
            if spread <= CONSTANT * np.abs(column).max():
                text = f"input {index} is always {column[0]:g} in what is learned: its gain is 0"
                warnings.warn(text, UserWarning, stacklevel=2)
                offset.append(float(column[0]))
                gain.append(0.0)
                continue
            offset.append(_rounded(mean, spread))
            gain.append(float(f"{1 / (REACH * spread):.4g}"))
        return cls(offset=tuple(offset), gain=tuple(gain), steps=steps)

    def then(self, other: Preprocess) -> Preprocess:
        """Both affines, one after the other; raises `InputError` for a gain of 0."""
        if 0.0 in self.gain:
            raise InputError("preprocess.gain", "must not be 0 before another affine")
        offsets = zip(self.offset, self.gain, other.offset, strict=True)
        gains = zip(self.gain, other.gain, strict=True)
        return Preprocess(
            offset=tuple(offset + after / gain for offset, gain, after in offsets),
            gain=tuple(gain * after for gain, after in gains),
            steps=self.steps or other.steps,
        )

    def check(self, inputs: int, *, thing: str) -> None:
        """Raise `InputError` unless there is one affine for each of so many inputs."""
        for name, values in (("offset", self.offset), ("gain", self.gain)):
            if len(values) != inputs:
                raise InputError(f"{thing}.{name}", f"must have {inputs} values", len(values))

    def apply(self, sequences: Sequence[ArrayLike], x: Format) -> list[Integers]:
        """Inputs of shape (steps, inputs) for raw features; exact in float64, nearest, saturated.

        Raises
        ------
        InputError
            For features of another shape, and for any that are not finite.
        """
        made = []
        for index, one in enumerate(self.reals(sequences)):
            made.append(x.quantize(one, thing=f"features[{index}]"))
        return made

    def reals(self, sequences: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
        """The same before they are rounded; raises `InputError` as `apply` for a wrong shape."""
        inputs, offset, gain = len(self.offset), np.array(self.offset), np.array(self.gain)
        made = []
        for index, sequence in enumerate(sequences):
            thing, features = f"features[{index}]", np.asarray(sequence, dtype=np.float64)
            if features.ndim != 2 or features.shape[1] != inputs or not len(features):
                rule = f"shape must be [steps, {inputs}] with at least one step"
                raise InputError(thing, rule, list(features.shape))
            with np.errstate(over="ignore"):
                made.append((features[: self.steps] - offset) * gain)
        return made


class Numbers(Checked):
    """Symbols: an input each, 1 for the one that has come and 0 for all others.

    Parameters
    ----------
    symbols : int
        How many there are. Raw features are their numbers, (steps, 1).
    """

    symbols: int = Field(ge=1)

    def check(self, inputs: int, *, thing: str) -> None:
        """Raise `InputError` unless there are so many symbols."""
        if self.symbols != inputs:
            raise InputError(f"{thing}.symbols", f"must be {inputs}", self.symbols)

    def apply(self, sequences: Sequence[ArrayLike], x: Format) -> list[Integers]:
        """Inputs of shape (steps, inputs) for numbers of symbols.

        Raises
        ------
        InputError
            For features of another shape, and for any that are no such number.
        """
        one = int(x.quantize(1.0))
        return [np.where(onehot, one, 0) for onehot in one_hot(sequences, self.symbols)]

    def reals(self, sequences: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
        """The same before they are rounded; raises `InputError` as `apply`."""
        return [onehot.astype(np.float64) for onehot in one_hot(sequences, self.symbols)]


class OneHot(Checked):
    """`Numbers` of symbols that have names.

    Parameters
    ----------
    alphabet : Alphabet
        The symbols in the order of the inputs: characters, or words. Raw features are their
        numbers, (steps, 1).
    """

    alphabet: Alphabet = Field(min_length=1)

    def check(self, inputs: int, *, thing: str) -> None:
        """Raise `InputError` unless there are so many symbols."""
        if len(self.alphabet) != inputs:
            rule = f"must have {inputs} symbols"
            raise InputError(f"{thing}.alphabet", rule, len(self.alphabet))

    def apply(self, sequences: Sequence[ArrayLike], x: Format) -> list[Integers]:
        """As `Numbers.apply`."""
        return Numbers(symbols=len(self.alphabet)).apply(sequences, x)

    def reals(self, sequences: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
        """The same before they are rounded; raises `InputError` as `apply`."""
        return Numbers(symbols=len(self.alphabet)).reals(sequences)


Rule = Preprocess | OneHot | Numbers
"""What makes inputs of raw features."""


def read_rule(path: Path) -> Rule:
    """The rule of a JSON file; raises `InputError` if there is none in it."""
    return _parse(text_of(path), thing=str(path))


def one_hot(sequences: Sequence[ArrayLike], count: int) -> list[NDArray[np.bool_]]:
    """Which of so many symbols has come, (steps, count), for their numbers, (steps, 1) each.

    Raises
    ------
    InputError
        For numbers of another shape, and for any that are of no symbol.
    """
    symbols = np.arange(count)
    made = []
    for index, sequence in enumerate(sequences):
        thing, codes = f"features[{index}]", np.asarray(sequence, dtype=np.float64)
        if codes.ndim != 2 or codes.shape[1] != 1 or not len(codes):
            rule = "shape must be [steps, 1] with at least one step"
            raise InputError(thing, rule, list(codes.shape))
        onehot = codes == symbols
        if not (known := onehot.any(axis=1)).all():
            rule = f"must be numbers of symbols, 0 to {count - 1}"
            raise InputError(thing, rule, float(codes[int(np.argmin(known)), 0]))
        made.append(onehot)
    return made


def rule_of(model: Model) -> Rule:
    """The rule that a model's card holds.

    Raises
    ------
    InputError
        If there is none, or if it does not fit the network.
    """
    thing = f"{model.name}: card.preprocess"
    if "preprocess" not in model.card:
        raise InputError(thing, "is missing: nothing says how features become inputs")
    rule = _parse(json.dumps(model.card["preprocess"]), thing=thing)
    rule.check(model.network.inputs, thing=thing)
    return rule


def _rounded(mean: float, spread: float) -> float:
    """A mean with four digits, or as many as a mean of the size of the spread would have."""
    least = min(abs(mean) or spread, spread)
    digits = 3 - math.floor(math.log10(max(least, spread / 1000)))
    return round(mean, digits)


def _parse(content: str, *, thing: str) -> Rule:
    said = json_of(content, thing)
    fields = said if isinstance(said, dict) else {}
    kind = OneHot if "alphabet" in fields else Numbers if "symbols" in fields else Preprocess
    rule: Rule = kind.parse(content, thing=thing)
    return rule


def quantize(features: Sequence[ArrayLike], model: Model) -> list[Integers]:
    """Raw features of sequences, each (steps, inputs), to the integers that the model takes.

    Training, evaluation and simulation all go through here.

    Raises
    ------
    InputError
        If the model's card has no such rule, or if features do not fit it.
    """
    return rule_of(model).apply(features, model.network.x)
