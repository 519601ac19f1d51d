"""The LSTM in training; its formulas are in `spec.cells.lstm`."""

from __future__ import annotations

import torch
from torch import Tensor

from pascaline.spec.cells.layer import Layer
from pascaline.spec.cells.lstm import GATES
from pascaline.spec.errors import InputError
from pascaline.train.cells.cell import Cell, Formats, Weight, activated, added
from pascaline.train.rounding import Rounding, is_exact, passed
from pascaline.train.scan import exact, scan
from pascaline.train.standard import Standardised

__all__ = ["Lstm"]


class Lstm(Cell):
    """One network goes through all its steps by `train.scan`.

    Several go through `step`, and so does one whose functions are made of lines or pieces, or whose
    cell is standardised.
    """

    gates = GATES

    def __init__(self, *, peephole: bool = False) -> None:
        if peephole:
            raise InputError("cell", "must have no peepholes to be trained")

    def bias(self, hidden: int, memory: int | None) -> Tensor:
        """Forget gates start open: 1, or times from 1 to ``memory``."""
        parts = {gate: torch.zeros(hidden) for gate in self.gates}
        if memory is None:
            parts["f"] += 1
        else:
            parts["f"] = torch.empty(hidden).uniform_(1, memory - 1).log()
            parts["i"] = -parts["f"]
        return torch.cat([parts[gate] for gate in self.gates])

    def step(
        self, x: Tensor, weight: Weight, bias_h: Tensor | None, h: Tensor, c: Tensor, form: Formats
    ) -> tuple[Tensor, Tensor]:
        pre, _, _, cell, out = Rounding.of(form) if form else (None,) * 5
        z = passed(added(x, h, weight), pre)
        i, f, g, o = z.chunk(len(self.gates), dim=-1)
        i, f, o = (activated("sigmoid", gate, form) for gate in (i, f, o))
        c = passed(f * c + i * activated("tanh", g, form), cell)
        norm = weight.cell if isinstance(weight, Standardised) else None
        seen = passed(c if norm is None else norm(c), pre)
        return passed(o * activated("tanh", seen, form), out), c

    def scan(
        self,
        x: Tensor,
        weight: Weight,
        bias_h: Tensor | None,
        h: Tensor,
        c: Tensor,
        form: Layer | None = None,
    ) -> tuple[Tensor, Tensor]:
        rounding = Rounding.of(form) if form else None
        # No kernel has layer norm of the cell: it goes step by step.
        fused = isinstance(weight, Tensor) or (x.is_cuda and weight.cell is None)
        if h.dim() > 2 or not fused or not is_exact(form):
            return super().scan(x, weight, bias_h, h, c, form)
        if isinstance(weight, Tensor):
            return scan(x, weight, h, c, rounding)
        from pascaline.train import norm_scan

        return norm_scan.scan(x, weight, h, c, rounding)

    def loop(
        self,
        x: Tensor,
        weight: Weight,
        bias_h: Tensor | None,
        h: Tensor,
        c: Tensor,
        form: Layer | None = None,
    ) -> tuple[Tensor, Tensor]:
        if h.dim() > 2 or form is not None or not isinstance(weight, Tensor):
            return super().loop(x, weight, bias_h, h, c, form)
        return exact(x, weight, h, c)
