"""PyTorch's ``nn.LSTM`` and a dense layer behind it, in NumPy: what an import has to follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spec.network import GATES

__all__ = ["run_head", "run_lstm"]

Reals = NDArray[np.float64]
Tensors = Mapping[str, NDArray[Any]]


def run_lstm(tensors: Tensors, x: Reals) -> Reals:
    """All h, (steps, batch, hidden), for x (steps, batch, inputs); from zero.

    Parameters
    ----------
    tensors : mapping of str to array
        ``weight_ih_l0``, ``weight_hh_l0``, and perhaps ``bias_ih_l0`` and ``bias_hh_l0``.
    x : Reals
        Sequences of the same length, side by side.
    """
    weight_x, weight_h = tensors["weight_ih_l0"], tensors["weight_hh_l0"]
    bias = tensors.get("bias_ih_l0", 0) + tensors.get("bias_hh_l0", 0)
    h = c = np.zeros((x.shape[1], weight_h.shape[1]))
    every = []
    for step in x:
        z = np.split(step @ weight_x.T + h @ weight_h.T + bias, len(GATES), axis=1)
        i, f, o = (1 / (1 + np.exp(-z[GATES.index(gate)])) for gate in ("i", "f", "o"))
        c = f * c + i * np.tanh(z[GATES.index("g")])
        h = o * np.tanh(c)
        every.append(h)
    return np.array(every)


def run_head(tensors: Tensors, h: Reals) -> Reals:
    """What ``head.weight`` and ``head.bias`` make of h, or h itself if there is no such layer."""
    if "head.weight" not in tensors:
        return h
    logits: Reals = h @ tensors["head.weight"].T + tensors.get("head.bias", 0)
    return logits
