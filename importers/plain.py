"""PyTorch's recurrent modules and a dense layer behind them, in NumPy: what imports must follow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.freeze import Reals
from pascaline.importers.modules import module_of
from pascaline.importers.network import FloatNetwork, FloatPart, Result

__all__ = ["Seen", "run_head", "run_layers", "run_network", "selected"]

Seen = Callable[[int, int, int, dict[str, Reals]], None]
"""Gets layer, direction (0 forward, 1 backward), number and intermediates of each step."""


def run_layers(
    found: FloatNetwork,
    x: Reals,
    *,
    lengths: NDArray[np.int64] | None = None,
    watch: Seen | None = None,
) -> tuple[Reals, Reals]:
    """Outputs of all steps, and those of each direction's own last step; from zero.

    Parameters
    ----------
    found : FloatNetwork
        The network.
    x : Reals
        Sequences side by side: (steps, batch, inputs).
    lengths : NDArray[np.int64], optional
        Steps of each sequence, at least 1; what comes out behind its end is to be ignored. By
        default, all of them.
    watch : callable, optional
        Sees the intermediates of `importers.modules.Module.step`, the whole batch in each array.

    Returns
    -------
    every : Reals
        (steps, batch, outputs).
    last : Reals
        (batch, outputs).
    """
    steps = len(x)
    ends = np.full(x.shape[1], steps) if lengths is None else lengths
    active = ends > np.arange(steps)[:, None]
    last = x[-1]
    for index, layer in enumerate(found.layers):
        made, ended = [], []
        for direction, part in enumerate(layer.parts):
            order = range(steps)[:: -1 if direction else 1]
            every, h = _run(layer.cell, part, x, active, order, watch, (index, direction))
            made.append(every)
            ended.append(h)
        last = np.concatenate(ended, axis=-1)
        x = np.concatenate(made, axis=-1)
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
    """What a network gives of the outputs of its last layer, (steps or 1, ..., outputs).

    Parameters
    ----------
    every : (steps, ..., outputs)
        After every step, of sequences side by side or of one.
    last : (..., outputs)
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
    seen = np.maximum(h, 0) if found.rectified else h
    logits: Reals = seen @ found.head_weight.T + found.head_bias
    return logits


def _run(
    cell: str,
    part: FloatPart,
    x: Reals,
    active: NDArray[np.bool_],
    order: range,
    watch: Seen | None,
    place: tuple[int, int],
) -> tuple[Reals, Reals]:
    """All h of one direction, and each sequence's own last one."""
    module, zero = module_of(cell), np.zeros((x.shape[1], part.weight_h.shape[1]))
    h = zero if part.initial_h is None else zero + part.initial_h
    c = zero if part.initial_c is None else zero + part.initial_c
    every = np.empty((*x.shape[:2], h.shape[1]))
    from_x = x @ part.weight_x.T + part.bias
    for step in order:
        made = module.step(part, from_x[step], h, c)
        now = active[step, :, None]
        h, c = np.where(now, made["h"], h), np.where(now, made.get("c", made["h"]), c)
        every[step] = made["h"]
        if watch is not None:
            watch(*place, step, made)
    return every, h
