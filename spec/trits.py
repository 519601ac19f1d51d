"""The packed code of ternary weights: five in a byte, 1.6 bits each (log2(3) is 1.585).

Three weights are in five bits ``c``, the other two in three bits ``t``:

- where bits 4 to 2 of the byte are all 1, ``t`` stands for (2, 2) and ``c`` is bits 0, 1, 5, 6, 7;
  otherwise ``t`` is bits 5 to 7 and ``c`` bits 0 to 4, the lowest first;
- the lower two bits of ``t`` are the first weight and its third bit is the second, but 3 stands for
  a 2 of the second, and the third bit is then the first;
- ``c`` is three weights of two, two and one bits, in which 3 stands for a 2 of the third, too; see
  `unpack_trits`.

Numbers 0, 1, 2 stand for weights 0, 1, -1. Cheap to decode in gates: no division by 3. The idea is
that of the trit blocks of ASTC textures (Khronos Data Format Specification, 23.11).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["GROUP", "pack_trits", "unpack_trits"]

GROUP = 5
"""Weights in a byte."""


def unpack_trits(codes: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Weights -1, 0, 1 from bytes: shape (...) to (..., 5)."""
    bit = [(codes >> k) & 1 for k in range(8)]
    escape = bit[4] & bit[3] & bit[2]
    c = [bit[0], bit[1], *(np.where(escape, bit[k + 3], bit[k]) for k in (2, 3, 4))]

    pair = bit[5] + 2 * bit[6]
    fourth = np.where(escape, 2, np.where(pair == 3, bit[7], pair))
    fifth = np.where(escape | (pair == 3), 2, bit[7])

    low, high, top = c[0] + 2 * c[1], c[2] + 2 * c[3], c[4]
    first = np.where(low == 3, high, low)
    second = np.where(low == 3, top, np.where(high == 3, 2, high))
    third = np.where((low == 3) | (high == 3), 2, top)
    numbers = np.stack([first, second, third, fourth, fifth], axis=-1)
    weights: NDArray[np.int8] = np.array([0, 1, -1, 0], dtype=np.int8)[numbers]
    return weights


def pack_trits(weights: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Bytes from weights -1, 0, 1: shape (..., 5) to (...)."""
    places = 3 ** np.arange(GROUP)
    packed: NDArray[np.uint8] = _codes()[(np.asarray(weights) + 1) @ places]
    return packed


@cache
def _codes() -> NDArray[np.uint8]:
    """The smallest byte for each of the 243 groups of five."""
    numbers = (unpack_trits(np.arange(256, dtype=np.uint8)) + 1) @ (3 ** np.arange(GROUP))
    first: NDArray[np.intp] = np.unique(numbers, return_index=True)[1]
    assert len(first) == 3**GROUP
    return first.astype(np.uint8)
