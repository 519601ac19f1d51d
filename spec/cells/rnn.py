"""The vanilla RNN, with one row a unit: ``h' = f(z)``.

With ``z`` as in `spec.cells.layer`::

    h' = tanh(z)                                                      tanh, to format h
    h' = saturate(round_shift(max(z, 0), pre.frac - h.frac), h)       relu
    h' = z                                                            linear

A linear one whose h meets a transform instead of a matrix is a HadamardRNN (Foucault et al. 2025,
"HadamRNN", section 3): ``W = diag(s) H / sqrt(block)``, where ``scale_h`` of each row has the sign
and the root. W is orthogonal, so h neither decays nor grows, and errors of rounding stay, too:
after T steps their norm is at most ``T * sqrt(hidden) / 2`` units of h; if they are independent,
each element is off by ``sqrt(T / 12)`` units, root mean square.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    function : {"tanh", "relu", "linear"}
        Of the pre-activation. What a relu gives is saturated: let ``h`` have bits before its point.
        If linear, ``pre`` is the format of h, and need not be given.
    """

    title: ClassVar[str] = "RNN"
    forms: ClassVar[dict[str, dict[str, Any]]] = {
        "rnn": {"function": "tanh"},
        "rnn-relu": {"function": "relu"},
        "rnn-linear": {"function": "linear"},
        "hadamard": {"function": "linear", "recurrent": "walsh"},
    }

    kind: Literal["rnn"] = "rnn"
    function: Literal["tanh", "relu", "linear"] = "tanh"

    @model_validator(mode="before")
    @classmethod
    def _pre_is_h(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("function") == "linear" and "h" in values:
            return {"pre": values["h"]} | values
        return values

    @model_validator(mode="after")
    def _formats_fit(self) -> RnnLayer:
        if self.function == "linear" and self.pre != self.h:
            raise ValueError(f"pre must be the format of h ({self.h}) if linear, not {self.pre}")
        if self.function == "relu" and self.pre.frac < self.h.frac:
            raise ValueError("pre.frac must be at least h.frac for a relu")
        return self

    @classmethod
    def described(cls, options: dict[str, Any], formats: dict[str, Any]) -> dict[str, Any]:
        """But for a tanh, h gets the format of the pre-activation, or one with integer bits."""
        made = super().described(options, formats)
        if made.get("function") == "linear":
            made["h"] = made["pre"] = formats.get("pre", Format(width=12, frac=8))
        if made.get("function") == "relu":
            made["h"] = formats.get("pre", Format(width=8, frac=4))
        return made

    @classmethod
    def draw_options(cls, rng: np.random.Generator, *, formats: bool) -> dict[str, Any]:
        """Any function, but for a tanh always with an h that has bits before its point."""
        function = ("tanh", "relu", "linear")[int(rng.integers(3))]
        made: dict[str, Any] = {"function": function}
        if function != "tanh":
            made["h"] = draw_format(rng, (2, 13), (2, 6))
        if function == "linear":
            made["pre"] = made["h"]
        return made

    @property
    def full_title(self) -> str:
        """The title and the function."""
        return f"{super().full_title}, {self.function}"

    @property
    def linear(self) -> bool:
        """Without a function, as nothing else in it is nonlinear."""
        return self.function == "linear"

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
        return RnnPipeline(
            activation=self.activation,
            relu=self.function == "relu",
            linear=self.function == "linear",
            **core,
        )


@dataclass(frozen=True, kw_only=True)
class RnnPipeline(Pipeline):
    """Latencies of an RNN unit.

    Parameters
    ----------
    relu, linear : bool
        Whether the function is one.
    """

    relu: bool
    # Names of modules are made from this text, and from that of the layer, which has it.
    linear: bool = field(default=False, repr=False)

    @property
    def activate(self) -> int:
        """A relu is narrowed; a tanh is as for all; nothing to do if linear."""
        if self.linear:
            return 0
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
