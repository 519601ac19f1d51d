"""What a file of tensors gives."""

from __future__ import annotations

from typing import NamedTuple

from pascaline.data.arrays import Arrays
from pascaline.importers.labels import Labels

__all__ = ["Checkpoint"]


class Checkpoint(NamedTuple):
    """Tensors of a file.

    Attributes
    ----------
    tensors : Arrays
        Those that were asked for, by name, in the order of the file if it keeps one.
    left_out : tuple of str
        Names of what is beside the network in the file.
    labels : Labels or None
        Names of classes among it.
    """

    tensors: Arrays
    left_out: tuple[str, ...] = ()
    labels: Labels | None = None
