"""All steps of an LSTM whose sums are standardised at once, on a GPU: see `train.scan`.

Two kernels a step each way (`train.kernel_norm`); the gradients of weights and gains are one
product and one sum over all steps.
"""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from typing import Any

import torch
import triton
from torch import Tensor

from pascaline.train.kernel_norm import product_back, product_step, unit_back, unit_step
from pascaline.train.kernels import constants, formats
from pascaline.train.rounding import Rounding, rounded
from pascaline.train.standard import EPSILON, Standardised, standardise

__all__ = ["scan"]

TILE = {"BATCH_TILE": 16, "DEPTH": 64}
"""Sequences of a program; and how many terms of its sums are loaded at once."""

LAUNCH = {"num_warps": 2, "num_stages": 3}


def scan(
    from_x: Tensor, weight: Standardised, h: Tensor, c: Tensor, rounding: Rounding | None = None
) -> tuple[Tensor, Tensor]:
    """Run a layer; arguments and results are those of `train.scan.scan`, with such weights."""
    every, last = _Scan.apply(  # type: ignore[no-untyped-call]
        from_x, weight.weight, weight.gain, h, c, weight, rounding
    )
    return every, last


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        from_x: Tensor,
        weight: Tensor,
        gain: Tensor,
        h: Tensor,
        c: Tensor,
        how: Standardised,
        rounding: Rounding | None,
    ) -> tuple[Tensor, Tensor]:
        steps, (batch, hidden) = len(from_x), h.shape
        from_x, weight, gain = from_x.contiguous(), weight.contiguous(), gain.contiguous()
        gates, sums = torch.empty_like(from_x), torch.empty_like(from_x)
        every_h, every_c = (from_x.new_empty(steps + 1, batch, hidden) for _ in range(2))
        every_h[0], every_c[0] = h, c
        about = _about(hidden, how)
        made = formats(rounding, "PSTCH") | constants("N", how.normal)
        for t in range(steps):
            product_step[triton.cdiv(batch, 16), triton.cdiv(4 * hidden, 32)](
                every_h, weight, sums, t, batch, hidden, ROW_TILE=32, **TILE, **LAUNCH
            )
            unit_step[(batch,)](
                from_x, sums, gain, gates, every_h, every_c, t, batch, hidden, **about, **made
            )
        ctx.save_for_backward(weight, gain, sums, gates, every_h, every_c)
        ctx.rounding, ctx.how = rounding, how
        return every_h, every_c[-1].clone()

    @staticmethod
    def backward(ctx: Any, grad_h: Tensor, grad_c: Tensor) -> tuple[Tensor | None, ...]:
        weight, gain, sums, gates, every_h, every_c = ctx.saved_tensors
        steps, (batch, hidden) = len(gates), grad_c.shape
        grad_pre, grad_sums = torch.empty_like(gates), torch.empty_like(gates)
        grad_h, grad_c = grad_h.contiguous(), grad_c.clone()
        grad_from = torch.zeros_like(grad_c)
        about, made = _about(hidden, ctx.how), formats(ctx.rounding, "PT")
        buffers = (sums, gain, gates, every_c, grad_h, grad_from, grad_c, grad_pre, grad_sums)
        for t in reversed(range(steps)):
            unit_back[(batch,)](*buffers, t, steps, batch, hidden, **about, **made)
            product_back[triton.cdiv(batch, 16), triton.cdiv(hidden, 16)](
                grad_sums, weight, grad_from, t, batch, hidden, UNIT_TILE=16, **TILE, **LAUNCH
            )
        grad_weight = grad_sums.flatten(0, 1).T @ every_h[:-1].flatten(0, 1)
        normal = rounded(standardise(sums, hidden, ctx.how.spread), ctx.how.normal)
        grad_gain = (grad_pre * normal).flatten(0, 1).sum(dim=0)
        return grad_pre, grad_weight, grad_gain, grad_h[0] + grad_from, grad_c, None, None


def _about(hidden: int, how: Standardised) -> dict[str, Any]:
    return {
        "BLOCK": triton.next_power_of_2(hidden),
        "MAD": how.spread == "mad",
        "EPSILON": EPSILON,
        "num_warps": 4,
    }
