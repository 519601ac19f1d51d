"""Shape and values that a tensor of a model must have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Interval

__all__ = ["Integers", "TensorSpec"]

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class TensorSpec:
    """A shape, and values: the weights of an arithmetic, or the integers of a range."""

    shape: tuple[int, ...]
    values: Arithmetic | Interval

    def check(self, name: str, tensor: Integers) -> None:
        """Raise `InputError` unless ``tensor`` has the shape and only values that are allowed."""
        if tensor.shape != self.shape:
            raise InputError(name, f"shape must be {list(self.shape)}", list(tensor.shape))
        if isinstance(self.values, Arithmetic):
            self.values.encode(tensor, thing=name)
            return
        bad = (tensor < self.values.lo) | (tensor > self.values.hi)
        if bad.any():
            row = int(np.argmax(bad))
            rule = f"must be {self.values.lo} to {self.values.hi}"
            raise InputError(f"{name}[{row}]", rule, int(tensor[row]))
