"""Triton kernels of one step of an LSTM whose sums are standardised, for layers of any size.

Sums of a gate are standardised over all of its rows, so a step is two kernels each way: the sums
of all rows, tile by tile, and then a program for each sequence that has all of them.
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator, import-untyped"

from __future__ import annotations

import triton
import triton.language as tl

from pascaline.train.kernel_parts import rounded, tanh, tanh_of

__all__ = ["product_back", "product_step", "unit_back", "unit_step"]


@triton.jit(do_not_specialize=["t"])
def product_step(
    every_h,
    weight,
    sums,
    t,
    batch,
    HIDDEN: tl.constexpr,
    BATCH_TILE: tl.constexpr,
    ROW_TILE: tl.constexpr,
    DEPTH: tl.constexpr,
):
    """Sums of all rows in step t."""
    row = tl.program_id(0) * BATCH_TILE + tl.arange(0, BATCH_TILE)
    place = tl.program_id(1) * ROW_TILE + tl.arange(0, ROW_TILE)
    at = t.to(tl.int64) * batch
    found = tl.zeros((BATCH_TILE, ROW_TILE), tl.float32)
    for first in range(0, HIDDEN, DEPTH):
        k = first + tl.arange(0, DEPTH)
        h_mask = (row[:, None] < batch) & (k[None, :] < HIDDEN)
        h = tl.load(every_h + (at + row[:, None]) * HIDDEN + k[None, :], mask=h_mask, other=0.0)
        w_mask = (place[None, :] < 4 * HIDDEN) & (k[:, None] < HIDDEN)
        w = tl.load(weight + place[None, :] * HIDDEN + k[:, None], mask=w_mask, other=0.0)
        found = tl.dot(h, w, found, input_precision="tf32")
    here = (row[:, None] < batch) & (place[None, :] < 4 * HIDDEN)
    tl.store(sums + (at + row[:, None]) * (4 * HIDDEN) + place[None, :], found, mask=here)


@triton.jit(do_not_specialize=["t"])
def product_back(
    grad_sums,
    weight,
    grad_from,
    t,
    batch,
    HIDDEN: tl.constexpr,
    BATCH_TILE: tl.constexpr,
    UNIT_TILE: tl.constexpr,
    DEPTH: tl.constexpr,
):
    """Gradient of the h that step t has read."""
    row = tl.program_id(0) * BATCH_TILE + tl.arange(0, BATCH_TILE)
    unit = tl.program_id(1) * UNIT_TILE + tl.arange(0, UNIT_TILE)
    at = t.to(tl.int64) * batch
    found = tl.zeros((BATCH_TILE, UNIT_TILE), tl.float32)
    for first in range(0, 4 * HIDDEN, DEPTH):
        k = first + tl.arange(0, DEPTH)
        d_mask = (row[:, None] < batch) & (k[None, :] < 4 * HIDDEN)
        d_place = (at + row[:, None]) * (4 * HIDDEN) + k[None, :]
        d = tl.load(grad_sums + d_place, mask=d_mask, other=0.0)
        w_mask = (unit[None, :] < HIDDEN) & (k[:, None] < 4 * HIDDEN)
        w = tl.load(weight + k[:, None] * HIDDEN + unit[None, :], mask=w_mask, other=0.0)
        found = tl.dot(d, w, found, input_precision="tf32")
    here = (row[:, None] < batch) & (unit[None, :] < HIDDEN)
    tl.store(grad_from + row[:, None] * HIDDEN + unit[None, :], found, mask=here)


@triton.jit
def apart_of(sums, here, HIDDEN: tl.constexpr):
    """Sums of a gate less their mean."""
    mean = tl.sum(tl.where(here, sums, 0.0)) / HIDDEN
    return tl.where(here, sums - mean, 0.0)


@triton.jit
def spread_of(apart, HIDDEN: tl.constexpr, MAD: tl.constexpr, EPSILON: tl.constexpr):
    """What they are divided by."""
    if MAD:
        return tl.sum(tl.abs(apart)) / HIDDEN + EPSILON
    return tl.sqrt(tl.sum(apart * apart) / HIDDEN + EPSILON * EPSILON)


@triton.jit
def pre_of(
    from_x, sums, gain, here,
    HIDDEN: tl.constexpr, MAD: tl.constexpr, EPSILON: tl.constexpr,
    N: tl.constexpr, N_LO: tl.constexpr, N_HI: tl.constexpr,
    P: tl.constexpr, P_LO: tl.constexpr, P_HI: tl.constexpr,
):  # fmt: skip
    """Pre-activations of a gate."""
    apart = apart_of(tl.load(sums, mask=here, other=0.0), here, HIDDEN)
    normal = rounded(apart / spread_of(apart, HIDDEN, MAD, EPSILON), N, N_LO, N_HI)
    scaled = tl.load(gain, mask=here, other=0.0) * normal
    return rounded(tl.load(from_x, mask=here, other=0.0) + scaled, P, P_LO, P_HI)


@triton.jit(do_not_specialize=["t"])
def unit_step(
    from_x,
    sums,
    gain,
    gates,
    every_h,
    every_c,
    t,
    batch,
    HIDDEN: tl.constexpr, BLOCK: tl.constexpr, MAD: tl.constexpr, EPSILON: tl.constexpr,
    N: tl.constexpr, N_LO: tl.constexpr, N_HI: tl.constexpr,
    P: tl.constexpr, P_LO: tl.constexpr, P_HI: tl.constexpr,
    S: tl.constexpr, S_LO: tl.constexpr, S_HI: tl.constexpr,
    T: tl.constexpr, T_LO: tl.constexpr, T_HI: tl.constexpr,
    C: tl.constexpr, C_LO: tl.constexpr, C_HI: tl.constexpr,
    H: tl.constexpr, H_LO: tl.constexpr, H_HI: tl.constexpr,
):  # fmt: skip
    """Gates, c and h of step t, of one sequence."""
    row, unit = tl.program_id(0), tl.arange(0, BLOCK)
    here = unit < HIDDEN
    at = t.to(tl.int64) * batch + row
    place = at * (4 * HIDDEN) + unit
    i = pre_of(from_x + place, sums + place, gain + unit, here,
               HIDDEN, MAD, EPSILON, N, N_LO, N_HI, P, P_LO, P_HI)  # fmt: skip
    i = rounded(tl.sigmoid(i), S, S_LO, S_HI)
    place += HIDDEN
    f = pre_of(from_x + place, sums + place, gain + HIDDEN + unit, here,
               HIDDEN, MAD, EPSILON, N, N_LO, N_HI, P, P_LO, P_HI)  # fmt: skip
    f = rounded(tl.sigmoid(f), S, S_LO, S_HI)
    place += HIDDEN
    g = pre_of(from_x + place, sums + place, gain + 2 * HIDDEN + unit, here,
               HIDDEN, MAD, EPSILON, N, N_LO, N_HI, P, P_LO, P_HI)  # fmt: skip
    g = rounded(tanh(g), T, T_LO, T_HI)
    place += HIDDEN
    o = pre_of(from_x + place, sums + place, gain + 3 * HIDDEN + unit, here,
               HIDDEN, MAD, EPSILON, N, N_LO, N_HI, P, P_LO, P_HI)  # fmt: skip
    o = rounded(tl.sigmoid(o), S, S_LO, S_HI)
    before = at * HIDDEN + unit
    after = before + batch * HIDDEN
    c = rounded(f * tl.load(every_c + before, mask=here, other=0.0) + i * g, C, C_LO, C_HI)
    h = rounded(o * tanh_of(c, P, P_LO, P_HI, T, T_LO, T_HI), H, H_LO, H_HI)
    place = at * (4 * HIDDEN) + unit
    tl.store(gates + place, i, mask=here)
    tl.store(gates + place + HIDDEN, f, mask=here)
    tl.store(gates + place + 2 * HIDDEN, g, mask=here)
    tl.store(gates + place + 3 * HIDDEN, o, mask=here)
    tl.store(every_c + after, c, mask=here)
    tl.store(every_h + after, h, mask=here)


@triton.jit
def back_through(
    grad, sums, gain, here, HIDDEN: tl.constexpr, MAD: tl.constexpr, EPSILON: tl.constexpr
):
    """Gradient of the sums of a gate from that of its pre-activations."""
    apart = apart_of(tl.load(sums, mask=here, other=0.0), here, HIDDEN)
    spread = spread_of(apart, HIDDEN, MAD, EPSILON)
    scaled = tl.where(here, grad * tl.load(gain, mask=here, other=0.0), 0.0) / spread
    share = tl.sum(scaled * apart) / (HIDDEN * spread)
    if MAD:
        sign = tl.where(apart > 0, 1.0, tl.where(apart < 0, -1.0, 0.0))
        scaled -= share * sign
    else:
        scaled -= share * apart / spread
    return scaled - tl.sum(tl.where(here, scaled, 0.0)) / HIDDEN


@triton.jit(do_not_specialize=["t"])
def unit_back(
    sums,
    gain,
    gates,
    every_c,
    grad_h,
    grad_from,
    grad_c,
    grad_pre,
    grad_sums,
    t,
    steps,
    batch,
    HIDDEN: tl.constexpr, BLOCK: tl.constexpr, MAD: tl.constexpr, EPSILON: tl.constexpr,
    P: tl.constexpr, P_LO: tl.constexpr, P_HI: tl.constexpr,
    T: tl.constexpr, T_LO: tl.constexpr, T_HI: tl.constexpr,
):  # fmt: skip
    """Gradients of pre-activations and sums of step t; that of c goes one step back."""
    row, unit = tl.program_id(0), tl.arange(0, BLOCK)
    here = unit < HIDDEN
    at = t.to(tl.int64) * batch + row
    place, before = at * (4 * HIDDEN) + unit, at * HIDDEN + unit
    after = before + batch * HIDDEN
    dh = tl.load(grad_h + after, mask=here, other=0.0)
    if t + 1 < steps:
        dh += tl.load(grad_from + row * HIDDEN + unit, mask=here, other=0.0)
    i = tl.load(gates + place, mask=here, other=0.0)
    f = tl.load(gates + place + HIDDEN, mask=here, other=0.0)
    g = tl.load(gates + place + 2 * HIDDEN, mask=here, other=0.0)
    o = tl.load(gates + place + 3 * HIDDEN, mask=here, other=0.0)
    c_before = tl.load(every_c + before, mask=here, other=0.0)
    c_after = tl.load(every_c + after, mask=here, other=0.0)
    tanh_c = tanh_of(c_after, P, P_LO, P_HI, T, T_LO, T_HI)
    kept = grad_c + row * HIDDEN + unit
    dc = tl.load(kept, mask=here, other=0.0) + dh * o * (1 - tanh_c * tanh_c)
    tl.store(kept, dc * f, mask=here)
    grad = dc * g * i * (1 - i)
    tl.store(grad_pre + place, grad, mask=here)
    grad = back_through(grad, sums + place, gain + unit, here, HIDDEN, MAD, EPSILON)
    tl.store(grad_sums + place, grad, mask=here)
    place += HIDDEN
    grad = dc * c_before * f * (1 - f)
    tl.store(grad_pre + place, grad, mask=here)
    grad = back_through(grad, sums + place, gain + HIDDEN + unit, here, HIDDEN, MAD, EPSILON)
    tl.store(grad_sums + place, grad, mask=here)
    place += HIDDEN
    grad = dc * i * (1 - g * g)
    tl.store(grad_pre + place, grad, mask=here)
    grad = back_through(grad, sums + place, gain + 2 * HIDDEN + unit, here, HIDDEN, MAD, EPSILON)
    tl.store(grad_sums + place, grad, mask=here)
    place += HIDDEN
    grad = dh * tanh_c * o * (1 - o)
    tl.store(grad_pre + place, grad, mask=here)
    grad = back_through(grad, sums + place, gain + 3 * HIDDEN + unit, here, HIDDEN, MAD, EPSILON)
    tl.store(grad_sums + place, grad, mask=here)
