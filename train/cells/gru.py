"""The GRU in training, in both of its forms; its formulas are in `spec.cells.gru`."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from pascaline.train.cells.cell import Cell, Formats, Weight, activated, added
from pascaline.train.rounding import passed

__all__ = ["Gru"]


class Gru(Cell):
    """A GRU.

    Parameters
    ----------
    reset : {"after", "before"}
        Whether the reset gate acts after the recurrent product of the candidate, or before it.
    """

    gates = ("r", "z", "n")

    def __init__(self, reset: Literal["after", "before"]) -> None:
        self.reset = reset
        self.separate = self.products = reset == "after"

    def bias(self, hidden: int, memory: int | None) -> Tensor:
        """Update gates start so that the state is kept: 1, or for times from 1 to ``memory``."""
        kept = torch.ones(hidden)
        if memory is not None:
            kept = kept.uniform_(1, memory - 1).log()
        return torch.cat((torch.zeros(hidden), kept, torch.zeros(hidden)))

    def step(
        self, x: Tensor, weight: Weight, bias_h: Tensor | None, h: Tensor, c: Tensor, form: Formats
    ) -> tuple[Tensor, Tensor]:
        pre, state, out = (form.pre, form.state, form.h) if form else (None,) * 3
        both = 2 * h.shape[-1]
        of_gates, of_candidate = _of_rows(weight, both)
        if bias_h is not None:
            from_h = added(bias_h, h, weight)
            gates = x[..., :both] + from_h[..., :both]
        else:
            gates = added(x[..., :both], h, of_gates)
        r, z = activated("sigmoid", passed(gates, pre), form).chunk(2, dim=-1)
        if bias_h is not None:
            product = passed(r * passed(from_h[..., both:], pre), pre)
            candidate = passed(x[..., both:], pre) + product
        else:
            candidate = added(x[..., both:], passed(passed(r * c, state), out), of_candidate)
        n = activated("tanh", passed(candidate, pre), form)
        c = passed(torch.lerp(n, c, z), state)
        return passed(c, out), c


def _of_rows(weight: Weight, both: int) -> tuple[Weight, Weight]:
    """Weights of the two gates, and of the candidate."""
    if isinstance(weight, Tensor):
        return weight[..., :both], weight[..., both:]
    return weight[slice(both)], weight[slice(both, None)]
