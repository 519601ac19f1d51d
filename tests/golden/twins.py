"""The cells over real numbers, with bounds of what their integers may stray."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pascaline.golden.cells import State
from pascaline.spec.cells.gru import GruLayer
from pascaline.spec.cells.layer import Layer
from pascaline.spec.cells.lstm import LstmLayer
from pascaline.spec.cells.rnn import RnnLayer
from pascaline.spec.formats import Format
from pascaline.spec.normalisers.layernorm import LayerNorm
from pascaline.spec.tensors import LayerTensors
from tests.golden.bounded import Bounded, Function, Reals

__all__ = ["TWINS", "RealState", "Twin", "twin_of"]


@dataclass(frozen=True)
class RealState:
    """A state: h (batch, hidden), and c, which is (batch, 0) where the cell carries nothing."""

    h: Bounded
    c: Bounded


class Twin(ABC):
    """One direction of a layer with the same coefficients, exact functions and no rounding.

    Parameters
    ----------
    layer : Layer
        The description.
    tensors : LayerTensors
        Its integers: an integer scale stands for a real one.
    x : Format
        Format of the inputs.
    """

    def __init__(self, layer: Layer, tensors: LayerTensors, x: Format) -> None:
        self._described, self._start = layer, tensors
        self._unit = unit = 2.0 ** -(layer.pre.frac + layer.normaliser.shift)
        # Sums of integers h are in units of 2**-h.frac.
        weight_x = _less_zero_point(tensors, "x")
        self._weights = {"h": _met(layer, tensors) / layer.h.lsb, "x": weight_x / x.lsb}
        self._scales = {name: tensors[f"scale_{name}"] * unit for name in self._weights}
        self._bias = tensors["bias"] * unit

    def zero(self, batch: int) -> RealState:
        """The state before the first step, the layer's own or 0; exact."""
        hidden = self._described.hidden
        carried = hidden if self._described.carried else 0
        h, c = (np.zeros((batch, n), np.int64) for n in (hidden, carried))
        if self._described.initial:
            h += self._start["initial_h"]
            c += self._start["initial_c"] if carried else 0
        return self.at(State(h, c))

    def at(self, state: State) -> RealState:
        """The state that the integers stand for; exact. Bounds from here on are those of a step."""
        layer = self._described
        c = Bounded.exact(state.c, layer.carried or layer.h)
        return RealState(Bounded.exact(state.h, layer.h), c)

    @abstractmethod
    def step(self, x: Bounded, state: RealState) -> RealState:
        """One step of a batch: ``x`` of shape (batch, inputs)."""

    def _gates(
        self, x: Bounded, h: Bounded, first: int, count: int, seen: Bounded | None = None
    ) -> list[Bounded]:
        """Pre-activations of some gates, (batch, hidden) each; ``seen`` is added to their sums."""
        layer = self._described
        rows = slice(first * layer.hidden, (first + count) * layer.hidden)
        both = self._addend("x", x, rows, self._bias[rows]) + self._addend("h", h, rows)
        pre = (both if seen is None else both + seen).narrowed(layer.pre)
        return [pre[:, at * layer.hidden : (at + 1) * layer.hidden] for at in range(count)]

    def _addend(
        self, name: str, vector: Bounded, rows: slice, bias: Reals | float = 0.0
    ) -> Bounded:
        """What an operand adds to the pre-activations of some rows, and a bias."""
        layer, scales = self._described, self._scales[name][rows]
        if layer.normaliser.kind == "affine":
            return vector.product(scales[:, None] * self._weights[name][rows], bias)
        sums = vector.product(self._weights[name][rows])
        parts = [slice(at, at + layer.hidden) for at in range(0, len(scales), layer.hidden)]
        normal = Bounded.beside([_standardised(layer.normaliser, sums[:, at]) for at in parts])
        return normal.affine(scales, np.asarray(bias))


def _standardised(norm: LayerNorm, sums: Bounded) -> Bounded:
    """Sums of the rows of a gate, (batch, hidden), standardised; all in units of integers.

    In a quotient d / S with errors e and f, the error is at most ``(e + |d| / S * f) / (S - f)``.
    """
    count = sums.value.shape[1]
    standard, unit = norm.standard(count), 2.0**-norm.mean_frac
    mean = sums.value.mean(axis=1, keepdims=True)
    apart = sums.value - mean
    error = sums.error + sums.error.mean(axis=1, keepdims=True)
    error = error + np.abs(mean) * 2.0**-16 + unit
    order = 1 if norm.spread == "mad" else 2
    spread = np.linalg.norm(apart, ord=order, axis=1, keepdims=True)
    spread_error = np.linalg.norm(error, ord=order, axis=1, keepdims=True)
    least = 2.0 ** (standard.least - 1) * unit
    lowest = np.maximum(spread - spread_error, least)
    spread = np.maximum(spread, least)
    scale = 2.0 ** (standard.size + norm.normal.frac)
    value = scale * apart / spread
    error = scale * (error + np.abs(apart) / spread * spread_error) / lowest
    # A reciprocal with so many bits, of a spread with twice as many; two roundings.
    error = error + (np.abs(value) + error) * 2.0 ** (2 - norm.mantissa) + 0.5
    lo, hi = norm.normal.interval.lo, norm.normal.interval.hi
    return Bounded(value, error + 0.5 + np.abs(value - np.clip(value, lo, hi)))


def _less_zero_point(tensors: LayerTensors, name: str) -> Reals:
    """The weights of a matrix, (rows, columns), less its zero point if it has one."""
    weights = tensors[f"weight_{name}"].astype(np.float64)
    return weights - tensors.get(f"zero_{name}", 0)


def _met(layer: Layer, tensors: LayerTensors) -> Reals:
    """The matrix that h meets, (rows, hidden)."""
    if layer.recurrent == "matrix":
        return _less_zero_point(tensors, "h")
    block = layer.block or layer.hidden & -layer.hidden
    one = np.ones((1, 1))
    while len(one) < block:
        one = np.kron(one, [[1, 1], [1, -1]])
    square = np.kron(np.eye(layer.hidden // block), one)
    return np.tile(square, (len(layer.gates), 1))


class _Lstm(Twin):
    def __init__(self, layer: LstmLayer, tensors: LayerTensors, x: Format) -> None:
        super().__init__(layer, tensors, x)
        self._layer, self._tensors = layer, tensors
        self._sigmoid = Function(layer.activation, "sigmoid", layer.pre, layer.sigmoid)
        self._tanh = Function(layer.activation, "tanh", layer.pre, layer.tanh)
        self._affine: tuple[Reals, Reals] | None = None
        if layer.cell_affine is not None:
            unit = 2.0 ** -(layer.pre.frac + layer.cell_affine.shift)
            scale, bias = tensors["scale_c"], tensors["bias_c"]
            standardised = layer.state_standard is not None
            lsb = 1.0 if standardised else layer.cell.lsb
            self._affine = (scale * unit / lsb, bias * unit)

    def step(self, x: Bounded, state: RealState) -> RealState:
        layer = self._layer
        i, f = (
            self._sigmoid(self._gate(x, state.h, number, gate, state.c))
            for number, gate in enumerate("if")
        )
        [g] = self._gates(x, state.h, 2, 1)
        c = (f * state.c + i * self._tanh(g)).narrowed(layer.cell)
        o = self._sigmoid(self._gate(x, state.h, 3, "o", c))
        u = self._to_tanh(c).narrowed(layer.pre)
        return RealState((o * self._tanh(u)).narrowed(layer.h), c)

    def _to_tanh(self, c: Bounded) -> Bounded:
        """What the tanh of the cell is taken of, not yet narrowed."""
        if self._affine is None:
            return c
        norm = self._layer.cell_affine
        if isinstance(norm, LayerNorm):
            to_units = np.full(1, 1 / self._layer.cell.lsb)
            c = _standardised(norm, c.affine(to_units, np.zeros(1)))
        return c.affine(*self._affine)

    def _gate(self, x: Bounded, h: Bounded, number: int, gate: str, c: Bounded) -> Bounded:
        """Pre-activation of a gate that may see the cell."""
        if not self._layer.peephole:
            return self._gates(x, h, number, 1)[0]
        scale = self._tensors[f"scale_c{gate}"] * self._unit / self._layer.cell.lsb
        return self._gates(x, h, number, 1, c.affine(scale, np.zeros_like(scale)))[0]


class _Gru(Twin):
    def __init__(self, layer: GruLayer, tensors: LayerTensors, x: Format) -> None:
        super().__init__(layer, tensors, x)
        self._layer = layer
        self._sigmoid = Function(layer.activation, "sigmoid", layer.pre, layer.sigmoid)
        self._tanh = Function(layer.activation, "tanh", layer.pre, layer.tanh)
        self._bias_h = tensors["bias_h"] * self._unit if layer.separate else None

    def step(self, x: Bounded, state: RealState) -> RealState:
        layer = self._layer
        r, z = map(self._sigmoid, self._gates(x, state.h, 0, 2))
        n = self._tanh(self._candidate(x, state, r))
        c = state.c.mixed(n, z).narrowed(layer.state)
        return RealState(c.narrowed(layer.h), c)

    def _candidate(self, x: Bounded, state: RealState, r: Bounded) -> Bounded:
        layer = self._layer
        if self._bias_h is None:
            [pre] = self._gates(x, (r * state.c).narrowed(layer.state).narrowed(layer.h), 2, 1)
            return pre
        rows = slice(2 * layer.hidden, None)
        p = self._addend("x", x, rows, self._bias[rows]).narrowed(layer.pre)
        q = self._addend("h", state.h, rows, self._bias_h).narrowed(layer.pre)
        return (p + r * q).narrowed(layer.pre)


class _Rnn(Twin):
    def __init__(self, layer: RnnLayer, tensors: LayerTensors, x: Format) -> None:
        super().__init__(layer, tensors, x)
        self._layer = layer
        self._tanh = Function(layer.activation, "tanh", layer.pre, layer.h)

    def step(self, x: Bounded, state: RealState) -> RealState:
        layer = self._layer
        [z] = self._gates(x, state.h, 0, 1)
        relu = layer.function == "relu"
        if layer.function == "linear":
            return RealState(z, state.c)
        return RealState(z.positive().narrowed(layer.h) if relu else self._tanh(z), state.c)


TWINS: dict[str, Callable[[Any, LayerTensors, Format], Twin]] = {
    "lstm": _Lstm,
    "gru": _Gru,
    "rnn": _Rnn,
}
"""The twin of each kind of cell."""


def twin_of(layer: Layer, tensors: LayerTensors, x: Format) -> Twin:
    """One direction of a layer; ``x`` is the format of its inputs."""
    return TWINS[layer.kind](layer, tensors, x)
