"""The real-valued network behind an integer model, and how far the integers may stray from it.

The reference has the same coefficients (an integer scale stands for a real one), but exact
functions and no rounding or saturation. `Reference.step` carries a bound along: an array that the
error of each integer element can never exceed. It holds for every input, with no statistics in it:

- a rounding to a format adds at most half a unit, a table what its worst entry adds;
- a product of two numbers with errors e and d is off by at most ``e * (|b| + d) + |a| * d``;
- the functions rise everywhere, so they are off by most at an end of the interval around z;
- saturation never pulls two numbers apart, and moves the reference by a known amount.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.activation import ActivationFunction
from golden.lstm import State
from golden.rounding import Integers
from spec.activation import Activation
from spec.formats import Format
from spec.model import Model
from spec.network import GATES

__all__ = ["Bounded", "Reference", "ReferenceState"]

Reals = NDArray[np.floating]


@dataclass(frozen=True)
class Bounded:
    """Real numbers, and a bound of the error of their integer counterparts."""

    value: Reals
    error: Reals

    def __add__(self, other: Bounded) -> Bounded:
        return Bounded(self.value + other.value, self.error + other.error)

    def __mul__(self, other: Bounded) -> Bounded:
        a, b = self, other
        error = a.error * (np.abs(b.value) + b.error) + np.abs(a.value) * b.error
        return Bounded(a.value * b.value, error)

    def narrowed(self, to: Format) -> Bounded:
        """The counterpart is rounded and saturated to a format; the value itself stays."""
        lo, hi = to.interval.lo * to.lsb, to.interval.hi * to.lsb
        moved = np.abs(self.value - np.clip(self.value, lo, hi))
        return Bounded(self.value, self.error + to.lsb / 2 + moved)


@dataclass(frozen=True)
class ReferenceState:
    """h and c of shape (batch, hidden) with their bounds."""

    h: Bounded
    c: Bounded


class Reference:
    """Floating-point twin of a model.

    Parameters
    ----------
    model : Model
        The integer model.
    """

    def __init__(self, model: Model) -> None:
        network = model.network
        self._layer = layer = network.layers[0]
        self._x = network.x
        tensors, head = model.layers[0], model.head
        unit = 2.0 ** -(layer.pre.frac + layer.normaliser.shift)
        # Sums of integers h are in units of 2**-h.frac; the scale undoes that.
        self._weight_h = (tensors.scale_h * unit / layer.h.lsb)[:, None] * tensors.weight_h
        self._weight_x = (tensors.scale_x * unit / network.x.lsb)[:, None] * tensors.weight_x
        self._bias = tensors.bias * unit
        self._affine: tuple[Reals, Reals] | None = None
        if layer.cell_affine is not None:
            assert tensors.scale_c is not None
            assert tensors.bias_c is not None
            unit = 2.0 ** -(layer.pre.frac + layer.cell_affine.shift)
            self._affine = (tensors.scale_c * unit / layer.cell.lsb, tensors.bias_c * unit)
        self._head: tuple[Reals, Reals] | None = None
        if head is not None:
            scale = 1 if head.scale is None else head.scale[:, None]
            self._head = (np.asarray(scale * head.weight, np.float64), head.bias * layer.h.lsb)
        self._sigmoid = _Function(layer.activation, "sigmoid", layer.pre, layer.sigmoid)
        self._tanh = _Function(layer.activation, "tanh", layer.pre, layer.tanh)

    def zero(self, batch: int = 1) -> ReferenceState:
        """The state before the first step; exact."""
        none = np.zeros((batch, self._layer.hidden))
        return ReferenceState(Bounded(none, none), Bounded(none, none))

    def at(self, state: State) -> ReferenceState:
        """The state that the integers stand for; exact. Bounds from here on are those of a step."""
        none = np.zeros(state.h.shape)
        h, c = state.h * self._layer.h.lsb, state.c * self._layer.cell.lsb
        return ReferenceState(Bounded(h, none), Bounded(c, none))

    def step(self, x: Integers, state: ReferenceState) -> ReferenceState:
        """One step of a batch; ``x`` (batch, inputs) are the integers that the machine gets."""
        layer = self._layer
        value = state.h.value @ self._weight_h.T + x * self._x.lsb @ self._weight_x.T + self._bias
        error = state.h.error @ np.abs(self._weight_h).T
        pre = Bounded(value, error).narrowed(layer.pre)
        z = {
            gate: Bounded(v, e)
            for gate, v, e in zip(
                GATES, np.split(pre.value, 4, axis=1), np.split(pre.error, 4, axis=1), strict=True
            )
        }
        i, f, o = self._sigmoid(z["i"]), self._sigmoid(z["f"]), self._sigmoid(z["o"])
        c = (f * state.c + i * self._tanh(z["g"])).narrowed(layer.cell)
        u = c
        if self._affine is not None:
            scale, bias = self._affine
            u = Bounded(scale * c.value + bias, np.abs(scale) * c.error)
        h = (o * self._tanh(u.narrowed(layer.pre))).narrowed(layer.h)
        return ReferenceState(h, c)

    def logits(self, state: ReferenceState) -> Bounded:
        """Logits (batch, classes) of real h: an integer logit stands for itself times ``h.lsb``."""
        assert self._head is not None
        weight, bias = self._head
        value = state.h.value @ weight.T + bias
        return Bounded(value, state.h.error @ np.abs(weight).T)


class _Function:
    """An exact function that knows the worst error of its integer form."""

    def __init__(self, form: Activation, function: str, pre: Format, out: Format) -> None:
        self._exact = _EXACT[function]
        codes = np.arange(pre.interval.lo, pre.interval.hi + 1, dtype=np.int64)
        made = ActivationFunction(form, function, pre, out)(codes) * out.lsb
        self._worst = float(np.abs(made - self._exact(codes * pre.lsb)).max())

    def __call__(self, z: Bounded) -> Bounded:
        value = self._exact(z.value)
        above = self._exact(z.value + z.error) - value
        below = value - self._exact(z.value - z.error)
        return Bounded(value, self._worst + np.maximum(above, below))


def _sigmoid(z: Reals) -> Reals:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)))


_EXACT: dict[str, Callable[[Reals], Reals]] = {"sigmoid": _sigmoid, "tanh": np.tanh}
