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
    """An LSTM.

    Parameters
    ----------
    peephole : bool
        Whether gates see the cell; PyTorch has no such module, ONNX has.
    """

    operator = "LSTM"
    order = "iofg"
    unnamed = frozenset({"lstm-peephole"})
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

    def __init__(self, *, peephole: bool = False) -> None:
        self.peephole = peephole

    @staticmethod
    def form(attributes: dict[str, Any]) -> str:
        return "lstm"

    def step(self, part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> dict[str, Reals]:
        z = np.split(from_x + h @ part.weight_h.T, 4, axis=1)
        see_i, see_f, see_o = np.zeros((3, 1)) if part.peephole is None else part.peephole
        z[0], z[1] = z[0] + see_i * c, z[1] + see_f * c
        i, f, g = sigmoid(z[0]), sigmoid(z[1]), np.tanh(z[2])
        c = f * c + i * g
        z[3] = z[3] + see_o * c
        o, pre = sigmoid(z[3]), np.concatenate(z, axis=1)
        tanh_c = np.tanh(c)
        gates = {"i": i, "f": f, "g": g, "o": o}
        return gates | {"pre": pre, "c": c, "u": c, "tanh_c": tanh_c, "h": o * tanh_c}
