"""The base class of normalisers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pascaline.spec.checked import Checked
from pascaline.spec.formats import Interval

if TYPE_CHECKING:
    from pascaline.spec.pipeline import Timing
    from pascaline.spec.standard import Standard

__all__ = ["Normaliser"]


class Normaliser(Checked, ABC):
    """From the sums of a gate row, one for each operand, to its pre-activation.

    It stands between the drain of the lanes and the cell units, needs no more than the row that it
    works on, and takes a row a cycle. Where sums are standardised over all rows first, that has
    been done before they come to it.

    Attributes
    ----------
    kind : str
        Its key in `spec.normalisers.NORMALISERS`.
    shift : int
        Bits that are dropped at the end; the half that rounds is stored with the bias.
    """

    kind: str
    shift: int

    @property
    def title(self) -> str:
        """What people call it; nothing if it is only an affine of each row."""
        return ""

    def standard(self, hidden: int) -> Standard | None:
        """How the sums of a gate of so many rows are standardised first; None: they are not."""
        return None

    @abstractmethod
    def row_tensors(self, operands: Sequence[str]) -> dict[str, Interval]:
        """Integers that each row has beside its weights: names and ranges, scales first."""

    @property
    @abstractmethod
    def scales(self) -> Interval:
        """Range of a scale."""

    @property
    @abstractmethod
    def biases(self) -> Interval:
        """Range of a bias."""

    @abstractmethod
    def draw_scales(
        self, rng: np.random.Generator, around: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Random scales of rows for an operand.

        Parameters
        ----------
        rng : Generator
            Where they come from.
        around : (rows,)
            What they are to multiply the sums by, about, ``shift`` included.

        Returns
        -------
        (rows,)
            What is stored.
        """

    @abstractmethod
    def bias_latency(self, timing: Timing) -> int:
        """Cycles from a row's sums, as its products want them, to when its bias is wanted."""

    @abstractmethod
    def latency(self, timing: Timing) -> int:
        """Cycles from a row's sums, as its products want them, to its pre-activation."""
