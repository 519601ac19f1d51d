"""``nn.RNN``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

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
    signals: ClassVar[dict[str, tuple[str, ...]]] = {"pre": ("pre",), "h": ("h",)}

    def __init__(self, function: Literal["tanh", "relu"]) -> None:
        self.function = function

    @property
    def finer(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]
        """A relu gives out what it gets, with no more bits."""
        return () if self.function == "tanh" else (("pre", "h"),)

    @property
    def within_one(self) -> frozenset[str]:  # type: ignore[override]
        """What a relu gives has no end."""
        return frozenset({"h"}) if self.function == "tanh" else frozenset()

    @staticmethod
    def form(attributes: dict[str, Any]) -> str:
        return "rnn-relu" if b"Relu" in attributes.get("activations", ()) else "rnn"

    def step(self, part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> dict[str, Reals]:
        pre = from_x + h @ part.weight_h.T
        return {"pre": pre, "h": np.tanh(pre) if self.function == "tanh" else np.maximum(pre, 0)}

    def is_flat(self, field: str) -> bool:
        return self.function == "tanh" and super().is_flat(field)
