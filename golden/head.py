"""The head, bit-exact."""

from __future__ import annotations

import numpy as np

from pascaline.golden.product import Product
from pascaline.golden.rounding import Integers
from pascaline.spec.formats import Format
from pascaline.spec.tensors import HeadTensors

__all__ = ["Head", "classify"]


class Head:
    """Logits of h.

    Parameters
    ----------
    tensors : HeadTensors
        Integers of the head.
    h : Format
        Format of its input.
    rectified : bool
        Whether it sees ``max(h, 0)``.
    """

    def __init__(self, tensors: HeadTensors, h: Format, *, rectified: bool = False) -> None:
        self._tensors, self._rectified = tensors, rectified
        self._product = Product(tensors.met, h.interval)

    def __call__(self, h: Integers) -> Integers:
        """Exact logits, shape (batch, classes), for h of shape (batch, hidden)."""
        scale = 1 if self._tensors.scale is None else self._tensors.scale
        seen = np.maximum(h, 0) if self._rectified else h
        return scale * self._product(seen) + self._tensors.bias


def classify(logits: Integers) -> Integers:
    """Index of the largest logit along the last axis; of equal ones the first."""
    return np.asarray(np.argmax(logits, axis=-1), dtype=np.int64)
