"""Normalisers: how the sums of a row become a pre-activation.

All of them are, at any moment, one affine a row, ``scale_x * (Wx x) + scale_h * (Wh h) + bias``:
the form of the integer model. They differ in what is learned behind these coefficients. Because a
network is trained with the same coefficients that are frozen later, nothing changes by folding.
In `train.standard` sums are standardised before. What no machine has is in `train.stepwise`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

__all__ = ["BatchNorm", "Coefficients", "Normaliser", "Scales", "Units", "WeightNorm"]


class Coefficients(NamedTuple):
    """The affine of every row; each of shape (rows,).

    ``offset``, if there is one, is the part of the bias that belongs to the sums of h: it goes
    where a cell adds to them alone.
    """

    scale_x: Tensor
    scale_h: Tensor
    bias: Tensor
    offset: Tensor | None = None


class Normaliser(nn.Module, ABC):
    """What is learned behind the affine of the rows.

    Parameters
    ----------
    weight_x, weight_h : Tensor
        The quantised weights at the start, as values: (rows, inputs) and (rows, hidden).
    bias : Tensor
        The bias to start from, (rows,).
    shared : bool
        Whether both sums of a row have the same scale, so that a machine needs only one sum.
    units : tuple of float
        What a value of 1 stands for in each matrix.
    gain : float
        How large the sums of h are at the start, compared with those of x, if scales are learned
        and not shared.
    """

    def __init__(
        self,
        weight_x: Tensor,
        weight_h: Tensor,
        bias: Tensor,
        *,
        shared: bool = False,
        units: tuple[float, float] = (1.0, 1.0),
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.shared, self.units = shared, units
        self.starts = (1.0,) if shared else (1.0, gain)
        self.bias = nn.Parameter(bias.clone())

    @abstractmethod
    def coefficients(self, weight_x: Tensor, weight_h: Tensor) -> Coefficients:
        """The affine for these quantised weights; differentiable."""

    def observe(self, x: Tensor, h: Tensor, active: Tensor | None = None) -> None:
        """See what one training batch has multiplied: x (samples, inputs), h (samples, hidden).

        A sample is a step of a sequence; only those count that are ``active``, by default all.
        Nothing, unless a normaliser keeps statistics.
        """

    def restart(self) -> None:
        """Forget statistics, to take them again with weights that do not change any more."""


class Units(Normaliser):
    """No normalisation: BinaryConnect and TernaryConnect as they are, which fail here.

    The scales are the units of the quantiser and are not learned.
    """

    def coefficients(self, weight_x: Tensor, weight_h: Tensor) -> Coefficients:
        scale_x, scale_h = (torch.full_like(self.bias, unit) for unit in self.units)
        return Coefficients(scale_x, scale_h, self.bias)


class Scales(Normaliser):
    """A learned scale a row and product, or one for both products.

    They start so that sums of independent inputs of unit variance get unit variance: at
    ``1 / sqrt(0.58 * inputs)`` for ternary weights of which 42 % are 0.
    """

    def __init__(
        self, weight_x: Tensor, weight_h: Tensor, bias: Tensor, *, shared: bool = False, **rest: Any
    ) -> None:
        super().__init__(weight_x, weight_h, bias, shared=shared, **rest)
        parts = [torch.cat((weight_x, weight_h), dim=1)] if shared else [weight_x, weight_h]
        self.gains = nn.ParameterList(
            torch.full_like(bias, start * part.square().sum(dim=1).mean().rsqrt().item())
            for start, part in zip(self.starts, parts, strict=True)
        )

    def coefficients(self, weight_x: Tensor, weight_h: Tensor) -> Coefficients:
        return Coefficients(self.gains[0], self.gains[-1], self.bias)


class WeightNorm(Normaliser):
    """Weight normalisation: a learned length of every row of weights, whatever they are."""

    epsilon = 1e-12

    def __init__(
        self, weight_x: Tensor, weight_h: Tensor, bias: Tensor, *, shared: bool = False, **rest: Any
    ) -> None:
        super().__init__(weight_x, weight_h, bias, shared=shared, **rest)
        self.lengths = nn.ParameterList(torch.full_like(bias, start) for start in self.starts)

    def coefficients(self, weight_x: Tensor, weight_h: Tensor) -> Coefficients:
        if self.shared:
            scale = self._part(self.lengths[0], torch.cat((weight_x, weight_h), dim=1))
            return Coefficients(scale, scale, self.bias)
        scale_x = self._part(self.lengths[0], weight_x)
        return Coefficients(scale_x, self._part(self.lengths[1], weight_h), self.bias)

    def _part(self, length: Tensor, weight: Tensor) -> Tensor:
        return length * torch.rsqrt(weight.square().sum(dim=1) + self.epsilon)


class BatchNorm(Normaliser):
    """Batch normalisation of the sums, or of their sum, with statistics shared over all steps.

    What is kept are running averages of mean and covariance of the vectors that the weights meet.
    Mean and variance of every sum follow from them for the weights as they are now. So the
    gradient goes through the normalisation, the statistics of the recurrent sums are known before
    the first step, and training computes what the frozen network does.
    """

    momentum = 0.1
    start = 0.5
    epsilon = 1e-3

    mean: Tensor
    covariance: Tensor
    batches: Tensor

    def __init__(
        self, weight_x: Tensor, weight_h: Tensor, bias: Tensor, *, shared: bool = False, **rest: Any
    ) -> None:
        super().__init__(weight_x, weight_h, bias, shared=shared, **rest)
        self._inputs = weight_x.shape[1]
        self.gammas = nn.ParameterList(
            torch.full_like(bias, start * self.start) for start in self.starts
        )
        size = weight_x.shape[1] + weight_h.shape[1]
        self.register_buffer("mean", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("covariance", torch.eye(size, dtype=torch.float64))
        self.register_buffer("batches", torch.zeros((), dtype=torch.float64))

    def coefficients(self, weight_x: Tensor, weight_h: Tensor) -> Coefficients:
        weight, split = torch.cat((weight_x, weight_h), dim=1), self._inputs
        if self.shared:
            scale, offset = self._part(self.gammas[0], weight, slice(None))
            return Coefficients(scale, scale, self.bias + offset)
        scale_x, offset_x = self._part(self.gammas[0], weight, slice(split))
        scale_h, offset_h = self._part(self.gammas[1], weight, slice(split, None))
        return Coefficients(scale_x, scale_h, self.bias + offset_x, offset_h)

    def observe(self, x: Tensor, h: Tensor, active: Tensor | None = None) -> None:
        # Everything stays on its device, with fixed shapes: it is part of a CUDA graph. In double
        # precision, since sums of vectors that hang together have little variance of their own.
        met = torch.cat((x, h), dim=1).detach().double()
        share = met.new_ones(len(met)) if active is None else active.to(met.dtype)
        share = share / share.sum()
        mean = share @ met
        apart = met - mean
        covariance = apart.T @ (share[:, None] * apart)
        self.batches += 1
        # A true average at first: the start is no statistic.
        rate = self.batches.reciprocal().clamp(min=self.momentum)
        self.mean.lerp_(mean.to(self.mean), rate)
        self.covariance.lerp_(covariance.to(self.covariance), rate)

    def restart(self) -> None:
        # The old statistics hold until the first batch replaces them.
        self.batches.zero_()

    def _part(self, gamma: Tensor, weight: Tensor, columns: slice) -> tuple[Tensor, Tensor]:
        # Clones: this batch's statistics come before its backward pass needs the old ones.
        part, mean = weight[:, columns].double(), self.mean[columns].double().clone()
        covariance = self.covariance[columns, columns].double().clone()
        variance = ((part @ covariance) * part).sum(dim=1).clamp(min=0)
        scale = gamma * torch.rsqrt(variance + self.epsilon)
        return scale.to(gamma.dtype), (-scale * (part @ mean)).to(gamma.dtype)
