"""PyTorch's recurrent modules and a dense layer behind them, in NumPy: what imports must follow."""

from __future__ import annotations

import numpy as np

from pascaline.importers.freeze import Reals
from pascaline.importers.modules import module_of
from pascaline.importers.network import FloatNetwork, FloatPart, Result

__all__ = ["run_head", "run_layers", "run_network", "selected"]


def run_layers(found: FloatNetwork, x: Reals) -> tuple[Reals, Reals]:
    """Outputs of all steps, and those of each direction's own last step; from zero.

    Parameters
    ----------
    found : FloatNetwork
        The network.
    x : Reals
        Sequences of the same length, side by side: (steps, batch, inputs).

    Returns
    -------
    every : Reals
        (steps, batch, outputs).
    last : Reals
        (batch, outputs).
    """
    last = x[-1]
    for layer in found.layers:
        made = [
            _run(layer.cell, part, x[:: -1 if index else 1])
            for index, part in enumerate(layer.parts)
        ]
        last = np.concatenate([h[-1] for h in made], axis=-1)
        x = np.concatenate([h[:: -1 if index else 1] for index, h in enumerate(made)], axis=-1)
    return x, last


def run_network(found: FloatNetwork, x: Reals) -> Reals:
    """What a network gives for sequences of the same length, side by side: logits or outputs.

    Parameters
    ----------
    found : FloatNetwork
        The network.
    x : (steps, batch, inputs)
        The sequences.

    Returns
    -------
    (steps or 1, batch, classes or outputs)
    """
    every, last = run_layers(found, x)
    return run_head(found, selected(every, last, found.result))


def selected(every: Reals, last: Reals, result: Result) -> Reals:
    """What a network gives of the outputs of its last layer, (steps or 1, batch, outputs).

    Parameters
    ----------
    every : (steps, batch, outputs)
        After every step.
    last : (batch, outputs)
        Of each direction after its own last step.
    result : Result
        What it gives.
    """
    if result == "last":
        return last[None]
    if result == "first-of-backward":
        return every[-1:]
    if result == "max":
        return np.asarray(every.max(axis=0, keepdims=True))
    if result == "mean":
        return np.asarray(every.mean(axis=0, keepdims=True))
    return every


def run_head(found: FloatNetwork, h: Reals) -> Reals:
    """What the dense layer makes of h, or h itself if there is none."""
    if found.head_weight is None or found.head_bias is None:
        return h
    logits: Reals = h @ found.head_weight.T + found.head_bias
    return logits


def _run(cell: str, part: FloatPart, x: Reals) -> Reals:
    """All h of one direction."""
    module, zero = module_of(cell), np.zeros((x.shape[1], part.weight_h.shape[1]))
    h = zero if part.initial_h is None else zero + part.initial_h
    c = zero if part.initial_c is None else zero + part.initial_c
    every = []
    for from_x in x @ part.weight_x.T + part.bias:
        h, c = module.step(part, from_x, h, c)
        every.append(h)
    return np.array(every)
