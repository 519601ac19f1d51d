"""Triton kernels of all steps of an LSTM, for layers of few units.

A program keeps all weights in its registers, in float16 (11 significant bits, as TF32 has), and
goes through all steps of some sequences: nothing is launched in between.
"""

# mypy: disable-error-code="no-untyped-def, untyped-decorator, import-untyped"

from __future__ import annotations

import triton
import triton.language as tl

from pascaline.train.kernel_parts import load, rounded, tanh, tanh_of

__all__ = ["backward_all", "forward_all"]


@triton.jit
def forward_all(
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
    """Gates, c and h of all steps of some sequences."""
    row = (tl.program_id(0) * BATCH_TILE + tl.arange(0, BATCH_TILE)).to(tl.int64)
    unit = tl.arange(0, UNIT_TILE)
    here = (row[:, None] < batch) & (unit[None, :] < HIDDEN)
    whole = (unit[:, None] < HIDDEN) & (unit[None, :] < HIDDEN)
    corner = unit[None, :] * HIDDEN + unit[:, None]
    matrix: tl.constexpr = HIDDEN * HIDDEN
    w_i = load(weight, corner, whole).to(tl.float16)
    w_f = load(weight, corner + matrix, whole).to(tl.float16)
    w_g = load(weight, corner + 2 * matrix, whole).to(tl.float16)
    w_o = load(weight, corner + 3 * matrix, whole).to(tl.float16)
    place = row[:, None] * (4 * HIDDEN) + unit[None, :]
    state = row[:, None] * HIDDEN + unit[None, :]
    h = load(every_h, state, here)
    c = load(every_c, state, here)
    x_i = load(from_x, place, here)
    x_f = load(from_x, place + HIDDEN, here)
    x_g = load(from_x, place + 2 * HIDDEN, here)
    x_o = load(from_x, place + 3 * HIDDEN, here)
    for t in range(steps):
        narrow = h.to(tl.float16)
        i = tl.dot(narrow, w_i, x_i)
        f = tl.dot(narrow, w_f, x_f)
        g = tl.dot(narrow, w_g, x_g)
        o = tl.dot(narrow, w_o, x_o)
        # What the next step needs is on its way while this one computes.
        ahead = place + batch * (4 * HIDDEN)
        more = here & (t + 1 < steps)
        x_i = load(from_x, ahead, more)
        x_f = load(from_x, ahead + HIDDEN, more)
        x_g = load(from_x, ahead + 2 * HIDDEN, more)
        x_o = load(from_x, ahead + 3 * HIDDEN, more)
        i = rounded(tl.sigmoid(rounded(i, P, P_LO, P_HI)), S, S_LO, S_HI)
        f = rounded(tl.sigmoid(rounded(f, P, P_LO, P_HI)), S, S_LO, S_HI)
        g = rounded(tanh(rounded(g, P, P_LO, P_HI)), T, T_LO, T_HI)
        o = rounded(tl.sigmoid(rounded(o, P, P_LO, P_HI)), S, S_LO, S_HI)
        c = rounded(f * c + i * g, C, C_LO, C_HI)
        h = rounded(o * tanh_of(c, P, P_LO, P_HI, T, T_LO, T_HI), H, H_LO, H_HI)
        tl.store(gates + place, i, mask=here)
        tl.store(gates + place + HIDDEN, f, mask=here)
        tl.store(gates + place + 2 * HIDDEN, g, mask=here)
        tl.store(gates + place + 3 * HIDDEN, o, mask=here)
        place = ahead
        state += batch * HIDDEN
        tl.store(every_c + state, c, mask=here)
        tl.store(every_h + state, h, mask=here)


# A sequence of one step would make a constant of the number of steps.
@triton.jit(do_not_specialize=["steps"])
def backward_all(
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
    """Gradients of the pre-activations of all steps of some sequences."""
    row = (tl.program_id(0) * BATCH_TILE + tl.arange(0, BATCH_TILE)).to(tl.int64)
    unit = tl.arange(0, UNIT_TILE)
    here = (row[:, None] < batch) & (unit[None, :] < HIDDEN)
    whole = (unit[:, None] < HIDDEN) & (unit[None, :] < HIDDEN)
    corner = unit[:, None] * HIDDEN + unit[None, :]
    matrix: tl.constexpr = HIDDEN * HIDDEN
    w_i = load(weight, corner, whole).to(tl.float16)
    w_f = load(weight, corner + matrix, whole).to(tl.float16)
    w_g = load(weight, corner + 2 * matrix, whole).to(tl.float16)
    w_o = load(weight, corner + 3 * matrix, whole).to(tl.float16)
    kept = grad_c + row[:, None] * HIDDEN + unit[None, :]
    dc = tl.load(kept, mask=here, other=0.0)
    last = steps.to(tl.int64) - 1
    place = (last * batch + row[:, None]) * (4 * HIDDEN) + unit[None, :]
    before = (last * batch + row[:, None]) * HIDDEN + unit[None, :]
    from_later = tl.zeros((BATCH_TILE, UNIT_TILE), tl.float32)
    i = load(gates, place, here)
    f = load(gates, place + HIDDEN, here)
    g = load(gates, place + 2 * HIDDEN, here)
    o = load(gates, place + 3 * HIDDEN, here)
    c_after = load(every_c, before + batch * HIDDEN, here)
    c_before = load(every_c, before, here)
    from_head = load(grad_h, before + batch * HIDDEN, here)
    for back in range(steps):
        dh = from_head + from_later
        tanh_c = tanh_of(c_after, P, P_LO, P_HI, T, T_LO, T_HI)
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
        i = load(gates, place, more)
        f = load(gates, place + HIDDEN, more)
        g = load(gates, place + 2 * HIDDEN, more)
        o = load(gates, place + 3 * HIDDEN, more)
        c_before = load(every_c, before, more)
        from_head = load(grad_h, before + batch * HIDDEN, more)
        # Gradients may be too small for float16: each sequence is brought to 1 first.
        size = tl.maximum(
            tl.maximum(tl.abs(d_i), tl.abs(d_f)), tl.maximum(tl.abs(d_g), tl.abs(d_o))
        )
        size = tl.maximum(tl.max(size, axis=1), 1e-30)[:, None]
        later = tl.dot((d_i / size).to(tl.float16), w_i)
        later = tl.dot((d_f / size).to(tl.float16), w_f, later)
        later = tl.dot((d_g / size).to(tl.float16), w_g, later)
        later = tl.dot((d_o / size).to(tl.float16), w_o, later)
        from_later = later * size
    tl.store(kept, dc, mask=here)
