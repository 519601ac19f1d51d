"""Triton kernels of one step of an LSTM, for layers of any size.

A program computes a tile of units of some sequences: all four gates, so that the element-wise part
follows the products without a way through memory. Products take operands rounded to TF32 (11
significant bits: any h of 12 bits, and weights of a row that are one scale times -1, 0 or 1, up to
a rounding of that scale) and add in float32.
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator, import-untyped"

from __future__ import annotations

import triton
import triton.language as tl

from pascaline.train.kernel_parts import rounded, tanh, tanh_of

__all__ = ["backward_step", "forward_step"]


@triton.jit(do_not_specialize=["t"])
def forward_step(
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
    """Gates, c and h of step t."""
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
    i = rounded(tl.sigmoid(rounded(i, P, P_LO, P_HI)), S, S_LO, S_HI)
    f = rounded(tl.sigmoid(rounded(f, P, P_LO, P_HI)), S, S_LO, S_HI)
    g = rounded(tanh(rounded(g, P, P_LO, P_HI)), T, T_LO, T_HI)
    o = rounded(tl.sigmoid(rounded(o, P, P_LO, P_HI)), S, S_LO, S_HI)
    before = (at + row[:, None]) * HIDDEN + unit[None, :]
    after = before + batch * HIDDEN
    c = rounded(f * tl.load(every_c + before, mask=here, other=0.0) + i * g, C, C_LO, C_HI)
    h = rounded(o * tanh_of(c, P, P_LO, P_HI, T, T_LO, T_HI), H, H_LO, H_HI)
    tl.store(gates + place, i, mask=here)
    tl.store(gates + place + HIDDEN, f, mask=here)
    tl.store(gates + place + 2 * HIDDEN, g, mask=here)
    tl.store(gates + place + 3 * HIDDEN, o, mask=here)
    tl.store(every_c + after, c, mask=here)
    tl.store(every_h + after, h, mask=here)


@triton.jit(do_not_specialize=["t"])
def backward_step(
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
    """Gradient of the pre-activations of step t; that of c goes one step back."""
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
    tanh_c = tanh_of(c_after, P, P_LO, P_HI, T, T_LO, T_HI)
    kept = grad_c + row[:, None] * HIDDEN + unit[None, :]
    dc = tl.load(kept, mask=here, other=0.0) + dh * o * (1 - tanh_c * tanh_c)
    tl.store(grad_pre + place, dc * g * i * (1 - i), mask=here)
    tl.store(grad_pre + place + HIDDEN, dc * c_before * f * (1 - f), mask=here)
    tl.store(grad_pre + place + 2 * HIDDEN, dc * i * (1 - g * g), mask=here)
    tl.store(grad_pre + place + 3 * HIDDEN, dh * tanh_c * o * (1 - o), mask=here)
    tl.store(kept, dc * f, mask=here)
