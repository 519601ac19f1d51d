"""What all normalisers have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from pascaline.golden.rounding import Integers
from pascaline.spec.cells.layer import Layer

__all__ = ["Normaliser"]


class Normaliser(ABC):
    """Pre-activations of some rows from their sums.

    Parameters
    ----------
    layer : Layer
        The description.
    scales : mapping of str to Integers
        Scales of the rows, (rows,), for each operand that counts.
    bounds : mapping of str to sequence of int
        The magnitude that the sum of each row cannot exceed, for each operand.
    bias : Integers
        Biases of the rows, (rows,).
    """

    @abstractmethod
    def __init__(
        self,
        layer: Layer,
        scales: Mapping[str, Integers],
        bounds: Mapping[str, Sequence[int]],
        bias: Integers,
    ) -> None: ...

    @abstractmethod
    def __call__(self, sums: Mapping[str, Integers]) -> Integers:
        """Pre-activations (batch, rows) of the sums (batch, rows) of each operand."""
