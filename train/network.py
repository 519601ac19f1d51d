"""The network that is trained: one recurrent layer of a cell, a quantiser and a normaliser; a head.

It computes in floating point with quantised weights; freezing (`train.freeze`) only rounds its
coefficients.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from spec.tensors import Integers
from train.cells import Cell
from train.freeze import Learned, Reals
from train.normalisers import Coefficients, Normaliser
from train.quantisers import Quantiser

__all__ = ["Classifier", "Recurrent", "pad"]

SPREAD = 0.1
"""Standard deviation of the shadow weights at the start."""


def pad(sequences: Sequence[Integers], lsb: float) -> tuple[Tensor, Tensor]:
    """A batch (steps, batch, inputs) of real numbers, 0 behind the end of a sequence; lengths."""
    lengths = [len(sequence) for sequence in sequences]
    batch = np.zeros((max(lengths), len(sequences), sequences[0].shape[1]), dtype=np.float32)
    for index, sequence in enumerate(sequences):
        batch[: len(sequence), index] = sequence * lsb
    return torch.from_numpy(batch), torch.tensor(lengths)


class Recurrent(nn.Module):
    """A recurrent layer.

    Parameters
    ----------
    cell : Cell
        What a step does.
    quantiser : Quantiser
        What becomes of both weight matrices.
    normaliser : type of Normaliser
        What becomes of their sums.
    inputs, hidden : int
        Sizes.
    shared : bool
        Whether the normaliser has one scale for both sums of a row.
    """

    def __init__(
        self,
        cell: Cell,
        quantiser: Quantiser,
        normaliser: type[Normaliser],
        *,
        inputs: int,
        hidden: int,
        shared: bool = False,
    ) -> None:
        super().__init__()
        rows = len(cell.gates) * hidden
        self.cell, self.quantiser, self.hidden = cell, quantiser, hidden
        self.shadow_x = nn.Parameter(torch.empty(rows, inputs).normal_(0, SPREAD))
        self.shadow_h = nn.Parameter(torch.empty(rows, hidden).normal_(0, SPREAD))
        with torch.no_grad():
            weight_x, weight_h = quantiser(self.shadow_x), quantiser(self.shadow_h)
            self.normaliser = normaliser(weight_x, weight_h, cell.bias(hidden), shared=shared)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """All h, (steps, batch, hidden), for x (steps, batch, inputs)."""
        weight_x, weight_h, (scale_x, scale_h, bias) = self.folded()
        # Rows are scaled here, once a batch, instead of sums at every step.
        every_x = functional.linear(x, scale_x[:, None] * weight_x, bias)
        scaled_h = (scale_h[:, None] * weight_h).T
        state = self.cell.start(x.new_zeros(x.shape[1], self.hidden))
        before, after = [], []
        # unbind, not indexing: the backward pass of an index fills a whole array of zeros.
        for from_x in every_x.unbind(0):
            before.append(state[0])
            state = self.cell.step(from_x, state[0] @ scaled_h, state)
            after.append(state[0])
        if self.training:
            active = torch.arange(len(x))[:, None] < lengths
            self.normaliser.observe(x[active], torch.stack(before)[active])
        return torch.stack(after)

    def clamp(self) -> None:
        """Bring the shadow weights back to [-1, 1]: beyond, they would take long to turn."""
        with torch.no_grad():
            self.shadow_x.clamp_(-1, 1)
            self.shadow_h.clamp_(-1, 1)

    def folded(self) -> tuple[Tensor, Tensor, Coefficients]:
        """Both weight matrices, quantised, and the affine of the rows; differentiable."""
        weight_x, weight_h = self.quantiser(self.shadow_x), self.quantiser(self.shadow_h)
        return weight_x, weight_h, self.normaliser.coefficients(weight_x, weight_h)


class Classifier(nn.Module):
    """A recurrent layer, and a head on its h after the last step.

    Parameters
    ----------
    layer : Recurrent
        The layer.
    classes : int
        Logits of the head.
    """

    def __init__(self, layer: Recurrent, *, classes: int) -> None:
        super().__init__()
        self.layer = layer
        self.head = nn.Linear(layer.hidden, classes)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Logits (batch, classes)."""
        h = self.layer(x, lengths)
        last = h[lengths - 1, torch.arange(len(lengths))]
        logits: Tensor = self.head(last)
        return logits

    def learned(self) -> Learned:
        """What has been learned, as NumPy arrays: the weights as integers, the rest as reals."""
        with torch.no_grad():
            weight_x, weight_h, affine = self.layer.folded()
        return Learned(
            weight_x=weight_x.numpy().astype(np.int64),
            weight_h=weight_h.numpy().astype(np.int64),
            scale_x=_reals(affine.scale_x),
            scale_h=_reals(affine.scale_h),
            bias=_reals(affine.bias),
            head_weight=_reals(self.head.weight),
            head_bias=_reals(self.head.bias),
        )


def _reals(tensor: Tensor) -> Reals:
    return tensor.detach().numpy().astype(np.float64)
