"""Operands of a layer: the vectors of which gate sums are made, and what meets them.

The sum of a gate row has an addend for each operand of its layer. An operand reads a vector, the
layer's input or its own last h, and says how sums are made of it; the normaliser then has a scale
for each. A matrix of weights is read by the lanes; a transform has hardware of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.formats import Interval
from pascaline.spec.tensorspec import Integers, TensorSpec

__all__ = ["Matrix", "Operand", "Walsh", "met"]


def met(tensors: Mapping[str, Integers], name: str) -> Integers:
    """What meets elements in a matrix of that name: its weights, less its zero point if any."""
    weights, zero = tensors[f"weight_{name}"], tensors.get(f"zero_{name}")
    return weights if zero is None else weights - zero


@dataclass(frozen=True)
class Operand(ABC):
    """An addend of the gate sums of a layer.

    Attributes
    ----------
    name : str
        Ends the names of its tensors: ``weight_x``, ``scale_x``.
    vector : {"input", "state"}
        What it reads: the input of the layer, or its h as the last step, or phase, has left it.
    on_lanes : bool
        Whether lanes read it, chunk by chunk.
    """

    on_lanes: ClassVar[bool]

    name: str
    vector: Literal["input", "state"]

    @abstractmethod
    def tensors(self, rows: int, columns: int) -> dict[str, TensorSpec]:
        """Its tensors by name, without scales, for so many rows and elements of the vector."""

    @abstractmethod
    def sum(self, element: Interval, columns: int) -> Interval:
        """Range of a row's sum over so many elements of a range."""

    @abstractmethod
    def deviation(
        self, tensors: Mapping[str, Integers], rows: int, columns: int
    ) -> NDArray[np.float64]:
        """Standard deviation of each row's sum, for independent elements of deviation 1."""


@dataclass(frozen=True)
class Matrix(Operand):
    """A matrix of weights: ``sum_j (weight[r, j] - zero) * vector[j]`` of each row r.

    Without a zero point ``zero`` is 0. With one, a weight stands for its distance from it, so that
    a range that is not symmetric has all the weights of an arithmetic: asymmetric uniform.

    Attributes
    ----------
    weights : Arithmetic
        What the weights may be.
    zero_point : bool
        Whether there is a zero point, one of the whole matrix.
    """

    weights: Arithmetic
    zero_point: bool = False

    on_lanes: ClassVar[bool] = True

    @property
    def zeros(self) -> Interval:
        """What the zero point may be."""
        return self.weights.weights if self.zero_point else Interval(0, 0)

    def tensors(self, rows: int, columns: int) -> dict[str, TensorSpec]:
        found = {f"weight_{self.name}": TensorSpec((rows, columns), self.weights)}
        if self.zero_point:
            found[f"zero_{self.name}"] = TensorSpec((1,), self.zeros)
        return found

    def sum(self, element: Interval, columns: int) -> Interval:
        return ((self.weights.weights + -self.zeros) * element).times(columns)

    def deviation(
        self, tensors: Mapping[str, Integers], rows: int, columns: int
    ) -> NDArray[np.float64]:
        if self.zero_point:
            square = np.square(met(tensors, self.name))
            return np.asarray(np.sqrt(square.sum(axis=1, dtype=np.float64)))
        weights = tensors[f"weight_{self.name}"]
        return np.asarray(weights.std(axis=1) * np.sqrt(columns))


@dataclass(frozen=True)
class Walsh(Operand):
    """The Walsh-Hadamard transform of a vector, which has no weights.

    Of each block of ``block`` elements, a power of two, it is that block's transform, unscaled and
    in natural order (Sylvester's matrix)::

        T[u] = sum_j (-1) ** popcount(u & j) * vector[block * (u // block) + j],  j = 0 .. block - 1

    Rows of all gates of a unit u have the same sum. Signs of rows, which are all that is learned of
    an orthogonal matrix ``diag(s) H`` (Foucault et al. 2025), are those of their scales.

    Attributes
    ----------
    block : int
        Elements of a block.
    """

    block: int

    on_lanes: ClassVar[bool] = False

    def tensors(self, rows: int, columns: int) -> dict[str, TensorSpec]:
        return {}

    def sum(self, element: Interval, columns: int) -> Interval:
        # The first row of each block adds all; any other one subtracts half of them.
        half = (element + -element).times(self.block // 2)
        return element.times(self.block) | half

    def deviation(
        self, tensors: Mapping[str, Integers], rows: int, columns: int
    ) -> NDArray[np.float64]:
        return np.full(rows, np.sqrt(self.block))

    def matrix(self, columns: int) -> Integers:
        """What so many elements meet, (columns, columns): -1, 1, and 0 outside blocks.

        Examples
        --------
        >>> Walsh("h", "state", 2).matrix(4).tolist()
        [[1, 1, 0, 0], [1, -1, 0, 0], [0, 0, 1, 1], [0, 0, 1, -1]]
        """
        blocks, places = np.divmod(np.arange(columns), self.block)
        signs = 1 - 2 * (np.bitwise_count(places[:, None] & places) % 2).astype(np.int64)
        return np.where(blocks[:, None] == blocks, signs, 0)
