"""What recurrent modules have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pascaline.importers.freeze import Reals

if TYPE_CHECKING:
    from pascaline.importers.network import FloatPart

__all__ = ["Module", "sigmoid"]


class Module(ABC):
    """A recurrent module of PyTorch; its operator in ONNX has the same parameters.

    Attributes
    ----------
    operator : str
        The operator of ONNX.
    order : str
        Its gates, by their letters in `spec.cells`, in the order of its stacked rows.
    unnamed : frozenset of str
        Forms that no module of PyTorch has.
    activations : tuple of list of bytes
        What its functions may be in one direction, the usual ones first.
    signals : dict of str to tuple of str
        The fields of `spec.cells` that are formats, and the intermediates of `step` in each.
    finer : tuple of pairs of str
        Fields of which the first must have at least as many bits behind its point as the second.
    within_one : frozenset of str
        Fields whose values are never beyond -1 and 1.
    """

    operator: ClassVar[str]
    order: ClassVar[str]
    unnamed: ClassVar[frozenset[str]] = frozenset()
    activations: ClassVar[tuple[list[bytes], ...]]
    signals: ClassVar[dict[str, tuple[str, ...]]]
    finer: ClassVar[tuple[tuple[str, str], ...]]
    within_one: ClassVar[frozenset[str]]

    @staticmethod
    @abstractmethod
    def form(attributes: dict[str, Any]) -> str:
        """The form of a node with these attributes, a key of `spec.cells.FORMS`."""

    def split(self, bias_h: Reals, hidden: int) -> tuple[Reals, Reals | None]:
        """A bias of products of h: what may be added to those of x, and what may not.

        Parameters
        ----------
        bias_h : (rows,)
            The bias.
        hidden : int
            Hidden units.

        Returns
        -------
        (rows,)
            The first part.
        (hidden,) or None
            The second, if the cell keeps any products of h apart.
        """
        return bias_h, None

    def initial_carried(self, part: FloatPart) -> Reals | None:
        """What is carried beside h before the first step, (hidden,), if it is not zero."""
        return part.initial_c

    @abstractmethod
    def step(self, part: FloatPart, from_x: Reals, h: Reals, c: Reals) -> dict[str, Reals]:
        """Every intermediate of a step by its name in `golden.cells`; h, and c if it is kept.

        Parameters
        ----------
        part : FloatPart
            The parameters.
        from_x : (batch, rows)
            Products of the inputs, with the bias.
        h, c : (batch, hidden)
            The state; c is h for cells that carry nothing else.
        """

    def is_flat(self, field: str) -> bool:
        """Whether functions that are flat far from zero are all that is made of these signals."""
        return field == "pre"


def sigmoid(z: Reals) -> Reals:
    """The logistic function."""
    value: Reals = 0.5 * (1.0 + np.tanh(0.5 * z))
    return value
