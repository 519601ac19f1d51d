"""Feeds: batches of what is learned, made where the network is.

Everything lies on the device. Before a training step a feed is told its number and puts what that
step needs, indices of a few bytes, into tensors that stay where they are; from these the batch is
made by operations of fixed shapes. So a training step can be recorded once and replayed, and what
it learns depends on the seed and on the number of the step alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pascaline.data.sets import IGNORED, Labels
from pascaline.train.augment import Shift

__all__ = ["Batch", "Feed", "Sequences", "Streams"]


class Batch(NamedTuple):
    """What a training step learns.

    Attributes
    ----------
    x : Tensor
        Inputs, (steps, batch, inputs).
    lengths : Tensor or None
        Steps of each sequence, (batch,); ``None``: all.
    targets : Tensor
        Classes, (batch,) or (steps, batch), or of outputs of other lengths.
    """

    x: Tensor
    lengths: Tensor | None
    targets: Tensor


class Feed(ABC):
    """Where batches come from.

    Attributes
    ----------
    steps : int
        Training steps in which everything has come once: an epoch.
    batch : int
        Sequences side by side.
    carries : bool
        Whether the state goes on from one step to the next of the same epoch.
    """

    steps: int
    batch: int
    carries: bool

    @abstractmethod
    def place(self, step: int) -> None:
        """Get ready for a training step, counted from 0 over all epochs."""

    @abstractmethod
    def take(self) -> Batch:
        """The batch of the step."""


class Sequences(Feed):
    """Sequences in an order that is drawn anew for every epoch; the last few of it are left out.

    Parameters
    ----------
    inputs : sequence of NDArray
        Sequences of integers as the machine gets them, each (steps, inputs); or numbers of symbols,
        (steps, 1).
    labels : Labels
        A class for each, or for each of its steps or of what it is to become.
    symbols : int, optional
        How many there are: one-hot inputs.
    batch : int
        Sequences a step; fewer if there are fewer.
    lsb : float
        What 1 in ``inputs`` is worth.
    seed : int
        Of the order, and of augmentation.
    augment : Shift, optional
        What happens to a sequence each time that it is learned.
    device : torch.device
        Where all of it is kept.
    """

    carries = False

    def __init__(
        self,
        inputs: Sequence[NDArray[Any]],
        labels: Labels,
        *,
        batch: int,
        lsb: float,
        seed: int,
        augment: Shift | None = None,
        symbols: int | None = None,
        device: torch.device,
    ) -> None:
        self.batch = min(batch, len(inputs))
        self.steps = len(inputs) // self.batch
        self._lsb, self._seed, self._augment = lsb, seed, augment
        lengths = [len(sequence) for sequence in inputs]
        shape = (len(inputs), max(lengths))
        # 16 bits hold any x.
        padded = np.zeros((*shape, inputs[0].shape[1]), dtype=np.int16)
        if symbols is not None:
            padded -= 1  # No symbol.
        every = not isinstance(labels, np.ndarray)
        wanted = (len(inputs), max(map(len, labels))) if every else shape[:1]
        targets = np.full(wanted, IGNORED, dtype=np.int64)
        for index, sequence in enumerate(inputs):
            padded[index, : len(sequence)] = sequence
            targets[(index, slice(len(labels[index]))) if every else index] = labels[index]
        self._inputs, self._targets = (_on(array, device) for array in (padded, targets))
        self._symbols = None if symbols is None else torch.arange(symbols, device=device)
        self._lengths = None if min(lengths) == shape[1] else torch.tensor(lengths, device=device)
        self._chosen = torch.zeros(self.batch, dtype=torch.int64, device=device)
        self._moves = torch.zeros(self.batch, 2, dtype=torch.int64, device=device)
        self._order = (-1, np.zeros(0, dtype=np.int64))

    def place(self, step: int) -> None:
        epoch, number = divmod(step, self.steps)
        if self._order[0] != epoch:
            rng = np.random.default_rng((self._seed, epoch))
            self._order = epoch, rng.permutation(len(self._inputs))
        chosen = self._order[1][number * self.batch : (number + 1) * self.batch]
        self._chosen.copy_(torch.from_numpy(chosen))
        if self._augment is not None:
            rng = np.random.default_rng((self._seed, epoch, number))
            self._moves.copy_(torch.from_numpy(self._augment.draw(rng, self.batch)))

    def take(self) -> Batch:
        chosen = self._chosen
        x = self._inputs[chosen]
        if self._symbols is None:
            x = x.to(torch.get_default_dtype()) * self._lsb
        else:
            x = (x == self._symbols).to(torch.get_default_dtype())
        if self._augment is not None:
            x = self._augment.apply(x, self._moves)
        lengths = None if self._lengths is None else self._lengths[chosen]
        targets = self._targets[chosen]
        return Batch(x.transpose(0, 1), lengths, targets.T if targets.dim() > 1 else targets)


class Streams(Feed):
    """A long sequence of symbols, cut into streams; each step goes on where the last one ended.

    Parameters
    ----------
    codes, labels : NDArray
        Numbers of symbols, and the class at each place: (steps,).
    symbols : int
        How many there are: one-hot inputs.
    batch : int
        Streams side by side.
    length : int
        Places of each that are learned in a step.
    device : torch.device
        Where all of it is kept.
    """

    carries = True

    def __init__(
        self,
        codes: NDArray[np.integer],
        labels: NDArray[np.int64],
        *,
        symbols: int,
        batch: int,
        length: int,
        device: torch.device,
    ) -> None:
        self.batch = min(batch, len(codes))
        long = len(codes) // self.batch
        self._length = min(length, long)
        self.steps = long // self._length
        self._symbols = torch.arange(symbols, dtype=torch.int16, device=device)
        self._codes, self._targets = (
            _on(values[: self.batch * long].reshape(self.batch, long).T.astype(np.int16), device)
            for values in (codes, labels)
        )
        self._place = torch.arange(self._length, device=device)
        self._first = torch.zeros((), dtype=torch.int64, device=device)

    def place(self, step: int) -> None:
        self._first.fill_(step % self.steps * self._length)

    def take(self) -> Batch:
        places = self._first + self._place
        x = (self._codes[places][..., None] == self._symbols).to(torch.get_default_dtype())
        return Batch(x, None, self._targets[places].long())


def _on(array: NDArray[np.generic], device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)
