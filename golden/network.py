"""A whole network on batches of sequences, bit-exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pascaline.golden.attention import Attend, Weighed
from pascaline.golden.cells import State, Step, cell_of
from pascaline.golden.decoder import Decoding
from pascaline.golden.head import Head, classify
from pascaline.golden.pooling import Largest, Mean, Pool
from pascaline.golden.rounding import Integers
from pascaline.golden.sweep import Active, Sweep
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model

__all__ = ["Golden", "Run"]

BLOCK = 16
"""Steps of a batch that are put side by side at once."""


@dataclass(frozen=True)
class Run:
    """Outcome of a batch of sequences.

    Attributes
    ----------
    results : list of Integers
        One array a sequence, its first axis the results in order: one result, or one a step, or
        those of a decoder.
        Then classes have no other axis; logits and outputs have one.
    state : tuple of State
        Of each layer, for each sequence after its last step; none of those that are taken whole.
    """

    results: list[Integers]
    state: tuple[State, ...]


class Golden:
    """The model as its hardware must compute it.

    Parameters
    ----------
    model : Model
        The model; never changed.
    weighed : type of Weighed
        What weighs steps where there is attention; another one for comparisons only.
    """

    def __init__(self, model: Model, *, weighed: type[Weighed] = Weighed) -> None:
        network = model.network
        self._network, self._weighed = network, weighed
        self._layers = [
            [cell_of(layer, tensors, network.layer_x(index)) for tensors in model.directions[index]]
            for index, layer in enumerate(network.layers)
        ]
        self._query = model.query
        self._decoding: Decoding | None = None
        self._head = None
        if network.head is not None:
            assert model.head is not None
            self._head = Head(model.head, network.layer.h, rectified=network.head.rectified)
        if network.decoder is not None:
            assert model.decoder is not None
            assert self._head is not None
            self._decoding = Decoding(network.decoder, model.decoder, self._head, weighed)

    def zero(self, batch: int = 1) -> tuple[State, ...]:
        """The state of ``batch`` sequences before their first step, as `Run` has states."""
        if self._network.whole:
            return ()
        return tuple(cell.zero(batch) for [cell] in self._layers)

    def step(self, x: Integers, states: Sequence[State]) -> tuple[Step, ...]:
        """One step of each layer with all its intermediates.

        Parameters
        ----------
        x : Integers
            (batch, inputs).
        states : sequence of State
            Of each layer, before the step.

        Raises
        ------
        InputError
            If a layer is bidirectional, or there is a decoder: such a network has no steps.
        """
        if self._network.whole:
            raise InputError("network", "must not be taken whole to go step by step")
        steps: list[Step] = []
        vectors = np.asarray(x)
        for [cell], state in zip(self._layers, states, strict=True):
            steps.append(cell.step(vectors, state))
            vectors = cell.output(vectors, steps[-1])
        return tuple(steps)

    def output(self, x: Integers, steps: Sequence[Step]) -> Integers:
        """The last layer's output, (batch, outputs), in a step as `step` gives it for these x."""
        vectors = np.asarray(x)
        for [cell], step in zip(self._layers, steps, strict=True):
            vectors = cell.output(vectors, step)
        return vectors

    def results(self, outputs: Integers) -> Integers:
        """Results of the last layer's outputs, pooled or not.

        Parameters
        ----------
        outputs : Integers
            (batch, outputs).

        Returns
        -------
        Integers
            Classes (batch,), logits (batch, classes), or the outputs themselves.
        """
        if self._head is None:
            return outputs
        logits = self._head(outputs)
        assert self._network.head is not None
        return classify(logits) if self._network.head.output == "class" else logits

    def pool(self, batch: int = 1) -> Pool | None:
        """What pools the outputs of ``batch`` sequences; None for a network that does not pool."""
        layer, pooling = self._network.layer, self._network.pooling
        if pooling == "max":
            return Largest(batch, layer.outputs, layer.h)
        if pooling == "mean":
            return Mean(batch, layer.outputs)
        if self._network.attention is not None:
            assert self._query is not None
            weighed = self._weighed(self._network.attention, layer.h, batch, layer.outputs)
            return Attend(weighed, self._query)
        return None

    def run(
        self,
        sequences: Sequence[Integers],
        state: Sequence[State] | None = None,
        *,
        watch: Callable[[int, int, int, Step], None] | None = None,
    ) -> Run:
        """Run sequences side by side, each of shape (steps, inputs) with its own steps, at least 1.

        A network without bidirectional layers or decoder takes memory for a step, whatever their
        number.

        Parameters
        ----------
        sequences : sequence of Integers
            The batch.
        state : sequence of State, optional
            What each layer starts from; zero by default.
        watch : callable, optional
            Gets layer, direction (0 forward, 1 backward), number and intermediates of each step,
            the whole batch in each array; sequences that have ended go on with zero input there
            and are to be ignored.

        Raises
        ------
        InputError
            If a network that takes sequences whole is given a state.
        """
        network, batch = self._network, len(sequences)
        if network.whole and state:
            raise InputError("state", "must not be given: sequences are taken whole")
        lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
        active = lengths > np.arange(lengths.max(initial=0))[:, None]
        sweeps: list[Sweep] = []
        outputs: Iterable[Integers] = _side_by_side(sequences, network.inputs)
        for index, cells in enumerate(self._layers):
            first = [state[index]] if state else [cell.zero(batch) for cell in cells]
            seen = partial(watch, index) if watch else None
            outputs = one = Sweep(cells, outputs, active, first, seen)
            sweeps.append(one)
        results = self._collect(sweeps[-1], active)
        return Run(results, () if network.whole else tuple(s.states[0] for s in sweeps))

    def _collect(self, outputs: Sweep, active: Active) -> list[Integers]:
        """Results of each sequence."""
        network, batch = self._network, active.shape[1]
        if self._decoding is not None:
            vectors = np.empty((*active.shape, network.layer.outputs), dtype=np.int64)
            for place, output in zip(vectors, outputs, strict=True):
                place[:] = output
            return self._decoding.run(vectors, active)
        if network.results == "every":
            found: list[list[Integers]] = [[] for _ in range(batch)]
            for output, now in zip(outputs, active, strict=True):
                rows = np.flatnonzero(now).tolist()
                for row, result in zip(rows, self.results(output[rows]), strict=True):
                    found[row].append(result)
            return [np.array(one) for one in found]
        pool = self.pool(batch)
        final = np.zeros((batch, network.layer.outputs), dtype=np.int64)
        for output, now in zip(outputs, active, strict=True):
            if pool is not None:
                pool.add(output, now)
            elif network.results == "first-of-backward":
                np.copyto(final, output, where=now[:, None])
        if pool is not None:
            final = pool.pooled
        elif network.results == "last":
            final = outputs.last
        return list(self.results(final)[:, None])


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
