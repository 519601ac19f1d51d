"""``nn.GRU``, and the form that ONNX has beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from pascaline.importers.freeze import Reals
from pascaline.importers.modules.module import Module, sigmoid

if TYPE_CHECKING:
    from pascaline.importers.network import FloatPart

__all__ = ["Gru"]


class Gru(Module):
    """A GRU.

    Parameters
    ----------
    reset : {"after", "before"}
        Whether the reset gate acts after the recurrent product of the candidate, or before it.
    """

    operator = "GRU"
    order = "zrn"
    activations = ([b"Sigmoid", b"Tanh"],)
    signals: ClassVar[dict[str, tuple[str, ...]]] = {
        "pre": ("pre", "p", "q"),
        "sigmoid": ("r", "z"),
        "tanh": ("n",),
        "state": ("c",),
        "h": ("h", "k"),
    }
    finer = (("state", "tanh"), ("state", "h"))
    within_one = frozenset({"sigmoid", "tanh", "state", "h"})

    def __init__(self, reset: Literal["after", "before"]) -> None:
        self.reset = reset

    @staticmethod
    def form(attributes: dict[str, Any]) -> str:
        return "gru" if attributes.get("linear_before_reset") else "gru-before"

    def split(self, bias_h: Reals, hidden: int) -> tuple[Reals, Reals | None]:
        if self.reset == "before":
            return bias_h, None
        # The reset gate acts on the candidate's part, too.
        rest = len(bias_h) - hidden
        return np.where(np.arange(len(bias_h)) < rest, bias_h, 0.0), bias_h[rest:]

    def initial_carried(self, part: FloatPart) -> Reals | None:
        # What a machine carries is h itself, with more bits.
        return part.initial_h

    def step(self, part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> dict[str, Reals]:
        own = part.bias_h
        rows = np.split(from_x, 3, axis=1)
        weights = np.split(part.weight_h, 3)
        pre = [rows[gate] + h @ weights[gate].T for gate in range(2)]
        r, z = map(sigmoid, pre)
        if own is None:
            kept = {"k": r * h}
            from_h = kept["k"] @ weights[2].T
        else:
            kept = {"p": rows[2], "q": h @ weights[2].T + own}
            from_h = r * kept["q"]
        pre.append(rows[2] + from_h)
        n = np.tanh(pre[2])
        h = z * h + (1 - z) * n
        return kept | {"pre": np.concatenate(pre, axis=1), "r": r, "z": z, "n": n, "c": h, "h": h}
