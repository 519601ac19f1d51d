"""A decoder in training, as `spec.decoder` has it: an encoder's outputs to a sequence of classes.

In training each step gets the right class before it (teacher forcing); afterwards the class that
has come. What stands for a class is always a number of the format of h; scores and contexts are
once activations are rounded. Gradients pass as if nothing had been rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pascaline.data.sets import IGNORED
from pascaline.spec.attention import Attention
from pascaline.spec.formats import Format
from pascaline.spec.network import Network
from pascaline.spec.tensors import Integers
from pascaline.train.attention import weighted
from pascaline.train.lengths import active_steps
from pascaline.train.network import Head, Layer, Stacked, pad
from pascaline.train.normalisers import Normaliser
from pascaline.train.quantisers import Quantiser
from pascaline.train.recurrent import Recurrent, State
from pascaline.train.rounding import clamp_to, passed

__all__ = ["Transcriber", "transcribe"]

SPREAD = 0.3
"""Standard deviation of what stands for a class, at the start."""

AT_ONCE = 100
"""Sequences that are run at once where nothing is learned."""


class _Encoded(NamedTuple):
    """What the decoder attends to: outputs, (steps, batch, outputs), and which of them count."""

    every: Tensor
    active: Tensor | None


class _Step(NamedTuple):
    """A step of the decoder: what its cell met, its state after it, the context, and logits."""

    x: Tensor
    state: State
    context: Tensor
    logits: Tensor


class Transcriber(Stacked):
    """An encoder, a decoder, and a head on the latter's h and context.

    Parameters
    ----------
    layers : sequence of Layer
        The encoder, from input to output.
    decoder : Recurrent
        The cell; its inputs are those of a class and of an output of the encoder, and it has as
        many units as the latter has elements.
    classes : int
        Logits of the head; the last class ends an output.
    embedding, most : int
        As in `spec.decoder.Decoder`.
    h : Format
        Of what stands for a class.
    head : Quantiser or None
        Of the head's weights.
    rectified : bool
        Whether the head sees only what is above 0.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        decoder: Recurrent,
        *,
        classes: int,
        embedding: int,
        most: int,
        h: Format,
        head: Quantiser | None = None,
        rectified: bool = False,
    ) -> None:
        super().__init__(layers)
        self.decoder, self.end, self.most, self._h = decoder, classes - 1, most, h
        self.embedding = nn.Parameter(torch.empty(classes, embedding).normal_(0, SPREAD))
        outputs = layers[-1].outputs
        self.head = Head(outputs + decoder.hidden, classes, head, rectified=rectified)
        self._classes: Tensor
        self.register_buffer("_classes", torch.arange(classes), persistent=False)
        self._attention: Attention | None = None

    @property
    def parts(self) -> Iterator[Recurrent]:
        yield from super().parts
        yield self.decoder

    @property
    def met(self) -> Tensor:
        """What stands for the classes, (classes, embedding): numbers of the format of h."""
        return passed(self.embedding, self._h)

    def round(self, network: Network | None) -> None:
        super().round(network)
        decoder = None if network is None else network.decoder
        self.decoder.rounding = None if decoder is None else decoder.layer
        self._attention = None if decoder is None else decoder.attention

    def clamp(self) -> None:
        super().clamp()
        self.head.clamp()
        clamp_to(self.embedding, self._h)

    def forward(self, x: Tensor, lengths: Tensor | None, targets: Tensor) -> Tensor:
        """Logits of each class of the outputs, (classes of them, batch, classes).

        Parameters
        ----------
        x : Tensor
            (steps, batch, inputs).
        lengths : Tensor or None
            Steps of each sequence, by default all.
        targets : Tensor
            What is to come, (classes of an output, batch); behind its end `IGNORED`.
        """
        encoded = self._encode(x, lengths)
        first = torch.full_like(targets[0], self.end)
        steps: list[_Step] = []
        for last in (first, *targets[:-1].unbind(0)):
            steps.append(self._step(last, encoded, steps[-1] if steps else None))
        self._observe(steps, targets != IGNORED)
        return torch.stack([step.logits for step in steps])

    def transcribe(self, x: Tensor, lengths: Tensor | None) -> list[NDArray[np.int64]]:
        """The classes of each sequence, with the one that ends it unless there are ``most``."""
        encoded, step = self._encode(x, lengths), None
        last = torch.full((x.shape[1],), self.end, device=x.device)
        going = torch.ones_like(last, dtype=torch.bool)
        found: list[Tensor] = []
        while len(found) < self.most and going.any():
            step = self._step(last, encoded, step)
            last = step.logits.argmax(dim=1)
            found.append(torch.where(going, last, IGNORED))
            going = going & (last != self.end)
        rows = torch.stack(found, dim=1).cpu().numpy()
        return [row[row != IGNORED] for row in rows]

    def _encode(self, x: Tensor, lengths: Tensor | None) -> _Encoded:
        for layer in self.stack:
            x, _, _ = layer(x, lengths)
        return _Encoded(x, active_steps(x, lengths))

    def _step(self, last: Tensor, encoded: _Encoded, before: _Step | None) -> _Step:
        """The step after another one, with the class (batch,) that has come last."""
        every, active = encoded
        if before is None:
            context = torch.zeros_like(every[0])
            h, c = self.decoder.zero(every, every.shape[1])
        else:
            context, (h, c) = before.context, before.state
        # A product, whose gradient is summed in the same order every time, unlike an index's.
        chosen = (last[:, None] == self._classes).to(every.dtype)
        x = torch.cat((chosen @ self.met, context), dim=1)
        rounding = self.decoder.rounding
        from_x, weight, bias_h = self.decoder.products(x[None])
        (_, h), c = self.decoder.cell.scan(from_x, weight, bias_h, h, c, rounding)
        form = None if self._attention is None else self._attention.score
        scores = passed((every * h).sum(dim=-1), form)
        context = passed(weighted(scores, every, active), rounding.h if rounding else None)
        seen = torch.cat((h, context), dim=1)
        if self.training and self.mask is not None:
            seen = seen * self.mask
        return _Step(x, (h, c), context, self.head(seen))

    def _observe(self, steps: Sequence[_Step], active: Tensor) -> None:
        """Let a normaliser of the decoder see what its matrices met."""
        if isinstance(self.decoder.normaliser, Normaliser):
            every = torch.stack([step.state[0] for step in steps])
            before = torch.cat((torch.zeros_like(every[:1]), every))
            self.decoder.observe(torch.stack([step.x for step in steps]), before, active)


def transcribe(
    network: Transcriber, inputs: Sequence[Integers], *, lsb: float
) -> list[NDArray[np.int64]]:
    """What a network in evaluation mode makes of each of some sequences of integers."""
    found: list[NDArray[np.int64]] = []
    place = network.head.weight.device
    with torch.no_grad():
        for first in range(0, len(inputs), AT_ONCE):
            x, lengths = pad(inputs[first : first + AT_ONCE], lsb)
            found += network.transcribe(x.to(place), lengths.to(place))
    return found
