"""Operands of a layer: the vectors of which gate sums are made, and what meets them.

The sum of a gate row has an addend for each operand of its layer. An operand reads a vector, the
layer's input or its own last h, and says how sums are made of it; the normaliser then has a scale
for each. Today there is one way: a matrix of weights.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.formats import Interval
from pascaline.spec.tensorspec import TensorSpec

__all__ = ["Matrix", "Operand"]


@dataclass(frozen=True)
class Operand(ABC):
    """An addend of the gate sums of a layer.

    Attributes
    ----------
    name : str
        Ends the names of its tensors: ``weight_x``, ``scale_x``.
    vector : {"input", "state"}
        What it reads: the input of the layer, or its h as the last step, or phase, has left it.
    """

    name: str
    vector: Literal["input", "state"]

    @abstractmethod
    def tensors(self, rows: int, columns: int) -> dict[str, TensorSpec]:
        """Its tensors by name, without scales, for so many rows and elements of the vector."""

    @abstractmethod
    def sum(self, element: Interval, columns: int) -> Interval:
        """Range of a row's sum over so many elements of a range."""


@dataclass(frozen=True)
class Matrix(Operand):
    """A matrix of weights: ``sum_j weight[r, j] * vector[j]`` of each row r.

    Attributes
    ----------
    weights : Arithmetic
        What the weights may be.
    """

    weights: Arithmetic

    def tensors(self, rows: int, columns: int) -> dict[str, TensorSpec]:
        return {f"weight_{self.name}": TensorSpec((rows, columns), self.weights)}

    def sum(self, element: Interval, columns: int) -> Interval:
        return (self.weights.weights * element).times(columns)
