"""The vanilla RNN, with one row a unit: ``h' = f(z)``.

With ``z`` as in `spec.cells.layer`::

    h' = tanh(z)                                                      tanh, to format h
    h' = saturate(round_shift(max(z, 0), pre.frac - h.frac), h)       relu
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import model_validator

from pascaline.spec.cells.layer import Layer
from pascaline.spec.draw import draw_format
from pascaline.spec.formats import Format
from pascaline.spec.pipeline import Pipeline

__all__ = ["RnnLayer", "RnnPipeline"]


class RnnLayer(Layer):
    """One layer of a vanilla RNN.

    Parameters
    ----------
    function : {"tanh", "relu"}
        Of the pre-activation. What a relu gives is saturated: let ``h`` have bits before its point.
    """

    title: ClassVar[str] = "RNN"
    forms: ClassVar[dict[str, dict[str, Any]]] = {
        "rnn": {"function": "tanh"},
        "rnn-relu": {"function": "relu"},
    }

    kind: Literal["rnn"] = "rnn"
    function: Literal["tanh", "relu"] = "tanh"

    @model_validator(mode="after")
    def _formats_fit(self) -> RnnLayer:
        if self.function == "relu" and self.pre.frac < self.h.frac:
            raise ValueError("pre.frac must be at least h.frac for a relu")
        return self

    @classmethod
    def described(cls, options: dict[str, Any], formats: dict[str, Any]) -> dict[str, Any]:
        """With a relu, h gets the format of the pre-activation, or else one with integer bits."""
        made = super().described(options, formats)
        if made.get("function") == "relu":
            made["h"] = formats.get("pre", Format(width=8, frac=4))
        return made

    @classmethod
    def draw_options(cls, rng: np.random.Generator, *, formats: bool) -> dict[str, Any]:
        """Either function, for a relu always with an h that has bits before its point."""
        function = ("tanh", "relu")[int(rng.integers(2))]
        h = {"h": draw_format(rng, (2, 13), (2, 6))} if function == "relu" else {}
        return {"function": function} | h

    @property
    def full_title(self) -> str:
        """The title and the function."""
        return f"{self.title}, {self.function}"

    @property
    def phases(self) -> tuple[tuple[str, ...], ...]:
        """One row a unit."""
        return (("h",),)

    @property
    def carried(self) -> None:
        """Nothing beside h."""
        return None

    @property
    def functions(self) -> dict[str, Format]:
        """A tanh straight to h; a relu is none of them."""
        return {"tanh": self.h} if self.function == "tanh" else {}

    def pipeline(self, **core: Any) -> RnnPipeline:
        """Latencies."""
        return RnnPipeline(activation=self.activation, relu=self.function == "relu", **core)


@dataclass(frozen=True, kw_only=True)
class RnnPipeline(Pipeline):
    """Latencies of an RNN unit.

    Parameters
    ----------
    relu : bool
        Whether the function is one.
    """

    relu: bool

    @property
    def activate(self) -> int:
        """A relu is narrowed; else as for all."""
        return self.narrow if self.relu else super().activate

    @property
    def carried(self) -> int:
        """Not used: an RNN carries nothing."""
        return self.gate

    @property
    def made(self) -> int:
        """Not used: an RNN carries nothing."""
        return self.gate

    @property
    def unit(self) -> int:
        """Not used: a unit has no tensors of its own."""
        return self.gate

    @property
    def whole(self) -> int:
        """Written to memory; if pipelined from a register close to it."""
        return self.gate + (2 if self.pipelined else 1)
