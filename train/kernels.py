"""The steps of `train.scan` on a GPU, as Triton kernels: one for all steps, or one a step.

Launching a kernel a step from Python would be slow, but the whole training step is recorded in a
CUDA graph and replayed (`train.steps`).
"""

# mypy: disable-error-code="import-untyped"

from __future__ import annotations

from typing import Any

import triton
from torch import Tensor

from pascaline.spec.formats import Format
from pascaline.train.kernel_step import backward_step, forward_step
from pascaline.train.kernel_whole import backward_all, forward_all
from pascaline.train.rounding import Rounding

__all__ = ["backward", "constants", "formats", "forward"]

TILE = {"BATCH_TILE": 16, "UNIT_TILE": 16, "DEPTH": 64}
"""Sequences and units of a program; and how many terms of its sums are loaded at once."""

LAUNCH = {"num_warps": 2, "num_stages": 3}

SMALL = {"BATCH_TILE": 16, "UNIT_TILE": 128, "num_warps": 8}
"""For layers of so few units that one program holds all weights: it goes through all steps."""


def forward(
    from_x: Tensor,
    weight: Tensor,
    gates: Tensor,
    every_h: Tensor,
    every_c: Tensor,
    rounding: Rounding | None,
) -> None:
    """Fill ``gates`` and all but the first of ``every_h`` and ``every_c``."""
    steps, batch, hidden = len(from_x), every_h.shape[1], every_h.shape[2]
    made = formats(rounding, "PSTCH")
    if hidden <= SMALL["UNIT_TILE"]:
        forward_all[(triton.cdiv(batch, SMALL["BATCH_TILE"]),)](
            from_x, weight, gates, every_h, every_c, steps, batch, hidden, **made, **SMALL
        )
        return
    for t in range(steps):
        forward_step[_grid(batch, hidden)](
            from_x, weight, gates, every_h, every_c, t, batch, hidden, **made, **TILE, **LAUNCH
        )


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
    steps, (batch, hidden) = len(gates), grad_c.shape
    made = formats(rounding, "PT")
    buffers = (weight, gates, every_c, grad_h, grad_c, grad_pre)
    if hidden <= SMALL["UNIT_TILE"]:
        backward_all[(triton.cdiv(batch, SMALL["BATCH_TILE"]),)](
            *buffers, steps, batch, hidden, **made, **SMALL
        )
        return
    for t in reversed(range(steps)):
        backward_step[_grid(batch, hidden)](
            *buffers, t, steps, batch, hidden, **made, **TILE, **LAUNCH
        )


def _grid(batch: int, hidden: int) -> tuple[int, int]:
    return triton.cdiv(batch, TILE["BATCH_TILE"]), triton.cdiv(hidden, TILE["UNIT_TILE"])


def formats(rounding: Rounding | None, letters: str) -> dict[str, Any]:
    """Scale and range of each format that a kernel needs, see `constants`."""
    named = zip("PSTCH", rounding or (None,) * 5, strict=True)
    made: dict[str, Any] = {}
    for letter, form in named:
        made |= constants(letter, form) if letter in letters else {}
    return made


def constants(letter: str, form: Format | None) -> dict[str, float]:
    """Scale and range of a format by a kernel's names; a scale of 0 where nothing is rounded."""
    values = (0, 0, 0)
    if form is not None:
        values = (1 << form.frac, form.interval.lo, form.interval.hi)
    return dict(zip((letter, f"{letter}_LO", f"{letter}_HI"), map(float, values), strict=True))
