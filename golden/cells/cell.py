"""What all cells have in common: two matrix products, a state, and steps that can be watched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.affine import Affine
from pascaline.golden.product import Product
from pascaline.golden.rounding import Integers
from pascaline.spec.cells.layer import Layer
from pascaline.spec.formats import Format
from pascaline.spec.tensors import LayerTensors

__all__ = ["Cell", "State", "Step"]


@dataclass(frozen=True)
class State:
    """What a direction of a layer remembers.

    Attributes
    ----------
    h : (batch, hidden)
        Its output.
    c : (batch, hidden)
        What it carries beside it; (batch, 0) if that is nothing.
    """

    h: Integers
    c: Integers

    def where(self, active: NDArray[np.bool_], other: State) -> State:
        """Take this state for the sequences that are ``active``, and ``other`` for the rest."""
        if active.all():
            return self
        mask = active[:, None]
        return State(np.where(mask, self.h, other.h), np.where(mask, self.c, other.c))


@dataclass(frozen=True, kw_only=True)
class Step:
    """Every intermediate of a step by its name in `spec.cells`.

    Attributes
    ----------
    sum_h, sum_x : (batch, rows)
        ``A`` and ``B``, rows stacked by gate.
    pre : (batch, rows)
        What the functions of the gates are taken of.
    h : (batch, hidden)
        The new h.
    """

    sum_h: Integers
    sum_x: Integers
    pre: Integers
    h: Integers

    @property
    def state(self) -> State:
        """The state after the step."""
        return State(self.h, self.h[:, :0])


class Cell(ABC):
    """One direction of a layer with its weights.

    Parameters
    ----------
    layer : Layer
        The description.
    tensors : LayerTensors
        Its integers.
    x : Format
        Format of the inputs.
    """

    def __init__(self, layer: Layer, tensors: LayerTensors, x: Format) -> None:
        self._hidden = layer.hidden
        self._carried = 0 if layer.carried is None else layer.hidden
        self._product_x = Product(tensors.weight_x, x.interval)
        self._product_h = Product(tensors.weight_h, layer.h.interval)

    def zero(self, batch: int) -> State:
        """The state that a sequence starts from."""
        h, c = (np.zeros((batch, size), dtype=np.int64) for size in (self._hidden, self._carried))
        return State(h, c)

    @abstractmethod
    def step(self, x: Integers, state: State) -> Step:
        """One step of a batch: ``x`` of shape (batch, inputs)."""

    def _normaliser(self, layer: Layer, tensors: LayerTensors, rows: slice) -> Affine:
        """Pre-activations of some rows from both their sums, ``A`` and ``B``."""
        return Affine(
            [tensors.scale_h[rows], tensors.scale_x[rows]],
            [self._product_h.bounds[rows], self._product_x.bounds[rows]],
            tensors.bias[rows],
            layer.normaliser.shift,
            layer.pre,
        )

    def _by_gate(self, rows: Integers) -> Integers:
        """Rows (batch, gates * hidden) as (gates, batch, hidden)."""
        return rows.reshape(len(rows), -1, self._hidden).swapaxes(0, 1)
