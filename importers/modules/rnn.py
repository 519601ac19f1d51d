"""``nn.RNN``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pascaline.importers.freeze import Reals
from pascaline.importers.modules.module import Module

if TYPE_CHECKING:
    from pascaline.importers.network import FloatPart

__all__ = ["Rnn"]


class Rnn(Module):
    """A vanilla RNN.

    Parameters
    ----------
    function : {"tanh", "relu"}
        Of the pre-activation.
    """

    operator = "RNN"
    order = "h"
    activations = ([b"Tanh"], [b"Relu"])

    def __init__(self, function: Literal["tanh", "relu"]) -> None:
        self.function = function

    @staticmethod
    def form(attributes: dict[str, Any]) -> str:
        return "rnn-relu" if b"Relu" in attributes.get("activations", ()) else "rnn"

    def step(self, part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> tuple[Reals, Reals]:
        z = from_x + h @ part.weight_h.T
        h = np.tanh(z) if self.function == "tanh" else np.maximum(z, 0)
        return h, h
