"""Layer norm: the sums of every gate are standardised in each step, those of x and of h apart.

The formulas are those of `spec.normalisers.layernorm`, in real numbers: sums less their mean over
the rows of a gate, divided by their spread, are scaled and added as any other sums (Hou et al.
2019, Normalization helps training of quantized LSTM). So what is learned is an affine of the rows,
as with other normalisers; what it multiplies is standardised. The cell of an LSTM may be
standardised in the same way before its tanh, with a gain and a bias of each unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format
from pascaline.train.normalisers import Coefficients, Normaliser
from pascaline.train.rounding import passed

__all__ = ["CellNorm", "LayerNorm", "MadNorm", "Standardised", "StandardisedCell", "standardise"]

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


class CellNorm(nn.Module):
    """What is learned of layer norm of the cell (Ba et al. 2016, equation 22): `gain` and `bias`.

    Parameters
    ----------
    hidden : int
        Units, each with a gain and a bias.
    norm : type of LayerNorm
        That of the sums, whose spread it has, too. Gains start at twice those of sums of x.
    """

    def __init__(self, hidden: int, norm: type[LayerNorm]) -> None:
        super().__init__()
        self.spread = norm.spread
        self.gain = nn.Parameter(torch.full((hidden,), 2 * norm.start))
        self.bias = nn.Parameter(torch.zeros(hidden))


class StandardisedCell(NamedTuple):
    """Layer norm of the cell as it is in all steps.

    Attributes
    ----------
    gain, bias : Tensor
        Of the units, (..., hidden).
    spread, normal
        As of `Standardised`.
    """

    gain: Tensor
    bias: Tensor
    spread: str
    normal: Format | None

    def __call__(self, c: Tensor) -> Tensor:
        """What the tanh of some c (..., batch, hidden) is taken of."""
        made = passed(standardise(c, c.shape[-1], self.spread), self.normal)
        return self.gain[..., None, :] * made + self.bias[..., None, :]

    def stacked(self, all_of: Sequence[StandardisedCell]) -> StandardisedCell:
        """Those of networks side by side, which are all as this one."""
        gain, bias = torch.stack([one.gain for one in all_of]), [one.bias for one in all_of]
        return StandardisedCell(gain, torch.stack(bias), self.spread, self.normal)


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
    cell : StandardisedCell or None
        Layer norm of the cell, if there is one.
    """

    def __init__(
        self,
        weight: Tensor,
        gain: Tensor,
        spread: str,
        normal: Format | None,
        cell: StandardisedCell | None = None,
    ) -> None:
        self.weight, self.gain, self.spread, self.normal = weight, gain, spread, normal
        self.cell = cell

    def __getitem__(self, rows: slice) -> Standardised:
        """Those of some gates."""
        weight, gain = self.weight[..., rows, :], self.gain[..., rows]
        return Standardised(weight, gain, self.spread, self.normal)

    def stacked(self, all_of: Sequence[Standardised]) -> Standardised:
        """Those of networks side by side, which are all as this one."""
        weight = torch.stack([one.weight for one in all_of])
        gain = torch.stack([one.gain for one in all_of])
        cell = self.cell
        if cell is not None:
            cell = cell.stacked([one.cell for one in all_of if one.cell is not None])
        return Standardised(weight, gain, self.spread, self.normal, cell)

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
