"""PyTorch's recurrent modules and a dense layer behind them, in NumPy: what imports must follow."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pascaline.train.floats import FloatPart, Floats
from pascaline.train.freeze import Reals

__all__ = ["run_head", "run_layers"]


def run_layers(found: Floats, x: Reals) -> tuple[Reals, Reals]:
    """Outputs of all steps, and those of each direction's own last step; from zero.

    Parameters
    ----------
    found : Floats
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
            _run(found.cell, part, x[:: -1 if index else 1]) for index, part in enumerate(layer)
        ]
        last = np.concatenate([h[-1] for h in made], axis=-1)
        x = np.concatenate([h[:: -1 if index else 1] for index, h in enumerate(made)], axis=-1)
    return x, last


def run_head(found: Floats, h: Reals) -> Reals:
    """What the dense layer makes of h, or h itself if there is none."""
    if found.head_weight is None or found.head_bias is None:
        return h
    logits: Reals = h @ found.head_weight.T + found.head_bias
    return logits


def _run(cell: str, part: FloatPart, x: Reals) -> Reals:
    """All h of one direction."""
    h = c = np.zeros((x.shape[1], part.weight_h.shape[1]))
    every = []
    for from_x in x @ part.weight_x.T + part.bias:
        h, c = STEPS[cell](part, from_x, h, c)
        every.append(h)
    return np.array(every)


def _lstm(part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> tuple[Reals, Reals]:
    i, f, g, o = np.split(from_x + h @ part.weight_h.T, 4, axis=1)
    c = _sigmoid(f) * c + _sigmoid(i) * np.tanh(g)
    return _sigmoid(o) * np.tanh(c), c


def _gru(part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> tuple[Reals, Reals]:
    own = part.bias_h
    rows = np.split(from_x, 3, axis=1)
    weights = np.split(part.weight_h, 3)
    r, z = (_sigmoid(rows[gate] + h @ weights[gate].T) for gate in range(2))
    from_h = (r * h) @ weights[2].T if own is None else r * (h @ weights[2].T + own)
    h = z * h + (1 - z) * np.tanh(rows[2] + from_h)
    return h, h


def _rnn(part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> tuple[Reals, Reals]:
    h = np.tanh(from_x + h @ part.weight_h.T)
    return h, h


def _rnn_relu(part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> tuple[Reals, Reals]:
    h = np.maximum(from_x + h @ part.weight_h.T, 0)
    return h, h


def _sigmoid(z: Reals) -> Reals:
    return 1 / (1 + np.exp(-z))


STEPS: dict[str, Callable[[FloatPart, Reals, Reals, Reals], tuple[Reals, Reals]]] = {
    "lstm": _lstm,
    "gru": _gru,
    "gru-before": _gru,
    "rnn": _rnn,
    "rnn-relu": _rnn_relu,
}
"""New h and c by the cell: part, what comes from x, h, c."""
