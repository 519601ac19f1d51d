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

from pascaline.spec.attention import Attention
from pascaline.spec.cells.layer import Layer as RecurrentLayer
from pascaline.spec.network import Network, Pooling
from pascaline.spec.tensors import Integers
from pascaline.train.attention import AttentionPooling
from pascaline.train.lengths import active_steps
from pascaline.train.quantisers import Quantiser
from pascaline.train.recurrent import Recurrent, State
from pascaline.train.rounding import passed
from pascaline.train.units import state_units

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

    Attributes
    ----------
    residual : bool
        Whether inputs are added to h in the output; only with one direction.
    """

    def __init__(self, directions: Sequence[Recurrent]) -> None:
        super().__init__()
        self.directions = nn.ModuleList(directions)
        self.residual = False

    @property
    def parts(self) -> list[Recurrent]:
        """The directions."""
        return [part for part in self.directions if isinstance(part, Recurrent)]

    @property
    def outputs(self) -> int:
        """Elements of the output of a step."""
        return sum(part.hidden for part in self.parts)

    def quick(self, state: State | None) -> bool:
        """Whether there is `last`, from such a state."""
        return state is None and not self.residual and all(part.scanned for part in self.parts)

    def output(self, h: Tensor, x: Tensor) -> Tensor:
        """What steps with these inputs give, of h of all directions side by side."""
        if not self.residual:
            return h
        rounding = self.parts[0].rounding
        return passed(h + x, None if rounding is None else rounding.h)

    def last(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """What `forward` has under this name, without what comes before it: much faster."""
        return torch.cat(
            [
                part.last(backwards(x, lengths) if index else x, lengths)
                for index, part in enumerate(self.parts)
            ],
            dim=-1,
        )

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
        active = active_steps(x, lengths)
        every, last, after = [], [], None
        for index, part in enumerate(self.parts):
            h, c = part(backwards(x, lengths) if index else x, active, state)
            after = after or (h[-1], c)
            batch = torch.arange(x.shape[1], device=x.device)
            last.append(h[-1] if lengths is None else h[lengths, batch])
            every.append(backwards(h[1:], lengths) if index else h[1:])
        assert after is not None
        if self.residual:
            whole = self.output(every[0], x)
            ends = whole[-1] if lengths is None else whole[lengths - 1, batch]
            return whole, ends, after
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
        What becomes of its weights, which then have one learned scale, unless they come with a
        unit of their own; by default they are real.
    rectified : bool
        Whether it sees only what is above 0.
    """

    def __init__(
        self,
        outputs: int,
        classes: int,
        quantiser: Quantiser | None = None,
        *,
        rectified: bool = False,
    ) -> None:
        super().__init__(outputs, classes)
        self.quantiser, self.rectified = quantiser, rectified
        self.scale: nn.Parameter | None = None
        if quantiser is not None:
            with torch.no_grad():
                quantiser.start(self.weight)
                spread = quantiser(self.weight).square().sum(dim=1).mean().clamp(min=1).rsqrt()
            if not quantiser.scaled:
                self.scale = nn.Parameter(spread)

    @property
    def unit(self) -> Tensor | None:
        """What a weight of 1 stands for, if they are quantised."""
        if self.quantiser is None:
            return None
        return self.quantiser.own_unit(self.weight) if self.scale is None else self.scale

    @property
    def weights(self) -> Tensor:
        """What it computes with, (classes, outputs): quantised weights, if they are."""
        if self.quantiser is None:
            return self.weight
        values = self.quantiser(self.weight)
        return values if self.scale is None else self.scale * values

    def forward(self, features: Tensor) -> Tensor:
        seen = torch.relu(features) if self.rectified else features
        return functional.linear(seen, self.weights, self.bias)

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
        units = state_units([layer.parts for layer in self.stack])
        for index, layer in enumerate(self.stack):
            for part in layer.parts:
                part.rounding = None if network is None else network.layers[index]
                part.unit = units[index]

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
    pooling : {"none", "max", "mean", "attention"}
        What the head sees at the end of a sequence: the last output, or of each of its elements the
        largest value, or the mean, over all steps, or a mean in which steps count as a learned
        query says.
    attention : Attention or None
        Formats of that query and of scores; ``None``: the usual ones.
    head : Quantiser or None
        Of the head's weights.
    rectified : bool
        Whether the head sees only what is above 0.

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
        attention: Attention | None = None,
        head: Quantiser | None = None,
        rectified: bool = False,
    ) -> None:
        super().__init__(layers)
        self.every, self.pooling = every, pooling
        self.head = Head(layers[-1].outputs, classes, head, rectified=rectified)
        self.attention: AttentionPooling | None = None
        if pooling == "attention":
            self.attention = AttentionPooling(layers[-1].outputs, attention or Attention())

    def round(self, network: Network | None) -> None:
        super().round(network)
        if self.attention is not None:
            self.attention.rounding = None if network is None else network.attention

    def clamp(self) -> None:
        super().clamp()
        self.head.clamp()
        if self.attention is not None:
            self.attention.clamp()

    def forward(
        self, x: Tensor, lengths: Tensor | None = None, states: States | None = None
    ) -> tuple[Tensor, States]:
        """Logits (batch, classes), or (steps, batch, classes); and the states after the last step.

        The states are those after all steps of ``x``, whatever the lengths.
        """
        after: list[State] = []
        last = x
        wanted = self.every or self.pooling != "none"
        for index, layer in enumerate(self.stack):
            state = None if states is None else states[index]
            if not wanted and layer is self.stack[-1] and layer.quick(state):
                last = layer.last(x, lengths)
                return self.classify(last[None], last, None), (*after, (last, last[:, :0]))
            x, last, state = layer(x, lengths, state)
            after.append(state)
        return self.classify(x, last, lengths), tuple(after)

    def classify(self, every: Tensor, last: Tensor, lengths: Tensor | None) -> Tensor:
        """Logits for what comes out of the last layer, as `Layer.forward` gives it."""
        seen = every if self.every else last
        last_part = self.stack[-1].parts[0]
        unit = last_part.unit
        if self.pooling == "max":
            seen = largest(every, lengths)
        elif self.attention is not None:
            form = last_part.rounding.h if last_part.rounding else None
            seen = self.attention(every, lengths, form, unit)
        elif self.pooling == "mean":
            seen = unit * mean_of(every / unit, lengths, last_part.rounding)
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
