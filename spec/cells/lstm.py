"""The LSTM, gates in PyTorch's order i, f, g, o.

With ``z`` of each gate as in `spec.cells.layer`::

    i, f, o = sigmoid(z_i), sigmoid(z_f), sigmoid(z_o)        g = tanh(z_g)
    c' = saturate(round_shift(f * c + (i * g << cell.frac - tanh.frac), sigmoid.frac), cell)
    u = saturate(round_shift(c', cell.frac - pre.frac), pre)                  without an affine
    u = saturate(round_shift(scale_c[j] * c' + bias_c[j], affine.shift), pre)        with one
    h' = saturate(round_shift(o * tanh(u), sigmoid.frac + tanh.frac - h.frac), h)

The cell's own normaliser is folded into the affine (Ardakani et al. 2019, with statistics shared
over time).
"""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from spec.cells.layer import Q0_7, Affine, Layer
from spec.formats import Format, Interval

__all__ = ["GATES", "LstmLayer"]

GATES = ("i", "f", "g", "o")


class LstmLayer(Layer):
    """One LSTM layer.

    Parameters
    ----------
    sigmoid, tanh, cell : Format
        Outputs of the two functions, cell state.
    cell_affine : Affine or None
        Formats of the affine on the cell before its tanh, if there is one.
    """

    kind: Literal["lstm"] = "lstm"
    sigmoid: Format = Q0_7
    tanh: Format = Q0_7
    cell: Format = Format(width=16, frac=11)
    cell_affine: Affine | None = None

    @model_validator(mode="after")
    def _formats_fit(self) -> LstmLayer:
        for name in ("tanh", "cell"):
            if not getattr(self, name).signed:
                raise ValueError(f"{name} must be a signed format")
        if self.cell.frac < self.tanh.frac:
            raise ValueError("cell.frac must be at least tanh.frac")
        if self.cell_affine is None and self.cell.frac < self.pre.frac:
            raise ValueError("cell.frac must be at least pre.frac")
        if self.sigmoid.frac + self.tanh.frac < self.h.frac:
            raise ValueError("h.frac must be at most sigmoid.frac + tanh.frac")
        return self

    @property
    def phases(self) -> tuple[tuple[str, ...], ...]:
        """All gates at once."""
        return (GATES,)

    @property
    def carried(self) -> Format:
        """The cell state c."""
        return self.cell

    @property
    def unit_tensors(self) -> dict[str, Interval]:
        """Scale and bias of the affine on the cell."""
        if self.cell_affine is None:
            return {}
        return {"scale_c": self.cell_affine.scales, "bias_c": self.cell_affine.biases}
