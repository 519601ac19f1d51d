"""Normalisers that are no fixed affine of the sums: for comparisons of training alone.

They act inside every step with statistics of that step, so that networks with them take a slow way
through the steps and cannot be frozen into a machine.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import pairwise

import torch
from torch import Tensor, nn

from pascaline.spec.cells.lstm import GATES

__all__ = ["StepBatchNorm", "Stepwise"]


class Stepwise(nn.Module, ABC):
    """A normaliser that sees the sums of each step.

    Parameters
    ----------
    bias : Tensor
        The bias to start from, (rows,).

    Attributes
    ----------
    refusal : str
        Why no machine has it.
    gates : tuple of str
        Those of the cell that it is for: the LSTM.
    """

    refusal: str
    gates = GATES

    def __init__(self, bias: Tensor) -> None:
        super().__init__()
        self.bias = nn.Parameter(bias.clone())

    def scan(
        self, weight_x: Tensor, weight_h: Tensor, x: Tensor, h: Tensor, c: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Run an LSTM; see `train.recurrent.Recurrent.forward`."""
        every = [h]
        # unbind, not indexing: the backward pass of an index fills a whole array of zeros.
        for step, sums in enumerate(nn.functional.linear(x, weight_x).unbind(0)):
            from_h = self.sums(1, nn.functional.linear(every[-1], weight_h), step)
            i, f, g, o = (self.sums(0, sums, step) + from_h).chunk(len(GATES), dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            every.append(torch.sigmoid(o) * torch.tanh(self.cell(c, step)))
        return torch.stack(every), c

    @abstractmethod
    def sums(self, part: int, sums: Tensor, step: int) -> Tensor:
        """Normalise sums (batch, rows) of the inputs, part 0, or of h, part 1."""

    def cell(self, c: Tensor, step: int) -> Tensor:
        """Normalise c (batch, hidden) before its tanh."""
        return c

    def restart(self) -> None:
        """Nothing: running averages go on."""

    @abstractmethod
    def numbers(self, steps: int) -> int:
        """Real numbers that the network must keep beside its weights, for so many steps."""


class StepBatchNorm(Stepwise):
    """Batch normalisation with statistics of its own for every step (Ardakani et al. 2019).

    Of both sums and of the cell before its tanh. In training the statistics are those of the
    batch, else running averages; steps beyond ``longest`` share the last ones.
    """

    refusal = "stepnorm keeps statistics of every step: share them over time with batchnorm"
    epsilon = 1e-5
    rate = 0.05
    gain = 0.1
    longest = 1000

    means: Tensor
    variances: Tensor

    def __init__(self, bias: Tensor) -> None:
        super().__init__(bias)
        rows, hidden = len(bias), len(bias) // len(GATES)
        sizes = (rows, rows, hidden)
        self.gains = nn.ParameterList(torch.full((size,), self.gain) for size in sizes)
        self.cell_bias = nn.Parameter(torch.zeros(hidden))
        places = [0, rows, 2 * rows, 2 * rows + hidden]
        self._parts = [slice(*ends) for ends in pairwise(places)]
        self.register_buffer("means", torch.zeros(self.longest, places[-1]))
        self.register_buffer("variances", torch.ones(self.longest, places[-1]))

    def sums(self, part: int, sums: Tensor, step: int) -> Tensor:
        normal = self._normal(part, sums, step)
        return normal + self.bias if part else normal

    def cell(self, c: Tensor, step: int) -> Tensor:
        return self._normal(2, c, step) + self.cell_bias

    def numbers(self, steps: int) -> int:
        rows, hidden = len(self.bias), len(self.cell_bias)
        return 3 * rows + 2 * hidden + 2 * steps * (2 * rows + hidden)

    def _normal(self, part: int, values: Tensor, step: int) -> Tensor:
        at, columns = min(step, self.longest - 1), self._parts[part]
        mean, variance = self.means[at, columns], self.variances[at, columns]
        if self.training:
            seen_mean, seen_variance = values.mean(dim=0), values.var(dim=0, correction=0)
            with torch.no_grad():
                mean.lerp_(seen_mean, self.rate)
                variance.lerp_(seen_variance, self.rate)
            mean, variance = seen_mean, seen_variance
        return (values - mean) * torch.rsqrt(variance + self.epsilon) * self.gains[part]
