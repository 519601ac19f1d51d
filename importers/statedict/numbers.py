"""Tensors of a file as real numbers, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pascaline.importers.freeze import Reals
from pascaline.spec.errors import InputError

__all__ = ["matrix_shape", "reals"]


def reals(
    tensors: Mapping[str, NDArray[Any]], name: str, shape: tuple[int, ...] | None = None
) -> Reals:
    """A tensor in float64.

    Parameters
    ----------
    tensors : mapping of str to array
        The tensors.
    name : str
        Which one.
    shape : tuple of int, optional
        What its shape must be.

    Raises
    ------
    InputError
        If it is of another type or shape, or has a value that is not finite.
    """
    array = np.asarray(tensors[name])
    if array.dtype.kind not in "fiu":
        raise InputError(name, "must hold real numbers", array.dtype.name)
    if shape is not None and array.shape != shape:
        raise InputError(name, f"shape must be {list(shape)}", list(array.shape))
    with np.errstate(over="ignore"):
        found = array.astype(np.float64)
    good = np.isfinite(found)
    if not good.all():
        place = ", ".join(map(str, np.argwhere(~good)[0]))
        raise InputError(f"{name}[{place}]", "must be finite", float(found[~good][0]))
    return found


def matrix_shape(tensors: Mapping[str, NDArray[Any]], name: str) -> tuple[int, int]:
    """Rows and columns of a tensor; raises `InputError` if it is no matrix."""
    shape = np.shape(tensors[name])
    if len(shape) != 2 or 0 in shape:
        raise InputError(name, "must be a matrix", list(shape))
    return shape[0], shape[1]
