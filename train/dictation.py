"""Training steps of a network with a decoder."""

from __future__ import annotations

from torch import Tensor

from pascaline.train.decoder import Transcriber
from pascaline.train.feeds import Batch, Feed
from pascaline.train.network import States
from pascaline.train.steps import Stepper

__all__ = ["Dictation"]


class Dictation(Stepper):
    """Teaches a network which class comes next, when it is told those before it.

    Parameters
    ----------
    network : Transcriber
        What learns, on its device; changed in place.
    feed : Feed
        Where batches come from; their targets are (classes of an output, batch).
    seed, dropout
        As in `train.steps.Stepper`.
    """

    def __init__(
        self, network: Transcriber, feed: Feed, *, seed: int = 0, dropout: float = 0.0
    ) -> None:
        super().__init__(network, feed, seed=seed, dropout=dropout)
        self._transcriber = network

    def run(self, batch: Batch, states: States | None) -> tuple[Tensor, States]:
        return self._transcriber(batch.x, batch.lengths, batch.targets), ()
