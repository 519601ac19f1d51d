"""The vanilla RNN, with one row a unit: ``h' = f(z)``.

With ``z`` as in `spec.cells.layer`::

    h' = tanh(z)                                                      tanh, to format h
    h' = saturate(round_shift(max(z, 0), pre.frac - h.frac), h)       relu
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from spec.cells.layer import Layer

__all__ = ["RnnLayer"]


class RnnLayer(Layer):
    """One layer of a vanilla RNN.

    Parameters
    ----------
    function : {"tanh", "relu"}
        Of the pre-activation. What a relu gives is saturated: let ``h`` have bits before its point.
    """

    kind: Literal["rnn"] = "rnn"
    function: Literal["tanh", "relu"] = "tanh"

    @model_validator(mode="after")
    def _formats_fit(self) -> RnnLayer:
        if self.function == "relu" and self.pre.frac < self.h.frac:
            raise ValueError("pre.frac must be at least h.frac for a relu")
        return self

    @property
    def phases(self) -> tuple[tuple[str, ...], ...]:
        """One row a unit."""
        return (("h",),)

    @property
    def carried(self) -> None:
        """Nothing beside h."""
        return None
