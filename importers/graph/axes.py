"""Which axis of an array is time, and which the batch: found by changing a slice at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Axes", "axis_of", "flat", "unflat"]

Array = NDArray[Any]

SAME = 1e-11
"""Of the largest magnitude of an array: what two of its values may differ by and be the same."""


class Axes(NamedTuple):
    """Axes of steps and of sequences of a batch; ``None``: there is one step, or one sequence.

    All others are elements of a vector.
    """

    time: int | None
    batch: int | None


def axis_of(change: Callable[[int], Array], base: Array, size: int) -> int | None:
    """The axis of an array that changes in one place alone, the one where its source changes.

    Parameters
    ----------
    change : callable
        The array after the source has been changed at an index of one of its axes.
    base : array
        It before that.
    size : int
        Places of that axis of the source.
    """
    candidates = [axis for axis, length in enumerate(base.shape) if length == size]
    if not candidates:
        return None
    close = SAME * float(np.abs(base).max(initial=0))
    for place in sorted({0, size // 2, size - 1}):
        after = change(place)
        if after.shape != base.shape:
            return None
        differs = ~(np.abs(after - base) <= close)
        candidates = [axis for axis in candidates if _alone(differs, axis, place)]
    return candidates[0] if candidates else None


def flat(array: Array, axes: Axes) -> Array:
    """An array as (steps, batch, elements)."""
    moved = [axis for axis in axes if axis is not None]
    front = np.moveaxis(array, moved, range(len(moved)))
    steps = 1 if axes.time is None else array.shape[axes.time]
    batch = 1 if axes.batch is None else array.shape[axes.batch]
    return front.reshape(steps, batch, -1)


def unflat(vectors: Array, axes: Axes, shape: Sequence[int]) -> Array:
    """The array of that shape of which `flat` makes these vectors."""
    order = [axis for axis in axes if axis is not None]
    order += [axis for axis in range(len(shape)) if axis not in order]
    front = vectors.reshape([shape[axis] for axis in order])
    return np.moveaxis(front, range(len(shape)), order)


def _alone(differs: NDArray[np.bool_], axis: int, place: int) -> bool:
    others = tuple(k for k in range(differs.ndim) if k != axis)
    where = np.asarray(differs.any(axis=others))
    return bool(where[place]) and int(where.sum()) == 1
