"""All steps of an LSTM at once, with a backward pass of its own.

Automatic differentiation would record a dozen operations at every step. Here a step saves its
gates and states, the backward pass goes through the steps once, and the gradient of the weights is
one product over all steps. On a GPU each step is one kernel (`train.kernels`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pascaline.train.rounding import Rounding, rounded

__all__ = ["exact", "scan"]

UNROUNDED = (None,) * len(Rounding._fields)


def scan(
    from_x: Tensor, weight: Tensor, h: Tensor, c: Tensor, rounding: Rounding | None = None
) -> tuple[Tensor, Tensor]:
    """Run a layer; differentiable with respect to all tensors.

    Parameters
    ----------
    from_x : Tensor
        Part of the pre-activations that comes from the inputs, biases included: (steps, batch,
        4 * hidden), gates in the order of `spec.cells.lstm.GATES`.
    weight : Tensor
        Recurrent weights with their scales, (4 * hidden, hidden).
    h, c : Tensor
        The state before the first step, (batch, hidden).
    rounding : Rounding, optional
        Formats to which everything is rounded; by default nothing is.

    Returns
    -------
    h : Tensor
        h before the first step and after every step, (steps + 1, batch, hidden).
    c : Tensor
        c after the last step, (batch, hidden).
    """
    every, last = _Scan.apply(from_x, weight, h, c, rounding)  # type: ignore[no-untyped-call]
    return every, last


def exact(from_x: Tensor, weight: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """The same without rounding, by automatic differentiation: slow, and the reference."""
    every = [h]
    for step in from_x.unbind(0):
        i, f, g, o = (step + every[-1] @ weight.T).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        every.append(torch.sigmoid(o) * torch.tanh(c))
    return torch.stack(every), c


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, from_x: Tensor, weight: Tensor, h: Tensor, c: Tensor, rounding: Rounding | None
    ) -> tuple[Tensor, Tensor]:
        steps, (batch, hidden) = len(from_x), h.shape
        from_x, weight = from_x.contiguous(), weight.contiguous()
        gates = torch.empty_like(from_x)
        every_h, every_c = (from_x.new_empty(steps + 1, batch, hidden) for _ in range(2))
        every_h[0], every_c[0] = h, c
        _backend(from_x).forward(from_x, weight, gates, every_h, every_c, rounding)
        ctx.save_for_backward(weight, gates, every_h, every_c)
        ctx.rounding = rounding
        return every_h, every_c[-1].clone()

    @staticmethod
    def backward(ctx: Any, grad_h: Tensor, grad_c: Tensor) -> tuple[Tensor | None, ...]:
        weight, gates, every_h, every_c = ctx.saved_tensors
        grad_pre, grad_c = torch.empty_like(gates), grad_c.clone()
        grad_h = grad_h.contiguous()
        _backend(gates).backward(weight, gates, every_c, grad_h, grad_c, grad_pre, ctx.rounding)
        grad_weight = grad_pre.flatten(0, 1).T @ every_h[:-1].flatten(0, 1)
        first = grad_h[0] + grad_pre[0] @ weight
        return grad_pre, grad_weight, first, grad_c, None


def _backend(tensor: Tensor) -> Any:
    """What computes the steps where the tensor is."""
    if tensor.is_cuda:
        from pascaline.train import kernels

        return kernels
    return _Plain


class _Plain:
    """The steps as operations of PyTorch."""

    @staticmethod
    def forward(
        from_x: Tensor,
        weight: Tensor,
        gates: Tensor,
        every_h: Tensor,
        every_c: Tensor,
        rounding: Rounding | None,
    ) -> None:
        """Fill ``gates`` and all but the first of ``every_h`` and ``every_c``."""
        pre, sigmoid, tanh, cell, h = rounding or UNROUNDED
        hidden, transposed = every_h.shape[2], weight.T
        for t in range(len(from_x)):
            z = rounded(torch.addmm(from_x[t], every_h[t], transposed), pre)
            now = gates[t]
            now.copy_(rounded(torch.sigmoid(z), sigmoid))
            g = slice(2 * hidden, 3 * hidden)
            now[:, g] = rounded(torch.tanh(z[:, g]), tanh)
            i, f, new, o = now.chunk(4, dim=1)
            every_c[t + 1] = rounded(f * every_c[t] + i * new, cell)
            every_h[t + 1] = rounded(o * _tanh_of(every_c[t + 1], pre, tanh), h)

    @staticmethod
    def backward(
        weight: Tensor,
        gates: Tensor,
        every_c: Tensor,
        grad_h: Tensor,
        grad_c: Tensor,
        grad_pre: Tensor,
        rounding: Rounding | None,
    ) -> None:
        """Fill ``grad_pre``; ``grad_c`` becomes the gradient of the first c."""
        pre, _, tanh, _, _ = rounding or UNROUNDED
        for t in reversed(range(len(gates))):
            dh = grad_h[t + 1]
            if t + 1 < len(gates):
                dh = torch.addmm(dh, grad_pre[t + 1], weight)
            i, f, g, o = gates[t].chunk(4, dim=1)
            tanh_c = _tanh_of(every_c[t + 1], pre, tanh)
            grad_c += dh * o * (1 - tanh_c * tanh_c)
            parts = (
                grad_c * g * i * (1 - i),
                grad_c * every_c[t] * f * (1 - f),
                grad_c * i * (1 - g * g),
                dh * tanh_c * o * (1 - o),
            )
            torch.cat(parts, dim=1, out=grad_pre[t])
            grad_c *= f


def _tanh_of(c: Tensor, pre: Any, tanh: Any) -> Tensor:
    return rounded(torch.tanh(rounded(c, pre)), tanh)
