"""Integers for a model, out of a file of a user."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pascaline.data.excess import Excess, warn_of_excess
from pascaline.data.mfcc import hear
from pascaline.data.sets import Features
from pascaline.data.text import encode, read_characters
from pascaline.data.unlabelled import SUFFIXES, read_unlabelled
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.outside import naming
from pascaline.spec.preprocess import OneHot, Preprocess, Rule, rule_of
from pascaline.spec.tensors import Integers

__all__ = ["Inputs", "read_inputs"]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What a model gets of a file.

    Attributes
    ----------
    sequences : list of array
        Integers, each (steps, inputs).
    beyond : Excess
        How many were cut at the ends of the format of x.
    silence : tuple of float or None
        Of a file of sound, seconds at its start and at its end that are in no step.
    """

    sequences: list[Integers]
    beyond: Excess
    silence: tuple[float, float] | None


def read_inputs(model: Model, path: Path, *, cut: bool = True) -> Inputs:
    """The sequences of a file as the integers that a model takes.

    If more of them than usual are cut at the ends of the format of x, that is a warning.

    Parameters
    ----------
    model : Model
        The model; its card says how features become integers.
    path : Path
        As for `data.unlabelled.read_unlabelled`, sound among them; or a text, for a model of
        characters.
    cut : bool
        Whether a sequence of more steps than any in training is cut, as it was there; that is a
        warning.

    Raises
    ------
    InputError
        If the file cannot be read, or if it does not fit the model.
    """
    rule = rule_of(model)
    silence = None
    if path.suffix == ".wav" and path.is_file():
        heard = hear(path)
        sequences, silence = [heard.features], heard.silence
    else:
        sequences = _sequences(rule, path)
    if isinstance(rule, Preprocess) and not cut:
        rule = rule.model_copy(update={"steps": None})
    with naming(str(path)):
        beyond = warn_of_excess(model, sequences, rule)
    if isinstance(rule, Preprocess) and rule.steps is not None:
        longest, most = max(map(len, sequences)), rule.steps
        if longest > most:
            text = f"{path}: of {longest} steps the first {most} count, as in training"
            warnings.warn(text, UserWarning, stacklevel=2)
    applied = rule.apply(sequences, model.network.x)
    return Inputs(sequences=applied, beyond=beyond, silence=silence)


def _sequences(rule: Rule, path: Path) -> list[Features]:
    if path.suffix in SUFFIXES or path.is_dir() or not isinstance(rule, OneHot):
        return read_unlabelled(path)
    if not isinstance(rule.alphabet, str):
        raise InputError(str(path), f"must end with {', '.join(SUFFIXES)}", path.suffix)
    codes = encode(read_characters(path), rule.alphabet, thing=str(path))
    return [codes[:, None].astype(np.float32)]
