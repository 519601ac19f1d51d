"""The network that is trained: a stack of recurrent layers, and a head.

It computes in floating point with quantised weights; freezing (`importers.freeze`) only rounds its
coefficients.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pascaline.spec.cells.layer import Layer as RecurrentLayer
from pascaline.spec.network import Network, Pooling
from pascaline.spec.tensors import Integers
from pascaline.train.cells.cell import passed
from pascaline.train.quantisers import Quantiser
from pascaline.train.recurrent import Recurrent, State

__all__ = [
    "Classifier",
    "Head",
    "Layer",
    "Stacked",
    "States",
    "backwards",
    "largest",
    "mean_of",
    "pad",
]

States = tuple[State, ...]
"""One a layer."""


def pad(sequences: Sequence[Integers], lsb: float) -> tuple[Tensor, Tensor]:
    """A batch (steps, batch, inputs) of real numbers, 0 behind the end of a sequence; lengths."""
    lengths = [len(sequence) for sequence in sequences]
    batch = np.zeros((max(lengths), len(sequences), sequences[0].shape[1]), dtype=np.float32)
    for index, sequence in enumerate(sequences):
        batch[: len(sequence), index] = sequence * lsb
    return torch.from_numpy(batch), torch.tensor(lengths)


def backwards(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Each sequence of (steps, batch, elements) from its own end; what is behind stays there."""
    if lengths is None:
        return x.flip(0)
    steps = torch.arange(len(x), device=x.device)[:, None]
    places = torch.where(steps < lengths, lengths - 1 - steps, steps)
    return x.gather(0, places[..., None].expand(x.shape))


class Layer(nn.Module):
    """A layer of one direction or of both.

    Parameters
    ----------
    directions : sequence of Recurrent
        Forward, then backward if there is one.
    """

    def __init__(self, directions: Sequence[Recurrent]) -> None:
        super().__init__()
        self.directions = nn.ModuleList(directions)

    @property
    def parts(self) -> list[Recurrent]:
        """The directions."""
        return [part for part in self.directions if isinstance(part, Recurrent)]

    @property
    def outputs(self) -> int:
        """Elements of the output of a step."""
        return sum(part.hidden for part in self.parts)

    def forward(
        self, x: Tensor, lengths: Tensor | None = None, state: State | None = None
    ) -> tuple[Tensor, Tensor, State]:
        """Outputs of all steps, those of each direction's own last step, and the forward state.

        Parameters
        ----------
        x : Tensor
            (steps, batch, inputs).
        lengths : Tensor, optional
            Steps of each sequence; what comes behind is not counted in statistics.
        state : State, optional
            What to start from, by default zeros; not for a layer of both directions.

        Returns
        -------
        every : Tensor
            (steps, batch, outputs).
        last : Tensor
            (batch, outputs).
        state : State
            Of the forward direction after all steps of ``x``, whatever the lengths.
        """
        active = None
        if lengths is not None:
            active = torch.arange(len(x), device=x.device)[:, None] < lengths
        every, last, after = [], [], None
        for index, part in enumerate(self.parts):
            h, c = part(backwards(x, lengths) if index else x, active, state)
            after = after or (h[-1], c)
            batch = torch.arange(x.shape[1], device=x.device)
            last.append(h[-1] if lengths is None else h[lengths, batch])
            every.append(backwards(h[1:], lengths) if index else h[1:])
        assert after is not None
        if len(every) == 1:
            return every[0], last[0], after
        return torch.cat(every, dim=-1), torch.cat(last, dim=-1), after


class Head(nn.Linear):
    """The dense layer.

    Parameters
    ----------
    outputs, classes : int
        What it gets, and logits.
    quantiser : Quantiser or None
        What becomes of its weights, which then have one learned scale; by default they are real.
    """

    def __init__(self, outputs: int, classes: int, quantiser: Quantiser | None = None) -> None:
        super().__init__(outputs, classes)
        self.quantiser = quantiser
        if quantiser is not None:
            with torch.no_grad():
                quantiser.start(self.weight)
                spread = quantiser(self.weight).square().sum(dim=1).mean().clamp(min=1).rsqrt()
            self.scale = nn.Parameter(spread)

    def forward(self, features: Tensor) -> Tensor:
        if self.quantiser is None:
            return super().forward(features)
        return functional.linear(features, self.scale * self.quantiser(self.weight), self.bias)

    def clamp(self) -> None:
        """Bring the shadow weights back within the limit of their quantiser."""
        if self.quantiser is not None:
            with torch.no_grad():
                self.weight.clamp_(-self.quantiser.limit, self.quantiser.limit)


class Stacked(nn.Module):
    """Layers on top of each other: what networks that learn have in common.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output.

    Attributes
    ----------
    mask : Tensor or None
        What every output is multiplied by in training before the head sees it, (batch, outputs).
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.mask: Tensor | None = None

    @property
    def stack(self) -> list[Layer]:
        """The layers."""
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    @property
    def parts(self) -> Iterator[Recurrent]:
        """All directions of all layers."""
        return (part for layer in self.stack for part in layer.parts)

    @property
    def members(self) -> tuple[Self, ...]:
        """The networks that learn side by side: this one."""
        return (self,)

    def zero(self, batch: int) -> States:
        """The state before the first step, where the network is."""
        return tuple(layer.parts[0].zero(layer.parts[0].shadow_h, batch) for layer in self.stack)

    def round(self, network: Network | None) -> None:
        """Round activations to the formats of a description from now on, or do not."""
        for index, layer in enumerate(self.stack):
            for part in layer.parts:
                part.rounding = None if network is None else network.layers[index]

    def clamp(self) -> None:
        """Bring all shadow weights back within the limits of their quantisers."""
        for part in self.parts:
            part.clamp()


class Classifier(Stacked):
    """A stack of layers, and a head on what comes out of the last one.

    Parameters
    ----------
    layers : sequence of Layer
        From input to output.
    classes : int
        Logits of the head.
    every : bool
        Whether there are logits after every step.
    pooling : {"none", "max", "mean"}
        What the head sees at the end of a sequence: the last output, or of each of its elements the
        largest value, or the mean, over all steps.
    head : Quantiser or None
        Of the head's weights.

    Attributes
    ----------
    mask : Tensor or None
        What every output is multiplied by in training before the head sees it, (batch, outputs).
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        classes: int,
        every: bool = False,
        pooling: Pooling = "none",
        head: Quantiser | None = None,
    ) -> None:
        super().__init__(layers)
        self.every, self.pooling = every, pooling
        self.head = Head(layers[-1].outputs, classes, head)

    def clamp(self) -> None:
        super().clamp()
        self.head.clamp()

    def forward(
        self, x: Tensor, lengths: Tensor | None = None, states: States | None = None
    ) -> tuple[Tensor, States]:
        """Logits (batch, classes), or (steps, batch, classes); and the states after the last step.

        The states are those after all steps of ``x``, whatever the lengths.
        """
        after, last = [], x
        for index, layer in enumerate(self.stack):
            x, last, state = layer(x, lengths, None if states is None else states[index])
            after.append(state)
        return self.classify(x, last, lengths), tuple(after)

    def classify(self, every: Tensor, last: Tensor, lengths: Tensor | None) -> Tensor:
        """Logits for what comes out of the last layer, as `Layer.forward` gives it."""
        seen = every if self.every else last
        if self.pooling == "max":
            seen = largest(every, lengths)
        elif self.pooling == "mean":
            seen = mean_of(every, lengths, self.stack[-1].parts[0].rounding)
        if self.training and self.mask is not None:
            seen = seen * self.mask
        return self.head(seen)


def largest(every: Tensor, lengths: Tensor | None) -> Tensor:
    """The largest of all steps of each sequence, (batch, outputs)."""
    if lengths is not None:
        behind = torch.arange(len(every), device=every.device)[:, None] >= lengths
        every = every.masked_fill(behind[..., None], -torch.inf)
    return every.amax(dim=0)


def mean_of(every: Tensor, lengths: Tensor | None, rounding: RecurrentLayer | None) -> Tensor:
    """The mean of all steps of each sequence, (batch, outputs), rounded as h is."""
    if lengths is None:
        mean = every.mean(dim=0)
    else:
        behind = torch.arange(len(every), device=every.device)[:, None] >= lengths
        mean = every.masked_fill(behind[..., None], 0).sum(dim=0) / lengths[:, None]
    return passed(mean, None if rounding is None else rounding.h)
