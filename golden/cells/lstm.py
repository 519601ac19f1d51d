"""One LSTM layer, step by step, bit-exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.activation import ActivationFunction
from golden.affine import Affine
from golden.product import Product
from golden.rounding import Integers, holding, narrow
from spec.formats import Format
from spec.network import GATES, LstmLayer
from spec.tensors import LayerTensors

__all__ = ["Lstm", "State", "Step"]


@dataclass(frozen=True)
class State:
    """What a layer remembers: ``h`` and ``c`` of shape (batch, hidden)."""

    h: Integers
    c: Integers

    def where(self, active: NDArray[np.bool_], other: State) -> State:
        """Take this state for the sequences that are ``active``, and ``other`` for the rest."""
        if active.all():
            return self
        mask = active[:, None]
        return State(np.where(mask, self.h, other.h), np.where(mask, self.c, other.c))


@dataclass(frozen=True)
class Step:
    """Every intermediate of a step by its name in `spec.network`.

    Attributes
    ----------
    sum_h, sum_x, pre : (batch, 4 * hidden)
        ``A``, ``B`` and ``z``, rows stacked by gate.
    i, f, g, o : (batch, hidden)
        Gates.
    c, u, tanh_c, h : (batch, hidden)
        New cell, what its tanh is taken of, that tanh, and the new h.
    """

    sum_h: Integers
    sum_x: Integers
    pre: Integers
    i: Integers
    f: Integers
    g: Integers
    o: Integers
    c: Integers
    u: Integers
    tanh_c: Integers
    h: Integers

    @property
    def state(self) -> State:
        """The state after the step."""
        return State(self.h, self.c)


class Lstm:
    """A layer with its weights.

    Parameters
    ----------
    layer : LstmLayer
        The description.
    tensors : LayerTensors
        Its integers.
    x : Format
        Format of the inputs.
    """

    def __init__(self, layer: LstmLayer, tensors: LayerTensors, x: Format) -> None:
        self._layer = layer
        self._product_x = Product(tensors.weight_x, x.interval)
        self._product_h = Product(tensors.weight_h, layer.h.interval)
        self._sigmoid = ActivationFunction(layer.activation, "sigmoid", layer.pre, layer.sigmoid)
        self._tanh = ActivationFunction(layer.activation, "tanh", layer.pre, layer.tanh)
        self._normaliser = Affine(
            [tensors.scale_h, tensors.scale_x],
            [self._product_h.bounds, self._product_x.bounds],
            tensors.bias,
            layer.normaliser.shift,
            layer.pre,
        )
        self._cell_affine = _cell_affine(layer, tensors)
        gate, cell = layer.sigmoid.interval, layer.cell.interval
        self._fresh_shift = layer.cell.frac - layer.tanh.frac
        fresh = gate * layer.tanh.interval << self._fresh_shift
        self._cell_type = holding(gate * cell + fresh, shift=layer.sigmoid.frac)
        self._h_shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        self._h_type = holding(gate * layer.tanh.interval, shift=self._h_shift)

    def zero(self, batch: int) -> State:
        """The state that a sequence starts from."""
        shape = (batch, self._layer.hidden)
        return State(np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64))

    def step(self, x: Integers, state: State) -> Step:
        """One step of a batch: ``x`` of shape (batch, inputs)."""
        layer = self._layer
        sum_h, sum_x = self._product_h(state.h), self._product_x(x)
        pre = self._normaliser(sum_h, sum_x)

        by_gate = pre.reshape(len(pre), len(GATES), layer.hidden).swapaxes(0, 1)
        z = dict(zip(GATES, by_gate, strict=True))
        i, f, o = self._sigmoid(z["i"]), self._sigmoid(z["f"]), self._sigmoid(z["o"])
        g = self._tanh(z["g"])

        total = np.multiply(i, g, dtype=self._cell_type)
        total <<= self._fresh_shift
        total += np.multiply(f, state.c, dtype=self._cell_type)
        c = narrow(total, layer.sigmoid.frac, layer.cell, out=total)
        u = self._cell_affine(c)
        tanh_c = self._tanh(u)
        h = np.multiply(o, tanh_c, dtype=self._h_type)
        h = narrow(h, self._h_shift, layer.h, out=h)
        return Step(sum_h, sum_x, pre, i, f, g, o, c, u, tanh_c, h)


def _cell_affine(layer: LstmLayer, tensors: LayerTensors) -> Callable[[Integers], Integers]:
    """What stands between the cell and its tanh."""
    if layer.cell_affine is None:
        shift = layer.cell.frac - layer.pre.frac
        held = holding(layer.cell.interval, shift=shift)
        return lambda c: narrow(c.astype(held, copy=False), shift, layer.pre)
    assert tensors.scale_c is not None
    assert tensors.bias_c is not None
    bounds = [layer.cell.interval.magnitude] * layer.hidden
    shift = layer.cell_affine.shift
    return Affine([tensors.scale_c], [bounds], tensors.bias_c, shift, layer.pre)
