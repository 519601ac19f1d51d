"""The steps of `train.scan` on a GPU: one Triton kernel a step and direction.

A program computes a tile of units of some sequences: all four gates, so that the element-wise part
follows the products without a way through memory. Products take operands rounded to TF32 (11
significant bits: any h of 12 bits, and weights of a row that are one scale times -1, 0 or 1, up to
a rounding of that scale) and add in float32. Launching a kernel a step from Python would be slow,
but the whole training step is recorded in a CUDA graph and replayed (`train.steps`).
"""

from __future__ import annotations

from typing import Any

import triton
import triton.language as tl
from torch import Tensor

from train.rounding import Rounding

__all__ = ["backward", "forward"]

TILE = {"BATCH_TILE": 16, "UNIT_TILE": 16, "DEPTH": 64}
"""Sequences and units of a program; and how many terms of its sums are loaded at once."""

LAUNCH = {"num_warps": 2, "num_stages": 3}

SMALL = {"BATCH_TILE": 16, "UNIT_TILE": 128, "num_warps": 8}
"""For layers of so few units that one program holds all weights: it goes through all steps."""


@triton.jit
def _rounded(value, SCALE: tl.constexpr, LO: tl.constexpr, HI: tl.constexpr):
    """`train.rounding.rounded`; a scale of 0 leaves the value as it is."""
    if SCALE > 0:
        value = tl.minimum(tl.maximum(tl.floor(value * SCALE + 0.5), LO), HI) * (1.0 / SCALE)
    return value


@triton.jit
def _tanh(value):
    return 2 * tl.sigmoid(2 * value) - 1


@triton.jit
def _tanh_of(c, P, P_LO, P_HI, T, T_LO, T_HI):
    return _rounded(_tanh(_rounded(c, P, P_LO, P_HI)), T, T_LO, T_HI)


@triton.jit(do_not_specialize=["t"])
def _forward_step(
    from_x,
    weight,
    gates,
    every_h,
    every_c,
    t,
    batch,
    HIDDEN: tl.constexpr,
    P: tl.constexpr, P_LO: tl.constexpr, P_HI: tl.constexpr,
    S: tl.constexpr, S_LO: tl.constexpr, S_HI: tl.constexpr,
    T: tl.constexpr, T_LO: tl.constexpr, T_HI: tl.constexpr,
    C: tl.constexpr, C_LO: tl.constexpr, C_HI: tl.constexpr,
    H: tl.constexpr, H_LO: tl.constexpr, H_HI: tl.constexpr,
    BATCH_TILE: tl.constexpr,
    UNIT_TILE: tl.constexpr,
    DEPTH: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0) * BATCH_TILE + tl.arange(0, BATCH_TILE)
    unit = tl.program_id(1) * UNIT_TILE + tl.arange(0, UNIT_TILE)
    here = (row[:, None] < batch) & (unit[None, :] < HIDDEN)
    at = t.to(tl.int64) * batch
    i = tl.zeros((BATCH_TILE, UNIT_TILE), tl.float32)
    f, g, o = i, i, i
    for first in range(0, HIDDEN, DEPTH):
        k = first + tl.arange(0, DEPTH)
        h_mask = (row[:, None] < batch) & (k[None, :] < HIDDEN)
        h = tl.load(every_h + (at + row[:, None]) * HIDDEN + k[None, :], mask=h_mask, other=0.0)
        w = weight + unit[None, :] * HIDDEN + k[:, None]
        w_mask = (unit[None, :] < HIDDEN) & (k[:, None] < HIDDEN)
        gate: tl.constexpr = HIDDEN * HIDDEN
        i = tl.dot(h, tl.load(w, mask=w_mask, other=0.0), i, input_precision="tf32")
        f = tl.dot(h, tl.load(w + gate, mask=w_mask, other=0.0), f, input_precision="tf32")
        g = tl.dot(h, tl.load(w + 2 * gate, mask=w_mask, other=0.0), g, input_precision="tf32")
        o = tl.dot(h, tl.load(w + 3 * gate, mask=w_mask, other=0.0), o, input_precision="tf32")
    place = (at + row[:, None]) * (4 * HIDDEN) + unit[None, :]
    i += tl.load(from_x + place, mask=here, other=0.0)
    f += tl.load(from_x + place + HIDDEN, mask=here, other=0.0)
    g += tl.load(from_x + place + 2 * HIDDEN, mask=here, other=0.0)
    o += tl.load(from_x + place + 3 * HIDDEN, mask=here, other=0.0)
    i = _rounded(tl.sigmoid(_rounded(i, P, P_LO, P_HI)), S, S_LO, S_HI)
    f = _rounded(tl.sigmoid(_rounded(f, P, P_LO, P_HI)), S, S_LO, S_HI)
    g = _rounded(_tanh(_rounded(g, P, P_LO, P_HI)), T, T_LO, T_HI)
    o = _rounded(tl.sigmoid(_rounded(o, P, P_LO, P_HI)), S, S_LO, S_HI)
    before = (at + row[:, None]) * HIDDEN + unit[None, :]
    after = before + batch * HIDDEN
    c = _rounded(f * tl.load(every_c + before, mask=here, other=0.0) + i * g, C, C_LO, C_HI)
    h = _rounded(o * _tanh_of(c, P, P_LO, P_HI, T, T_LO, T_HI), H, H_LO, H_HI)
    tl.store(gates + place, i, mask=here)
    tl.store(gates + place + HIDDEN, f, mask=here)
    tl.store(gates + place + 2 * HIDDEN, g, mask=here)
    tl.store(gates + place + 3 * HIDDEN, o, mask=here)
    tl.store(every_c + after, c, mask=here)
    tl.store(every_h + after, h, mask=here)


@triton.jit(do_not_specialize=["t"])
def _backward_step(
    weight,
    gates,
    every_c,
    grad_h,
    grad_c,
    grad_pre,
    t,
    steps,
    batch,
    HIDDEN: tl.constexpr,
    P: tl.constexpr, P_LO: tl.constexpr, P_HI: tl.constexpr,
    T: tl.constexpr, T_LO: tl.constexpr, T_HI: tl.constexpr,
    BATCH_TILE: tl.constexpr,
    UNIT_TILE: tl.constexpr,
    DEPTH: tl.constexpr,
):  # fmt: skip
    row = tl.program_id(0) * BATCH_TILE + tl.arange(0, BATCH_TILE)
    unit = tl.program_id(1) * UNIT_TILE + tl.arange(0, UNIT_TILE)
    here = (row[:, None] < batch) & (unit[None, :] < HIDDEN)
    at = t.to(tl.int64) * batch
    before = (at + row[:, None]) * HIDDEN + unit[None, :]
    after = before + batch * HIDDEN
    dh = tl.load(grad_h + after, mask=here, other=0.0)
    if t + 1 < steps:
        for first in range(0, 4 * HIDDEN, DEPTH):
            k = first + tl.arange(0, DEPTH)
            d_mask = (row[:, None] < batch) & (k[None, :] < 4 * HIDDEN)
            d_place = (at + batch + row[:, None]) * (4 * HIDDEN) + k[None, :]
            w_mask = (unit[None, :] < HIDDEN) & (k[:, None] < 4 * HIDDEN)
            w = tl.load(weight + k[:, None] * HIDDEN + unit[None, :], mask=w_mask, other=0.0)
            d = tl.load(grad_pre + d_place, mask=d_mask, other=0.0)
            dh = tl.dot(d, w, dh, input_precision="tf32")
    place = (at + row[:, None]) * (4 * HIDDEN) + unit[None, :]
    i = tl.load(gates + place, mask=here, other=0.0)
    f = tl.load(gates + place + HIDDEN, mask=here, other=0.0)
    g = tl.load(gates + place + 2 * HIDDEN, mask=here, other=0.0)
    o = tl.load(gates + place + 3 * HIDDEN, mask=here, other=0.0)
    c_before = tl.load(every_c + before, mask=here, other=0.0)
    c_after = tl.load(every_c + after, mask=here, other=0.0)
    tanh_c = _tanh_of(c_after, P, P_LO, P_HI, T, T_LO, T_HI)
    kept = grad_c + row[:, None] * HIDDEN + unit[None, :]
    dc = tl.load(kept, mask=here, other=0.0) + dh * o * (1 - tanh_c * tanh_c)
    tl.store(grad_pre + place, dc * g * i * (1 - i), mask=here)
    tl.store(grad_pre + place + HIDDEN, dc * c_before * f * (1 - f), mask=here)
    tl.store(grad_pre + place + 2 * HIDDEN, dc * i * (1 - g * g), mask=here)
    tl.store(grad_pre + place + 3 * HIDDEN, dh * tanh_c * o * (1 - o), mask=here)
    tl.store(kept, dc * f, mask=here)


@triton.jit
def _load(base, place, mask):
    return tl.load(base + place, mask=mask, other=0.0)


@triton.jit
def _forward_all(
    from_x,
    weight,
    gates,
    every_h,
    every_c,
    steps,
    batch,
    HIDDEN: tl.constexpr,
    P: tl.constexpr, P_LO: tl.constexpr, P_HI: tl.constexpr,
    S: tl.constexpr, S_LO: tl.constexpr, S_HI: tl.constexpr,
    T: tl.constexpr, T_LO: tl.constexpr, T_HI: tl.constexpr,
    C: tl.constexpr, C_LO: tl.constexpr, C_HI: tl.constexpr,
    H: tl.constexpr, H_LO: tl.constexpr, H_HI: tl.constexpr,
    BATCH_TILE: tl.constexpr,
    UNIT_TILE: tl.constexpr,
):  # fmt: skip
    row = (tl.program_id(0) * BATCH_TILE + tl.arange(0, BATCH_TILE)).to(tl.int64)
    unit = tl.arange(0, UNIT_TILE)
    here = (row[:, None] < batch) & (unit[None, :] < HIDDEN)
    whole = (unit[:, None] < HIDDEN) & (unit[None, :] < HIDDEN)
    corner = unit[None, :] * HIDDEN + unit[:, None]
    matrix: tl.constexpr = HIDDEN * HIDDEN
    w_i = _load(weight, corner, whole).to(tl.float16)
    w_f = _load(weight, corner + matrix, whole).to(tl.float16)
    w_g = _load(weight, corner + 2 * matrix, whole).to(tl.float16)
    w_o = _load(weight, corner + 3 * matrix, whole).to(tl.float16)
    place = row[:, None] * (4 * HIDDEN) + unit[None, :]
    state = row[:, None] * HIDDEN + unit[None, :]
    h = _load(every_h, state, here)
    c = _load(every_c, state, here)
    x_i = _load(from_x, place, here)
    x_f = _load(from_x, place + HIDDEN, here)
    x_g = _load(from_x, place + 2 * HIDDEN, here)
    x_o = _load(from_x, place + 3 * HIDDEN, here)
    for t in range(steps):
        narrow = h.to(tl.float16)
        i = tl.dot(narrow, w_i, x_i)
        f = tl.dot(narrow, w_f, x_f)
        g = tl.dot(narrow, w_g, x_g)
        o = tl.dot(narrow, w_o, x_o)
        # What the next step needs is on its way while this one computes.
        ahead = place + batch * (4 * HIDDEN)
        more = here & (t + 1 < steps)
        x_i = _load(from_x, ahead, more)
        x_f = _load(from_x, ahead + HIDDEN, more)
        x_g = _load(from_x, ahead + 2 * HIDDEN, more)
        x_o = _load(from_x, ahead + 3 * HIDDEN, more)
        i = _rounded(tl.sigmoid(_rounded(i, P, P_LO, P_HI)), S, S_LO, S_HI)
        f = _rounded(tl.sigmoid(_rounded(f, P, P_LO, P_HI)), S, S_LO, S_HI)
        g = _rounded(_tanh(_rounded(g, P, P_LO, P_HI)), T, T_LO, T_HI)
        o = _rounded(tl.sigmoid(_rounded(o, P, P_LO, P_HI)), S, S_LO, S_HI)
        c = _rounded(f * c + i * g, C, C_LO, C_HI)
        h = _rounded(o * _tanh_of(c, P, P_LO, P_HI, T, T_LO, T_HI), H, H_LO, H_HI)
        tl.store(gates + place, i, mask=here)
        tl.store(gates + place + HIDDEN, f, mask=here)
        tl.store(gates + place + 2 * HIDDEN, g, mask=here)
        tl.store(gates + place + 3 * HIDDEN, o, mask=here)
        place = ahead
        state += batch * HIDDEN
        tl.store(every_c + state, c, mask=here)
        tl.store(every_h + state, h, mask=here)


@triton.jit
def _backward_all(
    weight,
    gates,
    every_c,
    grad_h,
    grad_c,
    grad_pre,
    steps,
    batch,
    HIDDEN: tl.constexpr,
    P: tl.constexpr, P_LO: tl.constexpr, P_HI: tl.constexpr,
    T: tl.constexpr, T_LO: tl.constexpr, T_HI: tl.constexpr,
    BATCH_TILE: tl.constexpr,
    UNIT_TILE: tl.constexpr,
):  # fmt: skip
    row = (tl.program_id(0) * BATCH_TILE + tl.arange(0, BATCH_TILE)).to(tl.int64)
    unit = tl.arange(0, UNIT_TILE)
    here = (row[:, None] < batch) & (unit[None, :] < HIDDEN)
    whole = (unit[:, None] < HIDDEN) & (unit[None, :] < HIDDEN)
    corner = unit[:, None] * HIDDEN + unit[None, :]
    matrix: tl.constexpr = HIDDEN * HIDDEN
    w_i = _load(weight, corner, whole).to(tl.float16)
    w_f = _load(weight, corner + matrix, whole).to(tl.float16)
    w_g = _load(weight, corner + 2 * matrix, whole).to(tl.float16)
    w_o = _load(weight, corner + 3 * matrix, whole).to(tl.float16)
    kept = grad_c + row[:, None] * HIDDEN + unit[None, :]
    dc = tl.load(kept, mask=here, other=0.0)
    last = steps.to(tl.int64) - 1
    place = (last * batch + row[:, None]) * (4 * HIDDEN) + unit[None, :]
    before = (last * batch + row[:, None]) * HIDDEN + unit[None, :]
    from_later = tl.zeros((BATCH_TILE, UNIT_TILE), tl.float32)
    i = _load(gates, place, here)
    f = _load(gates, place + HIDDEN, here)
    g = _load(gates, place + 2 * HIDDEN, here)
    o = _load(gates, place + 3 * HIDDEN, here)
    c_after = _load(every_c, before + batch * HIDDEN, here)
    c_before = _load(every_c, before, here)
    from_head = _load(grad_h, before + batch * HIDDEN, here)
    for back in range(steps):
        dh = from_head + from_later
        tanh_c = _tanh_of(c_after, P, P_LO, P_HI, T, T_LO, T_HI)
        dc += dh * o * (1 - tanh_c * tanh_c)
        d_i = dc * g * i * (1 - i)
        d_f = dc * c_before * f * (1 - f)
        d_g = dc * i * (1 - g * g)
        d_o = dh * tanh_c * o * (1 - o)
        dc *= f
        tl.store(grad_pre + place, d_i, mask=here)
        tl.store(grad_pre + place + HIDDEN, d_f, mask=here)
        tl.store(grad_pre + place + 2 * HIDDEN, d_g, mask=here)
        tl.store(grad_pre + place + 3 * HIDDEN, d_o, mask=here)
        # What the next step needs is on its way while this one computes.
        more = here & (back + 1 < steps)
        place -= batch * (4 * HIDDEN)
        before -= batch * HIDDEN
        c_after = c_before
        i = _load(gates, place, more)
        f = _load(gates, place + HIDDEN, more)
        g = _load(gates, place + 2 * HIDDEN, more)
        o = _load(gates, place + 3 * HIDDEN, more)
        c_before = _load(every_c, before, more)
        from_head = _load(grad_h, before + batch * HIDDEN, more)
        # Gradients may be too small for float16: each sequence is brought to 1 first.
        size = tl.maximum(tl.maximum(tl.abs(d_i), tl.abs(d_f)), tl.maximum(tl.abs(d_g), tl.abs(d_o)))
        size = tl.maximum(tl.max(size, axis=1), 1e-30)[:, None]
        later = tl.dot((d_i / size).to(tl.float16), w_i)
        later = tl.dot((d_f / size).to(tl.float16), w_f, later)
        later = tl.dot((d_g / size).to(tl.float16), w_g, later)
        later = tl.dot((d_o / size).to(tl.float16), w_o, later)
        from_later = later * size
    tl.store(kept, dc, mask=here)


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
    formats = _formats(rounding, "PSTCH")
    if hidden <= SMALL["UNIT_TILE"]:
        _forward_all[(triton.cdiv(batch, SMALL["BATCH_TILE"]),)](
            from_x, weight, gates, every_h, every_c, steps, batch, hidden, **formats, **SMALL
        )
        return
    for t in range(steps):
        _forward_step[_grid(batch, hidden)](
            from_x, weight, gates, every_h, every_c, t, batch, hidden, **formats, **TILE, **LAUNCH
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
    steps, batch, hidden = len(gates), *grad_c.shape
    formats = _formats(rounding, "PT")
    buffers = (weight, gates, every_c, grad_h, grad_c, grad_pre)
    if hidden <= SMALL["UNIT_TILE"]:
        _backward_all[(triton.cdiv(batch, SMALL["BATCH_TILE"]),)](
            *buffers, steps, batch, hidden, **formats, **SMALL
        )
        return
    for t in reversed(range(steps)):
        _backward_step[_grid(batch, hidden)](
            *buffers, t, steps, batch, hidden, **formats, **TILE, **LAUNCH
        )


def _grid(batch: int, hidden: int) -> tuple[int, int]:
    return triton.cdiv(batch, TILE["BATCH_TILE"]), triton.cdiv(hidden, TILE["UNIT_TILE"])


def _formats(rounding: Rounding | None, letters: str) -> dict[str, Any]:
    """Scale and range of each format that a kernel needs; a scale of 0 where nothing is rounded."""
    made: dict[str, Any] = {}
    for letter, form in zip("PSTCH", rounding or (None,) * 5, strict=True):
        if letter in letters:
            values = (0, 0, 0)
            if form is not None:
                values = (1 << form.frac, form.interval.lo, form.interval.hi)
            made |= zip((letter, f"{letter}_LO", f"{letter}_HI"), map(float, values), strict=True)
    return made
