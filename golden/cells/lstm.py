"""One LSTM layer, step by step, bit-exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pascaline.golden.activation import ActivationFunction
from pascaline.golden.affine import Affine
from pascaline.golden.cells.cell import Cell, State, Step
from pascaline.golden.kernels import Kernel, kernel
from pascaline.golden.normalisers import Normaliser
from pascaline.golden.rounding import Integers, holding, limits, narrow
from pascaline.golden.standard import Standardised
from pascaline.spec.cells.lstm import LstmLayer
from pascaline.spec.formats import Format
from pascaline.spec.tensors import LayerTensors

__all__ = ["Lstm", "LstmStep"]


@dataclass(frozen=True, kw_only=True)
class LstmStep(Step):
    """A step with what is the LSTM's own.

    Attributes
    ----------
    i, f, g, o : (batch, hidden)
        Gates.
    c, u, tanh_c : (batch, hidden)
        New cell, what its tanh is taken of, and that tanh.
    """

    i: Integers
    f: Integers
    g: Integers
    o: Integers
    c: Integers
    u: Integers
    tanh_c: Integers

    @property
    def state(self) -> State:
        return State(self.h, self.c)


class Lstm(Cell):
    """The cell of `spec.cells.lstm`."""

    def __init__(self, layer: LstmLayer, tensors: LayerTensors, x: Format) -> None:
        super().__init__(layer, tensors, x)
        self._layer = layer
        self._early, self._late = slice(3 * layer.hidden), slice(3 * layer.hidden, None)
        self._to_o: Normaliser | None = None
        if layer.peephole:
            i, f, o = (tensors[name] for name in layer.peepholes.values())
            seen = np.concatenate([i, f, np.zeros_like(f)])
            self._to_pre = self._normaliser(self._early, carried=seen)
            self._to_o = self._normaliser(self._late, carried=o)
        else:
            self._to_pre = self._normaliser(slice(None))
        self._sigmoid = ActivationFunction(layer.activation, "sigmoid", layer.pre, layer.sigmoid)
        self._tanh = ActivationFunction(layer.activation, "tanh", layer.pre, layer.tanh)
        self._cell_affine = _cell_affine(layer, tensors)
        gate, cell = layer.sigmoid.interval, layer.cell.interval
        self._fresh_shift = layer.cell.frac - layer.tanh.frac
        fresh = gate * layer.tanh.interval << self._fresh_shift
        self._cell_type = holding(gate * cell + fresh, shift=layer.sigmoid.frac)
        self._h_shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        self._h_type = holding(gate * layer.tanh.interval, shift=self._h_shift)
        self._kernel = None if layer.peephole or layer.cell_affine else self._bound()

    def step(self, x: Integers, state: State) -> LstmStep:
        layer = self._layer
        sums = self._sums(x, state)
        pre = self._to_pre(sums if self._to_o is None else _seeing(sums, self._early, state.c))
        if self._kernel is not None and pre.dtype == np.int32:
            return self._by(self._kernel, sums, pre, state)
        i, f = self._by_gate(self._sigmoid(pre[:, : 2 * layer.hidden]))
        g = self._tanh(self._by_gate(pre)[2])

        total = np.multiply(i, g, dtype=self._cell_type)
        total <<= self._fresh_shift
        total += np.multiply(f, state.c, dtype=self._cell_type)
        c = narrow(total, layer.sigmoid.frac, layer.cell, out=total)
        if self._to_o is not None:
            pre = np.concatenate([pre, self._to_o(_seeing(sums, self._late, c))], axis=1)
        o = self._sigmoid(self._by_gate(pre)[3])
        u = self._cell_affine(c)
        tanh_c = self._tanh(u)
        h = np.multiply(o, tanh_c, dtype=self._h_type)
        h = narrow(h, self._h_shift, layer.h, out=h)
        return LstmStep(sums=sums, pre=pre, i=i, f=f, g=g, o=o, c=c, u=u, tanh_c=tanh_c, h=h)

    def _bound(self) -> Kernel | None:
        """The kernel for all behind ``pre``, if tables and 32 bits do."""
        layer, tables = self._layer, (self._sigmoid.table, self._tanh.table)
        u_shift = layer.cell.frac - layer.pre.frac
        types = {self._cell_type, self._h_type, holding(layer.cell.interval, shift=u_shift)}
        if types != {np.int32} or any(one is None or one.dtype != np.int32 for one in tables):
            return None
        constants = [layer.hidden, (1 << layer.pre.width) - 1, self._fresh_shift]
        for shift, to in (
            (layer.sigmoid.frac, layer.cell),
            (u_shift, layer.pre),
            (self._h_shift, layer.h),
        ):
            constants += [shift, *limits(np.dtype(np.int32), to)]
        return kernel("gates", *tables, np.array(constants, dtype=np.int64))

    def _by(
        self, compute: Kernel, sums: dict[str, Integers], pre: Integers, state: State
    ) -> LstmStep:
        batch = len(pre)
        old = np.ascontiguousarray(state.c, dtype=np.int32)
        made = np.empty((8, batch, self._hidden), dtype=np.int32)
        compute(np.ascontiguousarray(pre), old, made, batch)
        i, f, g, o, c, u, tanh_c = made[:7]
        h = made[7].copy()  # It may outlive the others by many steps.
        return LstmStep(sums=sums, pre=pre, i=i, f=f, g=g, o=o, c=c, u=u, tanh_c=tanh_c, h=h)


def _seeing(sums: dict[str, Integers], rows: slice, c: Integers) -> dict[str, Integers]:
    """The sums of rows of some gates, each with what its unit carries."""
    found = {name: one[:, rows] for name, one in sums.items()}
    gates = found["h"].shape[1] // c.shape[1]
    return found | {"c": np.tile(c, (1, gates))}


def _cell_affine(layer: LstmLayer, tensors: LayerTensors) -> Callable[[Integers], Integers]:
    """What stands between the cell and its tanh."""
    if layer.cell_affine is None:
        shift = layer.cell.frac - layer.pre.frac
        held = holding(layer.cell.interval, shift=shift)
        return lambda c: narrow(c.astype(held, copy=False), shift, layer.pre)
    bounds, shift = [layer.scaled.interval.magnitude] * layer.hidden, layer.cell_affine.shift
    affine = Affine([tensors["scale_c"]], [bounds], tensors["bias_c"], shift, layer.pre)
    if layer.state_standard is None:
        return affine
    standardised = Standardised(layer.state_standard, layer.cell.interval)
    return lambda c: affine(standardised(c))
