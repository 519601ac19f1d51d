"""A dense layer with quantised weights, as a stand-in for PyTorch's."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from pascaline.spec.arithmetic import Fixed
from pascaline.spec.errors import InputError
from pascaline.train.options import ASYMMETRIC
from pascaline.train.quantisers import quantiser, straight_through

__all__ = ["Linear"]


class Linear(nn.Linear):
    """A stand-in for ``torch.nn.Linear`` whose weights are quantised: the head of a network.

    A weight is an integer times a unit that all of them share. Of ``fixed`` weights it follows
    from the largest; of others it is learned, as ``exp(log_unit)``.

    Parameters
    ----------
    in_features, out_features, bias, device, dtype
        As in ``torch.nn.Linear``.
    weights : str
        What the weights are, the name of an arithmetic.
    rule : str or None
        How they come from those that are learned, see `train.quantisers.rules`; by default the
        usual way.

    Raises
    ------
    InputError
        If there are no such weights, or there is no such rule.

    Examples
    --------
    >>> Linear(100, 10, weights="ternary")(torch.zeros(5, 100)).shape
    torch.Size([5, 10])
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: torch.dtype | None = None,
        *,
        weights: str = "fixed8",
        rule: str | None = None,
    ) -> None:
        super().__init__(in_features, out_features, bias)
        self.rule = quantiser(weights, rule, gates=1)
        if rule == ASYMMETRIC:
            raise InputError("rule", "must not be asymmetric: there is no zero point", rule)
        if self.rule.arithmetic is None:
            raise InputError("weights", "must be those of an arithmetic", weights)
        self.arithmetic = self.rule.arithmetic
        if not isinstance(self.arithmetic, Fixed):
            with torch.no_grad():
                self.rule.start(self.weight)
                energy = self.rule(self.weight).square().sum(dim=1).mean().clamp(min=1)
            self.log_unit = nn.Parameter(-energy.log() / 2)
        self.to(device=device, dtype=dtype)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, weights={self.arithmetic}"

    def quantised(self) -> tuple[Tensor, Tensor]:
        """Weights as integers (out, in), and the real number that 1 stands for; differentiable."""
        if not isinstance(self.arithmetic, Fixed):
            return self.rule(self.weight), self.log_unit.exp()
        largest = self.weight.detach().abs().amax()
        unit = torch.where(largest > 0, largest, 1) / self.arithmetic.weights.hi
        scaled = self.weight / unit
        return straight_through(scaled, torch.floor(scaled.detach() + 0.5)), unit

    def forward(self, input: Tensor) -> Tensor:
        """Logits (..., out_features) for inputs (..., in_features)."""
        if self.training and not isinstance(self.arithmetic, Fixed):
            with torch.no_grad():
                self.weight.clamp_(-self.rule.limit, self.rule.limit)
        values, unit = self.quantised()
        return functional.linear(input, unit * values, self.bias)
