"""``nn.LSTM``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pascaline.importers.freeze import Reals
from pascaline.importers.modules.module import Module, sigmoid

if TYPE_CHECKING:
    from pascaline.importers.network import FloatPart

__all__ = ["Lstm"]


class Lstm(Module):
    """An LSTM without peepholes."""

    operator = "LSTM"
    order = "iofg"
    activations = ([b"Sigmoid", b"Tanh", b"Tanh"],)

    @staticmethod
    def form(attributes: dict[str, Any]) -> str:
        return "lstm"

    def step(self, part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> tuple[Reals, Reals]:
        i, f, g, o = np.split(from_x + h @ part.weight_h.T, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c
