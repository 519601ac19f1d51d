"""Functions inside the Triton kernels of an LSTM."""

# mypy: disable-error-code="no-untyped-def, untyped-decorator, import-untyped"

from __future__ import annotations

import triton
import triton.language as tl

__all__ = ["load", "rounded", "tanh", "tanh_of"]


@triton.jit
def rounded(value, SCALE: tl.constexpr, LO: tl.constexpr, HI: tl.constexpr):
    """`train.rounding.rounded`; a scale of 0 leaves the value as it is."""
    if SCALE > 0:
        value = tl.minimum(tl.maximum(tl.floor(value * SCALE + 0.5), LO), HI) * (1.0 / SCALE)
    return value


@triton.jit
def tanh(value):
    """Hyperbolic tangent."""
    return 2 * tl.sigmoid(2 * value) - 1


@triton.jit
def tanh_of(c, P, P_LO, P_HI, T, T_LO, T_HI):
    """Of c, as the machine does it."""
    return rounded(tanh(rounded(c, P, P_LO, P_HI)), T, T_LO, T_HI)


@triton.jit
def load(base, place, mask):
    """What is there, and 0 elsewhere."""
    return tl.load(base + place, mask=mask, other=0.0)
