"""How few bits the state of a linear network needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pascaline.data.evaluate import Score, score
from pascaline.data.sets import Part
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.spec.network import Network
from pascaline.spec.progress import Progress, silent

__all__ = ["coarser", "states"]

TOGETHER = 500
"""Sequences that are looked at together: as integers they take a lot of memory."""


def coarser(model: Model, dropped: int) -> Model:
    """The model with so many bits fewer behind the point of its state.

    With ``h = 2**k * h'`` the sum of a row is ``(scale_h << k) * T' + scale_x * B + bias``, which
    is shifted by k bits more; biases of the head are divided by ``2**k`` and rounded.

    Raises
    ------
    InputError
        If the model has not one linear layer with a transform in one direction, or not so many
        bits.
    """
    network = model.network
    layer = network.layer
    if len(network.layers) > 1 or not layer.transform or not layer.linear:
        raise InputError(model.name, "must have one linear layer with a transform")
    if layer.bidirectional:
        raise InputError(model.name, "must go in one direction")
    affine = layer.normaliser.model_dump()
    width, frac = layer.h.width - dropped, layer.h.frac - dropped
    affine |= {"shift": affine["shift"] + dropped}
    affine |= {"scale_width": affine["scale_width"] + dropped}
    if width < 2 or frac < 0:
        raise InputError(f"{model.name}: bits", f"cannot be {width}")
    described = network.model_dump(mode="json")
    described["layers"][0] |= {"normaliser": affine}
    for name in ("h", "pre"):
        described["layers"][0][name] = {"width": width, "frac": frac, "signed": True}
    tensors = dict(model.tensors)
    tensors["layers.0.scale_h"] = tensors["layers.0.scale_h"] << dropped
    if network.head is not None:
        bias = tensors["head.bias"]
        tensors["head.bias"] = np.asarray((bias + ((1 << dropped) >> 1)) >> dropped)
    coarse = Network.parse(json.dumps(described), thing=f"{model.name}, {width} bits")
    return replace(model, network=coarse, tensors=tensors)


def states(
    model: Model, part: Part, dropped: Sequence[int], *, progress: Progress = silent
) -> list[dict[str, Any]]:
    """Results that are right on a data set, for a state of fewer and fewer bits.

    Parameters
    ----------
    model : Model
        A linear network with a transform.
    part : Part
        What it is measured on.
    dropped : sequence of int
        Bits that are left out.
    progress : Progress
        Told how far the work is.

    Returns
    -------
    list of dict
        ``bits``, ``correct`` and ``total`` of each; raises `InputError` as `coarser`.
    """
    made = [coarser(model, count) for count in dropped]
    starts = range(0, len(part.sequences), TOGETHER)
    found, done = [], 0
    for one in made:
        correct = total = 0
        for start in starts:
            progress("states", done, len(made) * len(starts))
            some = np.arange(start, min(start + TOGETHER, len(part.sequences)))
            outcome = score(one, part.take(some))
            if not isinstance(outcome, Score):
                raise InputError(model.name, "must tell classes")
            correct, total, done = correct + outcome.correct, total + outcome.total, done + 1
        found.append({"bits": one.network.layer.h.width, "correct": correct, "total": total})
    progress("states", done, len(made) * len(starts))
    return found
