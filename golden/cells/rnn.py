"""One layer of a vanilla RNN, step by step, bit-exact."""

from __future__ import annotations

import numpy as np

from pascaline.golden.activation import ActivationFunction
from pascaline.golden.cells.cell import Cell, State, Step
from pascaline.golden.rounding import Integers, narrow
from pascaline.spec.cells.rnn import RnnLayer
from pascaline.spec.formats import Format
from pascaline.spec.tensors import LayerTensors

__all__ = ["Rnn"]


class Rnn(Cell):
    """The cell of `spec.cells.rnn`."""

    def __init__(self, layer: RnnLayer, tensors: LayerTensors, x: Format) -> None:
        super().__init__(layer, tensors, x)
        self._layer = layer
        self._to_pre = self._normaliser(slice(None))
        # Without a tanh the form of the functions may be one that there is not for this format.
        self._tanh = (
            ActivationFunction(layer.activation, "tanh", layer.pre, layer.h)
            if layer.function == "tanh"
            else None
        )

    def step(self, x: Integers, state: State) -> Step:
        sums = self._sums(x, state)
        pre = self._to_pre(sums)
        return Step(sums=sums, pre=pre, h=self._function(pre))

    def _function(self, pre: Integers) -> Integers:
        layer = self._layer
        if self._tanh is not None:
            return self._tanh(pre)
        if layer.function == "linear":
            return pre
        positive: Integers = np.maximum(pre, 0)
        return narrow(positive, layer.pre.frac - layer.h.frac, layer.h, out=positive)
