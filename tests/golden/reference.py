"""The real-valued network behind an integer model, and how far the integers may stray from it.

The reference has the same coefficients (an integer scale stands for a real one), but exact
functions and no rounding or saturation. A bound that the error of each integer element can never
exceed is carried along (`tests.golden.bounded`). From step to step and from layer to layer bounds
grow: those of one step, from the very integers before it, are the narrow ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pascaline.golden.cells import State
from pascaline.golden.rounding import Integers
from pascaline.spec.model import Model
from tests.golden.bounded import Bounded, Reals
from tests.golden.twins import RealState, Twin, twin_of

__all__ = ["Reference"]


class Reference:
    """Floating-point twin of a model.

    Parameters
    ----------
    model : Model
        The integer model.

    Attributes
    ----------
    twins : tuple of tuple of Twin
        Of each layer, each direction.
    """

    def __init__(self, model: Model) -> None:
        self._network = network = model.network
        self.twins = tuple(
            tuple(twin_of(layer, tensors, network.layer_x(index)) for tensors in directions)
            for index, (layer, directions) in enumerate(
                zip(network.layers, model.directions, strict=True)
            )
        )
        self._head: tuple[Reals, Reals] | None = None
        if (head := model.head) is not None:
            scale = 1 if head.scale is None else head.scale[:, None]
            bias = head.bias * network.layer.h.lsb
            self._head = (np.asarray(scale * head.weight, np.float64), bias)

    def zero(self, batch: int = 1) -> tuple[RealState, ...]:
        """The state of each layer of a network of one direction before the first step; exact."""
        return tuple(twin.zero(batch) for [twin] in self.twins)

    def at(self, states: Sequence[State]) -> tuple[RealState, ...]:
        """The states that the integers stand for; exact."""
        return tuple(twin.at(state) for [twin], state in zip(self.twins, states, strict=True))

    def step(self, x: Integers, states: Sequence[RealState]) -> tuple[RealState, ...]:
        """One step of each layer; ``x`` (batch, inputs) are the integers that the machine gets."""
        vectors, after = Bounded.exact(x, self._network.x), []
        for [twin], state in zip(self.twins, states, strict=True):
            after.append(twin.step(vectors, state))
            vectors = after[-1].h
        return tuple(after)

    def run(self, x: Integers) -> Bounded:
        """Run sequences of the same length from zero.

        Parameters
        ----------
        x : Integers
            (steps, batch, inputs).

        Returns
        -------
        Bounded
            What the head gets, or would: (batch, outputs), or (steps, batch, outputs) for results
            every step.
        """
        outputs, last = Bounded.exact(x, self._network.x), None
        for twins in self.twins:
            ways = [_run(twin, outputs, back) for twin, back in zip(twins, (0, 1), strict=False)]
            outputs = Bounded.beside([h for h, _ in ways])
            last = Bounded.beside([h for _, h in ways])
        assert last is not None
        if self._network.results == "every":
            return outputs
        if self._network.results == "first-of-backward":
            return outputs[-1]
        if self._network.pooling == "mean":
            return outputs.mean(self._network.layer.h)
        return outputs.largest() if self._network.pooling == "max" else last

    def logits(self, outputs: Bounded) -> Bounded:
        """Logits (..., classes): an integer logit stands for itself times ``h.lsb``."""
        assert self._head is not None
        return outputs.product(*self._head)


def _run(twin: Twin, x: Bounded, backward: int) -> tuple[Bounded, Bounded]:
    """The output of each step, and that of the last that is taken."""
    steps = range(len(x.value))
    state, outputs = twin.zero(x.value.shape[1]), {}
    for index in reversed(steps) if backward else steps:
        state = twin.step(x[index], state)
        outputs[index] = state.h
    return Bounded.stack([outputs[index] for index in steps]), state.h
