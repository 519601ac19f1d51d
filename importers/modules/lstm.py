"""``nn.LSTM``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

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
    signals: ClassVar[dict[str, tuple[str, ...]]] = {
        "pre": ("pre", "u"),
        "sigmoid": ("i", "f", "o"),
        "tanh": ("g", "tanh_c"),
        "cell": ("c",),
        "h": ("h",),
    }
    finer = (("cell", "tanh"), ("cell", "pre"))
    within_one = frozenset({"sigmoid", "tanh", "h"})

    @staticmethod
    def form(attributes: dict[str, Any]) -> str:
        return "lstm"

    def step(self, part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> dict[str, Reals]:
        pre = from_x + h @ part.weight_h.T
        z = np.split(pre, 4, axis=1)
        i, f, g, o = sigmoid(z[0]), sigmoid(z[1]), np.tanh(z[2]), sigmoid(z[3])
        c = f * c + i * g
        tanh_c = np.tanh(c)
        gates = {"i": i, "f": f, "g": g, "o": o}
        return gates | {"pre": pre, "c": c, "u": c, "tanh_c": tanh_c, "h": o * tanh_c}
