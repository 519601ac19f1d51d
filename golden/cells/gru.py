"""One GRU layer, step by step, bit-exact."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from pascaline.golden.activation import ActivationFunction
from pascaline.golden.cells.cell import Cell, State, Step
from pascaline.golden.product import Product
from pascaline.golden.rounding import Integers, holding, narrow, round_shift, saturate
from pascaline.spec.cells.gru import GruLayer
from pascaline.spec.formats import Format, Interval
from pascaline.spec.operands import met
from pascaline.spec.tensors import LayerTensors

__all__ = ["Gru", "GruStep", "ResetAfter", "ResetBefore", "gru_of"]


@dataclass(frozen=True)
class Candidate:
    """What comes before the candidate's tanh.

    Attributes
    ----------
    sum_h, pre : (batch, hidden)
        ``A`` of the candidate's rows, and what its tanh is taken of.
    p, q : (batch, hidden) or None
        The normalised sums of the input and of the state; with the reset gate after the product.
    k : (batch, hidden) or None
        What the reset gate lets through; with the reset gate before the product.
    """

    sum_h: Integers
    pre: Integers
    p: Integers | None = None
    q: Integers | None = None
    k: Integers | None = None


@dataclass(frozen=True, kw_only=True)
class GruStep(Step):
    """A step with what is the GRU's own.

    Attributes
    ----------
    r, z, n : (batch, hidden)
        Gates and candidate.
    w, c : (batch, hidden)
        The candidate with the bits of the state, and the new state.
    p, q, k : (batch, hidden) or None
        As in `Candidate`.
    """

    r: Integers
    z: Integers
    n: Integers
    w: Integers
    c: Integers
    p: Integers | None
    q: Integers | None
    k: Integers | None

    @property
    def state(self) -> State:
        return State(self.h, self.c)


class Gru(Cell):
    """The cell of `spec.cells.gru`; where the reset gate acts is a matter of subclasses."""

    def __init__(self, layer: GruLayer, tensors: LayerTensors, x: Format) -> None:
        super().__init__(layer, tensors, x)
        self._layer = layer
        self._gates = slice(2 * layer.hidden)
        self._rest = slice(2 * layer.hidden, None)
        self._to_gates = self._normaliser(self._gates)
        self._sigmoid = ActivationFunction(layer.activation, "sigmoid", layer.pre, layer.sigmoid)
        self._tanh = ActivationFunction(layer.activation, "tanh", layer.pre, layer.tanh)
        self._w_shift = layer.state.frac - layer.tanh.frac
        w = layer.tanh.interval << self._w_shift
        moved = layer.sigmoid.interval * (layer.state.interval + w * Interval(-1, -1))
        total = (w << layer.sigmoid.frac) + moved
        self._c_type = holding(total | moved, shift=layer.sigmoid.frac)
        self._h_shift = layer.state.frac - layer.h.frac
        self._h_type = holding(layer.state.interval, shift=self._h_shift)

    def step(self, x: Integers, state: State) -> GruStep:
        layer, gates = self._layer, self._gates
        sums = self._sums(x, state)
        pre = self._to_gates({name: rows[:, gates] for name, rows in sums.items()})
        r, z = (self._sigmoid(gate) for gate in self._by_gate(pre))
        made = self._candidate(
            {name: rows[:, self._rest] for name, rows in sums.items()}, r, state.c
        )
        n = self._tanh(made.pre)

        w = n.astype(self._c_type) << self._w_shift
        total = np.subtract(state.c, w, dtype=self._c_type)
        total *= z
        total += w << layer.sigmoid.frac
        c = narrow(total, layer.sigmoid.frac, layer.state, out=total)
        h = self._to_h(c)
        return GruStep(
            sums=sums | {"h": np.concatenate([sums["h"][:, gates], made.sum_h], axis=1)},
            pre=np.concatenate([pre, made.pre], axis=1),
            r=r,
            z=z,
            n=n,
            w=w,
            c=c,
            h=h,
            p=made.p,
            q=made.q,
            k=made.k,
        )

    def _to_h(self, state: Integers) -> Integers:
        """From the format of the state to that of h."""
        return narrow(state.astype(self._h_type, copy=False), self._h_shift, self._layer.h)

    @abstractmethod
    def _candidate(self, sums: dict[str, Integers], r: Integers, c: Integers) -> Candidate:
        """From the reset gate, the state, and such sums of the candidate's rows as there are."""


class ResetAfter(Gru):
    """The reset gate acts after the recurrent product of the candidate."""

    def __init__(self, layer: GruLayer, tensors: LayerTensors, x: Format) -> None:
        super().__init__(layer, tensors, x)
        self._to_p = self._normaliser(self._rest, ["x"])
        self._to_q = self._normaliser(self._rest, ["h"], tensors["bias_h"])
        reset = layer.sigmoid.interval * layer.pre.interval
        self._reset_type = holding(reset, shift=layer.sigmoid.frac)
        passed = reset.rounded(layer.sigmoid.frac)
        self._pre_type = holding(passed | passed + layer.pre.interval)

    def _candidate(self, sums: dict[str, Integers], r: Integers, c: Integers) -> Candidate:
        layer, p, q = self._layer, self._to_p(sums), self._to_q(sums)
        reset = np.multiply(r, q, dtype=self._reset_type)
        reset = round_shift(reset, layer.sigmoid.frac, out=reset)
        pre = np.add(reset, p, dtype=self._pre_type, casting="same_kind")
        return Candidate(sums["h"], saturate(pre, layer.pre, out=pre), p=p, q=q)


class ResetBefore(Gru):
    """The reset gate acts on the state, of which the candidate's recurrent product is taken."""

    def __init__(self, layer: GruLayer, tensors: LayerTensors, x: Format) -> None:
        super().__init__(layer, tensors, x)
        self._to_pre = self._normaliser(self._rest)
        weights = met(tensors, "h")
        self._product_k = Product(weights[self._rest], layer.h.interval)
        self._products["h"] = Product(weights[self._gates], layer.h.interval)
        self._reset_type = holding(
            layer.sigmoid.interval * layer.state.interval, shift=layer.sigmoid.frac
        )

    def _candidate(self, sums: dict[str, Integers], r: Integers, c: Integers) -> Candidate:
        layer = self._layer
        reset = np.multiply(r, c, dtype=self._reset_type)
        reset = narrow(reset, layer.sigmoid.frac, layer.state, out=reset)
        k = self._to_h(reset)
        sum_k = self._standard("h", self._product_k(k))
        return Candidate(sum_k, self._to_pre(sums | {"h": sum_k}), k=k)


def gru_of(layer: GruLayer, tensors: LayerTensors, x: Format) -> Gru:
    """The form that the layer asks for."""
    return (ResetAfter if layer.reset == "after" else ResetBefore)(layer, tensors, x)
