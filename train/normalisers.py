"""Normalisers: how the sums of a row become a pre-activation.

All of them are, at any moment, one affine a row, ``scale_x * (Wx x) + scale_h * (Wh h) + bias``:
the form of the integer model. They differ in what is learned behind these coefficients. Because a
network is trained with the same coefficients that are frozen later, nothing changes by folding.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

__all__ = ["NORMALISERS", "BatchNorm", "Coefficients", "Normaliser", "Scales"]


class Coefficients(NamedTuple):
    """The affine of every row; each of shape (rows,)."""

    scale_x: Tensor
    scale_h: Tensor
    bias: Tensor


class Normaliser(nn.Module, ABC):
    """What is learned behind the affine of the rows.

    Parameters
    ----------
    weight_x, weight_h : Tensor
        The quantised weights at the start, (rows, inputs) and (rows, hidden).
    bias : Tensor
        The bias to start from, (rows,).
    shared : bool
        Whether both sums of a row have the same scale, so that a machine needs only one sum.
    """

    def __init__(
        self, weight_x: Tensor, weight_h: Tensor, bias: Tensor, *, shared: bool = False
    ) -> None:
        super().__init__()
        self.shared = shared
        self.bias = nn.Parameter(bias.clone())

    @abstractmethod
    def coefficients(self, weight_x: Tensor, weight_h: Tensor) -> Coefficients:
        """The affine for these quantised weights; differentiable."""

    def observe(self, x: Tensor, h: Tensor) -> None:
        """See what one training batch has multiplied: x (samples, inputs), h (samples, hidden).

        A sample is a step of a sequence. Nothing, unless a normaliser keeps statistics.
        """


class Scales(Normaliser):
    """A learned scale a row and product, or one for both products.

    They start so that sums of independent inputs of unit variance get unit variance: at
    ``1 / sqrt(0.58 * inputs)`` for ternary weights of which 42 % are 0.
    """

    def __init__(
        self, weight_x: Tensor, weight_h: Tensor, bias: Tensor, *, shared: bool = False
    ) -> None:
        super().__init__(weight_x, weight_h, bias, shared=shared)
        parts = [torch.cat((weight_x, weight_h), dim=1)] if shared else [weight_x, weight_h]
        self.gains = nn.ParameterList(
            torch.full_like(bias, part.square().sum(dim=1).mean().rsqrt().item()) for part in parts
        )

    def coefficients(self, weight_x: Tensor, weight_h: Tensor) -> Coefficients:
        return Coefficients(self.gains[0], self.gains[-1], self.bias)


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
        self, weight_x: Tensor, weight_h: Tensor, bias: Tensor, *, shared: bool = False
    ) -> None:
        super().__init__(weight_x, weight_h, bias, shared=shared)
        self._inputs = weight_x.shape[1]
        self.gammas = nn.ParameterList(
            torch.full_like(bias, self.start) for _ in range(1 if shared else 2)
        )
        size = weight_x.shape[1] + weight_h.shape[1]
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("covariance", torch.eye(size))
        self.register_buffer("batches", torch.zeros(()))

    def coefficients(self, weight_x: Tensor, weight_h: Tensor) -> Coefficients:
        weight, split = torch.cat((weight_x, weight_h), dim=1), self._inputs
        if self.shared:
            scale, offset = self._part(self.gammas[0], weight, slice(None))
            return Coefficients(scale, scale, self.bias + offset)
        scale_x, offset_x = self._part(self.gammas[0], weight, slice(split))
        scale_h, offset_h = self._part(self.gammas[1], weight, slice(split, None))
        return Coefficients(scale_x, scale_h, self.bias + offset_x + offset_h)

    def observe(self, x: Tensor, h: Tensor) -> None:
        met = torch.cat((x, h), dim=1).detach()
        self.batches += 1
        # A true average at first: the start is no statistic.
        rate = max(self.momentum, 1 / int(self.batches))
        self.mean = self.mean.lerp(met.mean(dim=0), rate)
        self.covariance = self.covariance.lerp(torch.cov(met.T, correction=0), rate)

    def _part(self, gamma: Tensor, weight: Tensor, columns: slice) -> tuple[Tensor, Tensor]:
        part, covariance = weight[:, columns], self.covariance[columns, columns]
        variance = ((part @ covariance) * part).sum(dim=1)
        scale = gamma * torch.rsqrt(variance + self.epsilon)
        return scale, -scale * (part @ self.mean[columns])


NORMALISERS: dict[str, type[Normaliser]] = {"scale": Scales, "batchnorm": BatchNorm}
"""The normalisers by name."""
