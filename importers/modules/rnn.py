"""``nn.RNN``, and the linear one that PyTorch has no module of."""

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
    function : {"tanh", "relu", "linear"}
        Of the pre-activation.
    """

    operator = "RNN"
    order = "h"
    unnamed = frozenset({"hadamard"})
    activations = ([b"Tanh"], [b"Relu"])

    def __init__(self, function: Literal["tanh", "relu", "linear"]) -> None:
        self.function = function

    @property
    def signals(self) -> dict[str, tuple[str, ...]]:  # type: ignore[override]
        """A linear one has no h but its pre-activation."""
        return {"pre": ("pre",)} if self.function == "linear" else {"pre": ("pre",), "h": ("h",)}

    @property
    def finer(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]
        """A relu gives out what it gets, with no more bits."""
        return (("pre", "h"),) if self.function == "relu" else ()

    @property
    def within_one(self) -> frozenset[str]:  # type: ignore[override]
        """What a relu gives has no end."""
        return frozenset({"h"}) if self.function == "tanh" else frozenset()

    @staticmethod
    def form(attributes: dict[str, Any]) -> str:
        return "rnn-relu" if b"Relu" in attributes.get("activations", ()) else "rnn"

    def step(self, part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> dict[str, Reals]:
        pre = from_x + h @ part.weight_h.T
        if self.function == "linear":
            return {"pre": pre, "h": pre}
        return {"pre": pre, "h": np.tanh(pre) if self.function == "tanh" else np.maximum(pre, 0)}

    def is_flat(self, field: str) -> bool:
        return self.function == "tanh" and super().is_flat(field)
