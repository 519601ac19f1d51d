"""What all cells have in common: sums, a state, and steps that can be watched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pascaline.golden.normalisers import NORMALISERS, Normaliser
from pascaline.golden.product import PRODUCTS
from pascaline.golden.rounding import Integers, holding, saturate
from pascaline.golden.standard import Standardised
from pascaline.spec.cells.layer import Layer
from pascaline.spec.formats import Format, Interval
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
    sums : dict of str to (batch, rows)
        The sums of each operand, ``A`` as "h" and ``B`` as "x", standardised where the normaliser
        does that; rows stacked by gate.
    pre : (batch, rows)
        What the functions of the gates are taken of.
    h : (batch, hidden)
        The new h.
    """

    sums: dict[str, Integers]
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
        self._described, self._tensors = layer, tensors
        self._hidden = layer.hidden
        self._carried = 0 if layer.carried is None else layer.hidden
        formats = {"input": x, "state": layer.h}
        self._products = {
            operand.name: PRODUCTS[type(operand)](operand, tensors, formats[operand.vector])
            for operand in layer.operands
        }
        self._vectors = [(operand.name, operand.vector) for operand in layer.operands]
        standard = layer.normaliser.standard(layer.hidden)
        self._standardised: dict[str, Standardised] = {}
        if standard is not None:
            for name, product in self._products.items():
                most = max(product.bounds)
                self._standardised[name] = Standardised(standard, Interval(-most, most))

    def zero(self, batch: int) -> State:
        """The state that a sequence starts from: 0, unless the layer has one of its own."""
        h, c = (np.zeros((batch, size), dtype=np.int64) for size in (self._hidden, self._carried))
        if self._described.initial:
            h += self._tensors["initial_h"]
            c += self._tensors["initial_c"] if self._carried else 0
        return State(h, c)

    @abstractmethod
    def step(self, x: Integers, state: State) -> Step:
        """One step of a batch: ``x`` of shape (batch, inputs)."""

    def output(self, x: Integers, step: Step) -> Integers:
        """What a step with these inputs gives: its h, with a residual connection also x."""
        layer = self._described
        if not layer.residual:
            return step.h
        wide = holding(layer.h.interval + layer.h.interval)
        return saturate(step.h.astype(wide) + x.astype(wide), layer.h)

    def _sums(self, x: Integers, state: State) -> dict[str, Integers]:
        """The sums of each operand."""
        vectors = {"input": x, "state": state.h}
        return {
            name: self._standard(name, self._products[name](vectors[vector]))
            for name, vector in self._vectors
        }

    def _standard(self, name: str, sums: Integers) -> Integers:
        """The sums of an operand as the normaliser wants them: standardised, or as they are."""
        standardised = self._standardised.get(name)
        return sums if standardised is None else standardised(sums)

    def _normaliser(
        self,
        rows: slice,
        operands: Sequence[str] = (),
        bias: Integers | None = None,
        carried: Integers | None = None,
    ) -> Normaliser:
        """What makes pre-activations of some rows, of all their sums or of some operands'.

        With scales ``carried`` (rows,), also of "c": of each row what its unit carries.
        """
        layer, tensors = self._described, self._tensors
        names = operands or [operand.name for operand in layer.operands]
        scales = {name: tensors[f"scale_{name}"][rows] for name in names}
        bounds: dict[str, Sequence[int]] = {
            name: self._products[name].bounds[rows] for name in names
        }
        standard = layer.normaliser.standard(layer.hidden)
        if standard is not None:
            most = standard.normal.interval.magnitude
            bounds = {name: [most] * len(bound) for name, bound in bounds.items()}
        if carried is not None:
            assert layer.carried is not None
            scales["c"] = carried
            bounds["c"] = [layer.carried.interval.magnitude] * len(carried)
        bias = tensors["bias"][rows] if bias is None else bias
        return NORMALISERS[layer.normaliser.kind](layer, scales, bounds, bias)

    def _by_gate(self, rows: Integers) -> Integers:
        """Rows (batch, gates * hidden) as (gates, batch, hidden)."""
        return rows.reshape(len(rows), -1, self._hidden).swapaxes(0, 1)
