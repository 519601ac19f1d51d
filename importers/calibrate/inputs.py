"""Inputs as they suit a format: an affine of each, by data, that is taken out of the weights again.

All inputs have one format. Where a network from elsewhere gets raw features, a large offset, or one
input that is much larger than another, would take most of its bits. With
``x' = (x - offset) * gain`` the first layer's ``W x + b`` is
``(W / gain) x' + (b + W offset)``, so nothing is lost, and the affine is part of the rule by which
features become inputs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pascaline.importers.affine import Affine
from pascaline.importers.calibrate.batches import real_inputs
from pascaline.importers.foreign import Foreign
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.preprocess import Preprocess

__all__ = ["fed", "fed_as", "suited"]

KEY = "fed"
"""Of the card: the affine, without which the file is another network."""

OFFSET = 4.0
"""Offset over range that is worth an affine."""

LEAST = 2.0**-16
"""Range that formats of 16 bits still hold."""

DIGITS = 4
"""Of an offset, down from the size of the range."""


def fed(foreign: Foreign, affine: Preprocess) -> Foreign:
    """The same network, behind an affine of its inputs that its weights undo."""
    rule, (first, *others) = foreign.rule, foreign.network.layers
    if not isinstance(rule, Preprocess):
        raise InputError("preprocess", "must be an affine of features before another one")
    undone = Affine(np.diag(1 / np.array(affine.gain)), np.array(affine.offset))
    network = replace(foreign.network, layers=(first.behind(undone), *others))
    return replace(foreign, network=network, preprocess=rule.then(affine))


def suited(
    foreign: Foreign, features: Sequence[ArrayLike], *, bits: int, equally: bool
) -> tuple[Foreign, dict[str, Any]]:
    """The network behind an affine that brings its inputs within 1, if its format needs that.

    Offsets are the middles of what the inputs are on the data; gains are powers of two.

    Parameters
    ----------
    foreign : Foreign
        The network.
    features : sequence of array_like
        Raw features of sequences, each (steps, inputs).
    bits : int
        Width of x.
    equally : bool
        Whether all inputs must have one gain: rows of binary and ternary weights have one scale.

    Returns
    -------
    foreign : Foreign
        The network.
    card : dict
        What the model's card has to keep, for `fed_as`; empty without an affine.
    """
    if not _may(foreign):
        return foreign, {}
    every = np.concatenate(real_inputs(foreign, features))
    low, high = every.min(axis=0), every.max(axis=0)
    offset = np.array([_offset(*ends) for ends in zip(low.tolist(), high.tolist(), strict=True)])
    reach = np.maximum(np.abs(low - offset), np.abs(high - offset))
    used = reach[reach > 0]
    if not len(used):
        return foreign, {}
    most, span = 2.0 ** (bits - 1), float(used.max())
    held = LEAST <= span <= most and (equally or span <= most * used.min())
    if held and not offset.any():
        return foreign, {}
    gain = 2.0 ** -np.ceil(np.log2(np.where(reach > 0, span if equally else reach, span)))
    affine = Preprocess(offset=tuple(offset.tolist()), gain=tuple(gain.tolist()))
    line = (
        "inputs: an offset and a gain of each, by the data, are part of what raw features go"
        " through, and are undone in the weights of layer 0"
    )
    made = fed(foreign, affine)
    made = replace(made, understood=(*made.understood, line))
    return made, {KEY: {"offset": list(affine.offset), "gain": list(affine.gain)}}


def fed_as(foreign: Foreign, model: Model) -> Foreign:
    """A network as it was when a model was made of it, read again from its file.

    Raises
    ------
    InputError
        If the card has something else there, or an affine of other inputs.
    """
    if KEY not in model.card:
        return foreign
    thing = f"{model.name}: card.{KEY}"
    affine = Preprocess.parse(json.dumps(model.card[KEY]), thing=thing)
    affine.check(foreign.network.inputs, thing=thing)
    if not all(affine.gain):
        raise InputError(f"{thing}.gain", "must not be 0")
    return fed(foreign, affine)


def _may(foreign: Foreign) -> bool:
    """Whether inputs are real numbers that may be scaled: not symbols, nor weights kept exactly."""
    exact = any("weight_x" in part.exact for part in foreign.network.layers[0].parts)
    return isinstance(foreign.rule, Preprocess) and all(foreign.rule.gain) and not exact


def _offset(low: float, high: float) -> float:
    """The middle of a range, with as many digits as count; 0 where it takes few bits."""
    middle, reach = (low + high) / 2, (high - low) / 2
    if abs(middle) <= OFFSET * reach:
        return 0.0
    if not reach:
        return middle
    return round(middle, DIGITS - 1 - math.floor(math.log10(reach)))
