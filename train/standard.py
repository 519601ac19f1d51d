"""Layer norm: the sums of every gate are standardised in each step, those of x and of h apart.

The formulas are those of `spec.normalisers.layernorm`, in real numbers: sums less their mean over
the rows of a gate, divided by their spread, are scaled and added as any other sums (Hou et al.
2019, Normalization helps training of quantized LSTM). So what is learned is an affine of the rows,
as with other normalisers; what it multiplies is standardised.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.train.normalisers import Coefficients, Normaliser
from pascaline.train.rounding import passed

__all__ = ["LayerNorm", "MadNorm", "Standardised", "standardise"]

EPSILON = 1e-3
"""Added to the spread of sums: about what the integers have, whose sums count units of h."""


class LayerNorm(Normaliser):
    """Gains of standardised sums, two a row, and a bias; the spread is the root mean square.

    Attributes
    ----------
    spread : {"rms", "mad"}
        As in `spec.normalisers.layernorm.LayerNorm`.
    start : float
        The gain of sums of x at the start.
    """

    spread: ClassVar[str] = "rms"
    start: ClassVar[float] = 0.5

    def __init__(
        self, weight_x: Tensor, weight_h: Tensor, bias: Tensor, *, shared: bool = False, **rest: Any
    ) -> None:
        if shared:
            raise InputError("shared_scale", "must not be with layer norm: sums are apart")
        super().__init__(weight_x, weight_h, bias, **rest)
        self.gains = nn.ParameterList(
            torch.full_like(bias, start * self.start) for start in self.starts
        )

    def coefficients(self, weight_x: Tensor, weight_h: Tensor) -> Coefficients:
        return Coefficients(self.gains[0], self.gains[1], self.bias)


class MadNorm(LayerNorm):
    """The same with the mean absolute deviation, which is 0.8 of the other one for normal sums."""

    spread = "mad"
    start = 0.4


class Standardised:
    """Recurrent weights whose sums are standardised, in the place of scaled weights.

    Parameters
    ----------
    weight : Tensor
        Quantised weights, (..., rows, hidden).
    gain : Tensor
        Of the rows, (..., rows).
    spread : {"rms", "mad"}
        As in `LayerNorm`.
    normal : Format or None
        What standardised sums are rounded to; ``None``: they are not.
    """

    def __init__(self, weight: Tensor, gain: Tensor, spread: str, normal: Format | None) -> None:
        self.weight, self.gain, self.spread, self.normal = weight, gain, spread, normal

    def __getitem__(self, rows: slice) -> Standardised:
        """Those of some gates."""
        weight, gain = self.weight[..., rows, :], self.gain[..., rows]
        return Standardised(weight, gain, self.spread, self.normal)

    def stacked(self, all_of: Sequence[Standardised]) -> Standardised:
        """Those of networks side by side, which are all as this one."""
        weight = torch.stack([one.weight for one in all_of])
        gain = torch.stack([one.gain for one in all_of])
        return Standardised(weight, gain, self.spread, self.normal)

    def sums(self, h: Tensor) -> Tensor:
        """Scaled sums (..., batch, rows) of some h (..., batch, hidden)."""
        made = standardise(h @ self.weight.transpose(-1, -2), h.shape[-1], self.spread)
        return self.gain[..., None, :] * passed(made, self.normal)


def standardise(sums: Tensor, hidden: int, spread: str) -> Tensor:
    """Sums (..., rows) of stacked gates, those of each gate less their mean, over their spread."""
    gates = sums.reshape(*sums.shape[:-1], -1, hidden)
    apart = gates - gates.mean(dim=-1, keepdim=True)
    if spread == "mad":
        over = apart.abs().mean(dim=-1, keepdim=True) + EPSILON
    else:
        over = (apart.square().mean(dim=-1, keepdim=True) + EPSILON**2).sqrt()
    return (apart / over).flatten(-2)
