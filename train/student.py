"""A network of the shape of another, with quantised weights, that is to learn what that one does.

Its layers may differ, as those of an imported network may.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from pascaline.importers.network import FloatNetwork, Result
from pascaline.spec.cells.layer import Layer as RecurrentLayer
from pascaline.train.network import Head, Layer, Stacked, largest, mean_of

__all__ = ["Outputs", "Student", "seen"]


class Outputs(NamedTuple):
    """What a network makes of a batch.

    Attributes
    ----------
    every : list of Tensor
        h of each layer after every step, (steps, batch, outputs).
    logits : Tensor or None
        (batch, classes), or (steps, batch, classes), if there is a head.
    """

    every: list[Tensor]
    logits: Tensor | None


class Student(Stacked):
    """The network that learns.

    Parameters
    ----------
    layers : sequence of Layer
        As many as the other has, of its sizes.
    teacher : FloatNetwork
        The other. A head begins as its own.

    Attributes
    ----------
    head : Head or None
        The dense layer, if the other has one.
    """

    def __init__(self, layers: list[Layer], teacher: FloatNetwork) -> None:
        super().__init__(layers)
        self.result: Result = teacher.result
        self.head: Head | None = None
        if teacher.head_weight is not None and teacher.head_bias is not None:
            classes, outputs = teacher.head_weight.shape
            self.head = Head(outputs, classes)
            with torch.no_grad():
                self.head.weight.copy_(torch.from_numpy(teacher.head_weight))
                self.head.bias.copy_(torch.from_numpy(teacher.head_bias))

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Outputs:
        """What it makes of (steps, batch, inputs), of so many steps of each sequence."""
        every = []
        for layer in self.stack:
            x, _, _ = layer(x, lengths)
            every.append(x)
        if self.head is None:
            return Outputs(every, None)
        last = self.stack[-1]
        met = seen(x, lengths, self.result, last.parts[0].hidden, last.parts[0].rounding)
        return Outputs(every, self.head(met))


def seen(
    every: Tensor,
    lengths: Tensor | None,
    result: Result,
    hidden: int,
    rounding: RecurrentLayer | None = None,
) -> Tensor:
    """What a head sees of the outputs of a last layer, (batch, outputs) or all of them.

    Parameters
    ----------
    every : Tensor
        (steps, batch, outputs).
    lengths : Tensor or None
        Steps of each sequence; ``None``: all.
    result : Result
        Which of them, see `importers.network.FloatNetwork`.
    hidden : int
        Units of a direction.
    rounding : Layer or None
        To whose format of h a mean is rounded.
    """
    if result == "every":
        return every
    if result == "max":
        return largest(every, lengths)
    if result == "mean":
        return mean_of(every, lengths, rounding)
    last = every[-1]
    if lengths is not None:
        last = every[lengths - 1, torch.arange(every.shape[1], device=every.device)]
    if result == "first-of-backward":
        return last
    # The last step of the backward direction is the first one of the sequence.
    return torch.cat((last[:, :hidden], every[0, :, hidden:]), dim=1)
