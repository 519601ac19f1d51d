"""A whole network on batches of sequences, bit-exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from golden.head import Dense, classify
from golden.lstm import Lstm, State, Step
from golden.rounding import Integers
from spec.model import Model

__all__ = ["Golden", "Run"]

BLOCK = 16
"""Steps of a batch that are put side by side at once."""


@dataclass(frozen=True)
class Run:
    """Outcome of a batch of sequences.

    Attributes
    ----------
    results : list of Integers
        One array a sequence, its first axis the results in order: one result, or one a step.
        Then classes have no other axis; logits and h have one.
    state : State
        State of each sequence after its last step.
    """

    results: list[Integers]
    state: State


class Golden:
    """The model as its hardware must compute it.

    Parameters
    ----------
    model : Model
        The model; never changed.
    """

    def __init__(self, model: Model) -> None:
        network = model.network
        self._network = network
        self._layer = Lstm(network.layers[0], model.layers[0], network.x)
        self._head = Dense(model.head, network.layers[0].h) if model.head else None

    def zero(self, batch: int = 1) -> State:
        """The state of ``batch`` sequences before their first step."""
        return self._layer.zero(batch)

    def step(self, x: Integers, state: State) -> Step:
        """One step with all its intermediates; ``x`` of shape (batch, inputs)."""
        return self._layer.step(np.asarray(x), state)

    def results(self, h: Integers) -> Integers:
        """Results of h (batch, hidden): classes (batch,), logits (batch, classes), or h itself."""
        if self._head is None:
            return h
        logits = self._head(h)
        assert self._network.head is not None
        return classify(logits) if self._network.head.output == "class" else logits

    def run(
        self,
        sequences: Sequence[Integers],
        state: State | None = None,
        *,
        watch: Callable[[int, Step], None] | None = None,
    ) -> Run:
        """Run sequences side by side, each of shape (steps, inputs) with its own steps, at least 1.

        Parameters
        ----------
        sequences : sequence of Integers
            The batch.
        state : State, optional
            What to start from; zero by default.
        watch : callable, optional
            Gets the number of each step and its intermediates, the whole batch in each array;
            sequences that have ended go on with zero input there and are to be ignored.
        """
        lengths = np.array([len(sequence) for sequence in sequences])
        state = self.zero(len(sequences)) if state is None else state
        every = self._network.results == "every"
        results: list[list[Integers]] = [[] for _ in sequences]
        for index, x in enumerate(_side_by_side(sequences, self._network.inputs)):
            active = lengths > index
            step = self.step(x, state)
            state = step.state.where(active, state)
            if watch is not None:
                watch(index, step)
            done = active if every else lengths == index + 1
            if done.any():
                rows = np.flatnonzero(done).tolist()
                for row, result in zip(rows, self.results(step.h[rows]), strict=True):
                    results[row].append(result)
        return Run([np.array(found) for found in results], state)


def _side_by_side(sequences: Sequence[Integers], inputs: int) -> Iterator[Integers]:
    """The vectors of each step, (sequences, inputs); zeros for a sequence that has ended."""
    longest = max(map(len, sequences), default=0)
    for first in range(0, longest, BLOCK):
        count = min(BLOCK, longest - first)
        block = np.zeros((count, len(sequences), inputs), dtype=np.int64)
        for row, sequence in enumerate(sequences):
            part = sequence[first : first + count]
            block[: len(part), row] = part
        yield from block
