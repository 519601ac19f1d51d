"""All steps of a linear recurrence, or its last one, by few large products.

For ``h[t] = W h[t-1] + A x[t]``, with n elements of h and i of x. A loop over T steps is T small
products that wait for each other. Since the recurrence is linear, an h is a power of W times that
before the first step, and a sum of ``W^(t-s) A x[s]``:

- The last h is one product of all inputs with the kernel ``[W^(T-1) A ... W A, A]``, which is the
  same for all sequences: by doubling in ``log2 T`` products, with powers of W by squaring.
- Every h: the steps are cut into chunks; within a chunk one product with the kernel of its length.
  The ends of chunks obey a recurrence with a power of W, which is run for all at once by doubling
  (a parallel prefix). One product with powers of W brings what each chunk begins with to its steps.

A bias is an input that is 1. Where W is orthogonal its powers are, too, and nothing grows; still
they want all bits of float32 (no TF32).
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["every", "last"]

CHUNKS = (8, 64)
"""The smallest and the largest length of a chunk."""


def last(x: Tensor, taken: Tensor, kept: Tensor, h: Tensor | None = None) -> Tensor:
    """The h after the last step, (batch, n).

    Parameters
    ----------
    x : Tensor
        (steps, batch, i).
    taken : Tensor
        A, (n, i).
    kept : Tensor
        W, (n, n).
    h : Tensor, optional
        Before the first step, (batch, n), by default zeros.
    """
    steps, batch, inputs = x.shape
    # Turned, (steps, i, n): so a level is one product. It begins with what meets the last step.
    kernel, power = taken.T[None], kept.T
    while 2 * len(kernel) <= steps:
        kernel = torch.cat((kernel, kernel @ power))
        power = power @ power
    if len(kernel) < steps:
        kernel = torch.cat((kernel, kernel[: steps - len(kernel)] @ power))
    wide = kernel.reshape(steps * inputs, -1)
    found = x.flip(0).transpose(0, 1).reshape(batch, steps * inputs) @ wide
    return found if h is None else found + h @ _power(kept, steps).T


def every(x: Tensor, taken: Tensor, kept: Tensor, h: Tensor | None = None) -> Tensor:
    """The h before the first step and after every step, (steps + 1, batch, n); as in `last`."""
    (steps, batch, inputs), size = x.shape, len(kept)
    first = x.new_zeros(batch, size) if h is None else h
    chunk = _chunk(steps, inputs, size)
    count = -(-steps // chunk)
    # Steps behind the end change nothing before it.
    padded = torch.nn.functional.pad(x, (0, 0, 0, 0, 0, count * chunk - steps))
    apart = padded.reshape(count, chunk, batch, inputs).transpose(1, 2)
    powers = _powers(kept, chunk)
    kernel = torch.cat((taken[None], powers[:-1] @ taken))
    within = apart.reshape(count * batch, chunk * inputs) @ _lower(kernel)
    ends = within[:, -size:].reshape(count, batch, size)
    begins = _begins(ends, powers[-1], first)
    # From what a chunk begins with to each of its steps: W, W^2, ... side by side.
    spread = powers.permute(2, 0, 1).reshape(size, chunk * size)
    made = torch.addmm(within, begins.reshape(count * batch, size), spread)
    made = made.reshape(count, batch, chunk, size).transpose(1, 2)
    return torch.cat((first[None], made.reshape(count * chunk, batch, size)[:steps]))


def _chunk(steps: int, inputs: int, size: int) -> int:
    """Steps of a chunk: as many as the product within it is no dearer than that across chunks."""
    least, most = CHUNKS
    chunk = least
    while 2 * chunk <= most and chunk * inputs < size and chunk * chunk < steps:
        chunk *= 2
    return chunk


def _powers(kept: Tensor, count: int) -> Tensor:
    """``[W, W^2, ...]``, (count, n, n), for a power of two."""
    powers = kept[None]
    while len(powers) < count:
        powers = torch.cat((powers, powers @ powers[-1]))
    return powers


def _power(kept: Tensor, exponent: int) -> Tensor:
    """``W^exponent`` by squaring."""
    made = None
    while exponent:
        if exponent & 1:
            made = kept if made is None else made @ kept
        exponent >>= 1
        if exponent:
            kept = kept @ kept
    assert made is not None
    return made


def _lower(kernel: Tensor) -> Tensor:
    """From all inputs of a chunk to all its h: (chunk * i, chunk * n), for a kernel (chunk, n, i).

    Input s meets h after step t with ``kernel[t - s]``, or with zeros if it comes later.
    """
    chunk, size, inputs = kernel.shape
    ordered = torch.cat((kernel.flip(0), kernel.new_zeros(chunk - 1, size, inputs)))
    # Window a holds places a + s: that of kernel[t - s] for t = chunk - 1 - a.
    windows = ordered.unfold(0, chunk, 1).flip(0)
    return windows.permute(3, 2, 0, 1).reshape(chunk * inputs, chunk * size)


def _begins(ends: Tensor, power: Tensor, first: Tensor) -> Tensor:
    """What each chunk begins with, (chunks, batch, n).

    Parameters
    ----------
    ends : Tensor
        What each would end with if it began with zeros, (chunks, batch, n).
    power : Tensor
        What a chunk does to its beginning, (n, n).
    first : Tensor
        What the first one begins with, (batch, n).
    """
    begins, reach = torch.cat((first[None], ends[:-1])), 1
    while reach < len(begins):
        begins = torch.cat((begins[:reach], begins[reach:] + begins[:-reach] @ power.T))
        power, reach = power @ power, 2 * reach
    return begins
