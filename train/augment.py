"""Augmentation: small changes of a sequence that leave its class as it is.

Each time that a sequence is learned it is changed anew, so that a network cannot learn sequences
by heart.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spec.tensors import Integers

__all__ = ["Augmentation", "shift"]

Augmentation = Callable[[Integers, np.random.Generator], Integers]
"""From a sequence of integers (steps, inputs) to one of the same shape."""


def shift(reach: int) -> Augmentation:
    """Move an image by up to ``reach`` places along each axis; zeros come in at the edges."""

    def augment(sequence: Integers, rng: np.random.Generator) -> Integers:
        steps, inputs = sequence.shape
        first_step, first_input = rng.integers(0, 2 * reach, 2, endpoint=True)
        wide = np.zeros((steps + 2 * reach, inputs + 2 * reach), dtype=np.int64)
        wide[first_step : first_step + steps, first_input : first_input + inputs] = sequence
        return wide[reach : reach + steps, reach : reach + inputs]

    return augment
