"""The vanilla RNN in training; its formulas are in `spec.cells.rnn`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from pascaline.train.cells.cell import Cell, Formats, Weight, activated, added
from pascaline.train.rounding import passed

__all__ = ["Rnn"]


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "linear": lambda pre: pre,
}
"""What becomes of pre-activations where that is not `train.cells.cell.activated`."""


class Rnn(Cell):
    """A vanilla RNN.

    Parameters
    ----------
    function : {"tanh", "relu", "linear"}
        Of the pre-activation. If linear, all steps are done at once (`train.linear_scan`).
    """

    gates = ("h",)
    carries = False

    def __init__(self, function: Literal["tanh", "relu", "linear"]) -> None:
        self.function = FUNCTIONS.get(function)
        self.linear = function == "linear"

    def bias(self, hidden: int, memory: int | None) -> Tensor:
        """Zeros: nothing holds a memory open."""
        return torch.zeros(hidden)

    def step(
        self, x: Tensor, weight: Weight, bias_h: Tensor | None, h: Tensor, c: Tensor, form: Formats
    ) -> tuple[Tensor, Tensor]:
        pre, out = (form.pre, form.h) if form else (None, None)
        z = passed(added(x, h, weight), pre)
        if self.function is None:
            return activated("tanh", z, form), c
        return passed(self.function(z), out), c
